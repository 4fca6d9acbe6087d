/* The pages opened by Enter, and their arguments. */
#ifndef TCPLENS_UI_PAGES_H
#define TCPLENS_UI_PAGES_H

#include "core/grouping/grouping.h"
#include "ui/pane/pane.h"
#include "ui/recent_events.h"

struct process_identity {
    uint32_t host; /* frame_host.number */
    int32_t pid;
    uint64_t start_ticks;
};

struct socket_set { /* one connection by serial, or the sockets of a listener by key */
    uint64_t serial;
    uint64_t listener;
};

extern const struct pane_ops PANE_CONNECTION; /* argument: struct conn of the picture's frame */
extern const struct pane_ops PANE_PROCESS;    /* struct process_identity */
extern const struct pane_ops PANE_HOLDERS;    /* struct socket_set: the processes that hold them */
extern const struct pane_ops PANE_MEMBERS;    /* struct grouping_member: its connections */

extern const struct pane_ops PANE_EVENTS_OF; /* struct event_subject: its events */

void pages_open_connection(struct screen *screen, const struct conn *conn);
void pages_open_process(struct screen *screen, const struct proc *proc);
/* Opens the page of the process that holds the row, or a list if there are several; else reports
 * why not. */
void pages_open_owner(struct screen *screen, const struct conn *conn);
/* "java 2210 held it before, nothing holds it now": why there is no process. Safe text. */
void pages_no_owner_text(const struct column_context *context, const struct conn *conn, char *out,
                         size_t size);
bool pages_is_process(const struct proc *proc, const struct process_identity *identity);

#endif
