/* proc_stat: names that hold what ends a name, kernel threads, lines that are none. */
#include "core/proc_stat.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define TAIL " 3 7 16500 16500 -1 4194304 152 0 0 0 4 5 0 0 20 0 6 0 987654321 8192 245 1844 1 0\n"

static struct proc_stat read_line(const char *text)
{
    struct proc_stat stat;

    assert_int_equal(proc_stat_parse(text, strlen(text), &stat), 0);
    return stat;
}

static void test_plain_line(void **state)
{
    const struct proc_stat stat = read_line("16500 (nginx) S" TAIL);

    (void)state;
    assert_string_equal(stat.name, "nginx");
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.parent, 3);
    assert_int_equal(stat.session, 16500);
    assert_int_equal(stat.threads, 6);
    assert_int_equal(stat.start_ticks, 987654321);
    assert_false(stat.kernel_thread);
    assert_false(stat.ending);
    assert_true(read_line("16500 (nginx) Z" TAIL).ending);
    assert_true(read_line("9 (a) R 3 4 5 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0\n").ending);
}

static void test_name_may_hold_anything(void **state)
{
    (void)state;
    assert_string_equal(read_line("1 (a) R 9 (b) Z" TAIL).name, "a) R 9 (b");
    assert_int_equal(read_line("1 (a) R 9 (b) Z" TAIL).state, 'Z');
    assert_int_equal(read_line("1 (a) R 9 (b) Z" TAIL).parent, 3);
    assert_string_equal(read_line("1 (a\n\x1b[31m) S" TAIL).name, "a\\x0a\\x1b[31m");
    assert_string_equal(read_line("1 () S" TAIL).name, "");
    assert_string_equal(read_line("1 ()) S" TAIL).name, ")");
}

/* Linux 5.17 and later tell up to 63 bytes of a kernel thread's name. */
static void test_kernel_thread(void **state)
{
    const struct proc_stat stat =
        read_line("9 (kworker/u8:7-events_unbound_of_a_work_queue_with_a_very_long_nam"
                  "\x01) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0\n");

    (void)state;
    assert_true(stat.kernel_thread);
    assert_int_equal(stat.parent, 2);
    assert_int_equal(stat.start_ticks, 4);
    assert_true(strlen(stat.name) < sizeof stat.name);
    assert_null(strchr(stat.name, '\\')); /* never half an escape */
}

static void test_what_is_no_line_changes_nothing(void **state)
{
    static const char *const LINES[] = {
        "",
        "17",
        "17 (name",
        "17 name)",
        ") 17 (",
        "17 (name)",
        "17 (name) S",
        "17 (name) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", /* cut before the start */
    };
    struct proc_stat stat, before;

    (void)state;
    memset(&stat, 0x5a, sizeof stat);
    before = stat;
    for (size_t i = 0; i < UNIT_COUNT(LINES); i++) {
        assert_int_equal(proc_stat_parse(LINES[i], strlen(LINES[i]), &stat), -EBADMSG);
        assert_memory_equal(&stat, &before, sizeof stat);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_line),
        cmocka_unit_test(test_name_may_hold_anything),
        cmocka_unit_test(test_kernel_thread),
        cmocka_unit_test(test_what_is_no_line_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
