/* remote_spawn: see spawn.h. */
#include "source/remote/spawn.h"

#include "core/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Those that run: for an end without the thread that reaps them. */
static _Atomic pid_t running[HOSTS_MAX];

static void change_running(pid_t from, pid_t to)
{
    for (size_t i = 0; i < HOSTS_MAX; i++) {
        pid_t expected = from;
        if (atomic_compare_exchange_strong(&running[i], &expected, to))
            return;
    }
}

/* No signal blocked or ignored, and a session of its own: what it starts ends with it, keys of the
 * terminal do not reach it, and it has no terminal on which it could ask for a password. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;

    sigemptyset(&none);
    sigfillset(&defaults);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!error)
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    return error;
}

/* Of the child: ends of pipes. input: -1 = /dev/null. */
struct ends {
    int input, output, errors;
};

static int spawn(pid_t *pid, const char *const *words, const struct ends *ends)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);

    if (error)
        return -error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&files);
        return -error;
    }
    error = ends->input < 0
                ? posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                : posix_spawn_file_actions_adddup2(&files, ends->input, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, ends->output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, ends->errors, STDERR_FILENO);
    if (!error)
        error = set_attributes(&attributes);
    if (!error)
        error = posix_spawnp(pid, words[0], &files, &attributes, (char *const *)(uintptr_t)words,
                             environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -error;
}

#define PIPES 3

static int open_pipes(int pipes[PIPES][2], bool with_input)
{
    for (int i = with_input ? 0 : 1; i < PIPES; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) != 0)
            return -errno;
        (void)fcntl(pipes[i][i == 0], F_SETFL, O_NONBLOCK); /* our end */
    }
    return 0;
}

static void close_open(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

int remote_spawn(struct remote_child *child, const char *const *words, bool with_input)
{
    int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t pid = 0;
    int error = open_pipes(pipes, with_input);

    if (!error) {
        const struct ends ends = {pipes[0][0], pipes[1][1], pipes[2][1]};
        error = spawn(&pid, words, &ends);
    }
    for (int i = 0; i < PIPES; i++) {
        close_open(pipes[i][i != 0]); /* the child's end */
        if (error)
            close_open(pipes[i][i == 0]);
    }
    if (error)
        return error;
    change_running(0, pid);
    *child = (struct remote_child){.pid = pid,
                                   .input = with_input ? pipes[0][1] : 0,
                                   .output = pipes[1][0],
                                   .errors = pipes[2][0]};
    return 0;
}

/* While its number is still its own: what it started and did not wait for ends too. */
static void end_rest_of_group(pid_t pid)
{
    siginfo_t ended = {.si_pid = 0};

    if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == pid)
        (void)kill(-pid, SIGTERM);
}

bool remote_reap(struct remote_child *child, int *code)
{
    int status = 0;

    if (child->pid == 0)
        return true;
    end_rest_of_group(child->pid);
    const pid_t got = waitpid(child->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    change_running(child->pid, 0);
    child->pid = 0;
    *code = got > 0 && WIFEXITED(status)     ? WEXITSTATUS(status)
            : got > 0 && WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                             : 0;
    return true;
}

void remote_end(const struct remote_child *child, bool force)
{
    if (child->pid > 0)
        (void)kill(-child->pid, force ? SIGKILL : SIGTERM);
}

void remote_end_all(void)
{
    for (size_t i = 0; i < HOSTS_MAX; i++) {
        const pid_t pid = atomic_load(&running[i]);
        if (pid > 0)
            (void)kill(-pid, SIGTERM);
    }
}
