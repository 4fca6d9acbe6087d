/* bench_dump: what decoding adds to a dump of this network namespace: netlink_dump() against the
 * same dump of which only the message boundaries are read, in turns, in CPU time (user and
 * system) of this thread, so that a busy machine disturbs less. Prints the median and the
 * best of each.
 *
 *     scene --unshare --bare --pairs 50000 --hold bench_dump [ROUNDS]
 */
#include "core/column/column.h"
#include "raw_dump.h"
#include "source/netns/netlink.h"
#include "timing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 21, ROUNDS_MAX = 1000 };

static struct netlink *netlink;
static struct frame_pool *pool;

struct way {
    const char *name;
    size_t buffer_size; /* 0: netlink_dump */
    bool detail;
    uint32_t rows;
    int64_t ns[ROUNDS_MAX];
};

static _Noreturn void fail(const char *what, int error)
{
    fprintf(stderr, "bench_dump: %s: %s\n", what, strerror(error));
    exit(1);
}

static uint32_t dump_decoded(bool detail)
{
    struct wish wish = {.state_bits = STATE_ALL_BITS,
                        .families = WISH_INET | WISH_INET6,
                        .needs = detail ? NEED_DETAIL : NEED_NOTHING};
    struct frame *frame = frame_new(pool);
    int result = frame ? netlink_dump(netlink, frame, &wish, NULL) : -ENOMEM;
    if (result < 0)
        fail("netlink_dump", -result);
    uint32_t rows = frame->live_count;
    frame_release(frame);
    return rows;
}

static void run(struct way *way, int round)
{
    if (way->buffer_size) {
        way->rows = raw_dump(way->buffer_size, way->detail, &way->ns[round]);
        return;
    }
    int64_t begin = bench_cpu_ns();
    way->rows = dump_decoded(way->detail);
    way->ns[round] = bench_cpu_ns() - begin;
}

static void report(struct way *way, int rounds)
{
    qsort(way->ns, (size_t)rounds, sizeof(way->ns[0]), bench_compare_ns);
    double rows = way->rows ? way->rows : 1;
    printf("%-28s %7u rows  median %8.3f ms %7.1f ns a row   best %8.3f ms %7.1f ns a row\n",
           way->name, way->rows, (double)way->ns[rounds / 2] / 1e6,
           (double)way->ns[rounds / 2] / rows, (double)way->ns[0] / 1e6, (double)way->ns[0] / rows);
}

int main(int argc, char **argv)
{
    static struct way ways[] = {
        {.name = "boundaries only, 32 KiB", .buffer_size = 32 * 1024},
        {.name = "netlink_dump"},
        {.name = "boundaries only, 64 KiB", .buffer_size = 64 * 1024},
        {.name = "boundaries, detail asked for", .buffer_size = 32 * 1024, .detail = true},
        {.name = "netlink_dump with detail", .detail = true}};
    size_t count = sizeof(ways) / sizeof(ways[0]);
    int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS_DEFAULT;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_dump [ROUNDS] (1 to %d)\n", ROUNDS_MAX);
        return 2;
    }
    pool = frame_pool_new();
    struct netns netns;
    netns_own(&netns);
    int result = netlink_open(&netlink, &netns);
    if (!pool || result < 0)
        fail("netlink_open", pool ? -result : ENOMEM);
    for (size_t i = 0; i < count; i++)
        run(&ways[i], 0); /* warms up; overwritten */
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            run(&ways[i], round);
    for (size_t i = 0; i < count; i++)
        report(&ways[i], rounds);
    netlink_close(netlink);
    frame_pool_release(pool);
    return 0;
}
