/* The targets of an act, frozen when its key is pressed: built from the picture, then owned by a
 * dialog. Identities, not rows: later changes of the table do not affect them. */
#ifndef TCPLENS_UI_ACT_REQUEST_H
#define TCPLENS_UI_ACT_REQUEST_H

#include "ui/acts.h"
#include "ui/pane/pane.h"
#include "ui/tags.h"

#define ACT_PROCESSES 64

struct act_process_facts {
    char place[160];  /* "app  web.service" */
    char started[40]; /* "started 10:02:31", "started 2026-11-22 10:02:31", or nothing */
    uint32_t sockets, established; /* that it holds */
};

/* Several rows that an act applies to at once. */
struct act_rows {
    struct tags set;           /* none: the row under the cursor alone */
    const char *one, *several; /* words for them: "tagged connection", ... */
};

struct signal_request {
    const struct screen_acts *acts;
    struct acts_process processes[ACT_PROCESSES];
    struct act_process_facts facts[ACT_PROCESSES];
    size_t count, more;  /* more: holders for which there was no room */
    bool of_socket;      /* all hold the selected row: one is to be chosen */
    bool of_group;       /* or a socket that shares its listening port */
    bool of_rows;        /* they hold the rows of a set: the act applies to all */
    const char *called;  /* the rows of the set */
    size_t rows, hidden; /* of the set; of these: not shown by the filter */
    size_t left_out;     /* processes that could not be taken hold of, or are guarded */
    char why_left_out[ACTS_TEXT_MAX];
};

struct close_request {
    const struct screen_acts *acts;
    struct frame *frame; /* the frame of the rows */
    struct conn *conns;
    size_t count, hidden; /* hidden by the filter: these come first */
    const char *guard;    /* why a name must be typed, "" = not required */
    size_t guarded;
    size_t left_out; /* rows that cannot be closed */
    const char *why_left_out;
};

/* NULL with text when there is nothing to signal or to close. Owned and freed by the dialog that is
 * opened with it. Applies to the rows of the set, if there are any. */
struct signal_request *signal_request_new(const struct screen_acts *acts,
                                          const struct picture *picture,
                                          const struct act_rows *rows, const struct proc *proc,
                                          const struct conn *conn, bool of_group,
                                          char text[ACTS_TEXT_MAX]);
void signal_request_free(struct signal_request *request); /* closes its pidfds */
struct close_request *close_request_new(const struct screen_acts *acts,
                                        const struct picture *picture, const struct act_rows *rows,
                                        const struct conn *conn, char text[ACTS_TEXT_MAX]);
void close_request_free(struct close_request *request);

/* "10.0.0.5:8080 ▸ 10.0.3.77:41022", numbers only. */
void act_ends_text(const struct column_context *context, const struct conn *conn, char *out,
                   size_t size);

/* The dialogs: the argument is the request, which they take over. */
extern const struct pane_ops PANE_SIGNAL, PANE_CLOSE;

#endif
