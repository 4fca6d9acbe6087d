/* A worker thread: woken, asked to stop, joined within a time, and deaf to signals. */
#include "base/clock.h"
#include "base/wake.h"
#include "base/worker.h"
#include "unit.h"

#include <poll.h>
#include <signal.h>

struct task {
    struct worker worker;
    int seen; /* signalled after each wake-up */
    sigset_t blocked;
    bool deaf; /* does not look whether it is to stop until `release` */
    int release;
};

static void wait_readable(int descriptor)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 10000), 1);
}

static void run_task(void *data)
{
    struct task *task = data;

    pthread_sigmask(SIG_SETMASK, NULL, &task->blocked);
    if (task->deaf)
        wait_readable(task->release);
    while (!worker_stopping(&task->worker)) {
        wait_readable(task->worker.wake);
        wake_drain(task->worker.wake);
        if (task->seen >= 0)
            wake_signal(task->seen);
    }
}

static void wakes_and_stops_when_asked(void **unused)
{
    struct task task = {.release = -1, .seen = wake_open()};

    (void)unused;
    assert_int_equal(worker_init(&task.worker), 0);
    assert_int_equal(worker_start(&task.worker, "task", run_task, &task), 0);
    worker_wake(&task.worker);
    wait_readable(task.seen);
    worker_ask_stop(&task.worker);
    assert_true(worker_join(&task.worker, 10 * SECOND_NS));
    assert_true(sigismember(&task.blocked, SIGTERM) && sigismember(&task.blocked, SIGUSR1));
    assert_false(sigismember(&task.blocked, SIGSEGV) || sigismember(&task.blocked, SIGABRT));
    worker_done(&task.worker);
    wake_close(task.seen);
}

static void measure_stack(void *data)
{
    pthread_attr_t attributes;
    size_t *bytes = data;

    assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
    assert_int_equal(pthread_attr_getstacksize(&attributes, bytes), 0);
    pthread_attr_destroy(&attributes);
}

/* By default it would be RLIMIT_STACK as it was when the program began. */
static void stack_is_no_matter_of_limits(void **unused)
{
    struct worker worker = WORKER_NONE;
    size_t bytes = 0;

    (void)unused;
    assert_int_equal(worker_init(&worker), 0);
    assert_int_equal(worker_start(&worker, "task", measure_stack, &bytes), 0);
    assert_true(worker_join(&worker, 10 * SECOND_NS));
    /* musl counts its own data of the thread, too */
#ifdef __GLIBC__
    assert_int_equal(bytes, WORKER_STACK_BYTES);
#else
    assert_in_range(bytes, WORKER_STACK_BYTES, WORKER_STACK_BYTES + 16384);
#endif
    worker_done(&worker);
}

static void one_that_goes_on_is_not_waited_for(void **unused)
{
    struct task task = {.deaf = true, .release = wake_open(), .seen = -1};

    (void)unused;
    assert_true(task.release >= 0);
    assert_int_equal(worker_init(&task.worker), 0);
    assert_int_equal(worker_start(&task.worker, "task", run_task, &task), 0);
    worker_ask_stop(&task.worker);
    const int64_t began_ns = clock_mono_ns();
    assert_false(worker_join(&task.worker, 20 * MILLISECOND_NS));
    assert_true(clock_mono_ns() - began_ns >= 20 * MILLISECOND_NS);
    wake_signal(task.release);
    assert_true(worker_join(&task.worker, 10 * SECOND_NS));
    worker_done(&task.worker);
    wake_close(task.release);
}

static void done_stops_and_joins(void **unused)
{
    struct task task = {.release = -1, .seen = -1};
    struct worker never = WORKER_NONE;

    (void)unused;
    assert_int_equal(worker_init(&task.worker), 0);
    assert_int_equal(worker_start(&task.worker, "task", run_task, &task), 0);
    worker_done(&task.worker);
    assert_true(worker_join(&never, 0));
    worker_done(&never);
}

static void signals_add_up_to_one_wake_up(void **unused)
{
    const int wake = wake_open();
    struct pollfd polled = {.fd = wake, .events = POLLIN};

    (void)unused;
    assert_true(wake >= 0);
    assert_int_equal(poll(&polled, 1, 0), 0);
    wake_signal(wake);
    wake_signal(wake);
    assert_int_equal(poll(&polled, 1, 0), 1);
    wake_drain(wake);
    assert_int_equal(poll(&polled, 1, 0), 0);
    wake_drain(wake); /* returns though there is nothing */
    wake_close(wake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakes_and_stops_when_asked),
        cmocka_unit_test(stack_is_no_matter_of_limits),
        cmocka_unit_test(one_that_goes_on_is_not_waited_for),
        cmocka_unit_test(done_stops_and_joins),
        cmocka_unit_test(signals_add_up_to_one_wake_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
