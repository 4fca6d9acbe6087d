/* diag: sock_diag messages to rows and requests to messages. Pure: no socket, no clock; only
 * libmnl's parsing helpers. Formats: include/uapi/linux/inet_diag.h, sock_diag.h, netlink.h (Linux
 * 6.18). */
#ifndef TCPLENS_SOURCE_DIAG_H
#define TCPLENS_SOURCE_DIAG_H

#include "core/frame.h"

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAG_BUFFER_SIZE                                                                           \
    (32u * 1024u) /* always the same: a read shorter than the last one truncates */

/* In place of a family: one pass over the kernel's tables instead of two. By the old request
 * TCPDIAG_GETSOCK, which a kernel may refuse although it supports the others. */
#define DIAG_BOTH_FAMILIES 0u

struct diag_request {
    uint8_t family;         /* FAMILY_INET, FAMILY_INET6 or, of a dump, DIAG_BOTH_FAMILIES */
    uint32_t kernel_states; /* idiag_states, see state_kernel_mask() */
    const void *bytecode;   /* INET_DIAG_REQ_BYTECODE or NULL */
    size_t bytecode_length;
    uint32_t sequence;
    bool detail; /* also request what only conn_detail contains */
};

/* Builds a dump request into buffer (at least 8 KiB + bytecode). Returns its length. */
size_t diag_put_dump(void *buffer, const struct diag_request *request);
/* Exact look-up of one row, by tuple and cookie (no NLM_F_DUMP). detail: as in diag_request. */
size_t diag_put_lookup(void *buffer, const struct conn *conn, bool detail, uint32_t sequence);
/* SOCK_DESTROY with the row's cookie; -EINVAL for a row without one: "no cookie" is never sent. */
int diag_put_destroy(void *buffer, const struct conn *conn, uint32_t sequence, size_t *length);

/* Suspect rows whose tcp_info a frame keeps, at most: 7 MB. */
#define DIAG_SUSPECTS_MAX 16384u

struct diag_parse { /* the output of one decoded dump, and its irregularities */
    struct frame *frame;
    uint32_t sequence;    /* messages of another sequence are skipped and counted */
    uint32_t port_id;     /* of our netlink socket; 0 = not checked (recorded dumps) */
    uint32_t state_bits;  /* rows in other states are dropped */
    bool want_detail;     /* fill conn_detail for every row */
    bool want_suspects;   /* fill it for rows that detectors examine, up to DIAG_SUSPECTS_MAX; */
    bool few;             /* ... and for others: there are few rows */
    struct conn_key page; /* fill it for this row */
    bool admin;           /* CAP_NET_ADMIN or Linux >= 6.15: absent ULP attribute means "no ULP" */
    uint32_t netns;
    uint32_t rows, skipped, malformed; /* counted */
    bool interrupted;                  /* NLM_F_DUMP_INTR was set */
    bool done;
    int error; /* -errno of NLMSG_ERROR or NLMSG_DONE, 0 = none */
};

/* Decodes one datagram, which begins at a multiple of 4 bytes. 1: more to come; 0: done
 * (parse->error says how it ended); -EBADMSG: the bytes are not netlink messages (parse->malformed
 * counts them); -ENOMEM. Truncated and unknown attributes are skipped: their facts are unknown. */
int diag_parse_messages(struct diag_parse *parse, const void *bytes, size_t length);

/* Adds one inet_diag message (after the nlmsghdr) as a row of the frame, with detail if wanted. 0,
 * also if the row is not wanted (counted), or -ENOMEM. */
int diag_add_row(struct diag_parse *parse, const void *payload, size_t length);

/* One inet_diag message (after the nlmsghdr) to a row. 0 or -EBADMSG. detail may be NULL. */
int diag_parse_row(const void *payload, size_t length, bool ulp_is_reported, struct conn *conn,
                   struct conn_detail *detail);

#endif
