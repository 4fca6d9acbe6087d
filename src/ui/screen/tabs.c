/* screen_tabs: the line of tabs, with the active filter and its count. */
#include "core/text/text.h"
#include "ui/screen/chrome.h"
#include "ui/screen/filter.h"
#include "ui/screen/state.h"
#include "ui/screen/views.h"

#include <stdio.h>
#include <string.h>

#define TAB_MAX      40
#define TAB_GAP      3
#define FILTER_LEAST 8   /* cells of the filter, before tabs are dropped completely */
#define WHOLE_COLS   100 /* from this width on the count says of what */

const struct command *screen_view_command(size_t view)
{
    for (size_t i = 0; i < command_count; i++)
        if (COMMANDS[i].id == COMMAND_VIEW && COMMANDS[i].argument == (int)view)
            return &COMMANDS[i];
    return NULL;
}

bool screen_has_tab(const struct screen *screen, size_t view)
{
    const struct pane_ops *ops = VIEWS[view].ops;
    return view == screen->view || !ops->is_offered || ops->is_offered(&screen->picture);
}

/* The form of the tabs: the active filter and its count take precedence. */
enum tab_form {
    TABS_TITLES,       /* "[1 Connections] 2 Processes " */
    TABS_ACTIVE_TITLE, /* "[1 Connections] 2 ", and those with a count */
    TABS_DIGITS,       /* "[1] 2 " */
    TABS_ACTIVE_DIGIT  /* "[1] " */
};

static uint32_t tab_count(const struct screen *screen, size_t view)
{
    const struct pane_ops *ops = VIEWS[view].ops;
    return ops->tab_count ? ops->tab_count(&screen->picture) : 0;
}

/* "Findings 2" */
static void title_text(char *out, size_t size, const struct screen *screen, size_t view)
{
    const uint32_t count = tab_count(screen, view);
    if (count > 0)
        snprintf(out, size, "%s %u", VIEWS[view].title, count);
    else
        snprintf(out, size, "%s", VIEWS[view].title);
}

static void tab_text(char *out, size_t size, const struct screen *screen, enum tab_form form,
                     size_t view)
{
    const bool active = view == screen->view;
    char words[TAB_MAX - 8];
    title_text(words, sizeof(words), screen, view);
    const bool stands_out = active || tab_count(screen, view) > 0;
    const bool title = form == TABS_TITLES || (form == TABS_ACTIVE_TITLE && stands_out);
    if ((form == TABS_ACTIVE_DIGIT && !active) || !screen_has_tab(screen, view))
        out[0] = '\0';
    else if (form >= TABS_DIGITS)
        snprintf(out, size, active ? "[%zu] " : "%zu ", view + 1);
    else
        snprintf(out, size, "%s%zu%s%s%s", active ? "[" : " ", view + 1, title ? " " : "",
                 title ? words : "", active ? "]" : " ");
}

static int tabs_width(const struct screen *screen, enum tab_form form)
{
    char text[TAB_MAX];
    int cells = 0;
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        tab_text(text, sizeof(text), screen, form, i);
        cells += (int)text_width(text);
    }
    return cells;
}

/* The longest form that leaves `wanted` cells, or else the one that leaves `least`. */
static enum tab_form choose_tabs(const struct screen *screen, int cells, int wanted, int least)
{
    enum tab_form last = wanted > least ? TABS_DIGITS : TABS_ACTIVE_TITLE;
    for (enum tab_form form = TABS_TITLES; form < last; form++)
        if (tabs_width(screen, form) + wanted <= cells)
            return form;
    if (last == TABS_ACTIVE_TITLE && tabs_width(screen, last) > cells)
        return TABS_DIGITS;
    if (last == TABS_DIGITS && tabs_width(screen, TABS_DIGITS) + least > cells)
        return TABS_ACTIVE_DIGIT;
    return last;
}

static int draw_view_tabs(struct screen *screen, const struct canvas *canvas, enum tab_form form)
{
    char text[TAB_MAX];
    int col = 1;
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        const int begin = col;
        const bool active = i == screen->view;
        tab_text(text, sizeof(text), screen, form, i);
        col = canvas_text(canvas, 0, col, active ? ROLE_ACCENT : ROLE_DIM, text);
        screen_add_hit(screen, canvas, 0, begin, col,
                       &(struct hit){.command = screen_view_command(i)});
    }
    return col;
}

/* Puts "3 tagged" before the count. */
static void put_tagged(const struct screen *screen, char *count, size_t size)
{
    char before[64];
    const uint32_t tagged = screen->acting.tags.count;
    if (tagged == 0)
        return;
    snprintf(before, sizeof(before), "%s", count);
    snprintf(count, size, "%u tagged%s%.40s", tagged, before[0] ? "  " : "", before);
}

/* "9 of 57 connections", as the rows of the view are other things; "9 of 57" on narrow screens. */
static void count_connections(struct screen *screen, int cols, char *count, size_t size)
{
    screen_filter_count(screen, count, size);
    const size_t length = strlen(count);
    if (cols >= WHOLE_COLS)
        snprintf(count + length, size - length, " connections");
}

/* The view's summary, and the number of rows that the filter accepts. */
static void tab_summaries(struct screen *screen, const struct pane *pane, int cols, char *summary,
                          char *count, size_t size)
{
    struct pane *view = screen->views[screen->view];
    summary[0] = count[0] = '\0';
    if (!screen->picture.frame)
        return;
    if (pane->ops->summary)
        pane->ops->summary((struct pane *)pane, &screen->picture, summary, size);
    if (pane != view || !screen->picture.accept) {
        put_tagged(screen, count, size);
        return;
    }
    if (view->ops->counts_rows) {
        snprintf(count, size, "%s", summary);
        summary[0] = '\0';
    } else {
        count_connections(screen, cols, count, size);
    }
    put_tagged(screen, count, size);
}

static int put_right(const struct canvas *canvas, int col, int end, const char *text)
{
    const int width = (int)text_width(text);
    if (width == 0 || end - width < col)
        return end;
    return canvas_text_right(canvas, 0, end, ROLE_DIM, text) - TAB_GAP;
}

/* "Esc back" at the right edge of a page, to be clicked as well. Returns where the rest must
 * end. */
static int put_back(struct screen *screen, const struct canvas *canvas, int col)
{
    static const char BACK[] = "Esc back";
    const int end = canvas->cols - 1, rest = put_right(canvas, col, end, BACK);
    if (rest < end)
        screen_add_hit(screen, canvas, 0, rest + TAB_GAP, end,
                       &(struct hit){.command = command_for_key(KEY_CODE_ESCAPE)});
    return rest;
}

void screen_draw_tabs(struct screen *screen, const struct canvas *canvas)
{
    char summary[64], count[64];
    struct pane *pane = screen_top_pane(screen);
    const bool page = pane != screen->views[screen->view];
    const char *title = page && !pane->ops->floating ? pane->ops->title : NULL;
    const int filter = screen_filter_width(screen);
    const int titles = title ? (int)text_width(title) + TAB_GAP : 0;
    tab_summaries(screen, pane, canvas->cols, summary, count, sizeof(summary));
    const int counts = count[0] ? (int)text_width(count) + TAB_GAP : 0;
    const int least = filter < FILTER_LEAST ? filter : FILTER_LEAST;
    const int beside = titles + counts + (filter ? 2 : 0);
    int col = draw_view_tabs(
        screen, canvas, choose_tabs(screen, canvas->cols - 2, beside + filter, beside + least));
    if (title)
        col = canvas_printf(canvas, 0, col + 1, ROLE_ACCENT, "▸ %s", title);
    int end = canvas->cols - 1;
    if (page)
        end = put_back(screen, canvas, col + 1 + (filter ? filter + TAB_GAP : 0));
    end = put_right(canvas, col + 1, end, count);
    end = put_right(canvas, col + 1 + (filter ? filter + TAB_GAP : 0), end, summary);
    screen_filter_draw_tab(screen, canvas, col + 1, end);
}
