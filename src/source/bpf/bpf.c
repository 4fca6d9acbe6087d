/* bpf: loads tcplens.bpf.c and turns its records into transitions. core/lifecycle.c decides what a
 * transition means for a connection. */
#include "source/bpf/bpf.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "source/bpf/record.h"
#include "source/bpf/time_offsets.h"
#include "source/proc_view.h"
#include "tcplens.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define FAILED_MAX 64u

/* Linux: for bpf_get_socket_cookie() in such a program. */
static const struct linux_version NEEDED = {5, 12};

struct bpf {
    struct tcplens_bpf *program;
    struct ring_buffer *ring;
    uint64_t lost, skipped; /* reported so far */
    uint32_t netns;
    bool every_netns;
    int64_t tick_ns; /* of start times in /proc/PID/stat */
    struct time_offsets offsets;
    int64_t wall_offset; /* from CLOCK_MONOTONIC, read at each drain */
    /* of the present drain */
    const struct bpf_sink *sink;
    uint32_t delivered, most;
    int64_t until_ns;
    struct call_failures bind_failures, connect_failures;
    /* cookies of the latest failed connections, which are reported as events */
    uint64_t failed[FAILED_MAX];
    uint32_t failed_count;
    /* what is traced: resets received, reasons of resets sent */
    bool resets_received, reset_reasons;
};

/* By default libbpf prints to stderr, over the screen. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
}

/* --- records: their times are those of the machine's first time namespace --- */

static int64_t mono_of(const struct bpf *bpf, uint64_t ns)
{
    return (int64_t)ns + bpf->offsets.mono_ns;
}

/* As /proc/PID/stat has it. */
static uint64_t start_ticks_of(const struct bpf *bpf, const struct bpf_record *record)
{
    return (record->start_ns + (uint64_t)bpf->offsets.boot_ns) / (uint64_t)bpf->tick_ns;
}

static void fill_tuple(struct tuple *tuple, const struct bpf_record *record)
{
    tuple->family = record->is_ipv6 ? FAMILY_INET6 : FAMILY_INET;
    memcpy(tuple->local.bytes, record->local, sizeof(record->local));
    memcpy(tuple->remote.bytes, record->remote, sizeof(record->remote));
    tuple->local_port = record->local_port;
    tuple->remote_port = record->remote_port;
    tuple->scope = record->interface;
}

static void fill_counters(struct event *event, const struct bpf_record *record)
{
    event->has_totals = 1;
    event->in_bytes = record->bytes_received;
    event->out_bytes = record->bytes_sent >= record->bytes_retrans
                           ? record->bytes_sent - record->bytes_retrans
                           : 0;
    event->rtt_us = record->rtt_us8 / 8;
    event->retrans = record->retrans;
}

/* --- ends --- */

static const uint8_t RESET_WHY[] = {
    [BPF_WHY_OTHER] = RESET_WHY_OTHER,           [BPF_WHY_UNREAD] = RESET_WHY_UNREAD,
    [BPF_WHY_LINGER] = RESET_WHY_LINGER,         [BPF_WHY_DISCONNECT] = RESET_WHY_DISCONNECT,
    [BPF_WHY_DATA] = RESET_WHY_DATA_AFTER_CLOSE, [BPF_WHY_MEMORY] = RESET_WHY_MEMORY,
    [BPF_WHY_KEEPALIVE] = RESET_WHY_KEEPALIVE};

/* No look at resets is needed: both ends closed it, or one and a timeout; or the peer's reset came
 * while it was open; or the record has the reason. */
static bool needs_no_look(const struct bpf_record *record, uint8_t from)
{
    const uint32_t closing = STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) |
                             STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);

    if (from == STATE_LISTEN || from == STATE_SYN_SENT ||
        (record->error == 0 && (record->ways & BPF_WAY_LINGER)))
        return true;
    return record->ways & BPF_WAY_RESET_RECEIVED
               ? !(closing & STATE_BIT(from)) /* data after close(): reported as a received reset */
               : record->error == 0 && (closing & STATE_BIT(from));
}

/* The kernel sends a reset before or right after the transition to CLOSED. */
static uint8_t find_sent(const struct bpf *bpf, uint64_t cookie)
{
    const int map = bpf_map__fd(bpf->program->maps.sent);
    uint8_t why = 0;

    if (!bpf->reset_reasons || bpf_map_lookup_and_delete_elem(map, &cookie, &why))
        return RESET_WHY_NONE;
    return why < sizeof(RESET_WHY) ? RESET_WHY[why] : RESET_WHY_OTHER;
}

static void hear_close(struct bpf *bpf, const struct bpf_record *record,
                       struct transition *transition)
{
    transition->signs |= (bpf->resets_received ? (uint32_t)LIFE_RESETS_SEEN : 0) |
                         (record->ways & BPF_WAY_RESET_RECEIVED ? (uint32_t)LIFE_RESET : 0) |
                         (record->ways & BPF_WAY_LINGER ? (uint32_t)LIFE_LINGER : 0);
    if (!needs_no_look(record, transition->event.from))
        transition->sent_reset = find_sent(bpf, record->cookie);
    if (record->error && transition->event.from == STATE_SYN_SENT)
        bpf->failed[bpf->failed_count++ % FAILED_MAX] = record->cookie;
}

static void hear_state(struct bpf *bpf, const struct bpf_record *record)
{
    struct transition transition = {.event = {.origin = EVENT_FROM_BPF, .exact = 1},
                                    .began_ns =
                                        record->began_ns ? mono_of(bpf, record->began_ns) : 0,
                                    .pid = (int32_t)record->pid,
                                    .start_ticks = start_ticks_of(bpf, record)};
    struct event *event = &transition.event;
    event->mono_ns = mono_of(bpf, record->ns);
    event->wall_ns = event->mono_ns + bpf->wall_offset;
    event->from = (uint8_t)state_from_kernel(record->from);
    event->to = (uint8_t)state_from_kernel(record->to);
    event->cookie = record->cookie;
    event->netns = record->netns;
    transition.netns_cookie = record->netns_cookie;
    event->uid = record->uid;
    event->cgroup_id = record->cgroup_id;
    fill_tuple(&event->tuple, record);
    fill_counters(event, record);
    transition.signs = (record->error ? (uint32_t)LIFE_ERROR : 0) |
                       (record->fin ? (uint32_t)LIFE_FIN : 0) |
                       (record->orphan ? (uint32_t)LIFE_ORPHAN : 0);
    transition.error = record->error;
    if (event->to == STATE_CLOSED)
        hear_close(bpf, record, &transition);
    transition.bytes_retrans = record->bytes_retrans;
    memcpy(transition.name, record->name, sizeof(transition.name));
    bpf->sink->take(bpf->sink->context, &transition);
}

static void keep_failure(struct call_failures *failures, const struct bpf *bpf,
                         const struct bpf_record *record)
{
    struct call_failure failure = {.error = record->error,
                                   .pid = (int32_t)record->pid,
                                   .start_ticks = start_ticks_of(bpf, record),
                                   .last_ns = {mono_of(bpf, record->ns)}};
    struct tuple tuple;

    fill_tuple(&tuple, record);
    failure.address = tuple.local;
    failure.port = tuple.local_port;
    failure.family = tuple.family;
    text_clean(failure.name, sizeof(failure.name), record->name,
               strnlen(record->name, sizeof(record->name)));
    call_failures_add(failures, &failure);
}

/* A failure already reported by a transition is not counted again. */
static void keep_connect_failure(struct bpf *bpf, const struct bpf_record *record)
{
    for (uint32_t i = 0; record->cookie && i < FAILED_MAX; i++)
        if (bpf->failed[i] == record->cookie)
            return;
    keep_failure(&bpf->connect_failures, bpf, record);
}

static int on_record(void *context, void *data, size_t size)
{
    struct bpf *bpf = context;
    const struct bpf_record *record = data;
    if (size < sizeof(*record))
        return 0;
    bpf->delivered++;
    if (record->kind == BPF_RECORD_OWNER)
        bpf->sink->own(bpf->sink->context, record->netns, record->cookie, (int32_t)record->pid,
                       start_ticks_of(bpf, record), record->name);
    else if (record->kind == BPF_RECORD_BIND_FAILED)
        keep_failure(&bpf->bind_failures, bpf, record);
    else if (record->kind == BPF_RECORD_CONNECT_FAILED)
        keep_connect_failure(bpf, record);
    else
        hear_state(bpf, record);
    /* libbpf consumes the record nevertheless, and returns this. */
    return bpf->delivered == bpf->most || mono_of(bpf, record->ns) > bpf->until_ns ? -ECANCELED : 0;
}

/* Cumulative. libbpf maps it into our memory, but not where the kernel refused its trial of such a map. */
static uint64_t read_lost(const struct bpf *bpf)
{
    const uint32_t first = 0;
    struct tcplens_bpf__bss counts = {.lost = bpf->lost};

    if (bpf->program->bss)
        return __atomic_load_n(&bpf->program->bss->lost, __ATOMIC_RELAXED);
    (void)bpf_map_lookup_elem(bpf_map__fd(bpf->program->maps.bss), &first, &counts);
    return counts.lost;
}

int bpf_drain(struct bpf *bpf, const struct bpf_sink *sink, uint32_t most, int64_t until_ns,
              uint64_t *lost)
{
    bpf->sink = sink;
    bpf->delivered = 0;
    bpf->most = most;
    bpf->until_ns = until_ns;
    bpf->wall_offset = clock_wall_offset_ns();
    const int result = ring_buffer__consume(bpf->ring);
    const uint64_t all = read_lost(bpf);
    *lost = all - bpf->lost;
    bpf->lost = all;
    return result < 0 && result != -ECANCELED ? result : (int)bpf->delivered;
}

uint64_t bpf_take_skipped(struct bpf *bpf)
{
    struct bpf_prog_info info = {0};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(bpf_program__fd(bpf->program->progs.on_state), &info, &size) != 0)
        return 0;
    const uint64_t skipped = info.recursion_misses - bpf->skipped;
    bpf->skipped = info.recursion_misses;
    return skipped;
}

void bpf_failures(const struct bpf *bpf, struct host_facts *facts)
{
    facts->bind_failures = bpf->bind_failures;
    facts->connect_failures = bpf->connect_failures;
}

int bpf_descriptor(const struct bpf *bpf)
{
    return ring_buffer__epoll_fd(bpf->ring);
}

/* --- loading --- */

/* Whether this architecture's registers of a system call are supported. */
static bool knows_registers(void)
{
    struct utsname system;

    return uname(&system) == 0 &&
           (strcmp(system.machine, "x86_64") == 0 || strcmp(system.machine, "aarch64") == 0);
}

/* The owners of accepted sockets, resets, and the failures of bind() and connect() are extras. */
static void attach_extras(struct bpf *bpf, char text[BPF_TEXT_SIZE])
{
    struct tcplens_bpf *program = bpf->program;
    if (knows_registers())
        program->links.on_exit = bpf_program__attach(program->progs.on_exit);
    const bool sees_calls = program->links.on_exit != NULL;
    bpf->bind_failures.known = bpf->connect_failures.known = sees_calls;
    program->links.on_receive_reset = bpf_program__attach(program->progs.on_receive_reset);
    bpf->resets_received = program->links.on_receive_reset != NULL;
    if (bpf->reset_reasons)
        program->links.on_send_reset = bpf_program__attach(program->progs.on_send_reset);
    bpf->reset_reasons = program->links.on_send_reset != NULL;
    text[0] = '\0';
    if (!sees_calls)
        snprintf(text, BPF_TEXT_SIZE,
                 "owners of accepted sockets come late: accept() cannot be traced");
}

/* The pid namespace that /proc shows; if it is not ours, none, since our pids would mean other
 * processes there. */
static uint32_t pid_namespace_of_proc(void)
{
    struct proc_view view;
    proc_view_prove(&view);
    return view.kind == PROC_VIEW_OWN ? proc_view_pid_namespace() : 0;
}

static int load(struct bpf *bpf, bool reset_reasons)
{
    bpf->program = tcplens_bpf__open();
    if (!bpf->program)
        return -errno;
    bpf->program->rodata->our_netns = bpf->netns;
    bpf->program->rodata->every_netns = bpf->every_netns;
    bpf->program->rodata->our_pidns = pid_namespace_of_proc();
    bpf->reset_reasons = reset_reasons;
    bpf_program__set_autoload(bpf->program->progs.on_send_reset, reset_reasons);
    const int error = tcplens_bpf__load(bpf->program);
    if (error) {
        tcplens_bpf__destroy(bpf->program);
        bpf->program = NULL;
        return error;
    }
    bpf->ring = ring_buffer__new(bpf_map__fd(bpf->program->maps.records), on_record, bpf, NULL);
    return bpf->ring ? 0 : -errno;
}

/* Extras come first: of every connection that is seen to open, accept() is seen too. */
static int attach(struct bpf *bpf, char text[BPF_TEXT_SIZE])
{
    attach_extras(bpf, text);
    bpf->program->links.on_state = bpf_program__attach(bpf->program->progs.on_state);
    return bpf->program->links.on_state ? 0 : -errno;
}

int bpf_open(struct bpf **bpf, const struct netns *netns, bool every_netns,
             char text[BPF_TEXT_SIZE])
{
    struct bpf *made = calloc(1, sizeof(*made));
    if (!made) {
        snprintf(text, BPF_TEXT_SIZE, "out of memory");
        return -ENOMEM;
    }
    libbpf_set_print(say_nothing);
    made->netns = netns->inode;
    made->every_netns = every_netns;
    made->tick_ns = SECOND_NS / sysconf(_SC_CLK_TCK);
    made->offsets = time_offsets_read();
    int error = load(made, true);
    /* Kernels before 6.10 have no reasons of resets. libbpf then looks for that type in modules,
     * which the kernel refuses without CAP_SYS_ADMIN: EPERM too. */
    if (error && !made->program)
        error = load(made, false);
    if (!error)
        error = attach(made, text);
    if (error) {
        bpf_explain_refusal(error, NEEDED, text);
        bpf_close(made);
        return error;
    }
    *bpf = made;
    return 0;
}

void bpf_close(struct bpf *bpf)
{
    if (!bpf)
        return;
    ring_buffer__free(bpf->ring);
    tcplens_bpf__destroy(bpf->program);
    free(bpf);
}
