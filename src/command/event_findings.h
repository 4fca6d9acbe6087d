/* event_findings: findings among the events: as lines of a session log have them, or as the engine
 * finds them in frames. */
#ifndef TCPLENS_COMMAND_EVENT_FINDINGS_H
#define TCPLENS_COMMAND_EVENT_FINDINGS_H

#include "base/arena.h"
#include "core/filter/filter.h"
#include "core/finding/steps.h"
#include "options/options.h"

struct event_findings {
    const struct options *options;
    const struct finding_settings *settings;
    const struct filter *filter; /* of the rows: findings without a row that passes are left out */
    uint64_t *lines;             /* printed, events and findings: number of the last one */
    struct finding_steps *steps; /* of frames that carry findings */
    struct finding_engine *engine; /* of those of a log that do not; NULL until there is one */
    uint32_t *shown;               /* ids of findings whose begin was printed */
    uint32_t shown_count, shown_capacity;
    struct buffer json; /* of a line of CSV */
    bool said_engine;
};

int event_findings_init(struct event_findings *findings); /* the members above steps are set. 0 or
                                                           * -ENOMEM */
void event_findings_done(struct event_findings *findings);
/* Steps of the frame that pass, printed. silent: they are of before what is shown. 0 or -ENOMEM. */
int event_findings_take(struct event_findings *findings, const struct frame *frame, bool silent,
                        struct buffer *out);
/* The same for lines of a log. */
int event_findings_take_lines(struct event_findings *findings, const struct finding_step *steps,
                              uint32_t count, const struct frame *frame, bool silent,
                              struct buffer *out);
/* The same for a frame of a log that has no such lines: the engine looks, and that is said. */
int event_findings_look(struct event_findings *findings, struct frame *frame,
                        struct event_ring *ring, bool silent, struct buffer *out);
/* Those of such frames that hold at the end of the log, of which that is the last frame. */
int event_findings_stop(struct event_findings *findings, const struct frame *last,
                        struct buffer *out);

#endif
