/* diag_messages: netlink messages made by hand, byte by byte, for the tests of diag. Knows the
 * kernel's formats, not the code under test. */
#ifndef TCPLENS_UNIT_DIAG_MESSAGES_H
#define TCPLENS_UNIT_DIAG_MESSAGES_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

enum { MESSAGE_ROOM = 8192, MESSAGE_SEQUENCE = 7, KERNEL_ESTABLISHED = 1, KERNEL_LISTEN = 10 };

struct messages {
    _Alignas(8) uint8_t bytes[MESSAGE_ROOM];
    size_t length;
    size_t begin; /* of the message being written */
};

static inline struct nlmsghdr *message_header(struct messages *m)
{
    return (void *)(m->bytes + m->begin);
}

static inline void message_put(struct messages *m, const void *data, size_t length)
{
    if (length)
        memcpy(m->bytes + m->length, data, length);
    m->length += length;
    while (m->length % 4)
        m->bytes[m->length++] = 0;
}

static inline void message_begin(struct messages *m, uint16_t type, const void *payload,
                                 size_t length)
{
    struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_seq = MESSAGE_SEQUENCE};
    m->begin = m->length;
    message_put(m, &header, sizeof(header));
    message_put(m, payload, length);
    message_header(m)->nlmsg_len = (uint32_t)(sizeof(header) + length);
}

static inline void message_end(struct messages *m)
{
    message_header(m)->nlmsg_len = (uint32_t)(m->length - m->begin);
}

/* Begins an attribute; returns where. Close it with attribute_end. */
static inline size_t attribute_begin(struct messages *m, uint16_t type)
{
    struct nlattr attribute = {.nla_type = type, .nla_len = sizeof(attribute)};
    size_t at = m->length;
    message_put(m, &attribute, sizeof(attribute));
    return at;
}

static inline void attribute_end(struct messages *m, size_t at)
{
    struct nlattr *attribute = (void *)(m->bytes + at);
    attribute->nla_len = (uint16_t)(m->length - at);
    message_end(m);
}

static inline void attribute_put(struct messages *m, uint16_t type, const void *data, size_t length)
{
    size_t at = attribute_begin(m, type);
    message_put(m, data, length);
    attribute_end(m, at);
    ((struct nlattr *)(void *)(m->bytes + at))->nla_len =
        (uint16_t)(sizeof(struct nlattr) + length);
}

/* 10.0.0.5:443 to 192.0.2.7:40000, cookie 0x1122334455667788. */
static inline struct inet_diag_msg message_row(uint8_t state)
{
    struct inet_diag_msg row = {.idiag_family = AF_INET,
                                .idiag_state = state,
                                .idiag_uid = 1000,
                                .idiag_inode = 4711,
                                .idiag_rqueue = 5,
                                .idiag_wqueue = 6};
    row.id.idiag_src[0] = htonl(0x0a000005);
    row.id.idiag_dst[0] = htonl(0xc0000207);
    row.id.idiag_sport = htons(443);
    row.id.idiag_dport = htons(40000);
    row.id.idiag_cookie[0] = 0x55667788;
    row.id.idiag_cookie[1] = 0x11223344;
    return row;
}

static inline void message_begin_row(struct messages *m, uint8_t state)
{
    struct inet_diag_msg row = message_row(state);
    message_begin(m, SOCK_DIAG_BY_FAMILY, &row, sizeof(row));
}

static inline void message_put_done(struct messages *m, int error)
{
    message_begin(m, NLMSG_DONE, &error, sizeof(error));
}

/* Payload of the message being written. */
static inline const void *message_payload(struct messages *m)
{
    return m->bytes + m->begin + sizeof(struct nlmsghdr);
}

static inline size_t message_payload_length(struct messages *m)
{
    return message_header(m)->nlmsg_len - sizeof(struct nlmsghdr);
}

#endif
