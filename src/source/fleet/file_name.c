#include "source/fleet/file_name.h"

#include <stdio.h>
#include <string.h>

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

void fleet_file_name(char *out, size_t size, const char *host)
{
    snprintf(out, size, "%.200s", host);
    for (char *at = out; *at; at++)
        if (!strchr(LETTERS, *at) || (at == out && (*at == '.' || *at == '-')))
            *at = '_';
    if (!out[0])
        snprintf(out, size, "_");
}
