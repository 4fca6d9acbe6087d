/* screen_frame: taking over the frame that is newest, a large one in steps. */
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

/* False: another frame than the one shown is there, but not all is ready to show it. */
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

/* Of a large frame a part of the work, to be called again while there is one coming: keys are read
 * in between, and mean what is shown. One that is begun is finished before a newer one is looked
 * at, lest none is ever shown. */
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
