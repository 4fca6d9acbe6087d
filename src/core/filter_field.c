/* filter_field: one condition of a filter: the field words, what each takes, and bare words. Knows
 * nothing of how conditions are joined. */
#include "core/filter_node.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef int (*parse_operand)(struct filter_parser *parser, struct filter_node *node);

struct field {
    const char *word;
    parse_operand parse;
    uint8_t kind;
    uint8_t side;
};

const struct token *filter_next_token(struct filter_parser *parser)
{
    const struct token *token = parser->token;
    if (token->kind != TOKEN_END)
        parser->token++;
    return token;
}

/* The operand a field needs; an operator in front of it has been taken. */
static int expect_word(struct filter_parser *parser, const char *field, const char *expected,
                       const struct token **word)
{
    if (parser->token->kind != TOKEN_WORD)
        return filter_fail(parser->error, parser->token, "%s needs %s", field, expected);
    *word = filter_next_token(parser);
    return 0;
}

static void take_operator(struct filter_parser *parser, struct filter_node *node)
{
    node->compare = OPERATOR_EQ;
    if (parser->token->kind == TOKEN_OPERATOR)
        node->compare = filter_next_token(parser)->compare;
}

static int only_equality(struct filter_parser *parser, const struct filter_node *node,
                         const char *field, const struct token *at)
{
    if (node->compare == OPERATOR_EQ || node->compare == OPERATOR_NE)
        return 0;
    return filter_fail(parser->error, at, "%s can be compared with = and != only", field);
}

static int parse_host_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;

    take_operator(parser, node);
    int error = only_equality(parser, node, "an address", at);
    if (!error)
        error = expect_word(parser, "src, dst or host", "an address, a prefix or a :port", &word);
    return error ? error : filter_parse_host(node, word, parser->names, parser->error);
}

/* As in ss, `sport = 10.0.0.1:80` compares the address as well. */
static int parse_port_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = parser->token;

    take_operator(parser, node);
    int error = expect_word(parser, "sport, dport or port", "a port or a service name", &word);
    return error ? error : filter_parse_port(word, parser->names, &node->u.port, parser->error);
}

static int parse_device_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;
    char *end;

    take_operator(parser, node);
    int error = only_equality(parser, node, "dev", at);
    if (!error)
        error = expect_word(parser, "dev", "an interface name or index", &word);
    if (error)
        return error;
    node->u.device.name = strdup(word->word);
    if (!node->u.device.name)
        return -ENOMEM;
    const struct filter_names *names = parser->names;
    if (names && names->interface &&
        names->interface(names->data, word->word, strlen(word->word), &node->u.device.index))
        return 0;
    const unsigned long index = strtoul(word->word, &end, 10);
    if (end == word->word || *end || index > UINT32_MAX)
        return filter_fail(parser->error, word, "no interface \"%.20s\"", word->word);
    node->u.device.index = (uint32_t)index;
    return 0;
}

static int parse_mark_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;
    char *end;

    take_operator(parser, node);
    int error = only_equality(parser, node, "fwmark", at);
    if (!error)
        error = expect_word(parser, "fwmark", "a mark or mark/mask", &word);
    if (error)
        return error;
    const unsigned long mark = strtoul(word->word, &end, 0);
    unsigned long mask = UINT32_MAX;
    bool good = end != word->word && mark <= UINT32_MAX;
    if (good && *end == '/') {
        const char *begin = end + 1;
        mask = strtoul(begin, &end, 0);
        good = end != begin && mask <= UINT32_MAX;
    }
    if (!good || *end || word->word[0] == '-')
        return filter_fail(parser->error, word,
                           "bad mark \"%.30s\": expected such as 0x10 or 0x10/0xff", word->word);
    node->u.fwmark.mark = (uint32_t)mark;
    node->u.fwmark.mask = (uint32_t)mask;
    return 0;
}

static int parse_cgroup_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;

    take_operator(parser, node);
    int error = only_equality(parser, node, "cgroup", at);
    if (!error)
        error = expect_word(parser, "cgroup", "a path", &word);
    if (error)
        return error;
    node->u.cgroup.path = strdup(word->word);
    if (!node->u.cgroup.path)
        return -ENOMEM;
    const struct filter_names *names = parser->names;
    if (names && names->cgroup &&
        !names->cgroup(names->data, word->word, strlen(word->word), &node->u.cgroup.id))
        node->u.cgroup.id = 0; /* not there now: the path is compared */
    return 0;
}

static int parse_nothing(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    (void)node;
    return 0;
}

struct state_set {
    const char *name;
    uint32_t bits;
};

#define SET_CONNECTED                                                                              \
    (STATE_ALL_BITS &                                                                              \
     ~(STATE_BIT(STATE_CLOSED) | STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_DELETE_TCB)))
#define SET_BUCKET (STATE_BIT(STATE_SYN_RECEIVED) | STATE_BIT(STATE_TIME_WAIT))

/* The sets of ss; a row that has just left (DELETE-TCB) belongs to none but `all`. */
static const struct state_set STATE_SETS[] = {
    {"all", STATE_ALL_BITS},
    {"connected", SET_CONNECTED},
    {"synchronized", SET_CONNECTED & ~STATE_BIT(STATE_SYN_SENT)},
    {"bucket", SET_BUCKET},
    {"big", STATE_ALL_BITS & ~SET_BUCKET & ~STATE_BIT(STATE_DELETE_TCB)},
};

/* A state by a unique beginning of one of its names ("est"). */
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

int filter_parse_state_bits(struct filter_parser *parser, const char *field, uint32_t *bits,
                            const struct token **word)
{
    const int error = expect_word(parser, field, "a state or a set of states", word);

    if (error)
        return error;
    for (size_t i = 0; i < sizeof STATE_SETS / sizeof *STATE_SETS; i++)
        if (strcasecmp(STATE_SETS[i].name, (*word)->word) == 0) {
            *bits = STATE_SETS[i].bits;
            return 0;
        }
    const enum tcp_state state = state_of_word((*word)->word);
    if (state == STATE_NONE)
        return filter_fail(
            parser->error, *word,
            "no state \"%.20s\": expected such as established, listening, time-wait, "
            "connected, synchronized, bucket, big, all",
            (*word)->word);
    *bits = STATE_BIT(state);
    return 0;
}

static int parse_state_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;
    uint32_t bits;

    take_operator(parser, node);
    int error = only_equality(parser, node, "state", at);
    if (!error)
        error = filter_parse_state_bits(parser, "state", &bits, &word);
    if (error)
        return error;
    node->u.state.bits = bits;
    node->u.state.name = strdup(word->word);
    return node->u.state.name ? 0 : -ENOMEM;
}

static int parse_exclude_operand(struct filter_parser *parser, struct filter_node *node)
{
    const int error = parse_state_operand(parser, node);
    node->compare = OPERATOR_NE;
    return error;
}

static int parse_step_state(struct filter_parser *parser, const char *field, uint8_t *state)
{
    const struct token *word = parser->token;
    const int error = expect_word(parser, field, "a state", &word);

    if (error)
        return error;
    *state = (uint8_t)state_of_word(word->word);
    if (*state == STATE_NONE)
        return filter_fail(parser->error, word, "no state \"%.20s\"", word->word);
    return 0;
}

bool filter_at_word(const struct filter_parser *parser, const char *word)
{
    return parser->token->kind == TOKEN_WORD && !parser->token->quoted &&
           strcasecmp(parser->token->word, word) == 0;
}

static int parse_from_operand(struct filter_parser *parser, struct filter_node *node)
{
    const int error = parse_step_state(parser, "from", &node->u.step.from);

    if (error || !filter_at_word(parser, "to"))
        return error;
    filter_next_token(parser);
    return parse_step_state(parser, "to", &node->u.step.to);
}

static int parse_to_operand(struct filter_parser *parser, struct filter_node *node)
{
    return parse_step_state(parser, "to", &node->u.step.to);
}

static int parse_new(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_OPENED;
    return 0;
}

static int parse_changed(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_CHANGED;
    return 0;
}

static int parse_gone(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    node->u.mark = MARK_CLOSED;
    return 0;
}

/* Words with a meaning of their own; all other field words are column ids. */
static const struct field FIELDS[] = {
    {"src", parse_host_operand, NODE_HOST, SIDE_LOCAL},
    {"dst", parse_host_operand, NODE_HOST, SIDE_REMOTE},
    {"host", parse_host_operand, NODE_HOST, SIDE_ANY},
    {"sport", parse_port_operand, NODE_PORT, SIDE_LOCAL},
    {"dport", parse_port_operand, NODE_PORT, SIDE_REMOTE},
    {"port", parse_port_operand, NODE_PORT, SIDE_ANY},
    {"dev", parse_device_operand, NODE_DEVICE, 0},
    {"fwmark", parse_mark_operand, NODE_FWMARK, 0},
    {"cgroup", parse_cgroup_operand, NODE_CGROUP, 0},
    {"autobound", parse_nothing, NODE_AUTOBOUND, 0},
    {"state", parse_state_operand, NODE_STATE, 0},
    {"exclude", parse_exclude_operand, NODE_STATE, 0},
    {"new", parse_new, NODE_MARK, 0},
    {"changed", parse_changed, NODE_MARK, 0},
    {"gone", parse_gone, NODE_MARK, 0},
    {"from", parse_from_operand, NODE_FROM_TO, 0},
    {"to", parse_to_operand, NODE_FROM_TO, 0},
};

struct alias {
    const char *word, *column;
};

/* What people type for a column. */
static const struct alias ALIASES[] = {
    {"process", "proc"},
    {"comm", "proc"},
    {"name", "proc"},
};

static const struct column *find_column(const char *word)
{
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (strcmp(ALIASES[i].word, word) == 0)
            word = ALIASES[i].column;
    return column_find(word, strlen(word));
}

static bool column_is_text(const struct column *column)
{
    return column->type == TYPE_TEXT || column->type == TYPE_ADDRESS;
}

static int parse_text_column(struct filter_parser *parser, struct filter_node *node,
                             const struct column *column)
{
    const struct token *at = parser->token, *word = at;

    node->kind = NODE_TEXT;
    take_operator(parser, node);
    int error = only_equality(parser, node, column->id, at);
    if (!error)
        error = expect_word(parser, column->id, "a name, a glob or a /regex/", &word);
    if (error)
        return error;
    node->u.text.column = column;
    if (strcmp(column->id, "proc") == 0)
        node->u.text.holder_fact = HOLDER_NAME;
    else if (strcmp(column->id, "exe") == 0)
        node->u.text.holder_fact = HOLDER_EXE;
    return filter_parse_pattern(&node->u.text.pattern, word, parser->error);
}

static int parse_number_column(struct filter_parser *parser, struct filter_node *node,
                               const struct column *column)
{
    const struct token *word = parser->token;

    node->kind = NODE_NUMBER;
    node->u.number.column = column;
    take_operator(parser, node);
    const int error = expect_word(parser, column->id, "a value", &word);
    return error ? error : filter_parse_number(node, word, parser->error);
}

static int parse_column(struct filter_parser *parser, struct filter_node *node,
                        const struct column *column)
{
    if (column_is_text(column))
        return parse_text_column(parser, node, column);
    return parse_number_column(parser, node, column);
}

/* Field words one edit away, most useful first: "prot" -> "port, proto, proc". */
static void suggest(const char *word, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (strlen(word) > 2 && text_distance(word, FIELDS[i].word) == 1)
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", FIELDS[i].word);
    for (size_t i = 0; i < column_count && used + 1 < size; i++)
        if (strlen(word) > 2 && text_distance(word, columns[i].id) == 1)
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", columns[i].id);
}

/* A bare word before an operator is a field that there is none of; before another word it may be
 * one mistyped, if a field is one edit away. */
static int refuse_mistyped(struct filter_parser *parser, const struct token *word)
{
    char near[100];

    if (word->quoted || parser->token->kind == TOKEN_END)
        return 0;
    suggest(word->word, near, sizeof near);
    if (parser->token->kind == TOKEN_OPERATOR && !near[0])
        return filter_fail(parser->error, word, "unknown word \"%.30s\"", word->word);
    if (parser->token->kind != TOKEN_OPERATOR && (parser->token->kind != TOKEN_WORD || !near[0]))
        return 0;
    return filter_fail(parser->error, word, "unknown word \"%.30s\"; did you mean %s?", word->word,
                       near);
}

static int parse_bare_word(struct filter_parser *parser, struct filter_node *node,
                           const struct token *word)
{
    const int error = refuse_mistyped(parser, word);

    if (error)
        return error;
    node->kind = NODE_WORD;
    node->u.word.text = strdup(word->word);
    if (!node->u.word.text)
        return -ENOMEM;
    for (char *at = node->u.word.text; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 'a' - 'A');
    const size_t length = strlen(word->word);
    node->u.word.may_be_address = strspn(node->u.word.text, "0123456789abcdef.:[]%*") == length ||
                                  strchr(node->u.word.text, '%') != NULL;
    node->u.word.may_be_port = strspn(node->u.word.text, "0123456789") == length;
    return 0;
}

static const struct field *find_field(const struct token *token)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (!token->quoted && strcmp(FIELDS[i].word, token->word) == 0)
            return &FIELDS[i];
    return NULL;
}

int filter_parse_predicate(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = filter_next_token(parser);
    const struct field *field = find_field(word);
    const struct column *column = NULL;

    if (field) {
        node->kind = field->kind;
        node->side = field->side;
        return field->parse(parser, node);
    }
    if (!word->quoted)
        column = find_column(word->word);
    /* a column id alone ("ssh" is none, "user" is one) is a field only if something can be its
     * operand */
    if (column && (parser->token->kind == TOKEN_OPERATOR || parser->token->kind == TOKEN_WORD))
        return parse_column(parser, node, column);
    if (column)
        return filter_fail(parser->error, parser->token, "%s needs a value to compare with",
                           word->word);
    return parse_bare_word(parser, node, word);
}
