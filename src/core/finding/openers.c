/* Events of connections that we open, summed by target. */
#include "core/finding/openers.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/hash.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     128u
#define SLOW_NS   (SECOND_NS / 10 * 9) /* a SYN is repeated after a second */
#define FORGOTTEN 0.05                 /* sums below this are noise */

void openers_init(struct openers *openers)
{
    memset(openers, 0, sizeof(*openers));
}

void openers_done(struct openers *openers)
{
    free(openers->rows);
    hash_index_done(&openers->index);
}

static uint32_t hash_of(const struct addr *remote, uint16_t port)
{
    return (uint32_t)hash_bytes(remote, sizeof(*remote), HASH_SEED + port);
}

static struct opener *find_opener(const struct openers *openers, const struct tuple *tuple,
                                  uint32_t netns)
{
    struct hash_cursor cursor;
    const uint32_t hash = hash_of(&tuple->remote, tuple->remote_port);

    for (uint32_t i = hash_index_first(&openers->index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&openers->index, &cursor)) {
        struct opener *opener = &openers->rows[i];
        if (opener->port == tuple->remote_port && opener->family == tuple->family &&
            opener->netns == netns && addr_compare(&opener->remote, &tuple->remote) == 0)
            return opener;
    }
    return NULL;
}

/* NULL: there are too many, or out of memory. */
static struct opener *opener_of(struct openers *openers, const struct event *event)
{
    struct opener *opener = find_opener(openers, &event->tuple, event->netns);
    if (opener || openers->count == OPENERS_MAX)
        return opener;
    if (GROW(openers->rows, openers->capacity, openers->count + 1))
        return NULL;
    const uint32_t hash = hash_of(&event->tuple.remote, event->tuple.remote_port);
    if (hash_index_add(&openers->index, hash, openers->count))
        return NULL;
    opener = &openers->rows[openers->count++];
    *opener = (struct opener){.remote = event->tuple.remote,
                              .port = event->tuple.remote_port,
                              .family = event->tuple.family,
                              .netns = event->netns};
    return opener;
}

static void count_life(struct opener *opener, int64_t life_ns)
{
    unsigned bucket = 0;
    for (int64_t ms = life_ns / MILLISECOND_NS; ms > 0 && bucket < OPENER_LIVES - 1; ms >>= 1)
        bucket++;
    opener->lives[bucket] += 1;
}

static void count_end_of_attempt(struct opener *opener, const struct event *event)
{
    switch (event->end) {
    case END_REFUSED:
        opener->refused += 1;
        break;
    case END_REJECTED:
        opener->rejected += 1;
        break;
    case END_UNREACHABLE:
        opener->unreachable += 1;
        return;
    case END_UNKNOWN: /* a log of an earlier version */
        if (!event->has_duration)
            return;
        if (event->duration_ns >= SECOND_NS) {
            opener->gave_up += 1;
            return;
        }
        opener->refused += 1;
        opener->guessed += 1;
        break;
    default:
        opener->gave_up += 1;
        return;
    }
    opener->latest.refused += 1;
}

static void count_reset(struct openers *openers, const struct event *event)
{
    if (event->end == END_RESET_BY_PEER || event->end == END_REFUSED)
        openers->reset_by_peer += 1;
    else if (event->end == END_RESET_BY_US && event->reset_why <= RESET_WHY_ENDED)
        openers->reset_by_us[event->reset_why] += 1;
}

static void count_step(struct opener *opener, const struct event *event)
{
    if (event->from == STATE_SYN_SENT && event->to == STATE_ESTABLISHED) {
        const bool slow = event->has_duration && event->duration_ns >= SLOW_NS;
        opener->connects += 1;
        opener->slow += slow;
        opener->latest.connects += 1;
        opener->latest.slow += slow;
    } else if (event->from == STATE_ESTABLISHED && event->has_duration) {
        count_life(opener, event->duration_ns);
    }
}

static void count_event(struct openers *openers, const struct event *event,
                        const struct census *census)
{
    const struct frame *frame = census->frame;

    if (event->kind == EVENT_LOST) {
        openers->lost += event->lost;
        return;
    }
    if (!event_is_of_connection(event))
        return;
    if (frame->namespace_count > 1 && event->netns != frame->netns)
        return; /* one of several lanes */
    if (event->kind == EVENT_CLOSE)
        count_reset(openers, event);
    if (event->tuple.remote_port == 0 || event->from == STATE_LISTEN || event->to == STATE_LISTEN)
        return;
    if (census->port_listener[event->tuple.local_port]) {
        acceptors_count(&openers->acceptors, event, census);
        return;
    }
    struct opener *opener = opener_of(openers, event);
    if (!opener)
        return;
    if (event->pid > 0) {
        opener->pid = event->pid;
        opener->start_ticks = event->owner_start_ticks;
        memcpy(opener->name, event->name, sizeof(opener->name));
    }
    if (event->kind == EVENT_OPEN) {
        opener->opens += 1;
        opener->latest.opens += 1;
        if (event->to == STATE_TIME_WAIT) /* opened and closed between two frames */
            count_life(opener, 0);
    } else if (event->kind == EVENT_STATE) {
        count_step(opener, event);
    } else if (event->from == STATE_SYN_SENT) {
        count_end_of_attempt(opener, event);
    } else if (event->from == STATE_ESTABLISHED && event->has_duration) {
        count_life(opener, event->duration_ns);
    }
}

static void fade(struct opener *opener, double kept)
{
    double *const sums[] = {&opener->opens,   &opener->connects, &opener->slow,
                            &opener->refused, &opener->rejected, &opener->unreachable,
                            &opener->guessed, &opener->gave_up};

    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
        *sums[i] *= kept;
    for (unsigned i = 0; i < OPENER_LIVES; i++)
        opener->lives[i] *= kept;
    memset(&opener->latest, 0, sizeof(opener->latest));
}

static bool is_forgotten(const struct opener *opener)
{
    return opener->opens + opener->connects + opener->refused + opener->rejected +
               opener->unreachable + opener->gave_up <
           FORGOTTEN;
}

static int fade_all(struct openers *openers, double seconds)
{
    const double kept = exp(-seconds / OPENER_TAU_S);
    uint32_t left = 0;

    openers->seconds = openers->seconds * kept + seconds;
    openers->latest_s = seconds;
    openers->reset_by_peer *= kept;
    for (unsigned i = 0; i <= RESET_WHY_ENDED; i++)
        openers->reset_by_us[i] *= kept;
    for (uint32_t i = 0; i < openers->count; i++) {
        fade(&openers->rows[i], kept);
        if (!is_forgotten(&openers->rows[i]))
            openers->rows[left++] = openers->rows[i];
    }
    if (left == openers->count)
        return 0;
    openers->count = left;
    int error = hash_index_begin(&openers->index, left);
    for (uint32_t i = 0; i < left && !error; i++)
        error = hash_index_add(&openers->index,
                               hash_of(&openers->rows[i].remote, openers->rows[i].port), i);
    return error;
}

int openers_update(struct openers *openers, const struct frame *frame, struct event_ring *ring,
                   const struct census *census)
{
    struct event events[BATCH];
    uint64_t lost = 0;
    uint32_t got = 0;

    if (!ring)
        return 0;
    const uint64_t until = frame->next_event;
    if (!openers->begun || frame->mono_ns < openers->mono_ns) {
        openers->begun = true;
        openers->cursor = until;
        openers->mono_ns = frame->mono_ns;
        return 0;
    }
    const double seconds = (double)(frame->mono_ns - openers->mono_ns) / (double)SECOND_NS;
    const int error = fade_all(openers, seconds);
    acceptors_update(&openers->acceptors, census, exp(-seconds / ACCEPT_TAU_S));
    openers->mono_ns = frame->mono_ns;
    while (!error && openers->cursor < until) {
        got = event_ring_read(ring, &openers->cursor, events, BATCH, &lost);
        openers->lost += lost;
        for (uint32_t i = 0; i < got; i++)
            count_event(openers, &events[i], census);
        if (got == 0)
            break;
    }
    return error;
}

double opener_rate(const struct openers *openers, double sum)
{
    return openers->seconds > 0 ? sum / openers->seconds : 0;
}

double opener_median_ms(const struct opener *opener)
{
    double all = 0, below = 0;

    for (unsigned i = 0; i < OPENER_LIVES; i++)
        all += opener->lives[i];
    if (all < 1)
        return -1;
    for (unsigned i = 0; i < OPENER_LIVES; i++) {
        below += opener->lives[i];
        if (below * 2 >= all)
            return (double)(UINT64_C(1) << i);
    }
    return -1;
}
