/* stream_clocks: see stream_clocks.h. */
#include "source/fleet/stream_clocks.h"

#include "base/clock.h"

/* Change of the difference of the clocks from which it is determined anew. */
#define SLACK_NS      (60 * SECOND_NS)
#define SUSPENSION_NS (500 * MILLISECOND_NS) /* shorter ones are no matter */

/* Its monotonic clock stood while its wall clock went on. A wall clock that was set leaves the lead of
 * the monotonic one as it was, but for a late frame, after which the lead is soon found again. */
static bool was_suspended(const struct stream_clocks *clocks, int64_t offset_ns, int64_t lead_ns)
{
    const int64_t jump_ns = clock_less(offset_ns, clocks->offset_ns);
    return jump_ns > SUSPENSION_NS && clock_less(clocks->best_lead_ns, lead_ns) > jump_ns / 2;
}

void stream_clocks_take(struct stream_clocks *clocks, int64_t wall_ns, int64_t mono_ns,
                        int64_t now_ns)
{
    const int64_t lead_ns = clock_less(mono_ns, now_ns), offset_ns = clock_less(wall_ns, mono_ns);
    const int64_t ours_ns = clock_add(mono_ns, clocks->mono_shift_ns);

    if (!clocks->is_known || ours_ns > now_ns || clock_less(now_ns, ours_ns) > SLACK_NS ||
        was_suspended(clocks, offset_ns, lead_ns)) {
        clocks->mono_shift_ns = clock_less(now_ns, mono_ns);
        clocks->best_lead_ns = lead_ns;
        clocks->is_known = true;
    }
    if (lead_ns > clocks->best_lead_ns)
        clocks->best_lead_ns = lead_ns;
    clocks->offset_ns = offset_ns;
}

/* The offset of each wall clock from its monotonic one is the present one: either may have been set,
 * forward or back. */
int64_t stream_clocks_skew(const struct stream_clocks *clocks, int64_t wall_offset_ns)
{
    return clock_add(clocks->best_lead_ns, clock_less(clocks->offset_ns, wall_offset_ns));
}
