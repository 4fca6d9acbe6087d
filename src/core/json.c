/* JSON and CSV text of rows and events (DESIGN 9, doc/json.md). Text in a frame is safe UTF-8
 * already; what JSON itself forbids is escaped here. Must not know which facts there are. */
#include "core/json.h"

#include "core/text.h"

#include <string.h>

#define NUMBER_MAX 24 /* digits of the longest number, sign included */
#define TIME_MAX   40
#define PLAIN_MAX  (UINT8_MAX + NUMBER_MAX + TIME_MAX) /* a key and a value that is no text */

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

static char *write_unsigned(char *at, uint64_t value)
{
    char digits[NUMBER_MAX];
    char *first = digits + sizeof(digits);
    size_t length;

    while (value >= 100) {
        first -= 2;
        memcpy(first, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        first -= 2;
        memcpy(first, digit_pairs + value * 2, 2);
    } else {
        *--first = (char)('0' + value);
    }
    length = (size_t)(digits + sizeof(digits) - first);
    memcpy(at, first, length);
    return at + length;
}

static char *write_signed(char *at, int64_t value)
{
    if (value >= 0)
        return write_unsigned(at, (uint64_t)value);
    *at = '-';
    return write_unsigned(at + 1, 0u - (uint64_t)value);
}

static void put_escape(struct buffer *buffer, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\') {
        escape[1] = (char)c;
        buffer_append(buffer, escape, 2);
        return;
    }
    buffer_append(buffer, escape, sizeof(escape));
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

void json_string(struct buffer *buffer, const char *text)
{
    const char *run = text;

    buffer_char(buffer, '"');
    for (; *text; text++) {
        if (is_plain((unsigned char)*text))
            continue;
        buffer_append(buffer, run, (size_t)(text - run));
        put_escape(buffer, (unsigned char)*text);
        run = text + 1;
    }
    buffer_append(buffer, run, (size_t)(text - run));
    buffer_char(buffer, '"');
}

static char *write_quoted(char *at, const char *text)
{
    size_t length = strlen(text);

    *at = '"';
    memcpy(at + 1, text, length);
    at[length + 1] = '"';
    return at + length + 2;
}

static char *write_time(char *at, int64_t wall_ns)
{
    *at = '"';
    at += 1 + text_rfc3339(at + 1, TIME_MAX, wall_ns);
    *at = '"';
    return at + 1;
}

/* A value that is no text from outside, at most NUMBER_MAX + TIME_MAX bytes. */
static char *write_plain(char *at, const struct column *column, const struct column_value *value)
{
    switch ((enum column_type)column->type) {
    case TYPE_STATE:
        return write_quoted(at, TCP_STATES[value->number].name);
    case TYPE_TIME:
        return write_time(at, value->number);
    case TYPE_FLAG:
        memcpy(at, value->number ? "true " : "false", 5);
        return at + (value->number ? 4 : 5);
    case TYPE_DURATION:
        return write_signed(at, value->number / column->json_unit_ns);
    case TYPE_PORT:
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_RATE:
    case TYPE_TEXT:
    case TYPE_ADDRESS:
        break;
    }
    return write_signed(at, value->number);
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        length = size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
}

static bool is_text(const struct column *column)
{
    return column->type == TYPE_TEXT || column->type == TYPE_ADDRESS;
}

static void put_member(struct buffer *buffer, const struct column *column,
                       const struct column_context *context, const struct conn *conn, bool comma)
{
    struct column_value value;
    size_t skip = comma ? 0 : 1;
    char *at;

    if (!column->value(context, conn, &value))
        return;
    at = buffer_reserve(buffer, PLAIN_MAX);
    if (!at)
        return;
    memcpy(at, column->json_member + skip, column->json_member_length - skip);
    at += column->json_member_length - skip;
    if (!is_text(column) && !column->put_json)
        at = write_plain(at, column, &value);
    *at = '\0';
    buffer->length = (size_t)(at - buffer->data);
    if (column->put_json)
        column->put_json(buffer, context, conn);
    else if (is_text(column))
        json_string(buffer, value.text);
}

void json_row_members(struct buffer *buffer, const struct column_context *context,
                      const struct conn *conn, bool comma)
{
    for (size_t i = 0; i < column_count; i++) {
        size_t before = buffer->length;

        if (columns[i].json)
            put_member(buffer, &columns[i], context, conn, comma);
        comma = comma || buffer->length != before;
    }
}

void json_row(struct buffer *buffer, const struct column_context *context, const struct conn *conn,
              const uint16_t *only, size_t only_count)
{
    size_t start;

    buffer_char(buffer, '{');
    start = buffer->length;
    if (!only)
        json_row_members(buffer, context, conn, false);
    for (size_t i = 0; only && i < only_count; i++) {
        if (columns[only[i]].json)
            put_member(buffer, &columns[only[i]], context, conn, buffer->length != start);
    }
    buffer_char(buffer, '}');
}

void json_value_text(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size)
{
    char plain[PLAIN_MAX], *end = plain, *text = plain;
    struct column_value value;

    if (!column->json || column->put_json) {
        column_format(column, context, conn, out, size);
        return;
    }
    if (!column->value(context, conn, &value)) {
        *out = '\0';
        return;
    }
    if (is_text(column)) {
        copy_text(out, size, value.text);
        return;
    }
    end = write_plain(plain, column, &value);
    if (*text == '"') {
        text++;
        end--;
    }
    *end = '\0';
    copy_text(out, size, text);
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && !text[digits];
}

/* RFC 4180; the apostrophe keeps spreadsheets from running a cell as a formula. */
void csv_cell(struct buffer *buffer, const char *text, bool first)
{
    bool formula = text[0] && strchr("=+-@", text[0]) && !(text[0] == '-' && is_number(text + 1));
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (!first)
        buffer_char(buffer, ',');
    if (quoted)
        buffer_char(buffer, '"');
    if (formula)
        buffer_char(buffer, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buffer_char(buffer, '"');
        buffer_char(buffer, *text);
    }
    if (quoted)
        buffer_char(buffer, '"');
}
