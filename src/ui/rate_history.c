/* rate_history: few rows carry anything in a frame: these are kept, sorted, one list a frame. */
#include "ui/rate_history.h"

#include "base/grow.h"
#include "ui/graph.h"

#include <stdlib.h>

void rate_history_done(struct rate_history *history)
{
    for (size_t i = 0; i < RATE_FRAMES; i++)
        free(history->frames[i].rows);
    *history = (struct rate_history){.number = 0};
}

static int compare_serials(const void *a, const void *b)
{
    const struct rate_row *left = a, *right = b;
    return (left->serial > right->serial) - (left->serial < right->serial);
}

static bool add_row(struct rate_frame *own, const struct conn *conn)
{
    const uint64_t in = conn_in_rate(conn), out = conn_out_rate(conn);

    own->last_serial = conn->serial > own->last_serial ? conn->serial : own->last_serial;
    if (in == 0 && out == 0)
        return true;
    if (GROW(own->rows, own->capacity, own->count + 1))
        return false;
    own->rows[own->count++] = (struct rate_row){conn->serial, in, out};
    return true;
}

void rate_history_take(struct rate_history *history, const struct frame *frame)
{
    struct rate_frame *own = &history->frames[frame->number % RATE_FRAMES];

    if (frame->number == history->number)
        return;
    history->number = frame->number;
    own->count = 0;
    own->last_serial = 0;
    own->number = totals_have_rates(frame) ? frame->number : 0;
    for (uint32_t i = 0; i < frame->live_count && own->number; i++)
        if (!add_row(own, &frame->conns[i]))
            own->number = 0;
    if (own->count > 1)
        qsort(own->rows, own->count, sizeof(*own->rows), compare_serials);
}

static const struct rate_row *find_row(const struct rate_frame *own, uint64_t serial)
{
    const struct rate_row wanted = {.serial = serial};
    return own->count > 0
               ? bsearch(&wanted, own->rows, own->count, sizeof(*own->rows), compare_serials)
               : NULL;
}

void rate_history_of(const struct rate_history *history, uint64_t serial, uint64_t in[RATE_FRAMES],
                     uint64_t out[RATE_FRAMES])
{
    for (uint64_t i = 0; i < RATE_FRAMES; i++) {
        const uint64_t number = history->number - (RATE_FRAMES - 1 - i);
        const struct rate_frame *own = &history->frames[number % RATE_FRAMES];
        in[i] = out[i] = GRAPH_UNKNOWN;
        if (number > history->number || own->number != number || serial > own->last_serial)
            continue;
        const struct rate_row *row = find_row(own, serial);
        in[i] = row ? row->in : 0;
        out[i] = row ? row->out : 0;
    }
}
