/* plan: whether a frame reads every connection or only those that are seen, and how long it is until the next one.
 * Where events report every change of state, a frame need not dump the kernel's table to be right about what there
 * is: rows on the screen and rows of which something was reported are looked up one by one, the others stand as of
 * the last complete reading. Pure. */
#ifndef TCPLENS_COLLECT_PLAN_H
#define TCPLENS_COLLECT_PLAN_H

#include "core/frame.h"
#include "core/wish.h"

#define PLAN_ALL_EVERY_NS 30000000000LL /* every connection is read that often at least */
#define PLAN_ROWS_LEAST   10000u /* of fewer every one is read, however short the interval is */
#define PLAN_LOOK_NS      2000LL /* CPU of one look-up, and of what follows from it */

struct plan {
    int64_t all_ns;      /* monotonic: when every connection was read last; 0 = never */
    int64_t all_cpu_ns;  /* of a frame that reads every connection, on average, from 0 on; */
    int64_t seen_cpu_ns; /* of one that does not */
    int64_t last_cpu_ns; /* of the last one, */
    uint32_t rows;       /* and what it had */
    bool is_dear;        /* the table is dear to read, */
    bool is_sparse;      /* and there is no reason to read it in each frame, */
    bool is_troubled;    /* but one to read it more often */
    uint32_t state_bits, families; /* of the wish then */
};

/* What is known before a frame is made. */
struct plan_facts {
    int64_t now_ns;
    bool is_told; /* every change of state since the frame before was reported, and none was lost */
    bool is_complete; /* the frame before lacks nothing that could not be read */
    bool
        is_troubled; /* something is found, or may be: what is found is looked for in complete readings */
    uint32_t
        changed; /* connections to be looked up: of which something was reported since then, or never is */
    int64_t
        waits_ns; /* so long something was reported of a connection that cannot be looked up; 0 = of none */
};

/* True: the frame reads every connection. */
bool plan_reads_all(struct plan *plan, const struct wish *wish, const struct plan_facts *facts);
/* A frame was made, with so much CPU. */
void plan_note(struct plan *plan, const struct wish *wish, const struct frame *frame,
               int64_t cpu_ns);
/* From its beginning to that of the next: what was wished for, or longer where frames cost more than the budget
 * allows. */
int64_t plan_interval_ns(const struct plan *plan, const struct wish *wish);

#endif
