/* event_watch: see event_watch.h. */
#include "event_watch.h"

#include "net_tools.h"
#include "source/live.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define BATCH     512u

static enum events_source source_by_name(const char *name)
{
    static const char *const NAMES[] = {
        [EVENTS_BPF] = "bpf", [EVENTS_DESTROY] = "destroy", [EVENTS_NONE] = "none"};
    for (unsigned i = EVENTS_BPF; i <= EVENTS_NONE; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return (enum events_source)i;
    net_die("no source of events is called %s", name);
}

/* Until the frames name it. */
static void wait_for_source(struct event_watch *watched, const char *source)
{
    const int64_t end = net_now_ns() + 20 * SECOND_NS;
    while (net_now_ns() < end) {
        struct frame *frame = collector_latest(watched->collector);
        if (frame && frame->events) {
            if (strcmp(frame->events, source) != 0) {
                printf("skipped: no %s events here: %s\n", source,
                       frame->events_why ? frame->events_why : "");
                exit(77);
            }
            frame_release(frame);
            return;
        }
        frame_release(frame);
        event_watch_wait(watched, SECOND_NS / 10);
    }
    net_die("no frame named a source of events within 20 s");
}

void event_watch_start(struct event_watch *watched, const char *source, int64_t interval_ns,
                       uint32_t needs)
{
    event_watch_start_states(watched, source, interval_ns, needs,
                             state_class_bits(CLASS_CONNECTIONS) | STATE_BIT(STATE_LISTEN));
}

void event_watch_start_states(struct event_watch *watched, const char *source, int64_t interval_ns,
                              uint32_t needs, uint32_t state_bits)
{
    const struct wish wish = {.interval_ns = interval_ns,
                              .state_bits = state_bits,
                              .families = WISH_INET | WISH_INET6,
                              .needs = needs};
    event_watch_start_wish(watched, source, &wish);
}

void event_watch_start_wish(struct event_watch *watched, const char *source,
                            const struct wish *wish)
{
    char text[EVENTS_WHY_MAX] = "";
    struct collector_settings settings = {.wish = *wish,
                                          .highlight_ns = 3 * SECOND_NS,
                                          .ring_capacity = 1u << 18,
                                          .events = source_by_name(source),
                                          .events_why = text};
    const struct live_settings live = {0};
    if (live_open(&settings.source, &live, text) < 0)
        net_die("%s", text);
    if (collector_new(&watched->collector, &settings) < 0) {
        printf("skipped: %s\n", text);
        exit(77);
    }
    watched->bell = collector_add_event_consumer(watched->collector);
    watched->cursor = event_ring_next(collector_events(watched->collector));
    if (collector_start(watched->collector) < 0)
        net_die("the collector does not start");
    wait_for_source(watched, source);
}

void event_watch_read(struct event_watch *watched,
                      void (*take)(void *context, const struct event *event), void *context)
{
    static struct event batch[BATCH];
    uint64_t lost = 0;
    uint32_t got;
    do {
        got = event_ring_read(collector_events(watched->collector), &watched->cursor, batch, BATCH,
                              &lost);
        if (lost)
            net_die("the reader lost %llu events of the ring", (unsigned long long)lost);
        for (uint32_t i = 0; i < got; i++)
            take(context, &batch[i]);
    } while (got);
}

void event_watch_wait(const struct event_watch *watched, int64_t most_ns)
{
    struct pollfd bell = {watched->bell, POLLIN, 0};
    uint64_t count;
    if (poll(&bell, 1, (int)(most_ns / 1000000)) > 0) {
        ssize_t got = read(watched->bell, &count, sizeof(count));
        (void)got;
    }
}

uint64_t event_watch_frames(const struct event_watch *watched)
{
    struct frame *frame = collector_latest(watched->collector);
    const uint64_t number = frame ? frame->number : 0;
    frame_release(frame);
    return number;
}
