/* sort_menu: every column of a list in a menu, to sort by. */
#include "ui/list.h"

static const char *column_name(void *data, size_t item, const char **help)
{
    const struct list_sort_menu *menu = data;
    const struct list_column column = menu->list->ops->column(menu->list, menu->order[item]);

    if (column.help)
        *help = column.help;
    return column.cell.title;
}

static const char *column_mark(void *data, size_t item)
{
    const struct list_sort_menu *menu = data;

    if (menu->order[item] != menu->list->sort)
        return "";
    return menu->list->descending ? "▼" : "▲";
}

static void choose_column(void *data, size_t item)
{
    struct list_sort_menu *menu = data;

    list_sort_by(menu->list, menu->order[item]);
    screen_changed(menu->screen);
}

/* First the shown columns, from left to right, then all others. Returns the place of the sort
 * column. */
static size_t order_for_sorting(struct list_sort_menu *menu, size_t column_total)
{
    const struct list *list = menu->list;
    bool listed[COLUMN_LIST_MAX] = {false};
    size_t count = 0, current = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!listed[list->columns[i]])
            menu->order[count++] = list->columns[i];
        listed[list->columns[i]] = true;
    }
    for (size_t i = 0; i < column_total; i++)
        if (!listed[i])
            menu->order[count++] = (uint16_t)i;
    for (size_t i = 0; i < count; i++)
        if (menu->order[i] == list->sort)
            current = i;
    return current;
}

void list_open_sort_menu(struct list *list, struct screen *screen)
{
    struct list_sort_menu *menu = &list->sort_menu;
    const size_t columns_there = list->ops->column_count(list);
    const size_t count = columns_there < COLUMN_LIST_MAX ? columns_there : COLUMN_LIST_MAX;

    menu->list = list;
    menu->screen = screen;
    const size_t current = order_for_sorting(menu, count);
    menu->menu = (struct menu){.title = "Sort by",
                               .count = count,
                               .current = current,
                               .name = column_name,
                               .mark = column_mark,
                               .choose = choose_column,
                               .data = menu};
    screen_open_page(screen, &PANE_MENU, &menu->menu);
}
