/* Any bytes as the file of a session log, plain or .zst: it is opened or refused, read to its end,
 * gone back in, searched and counted. Memory stays bounded (libFuzzer's -rss_limit_mb watches). */
#include "fuzz_target.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MOST 64

static const struct wish no_wish;

static bool is_close(void *data, const struct event *event, const struct frame *frame)
{
    (void)data;
    (void)frame;
    return event->kind == EVENT_CLOSE;
}

static void read_frames(struct source *source, struct frame_pool *pool)
{
    for (unsigned i = 0; i < FRAMES_MOST; i++) {
        struct frame *frame = frame_new(pool);
        CHECK(frame != NULL);
        int error = source_next(source, frame, &no_wish);
        CHECK(error <= 0);
        frame_release(frame);
        if (error)
            return;
    }
}

static void search(struct source *source, bool backward)
{
    int64_t found, reached;
    const struct source_search search = {
        .match = is_close, .backward = backward, .with_rows = backward};
    int result = replay_search_begin(source, &search);
    for (unsigned i = 0; i < FRAMES_MOST && result >= 0; i++) {
        result = replay_search_step(source, 100, &found, &reached);
        if (result != 1)
            return;
    }
}

static void count(struct source *source)
{
    struct density_part parts[16];
    const struct density density = {.parts = parts, .count = 16};
    int64_t first, last;
    if (replay_span(source, &first, &last) || replay_density_begin(source, first, last, &density))
        return;
    for (unsigned i = 0; i < FRAMES_MOST; i++) {
        if (replay_density_step(source, 100) != 1)
            return;
    }
}

static void use(struct source *source)
{
    struct frame_pool *pool = frame_pool_new();
    struct event_ring *ring = event_ring_new(256);

    replay_set_ring(source, ring);
    read_frames(source, pool);
    search(source, true);
    (void)replay_step_back(source);
    read_frames(source, pool);
    if (replay_seek(source, INT64_C(1795349790000000000)) == 0)
        read_frames(source, pool);
    search(source, false);
    count(source);
    source_close(source);
    event_ring_free(ring);
    frame_pool_release(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptor = memfd_create("log", MFD_CLOEXEC);
    char path[64], why[200] = "";
    struct source *source = NULL;

    CHECK(descriptor >= 0);
    if (write(descriptor, data, size) == (ssize_t)size) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
        int error = replay_open(&source, path, why, sizeof(why));
        CHECK(error <= 0 && (!error || why[0]));
        if (!error)
            use(source);
    }
    close(descriptor);
    return 0;
}
