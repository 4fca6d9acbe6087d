/* Times as people and programs write them. */
#ifndef TCPLENS_CORE_TEXT_MOMENT_H
#define TCPLENS_CORE_TEXT_MOMENT_H

#include <stdint.h>

#define MOMENT_EXPECTED                                                                            \
    "2026-11-22T12:16:29Z, 2026-11-22T12:16:29.5+01:00 (date -Is) or @1795350989"

/* RFC 3339 with "Z" or an offset, a "T" or a blank, a fraction of up to 9 digits after a point or a
 * comma; or "@" and seconds since 1970, with a fraction. 0 or -EINVAL. */
int text_parse_moment(const char *text, int64_t *wall_ns);

#endif
