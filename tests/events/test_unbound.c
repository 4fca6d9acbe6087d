/* test_unbound: listen() without bind(): the kernel reports the listener before it has a port. Its opening is exact,
 * and frames are read without a dump again, also where none shows listeners. */
#include "heard.h"
#include "net_tools.h"

#include "core/column/column.h"

#include <stdio.h>
#include <sys/socket.h>

#define SECOND_NS 1000000000LL
#define WAIT_NS   (20 * SECOND_NS)

struct unbound {
    struct heard heard;
    uint64_t cookie;
    struct event opening;
    unsigned openings;
};

static void take(void *context, const struct event *event)
{
    struct unbound *unbound = context;

    if (event->cookie != unbound->cookie || event->kind != EVENT_OPEN)
        return;
    unbound->opening = *event;
    unbound->openings++;
}

static int listen_unbound(void)
{
    const int fd = net_socket(AF_INET, NULL, 0);

    if (listen(fd, 1) != 0)
        net_die("listen() without bind()");
    return fd;
}

static void start(struct unbound *unbound, uint32_t state_bits)
{
    const struct wish wish = {.interval_ns = SECOND_NS / 10,
                              .state_bits = state_bits,
                              .families = WISH_INET | WISH_INET6,
                              .needs = NEED_SUSPECTS | NEED_FEW,
                              .refresh = REFRESH_AUTO};

    *unbound = (struct unbound){0};
    heard_start_wish(&unbound->heard, "bpf", &wish);
    heard_wait_until_still(&unbound->heard);
}

static bool is_reported(void)
{
    static struct unbound unbound;

    start(&unbound, STATE_ALL_BITS & ~STATE_BIT(STATE_DELETE_TCB));
    const int fd = listen_unbound();
    unbound.cookie = net_cookie(fd);
    const int64_t until_ns = net_now_ns() + WAIT_NS;
    while (!unbound.openings && net_now_ns() < until_ns) {
        heard_wait(&unbound.heard, SECOND_NS / 10);
        heard_read(&unbound.heard, take, &unbound);
    }
    const struct event *opening = &unbound.opening;
    printf("a listener without bind(): %u openings, to state %u, port %u, %s\n", unbound.openings,
           opening->to, opening->tuple.local_port, opening->exact ? "exact" : "not exact");
    collector_free(unbound.heard.collector);
    net_close(fd);
    return unbound.openings == 1 && opening->to == STATE_LISTEN && opening->tuple.local_port &&
           opening->exact;
}

/* Frames that do not show it are dumped once for it. */
static void stays_still(void)
{
    static struct unbound unbound;

    start(&unbound, STATE_ALL_BITS & ~(STATE_BIT(STATE_DELETE_TCB) | STATE_BIT(STATE_LISTEN)));
    const int fd = listen_unbound();
    const uint64_t last = heard_frames(&unbound.heard) + 3;
    const int64_t until_ns = net_now_ns() + WAIT_NS;
    while (heard_frames(&unbound.heard) < last && net_now_ns() < until_ns)
        heard_wait(&unbound.heard, SECOND_NS / 10);
    heard_wait_until_still(&unbound.heard);
    collector_free(unbound.heard.collector);
    net_close(fd);
}

int main(void)
{
    net_enter_namespace(0);
    if (!is_reported())
        return 1;
    stays_still();
    return 0;
}
