/* filter_state: states, sets of states, steps from one to another, and marks, as operands of a
 * filter. Independent of how conditions are joined. */
#include "core/filter/node.h"
#include "core/text/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct state_set {
    const char *name;
    uint32_t bits;
};

#define SET_CONNECTED                                                                              \
    (STATE_ALL_BITS &                                                                              \
     ~(STATE_BIT(STATE_CLOSED) | STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_DELETE_TCB)))
#define SET_BUCKET (STATE_BIT(STATE_SYN_RECEIVED) | STATE_BIT(STATE_TIME_WAIT))

/* The sets of ss; a closed row (DELETE-TCB) belongs only to `all`. */
static const struct state_set STATE_SETS[] = {
    {"all", STATE_ALL_BITS},
    {"connected", SET_CONNECTED},
    {"synchronized", SET_CONNECTED & ~STATE_BIT(STATE_SYN_SENT)},
    {"bucket", SET_BUCKET},
    {"big", STATE_ALL_BITS & ~SET_BUCKET & ~STATE_BIT(STATE_DELETE_TCB)},
};

const char *filter_state_set_word(size_t index)
{
    return index < sizeof STATE_SETS / sizeof *STATE_SETS ? STATE_SETS[index].name : NULL;
}

/* A state by a unique prefix of one of its names ("est"). */
static enum tcp_state state_from_prefix(const char *word)
{
    enum tcp_state found = STATE_NONE;
    const size_t length = strlen(word);

    for (enum tcp_state state = STATE_CLOSED; state < STATE_COUNT; state++) {
        if (strncasecmp(TCP_STATES[state].name, word, length) != 0)
            continue;
        if (found != STATE_NONE)
            return STATE_NONE;
        found = state;
    }
    return found;
}

static enum tcp_state state_of_word(const char *word)
{
    const enum tcp_state state = state_from_name(word, strlen(word));
    return state != STATE_NONE ? state : state_from_prefix(word);
}

#define STATE_WORD_MAX 16

static void lower(char out[STATE_WORD_MAX], const char *word)
{
    size_t i = 0;

    for (; word[i] && i + 1 < STATE_WORD_MAX; i++)
        out[i] = (char)tolower((unsigned char)word[i]);
    out[i] = '\0';
}

static void suggest_state(const char *typed, enum tcp_state state, char near[STATE_WORD_MAX],
                          unsigned *edits)
{
    const struct state_facts *facts = &TCP_STATES[state];
    char name[STATE_WORD_MAX];

    lower(name, facts->name);
    if (text_is_nearer(typed, name, edits))
        text_copy(near, STATE_WORD_MAX, name);
    for (size_t i = 0; i < 3 && facts->ss_names[i]; i++)
        if (text_is_nearer(typed, facts->ss_names[i], edits))
            text_copy(near, STATE_WORD_MAX, facts->ss_names[i]);
}

/* "; did you mean close-wait?", else a list of some states, and with `sets` of sets. */
static int refuse_state(struct filter_parser *parser, const struct token *word, bool sets)
{
    char typed[STATE_WORD_MAX], near[STATE_WORD_MAX] = "";
    unsigned edits = UINT_MAX;

    lower(typed, word->word);
    for (enum tcp_state state = STATE_CLOSED; state < STATE_COUNT; state++)
        suggest_state(typed, state, near, &edits);
    for (size_t i = 0; sets && i < sizeof STATE_SETS / sizeof *STATE_SETS; i++)
        if (text_is_nearer(typed, STATE_SETS[i].name, &edits))
            text_copy(near, STATE_WORD_MAX, STATE_SETS[i].name);
    if (near[0])
        return filter_fail(parser->error, word, "no state \"%.20s\"; did you mean %s?", word->word,
                           near);
    return filter_fail(parser->error, word,
                       "no state \"%.20s\"; states are established, close-wait, time-wait, "
                       "listening and so on%s",
                       word->word, sets ? "; sets: connected, synchronized, bucket, big, all" : "");
}

int filter_parse_state_bits(struct filter_parser *parser, const char *field, uint32_t *bits,
                            const struct token **word)
{
    const int error = filter_expect_word(parser, field, "a state or a set of states", word);

    if (error)
        return error;
    for (size_t i = 0; i < sizeof STATE_SETS / sizeof *STATE_SETS; i++)
        if (strcasecmp(STATE_SETS[i].name, (*word)->word) == 0) {
            *bits = STATE_SETS[i].bits;
            return 0;
        }
    const enum tcp_state state = state_of_word((*word)->word);
    if (state == STATE_NONE)
        return refuse_state(parser, *word, true);
    *bits = STATE_BIT(state);
    return 0;
}

int filter_parse_state(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;
    uint32_t bits;

    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, "state", at);
    if (!error)
        error = filter_parse_state_bits(parser, "state", &bits, &word);
    if (error)
        return error;
    node->u.state.bits = bits;
    node->u.state.name = strdup(word->word);
    return node->u.state.name ? 0 : -ENOMEM;
}

int filter_parse_exclude(struct filter_parser *parser, struct filter_node *node)
{
    const int error = filter_parse_state(parser, node);
    node->compare = node->compare == OPERATOR_EQ ? OPERATOR_NE : OPERATOR_EQ;
    return error;
}

static int parse_step_state(struct filter_parser *parser, const char *field, uint8_t *state)
{
    const struct token *word = parser->token;

    if (word->kind == TOKEN_OPERATOR && word->compare == OPERATOR_EQ)
        filter_next_token(parser);
    const int error = filter_expect_word(parser, field, "a state", &word);
    if (error)
        return error;
    *state = (uint8_t)state_of_word(word->word);
    if (*state == STATE_NONE)
        return refuse_state(parser, word, false);
    return 0;
}

bool filter_at_word(const struct filter_parser *parser, const char *word)
{
    return parser->token->kind == TOKEN_WORD && !parser->token->quoted &&
           strcasecmp(parser->token->word, word) == 0;
}

int filter_parse_from(struct filter_parser *parser, struct filter_node *node)
{
    const int error = parse_step_state(parser, "from", &node->u.step.from);

    if (error || !filter_at_word(parser, "to"))
        return error;
    filter_next_token(parser);
    return parse_step_state(parser, "to", &node->u.step.to);
}

int filter_parse_to(struct filter_parser *parser, struct filter_node *node)
{
    return parse_step_state(parser, "to", &node->u.step.to);
}

int filter_parse_new(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_OPENED;
    return 0;
}

int filter_parse_changed(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_CHANGED;
    return 0;
}

int filter_parse_gone(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_CLOSED;
    return 0;
}
