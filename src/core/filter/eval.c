/* filter_eval: whether a row satisfies a filter. A comparison with an unknown fact is false; `not`
 * negates that. */
#include "core/filter/node.h"

#include <string.h>

/* An IPv4 prefix matches v4-mapped IPv6 addresses too, as in ss and the kernel's bytecode. */
static bool prefix_matches(const struct host_prefix *prefix, const struct addr *addr,
                           uint8_t family)
{
    if (prefix->family == family)
        return addr_in_prefix(addr, &prefix->addr, prefix->bits);
    if (prefix->family == FAMILY_INET && addr_is_mapped(addr, family)) {
        struct addr inner = {{0}};
        memcpy(inner.bytes, addr->bytes + 12, 4);
        return addr_in_prefix(&inner, &prefix->addr, prefix->bits);
    }
    return false;
}

/* The address or port to be compared is unknown for this end. (For a row in the kernel's table port
 * 0 is a value, as for the kernel.) */
static bool end_is_unknown(const struct filter_node *node, const struct conn *conn, bool remote)
{
    if (!conn_is_ghost(conn))
        return false;
    return remote ? node->u.host.has_port && tuple_lacks_remote_port(&conn->tuple)
                  : node->u.host.prefix_count && tuple_lacks_local(&conn->tuple);
}

static bool end_matches(const struct filter_node *node, const struct conn *conn, bool remote)
{
    const struct tuple *tuple = &conn->tuple;
    const uint16_t port = remote ? tuple->remote_port : tuple->local_port;
    const struct addr *addr = remote ? &tuple->remote : &tuple->local;

    if (node->u.host.has_port && node->u.host.port != port)
        return false;
    if (node->u.host.prefix_count == 0)
        return true;
    for (uint32_t i = 0; i < node->u.host.prefix_count; i++)
        if (prefix_matches(&node->u.host.prefixes[i], addr, tuple->family))
            return true;
    return false;
}

bool filter_compare(enum filter_operator compare, int64_t a, int64_t b)
{
    switch (compare) {
    case OPERATOR_EQ:
        return a == b;
    case OPERATOR_NE:
        return a != b;
    case OPERATOR_LT:
        return a < b;
    case OPERATOR_LE:
        return a <= b;
    case OPERATOR_GT:
        return a > b;
    case OPERATOR_GE:
        return a >= b;
    }
    return false;
}

static bool host_accepts(const struct filter_node *node, const struct conn *conn)
{
    const bool matches = (node->side & SIDE_LOCAL && end_matches(node, conn, false)) ||
                         (node->side & SIDE_REMOTE && end_matches(node, conn, true));
    if ((node->side & SIDE_LOCAL && end_is_unknown(node, conn, false)) ||
        (node->side & SIDE_REMOTE && end_is_unknown(node, conn, true)))
        return matches && node->compare == OPERATOR_EQ;
    return matches == (node->compare == OPERATOR_EQ);
}

static bool port_fits(const struct filter_node *node, uint16_t port)
{
    return filter_compare(node->compare, port, node->u.port.number) &&
           (!node->u.port.has_limit ||
            filter_compare(node->u.port.limit_compare, port, node->u.port.limit));
}

/* For `port !=` both ends must differ; with any other operator one end suffices. */
static bool port_accepts(const struct filter_node *node, const struct conn *conn)
{
    const bool local = port_fits(node, conn->tuple.local_port);
    const bool is_known = !conn_is_ghost(conn) || !tuple_lacks_remote_port(&conn->tuple);
    const bool remote = is_known && port_fits(node, conn->tuple.remote_port);

    if (node->side == SIDE_LOCAL)
        return local;
    if (node->side == SIDE_REMOTE)
        return remote;
    return node->compare == OPERATOR_NE ? local && remote : local || remote;
}

/* These are not full sockets and have no mark: 0 in ss. */
#define MARKLESS_STATES (STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_SYN_RECEIVED))

/* As in ss, != is `not` with =: true for sockets without a mark or a group. */
static bool fwmark_accepts(const struct filter_node *node, const struct column_context *context,
                           const struct conn *conn)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);
    const bool has_mark = detail && detail->has_mark;
    const bool is_known = has_mark || STATE_BIT(conn->state) & MARKLESS_STATES;
    const uint32_t mark = has_mark ? detail->mark : 0;
    const bool matches = is_known && (mark & node->u.fwmark.mask) == node->u.fwmark.mark;

    return matches == (node->compare == OPERATOR_EQ);
}

static bool cgroup_accepts(const struct filter_node *node, const struct column_context *context,
                           const struct conn *conn)
{
    bool matches;

    if (node->u.cgroup.id) {
        matches = conn->known & KNOWN_CGROUP && conn->cgroup_id == node->u.cgroup.id;
    } else {
        const struct group *group = frame_group(context->frame, conn);
        matches = group && strcmp(group->path, node->u.cgroup.path) == 0;
    }
    return matches == (node->compare == OPERATOR_EQ);
}

/* A closed row also matches its last state. */
static bool state_is_of(const struct conn *conn, uint32_t states)
{
    return STATE_BIT(conn->state) & states ||
           (conn->state == STATE_DELETE_TCB && STATE_BIT(conn->from) & states);
}

static bool state_accepts(const struct filter_node *node, const struct conn *conn)
{
    const bool matches = state_is_of(conn, node->u.state.bits);
    return matches == (node->compare == OPERATOR_EQ);
}

/* For a pid one matching holder suffices; with != no holder may have it. */
static bool pid_accepts(const struct filter_node *node, const struct frame *frame,
                        const struct conn *conn)
{
    const bool differs = node->compare == OPERATOR_NE;
    const enum filter_operator compare = differs ? OPERATOR_EQ : node->compare;
    bool known = false;

    if (conn->owner_word != OWNER_PROCESS)
        return false;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        known |= holder != NULL;
        if (holder && filter_compare(compare, holder->pid, node->u.number.value))
            return !differs;
    }
    return known && differs;
}

static bool number_accepts(const struct filter_node *node, const struct column_context *context,
                           const struct conn *conn)
{
    const struct column *column = node->u.number.column;
    struct column_value value;

    if (!column_get(column, context, conn, &value))
        return false;
    return filter_compare(node->compare, value.number, node->u.number.value);
}

static bool columns_accept(const struct filter_node *node, const struct column_context *context,
                           const struct conn *conn)
{
    struct column_value left, right;

    return column_get(node->u.columns.left, context, conn, &left) &&
           column_get(node->u.columns.right, context, conn, &right) &&
           filter_compare(node->compare, left.number, right.number);
}

static const char *holder_text(const struct proc *holder, uint8_t fact)
{
    return fact == HOLDER_NAME ? holder->comm : holder->exe;
}

static uint8_t pattern_says(const struct filter_node *node, const char *text)
{
    if (!text || !text[0])
        return SAYS_UNKNOWN;
    return text_pattern_matches(&node->u.text.pattern, text) ? SAYS_YES : SAYS_NO;
}

static uint8_t proc_says(const struct filter_node *node, const struct frame *frame,
                         const struct proc *proc)
{
    uint8_t *kept = filter_memo_proc(node->u.text.memo, frame, (uint32_t)(proc - frame->procs));

    if (kept && *kept)
        return *kept;
    const uint8_t says = pattern_says(node, holder_text(proc, node->u.text.holder_fact));
    if (kept)
        *kept = says;
    return says;
}

/* Yes if any process that holds the socket matches; no if any could be compared. */
static uint8_t holders_say(const struct filter_node *node, const struct frame *frame,
                           const struct conn *conn)
{
    const struct proc *owner = frame_owner(frame, conn);
    uint8_t says = SAYS_UNKNOWN;

    for (uint32_t i = 0; i < conn->owner_count && says != SAYS_YES; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        const uint8_t one = holder ? proc_says(node, frame, holder) : SAYS_UNKNOWN;
        says = one > says ? one : says;
    }
    return says == SAYS_UNKNOWN && owner ? proc_says(node, frame, owner) : says;
}

static uint8_t column_says(const struct filter_node *node, const struct column_context *context,
                           const struct conn *conn)
{
    const struct column *column = node->u.text.column;
    struct column_value value;

    if (!column_get(column, context, conn, &value))
        return SAYS_UNKNOWN;
    return pattern_says(node, value.text);
}

static uint8_t *shared_place(const struct filter_node *node, const struct frame *frame,
                             const struct conn *conn)
{
    const struct group *group = frame_group(frame, conn);

    if (node->u.text.shared == SHARED_GROUP ||
        (node->u.text.shared == SHARED_CONTAINER && group && group->container[0]))
        return filter_memo_group(node->u.text.memo, frame, conn->group);
    if (node->u.text.shared == SHARED_USER && conn->known & KNOWN_UID)
        return filter_memo_user(node->u.text.memo, frame, conn->uid);
    return NULL;
}

static bool text_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn)
{
    uint8_t says = SAYS_NOT_ASKED, *kept = shared_place(node, context->frame, conn);

    if (node->u.text.holder_fact != HOLDER_NOTHING)
        says = holders_say(node, context->frame, conn);
    else if (kept && *kept)
        says = *kept;
    else
        says = column_says(node, context, conn);
    if (kept)
        *kept = says;
    return says == (node->compare == OPERATOR_EQ ? SAYS_YES : SAYS_NO);
}

static bool step_accepts(const struct filter_node *node, const struct conn *conn)
{
    if (conn->mark != MARK_CHANGED && conn->mark != MARK_CLOSED)
        return false;
    return (node->u.step.from == STATE_NONE || conn->from == node->u.step.from) &&
           (node->u.step.to == STATE_NONE || conn->state == node->u.step.to);
}

static bool junction_accepts(const struct filter_node *node, const struct column_context *context,
                             const struct conn *conn)
{
    const bool left = filter_node_accepts(node->left, context, conn);

    if (left == (node->kind == NODE_OR))
        return left;
    return filter_node_accepts(node->right, context, conn);
}

bool filter_node_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn)
{
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        return junction_accepts(node, context, conn);
    case NODE_NOT:
        return !filter_node_accepts(node->left, context, conn);
    case NODE_HOST:
        return host_accepts(node, conn);
    case NODE_PORT:
        return port_accepts(node, conn);
    case NODE_DEVICE:
        return (conn->tuple.scope == node->u.device.index) == (node->compare == OPERATOR_EQ);
    case NODE_FWMARK:
        return fwmark_accepts(node, context, conn);
    case NODE_CGROUP:
        return cgroup_accepts(node, context, conn);
    case NODE_AUTOBOUND:
        return conn->known & KNOWN_AUTOBOUND;
    case NODE_STATE:
        return state_accepts(node, conn);
    case NODE_NUMBER:
        if (node->u.number.holder_fact == HOLDER_PID)
            return pid_accepts(node, context->frame, conn);
        return number_accepts(node, context, conn);
    case NODE_COLUMNS:
        return columns_accept(node, context, conn);
    case NODE_COUNT:
        return filter_count_accepts(node, context, conn);
    case NODE_TEXT:
        return text_accepts(node, context, conn);
    case NODE_MARK:
        return conn->mark == node->u.mark;
    case NODE_FROM_TO:
        return step_accepts(node, conn);
    case NODE_WORD:
        return filter_word_accepts(node, context, conn);
    }
    return false;
}

bool filter_accepts(const void *data, const struct column_context *context, const struct conn *conn)
{
    const struct filter *filter = data;

    if (!filter)
        return true;
    if (filter->has_states && !state_is_of(conn, filter->states))
        return false;
    if (filter->family && filter->family != conn->tuple.family)
        return false;
    return !filter->root || filter_node_accepts(filter->root, context, conn);
}
