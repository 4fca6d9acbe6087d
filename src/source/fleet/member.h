/* fleet_member: one host of a fleet: its program, its stream, its latest frame. Its problems do not
 * affect others: it is read in time slices, its memory is bounded like that of a log, and once lost
 * it is retried with growing pauses. */
#ifndef TCPLENS_SOURCE_FLEET_MEMBER_H
#define TCPLENS_SOURCE_FLEET_MEMBER_H

#include "core/fleet.h"
#include "source/fleet/clock_exchange.h"
#include "source/fleet/stream_clocks.h"
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
    /* the command that sends this program there; count 0 = not allowed */
    struct remote_command push;
    const struct fleet_program *program; /* of push */
    bool is_pushed;                      /* `push` runs, or will run */
    uint64_t pushed_bytes;               /* bytes sent so far */
    struct remote_child child;
    struct source *log;    /* of its output; NULL = there is no stream */
    struct log_copy *copy; /* gets its lines unchanged; owned by the caller; NULL = none */
    struct frame_pool *pool;
    struct frame *latest;
    uint32_t latest_generation;
    bool is_taken;        /* a merged frame has shown latest */
    struct event *events; /* events since they were last taken, by our clocks */
    uint32_t event_count, event_capacity;
    uint64_t events_lost;
    struct frame_host host; /* without its texts */
    uint32_t generation;
    char why[HOST_WHY_MAX], version[32];
    char said[HOST_WHY_MAX]; /* the last line of its standard error */
    char line[HOST_WHY_MAX]; /* the beginning of the next one */
    size_t line_length;
    int64_t wall_shift_ns; /* from its wall clock to ours */
    struct stream_clocks clocks;
    struct clock_exchange clock; /* better, where it has answers */
    int64_t retry_ns;            /* mono: when it is started again */
    int64_t rest_ns;             /* mono: it is not read before this */
    int64_t quiet_ns;            /* mono: its standard error is not read before this */
    bool is_ending;              /* it was requested to end: the end of its stream is expected */
    bool has_more;               /* lines already read from the pipe wait for the next slice */
    int64_t arrived_ns;          /* mono: its latest frame; 0 = none yet */
    int64_t began_ns;            /* mono: it was started */
    int64_t ended_ns;  /* mono: its stream has ended, its program maybe not; 0 = it has not */
    uint32_t failures; /* in succession */
    uint64_t counted_bytes;
    int64_t counted_ns;
};

int fleet_member_init(struct fleet_member *member, uint32_t number);
void fleet_member_done(struct fleet_member *member);

/* Sets the copy of its lines. */
void fleet_member_copy(struct fleet_member *member, struct log_copy *copy);

/* True: it counts as being started; one that hangs does so only for a while. */
bool fleet_member_is_starting(const struct fleet_member *member);
void fleet_member_start(struct fleet_member *member);
/* Sends as much of the program as the pipe takes, while child.input is open. */
void fleet_member_push(struct fleet_member *member);
/* Reads its pending standard error. */
void fleet_member_read_errors(struct fleet_member *member);
/* One slice of its stream; `ring` is empty before and after. True: there is a new frame. */
bool fleet_member_read(struct fleet_member *member, const struct wish *wish,
                       struct event_ring *ring);
/* Asks for its time if that is due, by a line on its program's standard input. */
void fleet_member_ask_time(struct fleet_member *member);
/* Determines how it ended, after the end of its stream. True: known now. */
bool fleet_member_end(struct fleet_member *member);
/* Requests its program to end; its remaining output is read. */
void fleet_member_ask_end(struct fleet_member *member);
/* Ends its program, by a request or by force. */
void fleet_member_stop(struct fleet_member *member, bool force);
/* It has ended completely. */
bool fleet_member_is_gone(struct fleet_member *member);

#endif
