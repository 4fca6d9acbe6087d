/* netlink_scene: what the tests of netlink share: pairs of sockets, and dumps of all there is. */
#ifndef TCPLENS_TESTS_NETLINK_SCENE_H
#define TCPLENS_TESTS_NETLINK_SCENE_H

#include "../unit/unit.h"
#include "net_tools.h"
#include "source/netns/netlink.h"

enum { LOOPBACK = 0x7f000001 };

/* Of all tests of a program, made by netlink_scene_open. */
extern struct netlink *netlink;
extern struct frame_pool *pool;
extern unsigned next_port; /* that no test has used */

struct pair {
    int listener, client, server;
};

/* On a port of its own; loopback, established. */
struct pair make_pair(int family);
void close_pair(struct pair pair);

/* Whole, or the test fails. The caller releases it. */
struct frame *dump_families(uint8_t families, uint32_t state_bits, uint32_t needs);
struct frame *dump(uint32_t state_bits, uint32_t needs); /* of both */

/* Before and after all tests of a group. */
int netlink_scene_open(void **unused);
int netlink_scene_close(void **unused);

#endif
