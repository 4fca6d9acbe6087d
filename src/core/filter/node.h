/* The inside of a parsed filter, shared by the filter_*.c files only. Pure. */
#ifndef TCPLENS_CORE_FILTER_NODE_H
#define TCPLENS_CORE_FILTER_NODE_H

#include "core/filter/filter.h"
#include "core/filter/memo.h"

#include <regex.h>

enum node_kind {
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_HOST, /* src, dst, host: address prefixes and a port */
    NODE_PORT, /* sport, dport, port with an operator */
    NODE_DEVICE,
    NODE_FWMARK,
    NODE_CGROUP,
    NODE_AUTOBOUND,
    NODE_STATE,   /* state x, exclude x, anywhere but at the beginning */
    NODE_NUMBER,  /* a numeric column compared */
    NODE_COLUMNS, /* two of them compared */
    NODE_COUNT,   /* count: left is the condition of the counted rows */
    NODE_TEXT,    /* a text column matched */
    NODE_MARK,    /* new, changed, gone */
    NODE_FROM_TO, /* from X, to Y */
    NODE_WORD     /* bare word: substring of what names a connection; or a number */
};

enum filter_side { SIDE_LOCAL = 1, SIDE_REMOTE = 2, SIDE_ANY = 3 };

enum filter_operator {
    OPERATOR_EQ,
    OPERATOR_NE,
    OPERATOR_LT,
    OPERATOR_LE,
    OPERATOR_GT,
    OPERATOR_GE
};

enum text_match { MATCH_EXACT, MATCH_GLOB, MATCH_REGEX };

#define HOST_ADDRESSES_MAX 8

struct host_prefix {
    struct addr addr;
    uint8_t family;
    uint8_t bits;
};

struct text_pattern {
    enum text_match match;
    char *text;    /* as written, without quotes or slashes */
    regex_t regex; /* MATCH_REGEX only */
};

struct filter_node {
    enum node_kind kind;
    struct filter_node *left, *right; /* NOT has left only */
    uint8_t side;                     /* enum filter_side */
    uint8_t compare;                  /* enum filter_operator */
    uint8_t family;                   /* HOST and PORT: "inet:" or "inet6:" was written; 0 = not */
    union {
        struct {
            struct host_prefix prefixes[HOST_ADDRESSES_MAX];
            uint32_t prefix_count; /* 0 = any address */
            bool has_port;
            uint16_t port;
            char *name; /* host name as written, NULL = an address */
        } host;
        struct {
            uint16_t number;
            bool has_limit; /* of one port: `port >= A and port <= B` */
            uint8_t limit_compare;
            uint16_t limit;
        } port;
        struct {
            uint32_t index;
            char *name;
        } device;
        struct {
            uint32_t mark, mask;
        } fwmark;
        struct {
            uint64_t id; /* 0 = compare the path */
            char *path;
        } cgroup;
        struct {
            uint32_t bits;
            char *name;
        } state;
        struct {
            const struct column *column;
            int64_t value;
            uint8_t holder_fact; /* HOLDER_PID: of every process that holds it */
            char *written;       /* the value with its unit, for printing */
        } number;
        struct {
            const struct column *left, *right;
        } columns;
        struct {
            const struct column *by; /* counted by its values; NULL = all together */
            int64_t value;
            char *written;
            struct filter_count *counted;
        } count;
        struct {
            const struct column *column;
            uint8_t holder_fact; /* enum holder_fact: matched against every process that holds it */
            uint8_t shared;      /* enum shared_fact */
            struct text_pattern pattern;
            struct filter_memo *memo;
        } text;
        uint8_t mark; /* enum conn_mark */
        struct {
            uint8_t from, to; /* STATE_NONE = any */
        } step;
        struct {
            char *text;     /* lower case */
            bool is_number; /* 443, :443: an exact port or pid, nothing else */
            uint8_t places; /* enum word_place of word.c */
            struct filter_memo *memo;
            uint64_t *ports; /* a bit for each port whose number or service contains it */
            uint32_t states; /* STATE_BITs of those whose name contains it */
            int32_t pid;     /* as a pid, 0 = none */
        } word;
    } u;
};

enum holder_fact { HOLDER_NOTHING = 0, HOLDER_PID, HOLDER_NAME, HOLDER_EXE };

/* Facts shared by many rows: matched once per frame. */
enum shared_fact { SHARED_NOTHING = 0, SHARED_GROUP, SHARED_CONTAINER, SHARED_USER };

#define PORT_WORDS (65536 / 64)

struct filter {
    bool has_states;          /* leading state/exclude words */
    uint32_t states;          /* STATE_BITs */
    uint8_t family;           /* 0 = both */
    struct filter_node *root; /* NULL = everything */
};

/* lex.c: words with their places in the text. */
enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_OPERATOR
};

struct token {
    enum token_kind kind;
    uint8_t compare; /* TOKEN_OPERATOR: enum filter_operator */
    bool quoted, regex;
    size_t at, length; /* in the text as typed */
    const char *word;  /* unescaped, NUL-terminated; in `words` */
};

struct token_list {
    struct token *tokens; /* the last is TOKEN_END */
    size_t count;
    char *words;
};

int filter_lex(struct token_list *list, const char *text, struct filter_error *error);
void token_list_done(struct token_list *list);

struct filter_parser {
    const struct token *token; /* the next one */
    const struct filter_names *names;
    struct filter_error *error;
    unsigned depth;
    bool counting;  /* inside count( ): "by" ends the expression */
    uint8_t family; /* of the last "inet:" or "inet6:", 0 = none */
};

void filter_node_free(struct filter_node *node);
/* Its printed form contains `and` or `or`. */
static inline bool filter_is_group(const struct filter_node *node)
{
    return node->kind == NODE_AND || node->kind == NODE_OR ||
           (node->kind == NODE_PORT && node->u.port.has_limit);
}
const struct token *filter_next_token(struct filter_parser *parser); /* stays at TOKEN_END */
bool filter_at_word(const struct filter_parser *parser, const char *word);

/* filter.c: terms and what joins them, up to a parenthesis. */
int filter_parse_expression(struct filter_parser *parser, struct filter_node **out);
/* eval.c */
bool filter_node_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn);
bool filter_compare(enum filter_operator compare, int64_t a, int64_t b);
/* count.c: the rows of a frame that satisfy a condition, by a column. */
int filter_parse_count(struct filter_parser *parser, struct filter_node *node);
void filter_count_free(struct filter_count *counted);
bool filter_count_accepts(const struct filter_node *node, const struct column_context *context,
                          const struct conn *conn);

/* field.c: one condition, from its first word on: a field with its operand, or a bare word.
 */
int filter_parse_predicate(struct filter_parser *parser, struct filter_node *node);
/* The operator before an operand, if there is one; else "=". */
void filter_take_operator(struct filter_parser *parser, struct filter_node *node);
/* The operand that `field` needs. */
int filter_expect_word(struct filter_parser *parser, const char *field, const char *expected,
                       const struct token **word);
const struct column *filter_find_column(const char *word); /* by its id or an alias */
int filter_only_equality(struct filter_parser *parser, const struct filter_node *node,
                         const char *field, const struct token *at);

/* state.c: states, sets of states and steps between them. */
int filter_parse_state_bits(struct filter_parser *parser, const char *field, uint32_t *bits,
                            const struct token **word);
int filter_parse_state(struct filter_parser *parser, struct filter_node *node);
int filter_parse_exclude(struct filter_parser *parser, struct filter_node *node);
int filter_parse_from(struct filter_parser *parser, struct filter_node *node);
int filter_parse_to(struct filter_parser *parser, struct filter_node *node);
int filter_parse_new(struct filter_parser *parser, struct filter_node *node);
int filter_parse_changed(struct filter_parser *parser, struct filter_node *node);
int filter_parse_gone(struct filter_parser *parser, struct filter_node *node);

/* word.c: a bare word: where it can occur is determined when it is parsed. */
int filter_word_init(struct filter_node *node, const struct token *token,
                     const struct filter_names *names);
bool filter_word_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn);

/* host.c: "[FAMILY:]ADDRESS[/n][:PORT]" of ss, and ports with service names. */
int filter_parse_host(struct filter_node *node, const struct token *token,
                      const struct filter_names *names, struct filter_error *error);
int filter_parse_port(struct filter_node *node, const struct token *token,
                      const struct filter_names *names, struct filter_error *error);

/* hint.c: whether the values of a column are names ("proc", "unit"). */
bool filter_has_names(const char *column);
const char *filter_nth_name(const char *column, const struct frame *frame, uint32_t n);

/* Fills error and returns -EINVAL. */
int filter_fail(struct filter_error *error, const struct token *token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* value.c: the operand of a column: "50ms", "1.2M", "10s", "/regex/", "ngin*". */
int filter_parse_amount(const char *what, enum column_type type, const struct token *token,
                        int64_t *value, struct filter_error *error);
int filter_parse_number(struct filter_node *node, const struct token *token,
                        struct filter_error *error);
int filter_parse_pattern(struct text_pattern *pattern, const struct token *token,
                         struct filter_error *error);
bool text_pattern_matches(const struct text_pattern *pattern, const char *text);

#endif
