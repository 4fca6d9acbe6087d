/* test_silent: a connection that a process restores (TCP_REPAIR) makes no segment: where frames of
 * few connections are read without a dump, its event causes a look-up, and its end is not reported
 * while it exists. */
#include "event_watch.h"
#include "net_tools.h"

#include "core/column/column.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001, PORT = 4200, FRAMES = 4 };

#define SECOND_NS 1000000000LL
#define WAIT_NS   (20 * SECOND_NS)

struct silent {
    struct event_watch watched;
    uint64_t cookie;
    unsigned closed;
};

static void take(void *context, const struct event *event)
{
    struct silent *silent = context;

    silent->closed += event->kind == EVENT_CLOSE && event->cookie == silent->cookie;
}

static bool is_dumped(const struct frame *frame)
{
    return frame_read_ns(frame, frame->netns, NETNS_ROWS_BOUND) >= frame->mono_ns;
}

/* Frames are read without a dump by now. */
static void wait_until_still(const struct silent *silent)
{
    const int64_t until_ns = net_now_ns() + WAIT_NS;
    bool dumped = true;

    while (dumped) {
        struct frame *frame = collector_latest(silent->watched.collector);
        dumped = !frame || is_dumped(frame);
        frame_release(frame);
        if (net_now_ns() > until_ns)
            net_die("each frame was dumped");
        if (dumped)
            event_watch_wait(&silent->watched, SECOND_NS / 10);
    }
}

static int restore_connection(void)
{
    const struct net_address from = net_v4(LOOPBACK, PORT + 1);
    const int fd = net_socket(AF_INET, NULL, 0), on = 1;

    if (setsockopt(fd, SOL_TCP, TCP_REPAIR, &on, sizeof(on)) ||
        bind(fd, &from.u.any, sizeof(from.u.v4))) {
        puts("skipped: no TCP_REPAIR");
        _exit(77);
    }
    net_connect(fd, net_v4(LOOPBACK, PORT));
    return fd;
}

static bool has_row(const struct silent *silent)
{
    struct frame *frame = collector_latest(silent->watched.collector);
    bool found = false;

    for (uint32_t i = 0; i < frame->live_count; i++)
        found = found || frame->conns[i].cookie == silent->cookie;
    frame_release(frame);
    return found;
}

int main(void)
{
    static struct silent silent;
    const struct wish wish = {.interval_ns = SECOND_NS / 10,
                              .state_bits = STATE_ALL_BITS & ~STATE_BIT(STATE_DELETE_TCB),
                              .families = WISH_INET | WISH_INET6,
                              .needs = NEED_SUSPECTS | NEED_FEW,
                              .refresh = REFRESH_AUTO};

    net_enter_namespace(0);
    event_watch_start_wish(&silent.watched, "bpf", &wish);
    wait_until_still(&silent);
    const int fd = restore_connection();
    silent.cookie = net_cookie(fd);
    const uint64_t last = event_watch_frames(&silent.watched) + FRAMES;
    const int64_t until_ns = net_now_ns() + WAIT_NS;
    while (event_watch_frames(&silent.watched) < last && net_now_ns() < until_ns)
        event_watch_wait(&silent.watched, SECOND_NS / 10);
    event_watch_read(&silent.watched, take, &silent);
    const bool found = has_row(&silent);
    printf("a connection without a segment: %s, %u times said to be closed\n",
           found ? "shown" : "not shown", silent.closed);
    collector_free(silent.watched.collector);
    net_close(fd);
    return found && !silent.closed ? 0 : 1;
}
