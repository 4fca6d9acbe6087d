/* Frames in which single connections were stalled. */
#include "core/finding/stalls.h"

/* Rows mostly come in the order of the last frame: the search starts after the last one found.
 * NULL: there are too many. */
static struct stall *find_stall(struct stalls *stalls, uint64_t serial, uint32_t *next)
{
    for (uint32_t n = 0; n < stalls->count; n++) {
        const uint32_t i = (*next + n) % stalls->count;
        if (stalls->rows[i].serial == serial) {
            *next = i + 1;
            return &stalls->rows[i];
        }
    }
    if (stalls->count == STALLS_MAX)
        return NULL;
    stalls->rows[stalls->count] = (struct stall){.serial = serial};
    return &stalls->rows[stalls->count++];
}

static void age_stalls(struct stalls *stalls)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < stalls->count; i++) {
        stalls->rows[i].frames = stalls->rows[i].frames << 1 & ((1u << STALL_FRAMES) - 1);
        if (stalls->rows[i].frames)
            stalls->rows[left++] = stalls->rows[i];
    }
    stalls->count = left;
}

void stalls_update(struct stalls *stalls, const struct census *census)
{
    const struct frame *frame = census->frame;
    uint32_t next = 0;

    age_stalls(stalls);
    for (uint32_t i = 0; i < census->watched_count; i++) {
        if (!census->watched[i].nagled)
            continue;
        const struct conn *conn = &frame->conns[census->watched[i].row];
        const struct proc *owner = frame_owner(frame, conn);
        struct stall *stall = find_stall(stalls, conn->serial, &next);
        if (!stall)
            return;
        stall->tuple = conn->tuple;
        stall->pid = owner ? owner->pid : 0;
        stall->frames |= 1;
    }
}

unsigned stall_frames(const struct stall *stall)
{
    unsigned count = 0;

    for (uint32_t left = stall->frames; left; left &= left - 1)
        count++;
    return count;
}
