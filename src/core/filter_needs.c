/* filter_needs: what a filter asks for: facts to be collected, the kernel's help, a target to name.
 */
#include "core/filter_node.h"

#include <string.h>

typedef bool (*node_test)(const struct filter_node *node);

static bool any_node(const struct filter_node *node, node_test test)
{
    for (; node; node = node->left)
        if (test(node) || any_node(node->right, test))
            return true;
    return false;
}

static bool is_or(const struct filter_node *node)
{
    return node->kind == NODE_OR;
}

static bool is_and(const struct filter_node *node)
{
    return node->kind == NODE_AND;
}

static bool is_autobound(const struct filter_node *node)
{
    return node->kind == NODE_AUTOBOUND;
}

static bool is_fwmark(const struct filter_node *node)
{
    return node->kind == NODE_FWMARK;
}

static bool is_word(const struct filter_node *node)
{
    return node->kind == NODE_WORD;
}

bool filter_mixes_and_or(const struct filter *filter)
{
    return filter && any_node(filter->root, is_or) &&
           (filter->has_states || any_node(filter->root, is_and));
}

bool filter_needs_kernel(const struct filter *filter)
{
    return filter && any_node(filter->root, is_autobound);
}

bool filter_needs_admin(const struct filter *filter)
{
    return filter && any_node(filter->root, is_fwmark);
}

static bool column_names_target(const struct filter_node *node, const char *id)
{
    return node->kind == NODE_NUMBER && strcmp(node->u.number.column->id, id) == 0;
}

/* A host without address and port ("dst *") restricts nothing. */
static bool is_target(const struct filter_node *node)
{
    if (node->kind == NODE_HOST)
        return node->u.host.prefix_count > 0 || node->u.host.has_port;
    if (node->kind == NODE_STATE)
        return node->u.state.bits != STATE_ALL_BITS;
    return node->kind == NODE_PORT || column_names_target(node, "pid") ||
           (node->kind == NODE_TEXT && strcmp(node->u.text.column->id, "cookie") == 0) ||
           column_names_target(node, "cookie");
}

bool filter_names_target(const struct filter *filter)
{
    if (!filter || any_node(filter->root, is_word))
        return false;
    const bool has_state = filter->has_states && filter->states != STATE_ALL_BITS;
    return has_state || any_node(filter->root, is_target);
}

static uint32_t node_needs(const struct filter_node *node)
{
    uint32_t needs = 0;

    for (; node; node = node->left) {
        needs |= node->right ? node_needs(node->right) : 0;
        if (node->kind == NODE_NUMBER)
            needs |= node->u.number.column->needs;
        else if (node->kind == NODE_TEXT)
            needs |= node->u.text.column->needs;
        else if (node->kind == NODE_FWMARK)
            needs |= NEED_DETAIL;
        else if (node->kind == NODE_CGROUP && !node->u.cgroup.id)
            needs |= NEED_GROUP;
        else if (node->kind == NODE_WORD)
            needs |= NEED_OWNER | NEED_GROUP;
    }
    return needs;
}

uint32_t filter_needs(const struct filter *filter)
{
    return filter ? node_needs(filter->root) : 0;
}

/* Columns that show what frames before this one said. */
static bool column_is_history(const struct column *column)
{
    static const char *const IDS[] = {"from",      "in",          "out",         "age",
                                      "state_age", "created_min", "created_max", "state_since",
                                      "serial",    "offload"};

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        if (strcmp(column->id, IDS[i]) == 0)
            return true;
    return false;
}

static bool column_is_late(const struct column *column)
{
    return column->needs &
               (NEED_OWNER | NEED_PROCESS | NEED_EXECUTABLE | NEED_GROUP | NEED_HOST_NAME) ||
           column_is_history(column);
}

static bool is_late(const struct filter_node *node)
{
    if (node->kind == NODE_NUMBER)
        return column_is_late(node->u.number.column);
    if (node->kind == NODE_TEXT)
        return column_is_late(node->u.text.column);
    return node->kind == NODE_MARK || node->kind == NODE_FROM_TO || node->kind == NODE_WORD ||
           (node->kind == NODE_CGROUP && !node->u.cgroup.id);
}

/* Columns of which an event says all there is. */
static bool column_is_of_event(const struct column *column)
{
    static const char *const IDS[] = {"state", "mib_state", "from",  "proto", "family",
                                      "local", "remote",    "laddr", "lport", "raddr",
                                      "rport", "ifindex",   "netns"};

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        if (strcmp(column->id, IDS[i]) == 0)
            return true;
    return false;
}

static bool is_of_row(const struct filter_node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        return !column_is_of_event(node->u.number.column);
    case NODE_TEXT:
        return !column_is_of_event(node->u.text.column);
    case NODE_FWMARK:
    case NODE_CGROUP:
    case NODE_AUTOBOUND:
    case NODE_WORD:
        return true;
    default:
        return false;
    }
}

bool filter_needs_rows(const struct filter *filter)
{
    return filter && any_node(filter->root, is_of_row);
}

bool filter_needs_dump_only(const struct filter *filter)
{
    return !filter || !any_node(filter->root, is_late);
}
