/* filter_lex: the text of a filter to words. Operators and quotes only; independent of fields. */
#include "core/filter/node.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_TEXT_MAX 4096

struct spelling {
    const char *text;
    uint8_t kind;
    uint8_t compare;
};

/* All spellings of ss (yylex of its ssfilter.y). */
static const struct spelling SPELLINGS[] = {
    {"!", TOKEN_NOT, 0},
    {"not", TOKEN_NOT, 0},
    {"&", TOKEN_AND, 0},
    {"&&", TOKEN_AND, 0},
    {"and", TOKEN_AND, 0},
    {"|", TOKEN_OR, 0},
    {"||", TOKEN_OR, 0},
    {"or", TOKEN_OR, 0},
    {"(", TOKEN_OPEN, 0},
    {")", TOKEN_CLOSE, 0},
    {">=", TOKEN_OPERATOR, OPERATOR_GE},
    {"ge", TOKEN_OPERATOR, OPERATOR_GE},
    {"geq", TOKEN_OPERATOR, OPERATOR_GE},
    {"<=", TOKEN_OPERATOR, OPERATOR_LE},
    {"le", TOKEN_OPERATOR, OPERATOR_LE},
    {"leq", TOKEN_OPERATOR, OPERATOR_LE},
    {"!=", TOKEN_OPERATOR, OPERATOR_NE},
    {"ne", TOKEN_OPERATOR, OPERATOR_NE},
    {"neq", TOKEN_OPERATOR, OPERATOR_NE},
    {"=", TOKEN_OPERATOR, OPERATOR_EQ},
    {"==", TOKEN_OPERATOR, OPERATOR_EQ},
    {"eq", TOKEN_OPERATOR, OPERATOR_EQ},
    {">", TOKEN_OPERATOR, OPERATOR_GT},
    {"gt", TOKEN_OPERATOR, OPERATOR_GT},
    {"<", TOKEN_OPERATOR, OPERATOR_LT},
    {"lt", TOKEN_OPERATOR, OPERATOR_LT},
};

int filter_fail(struct filter_error *error, const struct token *token, const char *format, ...)
{
    va_list arguments;

    error->column = token->at;
    error->length = token->kind == TOKEN_END ? 0 : token->length;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

void token_list_done(struct token_list *list)
{
    free(list->tokens);
    free(list->words);
    *list = (struct token_list){0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void token_classify(struct token *token)
{
    token->kind = TOKEN_WORD;
    if (token->quoted || token->regex)
        return;
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof *SPELLINGS; i++) {
        if (strcmp(token->word, SPELLINGS[i].text) != 0)
            continue;
        token->kind = SPELLINGS[i].kind;
        token->compare = SPELLINGS[i].compare;
    }
}

/* Operator characters end a word, so that "rtt>50ms" and "port=443" need no blanks. A word may
 * still hold '!' and '|' inside, as names do. */
static size_t operator_length(const char *text)
{
    if (strchr("<>=!", text[0]) && text[0] && text[1] == '=')
        return 2;
    if (text[0] == '<' || text[0] == '>' || text[0] == '=')
        return 1;
    return 0;
}

static size_t punctuation_length(const char *text)
{
    if (text[0] == '(' || text[0] == ')' || text[0] == '!')
        return text[0] == '!' && text[1] == '=' ? 2 : 1;
    if (text[0] == '&' || text[0] == '|')
        return text[1] == text[0] ? 2 : 1;
    return operator_length(text);
}

/* "/regex/": up to a slash before a blank, a parenthesis or the end; 0 if it is not a regex. */
static size_t regex_length(const char *text)
{
    if (text[0] != '/')
        return 0;
    for (size_t i = 1; text[i]; i++) {
        if (text[i] == '\\' && text[i + 1])
            i++;
        else if (text[i] == '/' && i > 1 &&
                 (text[i + 1] == '\0' || is_blank(text[i + 1]) || text[i + 1] == ')'))
            return i + 1;
    }
    return 0;
}

struct lexer {
    const char *text;
    size_t at;
    char *out;
    struct filter_error *error;
};

/* A backslash escapes the next character, as in ss; except in \xNN, which occurs in names of units
 * and in safe text. */
static bool escapes_next(const char *at)
{
    if (at[0] != '\\' || at[1] == '\0')
        return false;
    return !(at[1] == 'x' && isxdigit((unsigned char)at[2]) && isxdigit((unsigned char)at[3]));
}

static int lex_quoted(struct lexer *lexer, struct token *token)
{
    const char *text = lexer->text;

    token->quoted = true;
    token->kind = TOKEN_WORD;
    for (size_t at = lexer->at + 1; text[at]; at++) {
        if (text[at] == '"') {
            lexer->at = at + 1;
            return 0;
        }
        if (escapes_next(text + at))
            at++;
        *lexer->out++ = text[at];
    }
    token->length = strlen(text) - token->at;
    return filter_fail(lexer->error, token, "this quote is not closed: expected \" at the end");
}

static void lex_word(struct lexer *lexer)
{
    const char *text = lexer->text;
    size_t at = lexer->at;

    while (text[at] && !is_blank(text[at]) && text[at] != '(' && text[at] != ')' &&
           operator_length(text + at) == 0) {
        if (escapes_next(text + at))
            at++;
        *lexer->out++ = text[at++];
    }
    lexer->at = at;
}

static void lex_copy(struct lexer *lexer, size_t length)
{
    memcpy(lexer->out, lexer->text + lexer->at, length);
    lexer->out += length;
    lexer->at += length;
}

static int lex_token(struct lexer *lexer, struct token *token)
{
    const char *text = lexer->text;

    token->at = lexer->at;
    token->word = lexer->out;
    const size_t regex = regex_length(text + lexer->at);
    const size_t punctuation = punctuation_length(text + lexer->at);
    int error = 0;
    token->regex = regex > 0;
    if (regex)
        lex_copy(lexer, regex);
    else if (text[lexer->at] == '"')
        error = lex_quoted(lexer, token);
    else if (punctuation)
        lex_copy(lexer, punctuation);
    else
        lex_word(lexer);
    token->length = lexer->at - token->at;
    *lexer->out++ = '\0';
    if (!error)
        token_classify(token);
    return error;
}

int filter_lex(struct token_list *list, const char *text, struct filter_error *error)
{
    const size_t length = strlen(text);
    struct token_list made = {0};
    struct lexer lexer = {text, 0, NULL, error};
    int result = 0;

    if (length > FILTER_TEXT_MAX) {
        const struct token end = {.kind = TOKEN_END, .at = FILTER_TEXT_MAX};
        return filter_fail(error, &end, "the filter is longer than %d bytes", FILTER_TEXT_MAX);
    }
    made.tokens = calloc(length + 2, sizeof *made.tokens);
    made.words = malloc(2 * length + 2); /* each token needs its length and a NUL */
    if (!made.tokens || !made.words) {
        token_list_done(&made);
        return -ENOMEM;
    }
    lexer.out = made.words;
    while (!result) {
        while (is_blank(text[lexer.at]))
            lexer.at++;
        if (!text[lexer.at])
            break;
        result = lex_token(&lexer, &made.tokens[made.count++]);
    }
    made.tokens[made.count] = (struct token){.kind = TOKEN_END, .at = length, .word = ""};
    made.count++;
    if (result)
        token_list_done(&made);
    else
        *list = made;
    return result;
}
