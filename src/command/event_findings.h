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
    uint64_t *lines;             /* number of the last line printed, of events and findings */
    struct finding_steps *steps; /* of frames that carry findings */
    struct finding_engine *engine; /* for frames of a log that carry none; NULL until needed */
    uint32_t *shown;               /* ids of findings whose begin was printed */
    uint32_t shown_count, shown_capacity;
    struct buffer json; /* of a line of CSV */
    bool said_engine;
};

int event_findings_init(struct event_findings *findings); /* the members above steps are set. 0 or
                                                           * -ENOMEM */
void event_findings_done(struct event_findings *findings);
/* Prints the frame's steps that pass the filter. silent: they are noted, not printed, as they come
 * before what is shown. 0 or -ENOMEM. */
int event_findings_take(struct event_findings *findings, const struct frame *frame, bool silent,
                        struct buffer *out);
/* The same for lines of a log. */
int event_findings_take_lines(struct event_findings *findings, const struct finding_step *steps,
                              uint32_t count, const struct frame *frame, bool silent,
                              struct buffer *out);
/* The same for a frame of a log without such lines: the engine looks for findings, and a message
 * says so once. */
int event_findings_look(struct event_findings *findings, struct frame *frame,
                        struct event_ring *ring, bool silent, struct buffer *out);
/* Prints the findings of such frames that still hold in the last frame of the log. */
int event_findings_stop(struct event_findings *findings, const struct frame *last,
                        struct buffer *out);

#endif
