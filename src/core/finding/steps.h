/* finding_steps: what to report about findings from frame to frame: begin, change, end. For the
 * session log and `tcplens events`. Frames may be skipped; findings are identified by their ids, so
 * that nothing is reported twice or lost. Pure.
 *
 *     finding_steps_take(steps, frame, false);
 *     list = finding_steps_list(steps, &count);    // valid until the next call
 *     finding_steps_settle(steps);                 // written: without it they are reported again */
#ifndef TCPLENS_CORE_FINDING_STEPS_H
#define TCPLENS_CORE_FINDING_STEPS_H

#include "core/finding/finding.h"
#include "core/words.h"

enum finding_step_kind {
    FINDING_BEGIN,
    /* its severity, confidence or cause changed, or its evidence doubled or halved */
    FINDING_CHANGE,
    FINDING_HOLDS, /* unchanged; repeated where a reader may begin */
    FINDING_END,
    FINDING_STOP /* the recording stops while it holds */
};
extern const struct words FINDING_STEP_WORDS; /* "begin" ... */

struct finding_step {
    uint8_t kind; /* enum finding_step_kind */
    int64_t wall_ns;
    struct finding finding;
};

struct finding_steps;

struct finding_steps *finding_steps_new(void); /* or NULL */
void finding_steps_free(struct finding_steps *steps);
/* Compares the frame's findings with the last settled ones. repeat: also reports those that hold
 * unchanged, as for the first frame. 0 or -ENOMEM. */
int finding_steps_take(struct finding_steps *steps, const struct frame *frame, bool repeat);
/* Reports FINDING_STOP for each settled finding that has not ended. 0 or -ENOMEM. */
int finding_steps_stop(struct finding_steps *steps, int64_t wall_ns);
const struct finding_step *finding_steps_list(const struct finding_steps *steps, uint32_t *count);
void finding_steps_settle(struct finding_steps *steps);

#endif
