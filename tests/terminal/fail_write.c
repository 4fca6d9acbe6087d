/* fail_write: preloaded, FAIL_WRITE="NTEXT" makes the Nth write that contains TEXT fail with EIO; FAIL_MODES=N, that the terminal
 * is made to echo for the Nth time; for want of memory, LOSE_ORDERS, each first try of a thread to write a single byte to a pipe,
 * and FAIL_POLL, each wait for three descriptors or more, with "main" those of the main thread only. */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static bool is_lost(int descriptor, size_t length)
{
    static _Thread_local bool tries_again;
    struct stat facts;

    if (length != 1 || !getenv("LOSE_ORDERS") || fstat(descriptor, &facts) != 0 ||
        !S_ISFIFO(facts.st_mode))
        return false;
    tries_again = !tries_again;
    return tries_again;
}

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    static atomic_long count;
    const char *wanted = getenv("FAIL_WRITE");
    char *text;
    const long number = wanted ? strtol(wanted, &text, 10) : 0;

    if (number && memmem(bytes, length, text, strlen(text)) &&
        atomic_fetch_add(&count, 1) + 1 == number) {
        errno = EIO;
        return -1;
    }
    if (is_lost(descriptor, length)) {
        errno = ENOMEM;
        return -1;
    }
    return syscall(SYS_write, descriptor, bytes, length);
}

static bool cannot_wait(nfds_t count)
{
    const char *whose = getenv("FAIL_POLL");

    return whose && count >= 3 && (strcmp(whose, "main") != 0 || gettid() == getpid());
}

int poll(struct pollfd *waits, nfds_t count, int timeout_ms)
{
    const struct timespec most = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

    if (cannot_wait(count)) {
        errno = ENOMEM;
        return -1;
    }
    return ppoll(waits, count, timeout_ms < 0 ? NULL : &most, NULL);
}

/* What poll() is where the size of the array is known. */
int __poll_chk(struct pollfd *waits, nfds_t count, int timeout_ms, size_t size);
int __poll_chk(struct pollfd *waits, nfds_t count, int timeout_ms, size_t size)
{
    (void)size;
    return poll(waits, count, timeout_ms);
}

int tcsetattr(int descriptor, int when, const struct termios *modes)
{
    static atomic_long count;
    const char *wanted = getenv("FAIL_MODES");
    int (*next)(int descriptor, int when, const struct termios *modes);
    void *symbol = dlsym(RTLD_NEXT, "tcsetattr");

    if (wanted && (modes->c_lflag & ECHO) && atomic_fetch_add(&count, 1) + 1 == atol(wanted)) {
        errno = EIO;
        return -1;
    }
    memcpy(&next, &symbol, sizeof(next));
    return next(descriptor, when, modes);
}
