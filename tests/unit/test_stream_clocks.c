/* What frames say of another host's clocks: one that was suspended, or whose wall clock was set. */
#include "unit.h"

#include "base/clock.h"
#include "source/fleet/stream_clocks.h"

#define OFFSET_NS (1000 * SECOND_NS) /* our wall clock less mono */
#define WAY_NS    (20 * MILLISECOND_NS)

struct host {
    struct stream_clocks clocks;
    int64_t now_ns;                 /* our monotonic clock */
    int64_t mono_less_ns, ahead_ns; /* its monotonic clock behind ours, its wall clock ahead */
};

/* A frame after a second. */
static void frame(struct host *host, int64_t way_ns)
{
    host->now_ns += SECOND_NS;
    const int64_t made_ns = host->now_ns - way_ns;
    stream_clocks_take(&host->clocks, made_ns + OFFSET_NS + host->ahead_ns,
                       made_ns - host->mono_less_ns, host->now_ns);
}

static void assert_skew(const struct host *host, int64_t expected_ns)
{
    const int64_t wrong_ns = stream_clocks_skew(&host->clocks, OFFSET_NS) - expected_ns;
    assert_in_range(wrong_ns + SECOND_NS, 0, SECOND_NS); /* by what it took to arrive */
}

static void a_suspended_host_is_not_skewed(void **state)
{
    struct host host = {.now_ns = 5000 * SECOND_NS};

    (void)state;
    frame(&host, WAY_NS);
    frame(&host, WAY_NS);
    host.now_ns += 30 * SECOND_NS;
    host.mono_less_ns = 30 * SECOND_NS;
    frame(&host, WAY_NS);
    assert_skew(&host, 0);
    assert_int_equal(host.clocks.mono_shift_ns, host.mono_less_ns + WAY_NS);
    frame(&host, 3 * WAY_NS);
    assert_skew(&host, 0);
}

static void a_clock_that_was_set_is_skewed(void **state)
{
    static const int64_t AHEAD_NS[] = {20 * SECOND_NS, -20 * SECOND_NS, 3600 * SECOND_NS};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(AHEAD_NS); i++) {
        struct host host = {.now_ns = 5000 * SECOND_NS};
        frame(&host, WAY_NS);
        host.ahead_ns = AHEAD_NS[i];
        frame(&host, 5 * WAY_NS);
        assert_skew(&host, AHEAD_NS[i]);
    }
}

/* Set, and its frame comes late: found with the next one that is not. */
static void a_late_frame_misleads_for_a_while(void **state)
{
    struct host host = {.now_ns = 5000 * SECOND_NS};

    (void)state;
    frame(&host, WAY_NS);
    host.ahead_ns = 4 * SECOND_NS;
    host.now_ns += 3 * SECOND_NS;
    frame(&host, 3 * SECOND_NS);
    frame(&host, WAY_NS);
    assert_skew(&host, host.ahead_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suspended_host_is_not_skewed),
        cmocka_unit_test(a_clock_that_was_set_is_skewed),
        cmocka_unit_test(a_late_frame_misleads_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
