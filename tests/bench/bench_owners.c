/* bench_owners: CPU of finding owners against the dump of the same frames. First frame: all owners
 * are unknown; then they are known and carried over. Prints medians, the ratio, the cost of a
 * descriptor and the memory a socket costs.
 *
 *     scene --unshare --bare --pairs 10000 --hold bench_owners [ROUNDS]
 */
#include "core/column/column.h"
#include "source/netns/netlink.h"
#include "source/owners/owners.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 101, ROUNDS_MAX = 10000 };

static struct netlink *netlink;
static struct owners *owners;
static struct frame_pool *pool;
static struct diff diff;
static struct frame *previous;
static struct wish wish = {.needs = NEED_OWNER | NEED_GROUP,
                           .state_bits = STATE_ALL_BITS,
                           .families = WISH_INET | WISH_INET6,
                           .budget_percent = 25};

struct cost {
    int64_t dump_ns, diff_ns, own_ns;
};

static _Noreturn void fail(const char *what, int error)
{
    fprintf(stderr, "bench_owners: %s: %s\n", what, strerror(-error));
    exit(1);
}

static struct cost step(void)
{
    struct frame *next = frame_new(pool);
    struct cost cost;
    const int64_t began = bench_cpu_ns();

    next->number = previous ? previous->number + 1 : 1;
    next->mono_ns = (int64_t)next->number * 1000000000; /* as if a second apart */
    int error = netlink_dump(netlink, next, &wish, NULL);
    const int64_t dumped = bench_cpu_ns();
    if (error)
        fail("dump", error);
    error = diff_frames(&diff, previous, next);
    const int64_t compared = bench_cpu_ns();
    if (error)
        fail("diff", error);
    error = owners_apply(owners, previous, next, NULL, &diff, &wish);
    const int64_t owned = bench_cpu_ns();
    if (error)
        fail("owners", error);
    cost = (struct cost){dumped - began, compared - dumped, owned - compared};
    frame_release(previous);
    previous = next;
    return cost;
}

static double median_ms(int64_t *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, bench_compare_ns);
    const int middle = count / 2;
    return (double)values[middle] / 1e6;
}

static void first_walk(void)
{
    struct owners_figures figures;
    int64_t own_ns = 0;
    unsigned frames = 0;

    do {
        own_ns += step().own_ns;
        frames++;
    } while (previous->missing.reasons & MISSING_OWNERS_LATE);
    owners_figures(owners, &figures);
    uint32_t known = 0;
    for (uint32_t i = 0; i < previous->live_count; i++)
        known += previous->conns[i].owner_word == OWNER_PROCESS;
    printf("rows %u, owners known %u, processes %u\n", previous->live_count, known, figures.slots);
    printf("first walk: %.1f ms in %u frames, %llu descriptors, %.2f us each\n",
           (double)own_ns / 1e6, frames, (unsigned long long)figures.links,
           (double)own_ns / 1e3 / (double)figures.links);
    printf("memory: %zu bytes, %.1f a row\n", figures.footprint,
           (double)figures.footprint / previous->live_count);
}

static void steady(int rounds)
{
    static int64_t dump[ROUNDS_MAX];
    static int64_t compare[ROUNDS_MAX];
    static int64_t own[ROUNDS_MAX];
    struct owners_figures before;
    struct owners_figures after;

    owners_figures(owners, &before);
    for (int i = 0; i < rounds; i++) {
        const struct cost cost = step();
        dump[i] = cost.dump_ns;
        compare[i] = cost.diff_ns;
        own[i] = cost.own_ns;
    }
    owners_figures(owners, &after);
    const double dump_ms = median_ms(dump, rounds);
    const double own_ms = median_ms(own, rounds);
    printf(
        "owners known, medians of %d frames: dump %.2f ms, diff %.2f ms, own %.2f ms: %.1f %% of "
        "the dump, %.3f us a row\n",
        rounds, dump_ms, median_ms(compare, rounds), own_ms, 100 * own_ms / dump_ms,
        own_ms * 1e3 / previous->live_count);
    printf("background: %.0f descriptors a frame, %llu rounds\n",
           (double)(after.links - before.links) / rounds,
           (unsigned long long)(after.rounds - before.rounds));
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROUNDS_DEFAULT;
    struct netns netns;
    netns_own(&netns);
    int error = netlink_open(&netlink, &netns);

    if (rounds < 1 || rounds > ROUNDS_MAX)
        rounds = ROUNDS_DEFAULT;
    if (!error)
        error = owners_open(&owners, "/proc");
    if (error)
        fail("open", error);
    pool = frame_pool_new();
    diff_init(&diff);
    first_walk();
    steady(rounds);
    frame_release(previous);
    diff_done(&diff);
    frame_pool_release(pool);
    owners_close(owners);
    netlink_close(netlink);
    return 0;
}
