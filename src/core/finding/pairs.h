/* pairs: connections of which both ends are shown, from frame to frame: ends that are still open
 * while the other is closed, and what both count of resent segments. A missing end proves nothing
 * until both network namespaces, and their hosts, have been read again several times. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_PAIRS_H
#define TCPLENS_CORE_FINDING_PAIRS_H

#include "core/frame.h"

/* An ESTABLISHED row whose other end is missing from its namespace. */
struct lone_end {
    struct tuple tuple;
    uint32_t netns, other; /* conn.netns of the row, of where its other end should be */
    uint32_t owner;        /* conn.owner */
    /* it was there before; else other connections to the same place have their other ends there */
    bool was_seen;
    bool is_client;    /* the other namespace listens at the remote port */
    uint32_t readings; /* readings of both namespaces since then */
    int64_t alone_ns;  /* for how long it has been alone, at least */
    int64_t silent_ms; /* since data was received last, -1 = unknown */
};

/* What both ends counted of one direction over the last half minute to a minute. */
struct pair_loss {
    struct tuple tuple; /* of the end that sends */
    uint32_t netns, other, owner;
    double sent_bytes, resent_bytes, resent; /* at the end that sends; resent: segments */
    /* dsack_dups: of these, segments that had arrived, as reported by the other end */
    double needless;
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
