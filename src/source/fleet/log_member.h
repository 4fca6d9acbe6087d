/* log_member: one log of several that are read as one. Its times are converted to the clock of the
 * collecting host, if its host lines have the offset. A host whose log was rotated has a member for
 * each part. */
#ifndef TCPLENS_SOURCE_FLEET_LOG_MEMBER_H
#define TCPLENS_SOURCE_FLEET_LOG_MEMBER_H

#include "core/event.h"
#include "core/frame.h"
#include "core/host.h"
#include "source/fleet/log_paths.h"
#include "source/source.h"

struct log_member {
    const char *path;
    uint32_t part_of; /* number of its host by log_paths */
    uint32_t host;    /* index of its host */
    struct source *log;
    struct frame *latest;
    int64_t start_ns;     /* when the recording of `latest` began */
    struct event *events; /* of the frames read, and of the peeked one */
    uint32_t event_count, event_capacity;
    uint32_t read_count; /* of these, those of the frames read */
    uint64_t missed;     /* lost because memory was refused, not reported yet */
    uint64_t frames;
    int64_t shift_ns;  /* from its clock to that of the fleet */
    int64_t latest_ns; /* time of `latest` */
    int64_t next_ns;   /* time of its next frame; with peeked */
    bool peeked, done, is_new;
    char fault[200];
};

/* 0 or -errno with one line in why. Peeks at the first frame; events go to `scratch`, which all
 * members share and which is empty between calls. */
int log_member_open(struct log_member *member, const struct log_path *path,
                    struct event_ring *scratch, char *why, size_t size);
void log_member_done(struct log_member *member);

/* Finds the time of its next frame, if there is one. */
void log_member_peek(struct log_member *member, struct event_ring *scratch);
/* The peeked frame becomes the latest; then peeks at the next one. */
void log_member_read(struct log_member *member, struct event_ring *scratch, struct frame_pool *pool,
                     const struct wish *wish);
/* Positions it so that the next frame is the last one at or before limit_ns, or the first of all. 0
 * or -errno. */
int log_member_stand(struct log_member *member, struct event_ring *scratch, int64_t limit_ns);
/* A log that was at its end may have more by now. */
void log_member_look_again(struct log_member *member);
/* 0 or -errno; -ENODATA: it has no frame. */
int log_member_span(struct log_member *member, int64_t *first_ns, int64_t *last_ns);
/* Why the host has a gap between its latest frame and the next, "" = unknown. */
const char *log_member_gap(const struct log_member *member);
/* Notes events after the last frame, and those missed behind the last event, which would otherwise be
 * lost silently. */
void log_member_note_rest(struct log_member *member);

#endif
