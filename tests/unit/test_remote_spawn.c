/* The programs of hosts end, whoever ends them. */
#include "source/remote/spawn.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 20000
#define CHILDREN    3

static const char *const SLEEPER[] = {"sleep", "infinity", NULL};

static void close_ends(const struct remote_child *child)
{
    close(child->output);
    close(child->errors);
}

/* Its output ends as it does. */
static int wait_and_reap(struct remote_child *child)
{
    struct pollfd output = {.fd = child->output, .events = POLLIN};
    int code = -1;

    assert_int_equal(poll(&output, 1, DEADLINE_MS), 1);
    while (!remote_reap(child, &code))
        poll(NULL, 0, 1);
    close_ends(child);
    return code;
}

static void test_all_are_ended(void **state)
{
    struct remote_child children[CHILDREN];
    (void)state;
    for (size_t i = 0; i < CHILDREN; i++)
        assert_int_equal(remote_spawn(&children[i], SLEEPER, false), 0);
    remote_end(&children[1], true);
    assert_int_equal(wait_and_reap(&children[1]), 128 + SIGKILL);
    remote_end_all();
    assert_int_equal(wait_and_reap(&children[0]), 128 + SIGTERM);
    assert_int_equal(wait_and_reap(&children[2]), 128 + SIGTERM);
    remote_end_all(); /* of none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_are_ended)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
