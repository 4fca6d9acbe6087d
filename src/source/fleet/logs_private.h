/* Private to source/fleet/logs*.c. */
#ifndef TCPLENS_SOURCE_FLEET_LOGS_PRIVATE_H
#define TCPLENS_SOURCE_FLEET_LOGS_PRIVATE_H

#include "core/fleet.h"
#include "source/fleet/log_member.h"
#include "source/fleet/logs.h"

struct log_host {
    char name[HOST_NAME_BYTES];
    struct fleet_keys keys;
    uint32_t member; /* the part whose frame is shown */
    uint64_t frames; /* of all its parts */
};

/* A search goes through one log after the other; the nearest match is the result. */
struct logs_search {
    struct source_search search;
    uint32_t member; /* at work */
    bool begun;
    struct source *redacted; /* the source whose redaction applies */
    struct frame_pool *pool;
    struct frame *frame;       /* the last merged frame of the log, with the fleet's keys */
    struct frame_mark made_of; /* the original of `frame` */
    int64_t found_ns, reached_ns;
    bool found;
};

struct logs_density {
    struct density density;
    int64_t from_ns, to_ns;
    uint32_t member;
    bool begun;
    struct density_part *parts; /* of the log being counted */
};

struct fleet_logs {
    struct source source; /* first */
    struct log_paths paths;
    struct log_member *members;
    uint32_t count;
    struct log_host *hosts;
    uint32_t host_count;
    struct frame_pool *pool;
    struct event_ring *scratch, *ring;
    struct fleet_part *parts; /* of the hosts */
    uint32_t next_key;
    struct event *events; /* not in the ring yet */
    uint32_t event_count, event_capacity;
    int64_t bucket_ns; /* frames within one such period are merged */
    int64_t given_ns;  /* time of the last frame returned; INT64_MIN = none */
    int64_t limit_ns;  /* the next frame is as of this time; INT64_MIN = the next in order */
    uint64_t number, next_number; /* of the last frame returned, of the next one */
    uint64_t jumps;               /* seeks so far */
    struct logs_search search;
    struct logs_density density;
    bool (*interrupted)(void *data); /* NULL = never */
    void *interrupt_data;
    char fault[320];
};

static inline struct fleet_logs *fleet_logs_of(struct source *source)
{
    return (struct fleet_logs *)source;
}

static inline struct fleet_part *fleet_logs_part(struct fleet_logs *logs,
                                                 const struct log_member *member)
{
    return &logs->parts[member->host];
}

/* logs_scan.c; as those of struct source_travel */
int fleet_logs_search_begin(struct source *source, const struct source_search *search);
int fleet_logs_search_step(struct source *source, unsigned lines, int64_t *wall_ns,
                           int64_t *reached_ns);
int fleet_logs_density_begin(struct source *source, int64_t from_ns, int64_t to_ns,
                             const struct density *density);
int fleet_logs_density_step(struct source *source, unsigned lines);
void fleet_logs_scan_done(struct fleet_logs *logs);

#endif
