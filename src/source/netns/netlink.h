/* netlink: dumps and exact look-ups of a network namespace over NETLINK_SOCK_DIAG, one socket per
 * purpose, reopened on any error. One thread uses it. */
#ifndef TCPLENS_SOURCE_NETNS_NETLINK_H
#define TCPLENS_SOURCE_NETNS_NETLINK_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/netns/netns.h"

#include <stdbool.h>
#include <stdint.h>

struct netlink;

/* 0 or -errno: -EPROTONOSUPPORT, -EACCES, ... = no sock_diag here (use procnet). */
int netlink_open(struct netlink **netlink, const struct netns *netns);
void netlink_close(struct netlink *netlink);

/* One for other namespaces, one after the other: a socket keeps its namespace alive, so it is
 * closed by netlink_leave(). Before netlink_enter() nothing may be requested. */
struct netlink_place {
    uint32_t netns;             /* conn.netns of its rows */
    int (*open)(void *context); /* a NETLINK_SOCK_DIAG socket there, or -errno */
    void *context;
};
int netlink_new(struct netlink **netlink); /* 0 or -ENOMEM */
/* 0, or the -errno of the first socket there. netlink_leave() must follow in both cases. */
int netlink_enter(struct netlink *netlink, const struct netlink_place *place);
void netlink_leave(struct netlink *netlink);

/* Dumps TCP sockets of the wish's families and states into the frame, after its present rows. A
 * failed dump is retried at most twice on a new socket; then the frame is marked MISSING_DUMP_PART
 * with error and text and 0 is returned, unless nothing could be read (-errno). Users of the rows
 * are added with an empty name, interfaces with theirs. Both families are dumped in one pass, their
 * rows mixed; where the kernel refuses that, one after the other. bytecode (may be NULL) is the
 * filter's. */
struct netlink_bytecode {
    const void *code;
    size_t length;
};
int netlink_dump(struct netlink *netlink, struct frame *frame, const struct wish *wish,
                 const struct netlink_bytecode *bytecode);

/* It can be looked up by its tuple; listeners and bound sockets need a dump. */
static inline bool netlink_can_look_up(const struct conn *conn)
{
    return conn->state != STATE_LISTEN && conn->state != STATE_CLOSED;
}

/* Looks up exactly one row, for which netlink_can_look_up() is true. 0: *conn is its present state;
 * -ENOENT: it does not exist; other -errno: the request failed. */
int netlink_lookup(struct netlink *netlink, const struct conn *wanted, struct conn *conn);

/* The same for many, several with one system call. result is what netlink_lookup() would return;
 * detail, where it is not NULL, is filled with `found`. */
struct netlink_look {
    const struct conn *wanted;
    struct conn_detail *detail;
    bool is_lean; /* only what a dump without page and NEED_DETAIL reads */
    struct conn found;
    int result;
};
void netlink_look_up(struct netlink *netlink, struct netlink_look *looks, uint32_t count);

/* The present connection with the tuple of `wanted`, whatever its cookie. 0: *conn is its state;
 * -ENOENT: none (perhaps a listener); other -errno: the request failed. */
int netlink_find(struct netlink *netlink, const struct conn *wanted, struct conn *conn);

/* True if a listener would accept a connection to the local end of this tuple. */
bool netlink_has_listener(struct netlink *netlink, const struct tuple *at);

/* Dumps only the listeners of the wish's families, which is cheap however many connections there
 * are; otherwise as netlink_dump(). */
int netlink_dump_listeners(struct netlink *netlink, struct frame *frame, const struct wish *wish);

/* Adds user and interface of a row that was looked up for this frame, as a dump does. */
void netlink_settle_row(struct netlink *netlink, struct frame *frame, const struct conn *conn);

/* Marks the frame MISSING_DUMP_PART with errno and words: "WHAT failed: ... (ENAME); SO"; so may be
 * NULL. */
void netlink_mark_missing(struct frame *frame, const char *what, int error, const char *so);

/* A second small dump of LISTEN and CLOSED rows of one family into a scratch frame. 0 or -errno
 * (rows may be missing). */
int netlink_dump_states(struct netlink *netlink, struct frame *frame, uint8_t family,
                        uint32_t state_bits);

#endif
