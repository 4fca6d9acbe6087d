/* fail_write: preloaded, FAIL_WRITE="NTEXT" makes the Nth write that contains TEXT fail with EIO; FAIL_MODES=N, that the terminal
 * is made to echo for the Nth time. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

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
    return syscall(SYS_write, descriptor, bytes, length);
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
