/* group_rows: which rows a grouped view lists, what is under its cursor and what Enter opens. Knows
 * no drawing. */
#include "ui/group_pane.h"

#include <stdio.h>
#include <stdlib.h>

/* Marks the processes that hold one of the sockets, by their place in the frame. */
void group_mark_holders(struct group_pane *groups, const struct picture *picture)
{
    const struct frame *frame = picture->frame;

    free(groups->holders);
    groups->holders = calloc(frame->proc_count ? frame->proc_count : 1, 1);
    for (uint32_t i = 0; groups->holders && i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (groups->sockets.serial
                ? conn->serial != groups->sockets.serial
                : !grouping_accepts(
                      &(struct grouping_member){GROUPING_LISTENERS, groups->sockets.listener},
                      &picture->context, conn))
            continue;
        for (uint32_t n = 0; n < conn->owner_count; n++)
            groups->holders[frame->owner_refs[conn->owners + n]] = 1;
    }
}

bool group_is_listed(const struct group_pane *groups, const struct grouping_row *row)
{
    if (!groups->holders_only)
        return true;
    return row->proc != CONN_NO_INDEX && groups->holders && groups->holders[row->proc];
}

static const struct grouping_row *cursor_row(const struct group_pane *groups,
                                             const struct picture *picture)
{
    if (groups->stale || !picture->frame || groups->cursor >= groups->count)
        return NULL;
    return &groups->grouping.rows[groups->order[groups->cursor].row];
}

const struct proc *group_process(const struct pane *pane, const struct picture *picture)
{
    const struct group_pane *groups = (const struct group_pane *)pane;
    const struct grouping_row *row = cursor_row(groups, picture);

    if (!row || groups->kind != GROUPING_PROCESSES || row->proc == CONN_NO_INDEX)
        return NULL;
    return &picture->frame->procs[row->proc];
}

const struct conn *group_selection(const struct pane *pane, const struct picture *picture)
{
    const struct group_pane *groups = (const struct group_pane *)pane;
    const struct grouping_row *row = cursor_row(groups, picture);

    if (!row || groups->kind != GROUPING_LISTENERS)
        return NULL;
    return grouping_conn(row, picture->frame);
}

/* Connections, filtered by the peer; its own table where it has no address that a filter takes. */
static void open_peer(struct screen *screen, const struct conn *conn,
                      const struct grouping_member *member)
{
    char address[ADDR_TEXT_MAX], filter[ADDR_TEXT_MAX + 16];

    addr_format(address, sizeof address, &conn->tuple.remote, conn->tuple.family, NULL);
    snprintf(filter, sizeof filter, conn->tuple.family == FAMILY_INET6 ? "dst [%s]" : "dst %s",
             address);
    if (addr_is_link_local(&conn->tuple.remote, conn->tuple.family) ||
        !screen_set_filter(screen, filter))
        screen_open_page(screen, &PANE_MEMBERS, member);
    else
        screen_show_view(screen, 0);
}

void group_open_row(struct group_pane *groups)
{
    struct screen *screen = groups->pane.screen;
    const struct picture *picture = screen_picture(screen);
    const struct grouping_row *row = cursor_row(groups, picture);

    if (!row)
        return;
    groups->held_cursor = true; /* on coming back it is on this row */
    const struct grouping_member member = {groups->kind, row->key};
    if (groups->kind == GROUPING_PROCESSES && row->proc != CONN_NO_INDEX)
        pages_open_process(screen, &picture->frame->procs[row->proc]);
    else if (groups->kind == GROUPING_PEERS)
        open_peer(screen, grouping_conn(row, picture->frame), &member);
    else if (groups->kind != GROUPING_LISTENERS)
        screen_open_page(screen, &PANE_MEMBERS, &member);
    else if (row->proc_count > 1)
        screen_open_page(screen, &PANE_HOLDERS, &(struct socket_set){.listener = row->key});
    else
        pages_open_owner(screen, grouping_conn(row, picture->frame));
}
