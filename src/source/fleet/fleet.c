/* fleet: the thread that starts the hosts' programs and reads their output, and the merged frames.
 * The lock guards what both sides access of the members. */
#include "source/fleet/fleet.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/grow.h"
#include "base/sort.h"
#include "base/wake.h"
#include "base/worker.h"
#include "source/fleet/member.h"
#include "source/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTING_MOST 8u /* at a time */
#define POLL_MOST_MS  500
#define END_NS        (500 * MILLISECOND_NS) /* for programs to end by themselves */
#define END_PUSHED_NS (5 * SECOND_NS)        /* the same if a folder has to be removed */
#define END_STEP_NS   (5 * MILLISECOND_NS)
#define END_LOOK_MS   50
#define LATE_FRAMES   3 /* intervals without a frame */
#define POLLED_EACH   3

struct fleet {
    struct source source; /* first */
    struct fleet_member *members;
    uint32_t count;
    int64_t interval_ns, wait_ns;
    int64_t sent_ns; /* interval of the hosts' frames, as requested at their start */
    struct worker worker;
    atomic_bool interrupted;    /* no more frames are wanted */
    struct event_ring *scratch; /* used by the thread: events of the present frame */
    struct fleet_program program;
    struct pollfd *polled; /* the one that wakes the thread, then POLLED_EACH for each member */
    int64_t cpu_ns;        /* of the thread, as last measured */

    pthread_mutex_t lock;
    struct wish wish; /* for families and states */
    int news;         /* readable when something has arrived */

    /* the caller's */
    struct event_ring *ring;
    struct fleet_keys *keys;
    uint32_t next_key;
    struct fleet_part *parts;
    struct frame **frames;
    struct event *events;
    uint32_t event_count, event_capacity;
    int64_t cpu_before_ns, process_ns, process_at_ns;
    bool begun;
    bool copies; /* streams go to files: frames and events are not taken */
    bool ending; /* guarded by the lock: no program is started any more */
};

static struct fleet *fleet_of(struct source *source)
{
    return (struct fleet *)source;
}

/* --- the thread --- */

static bool start_due(struct fleet *fleet, int64_t now_ns)
{
    bool failed = false;
    uint32_t starting = 0;

    for (uint32_t i = 0; i < fleet->count; i++)
        starting += fleet_member_is_starting(&fleet->members[i]);
    for (uint32_t i = 0; i < fleet->count && starting < STARTING_MOST; i++) {
        struct fleet_member *member = &fleet->members[i];
        if (member->log || member->ended_ns || now_ns < member->retry_ns || fleet->ending)
            continue;
        fleet_member_start(member);
        starting += fleet_member_is_starting(member);
        failed |= !fleet_member_is_starting(member);
    }
    return failed;
}

/* Time until something is due without a readable descriptor. */
static int wait_ms(const struct fleet *fleet, int64_t now_ns)
{
    int64_t until_ns = now_ns + POLL_MOST_MS * MILLISECOND_NS;

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = &fleet->members[i];
        const int64_t due_ns = member->ended_ns ? now_ns + END_STEP_NS
                               : member->log    ? member->rest_ns
                                                : member->retry_ns;
        if (due_ns <= now_ns && !(member->log && member->has_more))
            continue; /* a descriptor becomes readable, or others have started */
        if (due_ns < until_ns)
            until_ns = due_ns > now_ns ? due_ns : now_ns;
    }
    return (int)((until_ns - now_ns + MILLISECOND_NS - 1) / MILLISECOND_NS);
}

static struct pollfd *polled_of(struct fleet *fleet, uint32_t i)
{
    return &fleet->polled[1 + POLLED_EACH * (size_t)i];
}

static void fill_polled(struct fleet *fleet, int64_t now_ns)
{
    fleet->polled[0] = (struct pollfd){fleet->worker.wake, POLLIN, 0};
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = &fleet->members[i];
        const bool listens = member->child.errors > 0 && member->quiet_ns <= now_ns;
        const bool rests = !member->log || member->rest_ns > now_ns;
        struct pollfd *polled = polled_of(fleet, i);
        polled[0] = (struct pollfd){rests ? -1 : replay_descriptor(member->log), POLLIN, 0};
        polled[1] = (struct pollfd){listens ? member->child.errors : -1, POLLIN, 0};
        const bool is_sending = member->is_pushed && member->child.input > 0;
        polled[2] = (struct pollfd){is_sending ? member->child.input : -1, POLLOUT, 0};
    }
}

static bool is_ready(const struct fleet_member *member, short revents)
{
    return member->log && (revents || (member->has_more && member->rest_ns <= clock_mono_ns()));
}

static bool read_ready(struct fleet *fleet, const struct wish *wish)
{
    bool any = false;

    for (uint32_t i = 0; i < fleet->count; i++) {
        struct fleet_member *member = &fleet->members[i];
        const struct pollfd *polled = polled_of(fleet, i);
        const uint8_t state = member->host.state;
        pthread_mutex_lock(&fleet->lock);
        if (polled[2].revents)
            fleet_member_push(member);
        if (polled[1].revents)
            fleet_member_read_errors(member);
        if (is_ready(member, polled[0].revents))
            any |= fleet_member_read(member, wish, fleet->scratch);
        if (fleet->copies)
            member->event_count = 0;
        fleet_member_ask_time(member);
        if (member->ended_ns)
            any |= fleet_member_end(member);
        any |= member->host.state != state;
        pthread_mutex_unlock(&fleet->lock);
    }
    return any;
}

static void fleet_main(void *data)
{
    struct fleet *fleet = data;

    while (!worker_stopping(&fleet->worker)) {
        pthread_mutex_lock(&fleet->lock);
        const bool failed = start_due(fleet, clock_mono_ns());
        const struct wish wish = fleet->wish;
        fleet->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        pthread_mutex_unlock(&fleet->lock);
        const int64_t now_ns = clock_mono_ns();
        fill_polled(fleet, now_ns);
        if (poll(fleet->polled, 1 + POLLED_EACH * fleet->count, wait_ms(fleet, now_ns)) > 0 &&
            fleet->polled[0].revents)
            wake_drain(fleet->worker.wake);
        if (read_ready(fleet, &wish) || failed)
            wake_signal(fleet->news);
    }
}

/* --- frames --- */

/* True: every host has a frame, or has failed. */
static bool is_settled(struct fleet *fleet)
{
    bool settled = true;

    pthread_mutex_lock(&fleet->lock);
    for (uint32_t i = 0; i < fleet->count; i++) {
        const uint8_t state = fleet->members[i].host.state;
        settled &= state != HOST_WAITING && state != HOST_CONNECTING;
    }
    pthread_mutex_unlock(&fleet->lock);
    return settled;
}

/* 0, also at the end of the time; -EINTR. */
static int wait_until_settled(struct fleet *fleet)
{
    const int64_t end_ns = clock_mono_ns() + fleet->wait_ns;

    for (;;) {
        const int64_t left_ns = end_ns - clock_mono_ns();
        if (atomic_load(&fleet->interrupted))
            return -EINTR;
        if (left_ns <= 0 || is_settled(fleet))
            return 0;
        struct pollfd news = {fleet->news, POLLIN, 0};
        (void)poll(&news, 1, (int)(left_ns / MILLISECOND_NS) + 1);
        wake_drain(fleet->news);
    }
}

static int begin(struct fleet *fleet)
{
    if (fleet->begun)
        return 0;
    fleet->begun = true;
    const int error = worker_start(&fleet->worker, "hosts", fleet_main, fleet);
    return error ? error : wait_until_settled(fleet);
}

static int keep_event(struct fleet *fleet, const struct event *event)
{
    if (GROW(fleet->events, fleet->event_capacity, fleet->event_count + 1))
        return -ENOMEM;
    fleet->events[fleet->event_count++] = *event;
    return 0;
}

static void take_events(struct fleet *fleet, struct fleet_member *member,
                        const struct fleet_part *part)
{
    for (uint32_t i = 0; i < member->event_count; i++) {
        fleet_key_event(&member->events[i], part->keys);
        if (keep_event(fleet, &member->events[i]))
            member->events_lost++;
    }
    member->event_count = 0;
    if (!member->events_lost)
        return;
    struct event lost = {.kind = EVENT_LOST,
                         .origin = EVENT_FROM_LOG,
                         .host = part->host.number,
                         .wall_ns = member->host.wall_ns,
                         .mono_ns = member->host.mono_ns,
                         .uid = UINT32_MAX,
                         .lost = member->events_lost};
    snprintf(lost.text, sizeof(lost.text), "too many for one frame");
    if (keep_event(fleet, &lost) == 0)
        member->events_lost = 0;
}

/* Lateness is determined when a frame is made. */
static uint8_t state_of(const struct fleet *fleet, const struct fleet_member *member,
                        int64_t now_ns)
{
    const int64_t late_ns = LATE_FRAMES * fleet->sent_ns + SECOND_NS;

    return member->host.state == HOST_OK && now_ns - member->arrived_ns > late_ns
               ? HOST_LATE
               : member->host.state;
}

/* Copies its state into the frame, as the thread may change it. */
static void take_member(struct fleet *fleet, struct frame *frame, uint32_t i)
{
    struct fleet_member *member = &fleet->members[i];
    struct fleet_part *part = &fleet->parts[i];

    fleet->frames[i] = member->latest ? frame_reference(member->latest) : NULL;
    *part = (struct fleet_part){.frame = fleet->frames[i],
                                .host = member->host,
                                .keys = &fleet->keys[i],
                                .generation = member->latest_generation,
                                .wall_shift_ns = member->wall_shift_ns,
                                .mono_shift_ns = member->clocks.mono_shift_ns,
                                .is_new = member->latest && !member->is_taken};
    part->host.state = state_of(fleet, member, frame->mono_ns);
    part->host.name = member->command.name;
    part->host.place = member->command.place;
    part->host.why = frame_copy_text(frame, member->why);
    part->host.version = frame_copy_text(frame, member->version);
    part->host.events = "";
    member->is_taken = true;
    take_events(fleet, member, part);
}

static int compare_events(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    return one->wall_ns < other->wall_ns ? -1 : one->wall_ns > other->wall_ns;
}

/* In the order of their times, as far as the clocks agree. */
static void push_events(struct fleet *fleet, struct frame *frame)
{
    if (!fleet->ring) {
        fleet->event_count = 0;
        return;
    }
    sort_items(fleet->events, fleet->event_count, sizeof(*fleet->events), compare_events);
    frame->first_event = event_ring_next(fleet->ring);
    /* refused: who reads them learns how many it missed */
    (void)event_ring_reserve(fleet->ring, fleet->event_count);
    for (uint32_t i = 0; i < fleet->event_count; i++)
        event_ring_push(fleet->ring, &fleet->events[i]);
    fleet->event_count = 0;
    frame->next_event = event_ring_next(fleet->ring);
}

/* Cost of reading since the last frame, and of making this one. */
static void set_cost(struct fleet *fleet, struct frame *frame, int64_t reading_ns,
                     int64_t began_cpu_ns)
{
    const int64_t now_ns = clock_mono_ns(), process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t passed_ns = now_ns - fleet->process_at_ns;

    frame->cost.cpu_ns =
        reading_ns - fleet->cpu_before_ns + (clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_cpu_ns);
    frame->cost.wall_ns = now_ns - frame->mono_ns;
    frame->cost.interval_ns = fleet->interval_ns;
    if (fleet->process_at_ns && passed_ns > 0)
        frame->cost.cpu_permille = (uint32_t)((process_ns - fleet->process_ns) * 1000 / passed_ns);
    fleet->cpu_before_ns = reading_ns;
    fleet->process_ns = process_ns;
    fleet->process_at_ns = now_ns;
}

static int fleet_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct fleet *fleet = fleet_of(source);
    char words[32];
    const int64_t began_cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int error = begin(fleet);

    if (error)
        return error;
    frame->mono_ns = clock_mono_ns();
    frame->wall_ns = frame->mono_ns + clock_wall_offset_ns();
    pthread_mutex_lock(&fleet->lock);
    fleet->wish = *wish;
    fleet->interval_ns = wish->interval_ns ? wish->interval_ns : fleet->interval_ns;
    for (uint32_t i = 0; i < fleet->count; i++)
        take_member(fleet, frame, i);
    const int64_t reading_ns = fleet->cpu_ns;
    pthread_mutex_unlock(&fleet->lock);
    snprintf(words, sizeof(words), "%u host%s", fleet->count, fleet->count == 1 ? "" : "s");
    frame->host = fleet->count == 1 ? frame_copy_text(frame, fleet->members[0].command.name)
                                    : frame_copy_text(frame, words);
    frame->source = "hosts";
    error = fleet_merge(frame, fleet->parts, fleet->count);
    for (uint32_t i = 0; i < fleet->count; i++)
        frame_release(fleet->frames[i]);
    if (!error)
        push_events(fleet, frame);
    set_cost(fleet, frame, reading_ns, began_cpu_ns);
    return error;
}

static void fleet_use_ring(struct source *source, struct event_ring *ring)
{
    fleet_of(source)->ring = ring;
}

static void fleet_interrupt(struct source *source)
{
    struct fleet *fleet = fleet_of(source);

    atomic_store(&fleet->interrupted, true);
    wake_signal(fleet->news);
}

/* --- life --- */

/* Requests all to end at once; after a while the rest is killed. */
static void end_programs(struct fleet *fleet)
{
    const int64_t began_ns = clock_mono_ns();
    uint32_t left = fleet->count;

    for (uint32_t i = 0; i < fleet->count; i++)
        fleet_member_stop(&fleet->members[i], false);
    while (left > 0) {
        const int64_t passed_ns = clock_mono_ns() - began_ns;
        left = 0;
        for (uint32_t i = 0; i < fleet->count; i++) {
            struct fleet_member *member = &fleet->members[i];
            if (!fleet_member_is_gone(member) &&
                passed_ns > (member->is_pushed ? END_PUSHED_NS : END_NS))
                fleet_member_stop(member, true);
            left += !fleet_member_is_gone(member);
        }
        const struct timespec step = clock_timespec(END_STEP_NS);
        if (left > 0)
            nanosleep(&step, NULL);
    }
}

/* --- recording --- */

uint32_t fleet_count(const struct source *source)
{
    return ((const struct fleet *)source)->count;
}

const char *fleet_name(const struct source *source, uint32_t i)
{
    return ((const struct fleet *)source)->members[i].command.name;
}

void fleet_copy(struct source *source, uint32_t i, struct log_copy *copy)
{
    struct fleet *fleet = fleet_of(source);

    fleet->copies = true;
    fleet_member_copy(&fleet->members[i], copy);
}

int fleet_begin(struct source *source)
{
    return begin(fleet_of(source));
}

void fleet_look_at(struct source *source, uint32_t i, struct fleet_look *look)
{
    struct fleet *fleet = fleet_of(source);
    struct fleet_member *member = &fleet->members[i];

    pthread_mutex_lock(&fleet->lock);
    look->state = state_of(fleet, member, clock_mono_ns());
    snprintf(look->why, sizeof(look->why), "%s", member->why);
    look->stats = member->copy->stats;
    look->reader_left = member->copy->reader_left;
    pthread_mutex_unlock(&fleet->lock);
}

static bool has_streams(struct fleet *fleet)
{
    bool any = false;

    pthread_mutex_lock(&fleet->lock);
    for (uint32_t i = 0; i < fleet->count; i++)
        any |= fleet->members[i].log != NULL;
    pthread_mutex_unlock(&fleet->lock);
    return any;
}

bool fleet_end(struct source *source, int64_t timeout_ns)
{
    struct fleet *fleet = fleet_of(source);
    const int64_t end_ns = clock_mono_ns() + timeout_ns;

    pthread_mutex_lock(&fleet->lock);
    fleet->ending = true;
    for (uint32_t i = 0; i < fleet->count; i++)
        fleet_member_ask_end(&fleet->members[i]);
    pthread_mutex_unlock(&fleet->lock);
    worker_wake(&fleet->worker);
    while (has_streams(fleet) && clock_mono_ns() < end_ns) {
        struct pollfd news = {fleet->news, POLLIN, 0};
        (void)poll(&news, 1, END_LOOK_MS);
        wake_drain(fleet->news);
    }
    const bool ended = !has_streams(fleet);
    worker_done(&fleet->worker);
    fleet->worker = WORKER_NONE;
    for (uint32_t i = 0; i < fleet->count; i++)
        fleet->members[i].copy = NULL;
    return ended;
}

static void fleet_close(struct source *source)
{
    struct fleet *fleet = fleet_of(source);

    worker_done(&fleet->worker);
    if (fleet->members) {
        end_programs(fleet);
        for (uint32_t i = 0; i < fleet->count; i++)
            fleet_member_done(&fleet->members[i]);
    }
    for (uint32_t i = 0; fleet->keys && i < fleet->count; i++)
        fleet_keys_done(&fleet->keys[i]);
    event_ring_free(fleet->scratch);
    wake_close(fleet->news);
    if (fleet->program.file >= 0)
        close(fleet->program.file);
    pthread_mutex_destroy(&fleet->lock);
    free(fleet->members);
    free(fleet->polled);
    free(fleet->keys);
    free(fleet->parts);
    free(fleet->frames);
    free(fleet->events);
    free(fleet);
}

/* Hosts with the same name are distinguished by their targets. */
static int name_apart(struct fleet *fleet, uint32_t i, char *why, size_t size)
{
    struct remote_command *command = &fleet->members[i].command;
    bool is_new = true;

    for (uint32_t j = 0; j < i; j++) {
        if (strcmp(fleet->members[j].command.place, command->place) == 0) {
            snprintf(why, size, "host \"%.80s\" is given twice", command->place);
            return -EINVAL;
        }
        is_new &= strcmp(fleet->members[j].command.name, command->name) != 0;
    }
    if (!is_new)
        snprintf(command->name, sizeof(command->name), "%.250s",
                 command->place + (command->is_ssh ? strlen("ssh:") : 0));
    return 0;
}

static int make_push(struct fleet *fleet, struct fleet_member *member, const char *target,
                     const struct remote_wish *wish, char *why, size_t size)
{
    struct remote_wish pushed = *wish;

    member->program = &fleet->program;
    pushed.push_bytes = fleet->program.bytes;
    return pushed.push_bytes ? remote_command_make(&member->push, target, &pushed, why, size) : 0;
}

static int make_members(struct fleet *fleet, const struct fleet_settings *settings, char *why,
                        size_t size)
{
    int error = 0;

    for (uint32_t i = 0; i < settings->count && !error; i++) {
        struct fleet_member *member = &fleet->members[i];
        fleet->keys[i].next = &fleet->next_key;
        error = fleet_member_init(member, i + 1);
        if (!error)
            error = remote_command_make(&member->command, settings->targets[i], &settings->wish,
                                        why, size);
        if (!error)
            error = make_push(fleet, member, settings->targets[i], &settings->wish, why, size);
        if (!error)
            error = name_apart(fleet, i, why, size);
    }
    return error;
}

/* Opens the running program itself. */
static int open_program(struct fleet_program *program, char *why, size_t size)
{
    struct stat facts;

    program->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (program->file < 0 || fstat(program->file, &facts) != 0) {
        const int error = -errno;
        snprintf(why, size, "--push: this program cannot be read: %s", error_text(error));
        return error;
    }
    program->bytes = (uint64_t)facts.st_size;
    return 0;
}

static int make_fleet(struct fleet *fleet, const struct fleet_settings *settings, char *why,
                      size_t size)
{
    const uint32_t count = settings->count;

    fleet->members = calloc(count, sizeof(*fleet->members));
    fleet->keys = calloc(count, sizeof(*fleet->keys));
    fleet->parts = calloc(count, sizeof(*fleet->parts));
    fleet->frames = calloc(count, sizeof(struct frame *));
    fleet->polled = calloc(1 + POLLED_EACH * (size_t)count, sizeof(*fleet->polled));
    fleet->scratch = event_ring_new(EVENT_RING_DEFAULT);
    fleet->news = wake_open();
    if (!fleet->members || !fleet->keys || !fleet->parts || !fleet->frames || !fleet->polled ||
        !fleet->scratch)
        return -ENOMEM;
    if (fleet->news < 0)
        return fleet->news;
    fleet->count = count;
    int error = settings->push ? open_program(&fleet->program, why, size) : 0;
    if (!error)
        error = make_members(fleet, settings, why, size);
    return error ? error : worker_init(&fleet->worker);
}

int fleet_open(struct source **source, const struct fleet_settings *settings, char *why,
               size_t size)
{
    static const struct source_ops ops = {.name = "hosts",
                                          .complete = true,
                                          .next = fleet_next,
                                          .use_ring = fleet_use_ring,
                                          .interrupt = fleet_interrupt,
                                          .close = fleet_close};
    struct fleet *fleet = settings->count <= HOSTS_MAX ? calloc(1, sizeof(*fleet)) : NULL;

    why[0] = '\0';
    if (!fleet) {
        snprintf(why, size, "too many hosts: %u at most", HOSTS_MAX);
        return settings->count <= HOSTS_MAX ? -ENOMEM : -EINVAL;
    }
    fleet->source.ops = &ops;
    fleet->worker = WORKER_NONE;
    fleet->news = -1;
    fleet->program.file = -1;
    fleet->interval_ns = fleet->sent_ns = settings->wish.interval_ns;
    fleet->wait_ns = settings->wait_ns;
    pthread_mutex_init(&fleet->lock, NULL);
    const int error = make_fleet(fleet, settings, why, size);
    if (error) {
        if (!why[0])
            snprintf(why, size, "hosts: %s", strerror(-error));
        fleet_close(&fleet->source);
        return error;
    }
    *source = &fleet->source;
    return 0;
}
