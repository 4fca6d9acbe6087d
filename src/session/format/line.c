/* Writes members common to lines of the session log. Independent of the state of a log. */
#include "core/json/json.h"
#include "session/format/write.h"

#include <string.h>

void begin_line(struct buffer *buffer, enum record_kind kind, uint64_t seq, int64_t wall_ns)
{
    buffer_text(buffer, "{\"ev\":\"");
    buffer_text(buffer, RECORDS[kind].name);
    buffer_char(buffer, '"');
    json_member_time(buffer, "t", wall_ns);
    if (seq)
        json_member_number(buffer, "seq", seq);
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
    json_member_text(buffer, key, text + at);
}

void put_key(struct buffer *buffer, const struct fact *key, const void *base)
{
    uint64_t value = key->form == FACT_TEXT ? 0 : fact_number(key, base);

    switch ((enum fact_form)key->form) {
    case FACT_SIGNED:
        json_member_signed(buffer, key->key, key->size == 4 ? (int32_t)value : (int64_t)value);
        return;
    case FACT_TIME:
        json_member_time(buffer, key->key, (int64_t)value);
        return;
    case FACT_WORD:
        json_member_text(buffer, key->key, words_name(key->words, value));
        return;
    case FACT_FLAG:
        json_member_true(buffer, key->key);
        return;
    case FACT_HEX:
        put_hex(buffer, key->key, value);
        return;
    case FACT_TEXT:
        json_member_text(buffer, key->key, fact_text(key, base));
        return;
    case FACT_NUMBER:
    case FACT_TICK_UP:
    case FACT_TICK_DOWN:
        json_member_number(buffer, key->key, value);
        return;
    }
}

void session_put_tuple(const struct session_pass *pass, uint32_t netns, const struct tuple *tuple)
{
    struct buffer *buffer = pass->buffer;

    json_member_text(buffer, "proto", "tcp");
    json_tuple_members(buffer, tuple);
    if (tuple->scope)
        json_member_text_if(buffer, "ifname",
                            frame_interface_name(pass->frame, netns, tuple->scope));
}
