/* The screen's acts, made of act.h. */
#ifndef TCPLENS_ACT_SCREEN_ACTS_H
#define TCPLENS_ACT_SCREEN_ACTS_H

#include "ui/acts.h"

#define TOP_ACTS_SIGNALS 16

struct top_acts {
    struct screen_acts acts;
    struct acts_signal signals[TOP_ACTS_SIGNALS];
};

enum top_acts_kind {
    TOP_ACTS_REAL,
    TOP_ACTS_READ_ONLY,
    TOP_ACTS_PRETENDED /* over invented rows: their pids are those of other processes here */
};

void top_acts_init(struct top_acts *acts,
                   enum top_acts_kind kind); /* must not be moved afterwards */

#endif
