/* life: turns transitions of sockets, as reported by an events source, into events of connections
 * (a socket's end is not its connection's, doc/architecture.md). For each socket whose beginning it
 * saw it remembers when that was, its state and since when, and its owner. Used by the events layer
 * only, under its lock. Pure. */
#ifndef TCPLENS_CORE_LIFECYCLE_H
#define TCPLENS_CORE_LIFECYCLE_H

#include "core/endings.h"
#include "core/event.h"
#include "core/frame.h"

#define LIFE_EVENTS_MAX 3u /* events that one transition may become */
#define LIFE_NAME_MAX   16 /* a process name as the kernel has it, NUL included */

enum life_sign {
    LIFE_ERROR = 1u << 0,  /* the socket ends with an error: nothing remains */
    LIFE_FIN = 1u << 1,    /* the peer's FIN was received, and in_bytes counts it */
    LIFE_ORPHAN = 1u << 2, /* no process holds it any more */
    /* one more was acknowledged than bytes were sent: the SYN if it connected, else the FIN, which
     * then followed the peer's */
    LIFE_SEQUENCE = 1u << 3,
    /* a destroy message: `to` is what remains (TIME-WAIT, FIN-WAIT-2) or DELETE-TCB; `from` is
     * unknown */
    LIFE_ENDED = 1u << 4,
    LIFE_RESET = 1u << 5,       /* it ends because a reset was received */
    LIFE_RESETS_SEEN = 1u << 6, /* resets are traced: without LIFE_RESET there was none */
    LIFE_LINGER = 1u << 7       /* close() with SO_LINGER and a time of 0 */
};

/* One transition of a socket, or its end. */
struct transition {
    /* times, origin, tuple, cookie, netns, uid, counters; from and to as reported by the kernel;
     * kind, owner and durations are unused */
    struct event event;
    uint64_t netns_cookie;  /* of the namespace, 0 = unknown */
    int64_t began_ns;       /* of CLOCK_MONOTONIC: in SYN-RECEIVED since, 0 = unknown */
    int64_t idle_ns;        /* of an end: since data last moved, at most; -1 = unknown */
    uint64_t bytes_retrans; /* with event.has_totals: sent in addition to event.out_bytes */
    uint32_t signs;         /* enum life_sign */
    uint8_t error;          /* errno of the socket, 0 = none */
    uint8_t sent_reset;     /* enum event_reset_why of a reset sent for it, 0 = none */
    int32_t pid;            /* of the owner in whose context it happened, 0 = in no process's */
    uint64_t start_ticks;
    char name[LIFE_NAME_MAX]; /* raw */
};

/* The row that was last shown of the socket, and the frame it is in; conn NULL: none was. */
struct shown {
    const struct frame *frame;
    const struct conn *conn;
};

struct lifecycles;

struct lifecycles *lifecycles_new(void); /* NULL: out of memory */
void lifecycles_free(struct lifecycles *lifecycles);

/* Writes the events of the transition (room for LIFE_EVENTS_MAX) and returns their number. An
 * opening whose local port is unknown is kept until it is known: connect() reports a socket before
 * it has one (tcp_v4_connect in net/ipv4/tcp_ipv4.c, Linux 6.18). */
uint32_t lifecycles_apply(struct lifecycles *lifecycles, const struct transition *transition,
                          const struct shown *shown, struct event *events);

/* The final counters of a socket that ends with this transition: false if it does not, or if they
 * are unknown. Before lifecycles_apply, which forgets it. */
bool lifecycles_end(const struct lifecycles *lifecycles, const struct transition *transition,
                    const struct shown *shown, struct socket_end *end);

/* accept() gave the socket to a process. */
void lifecycles_set_holder(struct lifecycles *lifecycles, uint32_t netns, uint64_t cookie,
                           int32_t pid, uint64_t start_ticks, const char name[LIFE_NAME_MAX]);

/* Sets the owner of an event, as far as it is known by now: from accept(), or from a row. */
void lifecycles_set_owner(const struct lifecycles *lifecycles, const struct shown *shown,
                          struct event *event);

/* True if an opening is kept that this row of the next frame shows, now with its port: *event is to
 * be reported before the frame. */
uint32_t lifecycles_waiting(const struct lifecycles *lifecycles);
/* The monotonic time of the oldest of them that was reported after after_ns; 0: there is none. */
int64_t lifecycles_waiting_since(const struct lifecycles *lifecycles, int64_t after_ns);
bool lifecycles_take_shown(struct lifecycles *lifecycles, const struct conn *row,
                           struct event *event);

/* Forgets sockets without transitions since then, which are in the rows of a frame. For when
 * transitions were lost, or many sockets are remembered. */
void lifecycles_forget(struct lifecycles *lifecycles, int64_t before_mono_ns);
uint32_t lifecycles_count(const struct lifecycles *lifecycles);

#endif
