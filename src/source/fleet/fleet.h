/* fleet: several hosts as one source of frames: each host's session log comes from a program of its
 * own (ssh), is read by one thread for all of them, and its latest frame is a part of every frame. */
#ifndef TCPLENS_SOURCE_FLEET_FLEET_H
#define TCPLENS_SOURCE_FLEET_FLEET_H

#include "source/remote/command.h"
#include "source/source.h"

struct fleet_settings {
    const char *const *targets; /* as remote_command_make() takes them */
    uint32_t count;
    struct remote_wish wish; /* but for push_bytes */
    bool push; /* this program is sent to hosts that have none, or one that is not understood */
    int64_t
        wait_ns; /* the first frame waits so long at most until every host has one, or has failed */
};

/* 0; -EINVAL: a target is wrong; other -errno; with one line in why. */
int fleet_open(struct source **source, const struct fleet_settings *settings, char *why,
               size_t size);

#endif
