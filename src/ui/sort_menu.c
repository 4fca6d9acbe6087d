/* sort_menu: every column in a menu, to sort a table of connections by. Knows no pane. */
#include "ui/sort_menu.h"

static const char *column_name(void *data, size_t item, const char **help)
{
    const struct column *column = &columns[((struct sort_menu *)data)->order[item]];
    *help = column->help;
    return column->title;
}

static const char *column_mark(void *data, size_t item)
{
    const struct sort_menu *menu = data;
    if (&columns[menu->order[item]] != menu->table->view.sort)
        return "";
    return menu->table->view.descending ? "▼" : "▲";
}

static void choose_column(void *data, size_t item)
{
    struct sort_menu *menu = data;
    conn_table_sort_by(menu->table, &columns[menu->order[item]]);
    screen_changed(menu->screen);
}

/* First the columns that are shown, from left to right, then all others. Returns the place of the
 * sort column. */
static size_t order_for_sorting(struct sort_menu *menu)
{
    const struct conn_table *table = menu->table;
    bool listed[COLUMN_LIST_MAX] = {false};
    size_t count = 0, current = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (!listed[table->columns[i]])
            menu->order[count++] = table->columns[i];
        listed[table->columns[i]] = true;
    }
    for (size_t i = 0; i < column_count && i < COLUMN_LIST_MAX; i++)
        if (!listed[i])
            menu->order[count++] = (uint16_t)i;
    for (size_t i = 0; i < count; i++)
        if (&columns[menu->order[i]] == table->view.sort)
            current = i;
    return current;
}

void sort_menu_open(struct sort_menu *menu, struct conn_table *table, struct screen *screen)
{
    menu->table = table;
    menu->screen = screen;
    size_t current = order_for_sorting(menu);
    menu->menu = (struct menu){.title = "Sort by",
                               .count = column_count,
                               .current = current,
                               .name = column_name,
                               .mark = column_mark,
                               .choose = choose_column,
                               .data = menu};
    screen_open_page(screen, &PANE_MENU, &menu->menu);
}
