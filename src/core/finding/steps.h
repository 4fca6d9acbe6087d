/* finding_steps: what is to be reported of findings from frame to frame: that one begins, gets
 * worse or better, ends. For the session log and `tcplens events`. Frames may
 * be skipped; findings are known by their ids, so that nothing is reported twice or lost. Pure.
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
    FINDING_CHANGE, /* its severity, confidence or cause is another one, or it doubled or halved */
    FINDING_HOLDS,  /* as before: where a reader may begin */
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
/* Compares the frame's findings with those that were settled last. repeat: those that hold
 * unchanged are reported too, as are those of the first frame. 0 or -ENOMEM. */
int finding_steps_take(struct finding_steps *steps, const struct frame *frame, bool repeat);
/* FINDING_STOP for each that was settled and has no end. 0 or -ENOMEM. */
int finding_steps_stop(struct finding_steps *steps, int64_t wall_ns);
const struct finding_step *finding_steps_list(const struct finding_steps *steps, uint32_t *count);
void finding_steps_settle(struct finding_steps *steps);

#endif
