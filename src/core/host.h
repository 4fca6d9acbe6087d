/* Hosts: the machines whose connections a frame shows, where it shows several. Pure. */
#ifndef TCPLENS_CORE_HOST_H
#define TCPLENS_CORE_HOST_H

#include "core/words.h"

#include <stdbool.h>
#include <stdint.h>

#define HOSTS_MAX       256u
#define HOST_NAME_BYTES 256
#define HOST_WHY_MAX    320

enum host_state {
    HOST_WAITING = 0, /* its turn to be started has not come */
    HOST_CONNECTING,  /* started; no frame yet */
    HOST_OK,
    HOST_LATE,    /* its last frame is older than it should be */
    HOST_LOST,    /* the stream ended; it is tried again */
    HOST_REFUSED, /* trying again would not help: no such program, another version */
    HOST_ENDED,   /* a log: that was its last frame */
    HOST_STATE_COUNT
};
extern const struct words HOST_STATE_WORDS;

/* Its rows are from an old frame. */
static inline bool host_state_is_old(uint8_t state)
{
    return state != HOST_OK;
}

/* Text is safe and never NULL: "" = none. Of a source of frames for several hosts (core/fleet.h). */
struct frame_host {
    uint32_t number; /* 1, 2, ...: frame_netns.host, proc.host, user.host; the same in all frames */
    uint8_t state;   /* enum host_state */
    bool skew_known;
    const char *name;               /* as it was given, or as its log says */
    const char *place;              /* "ssh:web1", the path of a log */
    const char *why;                /* reason of a state other than HOST_OK; or anything unusual */
    const char *version;            /* of its tcplens */
    const char *events;             /* what reports changes between its frames, "" = unknown */
    uint64_t frames;                /* read of it so far */
    uint64_t number_in_host;        /* of its last frame, as it counts */
    int64_t wall_ns, mono_ns;       /* of its last frame, by our clocks; 0 = there was none */
    int64_t skew_ns, skew_error_ns; /* its clock less ours */
    uint64_t bytes_per_s;           /* of its stream */
    uint32_t live;                  /* rows */
    uint32_t missing;               /* enum missing_reason of its last frame */
};

#endif
