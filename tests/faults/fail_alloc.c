/* fail_alloc: preloaded into a program, it makes allocations fail.
 *
 *     FAIL_ALLOC=N    the Nth returns NULL, ENOMEM; N+: all from the Nth on
 *     COUNT_ALLOC=FILE  their number is written there at the end of the program
 *
 * Counted are all that go through malloc and its kind, those of libraries and of strdup(), getline() or
 * opendir() of the C library too. Programs that it starts run without. In gdb, break at fail_here. Where the program
 * crashes is written to standard error, as some crashes do not come a second time.
 *
 * Memory comes from the next library that has malloc: AddressSanitizer's, in a program built by gcc with it (clang links its
 * own into the program, in front of all that is preloaded), or the C library. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MOST 40

/* Of the next library; NULL until looked up. */
static struct {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *block, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
    int (*pthread_getattr_np)(pthread_t thread, pthread_attr_t *attributes);
} next;

static _Thread_local bool spared
    __attribute__((tls_model("initial-exec"))); /* allocations of this thread succeed */

void __asan_init(void) __attribute__((weak)); /* there, where AddressSanitizer is */
void *memalign(size_t alignment, size_t size);
__attribute__((noinline)) void *fail_here(void);

static atomic_ulong count;
static unsigned long first = (unsigned long)-1, last = (unsigned long)-1;
static int count_file = -1; /* opened first: some commands may not open any later */
static pid_t process;

void *fail_here(void)
{
    errno = ENOMEM;
    return NULL;
}

/* A pointer to a function cannot be assigned from what dlsym() returns. */
static void find(void *function, const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (!symbol)
        abort();
    memcpy(function, &symbol, sizeof(symbol));
}

/* At the first allocation, which comes before any constructor runs. */
static void look_up(void)
{
    find(&next.calloc, "calloc");
    find(&next.realloc, "realloc");
    find(&next.memalign, "memalign");
    find(&next.pthread_getattr_np, "pthread_getattr_np");
    find(&next.malloc, "malloc");
}

static bool fails(void)
{
    if (!next.malloc)
        look_up();
    if (spared)
        return false;
    unsigned long number = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1;

    return number >= first && number <= last;
}

static void on_crash(int number)
{
    void *frames[FRAMES_MOST];

    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MOST), STDERR_FILENO);
    raise(number); /* SA_RESETHAND */
}

static void show_crashes(void)
{
    const struct sigaction action = {.sa_handler = on_crash,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    void *frame;

    backtrace(&frame, 1); /* the first call loads a library */
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGABRT, &action, NULL);
}

static void open_count(const char *path)
{
    const int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

    count_file = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 100); /* out of the program's way */
    if (file >= 0)
        close(file);
}

__attribute__((constructor)) static void begin(void)
{
    const char *position = getenv("FAIL_ALLOC");
    char *end;

    if (!__asan_init) /* it shows them itself */
        show_crashes();
    unsetenv("LD_PRELOAD");
    process = getpid();
    open_count(getenv("COUNT_ALLOC"));
    atomic_store(&count, 0); /* what the loader took comes before the program */
    if (!position)
        return;
    first = strtoul(position, &end, 10);
    if (*end != '+')
        last = first;
}

__attribute__((destructor)) static void end(void)
{
    char text[24];

    if (count_file < 0 || getpid() != process)
        return;
    int length = snprintf(text, sizeof(text), "%lu\n", atomic_load(&count));
    if (write(count_file, text, (size_t)length) != length)
        abort();
    close(count_file);
}

/* AddressSanitizer begins each thread with it, and dies without memory. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    spared = &__asan_init != NULL;
    const int error = next.pthread_getattr_np(thread, attributes);
    spared = false;
    return error;
}

void *malloc(size_t size)
{
    return fails() ? fail_here() : next.malloc(size);
}

/* A sanitizer's own would not come by malloc(). */
char *strndup(const char *text, size_t most)
{
    const size_t length = strnlen(text, most);
    char *copy = malloc(length + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *strdup(const char *text)
{
    return strndup(text, strlen(text));
}

void *calloc(size_t number, size_t size)
{
    return fails() ? fail_here() : next.calloc(number, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? fail_here() : next.realloc(block, size);
}

void *reallocarray(void *block, size_t number, size_t size)
{
    if (size && number > SIZE_MAX / size)
        return fail_here();
    return realloc(block, number * size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? fail_here() : next.memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);

    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}
