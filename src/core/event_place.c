/* event_place: indexes, built for each frame. */
#include "core/event_place.h"

static uint64_t key_of(uint32_t host, int32_t pid)
{
    return (uint64_t)host << 32 | (uint32_t)pid;
}

void event_places_done(struct event_places *places)
{
    map_done(&places->procs);
    map_done(&places->groups);
    map_done(&places->rows);
    *places = (struct event_places){0};
}

/* Entries for which there is no memory are not found. */
static void look_at(struct event_places *places, const struct frame *frame)
{
    if (frame_mark_is(&places->of, frame))
        return;
    map_clear(&places->procs);
    map_clear(&places->groups);
    map_clear(&places->rows);
    places->rows_filled = false;
    for (uint32_t i = 0; i < frame->proc_count; i++)
        (void)map_put(&places->procs, key_of(frame->procs[i].host, frame->procs[i].pid), i);
    for (uint32_t i = 0; i < frame->group_count; i++)
        if (frame->groups[i].id)
            (void)map_put(&places->groups, frame->groups[i].id, i);
    places->of = frame_mark_of(frame);
}

const struct proc *event_places_process(struct event_places *places, const struct frame *frame,
                                        const struct event *event)
{
    if (!frame || event->pid <= 0)
        return NULL;
    look_at(places, frame);
    const uint32_t index = map_find(&places->procs, key_of(event->host, event->pid));
    const struct proc *proc = index < frame->proc_count ? &frame->procs[index] : NULL;
    if (!proc || (event->owner_start_ticks && proc->start_ticks &&
                  event->owner_start_ticks != proc->start_ticks))
        return NULL; /* the pid was reused since */
    return proc;
}

static const struct group *find_group(struct event_places *places, const struct frame *frame,
                                      const struct event *event, const struct proc *proc)
{
    uint32_t index = proc ? proc->group : CONN_NO_INDEX;

    if (index >= frame->group_count && event->cgroup_id) {
        look_at(places, frame);
        index = map_find(&places->groups, event->cgroup_id);
    }
    return index < frame->group_count ? &frame->groups[index] : NULL;
}

/* A connection opened since the last frame was not a row yet when its events came. Cookies are
 * unique across namespaces. */
static uint64_t find_serial(struct event_places *places, const struct frame *frame,
                            const struct event *event)
{
    if (event->serial || !event->cookie || !frame)
        return event->serial;
    look_at(places, frame);
    for (uint32_t i = 0; i < frame->conn_count && !places->rows_filled; i++)
        if (frame->conns[i].cookie)
            (void)map_put(&places->rows, frame->conns[i].cookie, i);
    places->rows_filled = true;
    const uint32_t index = map_find(&places->rows, event->cookie);
    const struct conn *conn = index < frame->conn_count ? &frame->conns[index] : NULL;
    return conn && conn->netns == event->netns ? conn->serial : 0;
}

const struct frame_host *event_host(const struct frame *frame, const struct event *event)
{
    return frame ? frame_find_host(frame, event->host) : NULL;
}

/* Several hosts: a line of a log does not name the host. */
static void put_host(struct event_place *place, const struct frame *frame,
                     const struct event *event, const struct frame_host *host)
{
    const struct frame_netns *netns = frame_find_netns(frame, event->netns);

    place->host = host->name;
    place->netns = !event_is_of_connection(event) ? event->netns : netns ? netns->inode : 0;
    place->clock_error_ns = host->skew_known ? host->skew_error_ns : 0;
}

struct event_place event_places_find(struct event_places *places, const struct frame *frame,
                                     const struct event *event)
{
    struct event_place place = {.user = "", .unit = "", .container = ""};
    const struct proc *proc = event_places_process(places, frame, event);

    const uint32_t uid = event->uid == UINT32_MAX && proc ? proc->uid : event->uid;
    const struct frame_host *host = event_host(frame, event);
    const char *user = frame && uid != UINT32_MAX
                           ? frame_host_user_name(frame, host ? host->number : 0, uid)
                           : NULL;
    const struct group *group = frame ? find_group(places, frame, event, proc) : NULL;

    if (user)
        place.user = user;
    if (group) {
        place.unit = group->unit;
        place.container = group->container;
    }
    if (event->logged)
        place = *event->logged;
    if (host)
        put_host(&place, frame, event, host);
    place.serial = find_serial(places, frame, event);
    return place;
}
