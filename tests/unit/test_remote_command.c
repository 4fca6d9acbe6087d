/* The words that reach a host: what is given as a name stays one, and no shell has anything to read. */
#include "source/remote/command.h"
#include "source/remote/push.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct remote_wish PLAIN = {.interval_ns = 1500000000};

static void joined(const struct remote_command *command, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < command->count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "|" : "", command->words[i]);
    assert_null(command->words[command->count]);
}

static void assert_words(const char *target, const struct remote_wish *wish, const char *name,
                         const char *words)
{
    struct remote_command command;
    char why[200] = "", text[1024];

    assert_int_equal(remote_command_make(&command, target, wish, why, sizeof(why)), 0);
    joined(&command, text, sizeof(text));
    assert_string_equal(command.name, name);
    assert_string_equal(text, words);
}

static void assert_refused(const char *target, const struct remote_wish *wish)
{
    struct remote_command command;
    char why[200] = "";

    if (remote_command_make(&command, target, wish, why, sizeof(why)) != -EINVAL)
        fail_msg("taken: %s", target);
    assert_true(why[0] != '\0');
}

#define SSH                                                                                        \
    "ssh|-T|-o|BatchMode=yes|-o|ConnectTimeout=10|-o|ServerAliveInterval=5|-o|"                    \
    "ServerAliveCountMax=3|"
#define RECORD "tcplens|record|-o|-|-i|1.500"

static void test_ssh(void **state)
{
    (void)state;
    assert_words("web1", &PLAIN, "web1", SSH "--|web1|" RECORD);
    assert_words("ssh:web1", &PLAIN, "web1", SSH "--|web1|" RECORD);
    assert_words("ssh:ann@web1:2222", &PLAIN, "web1", SSH "-p|2222|-l|ann|--|web1|" RECORD);
    assert_words("[2001:db8::1]:22", &PLAIN, "2001:db8::1", SSH "-p|22|--|2001:db8::1|" RECORD);
    assert_words("2001:db8::1", &PLAIN, "2001:db8::1", SSH "--|2001:db8::1|" RECORD);
    assert_words("fe80::1%eth-0", &PLAIN, "fe80::1%eth-0", SSH "--|fe80::1%eth-0|" RECORD);
    assert_words("ssh:[::1]:22", &PLAIN, "::1", SSH "-p|22|--|::1|" RECORD);
    assert_words("ssh://ann@web1:2222", &PLAIN, "web1", SSH "-p|2222|-l|ann|--|web1|" RECORD);
    assert_words("ssh://[::1]", &PLAIN, "::1", SSH "--|::1|" RECORD);
    const struct remote_wish all = {.interval_ns = 1500000000, .netns = "all", .detail = true};
    assert_words("web1", &all, "web1", SSH "--|web1|" RECORD "|--detail|--netns=all");
}

static void test_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "ssh:",
        "-oProxyCommand=id",
        "ann@-oProxyCommand=id",
        "-l@web1",
        "web1;id",
        "web 1",
        "$(id)",
        "`id`",
        "web1:0",
        "web1:port",
        "web1:65536",
        "[::1]x",
        "web1\n",
        "a/b",
        "@web1",
        "web1\\",
        "ann@",
        "web1'",
        "web1:-1",
        "web1:22:33",
        "ssh://",
        "ssh://-oProxyCommand=id",
        "ssh://web1/",
        "[::1",
        "web1 web2",
        "\"web1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_refused(BAD[i], &PLAIN);
    const struct remote_wish odd = {.interval_ns = 1000000000, .netns = "all;id"};
    assert_refused("web1", &odd);
}

static void test_template(void **state)
{
    const struct remote_wish kubectl = {.interval_ns = 1500000000,
                                        .template = "kubectl exec {host} -c \"a b\" -- {}"};
    const struct remote_wish jump = {.interval_ns = 1500000000,
                                     .template = "ssh -J gate root@{host}.lan"};
    const struct remote_wish nothing = {.interval_ns = 1500000000, .template = " "};
    const struct remote_wish twice = {.interval_ns = 1500000000,
                                      .template = "sh -c 'exec {host}-{host}.sh' {} end"};
    const struct remote_wish inside = {.interval_ns = 1500000000, .template = "sh -c 'exec {}'"};

    (void)state;
    assert_words("pod1", &kubectl, "pod1", "kubectl|exec|pod1|-c|a b|--|" RECORD);
    assert_words("pod1", &jump, "pod1", "ssh|-J|gate|root@pod1.lan|" RECORD);
    assert_words("pod1", &twice, "pod1", "sh|-c|exec pod1-pod1.sh|" RECORD "|end");
    assert_refused("pod1", &inside);
    assert_refused("pod1", &nothing);
    assert_refused("-x", &kubectl);
}

static void test_open_quotes(void **state)
{
    static const char *const OPEN[] = {"a 'b c", "a \"b",       "a 'b' c'",
                                       "'",      "ssh it's {}", "a b\"c'd'"};
    struct remote_command command;
    char why[200];

    (void)state;
    for (size_t i = 0; i < sizeof(OPEN) / sizeof(OPEN[0]); i++) {
        const struct remote_wish wish = {.interval_ns = 1500000000, .template = OPEN[i]};
        assert_int_equal(remote_command_make(&command, "a", &wish, why, sizeof(why)), -EINVAL);
        assert_non_null(strstr(why, "a quote is not closed: "));
    }
    const struct remote_wish closed = {.interval_ns = 1500000000, .template = "sh 'a'b\"c'\""};
    assert_words("a", &closed, "a", "sh|abc'|" RECORD);
}

static void test_too_long(void **state)
{
    char template[REMOTE_TEXT_MAX * 2], name[HOST_NAME_BYTES] = "";
    const struct remote_wish wish = {.interval_ns = 1000000000, .template = template};

    (void)state;
    memset(template, 'a', sizeof(template));
    for (size_t i = 7; i < sizeof(template); i += 8)
        template[i] = ' ';
    template[sizeof(template) - 1] = '\0';
    assert_refused("web1", &wish);
    memset(template, 'a', sizeof(template) - 1); /* one word */
    assert_refused("web1", &wish);
    memset(template, 0, sizeof(template));
    for (size_t i = 0; i < 40; i++) /* short, but for the names in it */
        memcpy(template + i * 6, "{host}", 6);
    memset(name, 'a', sizeof(name) - 1);
    assert_refused(name, &wish);
}

/* A shell at the other end of ssh reads the script as one word; a command takes it as it is. */
static void test_push(void **state)
{
    struct remote_wish wish = {.interval_ns = 1500000000, .push_bytes = 4711};
    struct remote_command command;
    char why[200] = "", script[REMOTE_TEXT_MAX];

    (void)state;
    assert_int_equal(remote_push_script(script, sizeof(script), 4711), 0);
    assert_null(strpbrk(script, "'\\!\n"));
    assert_non_null(strstr(script, "head -c 4711 "));
    assert_int_equal(remote_push_script(script, 100, 4711), -EINVAL);
    assert_int_equal(remote_command_make(&command, "ann@[::1]:2222", &wish, why, sizeof(why)), 0);
    const size_t count = command.count; /* sh -c SCRIPT tcplens record -o - -i 1.500 */
    const char *const *behind = command.words + count - 6;
    assert_string_equal(command.words[count - 8], "-c");
    assert_true(behind[-1][0] == '\'' && behind[-1][strlen(behind[-1]) - 1] == '\'');
    assert_string_equal(behind[0], "tcplens");
    assert_string_equal(command.copy_to, "ann@[::1]");
    assert_string_equal(command.port, "2222");
    wish.template = "docker exec -i {host} {}";
    assert_int_equal(remote_command_make(&command, "db", &wish, why, sizeof(why)), 0);
    assert_string_equal(command.words[5], "-c");
    assert_true(strncmp(command.words[6], "umask 077; ", 11) == 0);
    wish.template = "/usr/bin/ssh -J gate {host}";
    assert_int_equal(remote_command_make(&command, "db", &wish, why, sizeof(why)), 0);
    assert_true(command.words[6][0] == '\'');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ssh),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_template),    cmocka_unit_test(test_push),
        cmocka_unit_test(test_open_quotes), cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
