/* screen_chrome: the lines around the panes: header, states, tabs, status, footer. What does not
 * fit leaves by rank, so that the least needed goes first. */
#include "ui/screen/chrome.h"

#include "core/text/text.h"
#include "ui/screen/command.h"
#include "ui/screen/filter.h"
#include "ui/screen/keys.h"
#include "ui/screen/record.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"

#include <stdio.h>
#include <string.h>

#define PIECES_MAX   16
#define PIECE_GAP    3
#define FOOTER_RANKS 256 /* a uint8_t holds one */

struct piece { /* a label and a value that stay or go together */
    char label[64], value[40];
    unsigned label_role, value_role;
    uint8_t rank; /* 1 is the last to go */
    bool gone;
};

struct pieces {
    struct piece items[PIECES_MAX];
    size_t count;
    int gap;
};

void screen_bytes_text(char *out, size_t size, uint64_t bytes, double tenths_below,
                       const char *after)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof(UNITS) / sizeof(UNITS[0])) {
        value /= 1000.0;
        unit++;
    }
    snprintf(out, size, unit > 0 && value < tenths_below ? "%.1f %s%s" : "%.0f %s%s", value,
             UNITS[unit], after);
}

static void interval_text(char *out, size_t size, int64_t interval_ns)
{
    double seconds = (double)interval_ns / 1e9;
    if (seconds >= 3600.0)
        snprintf(out, size, "%g h", seconds / 3600.0);
    else if (seconds >= 60.0)
        snprintf(out, size, "%g min", seconds / 60.0);
    else
        snprintf(out, size, "%.3g s", seconds);
}

static struct piece *add_piece(struct pieces *pieces, uint8_t rank, unsigned label_role,
                               const char *label, unsigned value_role)
{
    struct piece *piece = &pieces->items[pieces->count < PIECES_MAX ? pieces->count++ : 0];
    *piece = (struct piece){.label_role = label_role, .value_role = value_role, .rank = rank};
    snprintf(piece->label, sizeof(piece->label), "%s", label);
    return piece;
}

static int piece_width(const struct piece *piece)
{
    int label = (int)text_width(piece->label), value = (int)text_width(piece->value);
    return label + value + (label > 0 && value > 0);
}

static int pieces_width(const struct pieces *pieces)
{
    int width = 0;
    for (size_t i = 0; i < pieces->count; i++)
        if (!pieces->items[i].gone)
            width += (width > 0 ? pieces->gap : 0) + piece_width(&pieces->items[i]);
    return width;
}

static struct piece *least_piece(struct pieces *pieces)
{
    struct piece *least = NULL;
    for (size_t i = 0; i < pieces->count; i++)
        if (!pieces->items[i].gone && (!least || pieces->items[i].rank > least->rank))
            least = &pieces->items[i];
    return least;
}

/* Lets pieces go, from either side, until both sides fit with a gap between them. */
static void fit_pieces(struct pieces *left, struct pieces *right, int cells)
{
    while (pieces_width(left) + pieces_width(right) + 2 > cells) {
        struct piece *a = least_piece(left), *b = least_piece(right);
        if (!a && !b)
            break;
        struct piece *least = !a || (b && b->rank > a->rank) ? b : a;
        least->gone = true;
    }
}

static void draw_pieces(const struct canvas *canvas, int col, const struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->items[i];
        if (piece->gone)
            continue;
        col = canvas_text(canvas, 0, col, piece->label_role, piece->label);
        if (piece->label[0] && piece->value[0])
            col++;
        col = canvas_text(canvas, 0, col, piece->value_role, piece->value) + pieces->gap;
    }
}

static void draw_both(const struct canvas *canvas, struct pieces *left, struct pieces *right)
{
    fit_pieces(left, right, canvas->cols - 2);
    draw_pieces(canvas, 1, left);
    draw_pieces(canvas, canvas->cols - 1 - pieces_width(right), right);
}

/* Of the segments that the network namespace sent: "–" where it does not say, or sent none. */
static void retrans_text(char *out, size_t size, const struct totals *totals)
{
    if (!totals->segs_known || totals->segs_out + totals->segs_retrans == 0)
        snprintf(out, size, "–");
    else if (totals->segs_retrans >= totals->segs_out)
        snprintf(out, size, "100%%");
    else
        snprintf(out, size, "%.1f%%",
                 100.0 * (double)totals->segs_retrans / (double)totals->segs_out);
}

/* A first frame knows no rates yet. */
static void header_rate(struct piece *piece, const struct frame *frame, uint64_t bytes_per_s)
{
    if (frame->number <= 1 && bytes_per_s == 0)
        snprintf(piece->value, sizeof(piece->value), "–");
    else
        screen_bytes_text(piece->value, sizeof(piece->value), bytes_per_s, 99.95, "/s");
}

static void add_totals(struct pieces *left, const struct frame *frame)
{
    const struct totals *totals = &frame->totals;
    struct piece *piece = add_piece(left, 2, ROLE_DIM, "TCP", ROLE_STRONG);
    text_thousands(piece->value, sizeof(piece->value), totals->live);
    piece = add_piece(left, 4, ROLE_IN, "▼", ROLE_NORMAL);
    header_rate(piece, frame, totals->in_bytes_per_s);
    piece = add_piece(left, 5, ROLE_OUT, "▲", ROLE_NORMAL);
    header_rate(piece, frame, totals->out_bytes_per_s);
    bool lossy = totals->segs_known && totals->segs_retrans * 100 > totals->segs_out;
    piece = add_piece(left, 6, ROLE_DIM, "retr", lossy ? ROLE_NOTICE : ROLE_NORMAL);
    retrans_text(piece->value, sizeof(piece->value), totals);
}

static void add_restrictions(const struct screen *screen, struct pieces *right)
{
    static const char *const CLASSES[] = {[CLASS_ALL] = NULL,
                                          [CLASS_CONNECTIONS] = "connections only",
                                          [CLASS_LISTENERS] = "listeners only"};
    if (screen->wish.families == WISH_INET)
        add_piece(right, 3, ROLE_NOTICE, "IPv4 only", ROLE_NORMAL);
    if (screen->wish.families == WISH_INET6)
        add_piece(right, 3, ROLE_NOTICE, "IPv6 only", ROLE_NORMAL);
    if (CLASSES[screen->settings.class])
        add_piece(right, 3, ROLE_NOTICE, CLASSES[screen->settings.class], ROLE_NORMAL);
}

static void draw_head(struct screen *screen, const struct canvas *canvas)
{
    const struct frame *frame = screen->picture.frame;
    struct pieces left = {.gap = PIECE_GAP}, right = {.gap = PIECE_GAP};
    if (!screen_travels(screen))
        add_piece(&left, 8, ROLE_ACCENT, "tcplens", ROLE_NORMAL);
    if (frame && !screen_travels(screen)) {
        struct piece *host = add_piece(&left, 7, ROLE_STRONG, "", ROLE_STRONG);
        text_cut(host->value, sizeof(host->value), frame->host, 30, "…");
    }
    if (frame)
        add_totals(&left, frame);
    add_restrictions(screen, &right);
    if (screen->picture.frozen)
        add_piece(&right, 2, ROLE_NOTICE, "frozen", ROLE_NORMAL);
    if (screen->picture.paused)
        add_piece(&right, 1, ROLE_NOTICE, "paused", ROLE_NORMAL);
    char label[32], value[40];
    if (screen_record_text(screen, label, sizeof(label), value, sizeof(value))) {
        struct piece *piece = add_piece(&right, 1, ROLE_TROUBLE, label, ROLE_NORMAL);
        snprintf(piece->value, sizeof(piece->value), "%s", value);
    }
    bool stretched = frame && frame->cost.stretched;
    bool recorded = screen->travel.state.replay;
    struct piece *interval =
        add_piece(&right, 3, ROLE_NOTICE, stretched ? "stretched to" : "", ROLE_NORMAL);
    if (!recorded || (frame && frame->cost.interval_ns > 0))
        interval_text(interval->value, sizeof(interval->value),
                      stretched || recorded ? frame->cost.interval_ns : screen->wish.interval_ns);
    draw_both(canvas, &left, &right);
}

static const enum tcp_state HEAD_STATES[] = {STATE_ESTABLISHED, STATE_LISTEN,   STATE_TIME_WAIT,
                                             STATE_CLOSE_WAIT,  STATE_SYN_SENT, STATE_FIN_WAIT_2};
#define HEAD_STATE_COUNT (sizeof(HEAD_STATES) / sizeof(HEAD_STATES[0]))

static void add_states(struct pieces *left, const struct totals *totals, size_t shown)
{
    uint32_t other = totals->live;
    for (size_t i = 0; i < shown; i++) {
        const struct state_facts *facts = &TCP_STATES[HEAD_STATES[i]];
        uint32_t count = totals->states[HEAD_STATES[i]];
        unsigned role = count > 0 ? (unsigned)ROLE_STATE_QUIET + facts->role : (unsigned)ROLE_DIM;
        struct piece *piece =
            add_piece(left, 1, role, facts->short_name, count > 0 ? ROLE_NORMAL : ROLE_DIM);
        text_thousands(piece->value, sizeof(piece->value), count);
        other -= count < other ? count : other;
    }
    struct piece *piece = add_piece(left, 1, ROLE_DIM, "other", other > 0 ? ROLE_NORMAL : ROLE_DIM);
    text_thousands(piece->value, sizeof(piece->value), other);
}

static void draw_states(struct screen *screen, const struct canvas *canvas)
{
    const struct frame *frame = screen->picture.frame;
    struct pieces left = {.gap = 2}, right = {.gap = 2};
    if (!frame)
        return;
    struct piece *cost = add_piece(&right, 2, ROLE_DIM, "", ROLE_DIM);
    /* Always as wide, so that nothing moves with it. */
    if (frame->cost.cpu_permille != UINT32_MAX)
        snprintf(cost->label, sizeof(cost->label), "cpu %5.1f%%",
                 (double)frame->cost.cpu_permille / 10.0);
    else
        snprintf(cost->label, sizeof(cost->label), "%10s", "");
    snprintf(cost->value, sizeof(cost->value), "%4.0f ms", (double)frame->cost.wall_ns / 1e6);
    /* A state that does not fit is counted under "other". */
    size_t shown = HEAD_STATE_COUNT;
    add_states(&left, &frame->totals, shown);
    while (shown > 0 && pieces_width(&left) + pieces_width(&right) + 4 > canvas->cols) {
        left.count = 0;
        add_states(&left, &frame->totals, --shown);
    }
    draw_both(canvas, &left, &right);
}

void screen_add_hit(struct screen *screen, const struct canvas *canvas, int row, int from, int to,
                    const struct hit *hit)
{
    if (screen->hits_closed || screen->hit_count == HITS_MAX || row < 0 || row >= canvas->rows ||
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

static unsigned footer_ranks_that_fit(const struct canvas *canvas)
{
    int cells[FOOTER_RANKS] = {0}; /* of the items of each rank */
    for (size_t i = 0; i < command_count; i++)
        if (COMMANDS[i].footer_rank > 0)
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
    unsigned ranks = footer_ranks_that_fit(canvas);
    int col = 1;
    if (screen->filter.open) {
        screen_filter_draw_below(screen, canvas);
        return;
    }
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &COMMANDS[i];
        if (command->footer_rank == 0 || command->footer_rank > ranks)
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
    if (screen->travel.open) {
        screen_time_draw_prompt(screen, canvas);
        return;
    }
    unsigned role = screen_status(screen, text, sizeof(text));
    canvas_field(canvas, 0, 1, canvas->cols - 2, false, role, text);
}

/* Lines around the body in the order in which they get room; the body has its own first. */
static const struct {
    void (*draw)(struct screen *screen, const struct canvas *canvas);
    bool (*wanted)(const struct screen *screen); /* NULL: always */
    bool below;
    uint8_t order; /* from the top, or for those below from the bottom */
} LINES[] = {
    {screen_time_draw, screen_travels, false, 0},
    {draw_head, NULL, false, 1},
    {draw_footer, NULL, true, 0},
    {screen_draw_finding, screen_has_finding, false, 4},
    {screen_draw_tabs, NULL, false, 3},
    {draw_status, NULL, true, 1},
    {draw_states, NULL, false, 2},
};
#define LINE_COUNT (sizeof(LINES) / sizeof(LINES[0]))
#define BODY_ROWS  4

/* The cursor may have gone where there is no row any more: it is known once the rows are drawn. */
static void draw_view(struct screen *screen, struct pane *view, const struct canvas *canvas)
{
    const bool has_rows = view->ops->selection || view->ops->process;
    struct canvas rows, part;

    if (!has_rows || !split_divide(&screen->split, canvas, &rows, &part)) {
        split_done(&screen->split);
        view->ops->draw(view, &screen->picture, canvas);
        return;
    }
    view->ops->draw(view, &screen->picture, &rows);
    split_follow(&screen->split, &screen->picture, view);
    split_draw(&screen->split, &screen->picture, &part);
}

static void draw_body(struct screen *screen, const struct canvas *canvas)
{
    struct pane *view = screen->views[screen->view];
    size_t first = 0;
    for (size_t i = 0; i < screen->page_count; i++)
        if (!screen->pages[i]->ops->floating)
            first = i + 1;
    if (first == 0)
        draw_view(screen, view, canvas);
    for (size_t i = first > 0 ? first - 1 : 0; i < screen->page_count; i++) {
        if (screen->pages[i]->ops->floating)
            screen->hit_count = 0; /* what lies under it does not act */
        screen->pages[i]->ops->draw(screen->pages[i], &screen->picture, canvas);
    }
    if (!screen->picture.frame && screen->page_count == 0)
        canvas_text(canvas, 2, 3, screen->trouble[0] ? ROLE_TROUBLE : ROLE_DIM,
                    screen->trouble[0] ? screen->trouble : "reading…");
}

/* One bit for each of LINES. */
static unsigned choose_lines(const struct screen *screen, int rows)
{
    unsigned chosen = 0;
    for (size_t i = 0; i < LINE_COUNT && rows > BODY_ROWS; i++) {
        if (LINES[i].wanted && !LINES[i].wanted(screen))
            continue;
        chosen |= 1u << i;
        rows--;
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

static void draw_lines(struct screen *screen, const struct canvas *all, unsigned chosen)
{
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (!is_chosen(chosen, i))
            continue;
        const int before = lines_before(i, chosen);
        struct canvas line =
            canvas_part(all, LINES[i].below ? all->rows - 1 - before : before, 0, 1, all->cols);
        LINES[i].draw(screen, &line);
    }
}

void screen_paint(struct screen *screen)
{
    struct canvas all = {.term = screen->term};
    term_size(screen->term, &all.rows, &all.cols);
    term_clear(screen->term);
    screen->hit_count = 0;
    screen->hits_closed = false;
    const unsigned chosen = choose_lines(screen, all.rows);
    int above = 0, below = 0;
    for (size_t i = 0; i < LINE_COUNT; i++)
        *(LINES[i].below ? &below : &above) += is_chosen(chosen, i);
    screen->body_top = above;
    struct canvas body = canvas_part(&all, above, 0, all.rows - above - below, all.cols);
    draw_body(screen, &body);
    screen->hits_closed = screen_is_floating(screen);
    draw_lines(screen, &all, chosen);
    screen_page_comes(screen);
    term_flush(screen->term);
    screen_page_seen(screen);
}
