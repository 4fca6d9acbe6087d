/* scene_traffic: traffic of the many pairs of one process of a scene once all are connected: some
 * carry data, some are replaced. Independent of the rest of the scene. */
#ifndef TCPLENS_TOOLS_SCENE_TRAFFIC_H
#define TCPLENS_TOOLS_SCENE_TRAFFIC_H

#include "net_tools.h"

struct traffic_pair {
    int client, server;
    struct net_address local; /* its port is 0: chosen at connect */
};

struct traffic {
    struct traffic_pair *pairs;
    size_t count;
    int listener;
    struct net_address remote;
    unsigned busy_percent;    /* of the pairs carry data, both ways, once in a period */
    unsigned replace_percent; /* of the pairs are reset in each period, and as many made */
    unsigned period_ms;
};

void traffic_connect(struct traffic *traffic, struct traffic_pair *pair);
_Noreturn void traffic_run(struct traffic *traffic, unsigned phase); /* never returns, phase: any */

#endif
