/* test_unbound: listen() without bind(): the kernel reports the listener before it has a port. Its opening is reported
 * once a frame shows that, and is exact. */
#include "event_watch.h"
#include "net_tools.h"

#include <stdio.h>
#include <sys/socket.h>

#define SECOND_NS 1000000000LL
#define WAIT_NS   (20 * SECOND_NS)

struct unbound {
    struct event_watch watched;
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

int main(void)
{
    static struct unbound unbound;

    net_enter_namespace(0);
    event_watch_start(&unbound.watched, "bpf", SECOND_NS / 10, 0);
    const int fd = listen_unbound();
    unbound.cookie = net_cookie(fd);
    const int64_t until_ns = net_now_ns() + WAIT_NS;
    while (!unbound.openings && net_now_ns() < until_ns) {
        event_watch_wait(&unbound.watched, SECOND_NS / 10);
        event_watch_read(&unbound.watched, take, &unbound);
    }
    const struct event *opening = &unbound.opening;
    printf("a listener without bind(): %u openings, to state %u, port %u, %s\n", unbound.openings,
           opening->to, opening->tuple.local_port, opening->exact ? "exact" : "not exact");
    collector_free(unbound.watched.collector);
    net_close(fd);
    return unbound.openings == 1 && opening->to == STATE_LISTEN && opening->tuple.local_port &&
                   opening->exact
               ? 0
               : 1;
}
