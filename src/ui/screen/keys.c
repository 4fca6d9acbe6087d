/* keys: what keys do, and accidental ones: pasted text, keys typed before a harmful dialog
 * opened. */
#include "ui/screen/keys.h"

#include "base/clock.h"
#include "ui/screen/chrome.h"
#include "ui/screen/filter.h"
#include "ui/screen/frame.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"

#define ENTER_WAIT_NS (300 * MILLISECOND_NS)
#define TWICE_NS      (400 * MILLISECOND_NS)
#define UNKNOWN_NS    SECOND_NS

static void take_key(struct screen *screen, const struct key *key);

/* The last one drawn is on top. */
static const struct hit *find_hit(const struct screen *screen, const struct key *key)
{
    for (size_t i = screen->hit_count; i-- > 0;) {
        const struct hit *hit = &screen->hits[i];
        if (key->row == hit->row && key->col >= hit->from && key->col < hit->to &&
            (hit->mouse || key->code == KEY_CODE_MOUSE_PRESS))
            return hit;
    }
    return NULL;
}

/* False: passes it on to the pane. */
static bool take_hit(struct screen *screen, const struct key *key)
{
    const struct hit *found = find_hit(screen, key);
    if (!found)
        return false;
    const struct hit hit = *found; /* its action may paint */
    if (hit.mouse)
        return hit.mouse(screen, &hit, key);
    if (hit.command)
        screen_run_command(screen, hit.command);
    else
        take_key(screen, &(struct key){.code = hit.key});
    return true;
}

static bool is_second_press(struct screen *screen, const struct key *key, int64_t now)
{
    const struct key before = screen->pressed;
    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    const bool twice = before.code == key->code && before.row == key->row &&
                       before.col == key->col && now - screen->pressed_ns < TWICE_NS;
    screen->pressed = twice ? (struct key){0} : *key; /* a third press counts as a first one */
    screen->pressed_ns = now;
    return twice;
}

static void take_mouse(struct screen *screen, const struct key *mouse)
{
    struct pane *pane = screen_top_pane(screen);
    struct key key = *mouse;
    key.twice = is_second_press(screen, mouse, clock_mono_ns());
    if (!take_hit(screen, &key) && pane && pane->ops->mouse && key.row >= screen->body_top)
        pane->ops->mouse(pane, &key, key.row - screen->body_top, key.col);
    screen_finish_closing(screen);
}

/* A key depends on the results of earlier keys: typed ahead, "2jj" is the third row of view 2. So
 * applies those, without a new frame. */
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

/* Pasted text goes to where text is typed, and is never a command. A word that confirms an act must
 * be typed. */
static void take_pasted(struct screen *screen, const struct key *key)
{
    struct pane *pane = screen_top_pane(screen);
    if (screen_time_key(screen, key))
        return;
    if (screen->filter.open)
        (void)screen_filter_key(screen, key); /* if it has no room, it is not a command either */
    else if (pane && pane->ops->types && pane->ops->types(pane))
        pane->ops->key(pane, key);
    else
        screen_say(screen, ROLE_NOTICE, "pasted text goes to a prompt only (/ opens the filter)");
}

static bool can_harm(const struct screen *screen)
{
    const struct pane *pane = screen->page_count > 0 ? screen->pages[screen->page_count - 1] : NULL;
    return pane && pane->ops->harmful;
}

bool screen_holds_enter(const struct screen *screen)
{
    return can_harm(screen) && screen->enter_refused && clock_mono_ns() < screen->enter_from_ns;
}

/* An Enter typed before the dialog opened was not meant for it. */
static bool comes_too_early(struct screen *screen, const struct key *key)
{
    if (key->code != KEY_CODE_ENTER || !can_harm(screen) ||
        clock_mono_ns() >= screen->enter_from_ns)
        return false;
    screen_hold_enter(screen);
    screen_say(screen, ROLE_NOTICE, "Enter came too soon after the dialog opened: press it again");
    return true;
}

static void say_unknown(struct screen *screen, const struct key *key)
{
    char name[16];
    key_text(name, sizeof(name), key->code, screen->picture.context.ascii);
    screen_say_for(screen, UNKNOWN_NS, ROLE_NOTICE, "%s does nothing here: %s", name,
                   screen_is_floating(screen) ? "Esc closes this" : "? lists the keys");
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
    else if (screen->void_panes) /* rows have other places in another frame */
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
    const struct command *command =
        screen_is_floating(screen) ? NULL : command_for_key(key->code); /* nothing below reacts */
    if (command)
        show_what_keys_did(screen);
    if (!command || !screen_run_command(screen, command)) {
        screen->keep_asked = false;
        say_unknown(screen, key);
    }
}

void pane_open_if_twice(struct screen *screen, const struct key *key)
{
    if (key->twice)
        screen_run_command(screen, command_for_key(KEY_CODE_ENTER));
}

void screen_hold_enter(struct screen *screen)
{
    screen->enter_from_ns = clock_mono_ns() + ENTER_WAIT_NS;
    screen->enter_refused = true;
}

/* Discards keys typed before this dialog. Esc is harmless, and closes it nevertheless. */
static void discard(struct screen *screen, const struct key *key)
{
    if (key->code != KEY_CODE_ESCAPE)
        return;
    screen_back(screen);
    screen_finish_closing(screen);
}

void screen_press(struct screen *screen, const struct key *key)
{
    if (screen->page_unseen && can_harm(screen))
        discard(screen, key);
    else
        take_key(screen, key);
}

void screen_read_keys(struct screen *screen)
{
    struct key key;
    while (!screen->quit && term_key(screen->term, &key))
        screen_press(screen, &key);
}

/* Keys typed before a dialog was visible were not meant for it. */
void screen_page_comes(struct screen *screen)
{
    struct key key;
    while (screen->page_unseen && can_harm(screen) && term_key(screen->term, &key))
        discard(screen, &key);
}

void screen_page_seen(struct screen *screen)
{
    if (screen->page_unseen && can_harm(screen)) {
        screen_hold_enter(screen);
        screen->enter_refused = false;
    }
    screen->page_unseen = false;
}
