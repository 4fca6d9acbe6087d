/* event_place: an index by pid, made anew for each frame that is asked about. */
#include "core/event_place.h"

void event_places_done(struct event_places *places)
{
    map_done(&places->procs);
    *places = (struct event_places){0};
}

const struct proc *event_places_process(struct event_places *places, const struct frame *frame,
                                        const struct event *event)
{
    if (!frame || event->pid <= 0)
        return NULL;
    if (places->frame != frame || places->number != frame->number) {
        map_clear(&places->procs);
        for (uint32_t i = 0; i < frame->proc_count; i++)
            (void)map_put(&places->procs, (uint32_t)frame->procs[i].pid, i);
        places->frame = frame;
        places->number = frame->number;
    }
    const uint32_t index = map_find(&places->procs, (uint32_t)event->pid);
    const struct proc *proc = index == MAP_NONE ? NULL : &frame->procs[index];
    if (!proc || (event->owner_start_ticks && proc->start_ticks &&
                  event->owner_start_ticks != proc->start_ticks))
        return NULL; /* the number has been another process's since */
    return proc;
}

struct event_place event_places_find(struct event_places *places, const struct frame *frame,
                                     const struct event *event)
{
    struct event_place place = {.user = "", .unit = "", .container = ""};
    const struct proc *proc = event_places_process(places, frame, event);

    const uint32_t uid = event->uid == UINT32_MAX && proc ? proc->uid : event->uid;
    const char *user = frame && uid != UINT32_MAX ? frame_user_name(frame, uid) : NULL;

    if (user)
        place.user = user;
    if (proc && proc->group < frame->group_count) {
        place.unit = frame->groups[proc->group].unit;
        place.container = frame->groups[proc->group].container;
    }
    return place;
}
