/* netns_time: see netns_time.h. */
#include "core/netns_time.h"

void netns_time_of(struct netns_time *time, const struct frame *previous, const struct frame *next,
                   uint32_t netns, enum netns_rows rows)
{
    if (time->known && time->netns == netns && time->rows == rows)
        return;
    *time = (struct netns_time){.netns = netns, .rows = (uint8_t)rows, .known = true};
    const struct frame_netns *now = frame_find_netns(next, netns);
    const int64_t read_ns = frame_read_ns(next, netns, rows);
    time->is_kept = now && now->read_ns && read_ns < next->mono_ns;
    if (!previous)
        return;
    const struct frame_netns *before = frame_find_netns(previous, netns);
    const bool is_same = before && frame_same_netns(previous, next, netns);
    time->is_new = previous->namespace_count && now && (!is_same || !before->read_ns);
    time->was_listed = is_same && !before->read_ns;
    time->previous_mono_ns = frame_read_ns(previous, netns, rows);
    time->elapsed_ns = read_ns - time->previous_mono_ns;
}
