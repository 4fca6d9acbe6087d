/* screen_chrome: the lines around the panes, as far as there is room; status and footer. */
#include "ui/screen/chrome.h"

#include "core/text/text.h"
#include "ui/screen/command.h"
#include "ui/screen/filter.h"
#include "ui/screen/head.h"
#include "ui/screen/keys.h"
#include "ui/screen/record.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define FOOTER_RANKS 256 /* a uint8_t holds one */

void screen_add_hit(struct screen *screen, const struct canvas *canvas, int row, int from, int to,
                    const struct hit *hit)
{
    if (screen->hit_count == HITS_MAX || row < 0 || row >= canvas->rows ||
        (!hit->command && !hit->key && !hit->mouse))
        return;
    struct hit *own = &screen->hits[screen->hit_count++];
    *own = *hit;
    own->row = canvas->top + row;
    own->from = canvas->left + from;
    own->to = canvas->left + (to < canvas->cols ? to : canvas->cols);
}

static int footer_item(const struct canvas *canvas, int col, const struct command *command,
                       bool can, bool draw)
{
    char keys[24];
    if (command->label_keys)
        snprintf(keys, sizeof(keys), "%s", command->label_keys);
    else
        key_text(keys, sizeof(keys), command->keys[0], canvas_ascii(canvas));
    if (draw) {
        canvas_text(canvas, 0, col, can ? ROLE_KEY : ROLE_DIM, keys);
        canvas_text(canvas, 0, col + (int)text_width(keys), can ? ROLE_NORMAL : ROLE_DIM,
                    command->label);
    }
    return col + (int)text_width(keys) + (int)text_width(command->label);
}

static bool is_in_footer(struct screen *screen, const struct command *command)
{
    return command->footer_rank > 0 &&
           (!(command->flags & COMMAND_FINDING) || screen_can(screen, command));
}

static unsigned footer_ranks_that_fit(struct screen *screen, const struct canvas *canvas)
{
    int cells[FOOTER_RANKS] = {0}; /* of the items of each rank */
    for (size_t i = 0; i < command_count; i++)
        if (is_in_footer(screen, &COMMANDS[i]))
            cells[COMMANDS[i].footer_rank] += footer_item(canvas, 0, &COMMANDS[i], true, false) + 2;
    unsigned fit = 0;
    int col = 1;
    for (unsigned rank = 1; rank < FOOTER_RANKS; rank++) {
        col += cells[rank];
        if (col - 2 > canvas->cols)
            break;
        fit = rank;
    }
    return fit;
}

static void draw_footer(struct screen *screen, const struct canvas *canvas)
{
    unsigned ranks = footer_ranks_that_fit(screen, canvas);
    int col = 1;
    if (screen->filter.open) {
        screen_filter_draw_below(screen, canvas);
        return;
    }
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &COMMANDS[i];
        if (!is_in_footer(screen, command) || command->footer_rank > ranks)
            continue;
        int begin = col;
        col = footer_item(canvas, col, command, screen_can(screen, command), true);
        screen_add_hit(screen, canvas, 0, begin, col, &(struct hit){.command = command});
        col += 2;
    }
}

static void draw_status(struct screen *screen, const struct canvas *canvas)
{
    char text[320];
    if (screen->filter.open) {
        screen_filter_draw(screen, canvas);
        return;
    }
    if (screen->travel.open || screen->travel.when_open) {
        screen_time_draw_prompt(screen, canvas);
        return;
    }
    unsigned role = screen_status(screen, text, sizeof(text));
    canvas_field(canvas, 0, 1, canvas->cols - 2, false, role, text);
}

static bool travels(const struct screen *screen, int rows)
{
    (void)rows;
    return screen_travels(screen);
}

static bool has_finding(const struct screen *screen, int rows)
{
    (void)rows;
    return screen_has_finding(screen);
}

/* Lines around the body in the order of priority, after the body's own minimum. */
static const struct {
    void (*draw)(struct screen *screen, const struct canvas *canvas);
    bool (*wanted)(const struct screen *screen, int rows); /* NULL: always. rows: of the screen */
    bool below;
    uint8_t order; /* from the top, or for those below from the bottom */
} LINES[] = {
    {screen_time_draw, travels, false, 0},
    {screen_draw_head, NULL, false, 1},
    {draw_footer, NULL, true, 0},
    {screen_draw_finding, has_finding, false, 5},
    {screen_draw_tabs, NULL, false, 4},
    {draw_status, NULL, true, 1}, /* STATUS_LINE */
    {NULL, NULL, false, 2},       /* without a function: a further row of the head */
    {NULL, screen_head_is_tall, false, 3},
};
#define LINE_COUNT  (sizeof(LINES) / sizeof(LINES[0]))
#define BODY_ROWS   4
#define STATUS_LINE (1u << 5) /* the bit of draw_status */

/* The cursor may be beyond the last row, which is known once the rows are drawn. */
static void draw_view(struct screen *screen, struct pane *view, const struct canvas *canvas)
{
    struct canvas rows, part;

    if (!split_can_follow(view->ops) || !split_divide(&screen->split, canvas, &rows, &part)) {
        split_done(&screen->split);
        view->ops->draw(view, &screen->picture, canvas);
        return;
    }
    view->ops->draw(view, &screen->picture, &rows);
    split_follow(&screen->split, &screen->picture, view);
    split_draw(&screen->split, &screen->picture, &part);
}

/* Floating pages are on top of all others. */
static size_t first_floating(const struct screen *screen)
{
    size_t first = screen->page_count;
    while (first > 0 && screen->pages[first - 1]->ops->floating)
        first--;
    return first;
}

static void draw_body(struct screen *screen, const struct canvas *canvas)
{
    const size_t pages = first_floating(screen);
    if (pages == 0)
        draw_view(screen, screen->views[screen->view], canvas);
    else
        screen->pages[pages - 1]->ops->draw(screen->pages[pages - 1], &screen->picture, canvas);
    if (!screen->picture.frame && screen->page_count == 0)
        canvas_text(canvas, 2, 3, screen->trouble[0] ? ROLE_TROUBLE : ROLE_DIM,
                    screen->trouble[0] ? screen->trouble : "reading…");
}

/* One bit for each of LINES. */
static unsigned choose_lines(const struct screen *screen, int rows)
{
    unsigned chosen = 0;
    int left = rows;
    for (size_t i = 0; i < LINE_COUNT && left > BODY_ROWS; i++) {
        if (LINES[i].wanted && !LINES[i].wanted(screen, rows))
            continue;
        chosen |= 1u << i;
        left--;
    }
    return chosen;
}

static bool is_chosen(unsigned chosen, size_t line)
{
    return chosen >> line & 1;
}

static int lines_before(size_t line, unsigned chosen)
{
    int before = 0;
    for (size_t i = 0; i < LINE_COUNT; i++)
        before += is_chosen(chosen, i) && LINES[i].below == LINES[line].below &&
                  LINES[i].order < LINES[line].order;
    return before;
}

static int lines_of(size_t line, unsigned chosen)
{
    int lines = 1;
    for (size_t i = 0; i < LINE_COUNT; i++)
        lines += is_chosen(chosen, i) && !LINES[i].draw && LINES[line].draw == screen_draw_head;
    return lines;
}

/* Draws the chosen lines. */
static void draw_lines(struct screen *screen, const struct canvas *all, unsigned chosen,
                       unsigned wanted)
{
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (!is_chosen(chosen & wanted, i) || !LINES[i].draw)
            continue;
        const int before = lines_before(i, chosen);
        struct canvas line = canvas_part(all, LINES[i].below ? all->rows - 1 - before : before, 0,
                                         lines_of(i, chosen), all->cols);
        LINES[i].draw(screen, &line);
    }
}

/* Everything under a floating page is dim and inactive, except the status line. */
static void draw_floating(struct screen *screen, const struct canvas *all,
                          const struct canvas *body, unsigned chosen)
{
    const size_t first = first_floating(screen);
    if (first == screen->page_count)
        return;
    screen->hit_count = 0;
    term_dim(screen->term);
    draw_lines(screen, all, chosen, STATUS_LINE);
    for (size_t i = first; i < screen->page_count; i++)
        screen->pages[i]->ops->draw(screen->pages[i], &screen->picture, body);
}

void screen_paint(struct screen *screen)
{
    struct canvas all = {.term = screen->term};
    term_size(screen->term, &all.rows, &all.cols);
    term_clear(screen->term);
    screen->hit_count = 0;
    const unsigned chosen = choose_lines(screen, all.rows);
    int above = 0, below = 0;
    for (size_t i = 0; i < LINE_COUNT; i++)
        *(LINES[i].below ? &below : &above) += is_chosen(chosen, i);
    screen->body_top = above;
    screen->body_rows = all.rows - above - below;
    struct canvas body = canvas_part(&all, above, 0, all.rows - above - below, all.cols);
    draw_body(screen, &body);
    draw_lines(screen, &all, chosen, UINT_MAX);
    draw_floating(screen, &all, &body, chosen);
    screen_page_comes(screen);
    term_flush(screen->term);
    screen_page_seen(screen);
}
