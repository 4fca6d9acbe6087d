/* hosts: connections by machine. A host without connections has a row as well. */
#include "core/grouping/rows.h"

#include <errno.h>

static uint64_t host_key(const struct frame *frame, const struct conn *conn)
{
    const uint32_t number = frame_host_number(frame, conn->netns);
    return number ? grouping_key(number) : 0;
}

static int hosts_begin(struct grouping *grouping, const struct frame *frame)
{
    static const struct conn NONE = {.owner = CONN_NO_INDEX};

    for (uint32_t i = 0; i < frame->host_count; i++)
        if (!grouping_row_of(grouping, grouping_key(frame->hosts[i].number), CONN_NO_INDEX, &NONE))
            return -ENOMEM;
    return 0;
}

const struct grouping_kind GROUPING_HOSTS = {.key = host_key, .begin = hosts_begin};
