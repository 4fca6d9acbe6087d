/* Names of addresses, resolved by c-ares. Nothing here waits: a name that is unknown
 * yet is NULL, and is there some time after host_names_pump was called. One thread. */
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
    uint64_t asked, named, refused; /* refused: what came back is no host name */
};

/* servers: "ADDRESS:PORT,..." in place of those of this machine; NULL = those. Sends nothing.
 * 0 or -errno (-ENOTSUP: c-ares does not start). */
int host_names_new(struct host_names **names, const char *servers);
void host_names_free(struct host_names *names); /* at once, whatever is under way */

/* The name, or NULL: not known yet (it is looked up, if there is room) or there is none. Valid
 * until the next call. now_ns: any clock that only runs forward. */
const char *host_names_find(struct host_names *names, const struct addr *addr, uint8_t family,
                            int64_t now_ns);

/* What to poll for, at most HOST_NAMES_DESCRIPTORS; *timeout_ms is lowered to when c-ares wants to
 * be called without it. */
size_t host_names_descriptors(const struct host_names *names, struct pollfd *out, int *timeout_ms);
/* To be called after each poll. True if a name has come since the last call. */
bool host_names_pump(struct host_names *names, const struct pollfd *waits, size_t count,
                     int64_t now_ns);

struct host_names_counts host_names_counts(const struct host_names *names);

/* True if it may be shown as a name: letters, digits, "-", "_" and ".", and no look-alike of an
 * address. */
bool host_name_is_sound(const char *name);

#endif
