/* What the files of the Processes, Listeners and Peers views share: the pane (ui/pane/groups.c),
 * and what its rows are and open (group_rows.c). */
#ifndef TCPLENS_UI_GROUP_PANE_H
#define TCPLENS_UI_GROUP_PANE_H

#include "ui/group_columns.h"
#include "ui/menu.h"
#include "ui/pages.h"
#include "ui/table.h"

struct order_entry {
    uint64_t key;
    uint32_t row;
    bool unknown;
};

struct held_group { /* frozen: the place that a group had */
    uint64_t key;
    uint32_t rank;
};

struct group_pane {
    struct pane pane;
    enum grouping_kind kind;
    struct grouping grouping;
    struct table_column cells[GROUP_COLUMNS_MAX];
    struct order_entry *order;
    struct held_group *held; /* by key, while the order is frozen */
    uint32_t order_capacity, held_count, held_capacity;
    struct menu sort_menu;
    size_t sort;
    bool descending, stale;
    bool resort;         /* another sort column or direction: wanted even while frozen */
    uint64_t cursor_key; /* 0 = none yet */
    bool held_cursor;    /* it was moved: it holds its group; before it is on the first row */
    uint32_t count;      /* rows listed, in their order */
    bool holders_only;   /* lists who holds the sockets that `sockets` name */
    struct socket_set sockets;
    uint8_t *holders; /* of the frame: 1 for those listed */
    uint32_t cursor, top, height;
};

/* Where only holders are listed: which processes of the picture they are. */
void group_mark_holders(struct group_pane *groups, const struct picture *picture);
bool group_is_listed(const struct group_pane *groups, const struct grouping_row *row);

void group_open_row(struct group_pane *groups); /* what Enter does */
const struct proc *group_process(const struct pane *pane, const struct picture *picture);
const struct conn *group_selection(const struct pane *pane, const struct picture *picture);

#endif
