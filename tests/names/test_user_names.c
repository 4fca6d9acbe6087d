/* Names of users by NSS: of a service that answers, lies, crashes or never answers. Runs in a mount namespace with an
 * nsswitch.conf of its own; LD_LIBRARY_PATH leads to the service. */
#include "unit.h"

#include "source/user_names.h"
#include "user_numbers.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_MS 20000
#define NOW_NS      INT64_C(1000000000000)
#define LATER_NS    (NOW_NS + INT64_C(3600000000000))

/* False: not to be had here. */
static bool use_test_service(void)
{
    char path[] = "/tmp/tcplens_nsswitch_XXXXXX";
    const int file = mkstemp(path);
    static const char text[] = "passwd: files tcplens\n";

    const bool written = file >= 0 &&
                         write(file, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1 &&
                         fchmod(file, 0644) == 0;
    close(file);
    const bool done = written && unshare(CLONE_NEWNS) == 0 &&
                      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                      mount(path, "/etc/nsswitch.conf", NULL, MS_BIND, NULL) == 0;
    unlink(path);
    return done;
}

static bool has_service;

static struct user_names *begin(void)
{
    struct user_names *names = NULL;

    if (!has_service) {
        print_message("needs root: no mount namespace of its own\n");
        skip();
    }
    assert_int_equal(user_names_new(&names), 0);
    return names;
}

static void answers(void **state)
{
    struct user_names *names = begin();

    (void)state;
    assert_null(user_names_find(names, USER_GOOD, NOW_NS)); /* asked, not waited for */
    assert_null(user_names_find(names, USER_ESCAPES, NOW_NS));
    assert_null(user_names_find(names, USER_HUGE, NOW_NS));
    assert_null(user_names_find(names, USER_UNKNOWN, NOW_NS));
    user_names_wait(names, DEADLINE_MS);
    assert_string_equal(user_names_find(names, USER_GOOD, NOW_NS), "dyn-web");
    assert_string_equal(user_names_find(names, USER_ESCAPES, NOW_NS), "evil\\x1b[2J\\xff");
    assert_null(user_names_find(names, USER_HUGE, NOW_NS));
    assert_null(user_names_find(names, USER_UNKNOWN, NOW_NS));
    user_names_wait(names, DEADLINE_MS);
    assert_string_equal(user_names_find(names, USER_GOOD, LATER_NS), "dyn-web"); /* asked again */
    user_names_wait(names, DEADLINE_MS);
    assert_string_equal(user_names_find(names, USER_GOOD, LATER_NS), "dyn-web");
    user_names_free(names);
}

static void survives(void **state)
{
    struct user_names *names = begin();

    (void)state;
    assert_null(user_names_find(names, USER_CRASHES, NOW_NS));
    assert_null(user_names_find(names, USER_HANGS, NOW_NS));
    assert_null(user_names_find(names, USER_GOOD, NOW_NS));
    user_names_wait(names, DEADLINE_MS);
    assert_string_equal(user_names_find(names, USER_GOOD, NOW_NS), "dyn-web");
    assert_null(user_names_find(names, USER_CRASHES, NOW_NS));
    assert_null(user_names_find(names, USER_HANGS, NOW_NS));
    user_names_free(names);
}

static void ends_while_nothing_answers(void **state)
{
    struct user_names *names = begin();

    (void)state;
    assert_null(user_names_find(names, USER_HANGS, NOW_NS));
    user_names_free(names);
    assert_null(user_names_find(NULL, USER_GOOD, NOW_NS));
    user_names_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(survives),
        cmocka_unit_test(ends_while_nothing_answers),
    };
    has_service = use_test_service();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
