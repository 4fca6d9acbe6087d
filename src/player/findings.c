/* player_findings: findings for the frames that are shown. In the player's thread. */
#include "base/clock.h"
#include "player/private.h"

#define LEAD_NS (30 * SECOND_NS) /* how far windows and hold times of detectors reach back */
/* of CPU for that; beyond it the engine starts without them */
#define BUDGET_NS (300 * MILLISECOND_NS)
#define LEAD_MOST 600u /* frames, if they are less than a second apart */

static bool begin_anew(struct player_findings *findings)
{
    finding_engine_free(findings->engine);
    findings->engine = finding_engine_new(&findings->settings);
    return findings->engine != NULL;
}

/* If out of memory, the frame carries no findings, and the screen says so. */
static void complete(struct player_findings *findings, struct frame *frame)
{
    const struct finding_input input = {.frame = frame, .ring = findings->ring};

    if (findings->engine)
        (void)finding_engine_complete(findings->engine, frame, &input);
}

void player_find_next(struct player *player, struct frame *frame)
{
    struct player_findings *findings = &player->findings;

    if (!findings->wanted || (!findings->engine && !begin_anew(findings)))
        return;
    complete(findings, frame);
}

/* False: it took too long. Events of those frames are unavailable: the ring holds others. */
static bool lead_in(struct player *player, const struct frame *shown)
{
    struct player_findings *findings = &player->findings;
    struct source *history = player->series.history;
    const int64_t end_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + BUDGET_NS;
    struct frame *frame;
    int error = history->ops->travel->seek(history, shown->wall_ns - LEAD_NS);

    player_series_disturbed(player);
    for (unsigned i = 0; i < LEAD_MOST && !error; i++) {
        if (clock_ns(CLOCK_THREAD_CPUTIME_ID) > end_ns)
            return false;
        const int none = player_next_before(player, shown->mono_ns, &frame);
        if (none) {
            player_set_lack(player, LACK_FINDINGS, none);
            return true;
        }
        error = finding_engine_update(findings->engine, &(struct finding_input){.frame = frame});
        frame_release(frame);
    }
    player_set_lack(player, LACK_FINDINGS, error);
    return !error;
}

void player_find_anew(struct player *player, struct frame *frame)
{
    struct player_findings *findings = &player->findings;

    if (!findings->wanted || !begin_anew(findings))
        return;
    if (player->series.history && !lead_in(player, frame))
        (void)begin_anew(findings);
    complete(findings, frame);
}
