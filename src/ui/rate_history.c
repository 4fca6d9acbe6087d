/* rate_history: few rows have traffic in a frame: only these are kept, one list per frame, in
 * buckets by serial. Sorting took 44 ms for 200,000. */
#include "ui/rate_history.h"

#include "base/grow.h"
#include "ui/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_ROWS 4u /* on average, as serials are consecutive */
#define FETCH_AHEAD 12u
#define SPARK_LEAST 1000 /* minimum scale of a sparkline, bytes a second */

void rate_history_done(struct rate_history *history)
{
    for (size_t i = 0; i < RATE_SLOTS; i++) {
        free(history->frames[i].rows);
        free(history->frames[i].ends);
    }
    free(history->spare);
    *history = (struct rate_history){.number = 0};
}

static struct rate_frame *slot_of(struct rate_history *history, uint64_t number)
{
    return &history->frames[number % RATE_SLOTS];
}

static void begin(struct rate_history *history, const struct frame *frame)
{
    struct rate_frame *own = slot_of(history, frame->number);

    history->coming = frame->number;
    history->next = totals_have_rates(frame) ? 0 : frame->live_count;
    own->count = 0;
    own->last_serial = own->number = 0;
}

static void add_row(struct rate_history *history, struct rate_frame *own, const struct conn *conn)
{
    const uint64_t in = conn_in_rate(conn), out = conn_out_rate(conn);

    own->last_serial = conn->serial > own->last_serial ? conn->serial : own->last_serial;
    if (in > 0 || out > 0)
        history->spare[own->count++] = (struct rate_row){conn->serial, in, out};
}

static void fetch_ahead(const struct frame *frame, uint32_t row)
{
    if (row >= frame->live_count)
        return;
    __builtin_prefetch(&frame->conns[row].in_bytes_per_s_low);
    __builtin_prefetch(&frame->conns[row].serial);
}

/* 0 or -ENOMEM. */
static int gather(struct rate_history *history, const struct frame *frame, uint32_t rows)
{
    struct rate_frame *own = slot_of(history, frame->number);

    if (history->coming != frame->number || history->next > frame->live_count)
        begin(history, frame);
    const uint32_t left = frame->live_count - history->next;
    const uint32_t end = history->next + (rows < left ? rows : left);
    if (GROW(history->spare, history->spare_capacity, own->count + (end - history->next)))
        return -ENOMEM;
    for (; history->next < end; history->next++) {
        fetch_ahead(frame, history->next + FETCH_AHEAD);
        add_row(history, own, &frame->conns[history->next]);
    }
    return 0;
}

bool rate_history_prepare(struct rate_history *history, const struct frame *frame, uint32_t rows)
{
    return frame->number == history->number || gather(history, frame, rows) != 0 ||
           history->next == frame->live_count;
}

/* A counting sort by the low bits of the serial. 0 or -ENOMEM. */
static int put_into_buckets(struct rate_history *history, struct rate_frame *own)
{
    uint32_t buckets = 1, begin = 0;

    while (buckets * BUCKET_ROWS < own->count)
        buckets *= 2;
    if (GROW(own->ends, own->end_capacity, buckets) || GROW(own->rows, own->capacity, own->count))
        return -ENOMEM;
    own->mask = buckets - 1;
    memset(own->ends, 0, buckets * sizeof(*own->ends));
    for (uint32_t i = 0; i < own->count; i++)
        own->ends[history->spare[i].serial & own->mask]++;
    for (uint32_t i = 0; i < buckets; i++) {
        const uint32_t count = own->ends[i];
        own->ends[i] = begin;
        begin += count;
    }
    for (uint32_t i = 0; i < own->count; i++)
        own->rows[own->ends[history->spare[i].serial & own->mask]++] = history->spare[i];
    return 0;
}

void rate_history_take(struct rate_history *history, const struct frame *frame)
{
    struct rate_frame *own = slot_of(history, frame->number);

    if (frame->number == history->number)
        return;
    const bool is_whole =
        gather(history, frame, UINT32_MAX) == 0 && put_into_buckets(history, own) == 0;
    own->number = is_whole && totals_have_rates(frame) ? frame->number : 0;
    history->number = frame->number;
    history->coming = 0;
}

bool rate_history_begin(struct rate_history *history, const struct frame *frame)
{
    struct rate_frame *own = slot_of(history, frame->number);

    if (frame->number == history->number)
        return false;
    own->count = 0;
    own->number = 0;
    own->last_serial = UINT64_MAX; /* keys are not consecutive */
    history->number = frame->number;
    history->coming = 0;
    return totals_have_rates(frame);
}

bool rate_history_add(struct rate_history *history, uint64_t key, uint64_t in, uint64_t out)
{
    struct rate_frame *own = slot_of(history, history->number);

    if (in == 0 && out == 0)
        return true;
    if (GROW(history->spare, history->spare_capacity, own->count + 1))
        return false;
    history->spare[own->count++] = (struct rate_row){key, in, out};
    return true;
}

void rate_history_end(struct rate_history *history)
{
    struct rate_frame *own = slot_of(history, history->number);

    if (put_into_buckets(history, own) == 0)
        own->number = history->number;
}

static const struct rate_row *find_row(const struct rate_frame *own, uint64_t serial)
{
    const uint64_t bucket = serial & own->mask;

    for (uint32_t i = bucket > 0 ? own->ends[bucket - 1] : 0; i < own->ends[bucket]; i++)
        if (own->rows[i].serial == serial)
            return &own->rows[i];
    return NULL;
}

void rate_history_of(const struct rate_history *history, uint64_t serial, uint64_t in[RATE_FRAMES],
                     uint64_t out[RATE_FRAMES])
{
    for (uint64_t i = 0; i < RATE_FRAMES; i++) {
        const uint64_t number = history->number - (RATE_FRAMES - 1 - i);
        const struct rate_frame *own = &history->frames[number % RATE_SLOTS];
        in[i] = out[i] = GRAPH_UNKNOWN;
        if (number > history->number || own->number != number || serial > own->last_serial)
            continue;
        const struct rate_row *row = find_row(own, serial);
        in[i] = row ? row->in : 0;
        out[i] = row ? row->out : 0;
    }
}

static bool carried_something(const uint64_t values[RATE_FRAMES])
{
    for (size_t i = 0; i < RATE_FRAMES; i++)
        if (values[i] != GRAPH_UNKNOWN && values[i] > 0)
            return true;
    return false;
}

void rate_history_draw(const struct rate_history *history, uint64_t serial, bool in,
                       const struct canvas *canvas, int row, int col, unsigned style)
{
    uint64_t ins[RATE_FRAMES], outs[RATE_FRAMES];

    rate_history_of(history, serial, ins, outs);
    if (carried_something(in ? ins : outs))
        graph_sparkline(canvas, row, col, RATE_FRAMES, style, in ? ins : outs, RATE_FRAMES,
                        SPARK_LEAST);
}
