/* namespaces: connections by their network namespace. */
#include "core/grouping/rows.h"

static uint64_t namespace_key(const struct frame *frame, const struct conn *conn)
{
    (void)frame;
    return conn->netns ? grouping_key(conn->netns) : 0;
}

const struct grouping_kind GROUPING_NAMESPACES = {.key = namespace_key};
