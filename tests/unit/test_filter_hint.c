/* What a filter may have meant: names of which it has a part, and what Tab makes of its last word. */
#include "core/filter/complete.h"
#include "filter_rows.h"
#include "unit.h"

#include <stdio.h>

/* A name that is a part of another, where it stands in the filter so that it would be found. */
static void a_part_of_a_name_is_hinted_at(void **state)
{
    struct proc procs[] = {{.comm = "nginx", .exe = "/usr/sbin/nginx"},
                           {.comm = "worker", .exe = ""},
                           {.comm = "psql", .exe = ""}};
    struct group groups[] = {{77, "/web", "nginx.service", "docker:4f2a"}};
    struct user users[] = {{0, 33, "www-data"}};
    const struct frame frame = {.procs = procs,
                                .proc_count = 3,
                                .groups = groups,
                                .group_count = 1,
                                .users = users,
                                .user_count = 1};
    static const struct {
        const char *text, *hint;
    } HINTS[] = {
        {"proc ngi", "proc ngi*"},
        {"proc INX", "proc *INX*"},
        {"exe nginx", "exe *nginx*"},
        {"exe /usr/sbin", "exe /usr/sbin*"},
        {"unit nginx", "unit nginx*"},
        {"container docker", "container docker*"},
        {"user www", "user www*"},
        {"state established port 1 and proc = work", "proc work*"},
        {"( proc psq or port 1 ) pid 5", "proc psq*"},
        {"proc nginx", NULL},  /* there is one: something else leaves nothing */
        {"proc nobody", NULL}, /* not even a part */
        {"proc != ngi", NULL},
        {"not proc ngi", NULL},
        {"proc ngi?", NULL},
        {"proc /ngi/", NULL},
        {"port 1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(HINTS); i++) {
        char hint[FILTER_HINT_MAX] = "";
        struct filter *filter = NULL, *again = NULL;
        struct filter_error error;
        if (filter_parse(&filter, HINTS[i].text, &ROW_NAMES, &error))
            fail_msg("\"%s\": %s", HINTS[i].text, error.message);
        assert_false(filter_hint(filter, NULL, hint, sizeof hint)); /* no frame has come yet */
        const bool hinted = filter_hint(filter, &frame, hint, sizeof hint);
        if (hinted != (HINTS[i].hint != NULL) || strcmp(hint, hinted ? HINTS[i].hint : "") != 0)
            fail_msg("\"%s\" hints at \"%s\"", HINTS[i].text, hint);
        if (hinted)
            assert_int_equal(filter_parse(&again, hint, &ROW_NAMES, &error), 0);
        filter_free(again);
        filter_free(filter);
    }
}

/* Joined by blanks; the text up to | is what stands before the cursor. */
static void a_word_is_completed_by_what_may_stand_there(void **state)
{
    struct proc procs[] = {{.pid = 12, .comm = "nginx", .exe = ""},
                           {.pid = 130, .comm = "Web Content", .exe = ""},
                           {.pid = 13, .comm = "node", .exe = ""}};
    struct user users[] = {{0, 0, "root"}, {0, 33, "www-data"}};
    struct conn conns[] = {
        {.state = STATE_LISTEN, .tuple = {.family = FAMILY_INET, .local_port = 5432}},
        {.state = STATE_ESTABLISHED,
         .tuple = {.family = FAMILY_INET, .local_port = 40001, .remote_port = 5433}},
        {.state = STATE_TIME_WAIT,
         .tuple = {.family = FAMILY_INET, .local_port = 40002, .remote_port = 5433}}};
    const struct frame frame = {.procs = procs,
                                .proc_count = 3,
                                .users = users,
                                .user_count = 2,
                                .conns = conns,
                                .conn_count = 3,
                                .live_count = 3};
    static const struct {
        const char *text, *completions;
        size_t from;
    } CASES[] = {
        {"state est", "established", 6},
        {"state syn", "syn-received syn-sent synchronized", 6},
        {"( exclude time", "time-wait", 10},
        {"from est to close", "close-wait closed", 12},
        {"proc n", "nginx node", 5},
        {"proc = w", "\"Web Content\"", 7},
        {"proc!=NG", "nginx", 6},
        {"user ", "root www-data", 5},
        {"port 54", "5432 5433", 5},
        {"port 4000", "", 5},
        {"pid 1", "12 13 130", 4},
        {"port 443 and spo", "sport", 13},
        {"cwn", "cwnd", 0},
        {"ngi", "nginx", 0}, /* no word of the language: a name */
        {"rtt >", "", 5},    /* a number: none is known */
        {"zzz", "", 0},
    };
    static struct filter_completions offered;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        char joined[512] = "";
        size_t at = 0;
        filter_complete(&offered, CASES[i].text, strlen(CASES[i].text), &frame);
        for (size_t n = 0; n < offered.count && at < sizeof joined; n++)
            at += (size_t)snprintf(joined + at, sizeof joined - at, "%s%s", n ? " " : "",
                                   offered.texts[n]);
        assert_string_equal(joined, CASES[i].completions);
        assert_int_equal(offered.from, CASES[i].from);
    }
    filter_complete(&offered, "state syn", 9, &frame);
    assert_int_equal(filter_completions_common(&offered), 3);
    filter_complete(&offered, "proc n", 6, NULL); /* no frame yet */
    assert_int_equal(offered.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_name_is_hinted_at),
        cmocka_unit_test(a_word_is_completed_by_what_may_stand_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
