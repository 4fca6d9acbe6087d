/* Options: every one in the table is read into its place, bad values get one exact line, slips a
 * hint. What is printed is read back from a file. */
#include "core/wish.h"
#include "options/options.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 40

static char said[8192], printed[32768]; /* what the last parse printed on stderr */

/* Parses a line of words with stderr and stdout going to files. */
static int parse(struct options *options, const char *line)
{
    static char name[] = "tcplens", words[512];
    char *argv[ARGUMENTS_MAX + 1] = {name};
    int argc = 1, code, kept_out = dup(STDOUT_FILENO), kept_error = dup(STDERR_FILENO);
    FILE *errors = tmpfile(), *output = tmpfile();
    size_t length;

    snprintf(words, sizeof(words), "%s", line);
    for (char *word = strtok(words, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stdout);
    dup2(fileno(errors), STDERR_FILENO);
    dup2(fileno(output), STDOUT_FILENO);
    code = options_parse(options, argc, argv);
    fflush(stdout);
    dup2(kept_error, STDERR_FILENO);
    dup2(kept_out, STDOUT_FILENO);
    close(kept_error);
    close(kept_out);
    rewind(errors);
    length = fread(said, 1, sizeof(said) - 1, errors);
    said[length] = '\0';
    rewind(output);
    length = fread(printed, 1, sizeof(printed) - 1, output);
    printed[length] = '\0';
    fclose(errors);
    fclose(output);
    return code;
}

static struct options parse_well(const char *line)
{
    struct options options;
    int code = parse(&options, line);

    if (code != -1)
        fail_msg("%s: %d: %s", line, code, said);
    assert_string_equal(said, "");
    return options;
}

static void defaults_stand(void **unused)
{
    struct options options = parse_well("list");

    (void)unused;
    assert_int_equal(options.command, RUN_LIST);
    assert_int_equal(options.interval_ns, 1000000000);
    assert_int_equal(options.for_ns, 0);
    assert_int_equal(options.class, CLASS_ALL);
    assert_int_equal(options.families, WISH_INET | WISH_INET6);
    assert_int_equal(options.output, OUTPUT_TABLE);
    assert_int_equal(options.highlight_ns, 3000000000);
    assert_int_equal(options.past_bytes, 64000000);
    assert_int_equal(options.budget_percent, 25);
    assert_int_equal(options.events, EVENTS_AUTO);
    assert_null(options.columns);
    assert_null(options.sort);
    assert_null(options.filter);
    assert_false(options.ascii || options.read_only || options.with_args || options.detail ||
                 options.dry_run || options.yes || options.force);
}

static void options_of_list_are_read(void **unused)
{
    struct options options =
        parse_well("list --class connections -4 --columns pid,local --sort -rtt --json --ascii "
                   "--demo 7,60 state established");

    (void)unused;
    assert_int_equal(options.class, CLASS_CONNECTIONS);
    assert_int_equal(options.families, WISH_INET);
    assert_string_equal(options.columns, "pid,local");
    assert_string_equal(options.sort, "-rtt");
    assert_int_equal(options.output, OUTPUT_JSON);
    assert_true(options.ascii);
    assert_string_equal(options.demo, "7,60");
    assert_string_equal(options.filter, "state established");
    options_done(&options);
    assert_null(options.filter);
    options = parse_well("list -46 --columns=pid --csv --class=listeners");
    assert_int_equal(options.families, WISH_INET | WISH_INET6);
    assert_string_equal(options.columns, "pid");
    assert_int_equal(options.output, OUTPUT_CSV);
    assert_int_equal(options.class, CLASS_LISTENERS);
    options = parse_well("list -6 -- --json");
    assert_int_equal(options.families, WISH_INET6);
    assert_int_equal(options.output, OUTPUT_TABLE);
    assert_string_equal(options.filter, "--json");
    options_done(&options);
}

static void options_of_top_are_read(void **unused)
{
    struct options options;

    (void)unused;
    options =
        parse_well("-i 0.5 --for 5m --highlight 250ms --past 500k --budget 0 --events none "
                   "--theme dark --glyphs ascii --read-only --with-args --detail --rotate 100MiB "
                   "--rotate 1.5d --keep 20");
    assert_int_equal(options.command, RUN_TOP);
    assert_int_equal(options.interval_ns, 500000000);
    assert_int_equal(options.for_ns, INT64_C(300000000000));
    assert_int_equal(options.highlight_ns, 250000000);
    assert_int_equal(options.past_bytes, 500000);
    assert_int_equal(options.budget_percent, 0);
    assert_int_equal(options.events, EVENTS_NONE);
    assert_string_equal(options.theme, "dark");
    assert_string_equal(options.glyphs, "ascii");
    assert_true(options.read_only && options.with_args && options.detail);
    assert_int_equal(options.rotate_bytes, 100 << 20);
    assert_int_equal(options.rotate_ns, INT64_C(129600000000000));
    assert_int_equal(options.keep, 20);
    options = parse_well("--interval=2 --past 0 --events=destroy port 443");
    assert_int_equal(options.interval_ns, 2000000000);
    assert_int_equal(options.past_bytes, 0);
    assert_int_equal(options.events, EVENTS_DESTROY);
    assert_string_equal(options.filter, "port 443");
    options_done(&options);
}

/* Each option of the table is known by its name and its letter: what fails is its value, or the
 * command, or nothing. */
static void every_option_of_the_table_is_known(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < option_name_count; i++) {
        const struct option_name *option = &OPTION_NAMES[i];
        struct options options;
        char line[80];

        assert_true(option->commands != 0 && strlen(option->help) > 3);
        if (option->name) {
            snprintf(line, sizeof(line), "list --%s%s", option->name, option->argument ? "=" : "");
            (void)parse(&options, line);
            assert_null(strstr(said, "unknown option"));
            options_done(&options);
        }
        if (option->letter) {
            snprintf(line, sizeof(line), "list -%c", option->letter);
            (void)parse(&options, line);
            assert_null(strstr(said, "unknown option"));
            options_done(&options);
        }
        for (size_t j = 0; option->name && j < i; j++) {
            if (OPTION_NAMES[j].name)
                assert_string_not_equal(option->name, OPTION_NAMES[j].name);
        }
    }
}

#define TEST_FILE "/etc/passwd" /* any that is there */

static const struct {
    const char *line, *error;
} REFUSED[] = {
    {"list --interval", "--interval: needs a value: S"},
    {"list --interval abc", "--interval: \"abc\": a time from 0.1 to 3600 seconds was expected, "
                            "e.g. 2, 0.5, 250ms, 5m"},
    {"events -i 0.05", "--interval: \"0.05\": a time from 0.1 to 3600 seconds was expected, "
                       "e.g. 2, 0.5, 250ms, 5m"},
    {"events -i 2h", "--interval: \"2h\": a time from 0.1 to 3600 seconds was expected, "
                     "e.g. 2, 0.5, 250ms, 5m"},
    {"events -i 1.2.3", "--interval: \"1.2.3\": a time from 0.1 to 3600 seconds was expected, "
                        "e.g. 2, 0.5, 250ms, 5m"},
    {"events -i 99999999999999999999999999999",
     "--interval: \"99999999999999999999999999999\": a time from 0.1 to 3600 seconds was expected, "
     "e.g. 2, 0.5, 250ms, 5m"},
    {"events -i 999999999999999999999999999d",
     "--interval: \"999999999999999999999999999d\": a time from 0.1 to 3600 seconds was expected, "
     "e.g. 2, 0.5, 250ms, 5m"},
    {"--highlight -1", "--highlight: \"-1\": a time from 0 to 3600 seconds was expected, "
                       "e.g. 2, 0.5, 250ms, 5m"},
    {"--past 64X", "--past: \"64X\": unknown unit \"X\": one of B k K kB KB M MB G GB T TB KiB MiB "
                   "GiB Ki Mi Gi was expected"},
    {"--past M", "--past: \"M\": a size was expected, e.g. 64M, 500k, 0"},
    {"list --for 5w", "--for: \"5w\": unknown unit \"w\": one of ns us ms s m h d was expected"},
    {"--rotate 100", "--rotate: \"100\": a size or an age was expected, e.g. 100M, 1d, or both: "
                     "100M,1d"},
    {"--rotate 100M,",
     "--rotate: \"\": a size or an age was expected, e.g. 100M, 1d, or both: 100M,1d"},
    {"--rotate 0M",
     "--rotate: \"0M\": a size or an age was expected, e.g. 100M, 1d, or both: 100M,1d"},
    {"--rotate 100M,2w",
     "--rotate: \"2w\": unknown unit: one of B k K kB KB M MB G GB T TB KiB MiB "
     "GiB Ki Mi Gi, or of ns us ms s m h d was expected"},
    {"record -o a -o b", "--output: \"b\": one file only, and another one was named before it"},
    {"record -o a -o b", "--output: \"b\": one file only, and another one was named before it"},
    {"events --from - " TEST_FILE,
     "--from: \"" TEST_FILE
     "\" is a file too: name one, or pipe them in: cat FILE... | tcplens ... --from -"},
    {"--past 99999999999G", "--past: \"99999999999G\": a size was expected, e.g. 64M, 500k, 0"},
    {"--budget 101", "--budget: \"101\": a number from 0 to 100 was expected"},
    {"--budget 2.5", "--budget: \"2.5\": a number from 0 to 100 was expected"},
    {"--keep 0", "--keep: \"0\": a number from 1 to 1000000 was expected"},
    {"--events ebpf", "--events: \"ebpf\": say bpf, destroy, none or auto"},
    {"list --class some", "--class: \"some\": say all, connections or listeners"},
    {"list --columns state,rrt", "--columns: \"rrt\": unknown column; did you mean "},
    {"list --columns state,", "--columns: \"\": unknown column; --help names them"},
    {"list --sort zzzzzzzz", "--sort: \"zzzzzzzz\": unknown column; --help names them"},
    {"list --sort --json", "--sort: \"-json\": unknown column; "},
    {"list --demo=", "--demo: \"\": a value was expected"},
    {"list --json=1", "--json: takes no value"},
    {"list --jsno", "--jsno: unknown option (did you mean --json?)"},
    {"list --js", "--js: unknown option (did you mean --json?)"},
    {"list --x", "--x: unknown option (--help names all)"},
    {"list --quite-unlike", "--quite-unlike: unknown option (--help names all)"},
    {"list -y", "-y: unknown option (--help names all)"},
    {"list --at 14:03", "--at: needs --from FILE"},
    {"list --yes", "--yes is not an option of \"list\"; it belongs to close"},
    {"list -ti", "-i is an option of ss: use --json, which has all of tcp_info, or --columns "},
    {"list -x", "-x is an option of ss: TCP is all that tcplens shows; use ss -x"},
    {"list -tnK", "-K is an option of ss: use: tcplens close FILTER"},
    {"-tln", "-t is an option of ss: tcplens list takes what means something here"},
    {"events -p", "-p is an option of ss: tcplens list takes what means something here"},
    {"list --color red", "--color: \"red\": say auto, always or never"},
    {"--color never", "--color is not an option of \"top\"; it belongs to list"},
    {"list --interval 2",
     "--interval is not an option of \"list\"; it belongs to top events record doctor metrics map"},
    {"lst", "\"lst\" is not a command; did you mean \"list\"? (to filter by it: tcplens top lst)"},
    {"help lst", "help: \"lst\" is not a command (did you mean list?)"},
    {"help rec", "help: \"rec\" is not a command (did you mean record?)"},
    {"help quite-unlike", "help: \"quite-unlike\" is not a command (tcplens help names all)"},
    {"list --json --csv", "--json and --csv: name one of them"},
    {"map --mermaid --dot", "--dot and --mermaid: name one of them"},
    {"metrics --dashboard --rules", "--rules and --dashboard: name one of them"},
    {"events --for abc",
     "--for: \"abc\": a time from 0.001 to 100000000 seconds was expected, e.g. 2, 0.5, "},
    {"evnets",
     "\"evnets\" is not a command; did you mean \"events\"? (to filter by it: tcplens top "
     "evnets)"},
};

static void what_is_wrong_is_said_in_one_line(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(REFUSED); i++) {
        struct options options;
        char expected[256];
        size_t length;

        assert_int_equal(parse(&options, REFUSED[i].line), EXIT_USAGE);
        snprintf(expected, sizeof(expected), "tcplens: %s", REFUSED[i].error);
        length = strlen(expected);
        if (strncmp(said, expected, length) ||
            (said[length] != '\n' && expected[length - 1] != ' '))
            fail_msg("%s:\n  said     %s  expected %s", REFUSED[i].line, said, expected);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
        options_done(&options);
    }
}

/* As with ss: combined, in any order, before the word too. */
static void letters_of_ss_are_taken_by_list(void **unused)
{
    static const struct {
        const char *line;
        enum tcp_class class;
    } CASES[] = {{"list -tn", CLASS_ALL},         {"list -tlnp", CLASS_LISTENERS},
                 {"list -tlnpa", CLASS_ALL},      {"-tln list", CLASS_LISTENERS},
                 {"list -4ltn", CLASS_LISTENERS}, {"list -t -l -n -p", CLASS_LISTENERS}};

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        const struct options options = parse_well(CASES[i].line);
        assert_int_equal(options.command, RUN_LIST);
        assert_int_equal(options.class, CASES[i].class);
        assert_null(options.filter);
    }
    assert_int_equal(parse_well("list -4ltn").families, WISH_INET);
}

static void help_and_version_are_words_too(void **unused)
{
    struct options options;

    (void)unused;
    assert_int_equal(parse(&options, "version"), EXIT_DONE);
    options_done(&options);
    assert_int_equal(parse(&options, "help"), EXIT_DONE);
    options_done(&options);
    assert_int_equal(parse(&options, "help help"), EXIT_DONE);
    options_done(&options);
    assert_int_equal(parse(&options, "help -h"), EXIT_DONE);
    options_done(&options);
    options = parse_well("top help"); /* a process may be called so */
    assert_string_equal(options.filter, "help");
    options_done(&options);
}

static void help_is_about_the_command_that_follows(void **unused)
{
    static const char *const LINES[] = {"help list", "list --help", "--ascii help list"};
    struct options options;

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(LINES); i++) {
        assert_int_equal(parse(&options, LINES[i]), EXIT_DONE);
        options_done(&options);
        assert_ptr_equal(strstr(printed, "Usage: tcplens list "), printed);
        assert_null(strstr(printed, "--rotate"));
    }
    assert_int_equal(parse(&options, "help"), EXIT_DONE);
    options_done(&options);
    assert_non_null(strstr(printed, "--rotate"));
}

static void a_replay_names_its_file(void **unused)
{
    struct options options;

    (void)unused;
    assert_int_equal(parse(&options, "replay"), EXIT_USAGE);
    assert_string_equal(said, "tcplens: replay: name a log (tcplens replay FILE)\n");
    options = parse_well("replay a b");
    assert_string_equal(options.file, "a");
    assert_true(options_have_logs(&options));
    assert_string_equal(options.logs.texts[1], "b");
    assert_true(options_have_logs(&(struct options){.logs_folder = true}));
    assert_false(parse_well("replay a").logs_folder);
    options = parse_well("replay .");
    assert_true(options_have_logs(&options));
    assert_string_equal(parse_well("replay log.jsonl").file, "log.jsonl");
    assert_string_equal(parse_well("replay -").file, "-");
}

static void help_and_version_end_well(void **unused)
{
    struct options options;

    (void)unused;
    assert_int_equal(parse(&options, "--help"), EXIT_DONE);
    assert_int_equal(parse(&options, "list -h"), EXIT_DONE);
    assert_int_equal(parse(&options, "--version"), EXIT_DONE);
    assert_string_equal(said, "");
}

static void every_command_is_known_by_its_name(void **unused)
{
    struct options options;

    (void)unused;
    for (int i = 0; i < RUN_COUNT; i++) {
        char line[40];

        snprintf(line, sizeof(line), "%s%s", COMMAND_NAMES[i].name,
                 COMMAND_NAMES[i].operands[0] ? " word" : "");
        assert_int_equal(parse(&options, line), -1);
        assert_int_equal(options.command, i);
        options_done(&options);
    }
}

static void several_logs_are_kept_in_order(void **unused)
{
    struct options options;

    (void)unused;
    assert_int_equal(parse(&options, "list --from a --from=b"), -1);
    assert_int_equal(options.logs.count, 2);
    assert_string_equal(options.logs.texts[0], "a");
    assert_string_equal(options.logs.texts[1], "b");
    assert_string_equal(options.from, "a");
    options_done(&options);
}

static void hosts_are_words_and_options(void **unused)
{
    struct options options;

    (void)unused;
    assert_int_equal(parse(&options, "list ssh:web1 --host db1 port 443"), -1);
    assert_int_equal(options.hosts.count, 2);
    assert_string_equal(options.hosts.texts[0], "ssh:web1");
    assert_string_equal(options.hosts.texts[1], "db1");
    assert_string_equal(options.filter, "port 443");
    options_done(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand),
        cmocka_unit_test(options_of_list_are_read),
        cmocka_unit_test(options_of_top_are_read),
        cmocka_unit_test(every_option_of_the_table_is_known),
        cmocka_unit_test(what_is_wrong_is_said_in_one_line),
        cmocka_unit_test(letters_of_ss_are_taken_by_list),
        cmocka_unit_test(help_and_version_are_words_too),
        cmocka_unit_test(help_is_about_the_command_that_follows),
        cmocka_unit_test(a_replay_names_its_file),
        cmocka_unit_test(help_and_version_end_well),
        cmocka_unit_test(every_command_is_known_by_its_name),
        cmocka_unit_test(several_logs_are_kept_in_order),
        cmocka_unit_test(hosts_are_words_and_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
