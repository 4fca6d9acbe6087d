/* bpf_walk: loads walk.bpf.c and reads what it writes. Uses no function of libbpf, only the header
 * of light skeletons: libbpf itself reads all types of the kernel to find the few that are used,
 * which takes 30 ms. */
#include "source/bpf/walk.h"

#include "base/clock.h"
#include "source/bpf/iterator.h"
#include "source/bpf/light.h"
#include "source/bpf/record.h"
#include "source/bpf/time_offsets.h"
#include "source/proc_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "walk.skel.h"

#define OWNERS_AT_ONCE 1024 /* 32 KiB: what the kernel returns at once */

/* Linux: for CO-RE by the kernel. */
static const struct linux_version NEEDED = {5, 17};

struct bpf_walk {
    struct walk_bpf *program;
    int link;
    uint64_t tick_ns; /* of start times in /proc/PID/stat */
    struct time_offsets offsets;
    struct bpf_owner owners[OWNERS_AT_ONCE];
};

static int load(struct bpf_walk *walk, const struct netns *netns)
{
    walk->program = walk_bpf__open();
    if (!walk->program)
        return -ENOMEM;
    bpf_light_data(&walk->program->maps.rodata, walk->program->rodata);
    bpf_light_data(&walk->program->maps.bss, walk->program->bss);
    walk->program->rodata->our_netns = netns ? netns->inode : 0;
    walk->program->rodata->our_pidns = proc_view_pid_namespace();
    const int error = walk_bpf__load(walk->program);
    if (error)
        return error < 0 ? error : -EINVAL;
    walk->link = walk_bpf__on_file__attach(walk->program);
    return walk->link < 0 ? walk->link : 0;
}

int bpf_walk_open(struct bpf_walk **walk, const struct netns *netns, char text[BPF_TEXT_SIZE])
{
    struct bpf_walk *made = calloc(1, sizeof(*made));
    if (!made) {
        snprintf(text, BPF_TEXT_SIZE, "out of memory");
        return -ENOMEM;
    }
    made->tick_ns = (uint64_t)(SECOND_NS / sysconf(_SC_CLK_TCK));
    made->offsets = time_offsets_read();
    const int error = load(made, netns);
    if (error) {
        bpf_explain_refusal(error, NEEDED, text);
        bpf_walk_close(made);
        return error;
    }
    *walk = made;
    return 0;
}

void bpf_walk_close(struct bpf_walk *walk)
{
    if (!walk)
        return;
    if (walk->program)
        walk_bpf__destroy(walk->program);
    free(walk);
}

static void hand_over(const struct bpf_walk *walk, size_t count, owner_visit visit, void *context)
{
    for (size_t i = 0; i < count; i++) {
        const struct bpf_owner *owner = &walk->owners[i];
        const uint64_t start_ns = owner->start_ns + (uint64_t)walk->offsets.boot_ns;
        const struct owner_found found = {.inode = owner->inode,
                                          .start_ticks = start_ns / walk->tick_ns,
                                          .pid = (int32_t)owner->pid,
                                          .descriptor = owner->fd,
                                          .thread = owner->thread};
        visit(context, &found);
    }
}

int bpf_walk_run(void *walker, owner_visit visit, void *context)
{
    struct bpf_walk *walk = walker;
    const int descriptor = bpf_iterator_begin(walk->link);
    size_t got = 0;
    int error = 0;

    if (descriptor < 0)
        return descriptor;
    do {
        error = bpf_iterator_read(descriptor, walk->owners, sizeof(walk->owners), &got);
        if (!error)
            hand_over(walk, got / sizeof(walk->owners[0]), visit, context);
    } while (!error && got > 0);
    close(descriptor);
    return error;
}
