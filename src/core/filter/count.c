/* filter_count: "count( CONDITION by COLUMN ) > N": accepts rows that satisfy the condition, if
 * more than N of them share the value of the column. Counted once a frame. */
#include "core/filter/node.h"

#include "base/hash.h"
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct filter_count {
    /* the frame it is of; published frames do not change */
    struct frame_mark of;
    uint32_t live_count;
    struct map rows; /* value of the column, hashed -> how many */
};

void filter_count_free(struct filter_count *counted)
{
    if (counted)
        map_done(&counted->rows);
    free(counted);
}

/* --- parsing --- */

static int parse_by(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = parser->token;

    if (!filter_at_word(parser, "by"))
        return 0;
    filter_next_token(parser);
    const int error = filter_expect_word(parser, "by", "a column: pid, unit, raddr ...", &word);
    if (error)
        return error;
    node->u.count.by = filter_find_column(word->word);
    return node->u.count.by ? 0
                            : filter_fail(parser->error, word, "no column \"%.30s\"", word->word);
}

/* Between the parentheses. */
static int parse_counted(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *open = filter_next_token(parser);

    if (parser->counting)
        return filter_fail(parser->error, open, "a count within a count");
    parser->counting = true;
    int error = filter_parse_expression(parser, &node->left);
    parser->counting = false;
    if (!error)
        error = parse_by(parser, node);
    if (!error && parser->token->kind != TOKEN_CLOSE)
        return filter_fail(parser->error, parser->token->kind == TOKEN_END ? open : parser->token,
                           "this parenthesis is not closed");
    filter_next_token(parser);
    return error;
}

int filter_parse_count(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = parser->token;
    int error = parse_counted(parser, node);

    if (!error && parser->token->kind != TOKEN_OPERATOR)
        error = filter_fail(parser->error, parser->token,
                            "count(...) needs a comparison: count(...) > 10");
    if (error)
        return error;
    filter_take_operator(parser, node);
    error = filter_expect_word(parser, "count(...)", "a number", &word);
    if (!error)
        error = filter_parse_amount("count(...)", TYPE_COUNT, word, &node->u.count.value,
                                    parser->error);
    if (error)
        return error;
    node->u.count.written = strdup(word->word);
    node->u.count.counted = calloc(1, sizeof *node->u.count.counted);
    return node->u.count.written && node->u.count.counted ? 0 : -ENOMEM;
}

/* --- counting --- */

/* 0: what it is counted by is unknown. */
static uint64_t key_of(const struct column *by, const struct column_context *context,
                       const struct conn *conn)
{
    struct column_value value;
    uint64_t key;

    if (!by)
        return 1;
    if (!column_get(by, context, conn, &value))
        return 0;
    if (by->type == TYPE_TEXT || by->type == TYPE_ADDRESS)
        key = hash_text(value.text, HASH_SEED);
    else
        key = (uint64_t)value.number + 1;
    return key ? key : UINT64_MAX;
}

static bool is_counted(const struct filter_count *counted, const struct frame *frame)
{
    return frame_mark_is(&counted->of, frame) && frame->number != 0 &&
           counted->live_count == frame->live_count;
}

static void count_rows(const struct filter_node *node, const struct column_context *context)
{
    struct filter_count *counted = node->u.count.counted;
    const struct frame *frame = context->frame;

    map_clear(&counted->rows);
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!filter_node_accepts(node->left, context, conn))
            continue;
        const uint64_t key = key_of(node->u.count.by, context, conn);
        const uint32_t before = key ? map_find(&counted->rows, key) : 0;
        if (key)
            (void)map_put(&counted->rows, key, before == MAP_NONE ? 1 : before + 1);
    }
    counted->of = frame_mark_of(frame);
    counted->live_count = frame->live_count;
}

bool filter_count_accepts(const struct filter_node *node, const struct column_context *context,
                          const struct conn *conn)
{
    struct filter_count *counted = node->u.count.counted;

    if (!context->frame || !filter_node_accepts(node->left, context, conn))
        return false;
    const uint64_t key = key_of(node->u.count.by, context, conn);
    if (!key)
        return false;
    if (!is_counted(counted, context->frame))
        count_rows(node, context);
    const uint32_t count = map_find(&counted->rows, key);
    return filter_compare(node->compare, count == MAP_NONE ? 0 : count, node->u.count.value);
}
