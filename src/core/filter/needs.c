/* filter_needs: what a filter requires: facts to be collected, help by the kernel, and whether it
 * names a target. */
#include "core/filter/node.h"

#include <string.h>

#define TARGET_PREFIX_LEAST 7u /* fc00::/7 is the widest prefix in use */
#define TARGET_STATES_MOST  6  /* half of them */

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
    return node->kind != NODE_OR && filter_is_group(node);
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

static bool is_count(const struct filter_node *node)
{
    return node->kind == NODE_COUNT;
}

bool filter_counts(const struct filter *filter)
{
    return filter && any_node(filter->root, is_count);
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

static bool is_column(const struct column *column, const char *id)
{
    return strcmp(column->id, id) == 0;
}

/* A host without address and port ("dst *") restricts nothing, and 0.0.0.0/0 hardly anything. */
static bool host_is_target(const struct filter_node *node)
{
    bool narrow = node->u.host.prefix_count > 0;

    for (uint32_t i = 0; i < node->u.host.prefix_count; i++)
        narrow = narrow && node->u.host.prefixes[i].bits >= TARGET_PREFIX_LEAST;
    return narrow || node->u.host.has_port;
}

/* A class as wide as "connected" or "big" names no state. */
static bool states_are_target(uint32_t bits)
{
    return __builtin_popcount(bits) <= TARGET_STATES_MOST;
}

/* It states a value of connections, not an exclusion or a range. */
static bool is_target(const struct filter_node *node)
{
    switch (node->kind) {
    case NODE_HOST:
        return host_is_target(node);
    case NODE_STATE:
        return states_are_target(node->u.state.bits);
    case NODE_PORT:
        return true;
    case NODE_NUMBER:
        return is_column(node->u.number.column, "pid") ||
               is_column(node->u.number.column, "cookie");
    case NODE_TEXT:
        return is_column(node->u.text.column, "cookie") &&
               node->u.text.pattern.match == MATCH_EXACT;
    default:
        return false;
    }
}

/* Rows that pass the part satisfy a condition that names a target; negated: rows that do not
 * pass. */
static bool names_target(const struct filter_node *node, bool negated)
{
    if (!node)
        return false;
    if (node->kind == NODE_NOT)
        return names_target(node->left, !negated);
    if (node->kind != NODE_AND && node->kind != NODE_OR)
        return node->compare == (negated ? OPERATOR_NE : OPERATOR_EQ) && is_target(node);
    const bool left = names_target(node->left, negated), right = names_target(node->right, negated);
    return (node->kind == NODE_AND) != negated ? left || right : left && right;
}

bool filter_names_target(const struct filter *filter)
{
    if (!filter || any_node(filter->root, is_word))
        return false;
    return (filter->has_states && states_are_target(filter->states)) ||
           names_target(filter->root, false);
}

static uint32_t node_needs(const struct filter_node *node)
{
    uint32_t needs = 0;

    for (; node; node = node->left) {
        needs |= node->right ? node_needs(node->right) : 0;
        if (node->kind == NODE_NUMBER)
            needs |= column_needs_of_all(node->u.number.column);
        else if (node->kind == NODE_COLUMNS)
            needs |= column_needs_of_all(node->u.columns.left) |
                     column_needs_of_all(node->u.columns.right);
        else if (node->kind == NODE_COUNT && node->u.count.by)
            needs |= node->u.count.by->needs;
        else if (node->kind == NODE_TEXT)
            needs |= column_needs_of_all(node->u.text.column);
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

/* Columns that depend on earlier frames. */
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
    return column->needs & (NEED_OWNER | NEED_PROCESS | NEED_EXECUTABLE | NEED_COMMAND |
                            NEED_GROUP | NEED_HOST_NAME) ||
           column_is_history(column);
}

static bool is_late(const struct filter_node *node)
{
    if (node->kind == NODE_COUNT) /* of all rows */
        return true;
    if (node->kind == NODE_COLUMNS)
        return column_is_late(node->u.columns.left) || column_is_late(node->u.columns.right);
    if (node->kind == NODE_NUMBER)
        return column_is_late(node->u.number.column);
    if (node->kind == NODE_TEXT)
        return column_is_late(node->u.text.column);
    return node->kind == NODE_MARK || node->kind == NODE_FROM_TO || node->kind == NODE_WORD ||
           (node->kind == NODE_CGROUP && !node->u.cgroup.id);
}

/* Columns that an event alone can answer. */
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
    case NODE_COLUMNS:
        return !column_is_of_event(node->u.columns.left) ||
               !column_is_of_event(node->u.columns.right);
    case NODE_COUNT:
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
