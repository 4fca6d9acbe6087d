/* command: commands that panes do not handle. */
#include "ui/screen/command.h"

#include "core/other_end.h"
#include "ui/pages.h"
#include "ui/pane/connections.h"
#include "ui/screen/acts.h"
#include "ui/screen/filter.h"
#include "ui/screen/frame.h"
#include "ui/screen/names.h"
#include "ui/screen/record.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"

#include <errno.h>

static const int64_t INTERVALS_MS[] = {100,   200,   500,   1000,   2000,   5000,
                                       10000, 30000, 60000, 300000, 3600000};

static void step_interval(struct screen *screen, int step)
{
    int64_t now_ms = screen->wish.interval_ns / 1000000;
    size_t count = sizeof(INTERVALS_MS) / sizeof(INTERVALS_MS[0]);
    int64_t chosen = now_ms;
    for (size_t i = 0; i < count; i++) {
        int64_t candidate = INTERVALS_MS[step > 0 ? i : count - 1 - i];
        if (step > 0 ? candidate > now_ms : candidate < now_ms) {
            chosen = candidate;
            break;
        }
    }
    screen->wish.interval_ns = chosen * 1000000;
}

static void pause_or_go_on(struct screen *screen)
{
    if (screen_time_pause(screen))
        return;
    screen->picture.paused = !screen->picture.paused;
    screen_take_frame(screen);
}

static void repaint(struct screen *screen)
{
    term_repaint(screen->term);
    screen->wish.now = screen->wish.all = true;
}

static void back(struct screen *screen)
{
    screen->travel.seeks = false;
    if (screen_time_cancel(screen))
        return;
    if (screen->page_count > 0)
        screen_back(screen);
    else if (!screen_drill_back(screen) && !screen_filter_clear(screen))
        screen_say(screen, ROLE_NOTICE, "nowhere to go back to (q quits)");
}

/* Choosing a view ends a drill-down. */
static void choose_view(struct screen *screen, enum view_id view)
{
    if (!screen_has_tab(screen, view)) {
        screen_say(screen, ROLE_NOTICE, "%s", VIEWS[view].ops->not_offered);
        return;
    }
    if (screen->view == view && screen->page_count == 0)
        screen_say(screen, ROLE_NORMAL, "%s is already shown", VIEWS[view].title);
    screen->origin_count = 0;
    screen_show_view(screen, view);
}

static void next_view(struct screen *screen)
{
    size_t next = (screen->view + 1u) % VIEW_COUNT;

    while (!screen_has_tab(screen, next))
        next = (next + 1u) % VIEW_COUNT;
    choose_view(screen, (enum view_id)next);
}

static void slower(struct screen *screen)
{
    if (!screen_time_speed(screen, true)) /* key + */
        step_interval(screen, 1);
}

static void faster(struct screen *screen)
{
    if (!screen_time_speed(screen, false))
        step_interval(screen, -1);
}

static void freeze(struct screen *screen)
{
    screen->picture.frozen = !screen->picture.frozen;
    screen->void_panes = true;
}

static void switch_arguments(struct screen *screen)
{
    struct column_context *context = &screen->picture.context;
    context->with_args = !context->with_args;
    screen->void_panes = screen->paint = true;
    screen_say(screen, ROLE_NORMAL, "command lines %s their arguments",
               context->with_args ? "with" : "without");
}

static void switch_graph(struct screen *screen)
{
    screen->head.without_graph = !screen->head.without_graph;
    screen->paint = true;
}

static const char *theme_name(const struct screen *screen)
{
    return screen->theme == THEME_OWN ? screen->settings.own_theme->name
                                      : THEME_NAMES[screen->theme];
}

/* Built-in themes, then the user's. */
static void next_theme(struct screen *screen)
{
    const unsigned count = THEME_COUNT + (screen->settings.own_theme != NULL);

    screen->theme = (enum theme)((screen->theme + 1) % count);
    term_set_theme(screen->term, screen->theme);
    screen_say(screen, ROLE_NORMAL, "theme %s", theme_name(screen));
}

static void keep(struct screen *screen)
{
    struct screen_kept kept = {.interval_ns = screen->wish.interval_ns,
                               .theme = screen->theme != screen->settings.theme ? theme_name(screen)
                                                                                : NULL,
                               .names = screen->names != NULL,
                               .services = screen->lookup.service != NULL};
    char text[sizeof(screen->said)];
    if (screen->settings.redacted) {
        screen_say(screen, ROLE_NOTICE, "--redact: settings are not saved");
        return;
    }
    if (!screen->settings.keep) {
        screen_say(screen, ROLE_NOTICE, "settings cannot be saved here");
        return;
    }
    connections_keep(screen->views[VIEW_CONNECTIONS], &kept);
    const int error =
        screen->settings.keep(screen->settings.data, &kept, screen->keep_asked, text, sizeof(text));
    screen->keep_asked = error == -EEXIST;
    screen_say(screen,
               screen->keep_asked ? ROLE_NOTICE
               : error            ? ROLE_TROUBLE
                                  : ROLE_GOOD,
               "%s", text);
}

static void help(struct screen *screen)
{
    screen_open_page(screen, &PANE_HELP, screen_top_pane(screen));
}

/* The view did not handle it. */
static void no_columns(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "columns can be chosen in Connections (key 1)");
}

static void no_order(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "this page cannot be sorted");
}

static void no_open(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "nothing is under the cursor that could be opened");
}

static void no_sideways(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "there are no columns to scroll here");
}

static void no_info(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "i shows what a finding means, in Findings (key 7)");
}

static void split(struct screen *screen)
{
    const struct pane_ops *ops = screen->views[screen->view]->ops;
    char needed[48];
    int rows, cols;

    if (screen->page_count > 0 || !split_can_follow(ops)) {
        screen_say(screen, ROLE_NOTICE,
                   "v shows one row in a pane beside the others: in a view of connections, "
                   "processes, listeners or peers");
        return;
    }
    term_size(screen->term, &rows, &cols);
    screen->split.on = !screen->split.on;
    split_done(&screen->split);
    if (screen->split.on && !split_fits(screen->body_rows, cols)) {
        split_needs(rows - screen->body_rows, needed, sizeof(needed));
        screen_say(screen, ROLE_NOTICE, "the split pane needs %s; this terminal has %dx%d", needed,
                   cols, rows);
    }
    screen_changed(screen);
}

/* For the process if rows are processes, as for acts. */
static void events_of(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    const struct picture *picture = &screen->picture;
    struct event_subject subject;

    const struct conn *conn =
        picture->frame && pane->ops->selection ? pane->ops->selection(pane, picture) : NULL;
    const struct proc *proc =
        picture->frame && pane->ops->process ? pane->ops->process(pane, picture) : NULL;
    if (!conn && !proc) {
        screen_say(screen, ROLE_NOTICE, "no connection or process is under the cursor");
        return;
    }
    subject = conn ? event_subject_of_conn(conn) : event_subject_of_proc(proc);
    screen_open_page(screen, &PANE_EVENTS_OF, &subject);
}

static void no_ports(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "P switches between hosts and ports, in Peers (key 4)");
}

static void no_fold(struct screen *screen)
{
    screen_say(screen, ROLE_NOTICE, "z shows groups of zeros on the page of a connection (Enter)");
}

static void quit(struct screen *screen)
{
    screen->quit = true;
}

/* From a page to a page, or from a row to a row. */
static void other_end(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    const struct picture *picture = &screen->picture;
    const struct conn *conn =
        picture->frame && pane->ops->selection ? pane->ops->selection(pane, picture) : NULL;
    uint32_t several = 0;

    if (!conn) {
        screen_say(screen, ROLE_NOTICE, "no connection is under the cursor");
        return;
    }
    const struct conn *other = other_end_of(picture->frame, conn, &several);
    if (other && screen->page_count > 0)
        pages_open_connection(screen, other);
    else if (other)
        screen_show_connection(screen, other->serial);
    else if (several)
        screen_say(screen, ROLE_NOTICE,
                   "ambiguous: %u connections of other network namespaces have its addresses",
                   several);
    else
        screen_say(screen, ROLE_NOTICE, "its other end is not among the connections shown");
}

static const struct {
    enum command_id id;
    void (*run)(struct screen *screen);
} OWN_COMMANDS[] = {
    {COMMAND_BACK, back},
    {COMMAND_VIEW_NEXT, next_view},
    {COMMAND_FILTER, screen_open_filter},
    {COMMAND_FREEZE, freeze},
    {COMMAND_PAUSE, pause_or_go_on},
    {COMMAND_SLOWER, slower},
    {COMMAND_FASTER, faster},
    {COMMAND_RECORD, screen_record},
    {COMMAND_REPAINT, repaint},
    {COMMAND_THEME, next_theme},
    {COMMAND_ARGUMENTS, switch_arguments},
    {COMMAND_GRAPH, switch_graph},
    {COMMAND_KEEP, keep},
    {COMMAND_SERVICES, screen_switch_services},
    {COMMAND_HOSTS, screen_switch_hosts},
    {COMMAND_COLUMNS, no_columns},
    {COMMAND_SORT_MENU, no_order},
    {COMMAND_SORT_LEFT, no_order},
    {COMMAND_SORT_RIGHT, no_order},
    {COMMAND_REVERSE, no_order},
    {COMMAND_OPEN, no_open},
    {COMMAND_COLUMN_LEFT, no_sideways},
    {COMMAND_COLUMN_RIGHT, no_sideways},
    {COMMAND_INFO, no_info},
    {COMMAND_SPLIT, split},
    {COMMAND_EVENTS_OF, events_of},
    {COMMAND_OTHER_END, other_end},
    {COMMAND_FOLD, no_fold},
    {COMMAND_PORTS, no_ports},
    {COMMAND_HELP, help},
    {COMMAND_QUIT, quit},
};

static bool run_own(struct screen *screen, const struct command *command)
{
    if (command->id == COMMAND_VIEW) {
        choose_view(screen, (enum view_id)command->argument);
        return true;
    }
    if (screen_time_command(screen, command))
        return true;
    for (size_t i = 0; i < sizeof(OWN_COMMANDS) / sizeof(OWN_COMMANDS[0]); i++) {
        if (OWN_COMMANDS[i].id == command->id) {
            OWN_COMMANDS[i].run(screen);
            return true;
        }
    }
    return false;
}

bool screen_can(struct screen *screen, const struct command *command)
{
    struct pane *pane = screen_top_pane(screen);
    char why[ACTS_TEXT_MAX];
    if (command->flags & COMMAND_FINDING &&
        !(pane && pane->ops->finding && pane->ops->finding(pane, &screen->picture)))
        return false;
    if (command->group == GROUP_ACT && !screen_acts_can(screen, command, why))
        return false;
    return !screen_is_floating(screen) && (!pane || !(pane->ops->lacks & command->flags));
}

bool screen_run_command(struct screen *screen, const struct command *command)
{
    struct pane *pane = screen_top_pane(screen);
    screen->keep_asked &= command->id == COMMAND_KEEP;
    if (screen_acts_command(screen, command)) /* reports why it cannot */
        return true;
    bool done = pane && pane->ops->command && pane->ops->command(pane, command);
    if (!done)
        done = run_own(screen, command);
    screen_finish_closing(screen);
    return done;
}
