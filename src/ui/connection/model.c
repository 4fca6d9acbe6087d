/* connection_model: follows one connection from picture to picture, also back in time and after its
 * end. */
#include "ui/connection/connection.h"

#include <string.h>

void connection_begin(struct connection_model *model, const struct picture *picture,
                      const struct conn *conn)
{
    *model = (struct connection_model){.serial = conn->serial,
                                       .series.subject.serial = conn->serial,
                                       .frame = frame_reference(picture->frame),
                                       .conn = *conn,
                                       .ended = conn_is_ghost(conn)};
    model->ended_ns = model->ended ? conn->changed_ns : 0;
}

void connection_end(struct connection_model *model)
{
    frame_release(model->frame);
    model->frame = NULL;
    model->serial = 0;
}

/* A ghost is the row after its end; the state before it is shown. */
static void take_row(struct connection_model *model, const struct picture *picture)
{
    const struct conn *conn = frame_find_serial(picture->frame, model->serial);
    const bool ghost = conn && conn_is_ghost(conn);

    if (ghost)
        model->ended_ns = conn->changed_ns;
    model->ended = !conn || ghost;
    model->not_yet = !conn && picture->frame->mono_ns < model->frame->mono_ns;
    if (!conn || (ghost && model->frame))
        return;
    frame_release(model->frame);
    model->frame = frame_reference(picture->frame);
    model->conn = *conn;
}

void connection_follow(struct connection_model *model, const struct picture *picture)
{
    const struct connection_states *states = &model->states;

    if (!picture->frame)
        return;
    if (picture->frame != model->frame)
        take_row(model, picture);
    connection_states_read(&model->states, picture, &model->conn);
    if (model->ended && states->count > 0 &&
        states->items[states->count - 1].state == STATE_DELETE_TCB)
        model->ended_ns = states->items[states->count - 1].wall_ns;
    page_series_update(&model->series, picture);
}

struct column_context connection_context(const struct connection_model *model,
                                         const struct picture *picture)
{
    struct column_context context = picture->context;

    context.frame = model->frame;
    context.now_ns = model->ended ? model->frame->wall_ns : picture->context.now_ns;
    return context;
}

const struct conn *connection_row(const struct connection_model *model,
                                  const struct picture *picture)
{
    if (model->ended || !picture->frame)
        return NULL;
    return frame_find_serial(picture->frame, model->serial);
}

const char *connection_lack(const struct connection_model *model)
{
    const struct frame_netns *netns = frame_find_netns(model->frame, model->conn.netns);

    if (netns && netns->reach == NETNS_REACH_PROC)
        return "not in /proc/PID/net/tcp (sock_diag there needs CAP_SYS_ADMIN)";
    if (!(model->conn.known & KNOWN_INFO) && !(model->frame->missing.reasons & MISSING_SOCK_DIAG))
        return "not reported by the kernel"; /* as for minisocks */
    if (frame_is_of_log(model->frame))
        return "not recorded";
    if (model->frame->missing.reasons & MISSING_SOCK_DIAG)
        return "not in /proc/net/tcp";
    return "not known yet";
}

bool connection_carries(const struct conn *conn)
{
    static const uint32_t NOTHING = STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED);

    return (STATE_BIT(conn->state) & NOTHING) == 0;
}
