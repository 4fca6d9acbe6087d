/* player_marks: where findings began, from lines of a log or from the frames shown. In the player's
 * thread. */
#include "base/clock.h"
#include "player/private.h"

#include <stdlib.h>
#include <string.h>

/* A keyframe repeats the begin of each finding that holds. */
static bool is_known(struct transport_state *state, int64_t since_ns, uint8_t severity)
{
    for (uint32_t i = 0; i < state->mark_count; i++) {
        struct transport_mark *mark = &state->marks[i];
        if (llabs(mark->wall_ns - since_ns) >= SECOND_NS)
            continue;
        mark->severity = severity > mark->severity ? severity : mark->severity;
        return true;
    }
    return false;
}

static void insert(struct transport_state *state, struct transport_mark mark)
{
    uint32_t at = state->mark_count;

    while (at > 0 && state->marks[at - 1].wall_ns > mark.wall_ns)
        at--;
    memmove(&state->marks[at + 1], &state->marks[at],
            (state->mark_count - at) * sizeof(state->marks[0]));
    state->marks[at] = mark;
    state->mark_count++;
}

void player_mark(void *data, int64_t since_ns, uint8_t severity)
{
    struct player *player = data;
    struct transport_state *state = &player->state;

    if (severity < SEVERITY_WARNING || since_ns <= 0 || since_ns > INT64_MAX / 2)
        return; /* a log may contain anything */
    pthread_mutex_lock(&player->lock);
    if (!is_known(state, since_ns, severity) && state->mark_count < TRANSPORT_MARKS)
        insert(state, (struct transport_mark){.wall_ns = since_ns, .severity = severity});
    pthread_mutex_unlock(&player->lock);
}

void player_mark_frame(struct player *player, const struct frame *frame)
{
    const struct frame_findings *findings = frame->findings;

    for (uint32_t i = 0; findings && i < findings->holding; i++)
        if (!findings->list[i].since_least)
            player_mark(player, findings->list[i].since_ns, findings->list[i].severity);
}
