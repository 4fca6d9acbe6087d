/* Clocks: what is the same in every run, and what belongs together. */
#include "base/clock.h"
#include "unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void the_offset_is_exact(void **unused)
{
    const int64_t offset_ns = clock_wall_offset_ns();
    (void)unused;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(clock_wall_offset_ns(), offset_ns);
    const int64_t before_ns = clock_mono_ns(), wall_ns = clock_wall_ns();
    assert_in_range(wall_ns - offset_ns, before_ns, clock_mono_ns());
}

static void the_boot_is_the_same_for_all(void **unused)
{
    const int64_t boot_ns = clock_boot_wall_ns();
    int status;
    (void)unused;
    assert_int_equal(boot_ns % MILLISECOND_NS, 0);
    for (int i = 0; i < 10000; i++)
        assert_true(llabs(clock_boot_wall_ns() - boot_ns) <= MILLISECOND_NS);
    const pid_t child = fork();
    if (child == 0)
        _exit(llabs(clock_boot_wall_ns() - boot_ns) > MILLISECOND_NS);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(llabs(clock_wall_ns() - clock_ns(CLOCK_BOOTTIME) - boot_ns) < SECOND_NS);
    const int64_t suspended_ns = clock_ns(CLOCK_BOOTTIME) - clock_mono_ns();
    for (int i = 0; i < 10000 && llabs(suspended_ns) < MILLISECOND_NS; i++)
        assert_int_equal(clock_boot_wall_ns(), boot_ns);
}

static void local_text_has_the_form_wished_for(void **unused)
{
    static const char *const EXPECTED[] = {[CLOCK_DATE_TIME] = "2026-07-01 14:05:09",
                                           [CLOCK_DATE] = "2026-07-01",
                                           [CLOCK_TIME] = "14:05:09",
                                           [CLOCK_MINUTE] = "14:05",
                                           [CLOCK_DAY_TIME] = "07-01 14:05:09",
                                           [CLOCK_DAY_MINUTE] = "07-01 14:05"};
    const int64_t moment_ns = INT64_C(1782907509) * SECOND_NS; /* 12:05:09 UTC */
    char text[CLOCK_TEXT_MAX], cut[4];
    (void)unused;
    setenv("TZ", "CEST-2", 1);
    tzset();
    for (size_t form = 0; form < UNIT_COUNT(EXPECTED); form++) {
        clock_local_text(text, sizeof(text), (enum clock_form)form, moment_ns);
        assert_string_equal(text, EXPECTED[form]);
    }
    if (sizeof(time_t) > sizeof(int32_t)) { /* a shorter one ends in 2038 */
        clock_local_text(text, sizeof(text), CLOCK_DATE_TIME, INT64_MAX);
        assert_string_equal(text, "2262-04-12 01:47:16");
    }
    clock_local_text(cut, sizeof(cut), CLOCK_TIME, moment_ns);
    assert_string_equal(cut, "14:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offset_is_exact),
        cmocka_unit_test(the_boot_is_the_same_for_all),
        cmocka_unit_test(local_text_has_the_form_wished_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
