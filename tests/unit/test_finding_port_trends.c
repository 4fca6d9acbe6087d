/* When the local ports to a target will be used up, by samples of them. */
#include "core/finding/port_trends.h"
#include "rows.h"

/* 50 ports out of 200 and `each` more a second, sampled from that second on. < 0: no forecast. */
static double forecast_after(struct port_trends *trends, int64_t first_second, uint32_t each)
{
    struct frame frame = {0};
    struct target_tally target = {.port = 9000, .family = FAMILY_INET};
    const struct census census = {.frame = &frame, .targets = &target, .target_count = 1};

    for (int64_t i = 0; i <= 20; i++) {
        frame.mono_ns = (first_second + i) * SECOND;
        target.in_range = 50 + each * (uint32_t)i;
        port_trends_update(trends, &census, 200);
    }
    return port_trends_forecast(trends, &target, 200, 0);
}

static void a_forecast_begins_anew_where_time_goes_back(void **state)
{
    struct port_trends trends = {0};
    (void)state;
    assert_int_equal(forecast_after(&trends, 1000, 2), 55);
    assert_true(forecast_after(&trends, 100, 0) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forecast_begins_anew_where_time_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
