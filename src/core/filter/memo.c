/* filter_memo: answers by index, forgotten with the frame. Independent of the conditions. */
#include "core/filter/memo.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

void filter_memo_done(struct filter_memo *memo)
{
    free(memo->procs);
    free(memo->groups);
    *memo = (struct filter_memo){0};
}

static bool is_of(const struct filter_memo *memo, const struct frame *frame)
{
    return frame_mark_is(&memo->of, frame) && memo->proc_count == frame->proc_count &&
           memo->group_count == frame->group_count && memo->user_count == frame->user_count;
}

static bool make_room(uint8_t **answers, uint32_t *capacity, uint32_t count)
{
    if (GROW(*answers, *capacity, count))
        return false;
    if (count)
        memset(*answers, SAYS_NOT_ASKED, count);
    return true;
}

static bool turn_to(struct filter_memo *memo, const struct frame *frame)
{
    memo->of = (struct frame_mark){0};
    if (frame->number == 0 || !make_room(&memo->procs, &memo->proc_capacity, frame->proc_count) ||
        !make_room(&memo->groups, &memo->group_capacity, frame->group_count))
        return false;
    memo->of = frame_mark_of(frame);
    memo->proc_count = frame->proc_count;
    memo->group_count = frame->group_count;
    memo->user_count = frame->user_count;
    memo->user_says = SAYS_NOT_ASKED;
    return true;
}

static bool is_ready(struct filter_memo *memo, const struct frame *frame)
{
    return is_of(memo, frame) || turn_to(memo, frame);
}

uint8_t *filter_memo_proc(struct filter_memo *memo, const struct frame *frame, uint32_t index)
{
    return is_ready(memo, frame) && index < frame->proc_count ? &memo->procs[index] : NULL;
}

uint8_t *filter_memo_group(struct filter_memo *memo, const struct frame *frame, uint32_t index)
{
    return is_ready(memo, frame) && index < frame->group_count ? &memo->groups[index] : NULL;
}

uint8_t *filter_memo_user(struct filter_memo *memo, const struct frame *frame, uint32_t uid)
{
    if (!is_ready(memo, frame))
        return NULL;
    if (memo->uid != uid)
        memo->user_says = SAYS_NOT_ASKED;
    memo->uid = uid;
    return &memo->user_says;
}
