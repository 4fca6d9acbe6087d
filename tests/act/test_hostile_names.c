/* test_hostile_names TCPLENS: names, command lines and a control group with every byte value, bidi
 * and zero-width characters and 1,000 combining marks. On the real screen no control byte may reach
 * the pty but those of curses, and no cell of another column may move. */
#include "net_tools.h"
#include "pty_screen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS  20000
#define FIRST_PORT   5000
#define NAME_BYTES   15 /* TASK_COMM_LEN less the NUL */
#define HOLDERS_MAX  64
#define MARKS        1000
#define CGROUP_PLACE "/sys/fs/cgroup/evil\x1b]0;owned\x07\xe2\x80\xae.service"

static const char *const NAMES[] = {
    "\x1b]0;owned\x07",                                 /* title of the terminal */
    "\x1b[2J\x1b[H",                                    /* clears it */
    "a\xe2\x80\xaetxt.exe",                             /* right-to-left override */
    "\xe2\x80\x8b\xe2\x80\x8d\xe2\x81\xa0z",            /* zero-width space, joiner, word joiner */
    "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85",        /* combining marks */
    "\xc2\x9b[31m",                                     /* C1: CSI in one character */
    "\xe2\x80\xa8line\xe2\x80\xa9",                     /* line and paragraph separator */
    "\xef\xbf\xbf\xed\xa0\x80x",                        /* no character, a lone surrogate */
    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97", /* wide ones: two cells each */
    "a\\x1b",                                           /* looks like our own escape */
};
#define NAME_COUNT (sizeof NAMES / sizeof *NAMES)

static struct holder {
    pid_t pid;
    unsigned port;
} holders[HOLDERS_MAX];
static size_t holder_count;
static struct pty_screen *screen;

static _Noreturn void fail(const char *what)
{
    char *text = screen ? pty_screen_text(screen) : NULL;
    fprintf(stderr, "test_hostile_names: %s\n%s\n", what, text ? text : "");
    exit(1);
}

static _Noreturn void hold(unsigned port, const char *name, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    net_listen(net_v4(0x7f000001, port), 4, 0);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

/* 1,000 combining marks on one letter, then what would set the title. */
static void hostile_argument(char *out)
{
    *out++ = 'e';
    for (unsigned i = 0; i < MARKS; i++, out += 2)
        memcpy(out, "\xcc\x81", 2);
    strcpy(out, " \xe2\x80\xae\x1b]0;owned\x07\xff");
}

static void start_holder(const char *name, bool by_exec)
{
    int ready[2];
    char byte, port[16], descriptor[16], argument[2 * MARKS + 64];
    struct holder *holder = &holders[holder_count];
    holder->port = FIRST_PORT + (unsigned)holder_count++;
    if (pipe(ready))
        fail("pipe");
    holder->pid = fork();
    if (holder->pid == 0 && by_exec) {
        snprintf(port, sizeof port, "%u", holder->port);
        snprintf(descriptor, sizeof descriptor, "%d", ready[1]);
        hostile_argument(argument);
        execl("/proc/self/exe", argument, "--hold", port, descriptor, argument, (char *)NULL);
        _exit(127);
    }
    if (holder->pid == 0)
        hold(holder->port, name, ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        fail("a holder does not start");
    close(ready[0]);
    close(ready[1]);
}

static void start_all(void)
{
    for (unsigned first = 1; first <= 255; first += NAME_BYTES) {
        char name[NAME_BYTES + 1] = "";
        for (unsigned i = 0; i < NAME_BYTES && first + i <= 255; i++)
            name[i] = (char)(first + i);
        start_holder(name, false);
    }
    for (size_t i = 0; i < NAME_COUNT; i++)
        start_holder(NAMES[i], false);
    start_holder(NULL, true);
}

/* True if the process now is in a control group of that name. */
static bool enter_cgroup(pid_t pid)
{
    char path[256], number[16];
    if (mkdir(CGROUP_PLACE, 0755) != 0 && errno != EEXIST)
        return false;
    snprintf(path, sizeof path, "%s/cgroup.procs", CGROUP_PLACE);
    snprintf(number, sizeof number, "%d", pid);
    const int procs = open(path, O_WRONLY);
    const bool done = procs >= 0 && write(procs, number, strlen(number)) > 0;
    if (procs >= 0)
        close(procs);
    return done;
}

static bool is_forbidden(unsigned long code)
{
    static const struct {
        unsigned long first, last;
    } FORBIDDEN[] = {
        {0x7f, 0x9f},     {0xad, 0xad},     {0x300, 0x36f},   {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xd800, 0xdfff}, {0xfeff, 0xfeff}, {0xfff0, 0xffff},
    };
    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof *FORBIDDEN; i++)
        if (code >= FORBIDDEN[i].first && code <= FORBIDDEN[i].last)
            return true;
    return false;
}

/* What curses sends for xterm: CSI sequences, character sets, keypad, save and restore; and the one
 * question of ours, for the background of the terminal. */
static size_t escape_length(const unsigned char *at, size_t left)
{
    static const char BACKGROUND[] = "\033]11;?\033\\";
    size_t length = 2;
    if (left < 2)
        return left;
    if (left >= sizeof(BACKGROUND) - 1 && memcmp(at, BACKGROUND, sizeof(BACKGROUND) - 1) == 0)
        return sizeof(BACKGROUND) - 1;
    if (strchr("=>78M", at[1]))
        return 2;
    if (strchr("()", at[1]))
        return 3;
    if (at[1] != '[')
        fail("an escape sequence that curses does not send");
    while (length < left && (at[length] < 0x40 || at[length] > 0x7e))
        length++;
    return length + 1;
}

static size_t decode(const unsigned char *at, size_t left, unsigned long *code)
{
    const size_t length = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    if (*at >= 0x80 && *at < 0xc2)
        fail("a byte that begins no character");
    *code = length == 1 ? *at : *at & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (i >= left)
            return left; /* the character has not been read whole */
        if ((at[i] & 0xc0) != 0x80)
            fail("bytes that are no character");
        *code = *code << 6 | (at[i] & 0x3f);
    }
    return length;
}

static void check_raw(void)
{
    size_t size, at = 0, characters = 0;
    const unsigned char *raw = pty_screen_raw(screen, &size);
    while (at < size) {
        unsigned long code;
        if (raw[at] == 0x1b) {
            at += escape_length(raw + at, size - at);
            continue;
        }
        const size_t length = decode(raw + at, size - at, &code);
        if (code < 0x20 && !strchr("\r\n\b\t\x0e\x0f", (int)code))
            fail("a control byte reached the pty");
        if (is_forbidden(code))
            fail("an invisible or bidi character reached the pty");
        at += length;
        characters++;
    }
    printf("ok: %zu characters written, none of them a control of theirs\n", characters);
}

static void text_at(int row, int first, int last, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (int col = first; col <= last; col++) {
        struct screen_cell cell;
        pty_screen_cell(screen, row, col, &cell);
        length +=
            (size_t)snprintf(out + length, length < size ? size - length : 0, "%s", cell.text);
        if (length >= size)
            return;
    }
}

/* LOCAL begins and PID ends where their titles do, whatever stands between. */
static void check_columns(void)
{
    int header, local, process, pid;
    char text[256], wanted[64];
    if (!pty_screen_find(screen, "LOCAL", &header, &local) ||
        !pty_screen_find(screen, "PROCESS", &header, &process) ||
        !pty_screen_find(screen, "  PID", &header, &pid))
        fail("no header");
    pid += 4; /* its last cell */
    if (!pty_screen_find(screen, "\\x1b]0;owned", NULL, NULL))
        fail("the name is not shown by its bytes");
    for (size_t i = 0; i < holder_count; i++) {
        const int row = header + 1 + (int)i;
        const int width = snprintf(wanted, sizeof wanted, "127.0.0.1:%u ", holders[i].port);
        text_at(row, local, local + width - 1, text, sizeof text);
        if (strcmp(text, wanted) != 0)
            fail(wanted);
        text_at(row, process - 1, process - 1, text, sizeof text);
        if (strcmp(text, " ") != 0)
            fail("the column before PROCESS is not blank");
        const int digits = snprintf(wanted, sizeof wanted, " %d", holders[i].pid);
        text_at(row, pid - digits + 1, pid, text, sizeof text);
        if (strcmp(text, wanted) != 0)
            fail(wanted);
    }
    printf("ok: %zu hostile names, LOCAL, PROCESS and PID stand in their columns\n", holder_count);
}

static void keys(const char *names)
{
    if (pty_screen_send_keys(screen, names))
        fail(names);
    pty_screen_wait_idle(screen, DEADLINE_MS);
}

static void start(const char *program)
{
    const char *argv[] = {program, "-i", "1", "--sort", "lport", "sport ge 5000", NULL};
    const struct pty_screen_options options = {.rows = 48, .cols = 130, .argv = argv};
    char last[16];
    if (pty_screen_start(&screen, &options))
        fail("tcplens does not start");
    snprintf(last, sizeof last, " %d", holders[holder_count - 1].pid);
    if (!pty_screen_wait_text(screen, last, DEADLINE_MS))
        fail("not all holders are shown");
}

/* The page of the process with the hostile command line: the time at its right edge is there. */
static void check_pages(void)
{
    int row, col, rows, cols;
    keys("G<Enter>");
    if (!pty_screen_wait_text(screen, "owner", DEADLINE_MS))
        fail("no connection page");
    keys("<Enter>");
    if (!pty_screen_wait_text(screen, "started", DEADLINE_MS))
        fail("no process page");
    pty_screen_size(screen, &rows, &cols);
    if (!pty_screen_find(screen, " ago)", &row, &col) || col + 5 != cols - 1)
        fail("the command line moves what stands beside it");
    keys("K");
    keys("<Esc><Esc><Esc>2");
    keys("34561");
    printf("ok: pages, views and dialog of hostile processes\n");
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--hold") == 0)
        hold((unsigned)atoi(argv[2]), "command-line", atoi(argv[3]));
    if (argc != 2) {
        fprintf(stderr, "usage: test_hostile_names TCPLENS\n");
        return 2;
    }
    net_enter_namespace(0);
    start_all();
    const bool grouped = enter_cgroup(holders[holder_count - 1].pid);
    printf("%s\n", grouped ? "ok: one of them is in a control group of a hostile name"
                           : "no control group of a hostile name: it cannot be made here");
    start(argv[1]);
    check_columns();
    check_pages();
    check_raw();
    pty_screen_free(screen);
    for (size_t i = 0; i < holder_count; i++) {
        kill(holders[i].pid, SIGKILL);
        waitpid(holders[i].pid, NULL, 0);
    }
    rmdir(CGROUP_PLACE);
    return 0;
}
