/* loop: the thread that reads keys and paints. Waits for keys, frames and orders; handles
 * everything pending, then paints once. */
#include "ui/screen/screen.h"

#include "base/clock.h"
#include "base/wake.h"
#include "core/text/text.h"
#include "ui/screen/acts.h"
#include "ui/screen/chrome.h"
#include "ui/screen/filter.h"
#include "ui/screen/frame.h"
#include "ui/screen/keys.h"
#include "ui/screen/names.h"
#include "ui/screen/record.h"
#include "ui/screen/shot.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int screen_new(struct screen **out, const struct screen_settings *settings)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    if (!screen)
        return -ENOMEM;
    screen->settings = *settings;
    screen->wish = screen->sent_wish = settings->wish;
    screen->theme = settings->theme;
    screen->picture = (struct picture){.highlight_ns = settings->highlight_ns,
                                       .events = settings->feed.events,
                                       .transport = settings->transport,
                                       .live = settings->live};
    screen_names_begin(screen);
    screen_filter_begin(screen);
    prompt_init(&screen->travel.prompt);
    prompt_init(&screen->travel.when);
    screen->picture.context.ascii = settings->ascii;
    screen->picture.context.with_args = settings->with_args;
    screen->picture.tags = &screen->acting.tags;
    screen->picture.marks = &screen->marks;
    int error = screen_open_view(screen, VIEW_CONNECTIONS);
    if (error) {
        screen_free(screen);
        return error;
    }
    *out = screen;
    return 0;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    screen_close_panes(screen);
    screen_acts_done(screen);
    screen_names_end(screen);
    screen_filter_end(screen);
    finding_marks_done(&screen->marks);
    split_done(&screen->split);
    prompt_done(&screen->travel.prompt);
    prompt_done(&screen->travel.when);
    frame_release(screen->picture.frame);
    frame_release(screen->coming);
    free(screen);
}

const char *screen_trouble(const struct screen *screen)
{
    return screen->remark;
}

uint8_t picture_mark(const struct picture *picture, const struct conn *conn)
{
    if (conn->mark == MARK_NONE || picture->now_ns - conn->changed_ns >= picture->highlight_ns)
        return MARK_NONE;
    return conn->mark;
}

bool picture_cost_text(const struct picture *picture, char *out, size_t size)
{
    const struct frame_cost *cost = &picture->frame->cost;
    if (!picture->live || strcmp(picture->frame->source, "demo") == 0 ||
        cost->cpu_permille == UINT32_MAX)
        return false;
    snprintf(out, size, "tcplens itself: %.1f %% of a core, %.0f ms a frame, now every %.3g s",
             (double)cost->cpu_permille / 10.0, (double)cost->wall_ns / 1e6,
             (double)cost->interval_ns / 1e9);
    return true;
}

bool picture_readings_text(const struct picture *picture, char *out, size_t size)
{
    const struct frame *frame = picture->frame;
    const struct frame_cost *cost = &frame->cost;
    char span[24];

    if (!picture->live || (!frame->all_ns && !cost->compared))
        return false;
    text_span(span, sizeof(span), frame->all_ns ? frame->mono_ns - frame->all_ns : 0);
    snprintf(out, size,
             "all connections read %s ago; compared with events %u times: %u differences", span,
             cost->compared, cost->unreported);
    return true;
}

/* Time in the picture advances from its frame, as a log and the demo have their own clocks. */
void screen_set_time(struct screen *screen)
{
    const struct frame *frame = screen->picture.frame;
    if (!frame)
        return;
    int64_t since = screen_time_passed(screen, clock_mono_ns() - screen->frame_taken_ns);
    screen->picture.context.now_ns = frame->wall_ns;
    screen->picture.now_ns = frame->wall_ns + since;
    screen->picture.now_mono_ns = frame->mono_ns + since;
}

static void read_frame_signal(struct screen *screen)
{
    wake_drain(screen->settings.feed.frame_descriptor);
}

static void look_for_trouble(struct screen *screen)
{
    const struct screen_feed *feed = &screen->settings.feed;
    char text[sizeof(screen->trouble)] = "";
    feed->trouble(feed->data, text, sizeof(text));
    if (strcmp(text, screen->trouble) != 0) {
        memcpy(screen->trouble, text, sizeof(text));
        screen->paint = true;
    }
}

/* Between the answer and the stop, painting or reading a key would take the terminal back: does
 * nothing until it is ours again. */
static void suspend(struct screen *screen)
{
    struct pollfd wait = {.fd = screen->settings.orders_descriptor, .events = POLLIN};
    char order = 0;

    term_suspend(screen->term);
    screen->settings.suspended(screen->settings.data);
    while (order != SCREEN_RESUME && order != SCREEN_QUIT) {
        poll(&wait, 1, -1);
        if (read(wait.fd, &order, 1) == 0)
            order = SCREEN_QUIT; /* the sender has ended */
    }
    screen->quit |= order == SCREEN_QUIT;
    if (!screen->quit)
        term_resume(screen->term);
    screen->paint = true;
}

static void obey(struct screen *screen, char order)
{
    switch ((enum screen_order)order) {
    case SCREEN_QUIT:
        screen->quit = true;
        break;
    case SCREEN_SUSPEND:
        suspend(screen);
        return;
    case SCREEN_RESUME:
        term_resume(screen->term);
        break;
    case SCREEN_RESIZED: /* if it shrank and grew back in between, content was lost */
        term_resized(screen->term);
        term_repaint(screen->term);
        break;
    }
    screen->paint = true;
}

/* One at a time: orders after a suspension are read by `suspend`. */
static void read_orders(struct screen *screen)
{
    char order;
    ssize_t got;
    while ((got = read(screen->settings.orders_descriptor, &order, 1)) == 1)
        obey(screen, order);
    if (got == 0)
        screen->quit = true;
}

/* Highlights, the status line, incomplete key sequences and the wait of a dialog end by time, not
 * with a frame. */
static int64_t next_end_ns(const struct screen *screen, int64_t now)
{
    int64_t ends[] = {screen->said_until_ns, term_key_deadline_ns(screen->term),
                      screen->enter_from_ns, 0};
    int64_t next = now + SECOND_NS;
    if (screen->picture.frame && !screen->picture.paused)
        ends[3] = screen->frame_taken_ns + screen->picture.highlight_ns;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i] > now && ends[i] < next)
            next = ends[i];
    return next;
}

static void end_what_has_ended(struct screen *screen, int64_t before, int64_t now)
{
    int64_t highlight_end = screen->frame_taken_ns + screen->picture.highlight_ns;
    const int64_t ends[] = {screen->said_until_ns, screen->enter_from_ns};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i] > before && ends[i] <= now)
            screen->paint = true;
    if (screen->picture.frame && highlight_end > before && highlight_end <= now) {
        screen->paint = true;
        screen->void_panes |= !screen_is_floating(screen); /* rows under it do not move */
    }
}

static void paint_if_due(struct screen *screen)
{
    screen_send_wish(screen);
    if (!screen->paint)
        return;
    if (!screen_is_floating(screen) && !screen->coming)
        screen_take_frame(screen);
    screen_set_time(screen);
    if (screen->void_panes)
        screen_update_panes(screen);
    screen->paint = screen->void_panes = false;
    screen_paint(screen);
    screen_send_wish(screen);
}

/* Applies the terminal's answer once; a theme chosen meanwhile (T) stays. */
static void adopt_background(struct screen *screen)
{
    const enum key_background background =
        screen->settings.ask_background ? term_background(screen->term) : KEY_BACKGROUND_UNKNOWN;
    const enum theme theme = background == KEY_BACKGROUND_LIGHT ? THEME_LIGHT : THEME_DARK;
    if (background == KEY_BACKGROUND_UNKNOWN)
        return;
    screen->settings.ask_background = false;
    if (theme == screen->theme || screen->theme != screen->settings.theme)
        return;
    screen->theme = screen->settings.theme = theme;
    term_set_theme(screen->term, theme);
    screen->paint = true;
}

/* 0 or -errno. */
static int run_loop(struct screen *screen)
{
    struct pollfd waits[3 + HOST_NAMES_DESCRIPTORS] = {
        {.fd = term_descriptor(screen->term), .events = POLLIN},
        {.fd = screen->settings.feed.frame_descriptor, .events = POLLIN},
        {.fd = screen->settings.orders_descriptor, .events = POLLIN},
    };
    int64_t before = clock_mono_ns();
    screen->paint = true;
    while (!screen->quit) {
        paint_if_due(screen);
        int64_t now = clock_mono_ns();
        int64_t look = screen_acts_look(screen, now), end = next_end_ns(screen, now);
        const int64_t shot = screen_shot_step(screen, now);
        end = shot < end ? shot : end;
        int timeout_ms = (int)(((look < end ? look : end) - now + 999999) / 1000000);
        /* An act has just reported its result, or a frame is being prepared. */
        if (screen->paint || screen->coming)
            timeout_ms = 0;
        size_t lookups = screen_names_wait(screen, waits + 3, &timeout_ms);
        int ready = poll(waits, 3 + lookups, timeout_ms);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready > 0 && waits[2].revents)
            read_orders(screen);
        screen_read_keys(screen);
        adopt_background(screen);
        if (ready > 0 && waits[0].revents & ~POLLIN) /* the terminal is gone */
            screen->quit = true;
        /* After the keys: they mean the rows that were on the screen when they were pressed. */
        if (ready > 0 && waits[1].revents & POLLIN) {
            read_frame_signal(screen);
            screen_take_frame(screen);
        } else if (screen->coming) {
            screen_take_frame(screen);
        }
        screen_names_pump(screen, waits + 3, ready > 0 ? lookups : 0);
        now = clock_mono_ns();
        end_what_has_ended(screen, before, now);
        screen->paint |= term_size_changed(screen->term);
        look_for_trouble(screen);
        screen_time_look(screen);
        screen_record_look(screen);
        before = now;
    }
    return 0;
}

int screen_run(struct screen *screen)
{
    const struct screen_shot *shot = screen->settings.shot;
    const struct term_settings settings = {.input = screen->settings.input,
                                           .theme = screen->theme,
                                           .own_theme = screen->settings.own_theme,
                                           .ascii = screen->settings.ascii,
                                           .glyphs = screen->settings.glyphs,
                                           .no_mouse = screen->settings.no_mouse,
                                           .show_cursor = screen->settings.show_cursor,
                                           .ask_background =
                                               screen->settings.ask_background && !shot,
                                           .rows = shot ? shot->rows : 0,
                                           .cols = shot ? shot->cols : 0};
    int error = term_open(&screen->term, &settings, screen->settings.rescue, screen->remark);
    if (error)
        return error;
    if (screen->settings.notice && screen->settings.notice[0])
        screen_say(screen, ROLE_NOTICE, "%s", screen->settings.notice);
    error = run_loop(screen);
    term_close(screen->term);
    screen->term = NULL;
    return error;
}
