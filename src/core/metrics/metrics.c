/* Counting: bytes as the accounts report them, opens and ends from the ring. */
#include "core/metrics/metrics.h"

#include "base/clock.h"
#include "base/grow.h"
#include "core/metrics/counting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     256u
#define LIVES_MAX 1000000u /* openings remembered until the end is seen */
#define CHOOSE_NS (10 * SECOND_NS)
/* net.ipv4.ip_local_port_range where it is unknown (net/ipv4/af_inet.c, Linux 6.18). */
#define PORT_FIRST 32768u
#define PORT_LAST  60999u

struct metrics *metrics_new(const struct metrics_settings *settings)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (!metrics)
        return NULL;
    metrics->settings = *settings;
    metrics->peers.wanted = settings->peers < METRIC_PEERS_MAX ? settings->peers : METRIC_PEERS_MAX;
    metrics->port_first = PORT_FIRST;
    metrics->port_last = PORT_LAST;
    pthread_mutex_init(&metrics->lock, NULL);
    if (sets_init(&metrics->sets) == 0)
        return metrics;
    metrics_free(metrics);
    return NULL;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    sets_done(&metrics->sets);
    peers_done(&metrics->peers);
    free(metrics->lives);
    map_done(&metrics->life_index);
    map_done(&metrics->places);
    event_places_done(&metrics->processes);
    free(metrics->reading.sets);
    free(metrics->reading.places);
    free(metrics->reading.peers);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* --- whose it is --- */

/* A namespace known only by its processes changes its name. */
const char *metrics_netns_label(const struct frame *frame, uint32_t key)
{
    const struct frame_netns *netns = frame_find_netns(frame, key);

    if (frame->namespace_count < 2)
        return "";
    return netns && netns->kind != NETNS_KIND_PROCESS && netns->name[0] ? netns->name : "unnamed";
}

/* Looked up once a frame. */
static uint32_t place_of_group(struct metrics *metrics, const struct frame *frame, uint32_t netns,
                               uint32_t index)
{
    static const struct group none = {.unit = "", .container = ""};
    const bool known = index < frame->group_count;
    const struct group *group = known ? &frame->groups[index] : &none;
    const uint64_t key = ((uint64_t)netns << 32 | (known ? index : CONN_NO_INDEX)) + 1;
    uint32_t place = map_find(&metrics->places, key);

    if (place != MAP_NONE)
        return place;
    place = sets_place(&metrics->sets, metrics_netns_label(frame, netns), group->unit,
                       group->container);
    (void)map_put(&metrics->places, key, place);
    return place;
}

static bool is_ephemeral(const struct metrics *metrics, uint16_t port)
{
    return port >= metrics->port_first && port <= metrics->port_last;
}

static uint32_t port_label(const struct metrics *metrics, uint16_t port)
{
    return is_ephemeral(metrics, port) ? PORT_EPHEMERAL : port;
}

/* The port of the service: ours if we serve, else theirs. */
static uint32_t set_of(struct metrics *metrics, uint32_t place, const struct tuple *tuple,
                       bool served)
{
    const uint32_t port = served ? tuple->local_port : port_label(metrics, tuple->remote_port);
    return sets_find(&metrics->sets, place, port, served);
}

/* A listener of ours accepted it. If no frame showed the listener, guessed by the ports. */
static bool is_served(const struct metrics *metrics, const struct tuple *tuple)
{
    const uint16_t port = tuple->local_port;

    return port_set_has(&metrics->listening, port) ||
           port_set_has(&metrics->listening_before, port) ||
           (!is_ephemeral(metrics, port) && is_ephemeral(metrics, tuple->remote_port));
}

static void see_listeners(struct metrics *metrics, const struct frame *frame)
{
    if (metrics->listeners_seen)
        return;
    metrics->listeners_seen = true;
    metrics->listening_before = metrics->listening;
    port_set_of_listeners(&metrics->listening, frame);
}

static void carried(void *data, const struct frame *frame, const struct conn *whose,
                    const struct tuple *tuple, const struct counters *grown)
{
    struct metrics *metrics = data;

    see_listeners(metrics, frame);
    const uint32_t place = place_of_group(metrics, frame, whose->netns, whose->group);
    const uint32_t set = set_of(metrics, place, tuple, is_served(metrics, tuple));
    counters_add(&metrics->sets.list[set].carried, grown);
    peers_count(&metrics->peers, &tuple->remote, tuple->family, grown);
}

struct account_sink metrics_sink(struct metrics *metrics)
{
    return (struct account_sink){carried, metrics};
}

static uint32_t place_of_event(struct metrics *metrics, const struct frame *frame,
                               const struct event *event)
{
    const struct proc *proc = event_places_process(&metrics->processes, frame, event);

    return place_of_group(metrics, frame, event->netns, proc ? proc->group : CONN_NO_INDEX);
}

/* --- lives --- */

static uint64_t life_key(const struct event *event)
{
    return event->cookie ? event->cookie : event->serial | UINT64_C(1) << 63;
}

static void remember(struct metrics *metrics, const struct event *event, uint32_t set)
{
    const uint64_t key = life_key(event);
    const uint32_t known = map_find(&metrics->life_index, key);

    if (known != MAP_NONE) { /* reported twice, or its end was lost */
        metrics->lives[known] = (struct life){key, event->mono_ns, set};
        return;
    }
    if (metrics->life_count >= LIVES_MAX ||
        GROW(metrics->lives, metrics->life_capacity, metrics->life_count + 1) ||
        map_put(&metrics->life_index, key, metrics->life_count)) {
        metrics->ageless++;
        return;
    }
    metrics->lives[metrics->life_count++] = (struct life){key, event->mono_ns, set};
}

static void forget(struct metrics *metrics, uint32_t index)
{
    const struct life last = metrics->lives[--metrics->life_count];

    map_remove(&metrics->life_index, metrics->lives[index].key);
    if (index == metrics->life_count)
        return;
    metrics->lives[index] = last;
    (void)map_put(&metrics->life_index, last.key, index); /* the key exists: needs no memory */
}

/* It closed, or only its TIME-WAIT remains. */
static void count_end(struct metrics *metrics, const struct frame *frame, const struct event *event)
{
    const uint32_t index = map_find(&metrics->life_index, life_key(event));
    const bool seen = index != MAP_NONE;
    const bool served = is_served(metrics, &event->tuple);
    if (!seen && event->from == STATE_TIME_WAIT)
        return; /* counted when it entered TIME-WAIT */
    const uint32_t set_index =
        seen ? metrics->lives[index].set
             : set_of(metrics, place_of_event(metrics, frame, event), &event->tuple, served);
    struct label_set *set = &metrics->sets.list[set_index];

    if (event->from == STATE_SYN_SENT)
        set->failed++;
    /* only its end was reported, and no frame showed it: it opened since the last frame */
    if (!seen && event->from == STATE_NONE && !event->serial)
        set->opens++;
    set->closes++;
    if (event->kind == EVENT_CLOSE && event->end < END_COUNT)
        set->ends[event->end]++;
    if (event->has_totals && event->rtt_us)
        histogram_observe(&set->rtt, &RTT_BOUNDS, (double)event->rtt_us / 1e6);
    if (seen)
        histogram_observe(&set->lifetime, &LIFETIME_BOUNDS,
                          (double)(event->mono_ns - metrics->lives[index].mono_ns) / 1e9);
    else if (event->kind == EVENT_CLOSE && event->has_duration)
        histogram_observe(&set->lifetime, &LIFETIME_BOUNDS, (double)event->duration_ns / 1e9);
    else
        metrics->ageless++;
    if (seen)
        forget(metrics, index);
}

static void count_open(struct metrics *metrics, const struct frame *frame,
                       const struct event *event)
{
    const bool served = event->to == STATE_SYN_RECEIVED ||
                        (event->to != STATE_SYN_SENT && is_served(metrics, &event->tuple));
    const uint32_t set =
        set_of(metrics, place_of_event(metrics, frame, event), &event->tuple, served);

    metrics->sets.list[set].opens++;
    if (event->to == STATE_TIME_WAIT) { /* it opened and ended between two frames */
        metrics->sets.list[set].closes++;
        metrics->ageless++;
    } else {
        remember(metrics, event, set);
    }
}

static void count_state(struct metrics *metrics, const struct frame *frame,
                        const struct event *event)
{
    if (event->to == STATE_TIME_WAIT) {
        count_end(metrics, frame, event);
        return;
    }
    const uint32_t index = map_find(&metrics->life_index, life_key(event));
    if (index == MAP_NONE || event->from != STATE_SYN_SENT || event->to != STATE_ESTABLISHED ||
        !event->has_duration)
        return;
    histogram_observe(&metrics->sets.list[metrics->lives[index].set].connect, &CONNECT_BOUNDS,
                      (double)event->duration_ns / 1e9);
}

static void count_event(struct metrics *metrics, const struct frame *frame,
                        const struct event *event)
{
    if (event->kind == EVENT_LOST) {
        metrics->events_lost += event->lost;
        return;
    }
    if (!event_is_of_connection(event))
        return;
    if (event->from == STATE_LISTEN || event->to == STATE_LISTEN || event->to == STATE_CLOSED ||
        (event->from == STATE_CLOSED && event->kind == EVENT_CLOSE))
        return; /* no connection */
    if (event->kind == EVENT_OPEN || (event->kind == EVENT_STATE && event->from == STATE_CLOSED))
        count_open(metrics, frame, event);
    else if (event->kind == EVENT_STATE)
        count_state(metrics, frame, event);
    else
        count_end(metrics, frame, event);
}

static void count_events(struct metrics *metrics, const struct frame *frame,
                         struct event_ring *ring)
{
    struct event events[BATCH];
    uint64_t lost = 0;
    uint32_t got = BATCH;

    if (!metrics->frames) { /* connections that existed before are not counted */
        metrics->cursor = frame->next_event;
        return;
    }
    while (metrics->cursor < frame->next_event && got) {
        got = event_ring_read(ring, &metrics->cursor, events, BATCH, &lost);
        metrics->events_lost += lost;
        for (uint32_t i = 0; i < got; i++)
            count_event(metrics, frame, &events[i]);
    }
}

/* --- the frame --- */

static void look_at_host(struct metrics *metrics, const struct frame *frame)
{
    const struct host_facts *facts = frame->facts;

    see_listeners(metrics, frame);
    if (facts && host_fact_known(facts, FACT_PORT_FIRST) &&
        host_fact_known(facts, FACT_PORT_LAST)) {
        metrics->port_first = (uint16_t)host_fact(facts, FACT_PORT_FIRST);
        metrics->port_last = (uint16_t)host_fact(facts, FACT_PORT_LAST);
    }
    if (!frame->totals.segs_known)
        return;
    metrics->segments.known = true;
    metrics->segments.in += frame->totals.segs_in;
    metrics->segments.out += frame->totals.segs_out;
    metrics->segments.retrans += frame->totals.segs_retrans;
}

#define COPY(to, to_count, from, from_count)                                                       \
    do {                                                                                           \
        if (from_count)                                                                            \
            memcpy(to, from, (from_count) * sizeof(*(to)));                                        \
        to_count = (from_count);                                                                   \
    } while (0)

/* All or nothing: sets refer to places by number. */
static void publish_locked(struct metrics *metrics)
{
    struct metrics_reading *reading = &metrics->reading;

    if (GROW(reading->sets, reading->set_capacity, metrics->sets.count) ||
        GROW(reading->places, reading->place_capacity, metrics->sets.place_count) ||
        GROW(reading->peers, reading->peer_capacity, metrics->peers.shown))
        return;
    COPY(reading->sets, reading->set_count, metrics->sets.list, metrics->sets.count);
    COPY(reading->places, reading->place_count, metrics->sets.places, metrics->sets.place_count);
    COPY(reading->peers, reading->peer_count, metrics->peers.list, metrics->peers.shown);
    reading->other_peers = metrics->peers.other;
    reading->segments = metrics->segments;
    reading->folded = metrics->sets.folded;
    reading->frames = metrics->frames;
    reading->events_lost = metrics->events_lost;
    reading->ageless = metrics->ageless;
}

void metrics_frame(struct metrics *metrics, const struct frame *frame, struct event_ring *ring)
{
    look_at_host(metrics, frame);
    count_events(metrics, frame, ring);
    metrics->frames++;
    map_clear(&metrics->places); /* the next frame numbers its groups differently */
    metrics->listeners_seen = false;
    if (frame->mono_ns - metrics->chosen_ns >= CHOOSE_NS) {
        metrics->chosen_ns = frame->mono_ns;
        peers_choose(&metrics->peers);
    }
    pthread_mutex_lock(&metrics->lock);
    publish_locked(metrics);
    pthread_mutex_unlock(&metrics->lock);
}
