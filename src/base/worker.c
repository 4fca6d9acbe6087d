#include "base/worker.h"

#include "base/clock.h"
#include "base/wake.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>

unsigned worker_processors(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    const int count = CPU_COUNT(&allowed);
    return count > 0 ? (unsigned)count : 1;
}

/* By default the stack size is RLIMIT_STACK, which may be 16 kB or 8 GB. */
int worker_create_thread(pthread_t *thread, void *(*run)(void *data), void *data)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error)
        return -error;
    error = pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
    if (!error)
        error = pthread_create(thread, &attributes, run, data);
    pthread_attr_destroy(&attributes);
    return -error;
}

int worker_init(struct worker *worker)
{
    *worker = WORKER_NONE;
    worker->wake = wake_open();
    return worker->wake < 0 ? worker->wake : 0;
}

void worker_done(struct worker *worker)
{
    if (worker->running) {
        worker_ask_stop(worker);
        pthread_join(worker->thread, NULL);
    }
    wake_close(worker->wake);
    wake_close(worker->ended);
    *worker = WORKER_NONE;
}

static void *worker_main(void *data)
{
    struct worker *worker = data;

    worker->run(worker->data);
    wake_signal(worker->ended);
    return NULL;
}

/* Main handles all signals, except that a crash must reach the handler in the thread that
 * crashed. */
static void block_signals(sigset_t *before)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigdelset(&blocked, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}

int worker_start(struct worker *worker, const char *name, void (*run)(void *data), void *data)
{
    sigset_t before;

    worker->ended = wake_open();
    if (worker->ended < 0)
        return worker->ended;
    worker->run = run;
    worker->data = data;
    block_signals(&before);
    const int error = worker_create_thread(&worker->thread, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return error;
    worker->running = true;
    pthread_setname_np(worker->thread, name);
    return 0;
}

void worker_wake(struct worker *worker)
{
    wake_signal(worker->wake);
}

void worker_ask_stop(struct worker *worker)
{
    atomic_store(&worker->stop, true);
    worker_wake(worker);
}

bool worker_stopping(const struct worker *worker)
{
    return atomic_load(&worker->stop);
}

static bool wait_for_end(const struct worker *worker, int64_t timeout_ns)
{
    const int64_t deadline_ns = clock_mono_ns() + timeout_ns;

    for (;;) {
        const int64_t left_ns = deadline_ns - clock_mono_ns();
        const struct timespec left = clock_timespec(left_ns > 0 ? left_ns : 0);
        struct pollfd ended = {.fd = worker->ended, .events = POLLIN};
        const int ready = ppoll(&ended, 1, &left, NULL);
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

bool worker_join(struct worker *worker, int64_t timeout_ns)
{
    if (!worker->running)
        return true;
    if (!wait_for_end(worker, timeout_ns))
        return false;
    pthread_join(worker->thread, NULL);
    worker->running = false;
    return true;
}
