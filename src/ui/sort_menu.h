/* The menu that sorts a table of connections. */
#ifndef TCPLENS_UI_SORT_MENU_H
#define TCPLENS_UI_SORT_MENU_H

#include "ui/conn_table.h"
#include "ui/menu.h"

struct sort_menu { /* a member of the pane whose table it sorts */
    struct menu menu;
    uint16_t order[COLUMN_LIST_MAX]; /* columns[] as the menu lists them */
    struct conn_table *table;
    struct screen *screen;
};

void sort_menu_open(struct sort_menu *menu, struct conn_table *table, struct screen *screen);

#endif
