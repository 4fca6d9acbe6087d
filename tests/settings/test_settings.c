/* The settings file in a folder of the test's own: what is read, what is refused and why, and what
 * stands in it after it was kept. */
#include "core/column/column.h"
#include "options/settings.h"
#include "ui/theme.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

static char folder[64], path[128];

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tcplens-settings-XXXXXX");
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    snprintf(path, sizeof path, "%s/tcplens/config", folder);
    return 0;
}

static int end(void **state)
{
    char command[160];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void put_file(const char *text)
{
    char parent[128];
    snprintf(parent, sizeof parent, "%s/tcplens", folder);
    mkdir(parent, 0700);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

static char *read_back(void)
{
    static char text[8192];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* noinline: gcc 12 takes its local for one that dangles in the callers. */
__attribute__((noinline)) static struct settings *load(const char *const *arguments)
{
    struct options options;
    struct settings *settings;
    char *argv[8] = {(char *)"tcplens"};
    int argc = 1;

    for (; arguments && arguments[argc - 1]; argc++)
        argv[argc] = (char *)(size_t)arguments[argc - 1];
    assert_int_equal(options_parse(&options, argc, argv), -1);
    assert_int_equal(settings_new(&settings, &options), 0);
    return settings;
}

static void assert_notice(const char *file, const char *expected)
{
    put_file(file);
    struct settings *settings = load(NULL);
    if (!strstr(settings->notice, expected))
        print_error("notice is \"%s\", not \"%s\"\n", settings->notice, expected);
    assert_non_null(strstr(settings->notice, expected));
    settings_free(settings);
}

static void test_no_file_is_no_trouble(void **state)
{
    (void)state;
    struct settings *settings = load(NULL);
    assert_string_equal(settings->path, path);
    assert_string_equal(settings->notice, "");
    assert_true(settings->values.mouse && !settings->values.names && !settings->values.services);
    settings_free(settings);
}

static void test_file_is_read_and_command_line_beats_it(void **state)
{
    const char *arguments[] = {"--interval", "5", NULL};

    (void)state;
    put_file("# mine\n[screen]\ncolumns = state,\n   remote,rtt\nsort = -rtt\ntheme = light\n"
             "glyphs = blocks\nascii = yes\nnames = on\nmouse = no\n[collector]\ninterval = "
             "2\nbudget=50\n"
             "past = 1M\n[filters]\nweb = dport = :443\n");
    struct settings *settings = load(arguments);
    assert_string_equal(settings->notice, "");
    assert_string_equal(settings->options.columns, "state,remote,rtt");
    assert_string_equal(settings->options.sort, "-rtt");
    assert_string_equal(settings->options.theme, "light");
    assert_string_equal(settings->options.glyphs, "blocks");
    assert_true(settings->options.ascii && settings->values.names && !settings->values.mouse);
    assert_int_equal(settings->options.interval_ns, 5000000000);
    assert_int_equal(settings->options.budget_percent, 50);
    assert_int_equal(settings->options.past_bytes, 1000000);
    settings_free(settings);
}

static void test_errors_name_the_line_and_end_nothing(void **state)
{
    (void)state;
    assert_notice("[screen]\nsort = frobs\n", "config:2: sort: \"frobs\"");
    assert_notice("[screen]\ntheme = pink\n", "config:2: theme: \"pink\": say dark, light");
    assert_notice("[screen]\nglyphs = dots\n", "config:2: glyphs: \"dots\": say braille");
    assert_notice("[screen]\nmouse = maybe\n", "config:2: mouse: \"maybe\": say yes or no");
    assert_notice("[collector]\n\ninterval = 0.01\n", "config:3: interval: \"0.01\": a time");
    assert_notice("[screen]\ncolums = state\n", "did you mean \"columns\"?");
    assert_notice("[screen]\nrubbish\n", "config:2: neither [section] nor key = value");
    assert_notice("[screen]\nsort = frobs\nmouse = maybe\n", "(and 1 more)");
    assert_notice("[screen]\nsort = \x1b[31m\n", "\\x1b[31m");
    put_file("[screen]\nsort = frobs\ntheme = light\n");
    struct settings *settings = load(NULL);
    assert_string_equal(settings->options.theme, "light");
    assert_null(settings->options.sort);
    settings_free(settings);
}

static void test_long_lines_are_reported(void **state)
{
    char text[600] = "[screen]\ncolumns = ";
    (void)state;
    while (strlen(text) < 400)
        strcat(text, "state,");
    strcat(text, "rtt\nsort = age\n");
    assert_notice(text, "config:2: longer than");
    struct settings *settings = load(NULL);
    assert_non_null(settings->options.sort); /* what follows is read */
    assert_string_equal(settings->options.sort, "age");
    settings_free(settings);
    *strrchr(text, 's') = '\0'; /* the last line without an end */
    *strrchr(text, '\n') = '\0';
    assert_notice(text, "config:2: longer than");
}

static void test_files_of_others_are_refused(void **state)
{
    (void)state;
    put_file("[screen]\ntheme = light\n");
    chmod(path, 0620);
    struct settings *settings = load(NULL);
    assert_null(settings->options.theme);
    assert_non_null(strstr(settings->notice, "is not used"));
    settings_free(settings);
    if (geteuid() != 0)
        return; /* only root may give files away */
    chmod(path, 0600);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    settings = load(NULL);
    assert_null(settings->options.theme);
    settings_free(settings);
}

static void test_fifo_is_refused_at_once(void **state)
{
    (void)state;
    put_file("");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct settings *settings = load(NULL);
    assert_non_null(strstr(settings->notice, "is not used"));
    settings_free(settings);
}

static void test_paths(void **state)
{
    char found[SETTINGS_PATH_MAX];

    (void)state;
    settings_path(found, sizeof found, "/home/ann", NULL);
    assert_string_equal(found, "/home/ann/.config/tcplens/config");
    settings_path(found, sizeof found, "/home/ann", "/x");
    assert_string_equal(found, "/x/tcplens/config");
    settings_path(found, sizeof found, "/home/ann", "relative"); /* never from where we are */
    assert_string_equal(found, "/home/ann/.config/tcplens/config");
    settings_path(found, sizeof found, "", "");
    assert_string_equal(found, "");
    settings_path(found, sizeof found, "home", NULL);
    assert_string_equal(found, "");
}

static struct screen_kept some_kept(void)
{
    struct screen_kept kept = {
        .interval_ns = 2500000000, .theme = "safe", .names = true, .services = true};
    snprintf(kept.sort, sizeof kept.sort, "-in");
    for (size_t i = 0; i < 40; i++) /* longer than one line of INI */
        snprintf(kept.columns + strlen(kept.columns), sizeof kept.columns - strlen(kept.columns),
                 "%s%s", i ? "," : "", columns[i].id);
    return kept;
}

static void test_kept_is_read_back(void **state)
{
    const struct screen_kept kept = some_kept();
    struct stat status;
    char said[512];

    (void)state;
    struct settings *settings = load(NULL);
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_non_null(strstr(said, path));
    settings_free(settings);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    settings = load(NULL);
    assert_string_equal(settings->notice, "");
    assert_string_equal(settings->options.columns, kept.columns);
    assert_string_equal(settings->options.sort, "-in");
    assert_string_equal(settings->options.theme, "safe");
    assert_int_equal(settings->options.interval_ns, kept.interval_ns);
    assert_true(settings->values.names && settings->values.services);
    settings_free(settings);
    assert_non_null(strstr(read_back(), "#past = 64M\n")); /* as by default: a comment */
}

static void test_what_is_not_known_is_kept(void **state)
{
    const struct screen_kept kept = some_kept();
    char said[512];

    (void)state;
    put_file("[screen]\nfrom_tomorrow = 7\n[filters]\nweb = dport = :443\n[other]\nx = y\n"
             "[findings]\naccept-wait.warn = 2\n");
    struct settings *settings = load(NULL);
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said),
                     0); /* and not twice */
    settings_free(settings);
    char *text = read_back();
    char *first = strstr(text, "from_tomorrow = 7\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "from_tomorrow"));
    assert_non_null(strstr(text, "[filters]\nweb = dport = :443\n"));
    assert_non_null(strstr(text, "[other]\nx = y\n"));
    assert_non_null(strstr(text, "[findings]\naccept-wait.warn = 2\n"));
}

/* A file that is there is replaced when that was said twice; where it says the same already, or
 * there is none, once will do. */
static void test_a_file_is_not_replaced_unasked(void **state)
{
    const struct screen_kept kept = some_kept();
    char said[512];

    (void)state;
    unlink(path);
    struct settings *settings = load(NULL);
    assert_int_equal(settings_keep(settings, &kept, false, said, sizeof said), 0);
    assert_int_equal(settings_keep(settings, &kept, false, said, sizeof said), 0);
    settings_free(settings);

    put_file("[screen]\ntheme = light\nsort = -in\n");
    settings = load(NULL);
    assert_int_equal(settings_keep(settings, &kept, false, said, sizeof said), -EEXIST);
    assert_non_null(strstr(said, path));
    assert_non_null(strstr(said, "theme"));
    assert_non_null(strstr(said, "interval"));
    assert_null(strstr(said, "sort")); /* it is what it was */
    assert_string_equal(read_back(), "[screen]\ntheme = light\nsort = -in\n");
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_non_null(strstr(read_back(), "theme = safe\n"));
    settings_free(settings);
}

/* `text` is in the file: it stays as it is, and what is said names the line. */
static void expect_not_saved(const char *text, const char *line)
{
    const struct screen_kept kept = some_kept();
    char said[512];

    put_file(text);
    struct settings *settings = load(NULL);
    assert_int_not_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    if (!strstr(said, "not saved: ") || !strstr(said, line))
        fail_msg("\"%s\" does not name %s", said, line);
    settings_free(settings);
    assert_string_equal(read_back(), text);
}

static void test_what_cannot_be_read_is_not_cut(void **state)
{
    char text[8000];
    int length = snprintf(text, sizeof text, "[filters]\nweb = dport = :443\nlong = ");

    (void)state;
    for (int i = 0; i < 60; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "port %d ", 1000 + i);
    snprintf(text + length, sizeof text - (size_t)length, "\n");
    expect_not_saved(text, "/config:3 ");

    length = snprintf(text, sizeof text, "[filters]\n");
    for (int i = 0; i < 300; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "f%d = port %d\n", i, i);
    expect_not_saved(text, "/config:258 ");
    expect_not_saved("[filters]\nweb = dport = :443\nneither this nor that\n", "/config:3 ");
}

/* A long filter goes over several lines and comes back as it was, however often. */
static void test_long_filters_are_kept(void **state)
{
    const struct screen_kept kept = some_kept();
    char text[1024], wanted[800] = "", said[512];
    int length = snprintf(text, sizeof text, "[filters]\nlong =");

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%sport %d",
                 i ? " or " : "", 1000 + i);
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%sport %d",
                           i ? " or" : "", i % 5 ? " " : "\n  ", 1000 + i);
    }
    snprintf(text + length, sizeof text - (size_t)length, "\n");
    put_file(text);
    for (int i = 0; i < 3; i++) {
        struct settings *settings = load(NULL);
        assert_string_equal(settings->notice, "");
        assert_int_equal(settings->filter_count, 1);
        assert_string_equal(settings->filters[0], wanted);
        assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
        settings_free(settings);
    }
}

static void test_nothing_is_written_where_it_may_not(void **state)
{
    const struct screen_kept kept = some_kept();
    char said[512];

    (void)state;
    put_file("[screen]\ntheme = light\n");
    chmod(path, 0666);
    struct settings *settings = load(NULL);
    assert_int_not_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_non_null(strstr(said, "not saved"));
    settings_free(settings);
    assert_string_equal(read_back(), "[screen]\ntheme = light\n");
}

static void test_sudo_reads_and_writes_as_the_invoking_user(void **state)
{
    const struct screen_kept kept = some_kept();
    char said[512], parent[128];
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    setenv("SUDO_UID", "65534", 1);
    setenv("SUDO_GID", "65534", 1);
    put_file("[screen]\ntheme = light\n"); /* root's: not the invoking user's */
    struct settings *settings = load(NULL);
    assert_null(settings->options.theme);
    settings_free(settings);

    snprintf(parent, sizeof parent, "%s/tcplens", folder);
    assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
    assert_int_equal(chown(parent, NOBODY, NOBODY), 0);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    settings = load(NULL);
    assert_string_equal(settings->options.theme, "light");
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, NOBODY);

    /* A link of theirs into a place that only root may write leads nowhere. */
    unlink(path);
    assert_int_equal(chown(parent, 0, 0), 0);
    assert_int_not_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    settings_free(settings);
}

static void test_a_link_stays_a_link(void **state)
{
    const struct screen_kept kept = some_kept();
    char target[128], said[512];
    struct stat status;

    (void)state;
    put_file("");
    snprintf(target, sizeof target, "%s/elsewhere", folder);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    struct settings *settings = load(NULL);
    assert_int_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    settings_free(settings);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_non_null(strstr(read_back(), "theme = safe\n"));
}

static void test_a_link_to_an_open_file_is_refused(void **state)
{
    const struct screen_kept kept = some_kept();
    char target[32], said[512];
    struct stat status;

    (void)state;
    put_file("");
    const int open_file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(open_file >= 0);
    snprintf(target, sizeof target, "/proc/self/fd/%d", open_file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(target, path), 0);
    struct settings *settings = load(NULL);
    assert_int_not_equal(settings_keep(settings, &kept, true, said, sizeof said), 0);
    settings_free(settings);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    close(open_file);
}

static double limit_of(const struct finding_settings *findings, const char *id, const char *key)
{
    for (size_t i = 0; i < detector_count; i++)
        for (size_t j = 0; j < LIMITS_MAX && DETECTORS[i]->limits[j].key; j++)
            if (!strcmp(DETECTORS[i]->id, id) && !strcmp(DETECTORS[i]->limits[j].key, key))
                return findings->limits[i][j];
    fail_msg("no %s.%s", id, key);
    return 0;
}

static bool is_off(const struct finding_settings *findings, const char *id)
{
    for (size_t i = 0; i < detector_count; i++)
        if (!strcmp(DETECTORS[i]->id, id))
            return findings->off[i];
    fail_msg("no %s", id);
    return false;
}

static void test_limits_of_findings(void **state)
{
    struct finding_settings findings;
    char notice[256];
    (void)state;

    put_file("[findings]\naccept-wait.warn = 2.5\nskip = dead-peer, syn-queue-full\n");
    settings_read_findings(&findings, notice, sizeof notice);
    assert_string_equal(notice, "");
    assert_true(limit_of(&findings, "accept-wait", "warn") == 2.5);
    assert_true(limit_of(&findings, "accept-wait", "critical") == 10);
    assert_true(is_off(&findings, "dead-peer") && is_off(&findings, "syn-queue-full"));
    assert_false(is_off(&findings, "accept-wait"));

    struct settings *settings = load(NULL);
    assert_string_equal(settings->notice, "");
    assert_memory_equal(&findings, settings->options.findings, sizeof findings);
    settings_free(settings);

    /* A command that takes nothing else of the file says nothing else of it. */
    put_file(
        "[screen]\ntheme = pink\n[findings]\naccept-wait.warn = soon\naccept-wait.critical = 20\n");
    settings_read_findings(&findings, notice, sizeof notice);
    assert_non_null(
        strstr(notice, "config:4: \"accept-wait.warn=soon\": a number in s was expected"));
    assert_true(limit_of(&findings, "accept-wait", "critical") == 20);
    put_file("[findings]\nonly = accept-wit\n");
    settings_read_findings(&findings, notice, sizeof notice);
    assert_non_null(
        strstr(notice, "config:2: \"accept-wit\" is not a detector; did you mean accept-wait?"));
    assert_notice("[findings]\naccept-wait.wrn = 1\n",
                  "accept-wait has no limit \"wrn\", but warn, critical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_file_is_no_trouble, begin, end),
        cmocka_unit_test_setup_teardown(test_file_is_read_and_command_line_beats_it, begin, end),
        cmocka_unit_test_setup_teardown(test_errors_name_the_line_and_end_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_long_lines_are_reported, begin, end),
        cmocka_unit_test_setup_teardown(test_files_of_others_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_fifo_is_refused_at_once, begin, end),
        cmocka_unit_test_setup_teardown(test_kept_is_read_back, begin, end),
        cmocka_unit_test_setup_teardown(test_a_file_is_not_replaced_unasked, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_not_cut, begin, end),
        cmocka_unit_test_setup_teardown(test_long_filters_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_is_written_where_it_may_not, begin, end),
        cmocka_unit_test_setup_teardown(test_sudo_reads_and_writes_as_the_invoking_user, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_link_stays_a_link, begin, end),
        cmocka_unit_test_setup_teardown(test_a_link_to_an_open_file_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_limits_of_findings, begin, end),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
