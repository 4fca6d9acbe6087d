/* go_to: sends the player to the first frame after an event; when that is shown, the page of the
 * connection opens. */
#include "ui/screen/go_to.h"

#include "ui/pages.h"
#include "ui/screen/state.h"

static const struct conn *find_row(const struct frame *frame, const struct event_subject *subject)
{
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (subject->serial ? conn->serial == subject->serial
            : subject->cookie && conn->cookie
                ? conn->cookie == subject->cookie && conn->netns == subject->netns
                : conn->netns == subject->netns && tuple_equal(&conn->tuple, &subject->tuple))
            return conn;
    }
    return NULL;
}

static struct event_subject subject_of(const struct event *event)
{
    return (struct event_subject){.serial = event->serial,
                                  .cookie = event->cookie,
                                  .netns = event->netns,
                                  .tuple = event->tuple};
}

/* An event between two frames is shown by the later one. */
static int64_t moment_of(const struct event *event, const struct frame *frame)
{
    return event->exact && frame->cost.interval_ns > 0
               ? event->wall_ns + frame->cost.interval_ns - 1
               : event->wall_ns;
}

static void not_there(struct screen *screen, const struct event_subject *subject)
{
    screen_say(screen, ROLE_NOTICE, "%s",
               subject->serial ? "no frame in the history or log shows that connection"
                               : "that connection opened and closed between two frames");
}

void screen_go_to_event(struct screen *screen, const struct event *event)
{
    const struct screen_transport *transport = screen->settings.transport;
    const struct frame *frame = screen->picture.frame;
    const struct event_subject subject = subject_of(event);
    const int64_t wall_ns = moment_of(event, frame);
    const struct conn *conn = find_row(frame, &subject);

    if (!transport || (wall_ns >= frame->wall_ns && !screen->travel.state.past)) {
        if (conn)
            pages_open_connection(screen, conn);
        else
            not_there(screen, &subject);
        return;
    }
    screen->travel.seeks = true;
    screen->travel.sought = subject;
    transport->seek(transport->data, wall_ns, frame->wall_ns);
    screen->picture.paused = false;
}

void screen_go_to_look(struct screen *screen)
{
    struct travel *travel = &screen->travel;
    const struct conn *conn;

    if (!travel->seeks || !travel->state.past || screen->page_count >= PAGES_MAX)
        return;
    travel->seeks = false;
    conn = find_row(screen->picture.frame, &travel->sought);
    if (conn)
        pages_open_connection(screen, conn);
    else
        not_there(screen, &travel->sought);
}
