/* Series: traffic of one connection, one process or all of them, frame by frame, for graphs. A
 * sample depends on one frame only, so that it is the same live, from the history and from a log.
 * Pure. */
#ifndef TCPLENS_CORE_SERIES_H
#define TCPLENS_CORE_SERIES_H

#include "core/grouping/grouping.h"

#define SERIES_MOST 256u /* samples kept: the newest */
#define SERIES_PAGE 64u  /* shown on a page */

enum series_value {
    SERIES_IN, /* bytes a second */
    SERIES_OUT,
    SERIES_RTT,  /* microseconds */
    SERIES_CWND, /* segments */
    /* of one connection: */
    SERIES_RETRANS_TOTAL, /* segments retransmitted since the beginning */
    SERIES_SHUT,          /* 1: data waits for the peer's window; else unknown */
    /* of one connection, from tcp_info, where the frame has it: */
    SERIES_MIN_RTT,
    SERIES_SSTHRESH,
    SERIES_IN_FLIGHT, /* bytes */
    SERIES_WINDOW,    /* the peer's, bytes */
    SERIES_BUSY,      /* microseconds since the beginning, as the next two */
    SERIES_RWND_LIMITED,
    SERIES_SNDBUF_LIMITED,
    /* of all: */
    SERIES_SENT,    /* bytes sent since the frame before, */
    SERIES_RETRANS, /* and retransmitted of them */
    SERIES_OPENS,   /* counters, summed over the network namespaces shown; */
    SERIES_RESETS,
    SERIES_COUNTED,   /* which namespaces these are: comparable only; */
    SERIES_UNCOUNTED, /* how many of them have no such counters */
    SERIES_LIVE,      /* rows, */
    SERIES_STATE,     /* and those in each enum tcp_state */
    SERIES_VALUES = SERIES_STATE + STATE_COUNT
};
_Static_assert(SERIES_VALUES <= 64, "bits of series_sample.known");
#define SERIES_BIT(value) (UINT64_C(1) << (value))
#define SERIES_UNKNOWN    UINT64_MAX

struct series_subject {
    bool all;                      /* every connection, or */
    uint64_t serial;               /* one, or, if 0, */
    struct grouping_member member; /* those of a group: that a process holds, with a peer */
};

struct series_sample {
    int64_t mono_ns; /* of its frame */
    uint64_t number; /* of it */
    uint64_t known;  /* SERIES_BITs */
    uint64_t values[SERIES_VALUES];
};

struct series {
    struct series_sample samples[SERIES_MOST]; /* oldest first */
    uint32_t count;
};

/* False: the frame does not have it. */
bool series_take(const struct series_subject *subject, const struct frame *frame,
                 struct series_sample *sample);
void series_append(struct series *series, const struct series_sample *sample);
/* Removes samples of frames from mono_ns on. */
void series_cut(struct series *series, int64_t mono_ns);
/* Prepends the samples of `older`, which ends where this one begins or within it. */
void series_prepend(struct series *series, const struct series *older);
/* The known values, oldest first; returns how many. */
size_t series_values(const struct series *series, enum series_value value,
                     uint64_t values[SERIES_MOST]);
/* The values of the newest `count` frames, oldest first: SERIES_UNKNOWN for missing frames or
 * values. */
void series_frames(const struct series *series, enum series_value value, uint64_t *values,
                   size_t count);
/* From the first of those frames that has a sample to the newest; 0: there is only one. */
int64_t series_frames_span(const struct series *series, size_t count);
/* True if all of the last span_ns is known and the value never fell, and rose by the rule of
 * core/trend. */
bool series_only_grew(const struct series *series, enum series_value value, int64_t span_ns);
/* By how much a counter grew a second, over the frames of the last span_ns (two at least) that count
 * the same namespaces. False: not known. */
bool series_growth(const struct series *series, enum series_value value, int64_t span_ns,
                   double *per_second);

struct series_axis { /* of time, by the monotonic clock */
    int64_t end_ns, span_ns;
    int64_t hold_ns; /* a sample covers the time since the last one, but at most this long */
};
/* The axis on which samples of frames `interval_ns` apart fill most of the width. */
struct series_axis series_axis_of(int64_t end_ns, int64_t interval_ns);
/* The values by time: the largest in each of `count` equal parts, of which the last ends with the
 * axis. SERIES_UNKNOWN where no sample covers it. */
void series_by_time(const struct series *series, enum series_value value,
                    const struct series_axis *axis, uint64_t *values, size_t count);
/* The newest known value; SERIES_UNKNOWN: none. */
uint64_t series_newest(const struct series *series, enum series_value value);

#endif
