/* pane_members: the connections of one group, say of a peer: a table of its own over the picture.
 */
#include "core/text/text.h"
#include "ui/conn_table.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct members {
    struct pane pane;
    struct conn_table table;
    struct grouping_member member;
};

static int members_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                        const void *argument)
{
    struct members *members = calloc(1, sizeof(*members));
    if (!members)
        return -ENOMEM;
    members->pane = (struct pane){ops, screen};
    members->member = *(const struct grouping_member *)argument;
    const int error = conn_table_init(&members->table, screen_settings(screen));
    if (error) {
        PANE_MEMBERS.close(&members->pane);
        return error;
    }
    *pane = &members->pane;
    return 0;
}

static void members_close(struct pane *pane)
{
    struct members *members = (struct members *)pane;
    conn_table_done(&members->table);
    free(members);
}

static void members_update(struct pane *pane, const struct picture *picture)
{
    struct members *members = (struct members *)pane;
    conn_table_update(&members->table, picture, grouping_accepts, &members->member);
}

static void members_draw(struct pane *pane, const struct picture *picture,
                         const struct canvas *canvas)
{
    conn_table_draw(&((struct members *)pane)->table, picture, canvas);
}

static bool members_command(struct pane *pane, const struct command *command)
{
    return conn_table_command(&((struct members *)pane)->table, pane->screen, command);
}

static bool members_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    return conn_table_mouse(&((struct members *)pane)->table, pane->screen, key, row, col);
}

static uint32_t members_needs(const struct pane *pane)
{
    return conn_table_needs(&((const struct members *)pane)->table) | NEED_OWNER;
}

static void members_seen(const struct pane *pane, const struct picture *picture, struct wish *wish)
{
    conn_table_seen(&((const struct members *)pane)->table, picture, wish);
}

static void members_summary(struct pane *pane, const struct picture *picture, char *out,
                            size_t size)
{
    (void)picture;
    text_thousands(out, size, ((struct members *)pane)->table.view.accepted_live);
}

static const struct conn *members_selection(const struct pane *pane, const struct picture *picture)
{
    return conn_table_selection(&((const struct members *)pane)->table, picture);
}

static bool members_help(const struct pane *pane, size_t n, const char **title, const char **help)
{
    return list_help(&((const struct members *)pane)->table.list, n, title, help);
}

const struct pane_ops PANE_MEMBERS = {
    .title = "Its connections",
    .lacks = COMMAND_CHOICE,
    .open = members_open,
    .close = members_close,
    .update = members_update,
    .draw = members_draw,
    .command = members_command,
    .mouse = members_mouse,
    .needs = members_needs,
    .seen = members_seen,
    .summary = members_summary,
    .selection = members_selection,
    .keys = CONN_TABLE_KEYS,
    .column_help = members_help,
};
