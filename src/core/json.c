/* JSON and CSV text of rows and events (DESIGN 9, doc/json.md). Text in a frame is safe UTF-8
 * already; what JSON itself forbids is escaped here. Must not know which facts there are. */
#include "core/json.h"

#include "core/column_values.h"
#include "core/info.h"
#include "core/text.h"

#include <string.h>

#define NUMBER_MAX 24 /* digits of the longest number, sign included */
#define TIME_MAX   40
#define PLAIN_MAX  (UINT8_MAX + NUMBER_MAX + TIME_MAX) /* a key and a value that is no text */

/* The eight decimal digits of a number below 10^8, the first in the lowest byte: all at once, since
 * a loop over digits of ever changing count costs more in mispredicted branches than in work. */
static uint64_t eight_digits(uint32_t number)
{
    const uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    const uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
    const uint64_t twos = hundreds + ((fours - 100 * hundreds) << 16);
    const uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);

    return tens + ((twos - 10 * tens) << 8);
}

static char *write_digits(char *at, uint64_t digits, unsigned leading)
{
    uint64_t bytes = (digits | UINT64_C(0x3030303030303030)) >> 8 * leading;

    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        bytes = __builtin_bswap64(bytes);
    memcpy(at, &bytes, sizeof(bytes)); /* there is room for what is then written over */
    return at + 8 - leading;
}

static char *write_unsigned(char *at, uint64_t value)
{
    uint64_t digits;

    if (value < 10) { /* half of all numbers in a row */
        *at = (char)('0' + value);
        return at + 1;
    }
    if (value >= 100000000) {
        at = write_unsigned(at, value / 100000000);
        return write_digits(at, eight_digits((uint32_t)(value % 100000000)), 0);
    }
    digits = eight_digits((uint32_t)value);
    return write_digits(at, digits, (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8);
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

void json_put_text(struct buffer *buffer, const char *text)
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

/* Where a row is being written: room is made rarely, not for each value. */
struct pen {
    struct buffer *buffer;
    char *at, *end;
};

#define PEN_ROOM 8192

static void pen_lift(struct pen *pen)
{
    if (!pen->at)
        return;
    *pen->at = '\0';
    pen->buffer->length = (size_t)(pen->at - pen->buffer->data);
    pen->at = pen->end = NULL;
}

/* Room for `size` bytes and a NUL; false when out of memory. */
static bool pen_make_room(struct pen *pen, size_t size)
{
    if (pen->at && (size_t)(pen->end - pen->at) > size)
        return true;
    pen_lift(pen);
    if (size < PEN_ROOM)
        size = PEN_ROOM;
    pen->at = buffer_reserve(pen->buffer, size);
    pen->end = pen->at ? pen->at + size : NULL;
    return pen->at != NULL;
}

static void pen_string(struct pen *pen, const char *text)
{
    char *start, *at;

    if (!pen_make_room(pen, strlen(text) + 2))
        return;
    start = at = pen->at;
    *at++ = '"';
    for (; *text && is_plain((unsigned char)*text); text++)
        *at++ = *text;
    if (!*text) {
        *at++ = '"';
        pen->at = at;
        return;
    }
    text -= at - start - 1; /* something is to be escaped: the long way from the beginning */
    pen_lift(pen);
    json_put_text(pen->buffer, text);
}

/* A field of tcp_info in the kernel's unit, which is that of its key. */
static bool read_info(const struct column *column, const struct conn_detail *detail,
                      const struct conn *conn, uint64_t *number)
{
    unsigned index = (unsigned)column->argument - 1;

    return detail && info_is_filled(conn, index) &&
           info_value(&TCP_INFO[index], detail->info, detail->info_length, number);
}

struct row_source { /* what the members of one row are read from */
    const struct column_context *context;
    const struct conn *conn;
    const struct conn_detail *detail;
};

static void put_member(struct pen *pen, const struct column *column, const struct row_source *row,
                       bool comma)
{
    struct column_value value;
    uint64_t number = 0;
    size_t skip = comma ? 0 : 1;

    if (column->argument ? !read_info(column, row->detail, row->conn, &number)
                         : !column->value(row->context, row->conn, &value))
        return;
    if (!pen_make_room(pen, PLAIN_MAX))
        return;
    memcpy(pen->at, column->json_member + skip, sizeof(column->json_member) - 1);
    pen->at += column->json_member_length - skip;
    if (column->argument) {
        pen->at = write_unsigned(pen->at, number);
    } else if (column->put_json) {
        pen_lift(pen);
        column->put_json(pen->buffer, row->context, row->conn);
    } else if (is_text(column)) {
        pen_string(pen, value.text);
    } else {
        pen->at = write_plain(pen->at, column, &value);
    }
}

static size_t pen_length(const struct pen *pen)
{
    return pen->at ? (size_t)(pen->at - pen->buffer->data) : pen->buffer->length;
}

/* Members of all columns, or of those in `only`. */
static void put_members(struct buffer *buffer, const struct column_context *context,
                        const struct conn *conn, const uint16_t *only, size_t count, bool comma)
{
    struct row_source row = {context, conn, frame_detail(context->frame, conn)};
    struct pen pen = {.buffer = buffer};
    size_t start = buffer->length;

    for (size_t i = 0; i < count; i++) {
        const struct column *column = &columns[only ? only[i] : i];

        if (column->json)
            put_member(&pen, column, &row, comma || pen_length(&pen) != start);
    }
    pen_lift(&pen);
}

void json_row_members(struct buffer *buffer, const struct column_context *context,
                      const struct conn *conn, bool comma)
{
    put_members(buffer, context, conn, NULL, column_count, comma);
}

void json_row(struct buffer *buffer, const struct column_context *context, const struct conn *conn,
              const uint16_t *only, size_t only_count)
{
    buffer_char(buffer, '{');
    put_members(buffer, context, conn, only, only ? only_count : column_count, false);
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
