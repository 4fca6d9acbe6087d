/* fleet_member: see member.h. */
#include "source/fleet/member.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/grow.h"
#include "core/text/text.h"
#include "session/log/copy.h"
#include "source/log/replay.h"
#include "source/remote/push.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define SLICE_NS        (10 * MILLISECOND_NS) /* reading time per slice */
#define REST            3 /* pause, times the duration of a slice: at most a quarter of a core for one host */
#define RETRY_FIRST_NS  SECOND_NS
#define RETRY_MOST_NS   (60 * SECOND_NS)
#define RETRY_DOUBLINGS 6u
#define STEADY_NS       (10 * SECOND_NS) /* after running this long its failures are forgotten */
#define EVENTS_MOST     65536u           /* of one host between two frames of the fleet */
#define SKEW_LEAST_NS   SECOND_NS        /* less may be due to transmission */
#define END_NS          SECOND_NS        /* for a program to exit after the end of its output */
#define QUIET_NS        (50 * MILLISECOND_NS) /* between two looks at its standard error */
#define STARTING_NS     (3 * SECOND_NS) /* after this it no longer delays the start of others */
#define NOT_FOUND       127             /* exit code of a shell, passed on by ssh */
#define NOT_UNDERSTOOD  2            /* exit code of a tcplens that does not support our options */
#define SSH_FAILED      255          /* exit code of ssh for an error of its own */
#define PUSH_AT_ONCE    (256 * 1024) /* more than a pipe takes */

int fleet_member_init(struct fleet_member *member, uint32_t number)
{
    member->host = (struct frame_host){.number = number};
    member->pool = frame_pool_new();
    return member->pool ? 0 : -ENOMEM;
}

static void close_end(int *descriptor)
{
    if (*descriptor > 0)
        close(*descriptor);
    *descriptor = 0;
}

static void close_stream(struct fleet_member *member)
{
    source_close(member->log);
    member->log = NULL;
    close_end(&member->child.errors);
    close_end(&member->child.input);
}

void fleet_member_done(struct fleet_member *member)
{
    close_stream(member);
    frame_release(member->latest);
    if (member->pool)
        frame_pool_release(member->pool);
    free(member->events);
}

bool fleet_member_is_starting(const struct fleet_member *member)
{
    return member->host.state == HOST_CONNECTING &&
           clock_mono_ns() - member->began_ns < STARTING_NS;
}

/* --- beginning and ending --- */

static int64_t pause_of(const struct fleet_member *member)
{
    const uint32_t doublings =
        member->failures < RETRY_DOUBLINGS ? member->failures : RETRY_DOUBLINGS;
    const int64_t pause_ns = RETRY_FIRST_NS << doublings;

    if (member->host.state == HOST_REFUSED)
        return RETRY_MOST_NS;
    return pause_ns < RETRY_MOST_NS ? pause_ns : RETRY_MOST_NS;
}

/* --- a copy of its log --- */

static void report_copy(struct fleet_member *member, int64_t now_ns)
{
    struct session_host host = {.skew_known = member->host.skew_known,
                                .skew_ns = member->host.skew_ns,
                                .skew_error_ns = member->host.skew_error_ns,
                                .exchanged = member->clock.answers > 0};

    if (!member->copy)
        return;
    if (host.exchanged) /* as first found: it grows all the time */
        host.skew_error_ns = member->clock.error_ns;
    snprintf(host.name, sizeof(host.name), "%s", member->command.name);
    snprintf(host.place, sizeof(host.place), "%s", member->command.place);
    log_copy_set_host(member->copy, &host, now_ns);
}

/* Applies the clock's offset and its error, once an answer has come. */
static void apply_clock(struct fleet_member *member, int64_t now_ns)
{
    const int64_t skew_ns = clock_exchange_skew(&member->clock);

    member->wall_shift_ns = clock_less(0, skew_ns);
    member->host.skew_known = true;
    member->host.skew_ns = skew_ns;
    member->host.skew_error_ns = clock_exchange_error(&member->clock, now_ns);
}

static void take_line(void *data, const struct session_line *line, const struct log_text *text)
{
    struct fleet_member *member = data;
    const int64_t now_ns = clock_mono_ns();

    if (member->copy)
        log_copy_line(member->copy, line, text->text, text->length, now_ns);
    if (line->kind != RECORD_CLOCK ||
        !clock_exchange_answer(&member->clock, line->clock.id, line->clock.received_ns,
                               line->clock.answered_ns, now_ns, clock_wall_offset_ns()))
        return;
    apply_clock(member, now_ns);
    report_copy(member, now_ns);
}

void fleet_member_ask_time(struct fleet_member *member)
{
    char text[32];
    uint64_t id;

    if (!member->log || member->is_pushed || member->child.input <= 0 || member->arrived_ns == 0 ||
        member->arrived_ns < member->began_ns ||
        !clock_exchange_ask(&member->clock, clock_mono_ns(), &id))
        return;
    const int length = snprintf(text, sizeof(text), "clock %llu\n", (unsigned long long)id);
    const ssize_t written = write(member->child.input, text, (size_t)length);
    (void)written; /* if it does not read, there is no answer */
}

void fleet_member_copy(struct fleet_member *member, struct log_copy *copy)
{
    member->copy = copy;
    report_copy(member, clock_mono_ns());
}

/* Its rows stay, with their age. */
static void lose(struct fleet_member *member, enum host_state state, const char *why)
{
    const int64_t now_ns = clock_mono_ns();

    if (member->arrived_ns && now_ns - member->began_ns > STEADY_NS)
        member->failures = 0;
    close_stream(member);
    remote_end(&member->child, false);
    member->host.state = (uint8_t)state;
    member->host.bytes_per_s = 0;
    snprintf(member->why, sizeof(member->why), "%s", why);
    if (member->copy && !member->is_ending)
        log_copy_lose(member->copy, why, now_ns);
    member->retry_ns = now_ns + pause_of(member);
    member->failures++;
}

/* The host has no tcplens, or an incompatible one: true if this program is sent there instead. */
static bool begin_push(struct fleet_member *member)
{
    if (member->is_pushed || member->push.count == 0)
        return false;
    close_stream(member);
    remote_end(&member->child, false);
    member->is_pushed = true;
    member->host.state = HOST_WAITING;
    member->retry_ns = 0;
    return true;
}

/* Not a session log, or one of another version: reading on is useless. */
static void refuse_stream(struct fleet_member *member, int error, const char *why)
{
    if (error == -EPROTONOSUPPORT && begin_push(member))
        return;
    lose(member, error == -ENOMEM ? HOST_LOST : HOST_REFUSED, why);
}

void fleet_member_push(struct fleet_member *member)
{
    off_t at = (off_t)member->pushed_bytes;
    const ssize_t sent = sendfile(member->child.input, member->program->file, &at, PUSH_AT_ONCE);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    member->pushed_bytes += sent > 0 ? (uint64_t)sent : 0;
    if (sent <= 0 || member->pushed_bytes >= member->program->bytes)
        close_end(&member->child.input); /* the other side reports that it is incomplete */
}

void fleet_member_start(struct fleet_member *member)
{
    const struct remote_command *command = member->is_pushed ? &member->push : &member->command;
    char why[HOST_WHY_MAX];
    int code;

    if (!remote_reap(&member->child, &code)) { /* it was requested to end: now force it */
        remote_end(&member->child, true);
        return;
    }
    member->said[0] = member->line[0] = '\0';
    member->line_length = 0;
    member->began_ns = clock_mono_ns();
    member->clocks.is_known = false;
    member->counted_bytes = 0;
    member->counted_ns = member->began_ns;
    member->rest_ns = 0;
    member->has_more = true; /* more lines may have been read with the first one */
    member->pushed_bytes = 0;
    member->clock = (struct clock_exchange){.id = member->clock.id};
    int error = remote_spawn(&member->child, command->words, true);
    if (error) {
        snprintf(why, sizeof(why), "%.60s cannot be run: %s", command->words[0], error_text(error));
        lose(member, HOST_REFUSED, why);
        return;
    }
    error = replay_open_descriptor(&member->log, member->child.output, member->command.name, why,
                                   sizeof(why));
    if (error) {
        refuse_stream(member, error, why);
        return;
    }
    replay_set_tap(member->log, take_line, member);
    report_copy(member, member->began_ns);
    member->host.state = HOST_CONNECTING;
    member->generation++;
}

void fleet_member_ask_end(struct fleet_member *member)
{
    member->is_ending = true;
    if (member->clock.answers > 0) /* it ends by itself, after a last frame */
        close_end(&member->child.input);
    else
        remote_end(&member->child, false);
}

void fleet_member_stop(struct fleet_member *member, bool force)
{
    close_stream(member);
    remote_end(&member->child, force);
}

bool fleet_member_is_gone(struct fleet_member *member)
{
    int code;
    return remote_reap(&member->child, &code);
}

/* --- why --- */

static void end_line(struct fleet_member *member)
{
    if (member->line_length > 0)
        text_clean(member->said, sizeof(member->said), member->line, member->line_length);
    member->line_length = 0;
}

void fleet_member_read_errors(struct fleet_member *member)
{
    char bytes[512];
    ssize_t got = 0;

    /* Messages are short; a flood waits in its pipe. */
    member->quiet_ns = clock_mono_ns() + QUIET_NS;
    for (int i = 0; i < 8 && member->child.errors > 0; i++) {
        got = read(member->child.errors, bytes, sizeof(bytes));
        if (got <= 0)
            break;
        for (ssize_t n = 0; n < got; n++) {
            if (bytes[n] == '\n' || bytes[n] == '\r')
                end_line(member);
            else if (member->line_length < sizeof(member->line))
                member->line[member->line_length++] = bytes[n];
        }
    }
    if (member->child.errors > 0 && (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))) {
        end_line(member);
        close_end(&member->child.errors);
    }
}

/* Advice to send or copy this program to a host that has none. */
static void describe_not_found(const struct fleet_member *member, char *why, size_t size)
{
    char path[100];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

    path[length > 0 ? length : 0] = '\0';
    const struct remote_command *command = &member->command;
    if (command->is_ssh)
        snprintf(why, size,
                 "no tcplens there: --push sends it, or scp %s%s%s%s %.100s:/usr/local/bin/",
                 command->port[0] ? "-P " : "", command->port, command->port[0] ? " " : "", path,
                 command->copy_to);
    else
        snprintf(why, size, "no tcplens there: --push sends it, or copy %s to its PATH", path);
}

/* Reports how the program sent there failed. Next time an installed one is tried first. */
static void refuse_push(struct fleet_member *member)
{
    char why[HOST_WHY_MAX];

    snprintf(why, sizeof(why), "%.140s; there: apt install ./tcplens_*.deb", member->said);
    member->is_pushed = false;
    lose(member, HOST_REFUSED, why);
}

/* What to do about an error of ssh, which cannot ask questions here. */
static const struct {
    const char *said, *advice;
} SSH_ADVICE[] = {
    {"Host key verification failed", "to see its key and accept it, log in once: ssh"},
    {"Permission denied", "a login without a question is needed: ssh-agent, or ssh-copy-id"},
    {"Too many authentication failures", "name the key in ~/.ssh/config: IdentitiesOnly; try: ssh"},
};

static void describe_ssh(const struct fleet_member *member, char *why, size_t size)
{
    const struct remote_command *command = &member->command;

    for (size_t i = 0; i < sizeof(SSH_ADVICE) / sizeof(SSH_ADVICE[0]); i++) {
        if (!strstr(member->said, SSH_ADVICE[i].said))
            continue;
        snprintf(why, size, "%.120s; %s%s%s %.80s", member->said, SSH_ADVICE[i].advice,
                 command->port[0] ? " -p " : "", command->port, command->copy_to);
        return;
    }
    snprintf(why, size, "%s", member->said);
}

static void describe_end(const struct fleet_member *member, bool ended, int code, char *why,
                         size_t size)
{
    if (member->said[0] && ended && code == SSH_FAILED && member->command.is_ssh)
        describe_ssh(member, why, size);
    else if (member->said[0] &&
             !(ended && code == 0)) /* a recording that ends normally prints a summary */
        snprintf(why, size, "%s", member->said);
    else if (ended && code)
        snprintf(why, size, "%.60s ended with exit code %d", member->command.words[0], code);
    else
        snprintf(why, size, "its stream ended");
}

/* Its program's message, or its exit status, which is available shortly after the end of its
 * output. */
bool fleet_member_end(struct fleet_member *member)
{
    char why[HOST_WHY_MAX];
    int code = 0;

    const bool ended = remote_reap(&member->child, &code);
    if (!ended && clock_mono_ns() - member->ended_ns < END_NS)
        return false;
    member->ended_ns = 0;
    fleet_member_read_errors(member);
    end_line(member);
    const bool is_absent = ended && code == NOT_FOUND;
    const bool is_other = ended && code == NOT_UNDERSTOOD && member->host.frames == 0;
    if ((is_absent || is_other) && begin_push(member))
        return false;
    if (ended && code == REMOTE_PUSH_REFUSED && member->is_pushed) {
        refuse_push(member);
    } else if (is_absent) {
        describe_not_found(member, why, sizeof(why));
        lose(member, HOST_REFUSED, why);
    } else {
        describe_end(member, ended, code, why, sizeof(why));
        lose(member, HOST_LOST, why);
    }
    return true;
}

/* --- frames --- */

/* The offset of its clocks. */
static void take_clocks(struct fleet_member *member, const struct frame *frame, int64_t now_ns)
{
    stream_clocks_take(&member->clocks, frame->wall_ns, frame->mono_ns, now_ns);
    if (member->clock.answers > 0) {
        apply_clock(member, now_ns);
        return;
    }
    const int64_t skew_ns = stream_clocks_skew(&member->clocks, clock_wall_offset_ns());
    const bool is_skewed = skew_ns > SKEW_LEAST_NS || skew_ns < -SKEW_LEAST_NS;
    member->wall_shift_ns = is_skewed ? clock_less(0, skew_ns) : 0;
    member->host.skew_known = true;
    member->host.skew_ns = is_skewed ? skew_ns : 0;
    member->host.skew_error_ns = SKEW_LEAST_NS;
}

static void count_bytes(struct fleet_member *member, int64_t now_ns)
{
    const uint64_t bytes = replay_bytes(member->log);
    const int64_t passed_ns = now_ns - member->counted_ns;

    if (passed_ns < SECOND_NS / 2)
        return;
    const double rate =
        (double)(bytes - member->counted_bytes) * (double)SECOND_NS / (double)passed_ns;
    member->host.bytes_per_s = member->host.bytes_per_s
                                   ? (uint64_t)(0.5 * (double)member->host.bytes_per_s + 0.5 * rate)
                                   : (uint64_t)rate;
    member->counted_bytes = bytes;
    member->counted_ns = now_ns;
}

static void stamp_events(struct fleet_member *member, uint32_t first)
{
    const struct fleet_part part = {.host = {.number = member->host.number},
                                    .generation = member->generation,
                                    .wall_shift_ns = member->wall_shift_ns,
                                    .mono_shift_ns = member->clocks.mono_shift_ns};

    for (uint32_t i = first; i < member->event_count; i++)
        fleet_stamp_event(&member->events[i], &part);
}

static void take_events(struct fleet_member *member, struct event_ring *ring, uint64_t *cursor)
{
    const uint32_t first = member->event_count;
    const uint64_t wanted = event_ring_next(ring) - *cursor;
    uint64_t lost = 0;

    if (wanted == 0)
        return;
    const uint64_t room = EVENTS_MOST - member->event_count;
    const uint32_t count = (uint32_t)(wanted < room ? wanted : room);
    if (GROW(member->events, member->event_capacity, member->event_count + count)) {
        member->events_lost += wanted;
        *cursor = event_ring_next(ring);
        return;
    }
    member->event_count +=
        event_ring_read(ring, cursor, member->events + member->event_count, count, &lost);
    member->events_lost += lost + (event_ring_next(ring) - *cursor);
    *cursor = event_ring_next(ring);
    stamp_events(member, first);
}

static void take_frame(struct fleet_member *member, struct frame *frame)
{
    const int64_t now_ns = clock_mono_ns();

    take_clocks(member, frame, now_ns);
    report_copy(member, now_ns);
    count_bytes(member, now_ns);
    member->arrived_ns = now_ns;
    member->host.frames++;
    member->host.number_in_host = frame->number;
    member->host.wall_ns = clock_add(frame->wall_ns, member->wall_shift_ns);
    member->host.mono_ns = clock_add(frame->mono_ns, member->clocks.mono_shift_ns);
    member->host.state = HOST_OK;
    snprintf(member->why, sizeof(member->why), "%s",
             member->is_pushed ? "by a tcplens that was sent there" : "");
    snprintf(member->version, sizeof(member->version), "%.31s", replay_version(member->log));
    if (member->latest && !member->is_taken)
        fleet_add_skipped(frame, member->latest, member->latest_generation == member->generation);
    frame_release(member->latest);
    member->latest = frame;
    member->latest_generation = member->generation;
    member->is_taken = false;
}

struct slice {
    int64_t end_ns;
};

static bool is_over(void *data)
{
    return clock_mono_ns() >= ((const struct slice *)data)->end_ns;
}

/* 0: a frame; -EAGAIN: nothing now; -EINTR: the slice is over; else there is no stream any more. */
static int read_one(struct fleet_member *member, const struct wish *wish, struct event_ring *ring)
{
    struct frame *frame = frame_new(member->pool);
    uint64_t cursor = event_ring_next(ring);
    int error = frame ? source_next(member->log, frame, wish) : -ENOMEM;

    if (!error)
        take_frame(member, frame); /* first: events are converted by its clocks */
    take_events(member, ring, &cursor);
    if (!error)
        return 0;
    if (error == -ENODATA) {
        source_close(member->log);
        member->log = NULL;
        member->ended_ns = clock_mono_ns();
    } else if (error != -EAGAIN && error != -EINTR) {
        const bool is_said = frame && frame->missing.text[0];
        refuse_stream(member, error, is_said ? frame->missing.text : error_text(error));
    }
    frame_release(frame);
    return error;
}

bool fleet_member_read(struct fleet_member *member, const struct wish *wish,
                       struct event_ring *ring)
{
    const int64_t began_ns = clock_mono_ns();
    struct slice slice = {.end_ns = began_ns + SLICE_NS};
    bool any = false;
    int error = 0;

    replay_set_ring(member->log, ring);
    replay_set_interrupt(member->log, is_over, &slice);
    while (!error && !is_over(&slice)) {
        error = read_one(member, wish, ring);
        any |= !error;
    }
    if (member->log)
        replay_set_interrupt(member->log, NULL, NULL);
    member->has_more = member->log && (!error || error == -EINTR);
    const int64_t ended_ns = clock_mono_ns();
    member->rest_ns = ended_ns + REST * (ended_ns - began_ns);
    return any;
}
