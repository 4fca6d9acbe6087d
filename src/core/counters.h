/* Counters of a socket that only grow, and their growth. Pure. */
#ifndef TCPLENS_CORE_COUNTERS_H
#define TCPLENS_CORE_COUNTERS_H

#include "core/conn.h"

#define KNOWN_BYTES (KNOWN_BYTES_IN | KNOWN_BYTES_OUT)

struct counters {
    uint64_t in_bytes, bytes_sent, bytes_retrans;
};

static inline bool counters_known(const struct conn *conn)
{
    return (conn->known & KNOWN_BYTES) == KNOWN_BYTES;
}

static inline struct counters counters_of(const struct conn *conn)
{
    return (struct counters){conn->in_bytes, conn->bytes_sent, conn->bytes_retrans};
}

static inline uint64_t counters_out(const struct counters *counters)
{
    return counters->bytes_sent > counters->bytes_retrans
               ? counters->bytes_sent - counters->bytes_retrans
               : 0;
}

static inline uint64_t counters_grown_by(uint64_t before, uint64_t after)
{
    return after > before ? after - before : 0;
}

/* From `before` to `after`; 0 for a counter that decreased. */
static inline struct counters counters_grown(const struct counters *before,
                                             const struct counters *after)
{
    return (struct counters){counters_grown_by(before->in_bytes, after->in_bytes),
                             counters_grown_by(before->bytes_sent, after->bytes_sent),
                             counters_grown_by(before->bytes_retrans, after->bytes_retrans)};
}

static inline bool counters_any(const struct counters *counters)
{
    return counters->in_bytes || counters->bytes_sent || counters->bytes_retrans;
}

static inline void counters_add(struct counters *sum, const struct counters *more)
{
    sum->in_bytes += more->in_bytes;
    sum->bytes_sent += more->bytes_sent;
    sum->bytes_retrans += more->bytes_retrans;
}

#endif
