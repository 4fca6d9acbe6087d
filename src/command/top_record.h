/* Key R: records the frames that the screen gets. Independent of the screen. */
#ifndef TCPLENS_COMMAND_TOP_RECORD_H
#define TCPLENS_COMMAND_TOP_RECORD_H

#include "collect/collect.h"
#include "options/options.h"
#include "session/record.h"
#include "ui/screen/screen.h"

#include <limits.h>
#include <pthread.h>

struct top_record {
    const struct options *options;
    struct collector *collector;
    pthread_mutex_t lock;      /* guards what follows: the screen starts and stops, main suspends */
    struct recorder *recorder; /* NULL = none */
    bool stopping;
    int consumer;
    char path[PATH_MAX];
    struct screen_recording state; /* said so far */
    unsigned incidents;            /* incidents of the recorder, reported so far */
    uint64_t missed;               /* frames missing from recordings that ended */
};

#define TOP_RECORD_NEEDS (NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_FACTS)

void top_record_init(struct top_record *record, const struct options *options,
                     struct collector *collector);
void top_record_done(struct top_record *record); /* waits for what is being written */
/* As struct screen_recorder has them; data is the top_record. */
void top_record_toggle(void *data);
void top_record_state(void *data, struct screen_recording *state);

bool top_record_is_on(struct top_record *record);
void top_record_suspend(struct top_record *record); /* the log has a gap from here on */
void top_record_ask_stop(struct top_record *record);
/* Frames missing from the logs of this run; valid once no recorder runs. */
uint64_t top_record_missed(struct top_record *record);
bool top_record_join(struct top_record *record, int64_t timeout_ns); /* false: still writing */

#endif
