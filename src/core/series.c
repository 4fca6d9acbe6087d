/* series: samples of frames, and a bounded line of them in order of time. */
#include "core/series.h"

#include <string.h>

static void put(struct series_sample *sample, enum series_value value, uint64_t number)
{
    sample->known |= 1u << value;
    sample->values[value] = number;
}

static bool take_conn(uint64_t serial, const struct frame *frame, struct series_sample *sample)
{
    const struct conn *conn = frame_find_serial(frame, serial);

    if (!conn || conn_is_ghost(conn))
        return false;
    if (conn->known & KNOWN_RATES) {
        put(sample, SERIES_IN, conn_in_rate(conn));
        put(sample, SERIES_OUT, conn_out_rate(conn));
    }
    if (conn->known & KNOWN_RTT)
        put(sample, SERIES_RTT, conn->rtt_us);
    if (conn->known & KNOWN_INFO)
        put(sample, SERIES_CWND, conn->cwnd);
    return true;
}

static bool take_member(const struct grouping_member *member, const struct frame *frame,
                        struct series_sample *sample)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    uint64_t in = 0, out = 0;
    bool found = false;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->owner_word != OWNER_PROCESS || !grouping_accepts(member, &context, conn))
            continue;
        found = true;
        in += conn_in_rate(conn);
        out += conn_out_rate(conn);
    }
    for (uint32_t i = 0; i < frame->flow_count; i++) {
        const struct conn *flow = &frame->flows[i].conn;
        if (!grouping_accepts(member, &context, flow))
            continue;
        in += conn_in_rate(flow);
        out += conn_out_rate(flow);
    }
    put(sample, SERIES_IN, in);
    put(sample, SERIES_OUT, out);
    return found;
}

bool series_take(const struct series_subject *subject, const struct frame *frame,
                 struct series_sample *sample)
{
    *sample = (struct series_sample){.mono_ns = frame->mono_ns};
    return subject->serial ? take_conn(subject->serial, frame, sample)
                           : take_member(&subject->member, frame, sample);
}

static void drop_first(struct series *series, uint32_t count)
{
    series->count -= count;
    memmove(series->samples, series->samples + count, series->count * sizeof *series->samples);
}

void series_append(struct series *series, const struct series_sample *sample)
{
    if (series->count == SERIES_MOST)
        drop_first(series, 1);
    series->samples[series->count++] = *sample;
}

void series_cut(struct series *series, int64_t mono_ns)
{
    while (series->count > 0 && series->samples[series->count - 1].mono_ns >= mono_ns)
        series->count--;
}

void series_prepend(struct series *series, const struct series *older)
{
    struct series joined = *older;

    for (uint32_t i = 0; i < series->count; i++) {
        const struct series_sample *sample = &series->samples[i];
        if (joined.count == 0 || sample->mono_ns > joined.samples[joined.count - 1].mono_ns)
            series_append(&joined, sample);
    }
    *series = joined;
}

size_t series_values(const struct series *series, enum series_value value,
                     uint64_t values[SERIES_MOST])
{
    size_t count = 0;

    for (uint32_t i = 0; i < series->count; i++)
        if (series->samples[i].known & 1u << value)
            values[count++] = series->samples[i].values[value];
    return count;
}
