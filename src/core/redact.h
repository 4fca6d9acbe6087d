/* redact: frames and events for the eyes of others. Addresses, host, users, units, containers,
 * control groups, network namespaces, interfaces, paths and command lines are replaced one to one, the
 * same all the time that a redaction lives; addresses stay in their class (loopback, private,
 * link-local, public). Names of processes, ports, pids and figures stay. Thread-safe. */
#ifndef TCPLENS_CORE_REDACT_H
#define TCPLENS_CORE_REDACT_H

#include "core/event.h"
#include "core/frame.h"

struct redaction;

struct redaction *redaction_new(void); /* NULL: out of memory */
void redaction_free(struct redaction *redaction);

/* In place, once for each: what has been replaced is not known as such. Findings are made after
 * it: their sentences have names in them. */
void redact_frame(struct redaction *redaction, struct frame *frame);
void redact_event(struct redaction *redaction, struct event *event);
/* All that is pushed into the ring from now on. NULL: nothing. */
void redact_ring(struct redaction *redaction, struct event_ring *ring);

#endif
