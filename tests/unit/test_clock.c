/* Clocks: what is the same in every run, and what belongs together. */
#include "base/clock.h"
#include "unit.h"

#include <stdlib.h>
#include <sys/wait.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offset_is_exact),
        cmocka_unit_test(the_boot_is_the_same_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
