/* filter_value: operands of columns: numbers with units, and text patterns (exact, glob, regex). */
#include "core/filter/node.h"
#include "core/text/moment.h"
#include "core/text/text.h"
#include "core/text/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATTERN_MAX         200
#define REGEX_DOUBLINGS_MAX 4

struct type_units {
    const struct unit *units;
    const char *expected;
};

static const struct type_units TYPE_UNITS[] = {
    [TYPE_PORT] = {UNITS_COUNT, "a number"},
    [TYPE_COUNT] = {UNITS_COUNT, "a number: 10 or 1.5k"},
    [TYPE_BYTES] = {UNITS_BYTES, "bytes: 4096, 64k or 1.5MiB"},
    [TYPE_RATE] = {UNITS_BYTES, "bytes a second: 800, 64k or 1M"},
    [TYPE_DURATION] = {UNITS_SPAN, "a time with a unit: 50ms, 10s, 5m, 2h or 1d"},
    [TYPE_TIME] = {NULL, "a time: " MOMENT_EXPECTED},
    [TYPE_FLAG] = {UNITS_COUNT, "0 or 1"},
    [TYPE_SHARE] = {UNITS_PERCENT, "percent: 2 or 0.5%"},
};

static bool parse_unsigned_decimal(const char *text, double *value, const char **end)
{
    char *stop;

    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        *value = (double)strtoull(text, &stop, 16);
    } else {
        const size_t digits = strspn(text, "0123456789.");
        *value = strtod(text, &stop); /* LC_NUMERIC is "C": only LC_CTYPE is set */
        if (stop > text + digits)
            return false; /* exponents are not allowed */
    }
    *end = stop;
    return stop > text;
}

int filter_parse_amount(const char *what, enum column_type kind, const struct token *token,
                        int64_t *value, struct filter_error *error)
{
    const struct type_units *type = &TYPE_UNITS[kind];
    const char *rest;
    char units[80];
    double number;

    if (kind == TYPE_TIME)
        return text_parse_moment(token->word, value) == 0
                   ? 0
                   : filter_fail(error, token, "%s takes %s", what, type->expected);
    if (!parse_unsigned_decimal(token->word, &number, &rest))
        return filter_fail(error, token, "%s takes %s", what, type->expected);
    const struct unit *unit = units_find(type->units, rest);
    if (!unit && !rest[0])
        return filter_fail(error, token, "no unit: %s takes %s", what, type->expected);
    if (!unit)
        return filter_fail(error, token, "unknown unit \"%.20s\" (%s): %s takes %s", rest,
                           units_list(type->units, units, sizeof units), what, type->expected);
    if (number * unit->factor >= 9.2e18)
        return filter_fail(error, token, "this number is too large");
    *value = (int64_t)(number * unit->factor + 0.5);
    return 0;
}

/* "4123" or "0x101b". */
static bool is_whole_number(const char *word)
{
    const char *end;
    double number;

    return parse_unsigned_decimal(word, &number, &end) && !end[0] && !strchr(word, '.');
}

int filter_parse_number(struct filter_node *node, const struct token *token,
                        struct filter_error *error)
{
    const struct column *column = node->u.number.column;

    if (column->exact && !is_whole_number(token->word))
        return filter_fail(error, token, "%s takes a whole number, such as 4123", column->id);
    const int result =
        filter_parse_amount(column->id, column->type, token, &node->u.number.value, error);

    if (result)
        return result;
    node->u.number.written = strdup(token->word);
    return node->u.number.written ? 0 : -ENOMEM;
}

/* Refuses a regex that could take unbounded time or memory: counted repeats, back references, and
 * many repeats of repeats, as each doubles what glibc's regcomp builds (2 s and 1 GB for 20 of
 * them, glibc 2.36). */
static int check_regex(const char *text, const struct token *token, struct filter_error *error)
{
    unsigned doublings = 0;

    for (const char *at = text; *at; at++) {
        const bool is_behind = at > text;
        if (*at == '\\' && isdigit((unsigned char)at[1]))
            return filter_fail(error, token, "back references are not understood in a regex");
        if (*at == '{' && (!is_behind || at[-1] != '\\'))
            return filter_fail(error, token, "counted repeats {n} are not understood in a regex");
        if (*at == '+' && is_behind && strchr(")+*?", at[-1]))
            doublings++;
    }
    if (doublings > REGEX_DOUBLINGS_MAX)
        return filter_fail(error, token, "more than %d repeats of groups (...)+ in a regex",
                           REGEX_DOUBLINGS_MAX);
    return 0;
}

static int compile_regex(struct text_pattern *pattern, const struct token *token,
                         struct filter_error *error)
{
    char why[80];

    pattern->text[strlen(pattern->text) - 1] = '\0';
    memmove(pattern->text, pattern->text + 1, strlen(pattern->text));
    int result = check_regex(pattern->text, token, error);
    if (result)
        return result;
    result = regcomp(&pattern->regex, pattern->text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (result == REG_ESPACE)
        return -ENOMEM;
    if (result) {
        regerror(result, NULL, why, sizeof why);
        return filter_fail(error, token, "bad regex: %s", why);
    }
    pattern->match = MATCH_REGEX;
    return 0;
}

int filter_parse_pattern(struct text_pattern *pattern, const struct token *token,
                         struct filter_error *error)
{
    int result = 0;

    if (strlen(token->word) > PATTERN_MAX)
        return filter_fail(error, token, "a pattern has at most %d bytes", PATTERN_MAX);
    pattern->text = strdup(token->word);
    if (!pattern->text)
        return -ENOMEM;
    if (token->regex)
        result = compile_regex(pattern, token, error);
    else if (!token->quoted && strpbrk(token->word, "*?"))
        pattern->match = MATCH_GLOB;
    if (result) {
        free(pattern->text);
        pattern->text = NULL;
    }
    return result;
}

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

/* '*' and '?' over bytes, ignoring case; linear except for the last star. */
static bool glob_matches(const char *glob, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text) {
        if (*glob == '*') {
            star = glob++;
            from = text;
        } else if (*glob == '?' || (*glob && lower(*glob) == lower(*text))) {
            glob++;
            text++;
        } else if (star) {
            glob = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

bool text_pattern_matches(const struct text_pattern *pattern, const char *text)
{
    switch (pattern->match) {
    case MATCH_EXACT:
        return strcasecmp(pattern->text, text) == 0;
    case MATCH_GLOB:
        return glob_matches(pattern->text, text);
    case MATCH_REGEX:
        return regexec(&pattern->regex, text, 0, NULL, 0) == 0;
    }
    return false;
}
