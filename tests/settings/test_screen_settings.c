/* The screen and its settings: what w saves applies at the next start, errors in the file are
 * reported on the screen; and the column chooser, whose choice is saved. */
#include "pty_screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 10000
#define HEADER_ROW  3

static const char *program;
static char folder[64];

static struct pty_screen *start_with(const char *one, const char *other)
{
    char config[96];
    const char *argv[] = {program, "top", "--demo", "7", NULL};
    const char *env[] = {config, one, other, NULL};
    struct pty_screen *screen;

    snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s", folder);
    assert_int_equal(pty_screen_start(&screen,
                                      &(struct pty_screen_options){
                                          .rows = 30, .cols = 160, .argv = argv, .env = env}),
                     0);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    return screen;
}

static struct pty_screen *start(void)
{
    return start_with(NULL, NULL);
}

static void test_columns_chosen_and_saved(void **state)
{
    struct pty_screen *screen = start();

    (void)state;
    assert_true(pty_screen_wait_line(screen, HEADER_ROW, "RTT", DEADLINE_MS));
    pty_screen_send_keys(screen, "c"); /* REMOTE before LOCAL, no RTT, CWND */
    assert_true(pty_screen_wait_text(screen, "show, hide", DEADLINE_MS));
    pty_screen_send_keys(screen, "j>/round<Enter><Space>/cwnd<Enter><Space><Enter>");
    assert_true(pty_screen_wait_line(screen, HEADER_ROW, "CWND", DEADLINE_MS));
    assert_true(pty_screen_wait_line_gone(screen, HEADER_ROW, "RTT", DEADLINE_MS));
    int remote = -1, local = -1;
    assert_true(pty_screen_find(screen, "REMOTE", NULL, &remote));
    assert_true(pty_screen_find(screen, "LOCAL", NULL, &local));
    assert_true(remote < local);
    pty_screen_send_keys(screen, "c<Space><Esc>"); /* Esc: as it was */
    assert_true(pty_screen_wait_text_gone(screen, "show, hide", DEADLINE_MS));
    assert_true(pty_screen_wait_line(screen, HEADER_ROW, "STATE", DEADLINE_MS));
    pty_screen_send_keys(screen, "w");
    assert_true(pty_screen_wait_text(screen, "settings saved in", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);

    screen = start();
    assert_true(pty_screen_wait_line(screen, HEADER_ROW, "CWND", DEADLINE_MS));
    assert_true(pty_screen_find(screen, "REMOTE", NULL, &remote));
    assert_true(pty_screen_find(screen, "LOCAL", NULL, &local));
    assert_true(remote < local);
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
}

static void test_choice_is_for_connections_only(void **state)
{
    struct pty_screen *screen = start();

    (void)state;
    pty_screen_send_keys(screen, "2c");
    assert_true(pty_screen_wait_text(screen, "columns can be chosen in Connections", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
}

static void test_error_is_reported_on_the_screen(void **state)
{
    char path[96];

    (void)state;
    snprintf(path, sizeof path, "%s/tcplens/config", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("[screen]\nsort = frobs\n", file);
    fclose(file);
    struct pty_screen *screen = start();
    assert_true(pty_screen_wait_text(screen, "tcplens/config:2: sort: \"frobs\"", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
}

static void test_saved_filters_are_offered(void **state)
{
    char path[96];

    (void)state;
    snprintf(path, sizeof path, "%s/tcplens/config", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("[filters]\nweb = dport = :443\nshells = port 22\n", file);
    fclose(file);
    struct pty_screen *screen = start();
    pty_screen_send_keys(screen, "/<Up>");
    assert_true(pty_screen_wait_text(screen, "/ dport = :443", DEADLINE_MS));
    pty_screen_send_keys(screen, "<Up>");
    assert_true(pty_screen_wait_text(screen, "/ port 22", DEADLINE_MS));
    pty_screen_send_keys(screen, "<Enter>");
    assert_true(pty_screen_wait_text(screen, "port 22", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
}

static void test_sudo_saves_as_the_invoking_user(void **state)
{
    char path[96];
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "rm -rf %s/tcplens", folder);
    assert_int_equal(system(path), 0);
    assert_int_equal(chown(folder, 65534, 65534), 0);
    struct pty_screen *screen = start_with("SUDO_UID=65534", "SUDO_GID=65534");
    pty_screen_send_keys(screen, "w");
    assert_true(pty_screen_wait_text(screen, "settings saved in", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
    snprintf(path, sizeof path, "%s/tcplens/config", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 65534);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_chosen_and_saved),
        cmocka_unit_test(test_choice_is_for_connections_only),
        cmocka_unit_test(test_error_is_reported_on_the_screen),
        cmocka_unit_test(test_saved_filters_are_offered),
        cmocka_unit_test(test_sudo_saves_as_the_invoking_user),
    };
    char command[128];

    program = argc > 1 ? argv[1] : "tcplens";
    snprintf(folder, sizeof folder, "/tmp/tcplens-settings-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 ? 1 : failed;
}
