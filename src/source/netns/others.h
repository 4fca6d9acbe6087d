/* netns_others: the number of TCP sockets in namespaces that a frame does not show, from
 * /proc/PID/net/sockstat, which is cheap and readable by anybody. */
#ifndef TCPLENS_SOURCE_NETNS_OTHERS_H
#define TCPLENS_SOURCE_NETNS_OTHERS_H

#include "core/frame.h"
#include "source/netns/list.h"

#define NETNS_OTHERS_BUDGET_NS 1000000LL          /* of a frame */
#define NETNS_OTHERS_AGE_NS    (5 * 1000000000LL) /* after this a count is read again */

struct netns_others;

struct netns_others *netns_others_new(const char *proc_root); /* NULL: out of memory, no /proc, or
                                                                * hardly any descriptors */
void netns_others_free(struct netns_others *others);
/* Fills frame->other_netns with namespaces that are not in frame->namespaces. */
void netns_others_count(struct netns_others *others, struct frame *frame);

#endif
