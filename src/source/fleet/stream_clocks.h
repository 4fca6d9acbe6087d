/* stream_clocks: the offset of another host's clocks, by the times of frames that arrive from it: they
 * arrive after they were made. Pure. */
#ifndef TCPLENS_SOURCE_FLEET_STREAM_CLOCKS_H
#define TCPLENS_SOURCE_FLEET_STREAM_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct stream_clocks {     /* zeros at first */
    int64_t mono_shift_ns; /* from its monotonic clock to ours */
    int64_t best_lead_ns;  /* maximum lead of its monotonic clock when a frame arrived */
    int64_t offset_ns;     /* its wall clock less its monotonic one, in the latest frame */
    bool is_known;
};

/* A frame with these times of its clocks arrives at now_ns, mono. */
void stream_clocks_take(struct stream_clocks *clocks, int64_t wall_ns, int64_t mono_ns,
                        int64_t now_ns);
/* The least lead of its wall clock. wall_offset_ns: our wall clock less mono. */
int64_t stream_clocks_skew(const struct stream_clocks *clocks, int64_t wall_offset_ns);

#endif
