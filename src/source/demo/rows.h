/* demo_rows: the present rows of the demo, and their changes from frame to frame. Only for
 * demo_*.c. Independent of frames. */
#ifndef TCPLENS_SOURCE_DEMO_ROWS_H
#define TCPLENS_SOURCE_DEMO_ROWS_H

#include "source/demo/cast.h"
#include "source/demo/demo.h"

#include <stdbool.h>
#include <stdint.h>

#define DEMO_START_NS           INT64_C(1795349780000000000) /* 2026-11-22T12:16:20Z */
#define DEMO_NETNS              4026531840u
#define DEMO_HAS_BIT(bits, bit) (((bits) & (bit)) != 0)

/* What the kernel reports of a row (enum conn_known). */
#define DEMO_LISTEN_FACTS                                                                          \
    (KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP | KNOWN_QUEUES | KNOWN_TIMER | KNOWN_DROPS | KNOWN_ULP)
#define DEMO_SOCKET_FACTS                                                                          \
    (DEMO_LISTEN_FACTS | KNOWN_INFO | KNOWN_BYTES_IN | KNOWN_BYTES_OUT | KNOWN_RTT |               \
     KNOWN_LAST_DATA)
#define DEMO_MINI_FACTS (KNOWN_QUEUES | KNOWN_TIMER)

#define DEMO_CGROUP_FIRST    4001u /* cgroup id of CAST_GROUPS[0] */
#define DEMO_TIMER_TIME_WAIT 3     /* idiag_timer */

struct demo_fate {  /* the course of a row */
    uint32_t lives; /* begun so far */
    uint16_t left;  /* frames left in its state, or until its next life */
    uint8_t life;   /* enum cast_life */
    uint8_t step;
    bool alive;
};

struct demo_rows {
    struct demo_settings settings;
    struct conn *conns; /* facts of each slot; last_data_*_ms hold moments, see demo_row_copy() */
    struct demo_fate *fates;
    uint32_t count;
    uint64_t frame; /* the present frame: 1, 2, 3 ... */
    uint64_t last_cookie;
    uint32_t last_inode;
};

int demo_rows_init(struct demo_rows *rows, const struct demo_settings *settings); /* frame 0 */
void demo_rows_done(struct demo_rows *rows);
void demo_rows_advance(struct demo_rows *rows);

/* The role of a slot; invented for slots beyond the cast. */
struct cast_row demo_rows_part(uint32_t slot);
/* A copy of a slot's row for this frame, with the ages of its last data. */
void demo_rows_copy(const struct demo_rows *rows, uint32_t slot, struct conn *conn);

/* The same bits for the same arguments, in every run. */
uint64_t demo_random(uint64_t seed, uint64_t frame, uint64_t slot, uint64_t what);

/* facts.c: what a row shows in its state. */
void demo_facts_enter(struct demo_rows *rows, uint32_t slot, const struct cast_row *part,
                      uint8_t state);
void demo_facts_age(struct demo_rows *rows, uint32_t slot, const struct cast_row *part);
void demo_facts_flow(struct demo_rows *rows, uint32_t slot, const struct cast_row *part);

/* detail.c: a plausible tcp_info of 280 bytes and what goes with it. */
void demo_detail_fill(const struct conn *conn, uint64_t random, struct conn_detail *detail);

#endif
