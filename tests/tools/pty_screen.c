/* pty_screen: a program on a pseudo terminal: start, keys, waits, end. The cells are in
 * pty_screen_cells.c. Must not know which program it is. */
#include "pty_screen.h"

#include "pty_idle.h"
#include "pty_keys.h"
#include "pty_screen_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define TAKEN_MS 5000
/* Between two looks: longer than a program waits for the rest of an escape sequence. */
#define IDLE_MS 60

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct pty_screen *screen = user;
    if (property == VTERM_PROP_CURSORVISIBLE)
        screen->cursor_visible = value->boolean;
    else if (property == VTERM_PROP_ALTSCREEN)
        screen->alternate = value->boolean;
    else if (property == VTERM_PROP_MOUSE)
        screen->mouse = value->number != VTERM_PROP_MOUSE_NONE;
    return 1;
}

static void write_to_program(const char *bytes, size_t size, void *user)
{
    pty_screen_send_bytes(user, bytes, size);
}

static void feed_terminal(void *user, const char *bytes, size_t size)
{
    struct pty_screen *screen = user;
    if (size > 0)
        vterm_input_write(screen->terminal, bytes, size);
}

static int keep_raw(struct pty_screen *screen, const char *bytes, size_t size)
{
    if (screen->raw_size + size > screen->raw_room) {
        size_t room = (screen->raw_room + size) * 2;
        unsigned char *raw = realloc(screen->raw, room);
        if (!raw)
            return -ENOMEM;
        screen->raw = raw;
        screen->raw_room = room;
    }
    memcpy(screen->raw + screen->raw_size, bytes, size);
    screen->raw_size += size;
    return 0;
}

/* Takes what the program has written so far; true when there was anything. */
static bool read_output(struct pty_screen *screen)
{
    char bytes[16384];
    bool any = false;
    while (screen->reading && !screen->output_ended) {
        ssize_t size = read(screen->master, bytes, sizeof(bytes));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            break;
        if (size <= 0) { /* EIO: the slave is not open any more */
            screen->output_ended = true;
            break;
        }
        any = true;
        if (keep_raw(screen, bytes, (size_t)size) != 0)
            abort();
        sgr_dim_feed(&screen->dim, bytes, (size_t)size, feed_terminal, screen);
    }
    return any;
}

static void note_exit(struct pty_screen *screen)
{
    if (!screen->exited && waitpid(screen->child, &screen->status, WNOHANG) == screen->child)
        screen->exited = true;
}

/* Waits for output or for the end of the program, at most timeout_ms; true when there was output.
 */
static bool pump(struct pty_screen *screen, int timeout_ms)
{
    bool listen = screen->reading && !screen->output_ended;
    struct pollfd fds[2] = {
        {.fd = listen ? screen->master : -1, .events = POLLIN},
        {.fd = screen->exited ? -1 : screen->pidfd, .events = POLLIN},
    };
    poll(fds, 2, timeout_ms);
    note_exit(screen);
    return read_output(screen);
}

static bool ended(const struct pty_screen *screen)
{
    return screen->exited && (screen->output_ended || !screen->reading);
}

static const char *const KEPT[] = {"PATH",         "TMPDIR",           "USER",
                                   "ASAN_OPTIONS", "LSAN_OPTIONS",     "UBSAN_OPTIONS",
                                   "TSAN_OPTIONS", "LLVM_PROFILE_FILE"};
enum { KEPT_COUNT = sizeof(KEPT) / sizeof(KEPT[0]) };

static void set_environment(const char *const *env)
{
    char *values[KEPT_COUNT];
    for (int i = 0; i < KEPT_COUNT; i++) {
        const char *value = getenv(KEPT[i]);
        values[i] = value ? strdup(value) : NULL;
    }
    clearenv();
    for (int i = 0; i < KEPT_COUNT; i++)
        if (values[i])
            setenv(KEPT[i], values[i], 1);
    /* do not touch the settings and recordings of the user who runs the tests: a key sent here may
     * write, and root can create any folder that is not below a file */
    setenv("HOME", "/dev/null", 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    for (; env && *env; env++) {
        char *name = strdup(*env);
        char *equals = name ? strchr(name, '=') : NULL;
        if (equals) {
            *equals = '\0';
            setenv(name, equals + 1, 1);
        } else {
            unsetenv(*env);
        }
    }
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_program(const struct pty_screen_options *options)
{
    reset_signals();
    set_environment(options->env);
    execvp(options->argv[0], (char *const *)(uintptr_t)options->argv);
    _exit(127);
}

/* Ends as the program of this pid ends. */
static _Noreturn void lead_session(pid_t program)
{
    const struct rlimit no_core = {0, 0};
    int status = 0;
    signal(SIGHUP, SIG_IGN); /* a hangup is the program's to answer */
    while (waitpid(program, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &no_core);
    reset_signals();
    raise(WTERMSIG(status));
    _exit(125);
}

/* Runs in the child: the program, after its pid has been written to `told`; as a job, in a child of
 * this leader of its session. */
static _Noreturn void run_in_session(int slave, int told, const struct pty_screen_options *options)
{
    if (login_tty(slave) != 0)
        _exit(126);
    pid_t pid = options->job ? fork() : 0;
    if (pid != 0)
        lead_session(pid);
    pid = getpid();
    if (options->job) {
        signal(SIGTTOU, SIG_IGN);
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, pid);
    }
    if (write(told, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
        _exit(126);
    run_program(options);
}

static int start_program(struct pty_screen *screen, const struct pty_screen_options *options)
{
    struct winsize size = {.ws_row = (unsigned short)screen->rows,
                           .ws_col = (unsigned short)screen->cols};
    int slave, told[2];
    if (openpty(&screen->master, &slave, NULL, NULL, &size) != 0)
        return -errno;
    fcntl(screen->master, F_SETFD, FD_CLOEXEC);
    fcntl(screen->master, F_SETFL, O_NONBLOCK);
    tcgetattr(slave, &screen->before);
    if (pipe2(told, O_CLOEXEC) != 0) {
        close(slave);
        return -errno;
    }
    screen->child = fork();
    if (screen->child == 0)
        run_in_session(slave, told[1], options);
    int error = screen->child < 0 ? errno : ESRCH;
    close(slave);
    close(told[1]);
    ssize_t got = screen->child < 0 ? 0 : read(told[0], &screen->pid, sizeof(screen->pid));
    close(told[0]);
    if (got != (ssize_t)sizeof(screen->pid))
        return -error;
    screen->pidfd = (int)syscall(SYS_pidfd_open, screen->child, 0);
    return screen->pidfd < 0 ? -errno : 0;
}

static int start_terminal(struct pty_screen *screen)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    screen->terminal = vterm_new(screen->rows, screen->cols);
    if (!screen->terminal)
        return -ENOMEM;
    vterm_set_utf8(screen->terminal, 1);
    vterm_output_set_callback(screen->terminal, write_to_program, screen);
    screen->cells = vterm_obtain_screen(screen->terminal);
    vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
    vterm_screen_enable_altscreen(screen->cells, 1);
    vterm_screen_reset(screen->cells, 1);
    return 0;
}

int pty_screen_start(struct pty_screen **out, const struct pty_screen_options *options)
{
    struct pty_screen *screen = calloc(1, sizeof(*screen));
    if (!screen)
        return -ENOMEM;
    screen->rows = options->rows > 0 ? options->rows : 24;
    screen->cols = options->cols > 0 ? options->cols : 80;
    screen->master = -1;
    screen->pidfd = -1;
    screen->reading = !options->unread;
    screen->cursor_visible = true;
    int rc = start_terminal(screen);
    if (rc == 0)
        rc = start_program(screen, options);
    if (rc != 0) {
        pty_screen_free(screen);
        return rc;
    }
    *out = screen;
    return 0;
}

void pty_screen_free(struct pty_screen *screen)
{
    if (!screen)
        return;
    if (screen->child > 0 && !screen->exited) {
        kill(screen->pid > 0 ? screen->pid : screen->child, SIGKILL);
        waitpid(screen->child, NULL, 0);
    }
    if (screen->master >= 0)
        close(screen->master);
    if (screen->pidfd >= 0)
        close(screen->pidfd);
    if (screen->terminal)
        vterm_free(screen->terminal);
    free(screen->raw);
    free(screen);
}

pid_t pty_screen_pid(const struct pty_screen *screen)
{
    return screen->pid;
}

int pty_screen_signal(struct pty_screen *screen, int number)
{
    note_exit(screen);
    if (screen->exited)
        return -ESRCH;
    return kill(screen->pid, number) == 0 ? 0 : -errno;
}

void pty_screen_hangup(struct pty_screen *screen)
{
    if (screen->master >= 0)
        close(screen->master);
    screen->master = -1;
    screen->output_ended = true;
}

int pty_screen_resize(struct pty_screen *screen, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    read_output(screen);
    screen->rows = rows;
    screen->cols = cols;
    vterm_set_size(screen->terminal, rows, cols);
    return ioctl(screen->master, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}

void pty_screen_set_reading(struct pty_screen *screen, bool reading)
{
    screen->reading = reading;
}

int pty_screen_send_bytes(struct pty_screen *screen, const void *bytes, size_t size)
{
    const char *at = bytes;
    long long end = now_ms() + 2000;
    while (size > 0) {
        ssize_t sent = write(screen->master, at, size);
        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        int left = (int)(end - now_ms());
        struct pollfd fd = {.fd = screen->master, .events = POLLOUT};
        if (left <= 0 || poll(&fd, 1, left) == 0)
            return -ETIMEDOUT;
    }
    return 0;
}

/* Esc and a key that come in one piece are the key with Alt: Esc by itself is read before anything
 * follows. */
static void wait_taken(struct pty_screen *screen)
{
    for (long long end = now_ms() + TAKEN_MS; now_ms() < end; pump(screen, 1))
        if (!pty_idle_unread(screen->master))
            break;
}

int pty_screen_send_keys(struct pty_screen *screen, const char *keys)
{
    while (*keys != '\0') {
        size_t plain = strcspn(keys, "<");
        int rc = pty_screen_send_bytes(screen, keys, plain);
        if (rc != 0)
            return rc;
        keys += plain;
        if (*keys == '\0')
            break;
        size_t name = strcspn(keys, ">");
        if (keys[name] == '\0' ||
            !pty_keys_send_named(screen->terminal, keys + 1, name - 1, write_to_program, screen))
            return -EINVAL;
        if (strncmp(keys, "<Esc>", name + 1) == 0)
            wait_taken(screen);
        keys += name + 1;
    }
    return 0;
}

static int send_mouse(struct pty_screen *screen, enum pty_mouse_button button, int row, int col)
{
    char report[64];
    size_t size = pty_mouse_report(button, row, col, report, sizeof(report));
    return pty_screen_send_bytes(screen, report, size);
}

int pty_screen_click(struct pty_screen *screen, int row, int col)
{
    return send_mouse(screen, PTY_MOUSE_LEFT, row, col);
}

int pty_screen_wheel(struct pty_screen *screen, int row, int col, bool up)
{
    return send_mouse(screen, up ? PTY_MOUSE_WHEEL_UP : PTY_MOUSE_WHEEL_DOWN, row, col);
}

bool pty_screen_wait_for(struct pty_screen *screen, pty_screen_condition *condition, void *user,
                         int deadline_ms)
{
    long long end = now_ms() + deadline_ms;
    note_exit(screen);
    read_output(screen);
    for (;;) {
        if (condition(screen, user))
            return true;
        long long left = end - now_ms();
        if (left <= 0 || ended(screen))
            return false;
        pump(screen, (int)left);
    }
}

struct text_wait {
    const char *text;
    int row; /* -1: any */
    bool wanted;
};

static bool text_condition(struct pty_screen *screen, void *user)
{
    const struct text_wait *wait = user;
    char row[8192];
    if (wait->row < 0)
        return pty_screen_find(screen, wait->text, NULL, NULL) == wait->wanted;
    pty_screen_row(screen, wait->row, row, sizeof(row));
    return (strstr(row, wait->text) != NULL) == wait->wanted;
}

static bool wait_text(struct pty_screen *screen, const char *text, int row, bool wanted,
                      int deadline_ms)
{
    struct text_wait wait = {.text = text, .row = row, .wanted = wanted};
    return pty_screen_wait_for(screen, text_condition, &wait, deadline_ms);
}

bool pty_screen_wait_text(struct pty_screen *screen, const char *text, int deadline_ms)
{
    return wait_text(screen, text, -1, true, deadline_ms);
}

bool pty_screen_wait_text_gone(struct pty_screen *screen, const char *text, int deadline_ms)
{
    return wait_text(screen, text, -1, false, deadline_ms);
}

bool pty_screen_wait_line(struct pty_screen *screen, int row, const char *text, int deadline_ms)
{
    return wait_text(screen, text, row, true, deadline_ms);
}

bool pty_screen_wait_line_gone(struct pty_screen *screen, int row, const char *text,
                               int deadline_ms)
{
    return wait_text(screen, text, row, false, deadline_ms);
}

bool pty_screen_wait_quiet(struct pty_screen *screen, int quiet_ms, int deadline_ms)
{
    long long end = now_ms() + deadline_ms, last = now_ms();
    while (!ended(screen)) {
        long long now = now_ms();
        long long quiet_left = last + quiet_ms - now;
        if (quiet_left <= 0)
            return true;
        if (now >= end)
            return false;
        if (pump(screen, (int)(quiet_left < end - now ? quiet_left : end - now)))
            last = now_ms();
    }
    return true;
}

bool pty_screen_wait_idle(struct pty_screen *screen, int deadline_ms)
{
    const long long end = now_ms() + deadline_ms;
    struct pty_idle before, now = {0};
    while (!ended(screen) && now_ms() < end) {
        before = now;
        now = (struct pty_idle){0};
        if (!pty_idle_unread(screen->master)) /* before both looks: it may be reading now */
            pty_idle_look(&now, screen->pid);
        if (pty_idle_same(&before, &now))
            return true;
        pty_screen_wait_quiet(screen, IDLE_MS, (int)(end - now_ms()));
    }
    return ended(screen);
}

bool pty_screen_wait_exit(struct pty_screen *screen, int *status, int deadline_ms)
{
    long long end = now_ms() + deadline_ms;
    note_exit(screen);
    while (!screen->exited && now_ms() < end)
        pump(screen, (int)(end - now_ms()));
    read_output(screen);
    if (screen->exited && status)
        *status = screen->status;
    return screen->exited;
}

int pty_screen_quit(struct pty_screen *screen, int deadline_ms)
{
    int status;

    pty_screen_send_keys(screen, "q");
    const bool ended = pty_screen_wait_exit(screen, &status, deadline_ms);
    pty_screen_free(screen);
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void pty_screen_size(const struct pty_screen *screen, int *rows, int *cols)
{
    *rows = screen->rows;
    *cols = screen->cols;
}

bool pty_screen_in_alternate(const struct pty_screen *screen)
{
    return screen->alternate;
}

bool pty_screen_mouse_wanted(const struct pty_screen *screen)
{
    return screen->mouse;
}

void pty_screen_termios_before(const struct pty_screen *screen, struct termios *termios)
{
    *termios = screen->before;
}

/* On Linux the master answers with the settings of its slave, even if the slave is not open. */
int pty_screen_termios_now(const struct pty_screen *screen, struct termios *termios)
{
    return tcgetattr(screen->master, termios) == 0 ? 0 : -errno;
}

bool pty_screen_termios_equal(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

const unsigned char *pty_screen_raw(const struct pty_screen *screen, size_t *size)
{
    *size = screen->raw_size;
    return screen->raw;
}
