/* series: samples of frames, and a bounded list of them in order of time. */
#include "core/series.h"

#include "base/clock.h"
#include "base/hash.h"
#include "core/info.h"
#include "core/trend.h"

#include <string.h>

#define HOLD_INTERVALS 3 /* a late frame leaves no hole */

static void put(struct series_sample *sample, enum series_value value, uint64_t number)
{
    sample->known |= SERIES_BIT(value);
    sample->values[value] = number;
}

/* Unacknowledged data, limited to the capacity of the segments in flight. */
static bool in_flight(const struct conn_detail *detail, uint64_t *bytes)
{
    uint64_t segments, mss, sent, again, acked;

    if (!info_value(&TCP_INFO[INFO_unacked], detail->info, detail->info_length, &segments) ||
        !info_value(&TCP_INFO[INFO_snd_mss], detail->info, detail->info_length, &mss))
        return false;
    *bytes = segments * mss;
    if (info_value(&TCP_INFO[INFO_bytes_sent], detail->info, detail->info_length, &sent) &&
        info_value(&TCP_INFO[INFO_bytes_retrans], detail->info, detail->info_length, &again) &&
        info_value(&TCP_INFO[INFO_bytes_acked], detail->info, detail->info_length, &acked) &&
        sent >= again + acked && sent - again - acked < *bytes)
        *bytes = sent - again - acked;
    return true;
}

static void take_detail(const struct conn_detail *detail, struct series_sample *sample)
{
    static const struct {
        uint8_t value, field;
    } FIELDS[] = {{SERIES_MIN_RTT, INFO_min_rtt},
                  {SERIES_SSTHRESH, INFO_snd_ssthresh},
                  {SERIES_WINDOW, INFO_snd_wnd},
                  {SERIES_BUSY, INFO_busy_time},
                  {SERIES_RWND_LIMITED, INFO_rwnd_limited},
                  {SERIES_SNDBUF_LIMITED, INFO_sndbuf_limited}};
    uint64_t number;

    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++)
        if (info_value(&TCP_INFO[FIELDS[i].field], detail->info, detail->info_length, &number))
            put(sample, (enum series_value)FIELDS[i].value, number);
    if (in_flight(detail, &number))
        put(sample, SERIES_IN_FLIGHT, number);
}

static bool take_conn(uint64_t serial, const struct frame *frame, struct series_sample *sample)
{
    const struct conn *conn = frame_find_serial(frame, serial);

    if (!conn || conn_is_ghost(conn))
        return false;
    if (frame_row_stands(frame, conn))
        return true; /* it exists, but was not read for this frame */
    if (conn->known & KNOWN_RATES) {
        put(sample, SERIES_IN, conn_in_rate(conn));
        put(sample, SERIES_OUT, conn_out_rate(conn));
    }
    if (conn->known & KNOWN_RTT)
        put(sample, SERIES_RTT, conn->rtt_us);
    if (conn->known & KNOWN_INFO)
        put(sample, SERIES_CWND, conn->cwnd);
    if (conn->known & KNOWN_INFO)
        put(sample, SERIES_RETRANS_TOTAL, conn->retrans);
    if (conn_window_is_shut(conn)) /* a log omits an idle timer, and that it is known */
        put(sample, SERIES_SHUT, 1);
    const struct conn_detail *detail = frame_detail(frame, conn);
    if (detail && conn->state != STATE_LISTEN)
        take_detail(detail, sample);
    return true;
}

/* Sockets that a process no longer holds do not count. */
static bool is_counted(const struct grouping_member *member, const struct conn *conn)
{
    return member->kind != &GROUPING_PROCESSES || conn->owner_word == OWNER_PROCESS;
}

static bool take_member(const struct grouping_member *member, const struct frame *frame,
                        struct series_sample *sample)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    uint64_t in = 0, out = 0;
    bool found = false;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!is_counted(member, conn) || !grouping_accepts(member, &context, conn))
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

struct counters { /* of network namespaces */
    uint64_t opens, resets, of;
    uint32_t counted, uncounted;
    bool resets_known;
};

static void count_netns(struct counters *sums, uint64_t id, const struct host_facts *facts)
{
    if (!host_fact_known(facts, FACT_ACTIVE_OPENS) || !host_fact_known(facts, FACT_PASSIVE_OPENS)) {
        sums->uncounted++;
        return;
    }
    sums->counted++;
    sums->of += hash_bytes(&id, sizeof(id), HASH_SEED);
    sums->opens += host_fact(facts, FACT_ACTIVE_OPENS) + host_fact(facts, FACT_PASSIVE_OPENS);
    sums->resets_known &= host_fact_known(facts, FACT_ESTAB_RESETS);
    sums->resets += host_fact(facts, FACT_ESTAB_RESETS);
}

/* NULL, too: they are from an old frame of its host. */
static const struct host_facts *current_facts(const struct frame *frame,
                                              const struct frame_netns *netns)
{
    const struct frame_host *host = frame_find_host(frame, netns->host);

    return host && host_state_is_old(host->state) ? NULL : frame_netns_facts(frame, netns);
}

static void put_counters(struct series_sample *sample, const struct frame *frame)
{
    struct counters sums = {.resets_known = true};

    if (frame->namespace_count <= 1)
        count_netns(&sums, frame->netns, frame->facts);
    for (uint32_t i = 0; frame->namespace_count > 1 && i < frame->namespace_count; i++) {
        const struct frame_netns *netns = &frame->namespaces[i];
        count_netns(&sums, netns->id ? netns->id : netns->key, current_facts(frame, netns));
    }
    if (sums.counted == 0)
        return;
    put(sample, SERIES_OPENS, sums.opens);
    if (sums.resets_known)
        put(sample, SERIES_RESETS, sums.resets);
    put(sample, SERIES_COUNTED, sums.of);
    put(sample, SERIES_UNCOUNTED, sums.uncounted);
}

static bool take_all(const struct frame *frame, struct series_sample *sample)
{
    const struct totals *totals = &frame->totals;

    if (totals_have_rates(frame)) {
        put(sample, SERIES_IN, totals->in_bytes_per_s);
        put(sample, SERIES_OUT, totals->out_bytes_per_s);
    }
    if (totals_have_rates(frame) && !frame->all_ns) { /* else they cover only some rows */
        put(sample, SERIES_SENT, totals->sent_interval);
        put(sample, SERIES_RETRANS, totals->retrans_interval);
    }
    put_counters(sample, frame);
    put(sample, SERIES_LIVE, totals->live);
    for (unsigned state = 0; state < STATE_COUNT; state++)
        put(sample, SERIES_STATE + state, totals->states[state]);
    return true;
}

bool series_take(const struct series_subject *subject, const struct frame *frame,
                 struct series_sample *sample)
{
    *sample = (struct series_sample){.mono_ns = frame->mono_ns, .number = frame->number};
    if (subject->all)
        return take_all(frame, sample);
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
        if (series->samples[i].known & SERIES_BIT(value))
            values[count++] = series->samples[i].values[value];
    return count;
}

/* The first sample of the newest `count` frames. */
static uint32_t first_of_frames(const struct series *series, size_t count)
{
    const uint64_t last = series->count > 0 ? series->samples[series->count - 1].number : 0;
    uint32_t i = series->count;

    while (i > 0 && series->samples[i - 1].number <= last &&
           last - series->samples[i - 1].number < count)
        i--;
    return i;
}

void series_frames(const struct series *series, enum series_value value, uint64_t *values,
                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = SERIES_UNKNOWN;
    for (uint32_t i = first_of_frames(series, count); i < series->count; i++) {
        const struct series_sample *sample = &series->samples[i];
        const uint64_t before_last = series->samples[series->count - 1].number - sample->number;
        if (sample->known & SERIES_BIT(value))
            values[count - 1 - before_last] = sample->values[value];
    }
}

int64_t series_frames_span(const struct series *series, size_t count)
{
    const uint32_t first = first_of_frames(series, count);

    return first < series->count
               ? series->samples[series->count - 1].mono_ns - series->samples[first].mono_ns
               : 0;
}

/* The first sample of the last span_ns: one that is at least so old, if `whole`. `count`: none. */
static uint32_t first_of(const struct series *series, int64_t span_ns, bool whole)
{
    uint32_t i = series->count;

    if (i == 0)
        return 0;
    const int64_t since_ns = series->samples[i - 1].mono_ns - span_ns;
    while (i > 0 && series->samples[i - 1].mono_ns > since_ns)
        i--;
    if (i > 0)
        return i - 1;
    return whole ? series->count : 0;
}

bool series_only_grew(const struct series *series, enum series_value value, int64_t span_ns)
{
    const uint32_t first = first_of(series, span_ns, true);

    for (uint32_t i = first; i < series->count; i++) {
        const struct series_sample *sample = &series->samples[i];
        if (!(sample->known & SERIES_BIT(value)) ||
            (i > first && sample->values[value] < sample[-1].values[value]))
            return false;
    }
    return first < series->count && trend_is_rise(series->samples[first].values[value],
                                                  series->samples[series->count - 1].values[value]);
}

bool series_growth(const struct series *series, enum series_value value, int64_t span_ns,
                   double *per_second)
{
    if (series->count < 2)
        return false;
    const struct series_sample *begin = &series->samples[first_of(series, span_ns, false)];
    const struct series_sample *end = &series->samples[series->count - 1];
    while (begin < end && begin->values[SERIES_COUNTED] != end->values[SERIES_COUNTED])
        begin++;
    if (begin == end || !(begin->known & end->known & SERIES_BIT(value)) ||
        end->values[value] < begin->values[value] || end->mono_ns <= begin->mono_ns)
        return false;
    *per_second = (double)(end->values[value] - begin->values[value]) * 1e9 /
                  (double)(end->mono_ns - begin->mono_ns);
    return true;
}

struct series_axis series_axis_of(int64_t end_ns, int64_t interval_ns)
{
    static const int64_t SPANS_S[] = {5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600};
    const int64_t step_ns = interval_ns > 0 ? interval_ns : SECOND_NS;
    struct series_axis axis = {
        .end_ns = end_ns, .span_ns = SPANS_S[0] * SECOND_NS, .hold_ns = HOLD_INTERVALS * step_ns};

    for (size_t i = 1; i < sizeof(SPANS_S) / sizeof(SPANS_S[0]); i++)
        if (SPANS_S[i] * SECOND_NS <= step_ns * SERIES_PAGE)
            axis.span_ns = SPANS_S[i] * SECOND_NS;
    return axis;
}

static void spread(uint64_t number, int64_t from_ns, int64_t to_ns, const struct series_axis *axis,
                   uint64_t *values, size_t count)
{
    const double begin_ns = (double)(axis->end_ns - axis->span_ns);
    const double width_ns = (double)axis->span_ns / (double)count;
    double first = ((double)from_ns - begin_ns) / width_ns;
    double last = ((double)to_ns - begin_ns) / width_ns;

    if (last <= 0 || first >= (double)count)
        return;
    if (first < 0)
        first = 0;
    size_t end = last >= (double)count ? count : (size_t)last + ((double)(size_t)last < last);
    for (size_t i = (size_t)first; i < end; i++)
        if (values[i] == SERIES_UNKNOWN || values[i] < number)
            values[i] = number;
}

void series_by_time(const struct series *series, enum series_value value,
                    const struct series_axis *axis, uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = SERIES_UNKNOWN;
    for (uint32_t i = 0; i < series->count; i++) {
        const struct series_sample *sample = &series->samples[i];
        const int64_t before_ns = i > 0 ? series->samples[i - 1].mono_ns : INT64_MIN;
        /* after a gap, and at the beginning, it covers one interval */
        const int64_t from_ns = before_ns >= sample->mono_ns - axis->hold_ns
                                    ? before_ns
                                    : sample->mono_ns - axis->hold_ns / HOLD_INTERVALS;
        if (sample->known & SERIES_BIT(value))
            spread(sample->values[value], from_ns, sample->mono_ns, axis, values, count);
    }
}

uint64_t series_newest(const struct series *series, enum series_value value)
{
    for (uint32_t i = series->count; i-- > 0;)
        if (series->samples[i].known & SERIES_BIT(value))
            return series->samples[i].values[value];
    return SERIES_UNKNOWN;
}
