/* The event ring: numbers, reports of overwritten events, and many threads at once. */
#include "core/event.h"
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PRODUCERS = 3, CONSUMERS = 3, EACH = 20000 };

static void push(struct event_ring *ring, uint64_t serial)
{
    struct event event = {.kind = EVENT_STATE, .serial = serial};
    event_ring_push(ring, &event);
}

static void numbers_begin_at_one(void **unused)
{
    struct event_ring *ring = event_ring_new(5);
    struct event events[4];
    uint64_t cursor = 1, lost = 9;
    (void)unused;
    assert_int_equal(event_ring_next(ring), 1);
    assert_int_equal(event_ring_oldest(ring), 1);
    assert_int_equal(event_ring_read(ring, &cursor, events, 4, &lost), 0);
    assert_int_equal(lost, 0);
    push(ring, 41);
    push(ring, 42);
    assert_int_equal(event_ring_read(ring, &cursor, events, 1, &lost), 1);
    assert_int_equal(events[0].number, 1);
    assert_int_equal(events[0].serial, 41);
    assert_int_equal(cursor, 2);
    assert_int_equal(event_ring_read(ring, &cursor, events, 4, &lost), 1);
    assert_int_equal(events[0].number, 2);
    assert_int_equal(cursor, 3);
    event_ring_free(ring);
    event_ring_free(NULL);
}

static void overwritten_is_reported(void **unused)
{
    struct event_ring *ring = event_ring_new(8);
    struct event events[16];
    uint64_t cursor = 1, lost;
    (void)unused;
    for (uint64_t i = 1; i <= 20; i++)
        push(ring, i);
    assert_int_equal(event_ring_oldest(ring), 13);
    assert_int_equal(event_ring_read(ring, &cursor, events, 16, &lost), 8);
    assert_int_equal(lost, 12);
    assert_int_equal(events[0].number, 13);
    assert_int_equal(events[7].serial, 20);
    assert_int_equal(event_ring_read(ring, &cursor, events, 16, &lost), 0);
    assert_int_equal(lost, 0);
    event_ring_free(ring);
}

static void reserved_is_not_overwritten(void **unused)
{
    struct event_ring *ring = event_ring_new(8);
    struct event events[64];
    uint64_t cursor = 1, lost;
    (void)unused;
    for (uint64_t i = 1; i <= 20; i++)
        push(ring, i);
    assert_int_equal(event_ring_reserve(ring, 40), 0);
    assert_int_equal(event_ring_reserve(ring, 3), 0);
    assert_int_equal(event_ring_oldest(ring), 13);
    for (uint64_t i = 21; i <= 60; i++)
        push(ring, i);
    assert_int_equal(event_ring_oldest(ring), 13); /* there was more room than that */
    assert_int_equal(event_ring_read(ring, &cursor, events, 64, &lost), 48);
    assert_int_equal(lost, 12);
    for (uint64_t i = 0; i < 48; i++) {
        assert_int_equal(events[i].number, 13 + i);
        assert_int_equal(events[i].serial, 13 + i);
    }
    assert_int_equal(event_ring_reserve(ring, UINT32_MAX), -ENOMEM);
    assert_int_equal(event_ring_oldest(ring), 13);
    event_ring_restart(ring, 5);
    push(ring, 100);
    assert_int_equal(event_ring_oldest(ring), 5);
    event_ring_free(ring);
}

static void seek_loses_nothing(void **unused)
{
    struct event_ring *ring = event_ring_new(8);
    struct event events[16];
    uint64_t ahead = 21, behind = 1, lost;
    (void)unused;
    for (uint64_t i = 1; i <= 20; i++)
        push(ring, i);
    event_ring_restart(ring, 5);
    push(ring, 100);
    assert_int_equal(event_ring_oldest(ring), 5);
    assert_int_equal(event_ring_next(ring), 6);
    assert_int_equal(event_ring_read(ring, &ahead, events, 16, &lost), 1);
    assert_int_equal(lost, 0);
    assert_int_equal(events[0].serial, 100);
    assert_int_equal(event_ring_read(ring, &behind, events, 16, &lost), 1);
    assert_int_equal(lost, 0);
    assert_int_equal(behind, 6);
    event_ring_free(ring);
}

struct crowd {
    struct event_ring *ring;
    atomic_uint producing;
    uint64_t seen[CONSUMERS], lost[CONSUMERS];
};

struct member {
    struct crowd *crowd;
    unsigned index;
};

static void *produce(void *data)
{
    struct member *member = data;
    for (uint64_t i = 1; i <= EACH; i++)
        push(member->crowd->ring, (uint64_t)member->index << 32 | i);
    atomic_fetch_sub(&member->crowd->producing, 1);
    return NULL;
}

/* Numbers have no gaps except reported ones; each producer's events are in order. */
static void check_batch(const struct event *events, uint32_t count, uint64_t *expected,
                        uint64_t *last)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t producer = events[i].serial >> 32;
        assert_int_equal(events[i].number, (*expected)++);
        assert_true(producer < PRODUCERS);
        assert_true(events[i].serial > last[producer]);
        last[producer] = events[i].serial;
    }
}

static void *consume(void *data)
{
    struct member *member = data;
    struct crowd *crowd = member->crowd;
    uint64_t cursor = 1, expected = 1, last[PRODUCERS] = {0};

    for (;;) {
        struct event events[64];
        uint64_t lost;
        bool over = atomic_load(&crowd->producing) == 0;
        uint32_t count = event_ring_read(crowd->ring, &cursor, events, 64, &lost);
        expected += lost;
        crowd->lost[member->index] += lost;
        check_batch(events, count, &expected, last);
        crowd->seen[member->index] += count;
        if (over && count == 0)
            return NULL;
    }
}

static void many_threads(void **unused)
{
    struct crowd crowd = {.ring = event_ring_new(1024)};
    struct member members[PRODUCERS + CONSUMERS];
    pthread_t threads[PRODUCERS + CONSUMERS];
    (void)unused;
    atomic_init(&crowd.producing, PRODUCERS);
    for (unsigned i = 0; i < PRODUCERS + CONSUMERS; i++) {
        bool producer = i < PRODUCERS;
        members[i] = (struct member){&crowd, producer ? i : i - PRODUCERS};
        assert_int_equal(
            pthread_create(&threads[i], NULL, producer ? produce : consume, &members[i]), 0);
    }
    for (unsigned i = 0; i < PRODUCERS + CONSUMERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < CONSUMERS; i++)
        assert_int_equal(crowd.seen[i] + crowd.lost[i], PRODUCERS * EACH);
    event_ring_free(crowd.ring);
}

static void ends_in_words(void **state)
{
    static const struct {
        uint8_t end, why, error;
        const char *words;
    } ENDS[] = {{END_UNKNOWN, 0, 0, ""},
                {END_CLOSED, 0, 0, ""},
                {END_REFUSED, 0, ERROR_ECONNREFUSED, "refused"},
                {END_RESET_BY_US, RESET_WHY_LINGER, 0, "reset by us: SO_LINGER 0"},
                {END_UNREACHABLE, 0, ERROR_ENETUNREACH, "unreachable: ENETUNREACH"},
                {END_FAILED, 0, 200, "failed"}};
    char text[EVENT_END_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        const struct event event = {.kind = EVENT_CLOSE,
                                    .end = ENDS[i].end,
                                    .reset_why = ENDS[i].why,
                                    .error = ENDS[i].error};
        assert_int_equal(event_end_text(text, sizeof(text), &event), strlen(ENDS[i].words));
        assert_string_equal(text, ENDS[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_begin_at_one),
        cmocka_unit_test(overwritten_is_reported),
        cmocka_unit_test(reserved_is_not_overwritten),
        cmocka_unit_test(seek_loses_nothing),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(ends_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
