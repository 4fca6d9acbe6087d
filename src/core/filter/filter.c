/* filter: words to a tree. `and`, `or` and juxtaposition have equal precedence and group to the
 * left, as in the grammar of ss; `not` binds tightest. */
#include "core/filter/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* nesting of parentheses and nots: bounds the stack */

static void memo_free(struct filter_memo *memo)
{
    if (memo)
        filter_memo_done(memo);
    free(memo);
}

static void pattern_done(struct text_pattern *pattern)
{
    if (pattern->match == MATCH_REGEX)
        regfree(&pattern->regex);
    free(pattern->text);
}

static void text_done(struct filter_node *node)
{
    pattern_done(&node->u.text.pattern);
    memo_free(node->u.text.memo);
}

static void word_done(struct filter_node *node)
{
    free(node->u.word.text);
    free(node->u.word.ports);
    memo_free(node->u.word.memo);
}

static void count_done(struct filter_node *node)
{
    free(node->u.count.written);
    filter_count_free(node->u.count.counted);
}

void filter_node_free(struct filter_node *node)
{
    while (node) { /* chains grow to the left: no recursion along them */
        struct filter_node *left = node->left;
        filter_node_free(node->right);
        if (node->kind == NODE_HOST)
            free(node->u.host.name);
        else if (node->kind == NODE_DEVICE)
            free(node->u.device.name);
        else if (node->kind == NODE_CGROUP)
            free(node->u.cgroup.path);
        else if (node->kind == NODE_STATE)
            free(node->u.state.name);
        else if (node->kind == NODE_NUMBER)
            free(node->u.number.written);
        else if (node->kind == NODE_COUNT)
            count_done(node);
        else if (node->kind == NODE_TEXT)
            text_done(node);
        else if (node->kind == NODE_WORD)
            word_done(node);
        free(node);
        node = left;
    }
}

static int parse_group(struct filter_parser *parser, struct filter_node **out)
{
    struct filter_node *inner = NULL;
    const struct token *open = filter_next_token(parser);

    if (parser->token->kind == TOKEN_CLOSE)
        return filter_fail(parser->error, parser->token, "nothing between the parentheses");
    const int error = filter_parse_expression(parser, &inner);
    if (error)
        return error;
    if (parser->token->kind != TOKEN_CLOSE) {
        filter_node_free(inner);
        return filter_fail(parser->error, parser->token->kind == TOKEN_END ? open : parser->token,
                           "this parenthesis is not closed");
    }
    filter_next_token(parser);
    *out = inner;
    return 0;
}

static int parse_term(struct filter_parser *parser, struct filter_node **out);

static int parse_not(struct filter_parser *parser, struct filter_node **out)
{
    struct filter_node *inner = NULL;

    filter_next_token(parser);
    const int error = parse_term(parser, &inner);
    if (error)
        return error;
    struct filter_node *node = calloc(1, sizeof *node);
    if (!node) {
        filter_node_free(inner);
        return -ENOMEM;
    }
    node->kind = NODE_NOT;
    node->left = inner;
    *out = node;
    return 0;
}

static int parse_word_term(struct filter_parser *parser, struct filter_node **out)
{
    struct filter_node *node = calloc(1, sizeof *node);

    if (!node)
        return -ENOMEM;
    const int error = filter_parse_predicate(parser, node);
    if (error) {
        filter_node_free(node);
        return error;
    }
    *out = node;
    return 0;
}

static int parse_term(struct filter_parser *parser, struct filter_node **out)
{
    int error;

    if (++parser->depth > DEPTH_MAX)
        return filter_fail(parser->error, parser->token, "nested deeper than %d", DEPTH_MAX);
    if (parser->token->kind == TOKEN_OPEN)
        error = parse_group(parser, out);
    else if (parser->token->kind == TOKEN_NOT)
        error = parse_not(parser, out);
    else if (parser->token->kind == TOKEN_WORD)
        error = parse_word_term(parser, out);
    else if (parser->token->kind == TOKEN_END)
        error = filter_fail(parser->error, parser->token,
                            "something is missing here: expected a condition");
    else
        error = filter_fail(parser->error, parser->token, "expected a condition, not \"%.10s\"",
                            parser->token->word);
    parser->depth--;
    return error;
}

static bool is_lower(uint8_t compare)
{
    return compare == OPERATOR_GT || compare == OPERATOR_GE;
}

static bool is_upper(uint8_t compare)
{
    return compare == OPERATOR_LT || compare == OPERATOR_LE;
}

/* A lower and an upper limit of `port`, which means either end: the same end must satisfy both. */
static bool is_range(const struct filter_node *a, const struct filter_node *b)
{
    return a->kind == NODE_PORT && b->kind == NODE_PORT && a->side == SIDE_ANY &&
           b->side == SIDE_ANY && a->family == b->family && !a->u.port.has_limit &&
           !b->u.port.has_limit &&
           ((is_lower(a->compare) && is_upper(b->compare)) ||
            (is_upper(a->compare) && is_lower(b->compare)));
}

/* True: a condition of the chain has taken `right` as its other limit. */
static bool join_range(struct filter_node *chain, const struct filter_node *right)
{
    for (;; chain = chain->left) {
        struct filter_node *last = chain->kind == NODE_AND ? chain->right : chain;
        if (is_range(last, right)) {
            last->u.port.has_limit = true;
            last->u.port.limit = right->u.port.number;
            last->u.port.limit_compare = right->compare;
            return true;
        }
        if (chain->kind != NODE_AND)
            return false;
    }
}

static int join(struct filter_node **left, struct filter_node *right, enum node_kind kind)
{
    if (kind == NODE_AND && join_range(*left, right)) {
        filter_node_free(right);
        return 0;
    }
    struct filter_node *node = calloc(1, sizeof *node);

    if (!node)
        return -ENOMEM;
    node->kind = kind;
    node->left = *left;
    node->right = right;
    *left = node;
    return 0;
}

/* The end of a nested expression. */
static bool is_over(const struct filter_parser *parser)
{
    return parser->token->kind == TOKEN_END || parser->token->kind == TOKEN_CLOSE ||
           (parser->counting && filter_at_word(parser, "by"));
}

int filter_parse_expression(struct filter_parser *parser, struct filter_node **out)
{
    struct filter_node *left = NULL;
    int error = parse_term(parser, &left);

    while (!error && !is_over(parser)) {
        struct filter_node *right = NULL;
        enum node_kind kind = NODE_AND;
        if (parser->token->kind == TOKEN_OR)
            kind = NODE_OR;
        if (parser->token->kind == TOKEN_OR || parser->token->kind == TOKEN_AND)
            filter_next_token(parser);
        error = parse_term(parser, &right);
        if (!error)
            error = join(&left, right, kind);
        if (error && right)
            filter_node_free(right);
    }
    if (error) {
        filter_node_free(left);
        return error;
    }
    *out = left;
    return 0;
}

/* Leading state and exclude words form one set, as in ss. */
static int parse_leading_states(struct filter_parser *parser, struct filter *filter)
{
    while (filter_at_word(parser, "state") || filter_at_word(parser, "exclude") ||
           filter_at_word(parser, "excl")) {
        const bool add = filter_at_word(parser, "state");
        const struct token *word;
        uint32_t bits;

        filter_next_token(parser);
        if (parser->token->kind == TOKEN_OPERATOR && parser->token->compare == OPERATOR_EQ)
            filter_next_token(parser);
        const int error = filter_parse_state_bits(parser, add ? "state" : "exclude", &bits, &word);
        if (error)
            return error;
        if (!filter->has_states)
            filter->states = add ? 0 : STATE_ALL_BITS;
        filter->has_states = true;
        filter->states = add ? filter->states | bits : filter->states & ~bits;
    }
    return 0;
}

static int parse_all(struct filter_parser *parser, struct filter *filter)
{
    int error = parse_leading_states(parser, filter);

    if (error || parser->token->kind == TOKEN_END)
        return error;
    /* "state established and port 443": allow the `and`, which ss refuses */
    if (filter->has_states && parser->token->kind == TOKEN_AND)
        filter_next_token(parser);
    if (filter->has_states && parser->token->kind == TOKEN_OR)
        return filter_fail(parser->error, parser->token,
                           "states in front limit everything behind them: for an \"or\" put "
                           "parentheses around the first state");
    error = filter_parse_expression(parser, &filter->root);
    if (!error && parser->token->kind == TOKEN_CLOSE)
        error = filter_fail(parser->error, parser->token, "no parenthesis is open here");
    return error;
}

int filter_parse(struct filter **filter, const char *text, const struct filter_names *names,
                 struct filter_error *error)
{
    struct filter_error unused;
    struct token_list list = {0};
    struct filter *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->states = STATE_ALL_BITS;
    struct filter_error *reported = error ? error : &unused;
    int result = filter_lex(&list, text ? text : "", reported);
    if (!result) {
        struct filter_parser parser = {.token = list.tokens, .names = names, .error = reported};
        result = parse_all(&parser, made);
        made->family = parser.family;
    }
    token_list_done(&list);
    if (result) {
        filter_free(made);
        return result;
    }
    *filter = made;
    return 0;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    filter_node_free(filter->root);
    free(filter);
}

bool filter_is_empty(const struct filter *filter)
{
    return !filter || (!filter->has_states && !filter->root);
}

uint8_t filter_family(const struct filter *filter)
{
    return filter && !filter_counts(filter) ? filter->family : 0;
}

uint32_t filter_states(const struct filter *filter)
{
    return filter && filter->has_states && !filter_counts(filter) ? filter->states : STATE_ALL_BITS;
}
