/* What keeps a connection from sending more, as measured by the kernel (tcp_get_info_chrono_stats
 * of net/ipv4/tcp.c): busy_time runs while there is something to send or to be acknowledged, and
 * rwnd_limited and sndbuf_limited are parts of it. Pure. */
#ifndef TCPLENS_CORE_HELD_BACK_H
#define TCPLENS_CORE_HELD_BACK_H

#include "core/series.h"

enum held_by {
    HELD_BY_NETWORK,     /* busy for another reason: congestion window, pacing, ACKs to come */
    HELD_BY_RECEIVER,    /* its window is full */
    HELD_BY_SEND_BUFFER, /* ours is too small */
    HELD_BY_PROGRAM,     /* it provides nothing to send */
    HELD_BY_COUNT
};
extern const char *const HELD_BY_NAMES[HELD_BY_COUNT];

struct held_back {
    int64_t span_ns; /* between the samples that are compared */
    uint32_t permille[HELD_BY_COUNT];
};

/* Over window_ns before the newest sample, or as far back as there are samples. False: fewer than
 * two samples have it. */
bool held_back_of(const struct series *series, int64_t window_ns, struct held_back *held);

#endif
