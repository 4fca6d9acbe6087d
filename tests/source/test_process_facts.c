/* Facts of a process, of the kernel that runs: whether it says how many descriptors there are, or
 * they are listed. */
#include "../unit/unit.h"
#include "core/finding/finding.h"
#include "source/host_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void test_descriptors(void **state)
{
    struct process_facts before, after;
    int opened[20];

    (void)state;
    assert_int_equal(process_facts_read("/proc", getpid(), 0, &before), 0);
    assert_true(before.descriptors >= 3);
    for (int i = 0; i < 20; i++)
        opened[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(process_facts_read("/proc", getpid(), 0, &after), 0);
    assert_int_equal(after.descriptors, before.descriptors + 20);
    for (int i = 0; i < 20; i++)
        close(opened[i]);
}

static void test_another_process(void **state)
{
    struct process_facts facts;

    (void)state;
    assert_int_equal(process_facts_read("/proc", getpid(), 1, &facts), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
