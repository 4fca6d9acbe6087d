/* bound: see bound.h. */
#include "source/bound.h"

#include "source/turns.h"

void bound_done(struct bound *bound)
{
    row_index_done(&bound->index);
}

bool bound_is_page(const struct frame *last, const struct conn_key *page)
{
    for (uint32_t i = 0; page->cookie && i < last->live_count; i++)
        if (last->conns[i].cookie == page->cookie && last->conns[i].netns == page->netns)
            return last->conns[i].state == STATE_CLOSED;
    return false;
}

static bool is_due(const struct bound *bound, const struct frame *frame, const struct frame *last,
                   const struct wish *wish)
{
    return !last || last->live_count < bound->rows || !bound->asked_ns ||
           frame->mono_ns - bound->asked_ns >= BOUND_EVERY_NS || bound_is_page(last, &wish->page);
}

struct wish bound_wish(struct bound *bound, const struct frame *frame, const struct frame *last,
                       const struct wish *wish)
{
    struct wish asked = *wish;

    if (!(wish->state_bits & STATE_BIT(STATE_CLOSED)))
        bound->asked_ns = 0;
    else if (is_due(bound, frame, last, wish))
        bound->asked_ns = frame->mono_ns;
    else
        asked.state_bits &= ~STATE_BIT(STATE_CLOSED);
    return asked;
}

int bound_keep(struct bound *bound, struct frame *frame, const struct frame *last, uint32_t netns)
{
    const uint32_t rows = frame->live_count;
    int error = 0;

    for (uint32_t i = 0; i < last->live_count && !error; i++) {
        const struct conn *conn = &last->conns[i];
        if (conn->state != STATE_CLOSED || conn->netns != netns)
            continue;
        if (frame->live_count == rows)
            error = row_index_fill(&bound->index, frame->conns, rows);
        if (!error && row_index_find(&bound->index, frame->conns, conn->cookie) == CONN_NO_INDEX)
            error = turns_copy_row(frame, last, conn);
    }
    return error;
}
