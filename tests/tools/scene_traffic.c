/* scene_traffic: traffic in small steps, so that it is spread over the period. */
#include "scene_traffic.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define STEP_MS     200
#define REQUEST     100 /* bytes from client to server */
#define ANSWER      700
#define MILLISECOND 1000000

void traffic_connect(struct traffic *traffic, struct traffic_pair *pair)
{
    pair->client = net_socket(AF_INET, &pair->local, 0);
    net_connect(pair->client, traffic->remote);
    pair->server = net_accept(traffic->listener);
}

/* What does not fit in a buffer is left out: the other end read too little the last time. */
static void carry(int from, int to, size_t bytes)
{
    char data[ANSWER] = {0};
    if (send(from, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        net_die("send: %s", strerror(errno));
    if (recv(to, data, sizeof(data), MSG_DONTWAIT) < 0 && errno != EAGAIN)
        net_die("recv: %s", strerror(errno));
}

static void exchange(struct traffic *traffic, size_t n)
{
    const struct traffic_pair *pair = &traffic->pairs[n];
    carry(pair->client, pair->server, REQUEST);
    carry(pair->server, pair->client, ANSWER);
}

/* Reset, so that nothing stays in TIME-WAIT. */
static void replace(struct traffic *traffic, size_t n)
{
    const struct linger reset = {.l_onoff = 1};
    struct traffic_pair *pair = &traffic->pairs[n];
    setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    net_close(pair->client);
    net_close(pair->server);
    traffic_connect(traffic, pair);
}

/* Of what one period does, what is due by now: pairs [*done, due). */
static void do_share(struct traffic *traffic, size_t share, uint64_t passed_ms, size_t *done,
                     void (*act)(struct traffic *traffic, size_t n), size_t among)
{
    size_t due = (size_t)(share * passed_ms / traffic->period_ms);
    for (; *done < due; ++*done)
        act(traffic, *done % among);
}

_Noreturn void traffic_run(struct traffic *traffic, unsigned phase)
{
    size_t busy = traffic->count * traffic->busy_percent / 100, carried = 0;
    size_t replaced = 0, replacements = traffic->count * traffic->replace_percent;
    int64_t began_ns = net_now_ns() - (int64_t)(phase % STEP_MS) * MILLISECOND;
    poll(NULL, 0, (int)(phase % STEP_MS));
    for (;;) {
        uint64_t passed_ms = (uint64_t)((net_now_ns() - began_ns) / MILLISECOND);
        if (busy > 0)
            do_share(traffic, busy, passed_ms, &carried, exchange, busy);
        if (replacements > 0)
            do_share(traffic, replacements, passed_ms / 100, &replaced, replace, traffic->count);
        poll(NULL, 0, STEP_MS);
    }
}
