/* state_strip: STRIP, the states in their order; shares by the largest remainder. */
#include "ui/state_strip.h"

#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

#define GAP            2
#define GAP_CLOSE      1
#define SEGMENT_BYTES  1024
#define TROUBLE_RANK   6 /* a state up to this rank among "other" gives it a colour */
#define RANK_OF_ABSENT 100

static const struct {
    uint8_t state;
    uint8_t rank;              /* 1 is the last to be merged into "other" */
    bool usual;                /* always shown, even with 0, so that it keeps its place */
    uint8_t shade;             /* distinguishes it from a neighbour of the same colour */
    const char *narrow, *fill; /* name, and the fill of its part without colours */
} STRIP[STRIP_SEGMENTS] = {
    {STATE_ESTABLISHED, 3, true, 0, "ESTAB", "█"},
    {STATE_LISTEN, 9, true, 0, "LISTEN", "░"},
    {STATE_TIME_WAIT, 8, true, 0, "TIME-W", "▒"},
    {STATE_CLOSE_WAIT, 1, true, 0, "CLOSE-W", "▓"},
    {STATE_SYN_SENT, 4, false, 0, "SYN-SENT", "s"},
    {STATE_SYN_RECEIVED, 2, false, 1, "SYN-RECV", "r"},
    {STATE_FIN_WAIT_1, 5, false, 0, "FIN-W-1", "f"},
    {STATE_FIN_WAIT_2, 7, false, 1, "FIN-W-2", "F"},
    {STATE_CLOSING, 7, false, 0, "CLOSING", "c"},
    {STATE_LAST_ACK, 7, false, 1, "LAST-ACK", "l"},
    {STATE_CLOSED, 6, false, 1, "CLOSED", "x"},
};

static unsigned role_of(enum tcp_state state)
{
    return (unsigned)ROLE_STATE_QUIET + TCP_STATES[state].role;
}

static uint64_t rows_of(const uint32_t counts[STATE_COUNT])
{
    uint64_t all = 0;
    for (size_t i = 0; i < STRIP_SEGMENTS; i++)
        all += counts[STRIP[i].state];
    return all;
}

/* The segment furthest from its exact share gains or loses a cell. */
static void settle(struct strip_segment *segments, size_t count, const uint32_t counts[STATE_COUNT],
                   int cells, int used)
{
    const double each = (double)cells / (double)rows_of(counts);
    for (int step = used < cells ? 1 : -1; used != cells; used += step) {
        struct strip_segment *furthest = NULL;
        double most = 0;
        for (size_t i = 0; i < count; i++) {
            const double off = (counts[segments[i].state] * each - segments[i].cells) * step;
            if ((step > 0 || segments[i].cells > 1) && (!furthest || off > most)) {
                furthest = &segments[i];
                most = off;
            }
        }
        furthest->cells += step;
    }
}

size_t state_strip_segments(struct strip_segment segments[STRIP_SEGMENTS],
                            const uint32_t counts[STATE_COUNT], int cells)
{
    const uint64_t all = rows_of(counts);
    size_t count = 0;
    int used = 0;
    for (size_t i = 0; i < STRIP_SEGMENTS; i++) {
        const uint32_t rows = counts[STRIP[i].state];
        if (rows == 0)
            continue;
        const int share = (int)((uint64_t)(cells > 0 ? cells : 0) * rows / all);
        segments[count] = (struct strip_segment){STRIP[i].state, share > 0 ? share : 1};
        used += segments[count++].cells;
    }
    if (count == 0 || cells < (int)count)
        return 0;
    settle(segments, count, counts, cells, used);
    return count;
}

static size_t place_of(enum tcp_state state)
{
    size_t i = 0;
    while (i + 1 < STRIP_SEGMENTS && STRIP[i].state != state)
        i++;
    return i;
}

static const char *fill_of(const struct canvas *canvas, enum tcp_state state)
{
    static const char *const SHADES[] = {"▄", "▃"};
    const size_t at = place_of(state);
    return canvas_mono(canvas) || canvas_ascii(canvas) ? STRIP[at].fill : SHADES[STRIP[at].shade];
}

void state_strip_draw(const struct canvas *canvas, int row, int col,
                      const struct strip_segment *segments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *fill = fill_of(canvas, segments[i].state);
        const size_t bytes = strlen(fill);
        char text[SEGMENT_BYTES];
        size_t length = 0;
        for (int cell = 0; cell < segments[i].cells && length + bytes < sizeof(text); cell++) {
            memcpy(text + length, fill, bytes);
            length += bytes;
        }
        text[length] = '\0';
        canvas_text(canvas, row, col, role_of(segments[i].state), text);
        col += segments[i].cells;
    }
}

static void add_name(struct pieces *pieces, const char *name, enum tcp_state state, uint32_t rows,
                     bool grew)
{
    struct piece *piece = pieces_add(pieces, 1, rows > 0 ? role_of(state) : (unsigned)ROLE_DIM,
                                     name, rows > 0 ? ROLE_NORMAL : ROLE_DIM);
    text_thousands(piece->value, sizeof(piece->value), rows);
    piece->mark_role = ROLE_NOTICE;
    if (grew)
        snprintf(piece->mark, sizeof(piece->mark), "▲");
}

struct naming {
    const uint32_t *counts;
    uint32_t grew, out; /* out: bits of STRIP that are merged */
    bool narrow, close; /* shorter names; narrower gaps */
};

static void build(struct pieces *pieces, uint8_t states[PIECES_MAX], const struct naming *naming)
{
    const uint32_t *counts = naming->counts;
    uint64_t other = 0;
    bool trouble = false;
    *pieces = (struct pieces){.gap = naming->close ? GAP_CLOSE : GAP};
    for (size_t i = 0; i < STRIP_SEGMENTS; i++) {
        const enum tcp_state state = STRIP[i].state;
        if (naming->out >> i & 1) {
            other += counts[state];
            trouble |= counts[state] > 0 && STRIP[i].rank <= TROUBLE_RANK;
        } else if (STRIP[i].usual || counts[state] > 0) {
            states[pieces->count] = (uint8_t)state;
            add_name(pieces, naming->narrow ? STRIP[i].narrow : TCP_STATES[state].short_name, state,
                     counts[state], naming->grew >> state & 1);
        }
    }
    if (other == 0)
        return;
    states[pieces->count] = STATE_NONE;
    struct piece *piece =
        pieces_add(pieces, 1, trouble ? ROLE_NOTICE : ROLE_DIM, "other", ROLE_NORMAL);
    text_thousands(piece->value, sizeof(piece->value), other);
}

/* Cells of "1,284". */
static int count_width(uint64_t count)
{
    int digits = 1;
    for (; count >= 10; count /= 10)
        digits++;
    return digits + (digits - 1) / 3;
}

static int name_width(const struct naming *naming, size_t i)
{
    const enum tcp_state state = STRIP[i].state;
    const char *name = naming->narrow ? STRIP[i].narrow : TCP_STATES[state].short_name;
    return (int)strlen(name) + 1 + count_width(naming->counts[state]) +
           (naming->grew >> state & 1 ? 2 : 0);
}

/* The width of the result of build(), to try forms before building one. */
static int width_of(const struct naming *naming)
{
    const int gap = naming->close ? GAP_CLOSE : GAP;
    uint64_t other = 0;
    int width = -gap;
    for (size_t i = 0; i < STRIP_SEGMENTS; i++) {
        const uint32_t rows = naming->counts[STRIP[i].state];
        if (naming->out >> i & 1)
            other += rows;
        else if (STRIP[i].usual || rows > 0)
            width += gap + name_width(naming, i);
    }
    return other > 0 ? width + gap + (int)strlen("other ") + count_width(other) : width;
}

static size_t next_out(const struct naming *naming)
{
    size_t next = STRIP_SEGMENTS;
    unsigned most = 0;
    for (size_t i = 0; i < STRIP_SEGMENTS; i++) {
        const unsigned rank =
            STRIP[i].rank + (naming->counts[STRIP[i].state] > 0 ? 0u : RANK_OF_ABSENT);
        if (!(naming->out >> i & 1) && rank > most) {
            next = i;
            most = rank;
        }
    }
    return next;
}

/* First drops zeros, then shortens names, then merges states. False: nothing is left to shorten. */
static bool shorten(struct naming *naming)
{
    const size_t next = next_out(naming);
    if (next == STRIP_SEGMENTS)
        return false;
    if (naming->counts[STRIP[next].state] == 0 || naming->close)
        naming->out |= 1u << next;
    else if (naming->narrow)
        naming->close = true;
    else
        naming->narrow = true;
    return true;
}

/* After states were merged there may be room for longer names. */
static void lengthen(struct naming *naming, int cells)
{
    bool *const shorter[] = {&naming->close, &naming->narrow};
    for (size_t i = 0; i < 2 && naming->out != 0 && *shorter[i]; i++) {
        *shorter[i] = false;
        *shorter[i] = width_of(naming) > cells;
    }
}

static enum strip_fit fit_of(const struct naming *naming)
{
    enum strip_fit fit = STRIP_WHOLE;
    for (size_t i = 0; i < STRIP_SEGMENTS; i++) {
        if (!(naming->out >> i & 1) || naming->counts[STRIP[i].state] == 0)
            continue;
        if (STRIP[i].rank <= TROUBLE_RANK)
            return STRIP_HIDES;
        fit = STRIP_SUMS;
    }
    return fit;
}

enum strip_fit state_strip_names(struct pieces *pieces, uint8_t states[PIECES_MAX],
                                 const uint32_t counts[STATE_COUNT], uint32_t grew, int cells)
{
    struct naming naming = {.counts = counts, .grew = grew};
    while (width_of(&naming) > cells && shorten(&naming))
        continue;
    lengthen(&naming, cells);
    build(pieces, states, &naming);
    return fit_of(&naming);
}
