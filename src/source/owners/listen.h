/* accept_queues: a connection that is not accepted yet has no inode; it belongs to the listener on
 * its local port. Works on rows only, independent of /proc. */
#ifndef TCPLENS_SOURCE_OWNERS_LISTEN_H
#define TCPLENS_SOURCE_OWNERS_LISTEN_H

#include "core/frame.h"

#include <stdbool.h>
#include <stdint.h>

struct accept_listener {
    uint16_t port;
    uint8_t family;
    uint32_t netns, entry; /* entry: in the table */
    struct addr bound;
};

struct accept_queues {
    uint8_t ports[(UINT16_MAX + 1) / 8]; /* a bit for each port with a waiting connection */
    bool any;
    struct accept_listener *listeners; /* of the frame, on these ports; sorted by port */
    uint32_t count, capacity;
};

void accept_queues_done(struct accept_queues *queues);
void accept_queues_clear(struct accept_queues *queues); /* a new frame */
/* Notes a connection of the frame that waits to be accepted. */
void accept_queues_note(struct accept_queues *queues, const struct conn *conn);
bool accept_queues_has_port(const struct accept_queues *queues, const struct conn *listener);
int accept_queues_add(struct accept_queues *queues, const struct conn *listener, uint32_t entry);
void accept_queues_sort(struct accept_queues *queues); /* once all are added */
/* Entries of the best matching listeners, at most `size`; returns how many. */
uint32_t accept_queues_find(const struct accept_queues *queues, const struct conn *conn,
                            uint32_t *entries, uint32_t size);

#endif
