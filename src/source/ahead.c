/* ahead: see ahead.h. */
#include "source/ahead.h"

#include "source/owners/owners.h"

#include <sys/mman.h>
#include <unistd.h>

#define PIECES 64u /* of each array, so that the first rows of all arrays are ready first */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* On older kernels pages are allocated when first written, as usual. */
static void populate(const struct ahead_memory *memory, uint32_t piece)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t pages = (size_t)(memory->end - memory->begin) / page;
    const size_t first = pages * piece / PIECES, end = pages * (piece + 1) / PIECES;

    if (end > first)
        (void)madvise(memory->begin + first * page, (end - first) * page, MADV_POPULATE_WRITE);
}

static void run(void *data)
{
    struct ahead *ahead = data;

    for (uint32_t piece = 0; piece < PIECES; piece++) {
        populate(&ahead->memory[0], piece);
        populate(&ahead->memory[1], piece);
    }
    if (ahead->owners)
        owners_walk_ahead(ahead->owners);
}

/* The whole pages of an array. */
static struct ahead_memory pages_of(void *array, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t before = (page - (uintptr_t)array % page) % page;
    char *begin = array;

    if (!array || size < before + page)
        return (struct ahead_memory){begin, begin};
    return (struct ahead_memory){begin + before, begin + size};
}

void ahead_begin(struct ahead *ahead, const struct frame *frame, struct owners *owners,
                 const struct wish *wish, uint32_t least)
{
    if (frame->conn_capacity < least || worker_processors() < 2 || worker_init(&ahead->worker))
        return;
    const bool walks = owners && owners_expect(owners, frame->conn_capacity, wish);
    ahead->owners = walks ? owners : NULL;
    ahead->memory[0] = pages_of(frame->conns, frame->conn_capacity * sizeof(*frame->conns));
    ahead->memory[1] = pages_of(frame->details, frame->detail_capacity * sizeof(*frame->details));
    if (worker_start(&ahead->worker, "ahead", run, ahead))
        worker_done(&ahead->worker);
}

void ahead_end(struct ahead *ahead)
{
    worker_done(&ahead->worker);
}
