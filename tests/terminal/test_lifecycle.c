/* test_lifecycle TCPLENS LIFECYCLE [GOLDEN]: leads a real connection through its whole life and
 * looks, on the real screen on a pty, that each transition is marked with the state it came from.
 * Run in a network namespace of its own. Prints how long after the step each mark stood on the
 * screen; with GOLDEN the screen after the last transition is written there (screen_picture makes a
 * picture of it). */
#include "pty_screen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 10000
#define INTERVAL    "0.2"

struct life {
    int input, output;
    pid_t pid;
    char listener[16], client[16]; /* ":PORT" */
};

struct step {
    const char *commands; /* of lifecycle, one a line */
    bool server;      /* whose row is looked at: the server's has the listener's port in front */
    const char *mark; /* "+", "~", "-" */
    const char *state;
    const char *from; /* NULL = none is shown */
};

static const struct step STEPS[] = {
    {"listen", true, "+", "LISTEN", NULL},
    {"hold listener\nconnect", false, "+", "SYN-SENT", NULL},
    {"release listener\nwait client ESTABLISHED", false, "~", "ESTAB", "SYN-SENT"},
    {"accept\nhold server\nshutdown client", false, "~", "FIN-WAIT-1", "ESTAB"},
    {"release server\nwait client FIN-WAIT-2", false, "~", "FIN-WAIT-2", "FIN-WAIT-1"},
    {"state", true, "~", "CLOSE-WAIT", "ESTAB"},
    {"hold client\nshutdown server", true, "~", "LAST-ACK", "CLOSE-WAIT"},
    {"release client\nwait client TIME-WAIT", false, "~", "TIME-WAIT", "FIN-WAIT-2"},
    {"state", true, "-", "DELETE-TCB", "LAST-ACK"},
    {"close listener", true, "-", "DELETE-TCB", "LISTEN"},
};

struct wanted {
    const struct life *life;
    const struct step *step;
};

static void fail(const char *what)
{
    fprintf(stderr, "test_lifecycle: %s\n", what);
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_line(const struct life *life, char *line, size_t size)
{
    size_t length = 0;

    while (length + 1 < size) {
        struct pollfd ready = {life->output, POLLIN, 0};
        if (poll(&ready, 1, DEADLINE_MS) != 1 || read(life->output, line + length, 1) != 1)
            fail("lifecycle does not answer");
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
}

static void start_life(struct life *life, const char *program)
{
    int to_child[2], from_child[2];
    unsigned listener, client;
    char line[128];

    if (pipe(to_child) || pipe(from_child))
        fail("no pipe");
    life->pid = fork();
    if (life->pid == 0) {
        dup2(to_child[0], STDIN_FILENO);
        dup2(from_child[1], STDOUT_FILENO);
        close(to_child[1]);
        close(from_child[0]);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(to_child[0]);
    close(from_child[1]);
    life->input = to_child[1];
    life->output = from_child[0];
    read_line(life, line, sizeof line);
    if (sscanf(line, "ready %u %u", &listener, &client) != 2)
        fail(line);
    snprintf(life->listener, sizeof life->listener, ":%u", listener);
    snprintf(life->client, sizeof life->client, ":%u", client);
}

static void send_commands(const struct life *life, const char *commands)
{
    char line[128];

    while (*commands) {
        const size_t length = strcspn(commands, "\n");
        if (dprintf(life->input, "%.*s\n", (int)length, commands) < 0)
            fail("lifecycle is gone");
        read_line(life, line, sizeof line);
        if (strncmp(line, "ok", 2) != 0)
            fail(line);
        commands += length + (commands[length] == '\n');
    }
}

/* The row of that end with the step's mark, state and origin. */
static bool row_is_wanted(const char *text, const struct wanted *wanted)
{
    const struct step *step = wanted->step;
    const char *first = step->server ? wanted->life->listener : wanted->life->client;
    const char *second = step->server ? wanted->life->client : wanted->life->listener;
    const char *listening = strstr(text, step->from ? step->from : "LISTEN");
    const char *local = strstr(text, first), *remote = strstr(text, second);
    char begin[32], end[32];

    snprintf(begin, sizeof begin, " %s %s ", step->mark, step->state);
    if (strncmp(text, begin, strlen(begin)) != 0 || !local)
        return false;
    if (!(listening && !remote) && (!remote || remote < local))
        return false;
    if (!step->from)
        return true;
    snprintf(end, sizeof end, "◂ %s", step->from);
    return strstr(text, end) != NULL;
}

static bool is_marked(struct pty_screen *screen, void *user)
{
    int rows, cols;
    char text[1024];

    pty_screen_size(screen, &rows, &cols);
    for (int row = 0; row < rows; row++) {
        pty_screen_row(screen, row, text, sizeof text);
        if (row_is_wanted(text, user))
            return true;
    }
    return false;
}

static void run_step(struct pty_screen *screen, const struct life *life, const struct step *step)
{
    struct wanted wanted = {life, step};

    send_commands(life, step->commands);
    const int64_t began_ms = now_ms();
    if (!pty_screen_wait_for(screen, is_marked, &wanted, DEADLINE_MS)) {
        fprintf(stderr, "test_lifecycle: no row \"%s %s%s%s\" on the screen:\n%s", step->mark,
                step->state, step->from ? " from " : "", step->from ? step->from : "",
                pty_screen_text(screen));
        exit(1);
    }
    printf("%-6s %s %-10s %s%-11s %4lld ms after the step\n", step->server ? "server" : "client",
           step->mark, step->state, step->from ? "from " : "     ", step->from ? step->from : "",
           (long long)(now_ms() - began_ms));
}

static void write_golden(const struct pty_screen *screen, const char *path)
{
    FILE *file = fopen(path, "w");
    char *golden = pty_screen_golden(screen);

    if (!file || !golden || fputs(golden, file) < 0 || fclose(file) != 0)
        fail(path);
    free(golden);
}

int main(int argc, char **argv)
{
    struct life life;
    struct pty_screen *screen;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: test_lifecycle TCPLENS LIFECYCLE [GOLDEN]\n");
        return 2;
    }
    start_life(&life, argv[2]);
    const char *const command[] = {argv[1], "-i", INTERVAL, "--sort", "local", NULL};
    const struct pty_screen_options options = {.rows = 30, .cols = 120, .argv = command};
    if (pty_screen_start(&screen, &options))
        fail("tcplens does not start");
    if (!pty_screen_wait_text(screen, "B/s", DEADLINE_MS))
        fail("no second frame was painted");
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
        run_step(screen, &life, &STEPS[i]);
    if (argc == 4)
        write_golden(screen, argv[3]);
    pty_screen_free(screen);
    close(life.input);
    waitpid(life.pid, NULL, 0);
    return 0;
}
