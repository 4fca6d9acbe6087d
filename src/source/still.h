/* still: a frame of few connections without a dump. A dump goes through the kernel's table of the whole machine, however
 * few sockets there are, so rows that are known are looked up one by one, and listeners dumped, which costs next to
 * nothing. That no other row is there follows from what the network namespace counts: each segment since the frame before
 * went to or came from a known row, whose tcp_info counts it too, and no connection begins without a segment. Where the
 * counts differ there is a dump at once; where events by BPF name a connection, the collector asks for one. What makes
 * neither segment nor event waits for the dump that comes every STILL_DUMP_NS: sockets that are only bound and, without
 * BPF, connections that a process restored (TCP_REPAIR). Only the collector thread uses it. */
#ifndef TCPLENS_SOURCE_STILL_H
#define TCPLENS_SOURCE_STILL_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/host_facts.h"
#include "source/netns/netlink.h"

#include <stdbool.h>
#include <stdint.h>

#define STILL_ROWS    500u /* of more a dump costs hardly more than look-ups */
#define STILL_DUMP_NS 5000000000LL

struct segments { /* modulo 2^32, as tcp_info has them */
    uint32_t in, out;
    bool is_known;
};

struct still {
    struct segments counted; /* by the namespace, before the rows of the frame were read, */
    struct segments of_rows; /* and by its rows */
    int64_t mono_ns;         /* of that frame */
    int64_t dumped_ns;       /* of the last one that was dumped; 0 = none */
    uint32_t state_bits, needs;
    uint8_t families;
    uint32_t misses; /* in a row: counts differed */
    uint32_t pause;  /* frames that are dumped without a try */
};

/* Fills the frame, its time given, with the rows of our namespace. False: it has none, and is to be dumped. */
bool still_read(struct still *still, struct netlink *netlink, struct host_reader *reader,
                struct frame *frame, const struct frame *last, const struct wish *wish);
/* The frame was dumped; still_read() was called for it before. */
void still_note_dump(struct still *still, const struct frame *frame, const struct wish *wish);

#endif
