#include "base/ordered.h"

#include "base/worker.h"

#include <pthread.h>
#include <stdbool.h>

struct run {
    const struct ordered *work;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    uint32_t next_made, next_taken;
    bool done[ORDERED_PLACES];
    bool ending;
};

struct helper {
    struct run *run;
    unsigned thread;
    struct worker worker;
};

static bool may_make(const struct run *run)
{
    return run->next_made < run->work->pieces && run->next_made - run->next_taken < ORDERED_PLACES;
}

/* Makes the next piece; the lock is held before and after. */
static void make_next(struct run *run, unsigned thread)
{
    const uint32_t piece = run->next_made++;
    const unsigned place = piece % ORDERED_PLACES;

    pthread_mutex_unlock(&run->lock);
    run->work->make(run->work->data, piece, thread, place);
    pthread_mutex_lock(&run->lock);
    run->done[place] = true;
    pthread_cond_broadcast(&run->changed);
}

static void help(void *data)
{
    const struct helper *helper = data;
    struct run *run = helper->run;

    pthread_mutex_lock(&run->lock);
    while (!run->ending && run->next_made < run->work->pieces) {
        if (may_make(run))
            make_next(run, helper->thread);
        else
            pthread_cond_wait(&run->changed, &run->lock);
    }
    pthread_mutex_unlock(&run->lock);
}

/* Takes the next piece in order; the lock is held before and after. */
static int take_next(struct run *run)
{
    const uint32_t piece = run->next_taken;
    const unsigned place = piece % ORDERED_PLACES;

    while (!run->done[place]) {
        if (may_make(run))
            make_next(run, 0);
        else
            pthread_cond_wait(&run->changed, &run->lock);
    }
    pthread_mutex_unlock(&run->lock);
    const int result = run->work->take(run->work->data, piece, place);
    pthread_mutex_lock(&run->lock);
    run->done[place] = false;
    run->next_taken++;
    pthread_cond_broadcast(&run->changed);
    return result;
}

static int take_all(struct run *run)
{
    int result = 0;

    pthread_mutex_lock(&run->lock);
    while (!result && run->next_taken < run->work->pieces)
        result = take_next(run);
    run->ending = true;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
    return result;
}

/* One thread for each further processor. Few pieces are not worth any thread; a thread that cannot
 * be started is left out. */
static void start(struct helper *helpers, struct run *run)
{
    const unsigned processors = run->work->pieces > ORDERED_PLACES ? worker_processors() : 1;

    for (unsigned i = 0; i + 1 < ORDERED_THREADS_MOST; i++) {
        helpers[i] = (struct helper){run, i + 1, WORKER_NONE};
        if (i + 1 < processors && i + 1 < run->work->pieces && worker_init(&helpers[i].worker) == 0)
            (void)worker_start(&helpers[i].worker, "ordered", help, &helpers[i]);
    }
}

int ordered_run(const struct ordered *work)
{
    struct helper helpers[ORDERED_THREADS_MOST - 1];
    struct run run = {.work = work};

    pthread_mutex_init(&run.lock, NULL);
    pthread_cond_init(&run.changed, NULL);
    start(helpers, &run);
    const int result = take_all(&run);
    for (unsigned i = 0; i + 1 < ORDERED_THREADS_MOST; i++)
        worker_done(&helpers[i].worker);
    pthread_cond_destroy(&run.changed);
    pthread_mutex_destroy(&run.lock);
    return result;
}
