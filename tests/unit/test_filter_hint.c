/* Of a filter that leaves nothing: which name it may have meant. */
#include "filter_rows.h"
#include "unit.h"

/* A name that is a part of another, where it stands in the filter so that it would be found. */
static void a_part_of_a_name_is_hinted_at(void **state)
{
    struct proc procs[] = {{.comm = "nginx", .exe = "/usr/sbin/nginx"},
                           {.comm = "worker", .exe = ""},
                           {.comm = "psql", .exe = ""}};
    struct group groups[] = {{77, "/web", "nginx.service", "docker:4f2a"}};
    struct user users[] = {{33, "www-data"}};
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
        const bool hinted = filter_hint(filter, &frame, hint, sizeof hint);
        if (hinted != (HINTS[i].hint != NULL) || strcmp(hint, hinted ? HINTS[i].hint : "") != 0)
            fail_msg("\"%s\" hints at \"%s\"", HINTS[i].text, hint);
        if (hinted)
            assert_int_equal(filter_parse(&again, hint, &ROW_NAMES, &error), 0);
        filter_free(again);
        filter_free(filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_part_of_a_name_is_hinted_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
