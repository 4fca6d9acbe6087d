/* TCP_INFO made from INFO_FIELDS, and reading a field of a struct tcp_info of any length.
 * Must not know columns or JSON. */
#include "core/info.h"

#include "core/info_fields.h"

#include <string.h>

#define INFO_ROW(field, id, key, text, title, at, bytes, low, width, kind, no_value)               \
    {                                                                                              \
        .name = #field,                                                                            \
        .json = key,                                                                               \
        .label = text,                                                                             \
        .offset = at,                                                                              \
        .size = bytes,                                                                             \
        .shift = low,                                                                              \
        .bits = width,                                                                             \
        .unit = kind,                                                                              \
        .unset = no_value,                                                                         \
    },

const struct info_field TCP_INFO[] = {INFO_FIELDS(INFO_ROW, INFO_ROW)};
const size_t tcp_info_count = sizeof(TCP_INFO) / sizeof(TCP_INFO[0]);

const struct info_field *info_field_find(const char *name)
{
    for (size_t i = 0; i < tcp_info_count; i++) {
        if (!strcmp(TCP_INFO[i].name, name))
            return &TCP_INFO[i];
    }
    return NULL;
}
