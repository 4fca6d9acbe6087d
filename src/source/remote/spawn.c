/* remote_spawn: see spawn.h. */
#include "source/remote/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* No signal blocked or ignored, and a session of its own: what it starts ends with it, keys of the
 * terminal do not reach it, and it has no terminal on which it could ask for a password. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!error)
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    return error;
}

static int spawn(pid_t *pid, const char *const *words, int output, int errors)
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
    error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    if (!error)
        error = set_attributes(&attributes);
    if (!error)
        error = posix_spawnp(pid, words[0], &files, &attributes, (char *const *)(uintptr_t)words,
                             environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -error;
}

static void close_pair(const int *pair)
{
    close(pair[0]);
    close(pair[1]);
}

int remote_spawn(struct remote_child *child, const char *const *words)
{
    int output[2], errors[2];
    pid_t pid = 0;

    if (pipe2(output, O_CLOEXEC) != 0)
        return -errno;
    if (pipe2(errors, O_CLOEXEC) != 0) {
        const int error = -errno;
        close_pair(output);
        return error;
    }
    (void)fcntl(output[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
    const int error = spawn(&pid, words, output[1], errors[1]);
    close(output[1]);
    close(errors[1]);
    if (error) {
        close(output[0]);
        close(errors[0]);
        return error;
    }
    *child = (struct remote_child){.pid = pid, .output = output[0], .errors = errors[0]};
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
