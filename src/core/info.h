/* TCP_INFO: every field of the kernel's struct tcp_info (include/uapi/linux/tcp.h, Linux 6.18: 280
 * bytes) by kernel name without tcpi_, offset, size and unit. A field is known when the kernel's
 * struct is long enough to hold it. JSON keys, connection page and columns read this table. Pure.
 */
#ifndef TCPLENS_CORE_INFO_H
#define TCPLENS_CORE_INFO_H

#include "core/conn.h"
#include "core/fact.h"
#include "core/info_fields.h"

#include <string.h>

enum info_unit {
    INFO_COUNT,
    INFO_FLAGS,
    INFO_BYTES,
    INFO_BYTES_PER_S,
    INFO_US,
    INFO_MS,
    INFO_SEGMENTS
};

struct info_field {
    const char *name;    /* "snd_ssthresh" */
    const char *json;    /* "snd_ssthresh_bytes"-like key of doc/json.md */
    const char *label;   /* readable, for the connection page: "slow start threshold" */
    uint16_t offset;     /* bytes */
    uint8_t size;        /* 1, 2, 4, 8 bytes */
    uint8_t shift, bits; /* bit fields: shift and width inside `size` bytes; bits 0 = whole */
    uint8_t unit;        /* enum info_unit */
    /* value that means "unknown yet" (e.g. rtt 0, ssthresh 0x7fffffff); UINT64_MAX: none */
    uint64_t unset;
};

enum info_index { /* place in TCP_INFO */
#define INFO_INDEX(field, id, json, label, title, offset, size, shift, bits, unit, unset)          \
    INFO_##field,
                  INFO_FIELDS(INFO_INDEX, INFO_INDEX)
#undef INFO_INDEX
};
#define INFO_NOTHING(field, id, json, label, title, offset, size, shift, bits, unit, unset)

extern const struct info_field TCP_INFO[];
extern const size_t tcp_info_count;

/* The member of struct conn that holds the same; NULL = none. */
const struct fact *info_in_row(unsigned index);
/* it is in ms, grows by itself, and is not a member of struct conn */
bool info_ticks(unsigned index);
void info_set(const struct info_field *field, uint8_t *info, uint64_t value);

const struct info_field *info_field_find(const char *name);
/* In the header because writing a row reads some sixty of them. */
static inline uint64_t info_read_number(const uint8_t *bytes, unsigned size)
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

/* tcp_get_info (net/ipv4/tcp.c, Linux 6.18) fills in next to nothing of a listener. last_ack_recv
 * is time since boot before the first ACK, as last_data_recv is. */
static inline bool info_is_filled(const struct conn *conn, unsigned index)
{
    if (conn->state == STATE_LISTEN)
        return false;
    return index != INFO_last_ack_recv || (conn->known & KNOWN_LAST_DATA);
}

/* False when the kernel did not report the field. */
static inline bool info_value(const struct info_field *field, const uint8_t *info, size_t length,
                              uint64_t *value)
{
    uint64_t number;

    if ((size_t)field->offset + field->size > length)
        return false;
    number = info_read_number(info + field->offset, field->size);
    if (field->bits)
        number = number >> field->shift & ((1u << field->bits) - 1u);
    if (number == field->unset)
        return false;
    *value = number;
    return true;
}

#endif
