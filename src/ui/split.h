/* The split pane: beside the rows of a view, or below them, what there is to say of the one under
 * the cursor. Follows the cursor by itself. */
#ifndef TCPLENS_UI_SPLIT_H
#define TCPLENS_UI_SPLIT_H

#include "ui/connection/connection.h"
#include "ui/pages.h"
#include "ui/recent_events.h"

struct split {
    bool on;
    struct connection_model connection; /* serial 0: the row is none */
    struct process_identity process;    /* pid 0: the row is none */
    struct grouping_member group;       /* kind NULL: the row is none */
    char title[160];                    /* of the group */
    struct page_series series;          /* of the process or group */
    struct recent_events events;
    struct canvas drawn; /* where it stands; no rows: nowhere */
};

void split_done(struct split *split);
/* Divides the canvas: false where it is too small for both, or the pane is off. */
bool split_divide(const struct split *split, const struct canvas *canvas, struct canvas *rows,
                  struct canvas *part);
/* True if a canvas of a size has room for it. */
bool split_fits(int rows, int cols);
/* "160 columns or 37 rows": of a screen with so many rows around that canvas. */
void split_needs(int around, char *out, size_t size);
bool split_can_follow(const struct pane_ops *ops); /* its rows are something to show */
/* The cursor, or the picture, is another one. */
void split_follow(struct split *split, const struct picture *picture, const struct pane *pane);
void split_draw(struct split *split, const struct picture *picture, const struct canvas *canvas);
void split_wish(const struct split *split, struct wish *wish);

#endif
