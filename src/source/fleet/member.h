/* fleet_member: one host of a fleet: its program, the stream that comes from it, its latest frame.
 * What can be wrong with it stays with it: it is read in slices of time, its memory is bounded as
 * that of a log, and once lost it is tried again with growing pauses. */
#ifndef TCPLENS_SOURCE_FLEET_MEMBER_H
#define TCPLENS_SOURCE_FLEET_MEMBER_H

#include "core/fleet.h"
#include "source/fleet/clock_exchange.h"
#include "source/remote/command.h"
#include "source/remote/spawn.h"
#include "source/source.h"

/* The program that is sent to hosts. */
struct fleet_program {
    int file; /* -1 = none is sent */
    uint64_t bytes;
};

struct log_copy;

struct fleet_member {
    struct remote_command command;
    struct remote_command push;          /* with this program sent there; count 0 = it may not be */
    const struct fleet_program *program; /* of push */
    bool is_pushed;                      /* push is what runs, or will */
    uint64_t pushed_bytes;               /* so many are sent */
    struct remote_child child;
    struct source *log;    /* of its output; NULL = there is no stream */
    struct log_copy *copy; /* where its lines go as they are; the caller's; NULL = nowhere */
    struct frame_pool *pool;
    struct frame *latest;
    struct event *events; /* since they were taken */
    uint32_t event_count, event_capacity;
    uint64_t events_lost;
    struct frame_host host; /* but for its texts */
    uint32_t generation;
    char why[HOST_WHY_MAX], version[32];
    char said[HOST_WHY_MAX]; /* the last line of its standard error */
    char line[HOST_WHY_MAX]; /* a part of the next one */
    size_t line_length;
    int64_t wall_shift_ns, mono_shift_ns;
    struct clock_exchange clock;
    int64_t best_lead_ns; /* most that its clock was ahead of ours when a frame arrived */
    bool is_shifted;      /* the shifts are known */
    int64_t retry_ns;     /* mono: when it is started again */
    int64_t rest_ns;      /* mono: it is not read before */
    int64_t quiet_ns;     /* mono: its standard error is not read before */
    bool is_ending;       /* it was asked to end: that its stream ends is no loss */
    bool has_more;        /* lines that were read from the pipe wait for the next slice */
    int64_t arrived_ns;   /* mono: its latest frame; 0 = none yet */
    int64_t began_ns;     /* mono: it was started */
    int64_t ended_ns;     /* mono: its stream has ended, its program may have not; 0 = it goes on */
    uint32_t failures;    /* in a row */
    uint64_t counted_bytes;
    int64_t counted_ns;
};

int fleet_member_init(struct fleet_member *member, uint32_t number);
void fleet_member_done(struct fleet_member *member);

/* Where its lines go from now on. */
void fleet_member_copy(struct fleet_member *member, struct log_copy *copy);

/* True: it counts among those that are being started; one that hangs does not for ever. */
bool fleet_member_is_starting(const struct fleet_member *member);
void fleet_member_start(struct fleet_member *member);
/* Sends what there is room for of the program, while child.input is open. */
void fleet_member_push(struct fleet_member *member);
/* Its standard error, as far as it has come. */
void fleet_member_read_errors(struct fleet_member *member);
/* One slice of its stream; `ring` is empty before and after. True: there is a new frame. */
bool fleet_member_read(struct fleet_member *member, const struct wish *wish,
                       struct event_ring *ring);
/* Asks for its time where that is due, by a line on its program's standard input. */
void fleet_member_ask_time(struct fleet_member *member);
/* What became of it once its stream has ended. True: that is known now. */
bool fleet_member_end(struct fleet_member *member);
/* Asks its program to end; what it still sends is read. */
void fleet_member_ask_end(struct fleet_member *member);
/* Ends its program: asks for it, or makes it. */
void fleet_member_stop(struct fleet_member *member, bool force);
/* Nothing of it is left to wait for. */
bool fleet_member_is_gone(struct fleet_member *member);

#endif
