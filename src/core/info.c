/* TCP_INFO made from INFO_FIELDS, and reading a field of a struct tcp_info of any length.
 * Independent of columns and JSON. */
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

#define IN_DETAIL(field, id, key, text, title, at, bytes, low, width, kind, no_value)              \
    _Static_assert((at) + (bytes) <= CONN_INFO_MAX, #field " is kept");
INFO_FIELDS(IN_DETAIL, IN_DETAIL)

const size_t tcp_info_count = sizeof(TCP_INFO) / sizeof(TCP_INFO[0]);

const struct info_field *info_field_find(const char *name)
{
    for (size_t i = 0; i < tcp_info_count; i++) {
        if (!strcmp(TCP_INFO[i].name, name))
            return &TCP_INFO[i];
    }
    return NULL;
}

#define IN_ROW(member)                                                                             \
    {                                                                                              \
        .of = FACT_OF_CONN, FACT_NUMBER_AT(, conn, member)                                         \
    }
#define TICKS                                                                                      \
    {                                                                                              \
        .form = FACT_TICK_UP                                                                       \
    }

static const struct fact FACTS[sizeof(TCP_INFO) / sizeof(TCP_INFO[0])] = {
    [INFO_state] = IN_ROW(kernel_state),    [INFO_last_data_sent] = IN_ROW(last_data_sent_ms),
    [INFO_last_ack_sent] = TICKS,           [INFO_last_data_recv] = IN_ROW(last_data_received_ms),
    [INFO_last_ack_recv] = TICKS,           [INFO_rtt] = IN_ROW(rtt_us),
    [INFO_snd_cwnd] = IN_ROW(cwnd),         [INFO_total_retrans] = IN_ROW(retrans),
    [INFO_bytes_sent] = IN_ROW(bytes_sent), [INFO_bytes_retrans] = IN_ROW(bytes_retrans),
};

const struct fact *info_in_row(unsigned index)
{
    return FACTS[index].size ? &FACTS[index] : NULL;
}

bool info_ticks(unsigned index)
{
    return FACTS[index].form == FACT_TICK_UP;
}

void info_set(const struct info_field *field, uint8_t *info, uint64_t value)
{
    uint8_t *at = info + field->offset;
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;

    if (field->bits) {
        unsigned mask = ((1u << field->bits) - 1u) << field->shift;
        one = (uint8_t)((*at & ~mask) | ((value << field->shift) & mask));
    }
    if (field->size == sizeof(one))
        memcpy(at, &one, sizeof(one));
    else if (field->size == sizeof(two))
        memcpy(at, &two, sizeof(two));
    else if (field->size == sizeof(four))
        memcpy(at, &four, sizeof(four));
    else
        memcpy(at, &value, sizeof(value));
}
