/* A moment of a log as it is typed: "14:03", "14:03:05", "-5m", or a date and time. */
#ifndef TCPLENS_COMMAND_AT_TIME_H
#define TCPLENS_COMMAND_AT_TIME_H

#include <stdint.h>

#define AT_TIME_EXPECTED_BEFORE(what)                                                              \
    "a time was expected, e.g. 14:03, 14:03:05, -5m (before " what "), 2026-11-22T14:03:05Z,"      \
    " 2026-11-22T14:03:05+01:00, @1795350989"
#define AT_TIME_EXPECTED AT_TIME_EXPECTED_BEFORE("the end")

/* Clock times are local ones, the last such moment at or before last_ns; "-5m" counts from last_ns;
 * a date without "Z" or an offset is local; all take a fraction. 0 or -EINVAL. */
int at_time_parse(const char *text, int64_t last_ns, int64_t *wall_ns);

#endif
