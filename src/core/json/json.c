/* JSON and CSV text of rows and events (doc/json.md). Text in a frame is safe UTF-8
 * already; what JSON itself forbids is escaped here. Independent of which facts there are. */
#include "core/json/json.h"

#include "core/column/values.h"
#include "core/digits.h"
#include "core/info.h"
#include "core/json/info.h"
#include "core/json/memo.h"
#include "core/text/text.h"

#include <string.h>

#define NUMBER_MAX 24 /* digits of the longest number, sign included */
#define TIME_MAX   40
#define PLAIN_MAX  (UINT8_MAX + NUMBER_MAX + TIME_MAX) /* a key and a value that is not text */

static char *write_signed(char *at, int64_t value)
{
    if (value >= 0)
        return digits_write(at, (uint64_t)value);
    *at = '-';
    return digits_write(at + 1, 0u - (uint64_t)value);
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

/* Thousandths of a percent as percent, always with a decimal. */
static char *write_share(char *at, int64_t share)
{
    at = write_signed(at, share / 1000);
    *at++ = '.';
    for (int64_t rest = share % 1000, unit = 100; unit && (rest || unit == 100); unit /= 10) {
        *at++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    return at;
}

/* A value that is not text from outside, at most NUMBER_MAX + TIME_MAX bytes. */
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
    case TYPE_SHARE:
        return write_share(at, value->number);
    case TYPE_DURATION:
        return write_signed(at, value->number / column->unit_ns);
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

/* The output position: room is reserved for many values at once. */
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

static bool pen_take_room(struct pen *pen, size_t size)
{
    pen_lift(pen);
    if (size < PEN_ROOM)
        size = PEN_ROOM;
    pen->at = buffer_reserve(pen->buffer, size);
    pen->end = pen->at ? pen->at + size : NULL;
    return pen->at != NULL;
}

/* Room for `size` bytes and a NUL; false when out of memory. */
static inline bool pen_make_room(struct pen *pen, size_t size)
{
    return (size_t)(pen->end - pen->at) > size || pen_take_room(pen, size);
}

/* True if one of eight bytes must be escaped; false positives only cost time. */
static bool has_special(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t quotes = bytes ^ ones * '"', slashes = bytes ^ ones * '\\';

    return ((bytes - ones * 0x20) | (quotes - ones) | (slashes - ones)) & ~bytes & highs;
}

/* Copies text of that length unchanged; false if something in it must be escaped. */
static bool copy_plain(char *at, const char *text, size_t length)
{
    uint64_t bytes;
    size_t i = 0;

    if (length > sizeof(bytes)) { /* the last eight; the rest is then a multiple of eight */
        memcpy(&bytes, text + length - sizeof(bytes), sizeof(bytes));
        if (has_special(bytes))
            return false;
        memcpy(at + length - sizeof(bytes), &bytes, sizeof(bytes));
        length -= length % sizeof(bytes) ? length % sizeof(bytes) : sizeof(bytes);
    }
    for (; i + sizeof(bytes) <= length; i += sizeof(bytes)) {
        memcpy(&bytes, text + i, sizeof(bytes));
        if (has_special(bytes))
            return false;
        memcpy(at + i, &bytes, sizeof(bytes));
    }
    for (; i < length; i++) {
        if (!is_plain((unsigned char)text[i]))
            return false;
        at[i] = text[i];
    }
    return true;
}

static void pen_string(struct pen *pen, const char *text)
{
    size_t length = strlen(text);

    if (!pen_make_room(pen, length + 2))
        return;
    if (!copy_plain(pen->at + 1, text, length)) {
        pen_lift(pen);
        json_put_text(pen->buffer, text);
        return;
    }
    pen->at[0] = pen->at[length + 1] = '"';
    pen->at += length + 2;
}

/* A field of tcp_info in the kernel's unit, which is that of its key. */
static bool read_info(const struct column *column, const struct conn_detail *detail,
                      const struct conn *conn, uint64_t *number)
{
    unsigned index = (unsigned)column->argument - 1;

    return detail && info_is_filled(conn, index) &&
           info_value(&TCP_INFO[index], detail->info, detail->info_length, number);
}

struct row_source { /* the source of one row's members */
    const struct column_context *context;
    const struct conn *conn;
    const struct conn_detail *detail;
};

/* The value behind a key. */
static void put_value(struct pen *pen, const struct column *column, const struct row_source *row,
                      const struct column_value *value)
{
    if (column->put_json) {
        pen_lift(pen);
        column->put_json(pen->buffer, row->context, row->conn);
    } else if (is_text(column)) {
        pen_string(pen, value->text);
    } else {
        pen->at = write_plain(pen->at, column, value);
    }
}

static inline bool is_count(const struct column *column)
{
    const unsigned counts = 1u << TYPE_PORT | 1u << TYPE_COUNT | 1u << TYPE_BYTES | 1u << TYPE_RATE;

    return (counts >> column->type & 1) && !column->put_json;
}

static inline __attribute__((always_inline)) void put_key(struct pen *pen,
                                                          const struct column *column, bool comma)
{
    const size_t skip = comma ? 0 : 1;

    memcpy(pen->at, column->json_member + skip, sizeof(column->json_member) - 1);
    pen->at += column->json_member_length - skip;
}

/* The number of a member, if it is known; text of a detail is left to column_get. */
static inline bool read_number(const struct column *column, const struct row_source *row,
                               uint64_t *number)
{
    const struct fact *fact = &column->fact;

    if (fact->of == FACT_OF_CONN)
        return column_read_conn(column, row->conn, number);
    if (!row->detail || !fact_is_known(fact, row->detail))
        return false;
    *number = fact_number(fact, row->detail);
    return true;
}

/* For a column with a plain member, in the unit of its key. */
static inline __attribute__((always_inline)) void
put_fact(struct pen *pen, const struct column *column, const struct row_source *row, bool comma)
{
    const uint8_t form = column->fact.form;
    const char *word = NULL;
    uint64_t number;

    if (!read_number(column, row, &number) ||
        (form == FACT_WORD && column->type != TYPE_COUNT &&
         !(word = words_name(column->fact.words, number))) ||
        !pen_make_room(pen, PLAIN_MAX))
        return;
    put_key(pen, column, comma);
    if (word)
        pen->at = write_quoted(pen->at, word);
    else if (form == FACT_TIME)
        pen->at = write_time(pen->at, (int64_t)number);
    else
        pen->at = digits_write(pen->at, number);
}

/* For a column outside tcp_info. Inlined: most members are short numbers, and a call takes as long
 * as writing one. */
static inline __attribute__((always_inline)) void put_member(struct pen *pen,
                                                             const struct column *column,
                                                             const struct row_source *row,
                                                             struct column_value *value, bool comma)
{
    if (!column->value && column->fact.form < FACT_HEX) {
        put_fact(pen, column, row, comma);
        return;
    }
    if (!column_get(column, row->context, row->conn, value) || !pen_make_room(pen, PLAIN_MAX))
        return;
    put_key(pen, column, comma);
    if (is_count(column) && value->number >= 0)
        pen->at = digits_write(pen->at, (uint64_t)value->number);
    else
        put_value(pen, column, row, value);
}

static void put_info_member(struct pen *pen, const struct column *column,
                            const struct row_source *row, bool comma)
{
    uint64_t number = 0;

    if (!read_info(column, row->detail, row->conn, &number) || !pen_make_room(pen, PLAIN_MAX))
        return;
    put_key(pen, column, comma);
    pen->at = digits_write(pen->at, number);
}

static size_t pen_length(const struct pen *pen)
{
    return pen->at ? (size_t)(pen->at - pen->buffer->data) : pen->buffer->length;
}

/* Members of the columns in `only`. */
static void put_members(struct buffer *buffer, const struct column_context *context,
                        const struct conn *conn, const uint16_t *only, size_t count)
{
    struct row_source row = {context, conn, frame_detail(context->frame, conn)};
    struct pen pen = {.buffer = buffer};
    struct column_value value;
    size_t start = buffer->length;

    for (size_t i = 0; i < count; i++) {
        const struct column *column = &columns[only[i]];
        const bool comma = pen_length(&pen) != start;

        if (column->argument)
            put_info_member(&pen, column, &row, comma);
        else if (column->json)
            put_member(&pen, column, &row, &value, comma);
    }
    pen_lift(&pen);
}

/* Writes the owner's members from column `i` on; returns the next column. */
static size_t put_owner(struct pen *pen, const struct row_source *row, struct json_memo *memo,
                        size_t i)
{
    struct json_memo_entry *entry = json_memo_entry(memo, row->context->frame, row->conn);
    size_t length = 0, start = pen_length(pen);
    const char *text = entry ? json_memo_text(entry, &length) : NULL;
    struct column_value value;

    if (text && pen_make_room(pen, length)) {
        memcpy(pen->at, text, length);
        pen->at += length;
    }
    for (; columns[i].of_owner; i++) {
        if (!text && columns[i].json)
            put_member(pen, &columns[i], row, &value, true);
    }
    if (entry && !text && !pen->buffer->failed)
        json_memo_keep(entry, pen->buffer->data + start, pen_length(pen) - start);
    return i;
}

/* Members of all columns except `when_named` ones. The first one, the state, is always known; those
 * of tcp_info come last. */
static void put_all_members(struct buffer *buffer, const struct column_context *context,
                            const struct conn *conn, struct json_memo *memo)
{
    struct row_source row = {context, conn, frame_detail(context->frame, conn)};
    struct pen pen = {.buffer = buffer};
    struct column_value value;

    for (size_t i = 0; i < column_count && !columns[i].argument;) {
        const struct column *column = &columns[i];

        if (column->of_owner) {
            i = put_owner(&pen, &row, memo, i);
            continue;
        }
        if (column->json && !column->when_named)
            put_member(&pen, column, &row, &value, i > 0);
        i++;
    }
    if (row.detail && pen_make_room(&pen, JSON_INFO_ROOM))
        pen.at = json_info_write(pen.at, conn, row.detail);
    pen_lift(&pen);
}

void json_row_of_many(struct buffer *buffer, const struct column_context *context,
                      const struct conn *conn, struct json_memo *memo)
{
    buffer_char(buffer, '{');
    put_all_members(buffer, context, conn, memo);
    buffer_char(buffer, '}');
}

void json_row(struct buffer *buffer, const struct column_context *context, const struct conn *conn,
              const uint16_t *only, size_t only_count)
{
    if (!only) {
        json_row_of_many(buffer, context, conn, NULL);
        return;
    }
    buffer_char(buffer, '{');
    put_members(buffer, context, conn, only, only_count);
    buffer_char(buffer, '}');
}

void json_value_text(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size)
{
    char plain[PLAIN_MAX], *end, *text = plain;
    struct column_value value;

    if (!column->json || column->put_json) {
        column_format(column, context, conn, out, size);
        return;
    }
    if (!column_get(column, context, conn, &value)) {
        *out = '\0';
        return;
    }
    if (column->fact.form == FACT_HEX && size > 2) { /* some readers take 1e5 for a number */
        copy_text(out, 3, "0x");
        copy_text(out + 2, size - 2, value.text);
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
