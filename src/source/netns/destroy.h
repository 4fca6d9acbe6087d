/* destroy: the SOCK_DIAG destroy groups, by which the kernel reports the end of TCP sockets to any
 * user, with final counters. Only the events layer uses it, one thread at a time. */
#ifndef TCPLENS_SOURCE_NETNS_DESTROY_H
#define TCPLENS_SOURCE_NETNS_DESTROY_H

#include "core/lifecycle.h"
#include "source/netns/netns.h"

#include <stdbool.h>
#include <stdint.h>

struct destroy;

typedef void (*destroy_take)(void *context, const struct transition *transition);

/* 0 or -errno with text (128 bytes, or NULL) that says why. */
int destroy_open(struct destroy **destroy, const struct netns *netns, char *text);
void destroy_close(struct destroy *destroy);
int destroy_descriptor(const struct destroy *destroy); /* readable when there is something */
/* True if the receive buffer is large enough that reading may wait a few milliseconds. */
bool destroy_may_nap(const struct destroy *destroy);

/* True if there is a listener at the local end of this tuple; costs one look-up. */
bool destroy_has_listener(struct destroy *destroy, const struct tuple *at);

/* Delivers pending messages in the kernel's order, at most `most`. *overruns gets how often
 * messages were lost (at least one each time). Returns the number of messages, or -errno. */
int destroy_drain(struct destroy *destroy, destroy_take take, void *context, uint32_t most,
                  uint32_t *overruns);

#endif
