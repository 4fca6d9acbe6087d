/* connection_plots: traffic and limits of a connection over time, all plots on one axis; and what
 * limits it now. */
#include "base/clock.h"
#include "core/held_back.h"
#include "core/info.h"
#include "core/text/text.h"
#include "ui/connection/connection.h"
#include "ui/graph.h"

#include <stdio.h>
#include <string.h>

#define PLOT_VALUES 1024 /* columns of dots: two a cell */
#define PLOT_GAP    3
#define FOUR_COLS   200 /* from this width on four side by side */
#define TOTALS_COLS 52  /* of a plot: from here on totals are shown */
#define TWO_COLS    60
#define HELD_NS     (60 * SECOND_NS)
#define HELD_LABEL  15
#define HELD_TEXTS  104 /* cells of all that is no bar */
#define HELD_LEAST  8
#define HELD_MOST   60
#define MOSTLY      500u /* permille */
#define PERMILLE    1000u
#define THRESHOLDS  4 /* a threshold of more times the window is not drawn */

struct plot_work {
    const struct series *series;
    const struct connection_model *model; /* NULL: the series is not that of a connection */
    const struct column_context *context;
    const struct series_axis *axis;
    size_t count;
    uint64_t values[2][PLOT_VALUES];
    bool hot[PLOT_VALUES]; /* retransmissions, or the peer's window was shut */
    struct graph_layer layers[2];
    uint64_t ceiling;
    bool known; /* there is a value */
};

struct plot {
    enum series_value values[2];
    unsigned styles[2];
    bool mirrored;  /* the second is drawn downwards, else as a line over the first */
    int hot;        /* layer that shows `hot`, from 1 on; 0: none */
    uint64_t least; /* of the ceiling */
    /* the second affects the ceiling only up to this many times the first; 0: always */
    uint64_t far;
    void (*title)(const struct plot_work *work, struct page *text);
    size_t (*unit)(char *out, size_t size, uint64_t value);
};

static void put(struct page *text, const char *label, const char *value)
{
    page_printf(text, ROLE_DIM, "%s ", label);
    page_text(text, ROLE_STRONG, value);
    text->col += 2;
}

static size_t put_us(char *out, size_t size, uint64_t us)
{
    return text_span(out, size, (int64_t)(us * 1000));
}

static void put_rate(const struct plot_work *work, bool in, struct page *text)
{
    const struct conn *conn = &work->model->conn;
    char words[24] = "–";

    if (conn->known & KNOWN_RATES)
        page_rate(words, sizeof(words), in ? conn_in_rate(conn) : conn_out_rate(conn));
    page_text(text, in ? ROLE_IN : ROLE_OUT, in ? "▼ " : "▲ ");
    put(text, in ? "in" : "out", words);
    if (text->canvas->cols < TOTALS_COLS ||
        !(conn->known & (in ? KNOWN_BYTES_IN : KNOWN_BYTES_OUT)))
        return;
    page_bytes(words, sizeof(words), in ? conn->in_bytes : conn_out_bytes(conn));
    text->col--;
    page_printf(text, ROLE_DIM, "(%s)  ", words);
}

static void title_rates(const struct plot_work *work, struct page *text)
{
    put_rate(work, true, text);
    put_rate(work, false, text);
}

static void title_rtt(const struct plot_work *work, struct page *text)
{
    static const struct {
        unsigned field;
        const char *label;
    } MORE[] = {{INFO_min_rtt, "min"}, {INFO_rttvar, "var"}};
    const struct conn *conn = &work->model->conn;
    char words[24] = "–";
    uint64_t value;

    if (conn->known & KNOWN_RTT)
        put_us(words, sizeof(words), conn->rtt_us);
    put(text, "rtt", words);
    for (size_t i = 0; i < sizeof(MORE) / sizeof(MORE[0]); i++) {
        if (!connection_info_value(work->context, conn, MORE[i].field, &value) || !value)
            continue;
        put_us(words, sizeof(words), value);
        put(text, MORE[i].label, words);
    }
}

static void title_cwnd(const struct plot_work *work, struct page *text)
{
    const struct conn *conn = &work->model->conn;
    char words[24] = "–";
    uint64_t value;

    if (conn->known & KNOWN_INFO)
        page_segments(words, sizeof(words), conn->cwnd);
    put(text, "cwnd", words);
    if (!frame_detail(work->context->frame, conn))
        return;
    snprintf(words, sizeof(words), "∞"); /* TCP_INFINITE_SSTHRESH: still in slow start */
    if (connection_info_value(work->context, conn, INFO_snd_ssthresh, &value))
        page_segments(words, sizeof(words), value);
    put(text, "ssthresh", words);
    if (!connection_info_value(work->context, conn, INFO_snd_mss, &value))
        return;
    page_bytes(words, sizeof(words), value);
    put(text, "mss", words);
}

static void title_flight(const struct plot_work *work, struct page *text)
{
    const uint64_t flight = series_newest(work->series, SERIES_IN_FLIGHT);
    const uint64_t window = series_newest(work->series, SERIES_WINDOW);
    char words[24];

    if (flight == SERIES_UNKNOWN) {
        put(text, "in flight", connection_lack(work->model));
        return;
    }
    page_bytes(words, sizeof(words), flight);
    put(text, "in flight", words);
    if (window == SERIES_UNKNOWN)
        return;
    page_bytes(words, sizeof(words), window);
    text->col--;
    put(text, "of window", words);
}

static const struct plot PLOTS[] = {
    {{SERIES_IN, SERIES_OUT}, {ROLE_IN, ROLE_OUT}, true, 2, 1000, 0, title_rates, page_rate},
    {{SERIES_RTT, SERIES_MIN_RTT}, {ROLE_ACCENT, ROLE_GOOD}, false, 0, 10, 0, title_rtt, put_us},
    {{SERIES_CWND, SERIES_SSTHRESH},
     {ROLE_ACCENT, ROLE_NOTICE},
     false,
     0,
     10,
     THRESHOLDS,
     title_cwnd,
     page_segments},
    {{SERIES_IN_FLIGHT, SERIES_WINDOW},
     {ROLE_OUT, ROLE_NOTICE},
     false,
     1,
     1000,
     0,
     title_flight,
     page_bytes},
};
#define PLOT_COUNT ((int)(sizeof(PLOTS) / sizeof(PLOTS[0])))

static uint64_t largest(const uint64_t *values, size_t count, bool *known)
{
    uint64_t most = 0;

    for (size_t i = 0; i < count; i++) {
        if (values[i] == SERIES_UNKNOWN)
            continue;
        *known = true;
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

static void fill_layers(const struct plot *plot, struct plot_work *work)
{
    uint64_t most[2];

    work->known = false;
    for (int i = 0; i < 2; i++) {
        series_by_time(work->series, plot->values[i], work->axis, work->values[i], work->count);
        most[i] = largest(work->values[i], work->count, &work->known);
    }
    if (plot->far && most[1] > most[0] * plot->far)
        most[1] = 0;
    const uint64_t both = most[0] > most[1] ? most[0] : most[1];
    work->ceiling = graph_ceiling(&both, 1, plot->least);
    for (int i = 0; i < 2; i++)
        work->layers[i] = (struct graph_layer){.values = work->values[i],
                                               .count = work->count,
                                               .ceiling = work->ceiling,
                                               .style = plot->styles[i],
                                               .hot = plot->hot == i + 1 ? work->hot : NULL,
                                               .hot_style = ROLE_TROUBLE,
                                               .form = i == 0           ? GRAPH_UP
                                                       : plot->mirrored ? GRAPH_DOWN
                                                                        : GRAPH_LINE,
                                               .part = !plot->mirrored ? GRAPH_WHOLE
                                                       : i == 0        ? GRAPH_UPPER
                                                                       : GRAPH_LOWER};
    if (plot->far && most[1] == 0)
        work->layers[1].count = 0;
}

/* Marks where a counter grew. */
static void find_hot(struct plot_work *work)
{
    uint64_t *totals = work->values[0], *shut = work->values[1], before = SERIES_UNKNOWN;

    series_by_time(work->series, SERIES_RETRANS_TOTAL, work->axis, totals, work->count);
    series_by_time(work->series, SERIES_SHUT, work->axis, shut, work->count);
    for (size_t i = 0; i < work->count; i++) {
        work->hot[i] =
            (shut[i] != SERIES_UNKNOWN && shut[i] > 0) ||
            (totals[i] != SERIES_UNKNOWN && before != SERIES_UNKNOWN && totals[i] > before);
        if (totals[i] != SERIES_UNKNOWN)
            before = totals[i];
    }
}

/* The title in the row of the text, the plot below. Not drawn unless it is completely visible. */
static void draw_plot(const struct plot *plot, struct plot_work *work, int rows, int col, int cells,
                      struct page *text)
{
    const int row = text->row - text->top + 1;
    const struct canvas title = canvas_part(text->canvas, row - 1, col, 1, cells);
    const struct canvas body = canvas_part(text->canvas, row, col, rows, cells);
    struct page line = {.canvas = &title};
    char words[32], ceiling[48];

    fill_layers(plot, work);
    if (row > 0) {
        plot->title(work, &line);
        plot->unit(words, sizeof(words), work->ceiling);
        snprintf(ceiling, sizeof(ceiling), "%s%s", plot->mirrored ? "±" : "0–", words);
        if (work->known && line.col + (int)text_width(ceiling) < cells)
            canvas_text_right(&title, 0, cells, ROLE_DIM, ceiling);
    }
    if (row >= 0 && body.rows == rows && body.cols > 0)
        graph_draw(&body, work->layers, 2);
}

/* In whole seconds, minutes or hours. */
static void span_text(char *out, size_t size, int64_t span_ns)
{
    const int64_t seconds = (span_ns + SECOND_NS / 2) / SECOND_NS;

    if (seconds < 120)
        snprintf(out, size, "%d s", (int)seconds);
    else
        text_span(out, size, seconds * SECOND_NS);
}

/* Below each plot: from when to when. */
static void draw_axis(const struct series_axis *axis, const struct picture *picture, int col,
                      int cells, struct page *text)
{
    char clock[24], begin[24];

    begin[0] = '-';
    span_text(begin + 1, sizeof(begin) - 1, axis->span_ns);
    page_clock(clock, sizeof(clock), picture->frame->wall_ns, false);
    text->col = col;
    page_text(text, ROLE_DIM, begin);
    text->col = col + cells - (int)text_width(clock);
    page_text(text, ROLE_DIM, clock);
}

static struct plot_work begin_work(const struct page *text, const struct series *series,
                                   const struct series_axis *axis, int cells)
{
    struct plot_work work = {.series = series, .axis = axis};

    work.count = graph_values(text->canvas, cells);
    if (work.count > PLOT_VALUES)
        work.count = PLOT_VALUES;
    return work;
}

static struct series_axis axis_of(const struct picture *picture)
{
    return series_axis_of(picture->frame->mono_ns, picture->frame->cost.interval_ns);
}

void connection_draw_plots(const struct connection_model *model,
                           const struct column_context *context, const struct picture *picture,
                           int rows, struct page *text)
{
    const int cols = text->canvas->cols - 2;
    const int beside = cols >= FOUR_COLS ? 4 : cols >= TWO_COLS ? 2 : 1;
    const int cells = (cols - (beside - 1) * PLOT_GAP) / beside;
    const struct series_axis axis = axis_of(picture);

    if (cells <= 0)
        return;
    struct plot_work work = begin_work(text, &model->series.series, &axis, cells);
    work.model = model;
    work.context = context;
    find_hot(&work);
    for (int i = 0; i < PLOT_COUNT; i += beside) {
        for (int n = 0; n < beside; n++)
            draw_plot(&PLOTS[i + n], &work, rows, 1 + n * (cells + PLOT_GAP), cells, text);
        text->row += rows + 1;
    }
    for (int n = 0; n < beside; n++)
        draw_axis(&axis, picture, 1 + n * (cells + PLOT_GAP), cells, text);
    page_line(text);
}

static void title_newest(const struct plot_work *work, struct page *text)
{
    static const struct {
        enum series_value value;
        unsigned role;
        const char *mark, *label;
    } RATES[] = {{SERIES_IN, ROLE_IN, "▼ ", "in"}, {SERIES_OUT, ROLE_OUT, "▲ ", "out"}};
    char words[24];

    for (size_t i = 0; i < sizeof(RATES) / sizeof(RATES[0]); i++) {
        const uint64_t rate = series_newest(work->series, RATES[i].value);
        if (rate == SERIES_UNKNOWN)
            snprintf(words, sizeof(words), "–");
        else
            page_rate(words, sizeof(words), rate);
        page_text(text, RATES[i].role, RATES[i].mark);
        put(text, RATES[i].label, words);
    }
}

void connection_draw_rates(const struct series *series, const struct picture *picture, int rows,
                           struct page *text)
{
    static const struct plot RATES = {.values = {SERIES_IN, SERIES_OUT},
                                      .styles = {ROLE_IN, ROLE_OUT},
                                      .mirrored = true,
                                      .least = 1000,
                                      .title = title_newest,
                                      .unit = page_rate};
    const int most = PLOT_VALUES / 2, room = text->canvas->cols - 2;
    const int cells = room < most ? room : most;
    const struct series_axis axis = axis_of(picture);

    if (cells <= 0)
        return;
    struct plot_work work = begin_work(text, series, &axis, cells);
    draw_plot(&RATES, &work, rows, 1, cells, text);
    text->row += rows + 1;
    draw_axis(&axis, picture, 1, cells, text);
    page_line(text);
}

/* --- what holds it back --- */

static void draw_part(const struct held_back *held, enum held_by by, int cells, struct page *text)
{
    const uint32_t part = held->permille[by];
    const unsigned role = part == 0                                ? ROLE_DIM
                          : part < MOSTLY || by == HELD_BY_PROGRAM ? ROLE_NORMAL
                                                                   : ROLE_NOTICE;
    const int bar = ((int)part * cells + (int)PERMILLE - 1) / (int)PERMILLE;
    char share[16];

    if (part == 0 || part == PERMILLE)
        snprintf(share, sizeof(share), "%u %%", part / 10);
    else
        snprintf(share, sizeof(share), "%u.%u %%", part / 10, part % 10);
    const int width = (int)(text_width(HELD_BY_NAMES[by]) + text_width(share)) + 2 + bar;
    if (text->col > 1 + HELD_LABEL && text->col + width >= text->canvas->cols) {
        page_line(text);
        text->col = 1 + HELD_LABEL;
    }
    page_printf(text, ROLE_DIM, "%s ", HELD_BY_NAMES[by]);
    if (text->row >= text->top && part > 0)
        canvas_bar(text->canvas, text->row - text->top, text->col, bar, role,
                   bar ? (unsigned)((uint64_t)part * (unsigned)cells / (unsigned)bar) : 0);
    text->col += bar + (bar > 0);
    page_text(text, role, share);
    text->col += PAGE_ITEM_GAP;
}

void connection_draw_held(const struct connection_model *model, struct page *text)
{
    int cells = text->canvas->cols - HELD_TEXTS;
    struct held_back held;
    char span[16];

    page_text(text, ROLE_DIM, "held back by");
    text->col = 1 + HELD_LABEL;
    if (!held_back_of(&model->series.series, HELD_NS, &held)) {
        page_text(text, ROLE_DIM, connection_lack(model));
        page_line(text);
        return;
    }
    cells = cells < HELD_LEAST ? HELD_LEAST : cells > HELD_MOST ? HELD_MOST : cells;
    for (int by = 0; by < HELD_BY_COUNT; by++)
        draw_part(&held, (enum held_by)by, cells, text);
    span_text(span, sizeof(span), held.span_ns);
    page_item(text, 1 + HELD_LABEL, "over the last", ROLE_DIM, span);
    page_line(text);
}
