/* seen: a frame for which some rows only are read, one by one: those on the screen, those of which an event was
 * reported, and those that change without one. All others are copies of the rows of the frame before. Listeners are
 * dumped, which costs next to nothing. Only the collector thread uses it. */
#ifndef TCPLENS_SOURCE_SEEN_H
#define TCPLENS_SOURCE_SEEN_H

#include "base/map.h"
#include "core/frame.h"
#include "core/wish.h"
#include "source/netns/netlink.h"
#include "source/source.h"

struct seen {
    struct map cookies; /* rows to be read: 0, or the number of their news and 1 */
    struct map tuples;  /* hashes of the tuples in the news */
    uint32_t
        *origins;  /* of each row of the frame: the row that it is a copy of, or CONN_NO_INDEX */
    uint8_t *calm; /* as row_copies has it */
    uint32_t origin_capacity, calm_capacity;
    uint32_t *dropped; /* rows of the frame that were found closed, in order */
    uint32_t dropped_count, dropped_capacity;
};

void seen_done(struct seen *seen);
struct seen_wish {
    const struct wish *wish; /* listeners are wanted too */
    const struct source_news *news;
    uint32_t news_count;
    /* copies keep what they say of their holders, which is for the caller to put right */
    bool keep_owners;
};
/* Fills the frame, its time given, with the rows of our namespace. Sets frame->all_ns. 0 or -errno: the frame is of
 * no use. */
int seen_read(struct seen *seen, struct netlink *netlink, struct frame *frame,
              const struct frame *last, const struct seen_wish *seen_wish);

#endif
