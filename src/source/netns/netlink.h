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

/* One for the namespaces of others, one after the other: a socket keeps its namespace alive, so
 * there is none after netlink_leave(). Before netlink_enter() nothing may be requested. */
struct netlink_place {
    uint32_t netns;             /* conn.netns of its rows */
    int (*open)(void *context); /* a NETLINK_SOCK_DIAG socket there, or -errno */
    void *context;
};
int netlink_new(struct netlink **netlink); /* 0 or -ENOMEM */
/* 0, or the -errno of the first socket there. netlink_leave() is due in both cases. */
int netlink_enter(struct netlink *netlink, const struct netlink_place *place);
void netlink_leave(struct netlink *netlink);

/* Dumps TCP of the wished families and states into frame, behind the rows that it has. A failed
 * dump is tried again at most twice on a new socket, then the frame is marked MISSING_DUMP_PART
 * with error and text and 0 is returned, unless nothing at all could be read (-errno). Users of the
 * rows are noted with an empty name, interfaces have theirs. Both families are dumped in one pass,
 * their rows mixed; where the kernel refuses that, one after the other. bytecode (may be NULL) is
 * the filter's. */
struct netlink_bytecode {
    const void *code;
    size_t length;
};
int netlink_dump(struct netlink *netlink, struct frame *frame, const struct wish *wish,
                 const struct netlink_bytecode *bytecode);

/* It has a tuple to be looked up by; listeners and what is only bound are found by a dump. */
static inline bool netlink_can_look_up(const struct conn *conn)
{
    return conn->state != STATE_LISTEN && conn->state != STATE_CLOSED;
}

/* Asks for one row exactly, which netlink_can_look_up(). 0: it is there, *conn is its present state;
 * -ENOENT: it is not; other -errno: could not be asked. */
int netlink_lookup(struct netlink *netlink, const struct conn *wanted, struct conn *conn);

/* The same of many, some of them with one system call. result is what netlink_lookup() would
 * return; detail, where it is not NULL, is filled with `found`. */
struct netlink_look {
    const struct conn *wanted;
    struct conn_detail *detail;
    bool is_lean; /* what a dump for no page and without NEED_DETAIL reads, no more */
    struct conn found;
    int result;
};
void netlink_look_up(struct netlink *netlink, struct netlink_look *looks, uint32_t count);

/* What the table has under the tuple of `wanted` now, whatever its cookie: 0, *conn is its present
 * state; -ENOENT: nothing but perhaps a listener; other -errno: could not be asked. */
int netlink_find(struct netlink *netlink, const struct conn *wanted, struct conn *conn);

/* There is a listener that would take a connection to the local end of this tuple. */
bool netlink_has_listener(struct netlink *netlink, const struct tuple *at);

/* Dumps the listeners of the wished families alone, which costs next to nothing however many
 * connections there are; else as netlink_dump(). */
int netlink_dump_listeners(struct netlink *netlink, struct frame *frame, const struct wish *wish);

/* Notes user and interface of a row that was looked up for this frame, as a dump does. */
void netlink_settle_row(struct netlink *netlink, struct frame *frame, const struct conn *conn);

/* Marks the frame MISSING_DUMP_PART with errno and words: "WHAT failed: ... (ENAME); SO"; so may be
 * NULL. */
void netlink_mark_missing(struct frame *frame, const char *what, int error, const char *so);

/* A second small dump of LISTEN and CLOSED rows of one family into a scratch frame. 0 or -errno:
 * rows may then be lacking. */
int netlink_dump_states(struct netlink *netlink, struct frame *frame, uint8_t family,
                        uint32_t state_bits);

#endif
