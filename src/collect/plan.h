/* plan: decides whether a frame reads every connection or only those on the screen, and when the
 * next one is due. Where events report every change of state, a frame need not dump the kernel's
 * table: rows on the screen and rows with events are looked up one by one, the others stay as of
 * the last complete reading. Pure. */
#ifndef TCPLENS_COLLECT_PLAN_H
#define TCPLENS_COLLECT_PLAN_H

#include "core/frame.h"
#include "core/wish.h"

#define PLAN_ALL_EVERY_NS 30000000000LL /* every connection is read at least this often */
#define PLAN_ROWS_LEAST   10000u        /* with fewer rows, all are read in every frame */
#define PLAN_LOOK_NS      2000LL        /* CPU of one look-up and what follows from it */

struct plan {
    int64_t all_ns;      /* monotonic: when every connection was read last; 0 = never */
    int64_t all_cpu_ns;  /* average CPU of a frame that reads every connection; 0 = none yet */
    int64_t seen_cpu_ns; /* the same of one that does not */
    int64_t last_cpu_ns; /* of the last frame */
    uint32_t rows;       /* in the last frame */
    bool is_dear;        /* reading the table is expensive */
    bool is_sparse;      /* nothing requires it to be read in each frame */
    bool is_troubled;    /* but something requires it more often */
    uint32_t state_bits, families; /* of the last wish */
};

/* What is known before the next frame is made. */
struct plan_facts {
    int64_t now_ns;
    bool is_reported; /* every change of state since the last frame was reported, none was lost */
    bool is_complete; /* everything could be read for the last frame */
    bool is_troubled; /* there is a finding, or may be soon: detectors need complete readings */
    /* connections to look up: those with events since then, and those without events of their
     * own */
    uint32_t changed;
    /* how long ago a connection was reported that cannot be looked up; 0 = none */
    int64_t waits_ns;
};

/* True: the frame reads every connection. */
bool plan_reads_all(struct plan *plan, const struct wish *wish, const struct plan_facts *facts);
/* A frame was made, with so much CPU. */
void plan_note(struct plan *plan, const struct wish *wish, const struct frame *frame,
               int64_t cpu_ns);
/* From the beginning of a frame to that of the next: as in the wish, or longer where frames cost
 * more than the budget allows. */
int64_t plan_interval_ns(const struct plan *plan, const struct wish *wish);

#endif
