/* Work made by several threads: each piece once, taken in order, in a place of its own; the end by an
 * error; and without a second thread. */
#include "base/ordered.h"
#include "unit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#define PIECES 1000u
#define NONE   UINT32_MAX

struct counting {
    atomic_uint made[PIECES];
    atomic_uint in_place[ORDERED_PLACES]; /* the piece that is there; NONE: free */
    atomic_uint by_thread[ORDERED_THREADS_MOST];
    atomic_bool shared; /* a place had two pieces at once, or a number of a thread does not exist */
    uint32_t taken;
    uint32_t fails_at;
};

static void make(void *data, uint32_t piece, unsigned thread, unsigned place)
{
    struct counting *counting = data;

    if (place >= ORDERED_PLACES || thread >= ORDERED_THREADS_MOST ||
        atomic_exchange(&counting->in_place[place], piece) != NONE) {
        atomic_store(&counting->shared, true);
        return;
    }
    atomic_fetch_add(&counting->made[piece], 1);
    atomic_fetch_add(&counting->by_thread[thread], 1);
}

static int take(void *data, uint32_t piece, unsigned place)
{
    struct counting *counting = data;

    assert_int_equal(piece, counting->taken);
    assert_int_equal(atomic_exchange(&counting->in_place[place], NONE), piece);
    counting->taken++;
    return piece == counting->fails_at ? -5 : 0;
}

static int count(struct counting *counting, uint32_t pieces, uint32_t fails_at)
{
    memset(counting, 0, sizeof(*counting));
    for (unsigned i = 0; i < ORDERED_PLACES; i++)
        atomic_init(&counting->in_place[i], NONE);
    counting->fails_at = fails_at;
    const int result = ordered_run(&(struct ordered){pieces, make, take, counting});
    assert_false(atomic_load(&counting->shared));
    return result;
}

static void each_piece_is_made_once_and_taken_in_order(void **unused)
{
    static const uint32_t COUNTS[] = {0, 1, 2, ORDERED_PLACES, PIECES};
    struct counting counting;

    (void)unused;
    for (size_t n = 0; n < sizeof(COUNTS) / sizeof(COUNTS[0]); n++) {
        assert_int_equal(count(&counting, COUNTS[n], NONE), 0);
        assert_int_equal(counting.taken, COUNTS[n]);
        for (uint32_t i = 0; i < PIECES; i++)
            assert_int_equal(counting.made[i], i < COUNTS[n]);
    }
}

static void an_error_ends_it(void **unused)
{
    struct counting counting;

    (void)unused;
    assert_int_equal(count(&counting, PIECES, 20), -5);
    assert_int_equal(counting.taken, 21);
    for (uint32_t i = 20 + ORDERED_PLACES; i < PIECES; i++)
        assert_int_equal(counting.made[i], 0); /* at most what there are places for is made ahead */
}

/* Without descriptors no thread can be woken, so none is started. */
static void the_caller_can_do_it_alone(void **unused)
{
    struct rlimit before, none;
    struct counting counting;

    (void)unused;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int result = count(&counting, PIECES, NONE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, 0);
    assert_int_equal(counting.taken, PIECES);
    assert_int_equal(counting.by_thread[0], PIECES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_is_made_once_and_taken_in_order),
        cmocka_unit_test(an_error_ends_it),
        cmocka_unit_test(the_caller_can_do_it_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
