/* Series: what one connection or one process carried, frame by frame: for graphs of its page. A
 * sample is worked out from one frame, so that it is the same whether the frame was shown, or read
 * again from the history or a log. Pure. */
#ifndef TCPLENS_CORE_SERIES_H
#define TCPLENS_CORE_SERIES_H

#include "core/grouping/grouping.h"

#define SERIES_MOST 64u /* samples kept: the newest */

enum series_value { SERIES_IN, SERIES_OUT, SERIES_RTT, SERIES_CWND, SERIES_VALUES };

struct series_subject {
    uint64_t serial;               /* a connection, or, if 0, */
    struct grouping_member member; /* the connections that a process holds */
};

struct series_sample {
    int64_t mono_ns; /* of its frame */
    uint32_t known;  /* bit n: enum series_value n */
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
/* Samples of frames from mono_ns on leave. */
void series_cut(struct series *series, int64_t mono_ns);
/* Puts those of `older` before, which end where this one begins or within it. */
void series_prepend(struct series *series, const struct series *older);
/* The known values, oldest first; returns how many. */
size_t series_values(const struct series *series, enum series_value value,
                     uint64_t values[SERIES_MOST]);

#endif
