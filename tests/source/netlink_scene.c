/* netlink_scene: see netlink_scene.h. */
#include "netlink_scene.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

struct netlink *netlink;
struct frame_pool *pool;
unsigned next_port = 3000;

struct pair make_pair(int family)
{
    unsigned port = next_port++;
    struct net_address to = family == AF_INET ? net_v4(LOOPBACK, port) : net_v6("::1", port);
    struct pair pair = {.listener = net_listen(to, 5, 0), .client = net_socket(family, NULL, 0)};
    net_connect(pair.client, to);
    pair.server = net_accept(pair.listener);
    net_wait_state(pair.client, TCP_ESTABLISHED);
    net_wait_state(pair.server, TCP_ESTABLISHED);
    return pair;
}

void close_pair(struct pair pair)
{
    net_close(pair.server);
    net_close(pair.client);
    net_close(pair.listener);
}

struct frame *dump_families(uint8_t families, uint32_t state_bits, uint32_t needs)
{
    struct wish wish = {.state_bits = state_bits, .families = families, .needs = needs};
    struct frame *frame = frame_new(pool);
    assert_non_null(frame);
    assert_int_equal(netlink_dump(netlink, frame, &wish, NULL), 0);
    assert_int_equal(frame->missing.error, 0);
    return frame;
}

struct frame *dump(uint32_t state_bits, uint32_t needs)
{
    return dump_families(WISH_INET | WISH_INET6, state_bits, needs);
}

int netlink_scene_open(void **unused)
{
    (void)unused;
    struct netns netns;
    netns_own(&netns);
    pool = frame_pool_new();
    return pool ? netlink_open(&netlink, &netns) : -1;
}

int netlink_scene_close(void **unused)
{
    (void)unused;
    netlink_close(netlink);
    frame_pool_release(pool);
    return 0;
}
