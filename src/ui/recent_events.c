/* recent_events: a few numbers of events, updated with the picture. */
#include "ui/recent_events.h"

#include "ui/event_line.h"

#include <string.h>

#define BATCH      64u
#define FIRST_SCAN 8192u /* of the ring, on the first reading */

struct event_subject event_subject_of_conn(const struct conn *conn)
{
    return (struct event_subject){
        .serial = conn->serial, .cookie = conn->cookie, .netns = conn->netns, .tuple = conn->tuple};
}

struct event_subject event_subject_of_proc(const struct proc *proc)
{
    return (struct event_subject){.pid = proc->pid, .start_ticks = proc->start_ticks};
}

static bool is_of_process(const struct event *event, const struct event_subject *subject)
{
    return event->pid == subject->pid && (!event->owner_start_ticks || !subject->start_ticks ||
                                          event->owner_start_ticks == subject->start_ticks);
}

/* By serial if both have one; an event from before its row was seen has none. */
bool event_is_of(const struct event *event, const struct event_subject *subject)
{
    if (!event_is_of_connection(event))
        return false;
    if (subject->serial == 0)
        return is_of_process(event, subject);
    if (event->netns != subject->netns)
        return false;
    if (event->serial)
        return event->serial == subject->serial;
    if (event->cookie && subject->cookie)
        return event->cookie == subject->cookie;
    return tuple_equal(&event->tuple, &subject->tuple);
}

static void keep(struct recent_events *recent, uint64_t number)
{
    if (recent->count == RECENT_EVENTS) {
        recent->count--;
        memmove(recent->numbers, recent->numbers + 1, recent->count * sizeof(*recent->numbers));
    }
    recent->numbers[recent->count++] = number;
}

static uint64_t first_number(const struct picture *picture)
{
    const uint64_t oldest = event_ring_oldest(picture->events), next = picture->frame->next_event;

    return next > oldest + FIRST_SCAN ? next - FIRST_SCAN : oldest;
}

void recent_events_read(struct recent_events *recent, const struct picture *picture,
                        const struct event_subject *subject)
{
    struct event batch[BATCH];
    uint64_t lost;

    if (!picture->events || !picture->frame)
        return;
    if (recent->cursor == 0 || recent->cursor > picture->frame->next_event ||
        picture->frame->mono_ns < recent->read_ns) /* back in time */
        *recent = (struct recent_events){.cursor = first_number(picture)};
    recent->read_ns = picture->frame->mono_ns;
    while (recent->cursor < picture->frame->next_event) {
        const uint64_t left = picture->frame->next_event - recent->cursor;
        const uint32_t got = event_ring_read(picture->events, &recent->cursor, batch,
                                             left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            if (event_is_of(&batch[i], subject))
                keep(recent, batch[i].number);
        if (got == 0)
            break;
    }
}

void recent_events_draw(const struct recent_events *recent, const struct picture *picture,
                        const struct canvas *canvas, int row)
{
    const int room = canvas->rows - row;
    const uint32_t shown =
        room < (int)recent->count ? (uint32_t)(room > 0 ? room : 0) : recent->count;
    struct event event;

    for (uint32_t i = recent->count - shown; i < recent->count; i++)
        if (event_line_read(picture, recent->numbers[i], &event))
            event_line_draw(picture, canvas, row++, &event, false);
}
