/* What an act is about to hit, frozen when its key is pressed: built from the picture, then held by
 * a dialog. Identities, not rows: whatever the table does afterwards, the targets stay. */
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

/* Rows that an act is about all at once. */
struct act_rows {
    struct tags set;           /* none: the row under the cursor alone */
    const char *one, *several; /* what they are called: "tagged connection", ... */
};

struct signal_request {
    const struct screen_acts *acts;
    struct acts_process processes[ACT_PROCESSES];
    struct act_process_facts facts[ACT_PROCESSES];
    size_t count, more;  /* more: holders that found no room */
    bool of_socket;      /* all of them hold the row that was selected: one is chosen */
    bool of_group;       /* or one of the sockets that listen there together with it */
    bool of_rows;        /* they hold the rows of a set: all of them are meant */
    const char *called;  /* the rows of the set */
    size_t rows, hidden; /* of the set; of these: not shown by the filter */
    size_t left_out;     /* processes that could not be taken hold of, or are guarded */
    char why_left_out[ACTS_TEXT_MAX];
};

struct close_request {
    const struct screen_acts *acts;
    struct frame *frame; /* where the rows are from */
    struct conn *conns;
    size_t count, hidden; /* hidden by the filter: they come first */
    const char *guard;    /* why it must be typed, "" = it need not */
    size_t guarded;
    size_t left_out; /* rows that cannot be closed */
    const char *why_left_out;
};

/* NULL with text when there is nothing to signal or to close. Freed by the dialog that is opened on
 * it. The rows of the set are meant if there are any. */
struct signal_request *signal_request_new(const struct screen_acts *acts,
                                          const struct picture *picture,
                                          const struct act_rows *rows, const struct proc *proc,
                                          const struct conn *conn, bool of_group,
                                          char text[ACTS_TEXT_MAX]);
void signal_request_free(struct signal_request *request); /* releases what it still holds */
struct close_request *close_request_new(const struct screen_acts *acts,
                                        const struct picture *picture, const struct act_rows *rows,
                                        const struct conn *conn, char text[ACTS_TEXT_MAX]);
void close_request_free(struct close_request *request);

/* "10.0.0.5:8080 ▸ 10.0.3.77:41022", numbers only. */
void act_ends_text(const struct column_context *context, const struct conn *conn, char *out,
                   size_t size);

/* The dialogs: argument is the request, theirs from then on when they open. */
extern const struct pane_ops PANE_SIGNAL, PANE_CLOSE;

#endif
