/* Private to life*.c: what is remembered of a socket, and its events. Pure. */
#ifndef TCPLENS_CORE_LIFECYCLE_PRIVATE_H
#define TCPLENS_CORE_LIFECYCLE_PRIVATE_H

#include "core/lifecycle.h"

struct life {
    uint64_t cookie; /* 0 = free */
    int64_t opened_ns, opened_wall_ns, since_ns;
    uint64_t start_ticks;
    int32_t pid;
    uint32_t uid, netns;
    uint8_t state;
    bool began; /* its beginning was seen; else a later step was the first */
    bool waits; /* its opening is not reported yet */
    char name[LIFE_NAME_MAX];
};

void life_set_name(struct event *event, const char name[LIFE_NAME_MAX]);
struct event life_event(const struct transition *transition, const struct life *life,
                        const struct shown *shown, enum event_kind kind);
void life_drop_totals(struct event *event);
void life_set_state_time(struct event *event, const struct life *life, const struct shown *shown);
/* How it ended, by error, resets and the state it was in. */
void life_set_end(struct event *event, const struct transition *transition);
void life_set_age(struct event *event, const struct life *life, const struct shown *shown);
struct event life_opening(const struct transition *transition, const struct life *life,
                          const struct shown *shown);

#endif
