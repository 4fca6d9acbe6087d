/* Connections: the first view, all rows of the picture that the filter accepts. */
#include "ui/conn_table.h"
#include "ui/menu.h"
#include "ui/screen_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct connections {
    struct pane pane;
    struct conn_table table;
    struct menu sort_menu;
};

static int connections_open(struct pane **pane, struct screen *screen, const void *argument)
{
    const struct screen_settings *settings = argument;
    struct connections *connections = calloc(1, sizeof(*connections));
    if (!connections)
        return -ENOMEM;
    connections->pane = (struct pane){&PANE_CONNECTIONS, screen};
    conn_table_init(&connections->table);
    int error = conn_table_set_columns(&connections->table, settings->columns);
    if (!error)
        error = conn_table_set_sort(&connections->table, settings->sort);
    if (error) {
        PANE_CONNECTIONS.close(&connections->pane);
        return error;
    }
    *pane = &connections->pane;
    return 0;
}

static void connections_close(struct pane *pane)
{
    struct connections *connections = (struct connections *)pane;
    conn_table_done(&connections->table);
    free(connections);
}

static void connections_update(struct pane *pane, const struct picture *picture)
{
    conn_table_update(&((struct connections *)pane)->table, picture, NULL, NULL);
}

static void connections_draw(struct pane *pane, const struct picture *picture,
                             const struct canvas *canvas)
{
    conn_table_draw(&((struct connections *)pane)->table, picture, canvas);
}

static const char *column_name(void *data, size_t item, const char **help)
{
    (void)data;
    *help = columns[item].help;
    return columns[item].title;
}

static void choose_column(void *data, size_t item)
{
    struct connections *connections = data;
    conn_table_sort_by(&connections->table, &columns[item]);
    screen_changed(connections->pane.screen);
}

static void open_sort_menu(struct connections *connections)
{
    const struct column *sort = connections->table.view.sort;
    connections->sort_menu = (struct menu){.title = "Sort by",
                                           .count = column_count,
                                           .current = sort ? column_index(sort) : 0,
                                           .name = column_name,
                                           .choose = choose_column,
                                           .data = connections};
    screen_open_page(connections->pane.screen, &PANE_MENU, &connections->sort_menu);
}

static bool connections_command(struct pane *pane, const struct command *command)
{
    struct connections *connections = (struct connections *)pane;
    if (command->id == COMMAND_SORT_MENU) {
        open_sort_menu(connections);
        return true;
    }
    return conn_table_command(&connections->table, screen_picture(pane->screen), command);
}

static bool connections_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    return conn_table_mouse(&((struct connections *)pane)->table, screen_picture(pane->screen), key,
                            row, col);
}

static uint32_t connections_needs(const struct pane *pane)
{
    return conn_table_needs(&((const struct connections *)pane)->table);
}

static void connections_summary(struct pane *pane, const struct picture *picture, char *out,
                                size_t size)
{
    char shown[32], all[32];
    const struct view *view = &((struct connections *)pane)->table.view;
    number_text(shown, sizeof(shown), view->accepted_live);
    number_text(all, sizeof(all), picture->frame->totals.live);
    if (picture->accept)
        snprintf(out, size, "%s of %s", shown, all);
    else
        snprintf(out, size, "%s", all);
}

static const struct conn *connections_selection(const struct pane *pane,
                                                const struct picture *picture)
{
    return conn_table_selection(&((const struct connections *)pane)->table, picture);
}

const struct pane_ops PANE_CONNECTIONS = {
    .title = "Connections",
    .open = connections_open,
    .close = connections_close,
    .update = connections_update,
    .draw = connections_draw,
    .command = connections_command,
    .mouse = connections_mouse,
    .needs = connections_needs,
    .summary = connections_summary,
    .selection = connections_selection,
};
