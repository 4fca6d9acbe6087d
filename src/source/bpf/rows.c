/* bpf_rows: loads rows.bpf.c and reads what it writes. Like walk.c, without functions of libbpf. */
#include "source/bpf/rows.h"

#include "base/clock.h"
#include "source/bpf/iterator.h"
#include "source/bpf/light.h"
#include "source/bpf/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "rows.skel.h"

#define ROWS_AT_ONCE 128 /* 56 KiB: the kernel gives about 32 KiB at once */

/* Linux: for CO-RE by the kernel. */
static const struct linux_version NEEDED = {5, 17};

struct bpf_rows {
    struct rows_bpf *program;
    int link;
    struct bpf_row rows[ROWS_AT_ONCE];
};

/* The resolution of the coarse clock is a kernel tick. */
static uint32_t read_tick_ns(void)
{
    struct timespec tick;

    if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0 || tick.tv_nsec == 0)
        return (uint32_t)(4 * MILLISECOND_NS);
    return (uint32_t)tick.tv_nsec;
}

static int load(struct bpf_rows *rows, uint32_t except_netns)
{
    rows->program = rows_bpf__open();
    if (!rows->program)
        return -ENOMEM;
    bpf_light_data(&rows->program->maps.rodata, rows->program->rodata);
    bpf_light_data(&rows->program->maps.bss, rows->program->bss);
    rows->program->rodata->except_netns = except_netns;
    rows->program->rodata->tick_ns = read_tick_ns();
    const int error = rows_bpf__load(rows->program);
    if (error)
        return error < 0 ? error : -EINVAL;
    rows->link = rows_bpf__on_socket__attach(rows->program);
    return rows->link < 0 ? rows->link : 0;
}

int bpf_rows_open(struct bpf_rows **rows, uint32_t except_netns, char text[BPF_TEXT_SIZE])
{
    struct bpf_rows *made = calloc(1, sizeof(*made));

    if (!made) {
        snprintf(text, BPF_TEXT_SIZE, "out of memory");
        return -ENOMEM;
    }
    const int error = load(made, except_netns);
    if (error) {
        bpf_explain_refusal(error, NEEDED, text);
        bpf_rows_close(made);
        return error;
    }
    *rows = made;
    return 0;
}

void bpf_rows_close(struct bpf_rows *rows)
{
    if (!rows)
        return;
    if (rows->program)
        rows_bpf__destroy(rows->program);
    free(rows);
}

static int hand_over(const struct bpf_rows *rows, size_t count, row_visit visit, void *context)
{
    int error = 0;

    for (size_t i = 0; i < count && !error; i++) {
        const struct bpf_row *row = &rows->rows[i];
        const struct row_found found = {.netns_cookie = row->netns_cookie,
                                        .netns = row->netns,
                                        .has_ulp = row->has_ulp,
                                        .is_bound = row->is_bound,
                                        .message = &row->message,
                                        .length = row->length};
        error = visit(context, &found);
    }
    return error;
}

int bpf_rows_run(void *walker, row_visit visit, void *context)
{
    struct bpf_rows *rows = walker;
    const int descriptor = bpf_iterator_begin(rows->link);
    size_t got = 0;
    int error = 0;

    if (descriptor < 0)
        return descriptor;
    do {
        error = bpf_iterator_read(descriptor, rows->rows, sizeof(rows->rows), &got);
        if (!error)
            error = hand_over(rows, got / sizeof(rows->rows[0]), visit, context);
    } while (!error && got > 0);
    close(descriptor);
    return error;
}
