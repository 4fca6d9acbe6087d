/* Prints what diff and track cost a row: unchanged, shuffled and churning frames of 20,000 and
 * 200,000 rows. Nothing is asserted: run it by hand on a quiet machine. */
#include "core/diff.h"
#include "core/track.h"
#include "timing.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES = 12 };

static uint64_t random_next(uint64_t *seed)
{
    uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void add_row(struct frame *frame, uint64_t n, uint32_t second)
{
    struct conn *conn = frame_add_conn(frame);
    conn->cookie = n;
    conn->netns = 1;
    conn->tuple.family = FAMILY_INET;
    conn->tuple.local_port = (uint16_t)n;
    memcpy(conn->tuple.remote.bytes, &n, sizeof(n));
    conn->state = STATE_ESTABLISHED;
    conn->known = KNOWN_INFO | KNOWN_BYTES_IN | KNOWN_BYTES_OUT | KNOWN_LAST_DATA | KNOWN_QUEUES;
    conn->in_bytes = n % 4 ? 1000 : second * UINT64_C(5000);
    conn->bytes_sent = 500;
    conn->last_data_received_ms = n % 4 ? 60000 : 10;
    conn->last_data_sent_ms = 60000;
}

/* `churn` of a thousand rows have another connection in their place, as many changed their state.
 */
static void fill(struct frame *frame, uint32_t rows, uint32_t second, uint32_t churn)
{
    frame->wall_ns = frame->mono_ns = (1000 + (int64_t)second) * 1000000000;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t seed = i, again = i + UINT64_C(1000003) * second;
        uint64_t row = 1 + random_next(&seed) % (UINT64_C(1) << 40);
        if (random_next(&again) % 1000 < churn / 2)
            row += (uint64_t)second << 41;
        add_row(frame, row, second);
        if (random_next(&again) % 1000 < churn / 2)
            frame->conns[i].state = STATE_FIN_WAIT_1;
    }
}

static void shuffle(struct frame *frame)
{
    uint64_t seed = frame->number;
    for (uint32_t i = frame->live_count; i > 1; i--) {
        uint64_t j = random_next(&seed) % i;
        struct conn swap = frame->conns[i - 1];
        frame->conns[i - 1] = frame->conns[j];
        frame->conns[j] = swap;
    }
}

static void measure(const char *what, uint32_t rows, uint32_t churn, int shuffled)
{
    const struct track_settings settings = {.highlight_ns = INT64_C(3000000000),
                                            .tick_ns = 4000000};
    struct frame_pool *pool = frame_pool_new();
    struct track *track = track_new(&settings);
    struct event_ring *ring = event_ring_new(EVENT_RING_DEFAULT);
    struct frame *previous = NULL;
    struct diff diff;
    int64_t fill_ns = 0, diff_ns = 0, track_ns = 0;
    uint32_t counted = 0, changes = 0, ghosts = 0;

    diff_init(&diff);
    for (uint32_t second = 0; second < FRAMES; second++) {
        struct frame *frame = frame_new(pool);
        frame->number = second;
        int64_t began = bench_cpu_ns();
        fill(frame, rows, second, churn);
        int64_t filled = bench_cpu_ns();
        if (shuffled)
            shuffle(frame);
        int64_t ready = bench_cpu_ns();
        diff_frames(&diff, previous, frame);
        int64_t compared = bench_cpu_ns();
        track_apply(track, previous, frame, &diff, ring);
        int64_t tracked = bench_cpu_ns();
        frame_release(previous);
        previous = frame;
        if (second < FRAMES / 2)
            continue; /* memory is still being made */
        fill_ns += filled - began;
        diff_ns += compared - ready;
        track_ns += tracked - compared;
        changes = diff.change_count;
        ghosts = frame->conn_count - frame->live_count;
        counted++;
    }
    printf("%-14s %6u rows: diff %5.1f + track %5.1f = %5.1f ns a row, %6.2f ms a frame"
           " (fill %.1f ns; %u changes, %u ghosts)\n",
           what, rows, (double)diff_ns / counted / rows, (double)track_ns / counted / rows,
           (double)(diff_ns + track_ns) / counted / rows,
           (double)(diff_ns + track_ns) / counted / 1e6, (double)fill_ns / counted / rows, changes,
           ghosts);
    frame_release(previous);
    frame_pool_release(pool);
    track_free(track);
    event_ring_free(ring);
    diff_done(&diff);
}

int main(void)
{
    for (uint32_t rows = 20000; rows <= 200000; rows *= 10) {
        measure("unchanged", rows, 0, 0);
        measure("5 % changing", rows, 50, 0);
        measure("shuffled", rows, 0, 1);
        measure("shuffled, 5 %", rows, 50, 1);
    }
    return 0;
}
