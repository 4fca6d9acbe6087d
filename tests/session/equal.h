/* Are two frames the same picture, for the keys that doc/session-log.md lists as recorded? Order of
 * rows, processes and groups means nothing; what ticks by itself may differ by 0.1 s. */
#ifndef TCPLENS_SESSION_EQUAL_H
#define TCPLENS_SESSION_EQUAL_H

#include "core/event.h"
#include "core/frame.h"

/* NULL, or what differs (in a static buffer). */
const char *frames_differ(const struct frame *a, const struct frame *b);
const char *events_differ(const struct event *a, const struct event *b);

#endif
