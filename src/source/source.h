/* A source of frames: live kernel, demo, log. The collector thread is the only caller.
 * A source fills live rows and what belongs to them; diff and track do the rest, unless the source
 * says that its frames are complete already (a log carries its own history). */
#ifndef TCPLENS_SOURCE_SOURCE_H
#define TCPLENS_SOURCE_SOURCE_H

#include "core/density.h"
#include "core/diff.h"
#include "core/event.h"
#include "core/frame.h"
#include "core/redact.h"
#include "core/wish.h"

#include <stdbool.h>
#include <stdint.h>

struct owner_walk;
struct process_facts;
struct row_walk;
struct source;

/* frame: rows, processes and names of the events at hand, as the frame after them has them; NULL
 * where a search is made without rows. */
typedef bool (*source_match)(void *data, const struct event *event, const struct frame *frame);

struct source_search {
    source_match match;
    void *data;
    bool backward;
    bool with_rows; /* match wants the frame: reading all of it takes longer */
    bool with_all;  /* with_rows, and rows that have no event too */
};

/* Going back and forth where a source can: a log, the past kept in memory. What each does:
 * replay.h. A search or a count that is begun anew replaces the one before. */
struct source_travel {
    /* Time of the frame that source_next would give, without giving it. Errors as source_next. */
    int (*peek)(struct source *source, int64_t *wall_ns);
    int (*seek)(struct source *source, int64_t wall_ns);
    int (*step_back)(struct source *source);
    int (*span)(struct source *source, int64_t *first_ns, int64_t *last_ns);
    int (*search_begin)(struct source *source, const struct source_search *search);
    int (*search_step)(struct source *source, unsigned lines, int64_t *wall_ns,
                       int64_t *reached_ns);
    int (*density_begin)(struct source *source, int64_t from_ns, int64_t to_ns,
                         const struct density *density);
    int (*density_step)(struct source *source, unsigned lines);
};

/* A connection of which something was reported since the frame before; a part of its tuple may be missing. */
struct source_news {
    uint64_t cookie;
    struct tuple tuple;
};

struct source_ops {
    const char *name; /* "live", "demo", "log" */
    bool complete;    /* frames carry marks, ghosts, events: no diff and track */
    bool is_live;     /* acts and recording make sense */

    /* Fills an empty frame (number, times, rows, processes, missing). 0; -ENODATA at the end of a
     * log; other -errno: no frame could be made (frame->missing.text says why). A partly failed
     * dump is 0 with missing.reasons set. */
    int (*next)(struct source *source, struct frame *frame, const struct wish *wish);

    /* The same, but only rows that wish->seen names, that news are about, or of which none would come are read; the
     * others are copies of those of the frame before (frame->all_ns). -errno: there is no such frame now, next()
     * is to be called with a new one. *copies: for diff_copies(),
     * until the next call. NULL where there never is. */
    int (*refresh)(struct source *source, struct frame *frame, const struct wish *wish,
                   const struct source_news *news, uint32_t count, struct row_copies *copies);

    /* Rows of previous that the diff calls closed: asks for each exactly and appends those that
     * still exist to next (frame_add_conn), writing the row of previous for each into found (room
     * for diff->change_count); *count gets how many. NULL where a dump cannot skip rows. */
    int (*confirm)(struct source *source, const struct frame *previous, struct frame *next,
                   const struct diff *diff, uint32_t *found, uint32_t *count);

    /* Before track: owners, processes, groups for the rows of next (diff->previous_of leads to what
     * is carried over from previous, NULL for the first frame). NULL where next() gave them. */
    int (*find_owners)(struct source *source, const struct frame *previous, struct frame *next,
                       const struct diff *diff, const struct wish *wish);

    /* After track: names of users that only ghosts have. NULL where next() gave them. */
    int (*name_ghosts)(struct source *source, struct frame *next);

    /* A faster walk for find_owners() (source/owners/walker.h), which lives until the source is closed; NULL:
     * none any more. NULL where find_owners() does not read descriptors. */
    void (*use_walk)(struct source *source, const struct owner_walk *walk);

    /* A walk over the sockets of other network namespaces (source/row_walk.h), which lives until the source
     * is closed. NULL where none is of use. */
    void (*use_rows)(struct source *source, const struct row_walk *walk);

    /* Network namespaces (conn.netns) in which something happened since the frame before. NULL where
     * all are read anyway. */
    void (*touched)(struct source *source, const uint32_t *netns, uint32_t count);

    /* Where events go that come with the frames of a source whose frames are complete. NULL: nowhere,
     * or as replay_set_ring() says. */
    void (*use_ring)(struct source *source, struct event_ring *ring);

    /* What frames do not carry of a process of theirs (core/finding/finding.h). 0 or -errno. NULL:
     * it is never known. */
    int (*process)(struct source *source, int32_t pid, uint64_t start_ticks,
                   struct process_facts *facts);

    /* From any thread and from a handler of a signal: next() does not wait any more; one that waits returns -EINTR.
     * NULL where it never waits. */
    void (*interrupt)(struct source *source);

    void (*close)(struct source *source);

    const struct source_travel *travel; /* NULL: it only goes on */
};

struct source { /* first member of each source's own struct, which may need this alignment */
    _Alignas(int64_t) const struct source_ops *ops;
    /* NULL: none. Of a source whose frames are complete, source_next gives them redacted; of others
     * the collector redacts what it publishes. */
    struct redaction *redaction;
};

static inline int source_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    const int error = source->ops->next(source, frame, wish);
    const uint32_t states = state_class_bits(CLASS_CONNECTIONS);

    frame->is_narrowed = (wish->state_bits & states) != states || !(wish->families & WISH_INET) ||
                         !(wish->families & WISH_INET6);
    if (!error && source->redaction && source->ops->complete)
        redact_frame(source->redaction, frame);
    return error;
}

static inline void source_interrupt(struct source *source)
{
    if (source->ops->interrupt)
        source->ops->interrupt(source);
}

static inline void source_close(struct source *source)
{
    if (source)
        source->ops->close(source);
}

#endif
