/* Frames: the pool gives memory back to the next frame, references hold, reading finds what is
 * there. Allocations are counted by standing in front of the C library's. */
#include "core/diff.h"
#include "core/track.h"
#include "rows.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_ulong allocations;

/* The C library's own, under their second names. The sanitizers bring their own allocator: there
 * nothing is counted. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef COUNTED
#endif
#endif
#endif

#ifdef COUNTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(old, size);
}
#endif

static void fill(struct frame *frame, uint32_t rows, uint32_t shift)
{
    for (uint32_t n = 1; n <= rows; n++) {
        struct conn *row = rows_add(frame, n + shift, STATE_ESTABLISHED);
        frame_add_detail(frame);
        row->detail = frame->detail_count - 1;
    }
    for (uint32_t i = 0; i < 50; i++) {
        struct proc *proc = frame_add_proc(frame);
        proc->pid = (int32_t)i + 1;
        proc->comm = frame_copy_text(frame, "a process name");
        frame_add_owner_ref(frame, i);
    }
}

/* Two frames in turn, as a collector holds them, with diff and track between. */
static void steady_state_calls_no_malloc(void **unused)
{
    const struct track_settings settings = {.highlight_ns = 3 * SECOND, .tick_ns = 4000000};
    struct frame_pool *pool = frame_pool_new();
    struct track *track = track_new(&settings);
    struct event_ring *ring = event_ring_new(1024);
    struct frame *previous = NULL;
    struct diff diff;
    unsigned long before = 0;
    (void)unused;

    diff_init(&diff);
    for (uint32_t second = 0; second < 40; second++) {
        if (second == 20)
            before = atomic_load(&allocations);
        struct frame *frame = rows_frame(pool, second);
        fill(frame, 5000, 100 * second);
        assert_int_equal(diff_frames(&diff, previous, frame), 0);
        assert_int_equal(track_apply(track, previous, frame, &diff, ring), 0);
        frame_release(previous);
        previous = frame;
    }
#ifdef COUNTED
    assert_true(before > 0);
    assert_int_equal(atomic_load(&allocations) - before, 0);
#else
    (void)before;
    print_message("allocations are not counted under a sanitizer\n");
#endif
    frame_release(previous);
    frame_pool_release(pool);
    track_free(track);
    event_ring_free(ring);
    diff_done(&diff);
}

static void new_frame_is_empty(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 0);
    (void)unused;
    fill(frame, 100, 0);
    frame_add_user(frame, 1, "daemon");
    frame_add_interface(frame, 7, 1, "lo");
    frame->missing.reasons = MISSING_EVENTS;
    frame_count_totals(frame);
    frame_release(frame);

    frame = frame_new(pool);
    assert_int_equal(frame->conn_count + frame->live_count + frame->proc_count, 0);
    assert_int_equal(frame->detail_count + frame->owner_ref_count + frame->user_count, 0);
    assert_int_equal(frame->interface_count + frame->group_count, 0);
    assert_int_equal(frame->missing.reasons, 0);
    assert_int_equal(frame->totals.live, 0);
    assert_string_equal(frame->host, "");
    frame_release(frame);
    frame_release(NULL);
    frame_pool_release(pool);
    frame_pool_release(NULL);
}

static void frame_outlives_its_pool(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 0);
    (void)unused;
    fill(frame, 10, 0);
    struct frame *again = frame_reference(frame);
    frame_pool_release(pool);
    frame_release(frame);
    assert_int_equal(again->conns[9].cookie, 10);
    frame_release(again);
}

/* After a flood the memory goes back. */
static void pool_shrinks(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 0);
    (void)unused;
    fill(frame, 50000, 0);
    size_t large = frame_footprint(frame);
    frame_release(frame);
    for (int64_t i = 1; i < 200; i++) {
        frame = rows_frame(pool, i);
        fill(frame, 10, 0);
        frame_release(frame);
    }
    frame = frame_new(pool);
    assert_true(frame_footprint(frame) < large / 8);
    frame_release(frame);
    frame_pool_release(pool);
}

static void reading(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 0);
    (void)unused;
    fill(frame, 3, 0);
    struct conn *row = &frame->conns[1];
    row->serial = 42;
    assert_null(frame_owner(frame, row));
    assert_null(frame_holder(frame, row, 0));
    assert_null(frame_group(frame, row));
    row->owner = 7;
    row->owners = 48;
    row->owner_count = 3;
    assert_int_equal(frame_owner(frame, row)->pid, 8);
    assert_int_equal(frame_holder(frame, row, 1)->pid, 50);
    assert_null(frame_holder(frame, row, 2));
    assert_null(frame_holder(frame, row, 3));
    assert_ptr_equal(frame_detail(frame, row), &frame->details[1]);
    assert_ptr_equal(frame_find_serial(frame, 42), row);
    assert_null(frame_find_serial(frame, 43));
    assert_int_equal(frame_find_proc(frame, 50)->pid, 50);
    assert_null(frame_find_proc(frame, 51));

    const uint32_t uids[] = {1000, 0, 65534, 33, 1000};
    for (size_t i = 0; i < UNIT_COUNT(uids); i++)
        assert_int_equal(frame_add_user(frame, uids[i], i == 1 ? "root" : "other"), 0);
    assert_int_equal(frame->user_count, 4);
    for (uint32_t i = 1; i < frame->user_count; i++)
        assert_true(frame->users[i - 1].uid < frame->users[i].uid);
    assert_string_equal(frame_user_name(frame, 0), "root");
    assert_null(frame_user_name(frame, 5));
    frame_add_interface(frame, 7, 2, "eth0");
    assert_string_equal(frame_interface_name(frame, 7, 2), "eth0");
    assert_null(frame_interface_name(frame, 8, 2));
    assert_null(frame_interface_name(frame, 7, 1));
    frame_release(frame);
    frame_pool_release(pool);
}

static void totals_of_rows(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 0);
    (void)unused;
    rows_add(frame, 1, STATE_LISTEN);
    rows_add(frame, 2, STATE_FIN_WAIT_1)->owner_word = OWNER_NONE;
    rows_add(frame, 3, STATE_TIME_WAIT)->owner_word = OWNER_NONE;
    struct conn *row = rows_add(frame, 4, STATE_ESTABLISHED);
    conn_set_rates(row, UINT64_C(5) << 33, 7);
    frame_add_ghost(frame)->state = STATE_DELETE_TCB;
    for (int twice = 0; twice < 2; twice++) {
        frame_count_totals(frame);
        assert_int_equal(frame->totals.live, 4);
        assert_int_equal(frame->totals.listeners, 1);
        assert_int_equal(frame->totals.orphans, 1);
        assert_int_equal(frame->totals.states[STATE_DELETE_TCB], 1);
        assert_int_equal(frame->totals.states[STATE_TIME_WAIT], 1);
        assert_true(frame->totals.in_bytes_per_s == UINT64_C(5) << 33);
        assert_int_equal(frame->totals.out_bytes_per_s, 7);
    }
    frame_release(frame);
    frame_pool_release(pool);
}

static void rates_have_40_bits(void **unused)
{
    struct conn conn = {0};
    (void)unused;
    conn_set_rates(&conn, UINT64_MAX, 1);
    assert_true(conn_in_rate(&conn) == (UINT64_C(1) << 40) - 1);
    assert_int_equal(conn_out_rate(&conn), 1);
    assert_null(owner_word_name(OWNER_PROCESS));
    assert_string_equal(owner_word_name(OWNER_LISTENER), "listener");
    assert_null(owner_word_name(200));
}

struct shared {
    struct frame *frame;
    atomic_uint read;
};

static void *hold_and_release(void *data)
{
    struct shared *shared = data;
    for (int i = 0; i < 20000; i++) {
        struct frame *mine = frame_reference(shared->frame);
        atomic_fetch_add(&shared->read, (unsigned)mine->conns[0].cookie);
        frame_release(mine);
    }
    frame_release(shared->frame);
    return NULL;
}

static void references_from_many_threads(void **unused)
{
    enum { THREADS = 4 };
    struct frame_pool *pool = frame_pool_new();
    struct shared shared = {.frame = rows_frame(pool, 0)};
    pthread_t threads[THREADS];
    (void)unused;
    rows_add(shared.frame, 1, STATE_LISTEN);
    for (int i = 0; i < THREADS; i++) {
        frame_reference(shared.frame);
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, &shared), 0);
    }
    frame_release(shared.frame);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared.read), THREADS * 20000);
    struct frame *again = frame_new(pool);
    assert_ptr_equal(again, shared.frame);
    frame_release(again);
    frame_pool_release(pool);
}

/* Three frames were in use at once, then never more than two: the third is given back. */
static void frame_not_needed_is_freed(void **unused)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frames[3], *previous = NULL;
    (void)unused;

    for (int i = 0; i < 3; i++)
        frames[i] = rows_frame(pool, 0);
    for (int i = 0; i < 3; i++)
        frame_release(frames[i]);
    for (int i = 0; i < 100; i++) {
        struct frame *frame = rows_frame(pool, 0);
        frame_release(previous);
        previous = frame;
    }
#ifdef COUNTED
    const unsigned long before = atomic_load(&allocations);
    frames[0] = frame_new(pool);
    assert_int_equal(atomic_load(&allocations), before);
    frames[1] = frame_new(pool);
    assert_true(atomic_load(&allocations) > before);
    frame_release(frames[0]);
    frame_release(frames[1]);
#endif
    frame_release(previous);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_state_calls_no_malloc),
        cmocka_unit_test(new_frame_is_empty),
        cmocka_unit_test(frame_outlives_its_pool),
        cmocka_unit_test(pool_shrinks),
        cmocka_unit_test(frame_not_needed_is_freed),
        cmocka_unit_test(reading),
        cmocka_unit_test(totals_of_rows),
        cmocka_unit_test(rates_have_40_bits),
        cmocka_unit_test(references_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
