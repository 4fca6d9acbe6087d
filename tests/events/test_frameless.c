/* test_frameless: while no frame can be made, events are kept up to a limit, what comes beyond is reported as lost, and a
 * frame wanted at once does not shorten the pause between two tries, but a long refresh interval. */
#include "net_tools.h"

#include "collect/collect.h"
#include "source/live.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS   1000000000LL
#define DEADLINE_NS (20 * SECOND_NS)
#define HOUR_NS     (3600 * SECOND_NS)
#define PAUSE_NS    (SECOND_NS / 5) /* at least, for two pauses of a second */

enum { LOOPBACK = 0x7f000001, PORT = 4300, KEPT = 8, CONNECTIONS = 32 };

static atomic_bool fails;
static atomic_uint tries; /* that failed */
static struct source_ops ops;
static int (*next)(struct source *source, struct frame *frame, const struct wish *wish);

static int failing_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    if (!atomic_load(&fails))
        return next(source, frame, wish);
    atomic_fetch_add(&tries, 1);
    return -ENOBUFS;
}

static struct collector *start(int64_t interval_ns)
{
    char text[EVENTS_WHY_MAX] = "";
    const struct live_settings live = {0};
    struct collector *collector;
    struct collector_settings settings = {.wish = {.interval_ns = interval_ns,
                                                   .state_bits = STATE_ALL_BITS,
                                                   .families = WISH_INET | WISH_INET6},
                                          .events = EVENTS_BPF,
                                          .events_kept = KEPT,
                                          .events_why = text};

    if (live_open(&settings.source, &live, text) < 0)
        net_die("%s", text);
    ops = *settings.source->ops;
    next = ops.next;
    ops.next = failing_next;
    settings.source->ops = &ops;
    if (collector_new(&collector, &settings) < 0) {
        printf("skipped: %s\n", text);
        exit(77);
    }
    if (collector_start(collector) < 0)
        net_die("the collector does not start");
    return collector;
}

/* Until a frame names the source of events and holds. */
static struct frame *wait_for(struct collector *collector, bool (*holds)(const struct frame *frame))
{
    const int64_t until_ns = net_now_ns() + DEADLINE_NS;

    for (;;) {
        struct frame *frame = collector_latest(collector);
        if (frame && frame->events && holds(frame))
            return frame;
        frame_release(frame);
        if (net_now_ns() > until_ns)
            net_die("no such frame in time");
        poll(NULL, 0, 10);
    }
}

static bool hears(const struct frame *frame)
{
    return strcmp(frame->events, "bpf") == 0;
}

static bool lacks_events(const struct frame *frame)
{
    return (frame->missing.reasons & MISSING_EVENTS) && frame->missing.events_lost > 0;
}

static void connect_some(void)
{
    const int listener = net_listen(net_v4(LOOPBACK, PORT), CONNECTIONS, 0);

    for (int i = 0; i < CONNECTIONS; i++) {
        const int fd = net_socket(AF_INET, NULL, 0);
        net_connect(fd, net_v4(LOOPBACK, PORT));
        net_close(net_accept(listener));
        net_close(fd);
    }
    net_close(listener);
}

static void wait_for_tries(struct collector *collector, unsigned count)
{
    const struct wish wish = collector_wish(collector);
    const int64_t until_ns = net_now_ns() + DEADLINE_NS;

    while (atomic_load(&tries) < count) {
        struct wish now = wish;
        now.now = true;
        collector_set_wish(collector, &now);
        if (net_now_ns() > until_ns)
            net_die("no try in time");
        poll(NULL, 0, 10);
    }
}

/* Those in the ring, the openings that are said to be exact, and whether the reason is the limit. */
static uint64_t count_lost(struct collector *collector, unsigned *openings, bool *is_limit)
{
    struct event_ring *ring = collector_events(collector);
    uint64_t cursor = 1, lost, sum = 0;
    struct event event;

    *openings = 0;
    *is_limit = false;
    while (event_ring_read(ring, &cursor, &event, 1, &lost) == 1) {
        sum += event.kind == EVENT_LOST ? event.lost : 0;
        *openings += event.kind == EVENT_OPEN && event.exact;
        *is_limit |= strcmp(event.text, "more than are kept between two frames") == 0;
    }
    return sum;
}

/* The first try fails, and the next one would be due in an hour. */
static void retry_at_long_interval(void)
{
    atomic_store(&fails, true);
    struct collector *collector = start(HOUR_NS);
    wait_for_tries(collector, 2);
    atomic_store(&fails, false);
    atomic_store(&tries, 0);
    collector_free(collector);
}

int main(void)
{
    unsigned openings;
    bool is_limit;

    net_enter_namespace(0);
    retry_at_long_interval();
    struct collector *collector = start(SECOND_NS / 20);
    frame_release(wait_for(collector, hears));
    const int64_t began_ns = net_now_ns();
    atomic_store(&fails, true);
    wait_for_tries(collector, 1);
    connect_some();
    wait_for_tries(collector, 3);
    const int64_t passed_ns = net_now_ns() - began_ns;
    atomic_store(&fails, false);
    frame_release(wait_for(collector, lacks_events));
    const uint64_t lost = count_lost(collector, &openings, &is_limit);
    printf("%.1f s for two more tries; %llu events lost, %u exact openings\n",
           (double)passed_ns / (double)SECOND_NS, (unsigned long long)lost, openings);
    collector_free(collector);
    return passed_ns > PAUSE_NS && lost >= CONNECTIONS && openings < CONNECTIONS && is_limit ? 0
                                                                                             : 1;
}
