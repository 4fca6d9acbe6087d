/* One event or finding as a line of text, for `events`. */
#ifndef TCPLENS_COMMAND_EVENT_TEXT_H
#define TCPLENS_COMMAND_EVENT_TEXT_H

#include "base/arena.h"
#include "core/event.h"
#include "core/finding/steps.h"
#include "core/frame.h"

#include <stdbool.h>

/* With its newline. frame (interface names) may be NULL. */
void event_text_line(struct buffer *out, const struct event *event, const struct frame *frame,
                     bool ascii);
void event_text_finding(struct buffer *out, const struct finding_step *step);

#endif
