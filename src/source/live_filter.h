/* live_filter: applies a filter to a dump: bytecode for the kernel, a second dump for what only the
 * kernel can test (autobound), and dropping rows before anything else is looked up for them. */
#ifndef TCPLENS_SOURCE_LIVE_FILTER_H
#define TCPLENS_SOURCE_LIVE_FILTER_H

#include "core/filter/filter.h"
#include "core/wish.h"
#include "source/netns/netlink.h"

struct live_filter {
    const struct filter *filter; /* NULL = all rows */
    struct buffer code, autobound_code;
    bool drops;                     /* it can be decided from a dump's rows */
    uint16_t first_port, last_port; /* the range that the kernel chooses from */
};

/* 0; -EPERM (text, of at least 128 bytes, says what is needed) or -ENOMEM. */
int live_filter_init(struct live_filter *live, const struct filter *filter, const char *proc_root,
                     char *text);
void live_filter_done(struct live_filter *live);
bool live_filter_needs_netlink(const struct live_filter *live);

/* netlink_dump of rows that the filter may accept. */
int live_filter_dump(const struct live_filter *live, struct netlink *netlink,
                     struct frame_pool *scratch, struct frame *frame, const struct wish *wish);
/* Drops rows that the filter does not accept. To be called before owners are looked up. */
void live_filter_drop(const struct live_filter *live, struct frame *frame);

#endif
