/* topology: who talks to whom, from the rows of one frame: nodes are units, processes, containers,
 * pods or hosts; edges lead from a client to the port of a service. A listener decides the
 * direction; a connection with both ends in the frame is counted once. Pure. */
#ifndef TCPLENS_CORE_TOPOLOGY_H
#define TCPLENS_CORE_TOPOLOGY_H

#include "base/arena.h"
#include "base/hash_index.h"
#include "core/finding/finding.h"
#include "core/view.h"
#include "core/words.h"

enum topology_by {
    TOPOLOGY_UNIT = 0, /* else its container, else its process */
    TOPOLOGY_PROCESS,
    TOPOLOGY_CONTAINER,
    TOPOLOGY_POD,
    TOPOLOGY_HOST,
    TOPOLOGY_BY_COUNT
};
extern const struct words TOPOLOGY_BY_WORDS;

/* An address of a machine that is not shown is one node as a client and another as a server. */
enum topology_outside { TOPOLOGY_SHOWN = 0, TOPOLOGY_CLIENT, TOPOLOGY_SERVER };

struct topology_node {
    const char *name;
    const char *host;    /* where several are shown; "" = the only one, or outside */
    uint32_t number;     /* of that host */
    uint8_t outside;     /* enum topology_outside */
    uint8_t severity;    /* of the worst finding about it, enum finding_severity */
    const char *finding; /* its title, NULL = none */
    uint32_t edges_in, edges_out;
};

struct topology_edge {
    uint32_t from, to; /* in nodes */
    uint16_t port;     /* of the service */
    uint32_t connections;
    bool has_rates;
    uint64_t sent_per_s, received_per_s; /* payload bytes, as the client sees it */
    bool has_sent;
    uint64_t sent, retrans;          /* bytes of both directions, as far as the rows have them */
    uint32_t rtt_count;              /* rows with a round trip time */
    uint32_t rtt_p50_us, rtt_p95_us; /* of these */
    uint8_t severity;
    const char *finding;
};

struct topology {
    struct arena arena; /* texts */
    struct topology_node *nodes;
    uint32_t node_count, node_capacity;
    struct topology_edge *edges; /* most connections first */
    uint32_t edge_count, edge_capacity;
    struct hash_index node_index, edge_index;
};

struct topology_wish {
    enum topology_by by;
    view_accept accept; /* NULL = all rows */
    const void *accept_data;
    const struct finding *const *findings; /* of the frame; ended ones are passed over */
    uint32_t finding_count;
};

/* Zeroed at first. 0 or -ENOMEM. */
int topology_build(struct topology *topology, const struct column_context *context,
                   const struct topology_wish *wish);
void topology_done(struct topology *topology);

/* Output: as a tree of services, for Graphviz, for Mermaid, as JSON (one object per line). */
void topology_text(const struct topology *topology, bool ascii, struct buffer *out);
void topology_dot(const struct topology *topology, struct buffer *out);
void topology_mermaid(const struct topology *topology, struct buffer *out);
void topology_json(const struct topology *topology, struct buffer *out);

#endif
