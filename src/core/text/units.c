/* Tables of units, used wherever a number is read. */
#include "core/text/units.h"

#include <stdio.h>
#include <string.h>

const struct unit UNITS_NONE[] = {{"", 1}, {0}};
const struct unit UNITS_COUNT[] = {{"", 1},    {"k", 1e3},  {"K", 1e3}, {"M", 1e6},
                                   {"G", 1e9}, {"T", 1e12}, {0}};
const struct unit UNITS_BYTES[] = {{"", 1},
                                   {"B", 1},
                                   {"k", 1e3},
                                   {"K", 1e3},
                                   {"kB", 1e3},
                                   {"KB", 1e3},
                                   {"M", 1e6},
                                   {"MB", 1e6},
                                   {"G", 1e9},
                                   {"GB", 1e9},
                                   {"T", 1e12},
                                   {"TB", 1e12},
                                   {"KiB", 1024.0},
                                   {"MiB", 1048576.0},
                                   {"GiB", 1073741824.0},
                                   {"Ki", 1024.0},
                                   {"Mi", 1048576.0},
                                   {"Gi", 1073741824.0},
                                   {0}};
const struct unit UNITS_SPAN[] = {{"ns", 1},   {"us", 1e3},   {"ms", 1e6},    {"s", 1e9},
                                  {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {0}};
const struct unit UNITS_PERCENT[] = {{"", 1e3}, {"%", 1e3}, {0}};

const struct unit *units_find(const struct unit *units, const char *name)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

const char *units_list(const struct unit *units, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (; units->name && used < size; units++)
        if (units->name[0])
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", units->name);
    return out;
}
