/* screen_views: the tabs, the stack of pages over them, and what the screen does for panes. */
#include "ui/screen/views.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/screen/filter.h"
#include "ui/screen/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SAID_NS 8000000000LL

const struct view_tab VIEWS[VIEW_COUNT] = {
#define VIEW_TAB(name, heading) [VIEW_##name] = {.title = (heading), .ops = &PANE_##name},
    VIEW_LIST(VIEW_TAB)
#undef VIEW_TAB
};

struct pane *screen_top_pane(struct screen *screen)
{
    if (screen->page_count > 0)
        return screen->pages[screen->page_count - 1];
    return screen->views[screen->view];
}

bool screen_is_floating(const struct screen *screen)
{
    return screen->page_count > 0 && screen->pages[screen->page_count - 1]->ops->floating;
}

static void update_pane(struct screen *screen, struct pane *pane)
{
    if (pane)
        pane->ops->update(pane, &screen->picture);
}

void screen_update_panes(struct screen *screen)
{
    update_pane(screen, screen->views[screen->view]);
    for (size_t i = 0; i < screen->page_count; i++)
        update_pane(screen, screen->pages[i]);
}

/* The awaited page of an event's connection must not open over what the user has chosen since. */
static void turn_to(struct screen *screen)
{
    screen->travel.seeks = false;
    screen->void_panes = true;
    screen_changed(screen);
}

static void close_top_page(struct screen *screen)
{
    struct pane *pane = screen->pages[--screen->page_count];
    pane->ops->close(pane);
    turn_to(screen);
}

int screen_open_view(struct screen *screen, enum view_id view)
{
    if (!screen->views[view]) {
        int error =
            VIEWS[view].ops->open(&screen->views[view], VIEWS[view].ops, screen, &screen->settings);
        if (error)
            return error;
    }
    while (screen->page_count > 0)
        close_top_page(screen);
    screen->view = view;
    turn_to(screen);
    return 0;
}

void screen_show_view(struct screen *screen, enum view_id view)
{
    const int error = screen_open_view(screen, view);
    if (error)
        screen_say(screen, ROLE_TROUBLE, "the view cannot be shown: %s", strerror(-error));
}

/* The oldest is forgotten where there are too many. */
static void push_origin(struct screen *screen, const struct origin *origin)
{
    if (screen->origin_count == ORIGINS_MAX)
        memmove(screen->origins, screen->origins + 1,
                --screen->origin_count * sizeof(*screen->origins));
    screen->origins[screen->origin_count++] = *origin;
}

bool screen_drill(struct screen *screen, enum view_id view, const char *filter)
{
    struct origin origin = {.view = screen->view};
    snprintf(origin.filter, sizeof(origin.filter), "%s", screen->filter.text);
    if (filter && !screen_set_filter(screen, filter))
        return false;
    push_origin(screen, &origin);
    screen_show_view(screen, view);
    return true;
}

bool screen_drill_back(struct screen *screen)
{
    if (screen->origin_count == 0)
        return false;
    const struct origin origin = screen->origins[--screen->origin_count];
    screen_filter_restore(screen, origin.filter);
    screen_show_view(screen, origin.view);
    return true;
}

void screen_show_connection(struct screen *screen, uint64_t serial)
{
    (void)screen_drill(screen, VIEW_CONNECTIONS, NULL);
    struct pane *pane = screen->views[VIEW_CONNECTIONS];
    if (screen->view == VIEW_CONNECTIONS && pane && pane->ops->select)
        pane->ops->select(pane, serial);
}

int screen_open_page(struct screen *screen, const struct pane_ops *ops, const void *argument)
{
    struct pane *pane;
    int error = screen->page_count < PAGES_MAX ? ops->open(&pane, ops, screen, argument) : -ENOSPC;
    if (error) {
        screen_say(screen, ROLE_TROUBLE, "%s cannot be shown: %s", ops->title, strerror(-error));
        return error;
    }
    screen->pages[screen->page_count++] = pane;
    screen->page_unseen = true;
    update_pane(screen, pane);
    if (ops->wish) /* facts that the page needs are not in this frame yet */
        screen->wish.now = true;
    screen->travel.seeks = false;
    screen_changed(screen);
    return 0;
}

void screen_close_page(struct screen *screen)
{
    if (screen->page_count > 0)
        close_top_page(screen);
}

void screen_back(struct screen *screen)
{
    screen->closing = screen->page_count > 0;
}

void screen_finish_closing(struct screen *screen)
{
    if (screen->closing && screen->page_count > 0)
        close_top_page(screen);
    screen->closing = false;
}

void screen_close_panes(struct screen *screen)
{
    while (screen->page_count > 0)
        close_top_page(screen);
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (screen->views[i])
            screen->views[i]->ops->close(screen->views[i]);
        screen->views[i] = NULL;
    }
}

static void add_wish(const struct pane *pane, struct wish *wish)
{
    if (pane && pane->ops->needs)
        wish->needs |= pane->ops->needs(pane);
    if (pane && pane->ops->wish)
        pane->ops->wish(pane, wish);
}

/* Adds the connections drawn by the view and the pages over it. */
static void add_seen(struct screen *screen, struct wish *wish)
{
    const struct pane *view = screen->views[screen->view];

    if (!screen->picture.frame || wish->refresh == REFRESH_ALL)
        return;
    if (view && view->ops->seen)
        view->ops->seen(view, &screen->picture, wish);
    for (size_t i = 0; i < screen->page_count; i++)
        if (screen->pages[i]->ops->seen)
            screen->pages[i]->ops->seen(screen->pages[i], &screen->picture, wish);
}

void screen_send_wish(struct screen *screen)
{
    struct wish wish = screen->wish;
    wish.needs |= screen_filter_needs(screen) | NEED_HOST_FACTS; /* for the header */
    add_wish(screen->views[screen->view], &wish);
    split_wish(&screen->split, &wish);
    for (size_t i = 0; i < screen->page_count; i++)
        add_wish(screen->pages[i], &wish);
    add_seen(screen, &wish);
    if (memcmp(&wish, &screen->sent_wish, sizeof(wish)) == 0)
        return;
    screen->settings.feed.set_wish(screen->settings.feed.data, &wish);
    screen->wish.now = wish.now = screen->wish.all = wish.all = false;
    screen->sent_wish = wish;
}

void screen_changed(struct screen *screen)
{
    screen->paint = true;
}

const struct picture *screen_picture(struct screen *screen)
{
    return &screen->picture;
}

const struct screen_settings *screen_settings(const struct screen *screen)
{
    return &screen->settings;
}

__attribute__((format(printf, 4, 0))) static void
say(struct screen *screen, int64_t ns, unsigned role, const char *format, va_list arguments)
{
    char raw[sizeof(screen->said)];
    vsnprintf(raw, sizeof(raw), format, arguments);
    text_clean_again(screen->said, sizeof(screen->said), raw, strlen(raw));
    screen->said_role = role;
    screen->said_until_ns = clock_mono_ns() + ns;
    screen->paint = true;
}

void screen_say(struct screen *screen, unsigned role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(screen, SAID_NS, role, format, arguments);
    va_end(arguments);
}

void screen_say_for(struct screen *screen, int64_t ns, unsigned role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(screen, ns, role, format, arguments);
    va_end(arguments);
}
