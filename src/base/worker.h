/* A worker thread: all signals blocked except those of a crash, a descriptor to wake it, a request
 * to stop, and a join with a time limit. */
#ifndef TCPLENS_BASE_WORKER_H
#define TCPLENS_BASE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct worker {
    void (*run)(void *data);
    void *data;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    int wake;  /* readable after worker_wake() and worker_ask_stop(); -1 before worker_init() */
    int ended; /* readable once run() has returned; -1 before worker_start() */
};

/* Processors that this process may run on, at least 1. */
unsigned worker_processors(void);

#define WORKER_NONE ((struct worker){.wake = -1, .ended = -1})

int worker_init(struct worker *worker);  /* 0 or -errno; to be followed by worker_done() */
void worker_done(struct worker *worker); /* stops and joins it; WORKER_NONE is fine */

#define WORKER_STACK_BYTES (1UL << 20)

/* As pthread_create(), with a stack of WORKER_STACK_BYTES, whatever RLIMIT_STACK is. 0 or -errno. */
int worker_create_thread(pthread_t *thread, void *(*run)(void *data), void *data);

/* Starts run(data) in a thread of this name (at most 15 bytes). 0 or -errno. */
int worker_start(struct worker *worker, const char *name, void (*run)(void *data), void *data);

/* From any thread. */
void worker_wake(struct worker *worker);
void worker_ask_stop(struct worker *worker);

/* For run(): true once worker_ask_stop() was called. */
bool worker_stopping(const struct worker *worker);

/* Waits for run() to return, by the monotonic clock. True: it has, or was never started; false: it
 * still runs after timeout_ns. */
bool worker_join(struct worker *worker, int64_t timeout_ns);

#endif
