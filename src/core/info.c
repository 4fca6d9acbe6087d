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

static uint64_t read_number(const uint8_t *bytes, unsigned size)
{
    uint64_t eight;
    uint32_t four;
    uint16_t two;

    if (size == 4) {
        memcpy(&four, bytes, sizeof(four));
        return four;
    }
    if (size == 8) {
        memcpy(&eight, bytes, sizeof(eight));
        return eight;
    }
    if (size == 2) {
        memcpy(&two, bytes, sizeof(two));
        return two;
    }
    return bytes[0];
}

bool info_value(const struct info_field *field, const uint8_t *info, size_t length, uint64_t *value)
{
    uint64_t number;

    if ((size_t)field->offset + field->size > length)
        return false;
    number = read_number(info + field->offset, field->size);
    if (field->bits)
        number = number >> field->shift & ((1u << field->bits) - 1u);
    if (number == field->unset)
        return false;
    *value = number;
    return true;
}
