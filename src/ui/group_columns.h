/* group_columns: the columns of the Processes, Listeners and Peers views, a table each. */
#ifndef TCPLENS_UI_GROUP_COLUMNS_H
#define TCPLENS_UI_GROUP_COLUMNS_H

#include "core/grouping/grouping.h"
#include "ui/pane/pane.h"

/* What a group is drawn and sorted by. The key orders first; texts that tie in it are compared. */
struct group_column {
    const char *title;
    uint8_t width, min_width, grow, leave;
    bool right;
    bool descending; /* first press of sort: largest first */
    bool bar;        /* drawn as a bar of grouping_queue_permille() with the text behind it */
    uint64_t (*key)(const struct picture *picture,
                    const struct grouping_row *row); /* NULL: by text */
    void (*text)(const struct picture *picture, const struct grouping_row *row, char *out,
                 size_t size);
};

struct group_columns {
    const struct group_column *columns;
    size_t count;
    size_t sort;    /* first sort column */
    uint32_t needs; /* NEED_* */
};

extern const struct group_columns GROUP_COLUMNS[]; /* by enum grouping_kind */

#define GROUP_COLUMNS_MAX 16

#endif
