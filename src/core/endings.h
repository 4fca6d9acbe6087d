/* Endings: final counters of sockets that ended, and the last counters seen of those that left the
 * rows before that was reported, by cookie: whichever comes first is kept until the other comes.
 * Used by the accounts only. Pure. */
#ifndef TCPLENS_CORE_ENDINGS_H
#define TCPLENS_CORE_ENDINGS_H

#include "base/hash_index.h"
#include "core/counters.h"
#include "core/event.h"

/* The end of a full socket, as a source of events reports it. */
struct socket_end {
    uint64_t cookie;
    struct tuple tuple;
    uint32_t netns;
    bool began; /* its beginning was reported too */
    int64_t mono_ns;
    int64_t idle_ns; /* since data last moved, at most; -1 = unknown */
    struct counters counters;
    uint32_t uid; /* UINT32_MAX = unknown */
    int32_t pid;  /* owner, 0 = unknown */
    uint64_t owner_start_ticks;
    char name[EVENT_NAME_MAX];
};

struct ending {
    struct socket_end end; /* if it only left: cookie, netns, owner and mono_ns */
    struct counters counted;
    bool ended; /* end.counters are final */
    bool left;  /* it was a row; `counted` of it was counted */
    bool live;  /* it is a row of the frame being tracked */
    bool done;
};

struct endings {
    struct ending *list;
    uint32_t count, capacity;
    struct hash_index index;
};

void endings_done(struct endings *endings);
/* NULL where there is none. */
struct ending *endings_find(const struct endings *endings, uint64_t cookie, uint32_t netns);
/* The one of this cookie, added (zeroed) if there is none; NULL when out of memory. */
struct ending *endings_take(struct endings *endings, uint64_t cookie, uint32_t netns);
/* The socket ended. If a cookie is reused, both ends are counted. 0 or -ENOMEM. */
int endings_note(struct endings *endings, const struct socket_end *end);
/* Drops those that are complete, and unmarks the rest. */
void endings_sift(struct endings *endings);

#endif
