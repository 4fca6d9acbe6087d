/* What the consumer of frames wants from the source: one struct, the last writer wins. Pure
 * data. */
#ifndef TCPLENS_CORE_WISH_H
#define TCPLENS_CORE_WISH_H

#include "core/conn.h"

#include <stdbool.h>
#include <stdint.h>

/* Which connections a frame reads, where events report every change of state (frame.all_ns). */
enum refresh {
    REFRESH_ALL = 0, /* all in every frame */
    REFRESH_AUTO, /* if the table is expensive to read: those on the screen, and all now and then */
    REFRESH_SEEN  /* the same for any table */
};

#define WISH_SEEN_MAX 256u

struct wish {
    int64_t interval_ns;    /* between the beginnings of two frames */
    uint32_t needs;         /* enum need of the visible columns, sort, filter, recorder */
    uint32_t state_bits;    /* --class: STATE_BITs to ask the kernel for */
    uint8_t families;       /* bit 0: IPv4, bit 1: IPv6 */
    uint8_t budget_percent; /* of a core; 0 = no limit */
    bool now;               /* make a frame at once, then continue (consumed) */
    bool all;               /* the next frame reads every connection (consumed) */
    uint8_t refresh;        /* enum refresh */
    int32_t page_pid;       /* process page open on this pid (all its facts), 0 = none */
    struct conn_key page;   /* connection page open on this row (its detail), cookie 0 = none */
    uint32_t seen_count;    /* connections on the screen: read in every frame */
    uint64_t seen[WISH_SEEN_MAX]; /* their cookies */
};

/* Up to this many rows are few (NEED_FEW). */
#define WISH_FEW_ROWS 1000u

#define WISH_INET  1u
#define WISH_INET6 2u

#endif
