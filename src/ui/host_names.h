/* Names of addresses, resolved by c-ares. Nothing here waits: a name is NULL until it has been
 * resolved, by later calls of host_names_pump. One thread. */
#ifndef TCPLENS_UI_HOST_NAMES_H
#define TCPLENS_UI_HOST_NAMES_H

#include "core/addr.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_NAMES_DESCRIPTORS 16

struct host_names;

struct host_names_counts {
    unsigned under_way;
    uint64_t asked, named, refused; /* refused: the answer was not a valid host name */
};

/* servers: "ADDRESS:PORT,..."; NULL = those configured on this machine. Sends nothing. 0 or -errno
 * (-ENOTSUP: c-ares does not start). */
int host_names_new(struct host_names **names, const char *servers);
void host_names_free(struct host_names *names); /* at once, even with pending queries */

/* The name, or NULL: not known yet (it is looked up, if there is room) or there is none. Valid
 * until the next call. now_ns: any monotonic clock. */
const char *host_names_find(struct host_names *names, const struct addr *addr, uint8_t family,
                            int64_t now_ns);

/* Descriptors to poll, at most HOST_NAMES_DESCRIPTORS; lowers *timeout_ms to the next timeout of
 * c-ares. */
size_t host_names_descriptors(const struct host_names *names, struct pollfd *out, int *timeout_ms);
/* To be called after each poll. True if a name was resolved since the last call. */
bool host_names_pump(struct host_names *names, const struct pollfd *waits, size_t count,
                     int64_t now_ns);

struct host_names_counts host_names_counts(const struct host_names *names);

/* True if it may be shown as a name: letters, digits, "-", "_" and ".", and not resembling an
 * address. */
bool host_name_is_sound(const char *name);

#endif
