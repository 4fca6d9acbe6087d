/* Events: every open, transition and close, in one bounded ring with a number each. Producers are
 * the collector and the events thread; each consumer has a cursor of its own and learns how many it
 * missed. The ring is thread-safe. Pure otherwise. */
#ifndef TCPLENS_CORE_EVENT_H
#define TCPLENS_CORE_EVENT_H

#include "core/conn.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_RING_DEFAULT 65536u
#define EVENT_TEXT_MAX     48
#define EVENT_NAME_MAX     64 /* a process name as safe text: 15 bytes, each at most "\xNN" */

enum event_kind {
    EVENT_OPEN = 1, /* from is STATE_NONE */
    EVENT_STATE,
    EVENT_CLOSE, /* to is DELETE-TCB */
    EVENT_LOST,  /* `lost` events at least are missing here; text says why; no connection */
    EVENT_NETNS /* a network namespace appeared, or (left) is no more; text is its name; no connection */
};

extern const struct words EVENT_KIND_WORDS;

enum event_origin { EVENT_FROM_FRAME = 0, EVENT_FROM_DESTROY, EVENT_FROM_BPF, EVENT_FROM_LOG };
extern const struct words EVENT_ORIGIN_WORDS; /* none for EVENT_FROM_LOG */

/* How a connection ended (EVENT_CLOSE), where the kernel says so. */
enum event_end {
    END_UNKNOWN = 0,
    END_CLOSED,   /* by both sides, or by one and a timeout */
    END_GIVEN_UP, /* its program closed it before it was established */
    END_RESET_BY_PEER,
    END_RESET_BY_US,
    END_REFUSED,  /* the SYN was answered by a reset */
    END_REJECTED, /* ... by an ICMP message: a firewall, or no such port */
    END_TIMED_OUT,
    END_UNREACHABLE,
    END_FAILED, /* with another error */
    END_COUNT
};
extern const struct words EVENT_END_WORDS;  /* "reset-by-peer", as JSON has them */
extern const struct words EVENT_END_LABELS; /* "reset by peer" */

/* Why we sent a reset. */
enum event_reset_why {
    RESET_WHY_NONE = 0, /* none was sent, or the reason is unknown */
    RESET_WHY_OTHER,    /* the segment did not fit the connection */
    RESET_WHY_UNREAD,
    RESET_WHY_LINGER,
    RESET_WHY_DISCONNECT,
    RESET_WHY_DATA_AFTER_CLOSE,
    RESET_WHY_MEMORY,
    RESET_WHY_KEEPALIVE,
    RESET_WHY_ENDED /* closed from outside: SOCK_DESTROY */
};
extern const struct words EVENT_RESET_WORDS;  /* "unread", as JSON has them */
extern const struct words EVENT_RESET_LABELS; /* "data unread" */

/* Errors of the kernel, by number. */
enum {
    ERROR_EPERM = 1,
    ERROR_EACCES = 13,
    ERROR_EPIPE = 32,
    ERROR_EADDRINUSE = 98,
    ERROR_EADDRNOTAVAIL = 99,
    ERROR_ENETUNREACH = 101,
    ERROR_ECONNABORTED = 103,
    ERROR_ECONNRESET = 104,
    ERROR_ETIMEDOUT = 110,
    ERROR_ECONNREFUSED = 111,
    ERROR_EHOSTUNREACH = 113
};
extern const struct words EVENT_ERROR_WORDS; /* "ECONNREFUSED"; none for unusual ones */

struct event_place;

struct event {
    uint64_t number; /* set by the ring: 1, 2, 3 ... */
    int64_t wall_ns; /* when it happened; if not exact, the latest time it may have */
    int64_t mono_ns;
    uint8_t kind;         /* enum event_kind */
    uint8_t origin;       /* enum event_origin */
    uint8_t from, to;     /* enum tcp_state */
    uint8_t exact;        /* 1: wall_ns is exact; 0: it happened at wall_ns or before */
    uint8_t has_totals;   /* in_bytes .. retrans are final counters */
    uint8_t has_duration; /* duration_ns is known */
    uint8_t end;          /* enum event_end */
    uint8_t reset_why;    /* enum event_reset_why */
    uint8_t error;        /* errno with which it ended, 0 = none, or unknown */
    uint8_t left;         /* EVENT_NETNS: it ended */
    /* several transitions happened between two frames: states in between were not seen */
    uint8_t polled_jump;
    uint64_t cookie;
    uint64_t serial;    /* of the row, 0 = never seen as a row */
    uint32_t netns;     /* key of its frames; of EVENT_NETNS: inode number */
    uint32_t uid;       /* UINT32_MAX = unknown */
    uint64_t cgroup_id; /* in which the socket was made, 0 = unknown */
    struct tuple tuple;
    int32_t pid;                /* owner, 0 = unknown */
    char name[EVENT_NAME_MAX];  /* its process name, "" = unknown */
    uint32_t host;              /* frame_host.number, 0 = frames show one host only */
    uint64_t owner_start_ticks; /* 0 = unknown */
    int64_t duration_ns;        /* STATE: time spent in `from`; CLOSE: age of the connection */
    int64_t created_min_ns, created_max_ns; /* CLOSE: bounds of its creation, 0 = unknown */
    uint64_t in_bytes, out_bytes;
    uint32_t rtt_us, retrans;
    /* from a log: what its line says; lives as long as the log's reader */
    const struct event_place *logged;
    uint64_t lost;             /* EVENT_LOST: how many, at least */
    char text[EVENT_TEXT_MAX]; /* EVENT_LOST: why; EVENT_NETNS: its name; safe text */
};

static inline bool event_is_of_connection(const struct event *event)
{
    return event->kind == EVENT_OPEN || event->kind == EVENT_STATE || event->kind == EVENT_CLOSE;
}

/* "network namespace web (4026532245) appeared". Returns the length. */
#define EVENT_NETNS_MAX 96
size_t event_netns_text(char *out, size_t size, const struct event *event);

/* "reset by us: data unread", "" for an orderly or unknown end. Returns the length. */
#define EVENT_END_MAX 48
size_t event_end_text(char *out, size_t size, const struct event *event);

struct event_ring;

struct event_ring *
event_ring_new(uint32_t capacity); /* capacity rounded up to a power of two; NULL: out of memory */
void event_ring_free(struct event_ring *ring);
/* `change` is applied to each event before it is kept. To be set before the first push. */
void event_ring_set_change(struct event_ring *ring, void (*change)(void *data, struct event *event),
                           void *data);
/* So many events can be pushed from now on without one of them overwriting another. 0, or -ENOMEM:
 * the ring is as it was. */
int event_ring_reserve(struct event_ring *ring, uint32_t count);
/* Copies the event, gives it the next number and returns that. The oldest event is overwritten. */
uint64_t event_ring_push(struct event_ring *ring, const struct event *event);
/* Number the next pushed event will get; a cursor that starts here reads only what comes after. */
uint64_t event_ring_next(struct event_ring *ring);
uint64_t
event_ring_oldest(struct event_ring *ring); /* lowest number still kept (== next if empty) */
/* Copies at most `count` events from *cursor on and advances it; *lost gets how many had been
 * overwritten before they could be read (0 if none). Returns the number copied. */
uint32_t event_ring_read(struct event_ring *ring, uint64_t *cursor, struct event *events,
                         uint32_t count, uint64_t *lost);
/* Empties it; the next number becomes `next` (seeking in a replay). */
void event_ring_restart(struct event_ring *ring, uint64_t next);

#endif
