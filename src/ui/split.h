/* The split pane: details of the row under the cursor, beside the rows of a view or below them.
 * Follows the cursor by itself. */
#ifndef TCPLENS_UI_SPLIT_H
#define TCPLENS_UI_SPLIT_H

#include "ui/connection/connection.h"
#include "ui/pages.h"
#include "ui/recent_events.h"

struct split {
    bool on;
    struct connection_model connection; /* serial 0: the row is not a connection */
    struct process_identity process;    /* pid 0: the row is not a process */
    struct grouping_member group;       /* kind NULL: the row is not a group */
    char title[160];                    /* of the group */
    struct page_series series;          /* of the process or group */
    struct recent_events events;
    struct canvas drawn; /* where it was drawn; no rows: not drawn */
};

void split_done(struct split *split);
/* Divides the canvas: false where it is too small for both, or the pane is off. */
bool split_divide(const struct split *split, const struct canvas *canvas, struct canvas *rows,
                  struct canvas *part);
/* True if a canvas of a size has room for it. */
bool split_fits(int rows, int cols);
/* "160 columns or 37 rows": the size needed by a screen with so many rows around that canvas. */
void split_needs(int around, char *out, size_t size);
bool split_can_follow(const struct pane_ops *ops); /* its rows have details to show */
/* To be called when the cursor or the picture has changed. */
void split_follow(struct split *split, const struct picture *picture, const struct pane *pane);
void split_draw(struct split *split, const struct picture *picture, const struct canvas *canvas);
void split_wish(const struct split *split, struct wish *wish);

#endif
