/* filter_print: a filter back to text that parses to an equal filter. Names are quoted, so that no word of one
 * can be taken for an operator, a glob or a field. */
#include "core/filter/node.h"

#include <stdlib.h>
#include <string.h>

static const char *const OPERATORS[] = {
    [OPERATOR_EQ] = "=",  [OPERATOR_NE] = "!=", [OPERATOR_LT] = "<",
    [OPERATOR_LE] = "<=", [OPERATOR_GT] = ">",  [OPERATOR_GE] = ">=",
};

static const char *side_word(uint8_t side, const char *local, const char *remote, const char *any)
{
    if (side == SIDE_LOCAL)
        return local;
    return side == SIDE_REMOTE ? remote : any;
}

/* A leading slash or quote would begin a regex or a quoted word; '*' and '?' keep their meaning. */
static void print_glob(struct buffer *out, const char *glob)
{
    for (const char *at = glob; *at; at++) {
        if (strchr(" \t\r\n()<>=!\\\"&|", *at) || (at == glob && *at == '/'))
            buffer_char(out, '\\');
        buffer_char(out, *at);
    }
}

static void print_pattern(struct buffer *out, const struct text_pattern *pattern)
{
    if (pattern->match == MATCH_EXACT)
        buffer_quoted(out, pattern->text);
    else if (pattern->match == MATCH_REGEX)
        buffer_printf(out, "/%s/", pattern->text);
    else
        print_glob(out, pattern->text);
}

static const char *family_word(uint8_t family)
{
    if (family == 0)
        return "";
    return family == FAMILY_INET6 ? "inet6:" : "inet:";
}

static void print_prefix(struct buffer *out, const struct host_prefix *prefix)
{
    char text[ADDR_TEXT_MAX];

    addr_format(text, sizeof text, &prefix->addr, prefix->family, NULL);
    buffer_printf(out, prefix->family == FAMILY_INET6 ? "[%s/%u]" : "%s/%u", text, prefix->bits);
}

/* A name is quoted as a whole, with its family and port: it may be a keyword. */
static void print_named_host(struct buffer *out, const struct filter_node *node)
{
    struct buffer text;

    buffer_init(&text);
    buffer_printf(&text, "%s%s", family_word(node->family), node->u.host.name);
    if (node->u.host.has_port)
        buffer_printf(&text, ":%u", node->u.host.port);
    if (text.failed)
        out->failed = text.failed;
    else
        buffer_quoted(out, text.data);
    buffer_done(&text);
}

static void print_host(struct buffer *out, const struct filter_node *node)
{
    buffer_printf(out, "%s %s ", side_word(node->side, "src", "dst", "host"),
                  OPERATORS[node->compare]);
    if (node->u.host.name) {
        print_named_host(out, node);
        return;
    }
    buffer_text(out, family_word(node->family));
    if (node->u.host.prefix_count)
        print_prefix(out, &node->u.host.prefixes[0]);
    else
        buffer_char(out, '*');
    if (node->u.host.has_port)
        buffer_printf(out, ":%u", node->u.host.port);
}

static void print_port(struct buffer *out, const struct filter_node *node)
{
    const char *word = side_word(node->side, "sport", "dport", "port");
    const char *family = family_word(node->family);

    buffer_printf(out, "%s %s %s:%u", word, OPERATORS[node->compare], family, node->u.port.number);
    if (node->u.port.has_limit)
        buffer_printf(out, " and %s %s %s:%u", word, OPERATORS[node->u.port.limit_compare], family,
                      node->u.port.limit);
}

static void print_step(struct buffer *out, const struct filter_node *node)
{
    if (node->u.step.from != STATE_NONE)
        buffer_printf(out, "from %s", TCP_STATES[node->u.step.from].name);
    if (node->u.step.to != STATE_NONE)
        buffer_printf(out, "%sto %s", node->u.step.from != STATE_NONE ? " " : "",
                      TCP_STATES[node->u.step.to].name);
}

static const char *mark_word(uint8_t mark)
{
    if (mark == MARK_OPENED)
        return "new";
    return mark == MARK_CHANGED ? "changed" : "gone";
}

static void print_node(struct buffer *out, const struct filter_node *node);

static void print_operand(struct buffer *out, const struct filter_node *node)
{
    const bool group = filter_is_group(node);

    if (group)
        buffer_text(out, "( ");
    print_node(out, node);
    if (group)
        buffer_text(out, " )");
}

/* Chains of one word need no parentheses on the left: they group to the left by themselves. */
static void print_junction(struct buffer *out, const struct filter_node *node)
{
    if (node->left->kind == node->kind)
        print_node(out, node->left);
    else
        print_operand(out, node->left);
    buffer_text(out, node->kind == NODE_OR ? " or " : " and ");
    print_operand(out, node->right);
}

static void print_count(struct buffer *out, const struct filter_node *node)
{
    buffer_text(out, "count( ");
    print_node(out, node->left);
    if (node->u.count.by)
        buffer_printf(out, " by %s", node->u.count.by->id);
    buffer_printf(out, " ) %s %s", OPERATORS[node->compare], node->u.count.written);
}

static void print_node(struct buffer *out, const struct filter_node *node)
{
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        print_junction(out, node);
        break;
    case NODE_NOT:
        buffer_text(out, "not ");
        print_operand(out, node->left);
        break;
    case NODE_HOST:
        print_host(out, node);
        break;
    case NODE_PORT:
        print_port(out, node);
        break;
    case NODE_DEVICE:
        buffer_printf(out, "dev %s ", OPERATORS[node->compare]);
        buffer_quoted(out, node->u.device.name);
        break;
    case NODE_FWMARK:
        buffer_printf(out, "fwmark %s 0x%x/0x%x", OPERATORS[node->compare], node->u.fwmark.mark,
                      node->u.fwmark.mask);
        break;
    case NODE_CGROUP:
        buffer_printf(out, "cgroup %s ", OPERATORS[node->compare]);
        buffer_quoted(out, node->u.cgroup.path);
        break;
    case NODE_AUTOBOUND:
        buffer_text(out, "autobound");
        break;
    case NODE_STATE:
        buffer_printf(out, "state %s %s", OPERATORS[node->compare], node->u.state.name);
        break;
    case NODE_NUMBER:
        buffer_printf(out, "%s %s %s", node->u.number.column->id, OPERATORS[node->compare],
                      node->u.number.written);
        break;
    case NODE_COLUMNS:
        buffer_printf(out, "%s %s %s", node->u.columns.left->id, OPERATORS[node->compare],
                      node->u.columns.right->id);
        break;
    case NODE_COUNT:
        print_count(out, node);
        break;
    case NODE_TEXT:
        buffer_printf(out, "%s %s ", node->u.text.column->id, OPERATORS[node->compare]);
        print_pattern(out, &node->u.text.pattern);
        break;
    case NODE_MARK:
        buffer_text(out, mark_word(node->u.mark));
        break;
    case NODE_FROM_TO:
        print_step(out, node);
        break;
    case NODE_WORD:
        if (node->u.word.is_number)
            buffer_text(out, node->u.word.text);
        else
            buffer_quoted(out, node->u.word.text);
        break;
    }
}

static void print_states(struct buffer *out, uint32_t states)
{
    if (states == 0)
        buffer_text(out, "exclude all");
    if ((states & STATE_ALL_BITS) == STATE_ALL_BITS) {
        buffer_text(out, "state all");
        return;
    }
    const char *between = "";
    for (enum tcp_state state = STATE_CLOSED; state < STATE_COUNT; state++) {
        if (!(states & STATE_BIT(state)))
            continue;
        buffer_printf(out, "%sstate %s", between, TCP_STATES[state].name);
        between = " ";
    }
}

void filter_print(const struct filter *filter, struct buffer *out)
{
    if (!filter)
        return;
    if (filter->has_states)
        print_states(out, filter->states);
    if (!filter->root)
        return;
    if (filter->has_states)
        buffer_char(out, ' ');
    /* a leading `state` would be read as the set: parentheses keep it a condition. After the set
     * they show what it limits. */
    const struct filter_node *first = filter->root;
    while (first->kind == NODE_AND || first->kind == NODE_OR)
        first = first->left;
    const bool wrap =
        first->kind == NODE_STATE || (filter->has_states && filter->root->kind == NODE_OR);
    if (wrap)
        buffer_text(out, "( ");
    print_node(out, filter->root);
    if (wrap)
        buffer_text(out, " )");
}

bool filter_equal(const struct filter *a, const struct filter *b)
{
    struct buffer left, right;

    buffer_init(&left);
    buffer_init(&right);
    filter_print(a, &left);
    filter_print(b, &right);
    const bool equal = !left.failed && !right.failed && left.length == right.length &&
                       (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
    buffer_done(&left);
    buffer_done(&right);
    return equal;
}
