/* screen_head: the present state of the machine: totals, traffic over time, states. */
#include "ui/screen/head.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/graph.h"
#include "ui/pieces.h"
#include "ui/screen/chrome.h"
#include "ui/screen/record.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"
#include "ui/screen/views.h"
#include "ui/state_strip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PIECE_GAP   3
#define GRAPH_ROWS  24   /* rows of the screen from which there is a graph */
#define TALL_ROWS   40   /* rows from which it has three rows */
#define GRAPH_COLS  80   /* columns of the screen from which there is a graph */
#define GRAPH_LEAST 10   /* its cells at that width */
#define GRAPH_GROWS 4    /* one more cell for this many more columns */
#define GRAPH_MOST  48   /* its cells at most */
#define LEFT_LEAST  30   /* cells left beside it */
#define RATE_CELLS  11   /* "▼ 12.3 MB/s" */
#define SCALE_CELLS 4    /* "500M" */
#define SCALE_LEAST 1000 /* bytes a second at the top of an idle graph */
#define STRIP_COLS  100  /* columns of the screen from which there is a bar of states */
#define STRIP_GAP   2
#define STRIP_SHARE 6   /* its share of the screen's columns: one in six */
#define WORDS_COLS  140 /* columns of the screen from which labels are whole words */
#define MINUTE_NS   (60 * SECOND_NS)
#define RECENT_NS   (5 * SECOND_NS)
#define VALUES_MOST SERIES_MOST

/* Positions of the graph and its neighbours; cells 0: no graph. */
struct head_layout {
    int rate, graph, cells, scale; /* first cells; cells of the graph */
    int left;                      /* where the left part must end */
};

bool screen_head_is_tall(const struct screen *screen, int rows)
{
    return rows >= TALL_ROWS && !screen->head.without_graph;
}

void screen_head_update(struct screen *screen)
{
    struct page_series *series = &screen->head.series;
    const struct frame *frame = screen->picture.frame;
    series->subject = (struct series_subject){.all = true};
    series->reader = SERIES_OF_HEADER;
    series->frames = VALUES_MOST / 2;
    if (frame)
        page_series_update(series, &screen->picture);
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

/* Share of the segments that were sent by what is shown: "–" if unknown or none were sent. */
static void retrans_text(char *out, size_t size, const struct totals *totals)
{
    if (!totals->segs_known || totals->segs_out + totals->segs_retrans == 0)
        snprintf(out, size, "–");
    else if (totals->segs_retrans >= totals->segs_out)
        snprintf(out, size, "100 %%");
    else
        snprintf(out, size, "%.1f %%",
                 100.0 * (double)totals->segs_retrans / (double)totals->segs_out);
}

/* One in a hundred. */
static bool is_lossy(double retransmitted, double sent)
{
    return retransmitted * 100 > sent;
}

static void add_retrans(struct pieces *pieces, uint8_t rank, const char *label,
                        const struct frame *frame)
{
    const struct totals *totals = &frame->totals;
    const bool lossy =
        totals->segs_known && is_lossy((double)totals->segs_retrans, (double)totals->segs_out);
    struct piece *piece =
        pieces_add(pieces, rank, ROLE_DIM, label, lossy ? ROLE_NOTICE : ROLE_NORMAL);
    retrans_text(piece->value, sizeof(piece->value), totals);
}

/* A first frame has none yet, and /proc/net/tcp has none at all. */
static void rate_text(char *out, size_t size, const struct frame *frame, uint64_t bytes_per_s)
{
    if (!totals_have_rates(frame))
        snprintf(out, size, "–");
    else
        text_bytes(out, size, bytes_per_s, 99.95, "/s");
}

static void add_rates(struct pieces *left, const struct frame *frame)
{
    const struct totals *totals = &frame->totals;
    struct piece *piece = pieces_add(left, 4, ROLE_IN, "▼", ROLE_NORMAL);
    rate_text(piece->value, sizeof(piece->value), frame, totals->in_bytes_per_s);
    piece = pieces_add(left, 5, ROLE_OUT, "▲", ROLE_NORMAL);
    rate_text(piece->value, sizeof(piece->value), frame, totals->out_bytes_per_s);
}

/* "31/s", for a counter of the network namespaces; ">31/s" where those of some are unknown. */
static void add_growth(const struct screen *screen, struct pieces *left, uint8_t rank,
                       const char *label, enum series_value value)
{
    const struct series *series = &screen->head.series.series;
    struct piece *piece = pieces_add(left, rank, ROLE_DIM, label, ROLE_NORMAL);
    const uint64_t uncounted = series_newest(series, SERIES_UNCOUNTED);
    const bool is_part = uncounted != 0 && uncounted != SERIES_UNKNOWN;
    double per_second;
    if (!series_growth(series, value, RECENT_NS, &per_second) || (is_part && per_second == 0))
        snprintf(piece->value, sizeof(piece->value), "–");
    else
        snprintf(piece->value, sizeof(piece->value), "%s%.*f/s", is_part ? ">" : "",
                 per_second > 0 && per_second < 9.95, per_second);
}

static void mark_growth(const struct screen *screen, struct piece *piece, enum series_value value)
{
    if (!series_only_grew(&screen->head.series.series, value, MINUTE_NS))
        return;
    piece->mark_role = ROLE_NOTICE;
    snprintf(piece->mark, sizeof(piece->mark), "▲");
}

static void add_totals(const struct screen *screen, struct pieces *left, const struct frame *frame)
{
    struct piece *piece = pieces_add(left, 2, ROLE_DIM, "TCP", ROLE_STRONG);
    text_thousands(piece->value, sizeof(piece->value), frame->totals.live);
    mark_growth(screen, piece, SERIES_LIVE);
}

static void add_restrictions(const struct screen *screen, struct pieces *right)
{
    static const char *const CLASSES[] = {[CLASS_ALL] = NULL,
                                          [CLASS_CONNECTIONS] = "connections only",
                                          [CLASS_LISTENERS] = "listeners only"};
    if (screen->wish.families == WISH_INET)
        pieces_add(right, 3, ROLE_NOTICE, "IPv4 only", ROLE_NORMAL);
    if (screen->wish.families == WISH_INET6)
        pieces_add(right, 3, ROLE_NOTICE, "IPv6 only", ROLE_NORMAL);
    if (CLASSES[screen->settings.class])
        pieces_add(right, 3, ROLE_NOTICE, CLASSES[screen->settings.class], ROLE_NORMAL);
}

/* The age of rows that are not on the screen, and so of the sums. */
static void add_age_of_rates(struct pieces *right, const struct frame *frame)
{
    char span[24];
    struct piece *piece;

    if (!frame || !frame->all_ns)
        return;
    text_span(span, sizeof(span), frame->mono_ns - frame->all_ns);
    piece = pieces_add(right, 4, ROLE_DIM, "rates of", ROLE_NORMAL);
    snprintf(piece->value, sizeof(piece->value), "%s ago", span);
}

/* The refresh interval; our own cost only if it stretches that. */
static void add_interval(const struct screen *screen, struct pieces *right)
{
    const struct frame *frame = screen->picture.frame;
    const bool stretched = frame && frame->cost.stretched;
    const bool recorded = screen->travel.state.replay;
    struct piece *interval =
        pieces_add(right, 3, ROLE_NOTICE, stretched ? "stretched to" : "", ROLE_NORMAL);
    if (!recorded || (frame && frame->cost.interval_ns > 0))
        interval_text(interval->value, sizeof(interval->value),
                      stretched || recorded ? frame->cost.interval_ns : screen->wish.interval_ns);
}

static void add_right(const struct screen *screen, struct pieces *right)
{
    char label[32], value[40];
    add_restrictions(screen, right);
    if (screen->picture.frozen)
        pieces_add(right, 2, ROLE_NOTICE, "frozen", ROLE_NORMAL);
    if (screen->picture.paused)
        pieces_add(right, 1, ROLE_NOTICE, "paused", ROLE_NORMAL);
    if (screen_record_text(screen, label, sizeof(label), value, sizeof(value))) {
        struct piece *piece = pieces_add(right, 1, ROLE_TROUBLE, label, ROLE_NORMAL);
        snprintf(piece->value, sizeof(piece->value), "%s", value);
    }
    add_age_of_rates(right, screen->picture.frame);
    add_interval(screen, right);
}

static const char *retrans_label(const struct canvas *canvas)
{
    return canvas->cols < WORDS_COLS ? "RETR" : "retransmitted";
}

/* With the widest number, so that nothing shifts. */
static int retrans_width(const struct canvas *canvas)
{
    return (int)(strlen(retrans_label(canvas)) + strlen(" 99.9 %"));
}

static void add_left(const struct screen *screen, const struct canvas *canvas, struct pieces *left,
                     bool graph)
{
    const struct frame *frame = screen->picture.frame;
    if (!screen_travels(screen))
        pieces_add(left, 9, ROLE_ACCENT, "tcplens", ROLE_NORMAL);
    if (frame && !screen_travels(screen)) {
        struct piece *host = pieces_add(left, 8, ROLE_STRONG, "", ROLE_STRONG);
        text_cut(host->value, sizeof(host->value), frame->host, 30, "…");
    }
    if (!frame)
        return;
    add_totals(screen, left, frame);
    if (!graph)
        add_rates(left, frame);
    if (!graph || canvas->cols < STRIP_COLS)
        add_retrans(left, 6, retrans_label(canvas), frame);
    add_growth(screen, left, 10, "opens", SERIES_OPENS);
    add_growth(screen, left, 7, "resets", SERIES_RESETS);
}

/* Cells of the graph if it has room; 0: no room. */
static int graph_cells(const struct screen *screen, const struct canvas *canvas)
{
    int rows, cols;
    term_size(canvas->term, &rows, &cols);
    if (screen->head.without_graph || canvas->rows < 2 || rows < GRAPH_ROWS || cols < GRAPH_COLS)
        return 0;
    const int cells = GRAPH_LEAST + (cols - GRAPH_COLS) / GRAPH_GROWS;
    return cells < GRAPH_MOST ? cells : GRAPH_MOST;
}

/* Everything to the right of the graph has the same left edge. */
static struct head_layout lay_out(const struct canvas *canvas, int cells, int right)
{
    struct head_layout layout = {.left = canvas->cols - 1, .cells = cells};
    if (cells == 0)
        return layout;
    layout.scale = canvas->cols - 1 - (right > 0 ? right + PIECE_GAP : 0) - SCALE_CELLS;
    layout.graph = layout.scale - 1 - cells;
    layout.rate = layout.graph - 1 - RATE_CELLS;
    layout.left = layout.rate - PIECE_GAP;
    return layout;
}

struct traffic { /* of the newest frames */
    uint64_t in[VALUES_MOST], out[VALUES_MOST];
    bool lossy[VALUES_MOST];
    size_t count;
};

static void take_traffic(struct traffic *traffic, const struct series *series, size_t count)
{
    uint64_t sent[VALUES_MOST], retrans[VALUES_MOST];
    traffic->count = count < VALUES_MOST ? count : VALUES_MOST;
    series_frames(series, SERIES_IN, traffic->in, traffic->count);
    series_frames(series, SERIES_OUT, traffic->out, traffic->count);
    series_frames(series, SERIES_SENT, sent, traffic->count);
    series_frames(series, SERIES_RETRANS, retrans, traffic->count);
    for (size_t i = 0; i < traffic->count; i++)
        traffic->lossy[i] =
            retrans[i] != SERIES_UNKNOWN && is_lossy((double)retrans[i], (double)sent[i]);
}

/* How far back the graph goes. */
static void draw_span(const struct canvas *canvas, const struct head_layout *layout,
                      const struct series *series, size_t count)
{
    char span[24], text[32];
    const int64_t span_ns = series_frames_span(series, count);
    if (canvas->rows < 3 || span_ns <= 0)
        return;
    text_span(span, sizeof(span), span_ns);
    snprintf(text, sizeof(text), "last %s", span);
    canvas_field(canvas, 1, layout->rate, RATE_CELLS, true, ROLE_DIM, text);
}

static void draw_rate(const struct canvas *canvas, int row, const struct head_layout *layout,
                      bool in, uint64_t ceiling, const struct frame *frame)
{
    char text[40];
    const struct totals *totals = &frame->totals;
    canvas_text(canvas, row, layout->rate, in ? ROLE_IN : ROLE_OUT, in ? "▼" : "▲");
    rate_text(text, sizeof(text), frame, in ? totals->in_bytes_per_s : totals->out_bytes_per_s);
    canvas_field(canvas, row, layout->rate + 2, RATE_CELLS - 2, true, ROLE_STRONG, text);
    graph_ceiling_text(text, sizeof(text), ceiling);
    canvas_field(canvas, row, layout->scale, SCALE_CELLS, false, ROLE_DIM, text);
}

/* In above, out below, each with its own scale, as replies may be small compared with requests. */
static void draw_traffic(const struct screen *screen, const struct canvas *canvas,
                         const struct head_layout *layout)
{
    const struct frame *frame = screen->picture.frame;
    const struct canvas graph = canvas_part(canvas, 0, layout->graph, canvas->rows, layout->cells);
    struct traffic traffic;
    if (layout->cells == 0 || !frame)
        return;
    take_traffic(&traffic, &screen->head.series.series, graph_values(canvas, layout->cells));
    const struct graph_layer layers[] = {
        {.values = traffic.in,
         .count = traffic.count,
         .ceiling = graph_ceiling(traffic.in, traffic.count, SCALE_LEAST),
         .style = ROLE_IN,
         .part = GRAPH_UPPER},
        {.values = traffic.out,
         .count = traffic.count,
         .ceiling = graph_ceiling(traffic.out, traffic.count, SCALE_LEAST),
         .style = ROLE_OUT,
         .form = GRAPH_DOWN,
         .part = GRAPH_LOWER,
         .hot = traffic.lossy,
         .hot_style = ROLE_TROUBLE}};
    graph_draw(&graph, layers, 2);
    draw_span(canvas, layout, &screen->head.series.series, traffic.count);
    draw_rate(canvas, 0, layout, true, layers[0].ceiling, frame);
    draw_rate(canvas, canvas->rows - 1, layout, false, layers[1].ceiling, frame);
}

/* A press on a state shows only its rows; a second one shows all again. */
static bool press_state(struct screen *screen, const struct hit *hit, const struct key *key)
{
    const char *name = TCP_STATES[hit->argument].short_name;
    char filter[40];
    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    int length = snprintf(filter, sizeof(filter), "state ");
    for (; *name; name++)
        filter[length++] = (char)tolower((unsigned char)*name);
    filter[length] = '\0';
    const enum view_id view = screen->view == VIEW_STATES || screen->view == VIEW_FINDINGS
                                  ? VIEW_CONNECTIONS
                                  : screen->view;
    if (strcmp(screen->filter.text, filter) == 0)
        (void)screen_set_filter(screen, "");
    else
        (void)screen_drill(screen, view, filter);
    return true;
}

static void add_state_hit(struct screen *screen, const struct canvas *canvas, int row, int from,
                          int cells, uint8_t state)
{
    if (state != STATE_NONE)
        screen_add_hit(screen, canvas, row, from, from + cells,
                       &(struct hit){.mouse = press_state, .argument = state});
}

static int draw_strip(struct screen *screen, const struct canvas *canvas, int row, int cells)
{
    struct strip_segment segments[STRIP_SEGMENTS];
    const size_t count =
        state_strip_segments(segments, screen->picture.frame->totals.states, cells);
    int col = 1;
    state_strip_draw(canvas, row, col, segments, count);
    for (size_t i = 0; i < count; i++) {
        add_state_hit(screen, canvas, row, col, segments[i].cells, segments[i].state);
        col += segments[i].cells;
    }
    return count > 0 ? col + 2 : 1;
}

static uint32_t states_that_grew(const struct series *series)
{
    uint32_t grew = 0;
    for (unsigned state = 1; state < STATE_COUNT; state++)
        if (series_only_grew(series, SERIES_STATE + state, MINUTE_NS))
            grew |= STATE_BIT(state);
    return grew;
}

struct states { /* names, and the bar before them */
    struct pieces names;
    uint8_t of[PIECES_MAX];
    enum strip_fit fit;
    int strip; /* cells of the bar, 0 = none */
};

/* Names take precedence over the bar, unless it has its own row. */
static void name_states(const struct screen *screen, const struct canvas *canvas, int end,
                        struct states *states)
{
    const uint32_t *counts = screen->picture.frame->totals.states;
    const uint32_t grew = states_that_grew(&screen->head.series.series);
    const bool own_row = canvas->rows > 2;
    states->strip = own_row ? end - 1 : canvas->cols >= STRIP_COLS ? canvas->cols / STRIP_SHARE : 0;
    const int beside = own_row || states->strip == 0 ? 0 : states->strip + STRIP_GAP;
    states->fit = state_strip_names(&states->names, states->of, counts, grew, end - 1 - beside);
    if (beside == 0 || states->fit == STRIP_WHOLE)
        return;
    states->strip = 0;
    states->fit = state_strip_names(&states->names, states->of, counts, grew, end - 1);
}

static void draw_states(struct screen *screen, const struct canvas *canvas, struct states *states)
{
    const bool own_row = canvas->rows > 2;
    const int col = draw_strip(screen, canvas, 1, states->strip);
    pieces_draw(canvas, own_row ? 2 : 1, own_row ? 1 : col, &states->names);
    for (size_t i = 0; i < states->names.count; i++)
        add_state_hit(screen, canvas, own_row ? 2 : 1, states->names.items[i].at,
                      piece_width(&states->names.items[i]), states->of[i]);
}

/* The graph shrinks if states that may mean a problem would have no name beside it. */
static struct head_layout choose(const struct screen *screen, const struct canvas *canvas,
                                 int right, struct states *states)
{
    const int wanted = graph_cells(screen, canvas);
    const int cells[] = {wanted, wanted > GRAPH_LEAST ? GRAPH_LEAST : 0, 0};
    struct head_layout layout = lay_out(canvas, wanted, right);
    if (canvas->rows < 2 || !screen->picture.frame)
        return layout;
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        layout = lay_out(canvas, cells[i], right);
        name_states(screen, canvas, layout.left, states);
        if ((states->fit != STRIP_HIDES && layout.left >= LEFT_LEAST) || layout.cells == 0)
            break;
    }
    return layout;
}

static void draw_with_graph(struct screen *screen, const struct canvas *canvas,
                            const struct head_layout *layout, struct pieces *right, int beside)
{
    const struct frame *frame = screen->picture.frame;
    const bool narrow = canvas->cols < STRIP_COLS;
    struct pieces left = {.gap = PIECE_GAP}, below = {.gap = PIECE_GAP}, none = {.count = 0};
    if (frame && !narrow)
        add_retrans(&below, 1, retrans_label(canvas), frame);
    add_left(screen, canvas, &left, true);
    pieces_fit(&left, &none, layout->left + 1);
    pieces_draw(canvas, 0, 1, &left);
    pieces_draw(canvas, 0, canvas->cols - 1 - beside, right);
    pieces_draw(canvas, canvas->rows - 1, canvas->cols - 1 - beside, &below);
    draw_traffic(screen, canvas, layout);
}

static void draw_without_graph(struct screen *screen, const struct canvas *canvas,
                               struct pieces *right)
{
    struct pieces left = {.gap = PIECE_GAP};
    add_left(screen, canvas, &left, false);
    pieces_fit(&left, right, canvas->cols - 2);
    pieces_draw(canvas, 0, 1, &left);
    pieces_draw(canvas, 0, canvas->cols - 1 - pieces_width(right), right);
}

void screen_draw_head(struct screen *screen, const struct canvas *canvas)
{
    struct pieces right = {.gap = PIECE_GAP};
    struct states states = {.strip = 0};
    add_right(screen, &right);
    int beside = pieces_width(&right);
    if (canvas->cols >= STRIP_COLS && beside < retrans_width(canvas))
        beside = retrans_width(canvas);
    const struct head_layout layout = choose(screen, canvas, beside, &states);
    if (layout.cells > 0)
        draw_with_graph(screen, canvas, &layout, &right, beside);
    else
        draw_without_graph(screen, canvas, &right);
    if (canvas->rows > 1 && screen->picture.frame)
        draw_states(screen, canvas, &states);
}
