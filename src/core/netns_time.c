/* netns_time: see netns_time.h. */
#include "core/netns_time.h"

void netns_time_of(struct netns_time *time, const struct frame *previous, const struct frame *next,
                   uint32_t netns)
{
    if (time->known && time->netns == netns)
        return;
    *time = (struct netns_time){.netns = netns, .known = true};
    const struct frame_netns *now = frame_find_netns(next, netns);
    time->is_kept = now && now->read_ns && now->read_ns < next->mono_ns;
    if (!previous)
        return;
    time->is_new = previous->namespace_count && now &&
                   (!frame_find_netns(previous, netns) || !frame_same_netns(previous, next, netns));
    time->previous_mono_ns = frame_read_ns(previous, netns);
    time->elapsed_ns = frame_read_ns(next, netns) - time->previous_mono_ns;
}
