/* Writing the members that lines of the session log are made of. Independent of the state of a log.
 */
#include "core/json/json.h"
#include "core/text/text.h"
#include "session/format/write.h"

#include <string.h>

#define TIME_SIZE 48

static void begin_member(struct buffer *buffer, const char *key)
{
    buffer_append(buffer, ",\"", 2);
    buffer_text(buffer, key);
    buffer_append(buffer, "\":", 2);
}

void put_number(struct buffer *buffer, const char *key, uint64_t value)
{
    begin_member(buffer, key);
    buffer_unsigned(buffer, value < INT64_MAX ? value : INT64_MAX);
}

void put_signed(struct buffer *buffer, const char *key, int64_t value)
{
    begin_member(buffer, key);
    buffer_signed(buffer, value);
}

void put_text(struct buffer *buffer, const char *key, const char *text)
{
    begin_member(buffer, key);
    json_put_text(buffer, text);
}

void put_text_if(struct buffer *buffer, const char *key, const char *text)
{
    if (text && text[0])
        put_text(buffer, key, text);
}

void put_time(struct buffer *buffer, const char *key, int64_t wall_ns)
{
    char time[TIME_SIZE];
    size_t length = text_rfc3339(time, sizeof(time), wall_ns);

    begin_member(buffer, key);
    buffer_char(buffer, '"');
    buffer_append(buffer, time, length);
    buffer_char(buffer, '"');
}

void put_true(struct buffer *buffer, const char *key)
{
    begin_member(buffer, key);
    buffer_append(buffer, "true", 4);
}

void put_null(struct buffer *buffer, const char *key)
{
    begin_member(buffer, key);
    buffer_append(buffer, "null", 4);
}

void begin_line(struct buffer *buffer, enum record_kind kind, uint64_t seq, int64_t wall_ns)
{
    buffer_text(buffer, "{\"ev\":\"");
    buffer_text(buffer, RECORDS[kind].name);
    buffer_char(buffer, '"');
    put_time(buffer, "t", wall_ns);
    if (seq)
        put_number(buffer, "seq", seq);
}

void end_line(struct buffer *buffer)
{
    buffer_append(buffer, "}\n", 2);
}

static void put_hex(struct buffer *buffer, const char *key, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    char text[17];
    size_t at = sizeof(text) - 1;

    text[at] = '\0';
    for (; value; value >>= 4)
        text[--at] = digits[value & 15];
    put_text(buffer, key, text + at);
}

void put_key(struct buffer *buffer, const struct fact *key, const void *base)
{
    uint64_t value = key->form == FACT_TEXT ? 0 : fact_number(key, base);

    switch ((enum fact_form)key->form) {
    case FACT_SIGNED:
        put_signed(buffer, key->key, key->size == 4 ? (int32_t)value : (int64_t)value);
        return;
    case FACT_TIME:
        put_time(buffer, key->key, (int64_t)value);
        return;
    case FACT_WORD:
        put_text(buffer, key->key, words_name(key->words, value));
        return;
    case FACT_FLAG:
        put_true(buffer, key->key);
        return;
    case FACT_HEX:
        put_hex(buffer, key->key, value);
        return;
    case FACT_TEXT:
        put_text(buffer, key->key, fact_text(key, base));
        return;
    case FACT_NUMBER:
    case FACT_TICK_UP:
    case FACT_TICK_DOWN:
        put_number(buffer, key->key, value);
        return;
    }
}

void session_put_tuple(const struct session_pass *pass, uint32_t netns, const struct tuple *tuple)
{
    struct buffer *buffer = pass->buffer;

    put_text(buffer, "proto", "tcp");
    json_tuple_members(buffer, tuple);
    if (tuple->scope)
        put_text_if(buffer, "ifname", frame_interface_name(pass->frame, netns, tuple->scope));
}
