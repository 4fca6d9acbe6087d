/* short_io CALL N PROGRAM [WORD...]: the Nth read, pread64 or write of the program transfers half
 * of the requested bytes; "N+": it and all later ones. With N 0 nothing is short, and the number of
 * calls is written to the file in SHORT_IO_COUNT.
 *
 * The size is halved as the call enters the kernel, so what is done and what is returned agree.
 * Left alone is what the kernel never does in part: calls of one byte, counters (eventfd, timerfd,
 * signalfd), and writes to a pipe of up to PIPE_BUF. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

#ifdef __x86_64__
static const struct {
    const char *name;
    long number;
} CALLS[] = {{"read", SYS_read}, {"pread64", SYS_pread64}, {"write", SYS_write}};

static long call = -1;
static unsigned long first, count;
static bool onwards;

static bool may_be_short(pid_t thread, const struct user_regs_struct *regs)
{
    char path[64];
    struct stat file;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)thread, (int)regs->rdi);
    if (regs->rdx < 2 || stat(path, &file) != 0)
        return false;
    if (S_ISFIFO(file.st_mode))
        return call != SYS_write || regs->rdx > PIPE_BUF;
    return S_ISREG(file.st_mode) || S_ISCHR(file.st_mode) || S_ISSOCK(file.st_mode);
}

static void enter(pid_t thread)
{
    struct user_regs_struct regs;

    if (ptrace(PTRACE_GETREGS, thread, NULL, &regs) != 0 || (long)regs.orig_rax != call ||
        !may_be_short(thread, &regs))
        return;
    count++;
    if (first == 0 || count < first || (count > first && !onwards))
        return;
    regs.rdx /= 2;
    ptrace(PTRACE_SETREGS, thread, NULL, &regs);
}

/* What a stop says; a signal that is to be passed on, or 0. */
static int look(pid_t thread, int status)
{
    struct __ptrace_syscall_info info;
    const int signal = WSTOPSIG(status);

    if (signal == (SIGTRAP | 0x80)) {
        if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY)
            enter(thread);
        return 0;
    }
    if (status >> 16 || signal == SIGTRAP) /* a thread that begins, an exec */
        return 0;
    return signal == SIGSTOP ? 0 : signal;
}

static int trace(pid_t child)
{
    int status, code = EXIT_FAILURE;
    pid_t thread;

    while ((thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (thread <= 0)
            continue;
        if (WIFSTOPPED(status))
            ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(ptrdiff_t)look(thread, status));
        else if (thread == child)
            code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return code;
}

static void write_count(const char *path)
{
    FILE *file = path ? fopen(path, "we") : NULL;

    if (!file)
        return;
    fprintf(file, "%lu\n", count);
    fclose(file);
}

int main(int argc, char **argv)
{
    const long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
    int status;
    char *end;

    for (size_t i = 0; argc > 3 && i < sizeof(CALLS) / sizeof(CALLS[0]); i++)
        if (strcmp(argv[1], CALLS[i].name) == 0)
            call = CALLS[i].number;
    if (call < 0) {
        fputs("usage: short_io read|pread64|write N[+] PROGRAM [WORD...]\n", stderr);
        return 2;
    }
    first = strtoul(argv[2], &end, 10);
    onwards = *end == '+';
    const pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
            execv(argv[3], argv + 3);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return EXIT_FAILURE;
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options);
    ptrace(PTRACE_SYSCALL, child, NULL, NULL);
    const int code = trace(child);
    write_count(getenv("SHORT_IO_COUNT"));
    return code;
}
#else
int main(void)
{
    fputs("short_io: knows the registers of x86-64 only\n", stderr);
    return SKIPPED;
}
#endif
