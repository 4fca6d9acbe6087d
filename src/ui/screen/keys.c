/* keys: what a key means, and which were not meant: pasted text, keys that were waiting when
 * a dialog opened that can do harm. */
#include "ui/screen/keys.h"

#include "base/clock.h"
#include "ui/screen/chrome.h"
#include "ui/screen/filter.h"
#include "ui/screen/frame.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"

#define ENTER_WAIT_NS (300 * MILLISECOND_NS)

static void take_mouse(struct screen *screen, const struct key *key)
{
    struct pane *pane = screen_top_pane(screen);
    for (size_t i = 0; i < screen->span_count; i++) {
        const struct span *span = &screen->spans[i];
        if (key->code == KEY_CODE_MOUSE_PRESS && key->row == span->row && key->col >= span->from &&
            key->col < span->to && !screen_is_floating(screen)) {
            screen_run_command(screen, span->command);
            return;
        }
    }
    if (pane && pane->ops->mouse && key->row >= screen->body_top)
        pane->ops->mouse(pane, key, key->row - screen->body_top, key->col);
    screen_finish_closing(screen);
}

/* What a key means rests on what the keys before it have brought: typed ahead, as in "2jj", it is
 * the third row of that view. Without a new frame, which nobody has seen yet. */
static void show_what_keys_did(struct screen *screen)
{
    if (!screen->void_panes && !screen->page_unseen)
        return;
    screen_set_time(screen);
    if (screen->void_panes)
        screen_update_panes(screen);
    screen->void_panes = false;
    screen_paint(screen);
}

/* Text goes where text is typed, and is no command anywhere. A word that confirms an act must be
 * typed. */
static void take_pasted(struct screen *screen, const struct key *key)
{
    struct pane *pane = screen_top_pane(screen);
    if (screen_time_key(screen, key))
        return;
    if (screen->filter.open)
        (void)screen_filter_key(screen, key); /* no room left in it: no command either */
    else if (pane && pane->ops->types && pane->ops->types(pane))
        pane->ops->key(pane, key);
    else
        screen_say(screen, ROLE_NOTICE, "pasted text goes to a prompt only (/ opens the filter)");
}

static bool can_harm(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    return pane && pane->ops->harmful;
}

/* An Enter that was on its way when the dialog opened was not for it. */
static bool comes_too_early(struct screen *screen, const struct key *key)
{
    if (key->code != KEY_CODE_ENTER || !can_harm(screen) ||
        clock_mono_ns() >= screen->enter_from_ns)
        return false;
    screen_hold_enter(screen);
    screen_say(screen, ROLE_NOTICE, "that Enter came too soon to be meant: press it again");
    return true;
}

static void take_key(struct screen *screen, const struct key *key)
{
    struct pane *pane = screen_top_pane(screen);
    screen->paint = true;
    screen->said_until_ns = 0;
    if (key->pasted) {
        take_pasted(screen, key);
        return;
    }
    if (comes_too_early(screen, key))
        return;
    if (screen->page_unseen)
        show_what_keys_did(screen);
    else if (screen->void_panes) /* a row's place in another frame is another row's */
        screen_update_panes(screen);
    if (key_is_mouse(key)) {
        take_mouse(screen, key);
        return;
    }
    if (screen_time_key(screen, key) || screen_filter_key(screen, key))
        return;
    if (pane && pane->ops->key && pane->ops->key(pane, key)) {
        screen_finish_closing(screen);
        return;
    }
    const struct command *command = command_for_key(key->code);
    if (!command)
        return;
    show_what_keys_did(screen);
    screen_run_command(screen, command);
}

void screen_hold_enter(struct screen *screen)
{
    screen->enter_from_ns = clock_mono_ns() + ENTER_WAIT_NS;
}

/* What was typed at something else than this dialog. Esc does no harm, and ends it all the same. */
static void discard(struct screen *screen, const struct key *key)
{
    if (key->code != KEY_CODE_ESCAPE)
        return;
    screen_back(screen);
    screen_finish_closing(screen);
}

void screen_read_keys(struct screen *screen)
{
    struct key key;
    while (!screen->quit && term_key(screen->term, &key))
        if (screen->page_unseen && can_harm(screen))
            discard(screen, &key);
        else
            take_key(screen, &key);
}

/* Keys typed before a dialog stood on the screen were not for it. */
void screen_page_comes(struct screen *screen)
{
    struct key key;
    while (screen->page_unseen && can_harm(screen) && term_key(screen->term, &key))
        discard(screen, &key);
}

void screen_page_seen(struct screen *screen)
{
    if (screen->page_unseen && can_harm(screen))
        screen_hold_enter(screen);
    screen->page_unseen = false;
}
