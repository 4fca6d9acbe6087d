/* shot: decides when the next key of a screenshot is pressed, and when the picture is taken. */
#include "ui/screen/shot.h"

#include "base/clock.h"
#include "ui/key/script.h"
#include "ui/screen/keys.h"
#include "ui/screen/state.h"

#include <stdio.h>

#define FIRST_FRAMES 2u                     /* rates are known from the second on */
#define LOOK_NS      (20 * MILLISECOND_NS)  /* between two looks */
#define REST_NS      (300 * MILLISECOND_NS) /* time for things that do not depend on a frame */
#define GIVE_UP_NS   (30 * SECOND_NS)

static bool is_settled(const struct screen *screen)
{
    const struct transport_state *travel = &screen->travel.state;
    return !screen->coming && !screen->paint && !screen->void_panes && !travel->searching;
}

/* Waiting for a frame that does not come (a paused log, its end) has a limit. */
static bool has_waited(struct screen *screen, int64_t now)
{
    const struct screen_shot *shot = screen->settings.shot;
    struct screen_shot_state *own = &screen->shot;
    if (own->started_ns == 0)
        *own = (struct screen_shot_state){
            .started_ns = now, .frames = FIRST_FRAMES, .until_ns = now + GIVE_UP_NS};
    if (screen->frames_shown == 1 && now >= own->started_ns + SECOND_NS)
        screen->wish.now = true; /* however long the refresh interval is */
    if (now < own->started_ns + shot->after_ns || now < own->rest_until_ns)
        return false;
    return screen->frames_shown >= own->frames || now >= own->until_ns ||
           (screen->travel.state.ended && screen->picture.frame);
}

static void wait_for_frame(struct screen *screen, int64_t now, int64_t most_ns)
{
    screen->shot.frames = screen->frames_shown + 1;
    screen->shot.until_ns = now + most_ns;
}

static void press(struct screen *screen, const struct key *key, int64_t now)
{
    const bool asked = screen->wish.now;
    screen_press(screen, key);
    screen->shot.rest_until_ns = screen->settings.live ? 0 : now + REST_NS;
    if (screen->settings.live && screen->wish.now && !asked) /* the frame lacks what a page needs */
        wait_for_frame(screen, now, GIVE_UP_NS);
}

static void take(struct screen *screen)
{
    if (term_snapshot(screen->term, screen->settings.shot->grid) != 0)
        snprintf(screen->remark, sizeof(screen->remark), "out of memory");
    screen->quit = true;
}

int64_t screen_shot_step(struct screen *screen, int64_t now)
{
    const struct screen_shot *shot = screen->settings.shot;
    struct key key;
    if (!shot || screen->quit)
        return INT64_MAX;
    if (!is_settled(screen) || !has_waited(screen, now))
        return now + LOOK_NS;
    switch (key_script_next(shot->keys, &screen->shot.at, &key)) {
    case KEY_SCRIPT_KEY:
        press(screen, &key, now);
        break;
    case KEY_SCRIPT_FRAME:
        screen->wish.now = true;
        wait_for_frame(screen, now, GIVE_UP_NS);
        break;
    case KEY_SCRIPT_END:
    case KEY_SCRIPT_BAD: /* refused earlier */
        take(screen);
        break;
    }
    return now;
}
