/* Units of typed numbers, for filters, options and settings. */
#ifndef TCPLENS_CORE_TEXT_UNITS_H
#define TCPLENS_CORE_TEXT_UNITS_H

#include <stddef.h>

struct unit {
    const char *name; /* NULL ends a list */
    double factor;    /* a whole number */
};

extern const struct unit UNITS_NONE[], UNITS_COUNT[], UNITS_BYTES[], UNITS_SPAN[], /* spans: ns */
    UNITS_PERCENT[]; /* thousandths of a percent */

const struct unit *units_find(const struct unit *units, const char *name); /* NULL = none */
/* "ns us ms s m h d". Returns out. */
const char *units_list(const struct unit *units, char *out, size_t size);

#endif
