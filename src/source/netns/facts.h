/* netns_facts: the counters and settings of other network namespaces than ours, read in turn within
 * a time budget: those in a frame may be older than the frame (host_facts.mono_ns). */
#ifndef TCPLENS_SOURCE_NETNS_FACTS_H
#define TCPLENS_SOURCE_NETNS_FACTS_H

#include "core/host_facts.h"
#include "source/netns/list.h"

#include <stdint.h>

#define NETNS_FACTS_BUDGET_NS 5000000LL /* of a frame */

struct netns_facts;

struct netns_facts *netns_facts_new(const char *proc_root); /* NULL when out of memory */
void netns_facts_free(struct netns_facts *facts);

/* A frame begins: its time, and a new budget. */
void netns_facts_begin(struct netns_facts *facts, int64_t mono_ns);
/* The facts of an entry: read for this frame if it is its turn, else as last read (out->netns is
 * its key). 0; -ENODATA: never read, or not readable; -ENOMEM. */
int netns_facts_read(struct netns_facts *facts, struct netns_list *list,
                     const struct netns_entry *entry, struct host_facts *out);
/* The frame is complete: forgets entries that were not requested. */
void netns_facts_end(struct netns_facts *facts);

#endif
