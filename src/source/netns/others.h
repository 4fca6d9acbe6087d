/* netns_others: how many TCP sockets the namespaces hold that a frame does not show, by
 * /proc/PID/net/sockstat: no table is walked, and anybody may read it. */
#ifndef TCPLENS_SOURCE_NETNS_OTHERS_H
#define TCPLENS_SOURCE_NETNS_OTHERS_H

#include "core/frame.h"
#include "source/netns/list.h"

#define NETNS_OTHERS_BUDGET_NS 1000000LL          /* of a frame */
#define NETNS_OTHERS_AGE_NS    (5 * 1000000000LL) /* then one is read again */

struct netns_others;

struct netns_others *netns_others_new(const char *proc_root); /* NULL: out of memory, no /proc, or
                                                                * hardly any descriptors */
void netns_others_free(struct netns_others *others);
/* Fills frame->other_netns with what there is and frame->namespaces does not have. */
void netns_others_count(struct netns_others *others, struct frame *frame);

#endif
