/* Connections: the first view, all rows of the picture that the filter accepts. */
#include "ui/pane/connections.h"

#include "core/text/text.h"
#include "ui/column_chooser.h"
#include "ui/conn_table.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct connections {
    struct pane pane;
    struct conn_table table;
    struct column_choice choice;
    bool just_chosen; /* report once which do not fit */
};

static int connections_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                            const void *argument)
{
    struct connections *connections = calloc(1, sizeof(*connections));
    if (!connections)
        return -ENOMEM;
    connections->pane = (struct pane){ops, screen};
    const int error = conn_table_init(&connections->table, argument);
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

static bool connections_prepare(struct pane *pane, const struct picture *coming)
{
    return conn_table_prepare(&((struct connections *)pane)->table, coming);
}

static void connections_draw(struct pane *pane, const struct picture *picture,
                             const struct canvas *canvas)
{
    struct connections *connections = (struct connections *)pane;
    char lacking[160];
    conn_table_draw(&connections->table, picture, canvas);
    if (!connections->just_chosen || screen_is_floating(pane->screen))
        return;
    connections->just_chosen = false;
    conn_table_left_out(&connections->table, lacking, sizeof(lacking));
    if (lacking[0])
        screen_say(pane->screen, ROLE_NOTICE, "no room for %s: widen the terminal, or hide others",
                   lacking);
}

static void take_columns(void *data, const uint16_t *shown, size_t count)
{
    struct connections *connections = data;
    conn_table_take_columns(&connections->table, shown, count);
    connections->just_chosen = true;
    screen_changed(connections->pane.screen);
}

static void open_chooser(struct connections *connections)
{
    connections->choice = (struct column_choice){.shown = connections->table.list.columns,
                                                 .count = connections->table.list.count,
                                                 .most = LIST_COLUMNS_MAX,
                                                 .take = take_columns,
                                                 .data = connections};
    screen_open_page(connections->pane.screen, &PANE_COLUMNS, &connections->choice);
}

static bool connections_command(struct pane *pane, const struct command *command)
{
    struct connections *connections = (struct connections *)pane;
    if (command->id == COMMAND_COLUMNS) {
        open_chooser(connections);
        return true;
    }
    return conn_table_command(&connections->table, pane->screen, command);
}

static bool connections_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    return conn_table_mouse(&((struct connections *)pane)->table, pane->screen, key, row, col);
}

void connections_keep(const struct pane *pane, struct screen_kept *kept)
{
    const struct list *list = &((const struct connections *)pane)->table.list;
    size_t at = 0;
    kept->columns[0] = '\0';
    for (size_t i = 0; i < list->count && at < sizeof(kept->columns); i++)
        at += (size_t)snprintf(kept->columns + at, sizeof(kept->columns) - at, "%s%s",
                               i > 0 ? "," : "", columns[list->columns[i]].id);
    snprintf(kept->sort, sizeof(kept->sort), "%s%s", list->descending ? "-" : "",
             columns[list->sort].id);
}

static uint32_t connections_needs(const struct pane *pane)
{
    return conn_table_needs(&((const struct connections *)pane)->table);
}

static void connections_seen(const struct pane *pane, const struct picture *picture,
                             struct wish *wish)
{
    conn_table_seen(&((const struct connections *)pane)->table, picture, wish);
}

static void connections_summary(struct pane *pane, const struct picture *picture, char *out,
                                size_t size)
{
    char shown[32], all[32];
    const struct view *view = &((struct connections *)pane)->table.view;
    text_thousands(shown, sizeof(shown), view->accepted_live);
    text_thousands(all, sizeof(all), picture->frame->totals.live);
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

static void connections_select(struct pane *pane, uint64_t serial)
{
    list_select(&((struct connections *)pane)->table.list, serial);
}

static bool connections_help(const struct pane *pane, size_t n, const char **title,
                             const char **help)
{
    return list_help(&((const struct connections *)pane)->table.list, n, title, help);
}

const struct pane_ops PANE_CONNECTIONS = {
    .open = connections_open,
    .close = connections_close,
    .update = connections_update,
    .draw = connections_draw,
    .prepare = connections_prepare,
    .command = connections_command,
    .mouse = connections_mouse,
    .needs = connections_needs,
    .seen = connections_seen,
    .summary = connections_summary,
    .counts_rows = true,
    .selection = connections_selection,
    .select = connections_select,
    .keys = CONN_TABLE_KEYS,
    .column_help = connections_help,
};
