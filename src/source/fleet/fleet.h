/* fleet: several hosts as one source of frames: each host's session log is the output of a program
 * (ssh); one thread reads them all, and each merged frame contains the latest frame of each
 * host. */
#ifndef TCPLENS_SOURCE_FLEET_FLEET_H
#define TCPLENS_SOURCE_FLEET_FLEET_H

#include "session/log/copy.h"
#include "source/remote/command.h"
#include "source/source.h"

struct fleet_settings {
    const char *const *targets; /* as remote_command_make() takes them */
    uint32_t count;
    struct remote_wish wish; /* but for push_bytes */
    bool push;               /* send this program to hosts that have none, or an incompatible one */
    /* how long the first frame waits at most until every host has a frame or has failed */
    int64_t wait_ns;
};

/* 0; -EINVAL: a target is wrong; other -errno; with one line in why. */
int fleet_open(struct source **source, const struct fleet_settings *settings, char *why,
               size_t size);

/* --- recording: the streams are written to files unchanged, without taking frames --- */

struct fleet_look {
    uint8_t state; /* enum host_state */
    char why[HOST_WHY_MAX];
    struct log_stats stats;
    bool reader_left; /* the reader of the pipe with its copy has closed it */
};

uint32_t fleet_count(const struct source *fleet);
const char *fleet_name(const struct source *fleet, uint32_t i);
/* Copies all lines of a host; the owner of `copy` closes it after fleet_end(). */
void fleet_copy(struct source *fleet, uint32_t i, struct log_copy *copy);
int fleet_begin(struct source *fleet); /* 0 or -errno */
void fleet_look_at(struct source *fleet, uint32_t i, struct fleet_look *look);
/* Ends the hosts' programs and takes their remaining output; nothing is written to the copies
 * afterwards. False: some had not ended in time. */
bool fleet_end(struct source *fleet, int64_t timeout_ns);

#endif
