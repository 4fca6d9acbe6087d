/* screen_frame: switching to the newest frame, in steps if it is large. */
#include "ui/screen/frame.h"

#include "base/clock.h"
#include "ui/screen/go_to.h"
#include "ui/screen/head.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"

static bool holds_frame(const struct screen *screen)
{
    return screen->picture.paused || screen_is_floating(screen);
}

/* False: there is a new frame, but it is not ready to be shown. */
static bool prepare_frame(struct screen *screen)
{
    struct pane *view = screen->views[screen->view];
    struct picture coming = screen->picture;
    if (screen->page_count > 0 || !view->ops->prepare || !coming.frame)
        return true;
    coming.frame = screen->coming;
    coming.context.frame = screen->coming;
    coming.context.now_ns = screen->coming->wall_ns;
    coming.now_ns = screen->coming->wall_ns;
    coming.now_mono_ns = screen->coming->mono_ns;
    return view->ops->prepare(view, &coming);
}

static void show_frame(struct screen *screen)
{
    frame_release(screen->picture.frame);
    screen->picture.frame = screen->coming;
    screen->picture.context.frame = screen->coming;
    screen->coming = NULL;
    tags_follow(&screen->acting.tags, screen->picture.frame);
    finding_marks_take(&screen->marks, screen->picture.frame, screen->settings.filter_names);
    screen->frame_taken_ns = clock_mono_ns();
    screen->frames_shown++;
    screen_head_update(screen);
    screen->void_panes = screen->paint = true;
    screen_go_to_look(screen);
}

/* Does a part of the work for a large frame, to be called again while one is coming: keys are read
 * in between, and apply to what is shown. A frame is finished before a newer one is begun, so that
 * one is shown eventually. */
void screen_take_frame(struct screen *screen)
{
    screen_time_look(screen);
    const struct screen_feed *feed = &screen->settings.feed;
    if (holds_frame(screen)) {
        frame_release(screen->coming);
        screen->coming = NULL;
        return;
    }
    if (!screen->coming) {
        struct frame *frame = feed->latest(feed->data);
        if (!frame || frame == screen->picture.frame) {
            frame_release(frame);
            return;
        }
        screen->coming = frame;
    }
    if (prepare_frame(screen))
        show_frame(screen);
}
