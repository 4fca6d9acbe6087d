/* Samples of targets, five seconds apart. */
#include "core/finding/port_trends.h"

#include "base/clock.h"

#include <string.h>

#define EVERY_NS (5 * SECOND_NS)

static bool is_of(const struct port_trend *trend, const struct target_tally *target)
{
    return trend->port == target->port && trend->family == target->family &&
           trend->netns == target->netns && addr_compare(&trend->remote, &target->remote) == 0 &&
           addr_compare(&trend->local, &target->local) == 0;
}

static const struct port_trend *find_trend(const struct port_trends *trends,
                                           const struct target_tally *target)
{
    for (uint32_t i = 0; i < trends->count; i++)
        if (is_of(&trends->rows[i], target))
            return &trends->rows[i];
    return NULL;
}

/* NULL: there are too many. */
static struct port_trend *trend_of(struct port_trends *trends, const struct target_tally *target)
{
    const struct port_trend *found = find_trend(trends, target);

    if (found)
        return &trends->rows[found - trends->rows];
    if (trends->count == PORT_TRENDS_MAX)
        return NULL;
    trends->rows[trends->count] = (struct port_trend){.remote = target->remote,
                                                      .local = target->local,
                                                      .port = target->port,
                                                      .family = target->family,
                                                      .netns = target->netns};
    return &trends->rows[trends->count++];
}

static void take_target(struct port_trend *trend, const struct target_tally *target, int64_t now_ns)
{
    trend->seen = true;
    if (trend->count > 0 && now_ns - trend->samples[trend->count - 1].mono_ns < EVERY_NS)
        return;
    if (trend->count == PORT_SAMPLES) {
        trend->count--;
        memmove(trend->samples, trend->samples + 1, trend->count * sizeof(trend->samples[0]));
    }
    trend->samples[trend->count++] = (struct port_sample){
        .mono_ns = now_ns, .used = target->in_range, .time_wait = target->in_range_time_wait};
}

static void drop_unseen(struct port_trends *trends)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < trends->count; i++) {
        if (!trends->rows[i].seen)
            continue;
        if (left != i)
            trends->rows[left] = trends->rows[i];
        trends->rows[left++].seen = false;
    }
    trends->count = left;
}

void port_trends_update(struct port_trends *trends, const struct census *census, uint32_t ports)
{
    const int64_t now_ns = census->frame->mono_ns;

    if (census->gap || now_ns < trends->mono_ns)
        trends->count = 0;
    trends->mono_ns = now_ns;
    for (uint32_t i = 0; i < census->target_count; i++) {
        const struct target_tally *target = &census->targets[i];
        if (!port_trends_has(target, ports))
            continue;
        struct port_trend *trend = trend_of(trends, target);
        if (trend)
            take_target(trend, target, now_ns);
    }
    drop_unseen(trends);
}

static double higher(double a, double b)
{
    return a > b ? a : b;
}

double port_trends_forecast(const struct port_trends *trends, const struct target_tally *target,
                            uint32_t ports, double opens)
{
    const struct port_trend *trend = find_trend(trends, target);

    if (!trend || trend->count == 0 || target->in_range >= ports)
        return -1;
    const struct port_sample *first = &trend->samples[0];
    const struct port_sample *last = &trend->samples[trend->count - 1];
    const double seconds = (double)(last->mono_ns - first->mono_ns) / (double)SECOND_NS;
    if (last->mono_ns - first->mono_ns < PORT_FORECAST_NS || last->used <= first->used)
        return -1;
    const double held = (double)last->used - last->time_wait;
    const double held_before = (double)first->used - first->time_wait;
    const double waiting = last->time_wait > first->time_wait ? opens * TIME_WAIT_S : 0;
    const double room = ports - held - higher(last->time_wait, waiting);
    if (room <= 0) /* full before the first of these TIME-WAIT end */
        return (ports - (double)last->used) * seconds / ((double)last->used - first->used);
    return held > held_before ? room * seconds / (held - held_before) : -1;
}
