/* destroy: the SOCK_DIAG destroy groups, by which the kernel reports to any user that a
 * TCP socket ends, with its final counters. Only the events layer uses it, one thread at a time. */
#ifndef TCPLENS_SOURCE_NETNS_DESTROY_H
#define TCPLENS_SOURCE_NETNS_DESTROY_H

#include "core/lifecycle.h"
#include "source/netns/netns.h"

#include <stdbool.h>
#include <stdint.h>

struct destroy;

typedef void (*destroy_take)(void *context, const struct transition *transition);

/* 0 or -errno, text (128 bytes, or NULL) saying why not. */
int destroy_open(struct destroy **destroy, const struct netns *netns, char *text);
void destroy_close(struct destroy *destroy);
int destroy_descriptor(const struct destroy *destroy); /* readable when there is something */
/* True if the receive buffer holds so much that reading may wait a few milliseconds. */
bool destroy_may_nap(const struct destroy *destroy);

/* There is a listener at the local end of this tuple: one look-up. */
bool destroy_has_listener(struct destroy *destroy, const struct tuple *at);

/* Hands over what is there, in the order of the kernel, but not more than `most`. *overruns gets
 * how often messages were lost (each time one at least); the number of messages is returned, or
 * -errno.
 */
int destroy_drain(struct destroy *destroy, destroy_take take, void *context, uint32_t most,
                  uint32_t *overruns);

#endif
