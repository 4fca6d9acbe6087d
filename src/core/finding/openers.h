/* openers: which processes open connections to where, how often and for how long, and which accept
 * them, from the events between frames. Sums decay, so that they describe the recent past. Internal
 * to core/finding. */
#ifndef TCPLENS_CORE_FINDING_OPENERS_H
#define TCPLENS_CORE_FINDING_OPENERS_H

#include "base/hash_index.h"
#include "core/event.h"
#include "core/finding/acceptors.h"
#include "core/finding/census.h"

#define OPENER_TAU_S 20.0
#define OPENER_LIVES 24u /* bucket n: lived less than 2^n ms */

struct opener {
    struct addr remote;
    uint16_t port;
    uint8_t family;
    uint32_t netns;
    int32_t pid; /* of the last event that knew it */
    uint64_t start_ticks;
    char name[EVENT_NAME_MAX];
    double opens;
    double connects, slow; /* completed handshakes; of these, those that took a second or more */
    double refused;        /* attempts ended by a reset; without a known reason: within a second */
    double rejected;       /* ... an ICMP message */
    double unreachable;
    double guessed; /* of `refused`: by how soon they ended */
    double gave_up; /* attempts that ended otherwise, or later */
    double lives[OPENER_LIVES];
    struct {
        double opens, connects, slow, refused;
    } latest; /* of these, since the last frame */
};

struct openers {
    struct opener *rows;
    uint32_t count, capacity;
    struct hash_index index;
    struct acceptors acceptors; /* of shared listeners */
    double latest_s;            /* since the last frame */
    double seconds;             /* decayed like the sums: sum / seconds is a rate */
    int64_t mono_ns;
    uint64_t cursor;
    uint64_t lost; /* events that were overwritten, or not reported */
    bool begun;
    /* Resets of connections, of all, lately: received; sent, by enum event_reset_why. */
    double reset_by_peer, reset_by_us[RESET_WHY_ENDED + 1];
};

void openers_init(struct openers *openers);
void openers_done(struct openers *openers);
/* Takes the events since the last call. ring NULL: nothing is known. 0 or -ENOMEM. */
int openers_update(struct openers *openers, const struct frame *frame, struct event_ring *ring,
                   const struct census *census);
double opener_rate(const struct openers *openers, double sum);
/* Median life in ms (an upper bound of its bucket); < 0 = none ended. */
double opener_median_ms(const struct opener *opener);

#endif
