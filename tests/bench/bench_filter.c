/* bench_filter: what one key press in the filter line costs over many rows: parsing, testing every
 * row, and the order of the first page, without painting.
 *
 *     bench_filter [ROWS]          200000
 *
 * Rows are made up, two thirds IPv4, held by 200 processes. Prints the median and the range of 9
 * runs, in ms of CPU time, for each filter. */
#include "core/filter/filter.h"
#include "core/view.h"
#include "source/system_names.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS      9
#define PROCESSES 200u
#define PAGE      40u

static const char *const FILTERS[] = {
    "",
    "port 443",
    "dport = :443 and dst 10.0.0.0/8",
    "state established rtt > 50ms",
    "in > 1M or out > 1M",
    "pid 1107",
    "proc worker-17",
    "proc work*7",
    "proc /^work.*7$/",
    "user www-data",
    "unit *.service",
    "age < 10s",
    "worker-17",
    "www-data",
    "https",
    "443",
    "nothing",
    "10.3.0.77",
    "2001:db8::77",
    "99999",
    "fe",
};

static double now_ms(void)
{
    return (double)bench_cpu_ns() / 1e6;
}

static void add_processes(struct frame *frame)
{
    char name[64];

    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct proc *proc = frame_add_proc(frame);
        struct group *group = frame_add_group(frame);
        if (!proc || !group)
            exit(1);
        *proc = (struct proc){.pid = 1000 + (int32_t)i, .group = i, .uid = 33, .command_line = ""};
        snprintf(name, sizeof name, "worker-%u", i);
        proc->comm = frame_copy_text(frame, name);
        snprintf(name, sizeof name, "/usr/lib/worker/worker-%u", i);
        proc->exe = frame_copy_text(frame, name);
        snprintf(name, sizeof name, "worker@%u.service", i);
        *group = (struct group){.id = i + 1, .container = "", .path = ""};
        group->unit = frame_copy_text(frame, name);
    }
    if (frame_add_user(frame, 0, "root") || frame_add_user(frame, 33, "www-data"))
        exit(1);
}

static void put_address(struct addr *addr, uint8_t family, uint32_t number)
{
    static const uint8_t INET6[4] = {0x20, 0x01, 0x0d, 0xb8};

    *addr = (struct addr){{0}};
    if (family == FAMILY_INET6) {
        memcpy(addr->bytes, INET6, sizeof INET6);
        addr->bytes[13] = (uint8_t)(number >> 16);
    }
    uint8_t *last = addr->bytes + (family == FAMILY_INET6 ? 12 : 0);
    last[0] = family == FAMILY_INET ? 10 : last[0];
    last[1] = (uint8_t)(number >> 16);
    last[2] = (uint8_t)(number >> 8);
    last[3] = (uint8_t)number;
}

static void add_row(struct frame *frame, uint32_t i)
{
    struct conn *conn = frame_add_conn(frame);

    if (!conn || frame_add_owner_ref(frame, i % PROCESSES))
        exit(1);
    conn->serial = conn->cookie = i + 1;
    conn->tuple.family = i % 3 ? FAMILY_INET : FAMILY_INET6;
    conn->state = i % 10 ? STATE_ESTABLISHED : STATE_TIME_WAIT;
    put_address(&conn->tuple.local, conn->tuple.family, i % 7);
    put_address(&conn->tuple.remote, conn->tuple.family, i);
    conn->tuple.local_port = (uint16_t)(i % 5 ? 32768 + i % 28000 : 443);
    conn->tuple.remote_port = (uint16_t)(i % 5 ? 8080 : 32768 + i % 28000);
    conn->known = KNOWN_UID | KNOWN_INFO | KNOWN_RTT | KNOWN_RATES | KNOWN_BYTES_IN |
                  KNOWN_BYTES_OUT | KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
    conn->uid = 33;
    conn->rtt_us = i % 100000;
    conn->created_min_ns = conn->created_max_ns = (int64_t)(i % 1000) * 1000000000;
    conn->owner_word = OWNER_PROCESS;
    conn->owner = conn->group = i % PROCESSES;
    conn->owners = frame->owner_ref_count - 1;
    conn->owner_count = 1;
}

static int compare_doubles(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static uint32_t run(const char *text, const struct filter_names *names, struct view *view,
                    const struct column_context *context)
{
    struct filter *filter = NULL;
    struct filter_error error;

    if (filter_parse(&filter, text, names, &error)) {
        fprintf(stderr, "%s: %s\n", text, error.message);
        exit(1);
    }
    view->accept = filter_is_empty(filter) ? NULL : filter_accepts;
    view->accept_data = filter;
    if (view_update(view, context, PAGE))
        exit(1);
    filter_free(filter);
    return view->ranking.count;
}

static void measure(const char *text, const struct filter_names *names, struct view *view,
                    const struct column_context *context)
{
    double times[RUNS];
    uint32_t rows = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        const double begin = now_ms();
        rows = run(text, names, view, context);
        times[i] = now_ms() - begin;
    }
    qsort(times, RUNS, sizeof *times, compare_doubles);
    printf("%8.2f  %8.2f - %8.2f  %8u  %s\n", times[RUNS / 2], times[0], times[RUNS - 1], rows,
           text);
}

int main(int argc, char **argv)
{
    const uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200000;
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = pool ? frame_new(pool) : NULL;
    struct system_names *system = NULL;
    struct view view;

    if (!frame || system_names_new(&system, NULL, NULL))
        return 1;
    frame->number = 1;
    add_processes(frame);
    for (uint32_t i = 0; i < rows; i++)
        add_row(frame, i);
    const struct filter_names names = system_names_filter(system);
    const struct column_context context = {.frame = frame, .now_ns = 1000000000000};
    view_init(&view);
    view.sort = column_find("in", 2);
    view.descending = true;
    printf("%u rows; ms of CPU of one key press: median, range of %d, rows accepted, filter\n",
           rows, RUNS);
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++)
        measure(FILTERS[i], &names, &view, &context);
    view_done(&view);
    system_names_free(system);
    frame_release(frame);
    frame_pool_release(pool);
    return 0;
}
