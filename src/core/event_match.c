/* event_match: an event and its row against a filter. */
#include "core/event_match.h"
#include "core/event_row.h"

void event_match_done(struct event_match *match)
{
    map_done(&match->row_of);
    *match = (struct event_match){0};
}

/* If out of memory, rows are missing: their events are tested by their own facts. */
static void turn_to(struct event_match *match, const struct frame *frame)
{
    if (frame_mark_is(&match->of, frame))
        return;
    map_clear(&match->row_of);
    for (uint32_t i = 0; i < frame->conn_count; i++)
        if (frame->conns[i].serial)
            (void)map_put(&match->row_of, frame->conns[i].serial, i);
    match->of = frame_mark_of(frame);
}

static const struct conn *find_row(struct event_match *match, const struct frame *frame,
                                   uint64_t serial)
{
    if (!frame || !serial)
        return NULL;
    turn_to(match, frame);
    const uint32_t row = map_find(&match->row_of, serial);
    return row < frame->conn_count && frame->conns[row].serial == serial ? &frame->conns[row]
                                                                         : NULL;
}

bool event_match_accepts(struct event_match *match, view_accept accept, const void *accept_data,
                         const struct column_context *context, const struct event *event)
{
    struct column_context of_event = *context;
    struct event_row row;

    if (!accept || event->kind == EVENT_LOST)
        return true;
    event_row_fill(&row, event, context->frame, find_row(match, context->frame, event->serial));
    of_event.frame = &row.frame;
    of_event.now_ns = event->wall_ns;
    return accept(accept_data, &of_event, &row.conn);
}
