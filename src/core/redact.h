/* redact: makes frames and events fit to be shown to others. Addresses, host, users, units,
 * containers, control groups, network namespaces, interfaces, paths and command lines are replaced
 * one to one, consistently for the lifetime of a redaction; addresses stay in their class
 * (loopback, private, link-local, public). Names of processes, ports, pids and figures stay.
 * Thread-safe. */
#ifndef TCPLENS_CORE_REDACT_H
#define TCPLENS_CORE_REDACT_H

#include "core/event.h"
#include "core/frame.h"

struct redaction;

struct redaction *redaction_new(void); /* NULL: out of memory */
void redaction_free(struct redaction *redaction);

/* In place, and once only: replaced values would be replaced again. Before findings are made, whose
 * texts contain names. */
void redact_frame(struct redaction *redaction, struct frame *frame);
void redact_event(struct redaction *redaction, struct event *event);
/* Redacts all events pushed into the ring from now on. NULL: none. */
void redact_ring(struct redaction *redaction, struct event_ring *ring);

#endif
