/* test_net_tools: scene, churn and lifecycle against the kernel's own /proc/net/tcp, in a namespace
 * of the test. The argument is the folder of the programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net_tools.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const STATES[] = {"ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED", "FIN-WAIT-1",
                                     "FIN-WAIT-2",  "TIME-WAIT", "CLOSE-WAIT",   "LAST-ACK",
                                     "LISTEN",      "CLOSING"};
enum { STATE_COUNT = sizeof(STATES) / sizeof(STATES[0]) };

struct program {
    pid_t pid;
    FILE *in, *out;
};

static struct program start(const char *const *argv)
{
    struct program program;
    int to[2], from[2];
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    program.pid = fork();
    assert_true(program.pid >= 0);
    if (program.pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]);
        close(from[0]);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    program.in = fdopen(to[1], "w");
    program.out = fdopen(from[0], "r");
    return program;
}

static int finish(struct program *program)
{
    int status = -1;
    fclose(program->in);
    fclose(program->out);
    waitpid(program->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *read_line(struct program *program, char *line, size_t size)
{
    if (!fgets(line, (int)size, program->out))
        return "(end of output)";
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static unsigned long number_of(const char *json, const char *key)
{
    const char *at = strstr(json, key);
    return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static bool table_has(const char *path, const char *json)
{
    char line[512];
    bool found = false;
    FILE *table = fopen(path, "re");
    while (table && !found && fgets(line, sizeof(line), table)) {
        unsigned lport, rport, state;
        unsigned long inode;
        char word[64];
        if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %*s %*s %*s %*u %*u %lu", &lport,
                   &rport, &state, &inode) != 4)
            continue;
        snprintf(word, sizeof(word), "\"state\":\"%s\"", net_state_name((int)state));
        found = lport == number_of(json, "\"lport\":") && rport == number_of(json, "\"rport\":") &&
                inode == number_of(json, "\"inode\":") && strstr(json, word);
    }
    if (table)
        fclose(table);
    return found;
}

static const char *program_path(void **state, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", (const char *)*state, name);
    return path;
}

static void the_kernel_has_every_socket_of_the_scene(void **state)
{
    char path[256], line[1024];
    bool seen[STATE_COUNT] = {false};
    const char *argv[] = {
        program_path(state, "scene", path), "--pairs", "20", "--processes", "2", NULL};
    struct program scene = start(argv);
    assert_string_equal(read_line(&scene, line, sizeof(line)), "ready");
    while (strcmp(read_line(&scene, line, sizeof(line)), "end") != 0) {
        assert_int_equal(line[0], '{');
        for (int i = 0; i < STATE_COUNT; i++)
            seen[i] |= strstr(line, STATES[i]) != NULL;
        if (strstr(line, "\"kind\":\"bound\"")) /* /proc/net/tcp has no such rows */
            continue;
        const char *table = strstr(line, "\"inet6\"") ? "/proc/net/tcp6" : "/proc/net/tcp";
        if (!table_has(table, line))
            fail_msg("not in %s: %s", table, line);
    }
    for (int i = 0; i < STATE_COUNT; i++)
        if (!seen[i])
            fail_msg("no socket in %s", STATES[i]);
    assert_int_equal(finish(&scene), 0);
}

static void scene_hands_on_the_exit_code(void **state)
{
    char path[256];
    const char *argv[] = {
        program_path(state, "scene", path), "--bare", "--hold", "sh", "-c", "exit 5", NULL};
    struct program scene = start(argv);
    assert_int_equal(finish(&scene), 5);
}

static void churn_writes_the_truth(void **state)
{
    char path[256], line[1024], truth[] = "/tmp/churn-truth-XXXXXX";
    unsigned closed = 0, reset = 0, stable = 0, listeners = 0;
    int file = mkstemp(truth);
    const char *argv[] = {program_path(state, "churn", path),
                          "--count",
                          "300",
                          "--rate",
                          "0",
                          "--how",
                          "mixed",
                          "--life",
                          "2",
                          "--stable",
                          "3",
                          "--listeners",
                          "2",
                          "--cookies",
                          "--truth",
                          truth,
                          NULL};
    struct program churn = start(argv);
    assert_string_equal(read_line(&churn, line, sizeof(line)), "ready");
    assert_non_null(strstr(read_line(&churn, line, sizeof(line)), "300 connections"));
    assert_int_equal(finish(&churn), 0);
    FILE *lines = fdopen(file, "r");
    unsigned long last_port = 0;
    while (fgets(line, sizeof(line), lines)) {
        listeners += strstr(line, "\"kind\":\"listen\"") != NULL;
        stable += strstr(line, "\"how\":\"stable\"") != NULL;
        if (!strstr(line, "\"t_close\""))
            continue;
        closed += strstr(line, "\"how\":\"close\"") != NULL;
        reset += strstr(line, "\"how\":\"reset\"") != NULL;
        assert_true(number_of(line, "\"lport\":") > last_port); /* a tuple of its own */
        last_port = number_of(line, "\"lport\":");
        assert_true(number_of(line, "\"t_close\":[") >= number_of(line, "\"t_open\":[") + 2000000);
        assert_non_null(strstr(line, "\"server_cookie\":\""));
    }
    fclose(lines);
    unlink(truth);
    assert_int_equal(listeners, 2);
    assert_int_equal(stable, 3);
    assert_int_equal(closed, 150);
    assert_int_equal(reset, 150);
}

/* A command, and the states in which it leaves the two ends. */
static const struct {
    const char *command, *client, *server;
} LIFE[] = {
    {"state", "-", "-"},
    {"listen defer", "-", "-"},
    {"hold listener", "-", "-"},
    {"connect", "SYN-SENT", "-"},
    {"close client", "-", "-"},
    {"release listener", "-", "-"},
    {"connect", "ESTABLISHED", "SYN-RECEIVED"},
    {"send client 1", "ESTABLISHED", "ESTABLISHED"},
    {"accept", "ESTABLISHED", "ESTABLISHED"},
    {"recv server", "ESTABLISHED", "ESTABLISHED"},
    {"hold server", "ESTABLISHED", "ESTABLISHED"},
    {"shutdown client", "FIN-WAIT-1", "ESTABLISHED"},
    {"release server", "FIN-WAIT-2", "CLOSE-WAIT"},
    {"hold client", "FIN-WAIT-2", "CLOSE-WAIT"},
    {"shutdown server", "FIN-WAIT-2", "LAST-ACK"},
    {"release client", "TIME-WAIT", "-"},
};

static const char *const REFUSED[][2] = {
    {"close nobody", "error say client, server or listener"},
    {"dance", "error no such command, see lifecycle --help"},
};

static const char *command(struct program *life, char line[256], const char *words)
{
    fprintf(life->in, "%s\n", words);
    fflush(life->in);
    return read_line(life, line, 256);
}

/* Both ends get where they go in the kernel's time: a segment that was held comes again with the
 * next retransmission, which may be before the answer. So it waits for them, then looks at both. */
static void take_step(struct program *life, size_t step)
{
    char line[256], words[64], settled[64];
    const char *const ends[][2] = {{"client", LIFE[step].client}, {"server", LIFE[step].server}};
    snprintf(settled, sizeof settled, "ok client=%s server=%s", LIFE[step].client,
             LIFE[step].server);
    if (strncmp(command(life, line, LIFE[step].command), "ok client=", 10) != 0)
        fail_msg("%s: %s", LIFE[step].command, line);
    for (size_t i = 0; i < 2; i++) {
        snprintf(words, sizeof words, "wait %s %s", ends[i][0], ends[i][1]);
        if (strncmp(command(life, line, words), "ok ", 3) != 0)
            fail_msg("%s, %s: %s", LIFE[step].command, words, line);
    }
    if (strcmp(line, settled) != 0)
        fail_msg("%s: %s instead of %s", LIFE[step].command, line, settled);
}

static void lifecycle_goes_step_by_step(void **state)
{
    char path[256], line[256];
    const char *argv[] = {program_path(state, "lifecycle", path), NULL};
    struct program life = start(argv);
    assert_string_equal(read_line(&life, line, sizeof(line)), "ready 31000 31001");
    for (size_t i = 0; i < sizeof(LIFE) / sizeof(LIFE[0]); i++)
        take_step(&life, i);
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
        assert_string_equal(command(&life, line, REFUSED[i][0]), REFUSED[i][1]);
    assert_int_equal(finish(&life), 0);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        net_die("say where the programs are");
    net_enter_namespace(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_kernel_has_every_socket_of_the_scene, argv[1]),
        cmocka_unit_test_prestate(scene_hands_on_the_exit_code, argv[1]),
        cmocka_unit_test_prestate(churn_writes_the_truth, argv[1]),
        cmocka_unit_test_prestate(lifecycle_goes_step_by_step, argv[1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
