/* fleet: several hosts as one source of frames: each host's session log comes from a program of its
 * own (ssh), is read by one thread for all of them, and its latest frame is a part of every frame. */
#ifndef TCPLENS_SOURCE_FLEET_FLEET_H
#define TCPLENS_SOURCE_FLEET_FLEET_H

#include "session/log/copy.h"
#include "source/remote/command.h"
#include "source/source.h"

struct fleet_settings {
    const char *const *targets; /* as remote_command_make() takes them */
    uint32_t count;
    struct remote_wish wish; /* but for push_bytes */
    bool push; /* this program is sent to hosts that have none, or one that is not understood */
    /* the first frame waits so long at most until every host has one, or has failed */
    int64_t wait_ns;
};

/* 0; -EINVAL: a target is wrong; other -errno; with one line in why. */
int fleet_open(struct source **source, const struct fleet_settings *settings, char *why,
               size_t size);

/* --- recording: the streams go to files as they are, and no frame is taken --- */

struct fleet_look {
    uint8_t state; /* enum host_state */
    char why[HOST_WHY_MAX];
    struct log_stats stats;
    bool reader_left; /* of the pipe that its copy goes to */
};

uint32_t fleet_count(const struct source *fleet);
const char *fleet_name(const struct source *fleet, uint32_t i);
/* Where the lines of a host go, from the beginning on; its owner closes it behind fleet_end(). */
void fleet_copy(struct source *fleet, uint32_t i, struct log_copy *copy);
int fleet_begin(struct source *fleet); /* 0 or -errno */
void fleet_look_at(struct source *fleet, uint32_t i, struct fleet_look *look);
/* Ends the hosts' programs and takes what they still send; nothing is written to the copies
 * afterwards. False: some had not ended by then. */
bool fleet_end(struct source *fleet, int64_t timeout_ns);

#endif
