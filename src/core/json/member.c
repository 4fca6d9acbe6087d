#include "core/json/member.h"

#include "core/json/json.h"
#include "core/text/text.h"

#define TIME_SIZE 48

void json_member_key(struct buffer *buffer, const char *key)
{
    if (!buffer->length || buffer->data[buffer->length - 1] != '{')
        buffer_char(buffer, ',');
    buffer_char(buffer, '"');
    buffer_text(buffer, key);
    buffer_append(buffer, "\":", 2);
}

void json_member_text(struct buffer *buffer, const char *key, const char *text)
{
    json_member_key(buffer, key);
    json_put_text(buffer, text);
}

void json_member_text_if(struct buffer *buffer, const char *key, const char *text)
{
    if (text && text[0])
        json_member_text(buffer, key, text);
}

void json_member_number(struct buffer *buffer, const char *key, uint64_t value)
{
    json_member_key(buffer, key);
    buffer_unsigned(buffer, value < INT64_MAX ? value : INT64_MAX);
}

void json_member_signed(struct buffer *buffer, const char *key, int64_t value)
{
    json_member_key(buffer, key);
    buffer_signed(buffer, value);
}

void json_member_time(struct buffer *buffer, const char *key, int64_t wall_ns)
{
    char time[TIME_SIZE];
    const size_t length = text_rfc3339(time, sizeof(time), wall_ns);

    json_member_key(buffer, key);
    buffer_char(buffer, '"');
    buffer_append(buffer, time, length);
    buffer_char(buffer, '"');
}

void json_member_address(struct buffer *buffer, const char *key, const struct addr *addr,
                         uint8_t family)
{
    char text[ADDR_TEXT_MAX];

    addr_format(text, sizeof(text), addr, family, NULL);
    json_member_text(buffer, key, text);
}

void json_member_true(struct buffer *buffer, const char *key)
{
    json_member_key(buffer, key);
    buffer_append(buffer, "true", 4);
}

void json_member_null(struct buffer *buffer, const char *key)
{
    json_member_key(buffer, key);
    buffer_append(buffer, "null", 4);
}
