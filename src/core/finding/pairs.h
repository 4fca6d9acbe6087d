/* pairs: connections of which both ends are in view, from frame to frame: what one end still has and the other has
 * not any more, and what both counted of segments that were sent again. Nothing follows from an end that may just not
 * have been read: both network namespaces have to be read anew, some times, by hosts that are. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_PAIRS_H
#define TCPLENS_CORE_FINDING_PAIRS_H

#include "core/frame.h"

/* An ESTABLISHED row whose other end is not where it should be. */
struct lone_end {
    struct tuple tuple;
    uint32_t netns, other; /* conn.netns of the row, of where its other end should be */
    uint32_t owner;        /* conn.owner */
    bool was_seen;  /* it was there; else other connections to the same place have theirs there */
    bool is_client; /* the other namespace listens at the remote port */
    uint32_t readings; /* of both namespaces since it is alone */
    int64_t alone_ns;  /* how long it is alone, at least */
    int64_t silent_ms; /* since data was received last, -1 = unknown */
};

/* What both ends counted of one direction over the last half minute to a minute. */
struct pair_loss {
    struct tuple tuple; /* of the end that sends */
    uint32_t netns, other, owner;
    double sent_bytes, resent_bytes, resent; /* at the end that sends; resent: segments */
    double needless;     /* dsack_dups: of these what had arrived, as the other end said */
    double out_of_order; /* rcv_ooopack at the other end */
    int64_t window_ns;
};

struct pairs;

struct pairs *pairs_new(void); /* NULL when out of memory */
void pairs_free(struct pairs *pairs);
/* Takes the next frame. 0 or -ENOMEM. */
int pairs_take(struct pairs *pairs, const struct frame *frame);
const struct lone_end *pairs_lone(const struct pairs *pairs, uint32_t *count);
const struct pair_loss *pairs_losses(const struct pairs *pairs, uint32_t *count);

#endif
