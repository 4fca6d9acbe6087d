/* Holders: the processes that hold one socket, or those of a listener: Processes, listing these
 * only. */
#include "ui/group/pane.h"

#include <stdlib.h>

static bool is_meant(const struct socket_set *sockets, const struct picture *picture,
                     const struct conn *conn)
{
    const struct grouping_member member = {&GROUPING_LISTENERS, sockets->listener};

    return sockets->serial ? conn->serial == sockets->serial
                           : grouping_accepts(&member, &picture->context, conn);
}

uint8_t *group_mark_holders(const struct socket_set *sockets, const struct picture *picture)
{
    const struct frame *frame = picture->frame;
    uint8_t *holders = calloc(frame->proc_count ? frame->proc_count : 1, 1);

    for (uint32_t i = 0; holders && i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!is_meant(sockets, picture, conn))
            continue;
        for (uint32_t n = 0; n < conn->owner_count; n++)
            holders[frame->owner_refs[conn->owners + n]] = 1;
    }
    return holders;
}

static int holders_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                        const void *argument)
{
    const int error = group_pane_open(pane, ops, screen, argument);

    if (!error)
        group_pane_limit(*pane, argument);
    return error;
}

const struct pane_ops PANE_HOLDERS =
    GROUP_PANE_WITH(&GROUP_PROCESSES, .title = "Processes that hold it", .open = holders_open);
