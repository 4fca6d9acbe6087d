/* acceptors: how many connections each process accepted from listeners that several processes
 * share: sockets of one port (SO_REUSEPORT), or one socket held by several processes. From the
 * events between frames; sums decay. Counted anew when sockets or holders change. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_ACCEPTORS_H
#define TCPLENS_CORE_FINDING_ACCEPTORS_H

#include "core/event.h"
#include "core/finding/census.h"

#define ACCEPT_TAU_S       60.0
#define ACCEPT_GROUPS_MAX  32u
#define ACCEPT_MEMBERS_MAX 128u
#define ACCEPT_UNNAMED_MAX 4096u

struct acceptor {
    int32_t pid;
    double accepts;
};

/* The acceptors of one address and port. */
struct accept_group {
    struct addr address;
    uint16_t port;
    uint8_t family;
    int64_t since_ns; /* mono: the frame from which on it is counted */
    uint64_t set;     /* hash of its sockets and who holds them */
    double unknown;   /* accepted by a process that no event names yet */
    struct acceptor members[ACCEPT_MEMBERS_MAX];
    uint32_t count;
    bool overflow; /* more processes than there is room for */
};

/* A connection that opened before a process accepted it: a later event of it names the process. */
struct unnamed_accept {
    uint64_t cookie; /* 0 = none */
    int64_t at_ns;   /* mono: of the frame in which it was counted as unknown */
};

struct acceptors {
    struct accept_group groups[ACCEPT_GROUPS_MAX];
    uint32_t count;
    /* by hash of the cookie; the newer one stays */
    struct unnamed_accept unnamed[ACCEPT_UNNAMED_MAX];
};

/* Drops groups that are no longer shared, adds new ones, and fades the sums by `kept`. */
void acceptors_update(struct acceptors *acceptors, const struct census *census, double kept);
/* An event of a connection to a listener. Those that frames report say nothing of accept(). */
void acceptors_count(struct acceptors *acceptors, const struct event *event,
                     const struct census *census);
/* NULL: the listener is not shared, or there are too many groups. */
const struct accept_group *acceptors_of(const struct acceptors *acceptors,
                                        const struct census *census,
                                        const struct listener_tally *listener);
double accept_group_sum(const struct accept_group *group); /* without those of unknown processes */
double accept_group_by(const struct accept_group *group, int32_t pid);

#endif
