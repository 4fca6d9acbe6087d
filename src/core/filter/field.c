/* filter_field: one condition of a filter: the field words, their operands, and bare words.
 * Independent of how conditions are joined. */
#include "core/filter/node.h"
#include "core/offload.h"
#include "core/text/text.h"

#include <ctype.h>
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
int filter_expect_word(struct filter_parser *parser, const char *field, const char *expected,
                       const struct token **word)
{
    if (parser->token->kind != TOKEN_WORD)
        return filter_fail(parser->error, parser->token, "%s needs %s", field, expected);
    *word = filter_next_token(parser);
    return 0;
}

void filter_take_operator(struct filter_parser *parser, struct filter_node *node)
{
    node->compare = OPERATOR_EQ;
    if (parser->token->kind == TOKEN_OPERATOR)
        node->compare = filter_next_token(parser)->compare;
}

int filter_only_equality(struct filter_parser *parser, const struct filter_node *node,
                         const char *field, const struct token *at)
{
    if (node->compare == OPERATOR_EQ || node->compare == OPERATOR_NE)
        return 0;
    return filter_fail(parser->error, at, "%s can be compared with = and != only", field);
}

static int parse_text_column(struct filter_parser *parser, struct filter_node *node,
                             const struct column *column);

/* The name of a machine: quoted, or not an address or the name of one. */
static bool names_machine(const struct filter_parser *parser, const struct token *word)
{
    const struct filter_names *names = parser->names;
    struct filter_node scratch = {.kind = NODE_HOST};
    struct filter_error error;

    if (!names || !names->several_hosts || word->kind != TOKEN_WORD)
        return false;
    if (word->quoted && !names->host)
        return true;
    if (word->word[strspn(word->word, "0123456789.:/[]*")] == '\0')
        return false;
    const int result = filter_parse_host(&scratch, word, names, &error);
    free(scratch.u.host.name);
    return result == -EINVAL;
}

static int parse_host_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *operand = parser->token + (parser->token->kind == TOKEN_OPERATOR);

    if (node->side == SIDE_ANY && names_machine(parser, operand))
        return parse_text_column(parser, node, column_find("host", 4));
    const struct token *at = parser->token, *word = at;

    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, "an address", at);
    if (!error)
        error = filter_expect_word(parser, "src, dst or host", "an address, a prefix or a :port",
                                   &word);
    if (!error)
        error = filter_parse_host(node, word, parser->names, parser->error);
    if (!error && node->family)
        parser->family = node->family;
    return error;
}

static int parse_port_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = parser->token;

    filter_take_operator(parser, node);
    int error =
        filter_expect_word(parser, "sport, dport or port", "a port or a service name", &word);
    if (!error)
        error = filter_parse_port(node, word, parser->names, parser->error);
    if (!error && node->family)
        parser->family = node->family;
    return error;
}

static int parse_device_operand(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *at = parser->token, *word = at;
    char *end;

    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, "dev", at);
    if (!error)
        error = filter_expect_word(parser, "dev", "an interface name or index", &word);
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

    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, "fwmark", at);
    if (!error)
        error = filter_expect_word(parser, "fwmark", "a mark or mark/mask", &word);
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

    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, "cgroup", at);
    if (!error)
        error = filter_expect_word(parser, "cgroup", "a path", &word);
    if (error)
        return error;
    node->u.cgroup.path = strdup(word->word);
    if (!node->u.cgroup.path)
        return -ENOMEM;
    const struct filter_names *names = parser->names;
    if (names && names->cgroup &&
        !names->cgroup(names->data, word->word, strlen(word->word), &node->u.cgroup.id))
        node->u.cgroup.id = 0; /* it does not exist now: compare the path */
    return 0;
}

static int parse_nothing(struct filter_parser *parser, struct filter_node *node)
{
    (void)parser;
    (void)node;
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
    {"lport", parse_port_operand, NODE_PORT, SIDE_LOCAL},
    {"rport", parse_port_operand, NODE_PORT, SIDE_REMOTE},
    {"dev", parse_device_operand, NODE_DEVICE, 0},
    {"fwmark", parse_mark_operand, NODE_FWMARK, 0},
    {"cgroup", parse_cgroup_operand, NODE_CGROUP, 0},
    {"autobound", parse_nothing, NODE_AUTOBOUND, 0},
    {"state", filter_parse_state, NODE_STATE, 0},
    {"exclude", filter_parse_exclude, NODE_STATE, 0},
    {"new", filter_parse_new, NODE_MARK, 0},
    {"changed", filter_parse_changed, NODE_MARK, 0},
    {"gone", filter_parse_gone, NODE_MARK, 0},
    {"from", filter_parse_from, NODE_FROM_TO, 0},
    {"to", filter_parse_to, NODE_FROM_TO, 0},
    {"count", filter_parse_count, NODE_COUNT, 0},
};

const char *filter_field_word(size_t index)
{
    return index < sizeof FIELDS / sizeof *FIELDS ? FIELDS[index].word : NULL;
}

struct alias {
    const char *word, *column;
};

/* Aliases of columns. */
static const struct alias ALIASES[] = {
    {"process", "proc"},
    {"comm", "proc"},
    {"name", "proc"},
};

const struct column *filter_find_column(const char *word)
{
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (strcasecmp(ALIASES[i].word, word) == 0)
            word = ALIASES[i].column;
    return column_find(word, strlen(word));
}

static bool column_is_text(const struct column *column)
{
    return column->type == TYPE_TEXT || column->type == TYPE_ADDRESS;
}

/* Kinds of numbers in columns, for messages about comparing two columns. */
static const char *const TYPE_WORDS[] = {
    [TYPE_STATE] = "a state", [TYPE_PORT] = "a port", [TYPE_COUNT] = "a count",
    [TYPE_BYTES] = "bytes",   [TYPE_RATE] = "a rate", [TYPE_DURATION] = "a time span",
    [TYPE_TIME] = "a moment", [TYPE_FLAG] = "0 or 1", [TYPE_SHARE] = "a share",
};

/* "accept_queue > backlog". */
static int parse_other_column(struct filter_parser *parser, struct filter_node *node,
                              const struct column *left, const struct column *right)
{
    const struct token *word = filter_next_token(parser);

    if (column_is_text(right))
        return filter_fail(parser->error, word, "%s is a text: %s can be compared with numbers",
                           right->id, left->id);
    if (left->type != right->type)
        return filter_fail(parser->error, word, "%s is %s, %s is %s: they cannot be compared",
                           left->id, TYPE_WORDS[left->type], right->id, TYPE_WORDS[right->type]);
    node->kind = NODE_COLUMNS;
    node->u.columns.left = left;
    node->u.columns.right = right;
    return 0;
}

static int parse_number_column(struct filter_parser *parser, struct filter_node *node,
                               const struct column *column)
{
    const struct token *word = parser->token;

    node->kind = NODE_NUMBER;
    node->u.number.column = column;
    if (strcmp(column->id, "pid") == 0)
        node->u.number.holder_fact = HOLDER_PID;
    filter_take_operator(parser, node);
    if (parser->token->kind == TOKEN_WORD && !parser->token->quoted) {
        const struct column *other = filter_find_column(parser->token->word);
        if (other)
            return parse_other_column(parser, node, column, other);
    }
    const int error = filter_expect_word(parser, column->id, "a value", &word);
    return error ? error : filter_parse_number(node, word, parser->error);
}

/* "user 1000" is a user id. */
static bool is_number(const struct token *token)
{
    return token->kind == TOKEN_WORD && !token->quoted && token->word[0] &&
           token->word[strspn(token->word, "0123456789")] == '\0';
}

static enum shared_fact shared_fact(const char *id)
{
    if (strcmp(id, "unit") == 0)
        return SHARED_GROUP;
    if (strcmp(id, "container") == 0)
        return SHARED_CONTAINER;
    return strcmp(id, "user") == 0 ? SHARED_USER : SHARED_NOTHING;
}

/* A misspelt state, or the MIB's Max, would match nothing; a number stands for the name. */
static int check_offload(struct text_pattern *pattern, const struct token *word,
                         struct filter_error *error)
{
    uint8_t state;
    char *name;

    if (pattern->match != MATCH_EXACT)
        return 0;
    if (offload_from_name(pattern->text, strlen(pattern->text), &state))
        return filter_fail(error, word, "offload takes InHost, Offloading, Offloaded or Uploading");
    name = strdup(offload_name(state));
    if (!name)
        return -ENOMEM;
    free(pattern->text);
    pattern->text = name;
    return 0;
}

static int parse_text_column(struct filter_parser *parser, struct filter_node *node,
                             const struct column *column)
{
    const struct token *at = parser->token, *word = at;

    /* the operand is the first word after the operator, if there is one */
    if (strcmp(column->id, "user") == 0 && is_number(at + (at->kind == TOKEN_OPERATOR)))
        return parse_number_column(parser, node, column_find("uid", 3));
    node->kind = NODE_TEXT;
    filter_take_operator(parser, node);
    int error = filter_only_equality(parser, node, column->id, at);
    if (!error)
        error = filter_expect_word(parser, column->id, "a name, a glob or a /regex/", &word);
    if (error)
        return error;
    node->u.text.column = column;
    node->u.text.shared = (uint8_t)shared_fact(column->id);
    node->u.text.memo = calloc(1, sizeof *node->u.text.memo);
    if (!node->u.text.memo)
        return -ENOMEM;
    if (strcmp(column->id, "proc") == 0)
        node->u.text.holder_fact = HOLDER_NAME;
    else if (strcmp(column->id, "exe") == 0)
        node->u.text.holder_fact = HOLDER_EXE;
    error = filter_parse_pattern(&node->u.text.pattern, word, parser->error);
    if (!error && strcmp(column->id, "offload") == 0)
        error = check_offload(&node->u.text.pattern, word, parser->error);
    return error;
}

static int parse_column(struct filter_parser *parser, struct filter_node *node,
                        const struct column *column)
{
    const struct token *at = parser->token;

    /* "netns web": its name; "netns 4026531840": its inode */
    if (strcmp(column->id, "netns") == 0 && !is_number(at + (at->kind == TOKEN_OPERATOR)))
        column = column_find("netns_name", 10);
    if (column_is_text(column))
        return parse_text_column(parser, node, column);
    return parse_number_column(parser, node, column);
}

/* Words that may have been meant. */
#define SUGGESTIONS_MAX 4

struct suggestions {
    char text[100]; /* "port, proto, proc" */
    const char *words[SUGGESTIONS_MAX];
    size_t used, count;
};

static void add_suggestion(struct suggestions *near, const char *word)
{
    for (size_t i = 0; i < near->count; i++)
        if (strcmp(near->words[i], word) == 0) /* a field and a column may have the same name */
            return;
    if (near->count == SUGGESTIONS_MAX || near->used + strlen(word) + 3 > sizeof near->text)
        return;
    near->used += (size_t)snprintf(near->text + near->used, sizeof near->text - near->used, "%s%s",
                                   near->count ? ", " : "", word);
    near->words[near->count++] = word;
}

/* Field words so many edits away, most useful first. */
static void suggest_near(const char *word, unsigned edits, struct suggestions *near)
{
    if (strlen(word) <= 2 * (size_t)edits)
        return;
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (text_distance(word, FIELDS[i].word) == edits)
            add_suggestion(near, FIELDS[i].word);
    for (size_t i = 0; i < column_count; i++)
        if (text_distance(word, columns[i].id) == edits)
            add_suggestion(near, columns[i].id);
}

/* Letters and digits, case ignored: "IN/s" is "in/s" and "ins", "RECVQ" is "recv-q". */
static bool same_letters(const char *one, const char *other)
{
    for (;; one++, other++) {
        while (*one && !isalnum((unsigned char)*one))
            one++;
        while (*other && !isalnum((unsigned char)*other))
            other++;
        if (tolower((unsigned char)*one) != tolower((unsigned char)*other))
            return false;
        if (!*one)
            return true;
    }
}

/* The word is a column title of the screen or of ss. */
static void suggest_titles(const char *word, struct suggestions *near)
{
    for (size_t i = 0; i < column_count; i++)
        if (same_letters(word, columns[i].title) || same_letters(word, columns[i].id))
            add_suggestion(near, columns[i].id);
}

static void suggest_beginnings(const char *word, struct suggestions *near)
{
    const size_t length = strlen(word);

    for (size_t i = 0; i < column_count && length > 2; i++)
        if (strncasecmp(word, columns[i].id, length) == 0 ||
            strncasecmp(word, columns[i].title, length) == 0)
            add_suggestion(near, columns[i].id);
}

/* A word before an operator was meant as a field. */
static void suggest_field(const char *word, struct suggestions *near)
{
    suggest_titles(word, near);
    if (near->count == 0)
        suggest_near(word, 1, near);
    if (near->count == 0)
        suggest_beginnings(word, near);
    if (near->count == 0)
        suggest_near(word, 2, near);
}

/* "; did you mean in > 1M?", or nothing. */
static void put_suggestions(const struct token *operator, const struct suggestions * near,
                            char *out, size_t size)
{
    out[0] = '\0';
    if (near->count == 1 && operator->kind == TOKEN_OPERATOR && operator[1].kind == TOKEN_WORD)
        snprintf(out, size, "; did you mean %s %s %.30s?",
                 near->text, operator->word, operator[1].word);
    else if (near->count > 0)
        snprintf(out, size, "; did you mean %s?", near->text);
}

/* A bare word before an operator is an unknown field; before another word it may be a misspelt one,
 * if a field is one edit away. */
static int refuse_mistyped(struct filter_parser *parser, const struct token *word)
{
    const struct token *next = parser->token;
    struct suggestions near = {.text = ""};
    char hint[180];

    if (word->quoted || (next->kind != TOKEN_OPERATOR && next->kind != TOKEN_WORD))
        return 0;
    if (next->kind == TOKEN_OPERATOR)
        suggest_field(word->word, &near);
    else
        suggest_near(word->word, 1, &near);
    if (near.count == 0 && next->kind != TOKEN_OPERATOR)
        return 0;
    put_suggestions(next, &near, hint, sizeof hint);
    return filter_fail(parser->error, word, "unknown word \"%.30s\"%s", word->word, hint);
}

static int parse_bare_word(struct filter_parser *parser, struct filter_node *node,
                           const struct token *word)
{
    const int error = refuse_mistyped(parser, word);

    if (error)
        return error;
    if (!word->word[0])
        return filter_fail(parser->error, word, "an empty word matches everything");
    return filter_word_init(node, word, parser->names);
}

static const struct field *find_field(const struct token *token)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (!token->quoted && strcasecmp(FIELDS[i].word, token->word) == 0)
            return &FIELDS[i];
    return NULL;
}

int filter_parse_predicate(struct filter_parser *parser, struct filter_node *node)
{
    const struct token *word = filter_next_token(parser);
    const struct field *field = find_field(word);
    const struct column *column = NULL;

    if (field && field->kind == NODE_COUNT && parser->token->kind != TOKEN_OPEN)
        field = NULL; /* an ordinary word */
    if (field) {
        node->kind = field->kind;
        node->side = field->side;
        return field->parse(parser, node);
    }
    if (!word->quoted)
        column = filter_find_column(word->word);
    /* a column id alone is a field only if something that can be its operand follows */
    if (column && (parser->token->kind == TOKEN_OPERATOR || parser->token->kind == TOKEN_WORD))
        return parse_column(parser, node, column);
    if (column)
        return filter_fail(parser->error, parser->token, "%s needs a value to compare with",
                           word->word);
    return parse_bare_word(parser, node, word);
}
