/* Lines of the session log that stand alone: head, events, gaps; and the members that all lines are
 * made of. Must not know the state of a log. */
#include "core/info.h"
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

void begin_line(struct buffer *buffer, enum record_kind kind, int64_t wall_ns)
{
    buffer_text(buffer, "{\"ev\":\"");
    buffer_text(buffer, RECORDS[kind].name);
    buffer_char(buffer, '"');
    put_time(buffer, "t", wall_ns);
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
        put_signed(buffer, key->key, (int32_t)value);
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

static void put_info(struct buffer *buffer, const struct conn_detail *before,
                     const struct conn_detail *now, bool ticks)
{
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        uint64_t was = 0, is = 0;
        const bool tick = info_ticks((unsigned)i);
        if (info_in_row((unsigned)i) || (tick && !ticks))
            continue;
        bool had = before && info_value(field, before->info, before->info_length, &was);
        bool has = info_value(field, now->info, now->info_length, &is);
        if (has && (!had || was != is || (tick && ticks)))
            put_number(buffer, field->json, is);
        else if (had && !has)
            put_null(buffer, field->json);
    }
}

static bool detail_key_differs(const struct fact *key, const struct conn_detail *before,
                               const struct conn_detail *now)
{
    if (key->form == FACT_TEXT)
        return strcmp(fact_text(key, before), fact_text(key, now)) != 0;
    return fact_number(key, before) != fact_number(key, now);
}

void put_detail(struct buffer *buffer, const struct fact_list *keys,
                const struct conn_detail *before, const struct conn_detail *now, bool ticks)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct fact *key = &keys->list[i];
        bool had = before && fact_is_known(key, before);
        bool has = fact_is_known(key, now);
        if (has && (!had || detail_key_differs(key, before, now)))
            put_key(buffer, key, now);
        else if (had && !has)
            put_null(buffer, key->key);
    }
    put_info(buffer, before, now, ticks);
}

void session_write_head(struct buffer *buffer, const struct session_head *head)
{
    begin_line(buffer, RECORD_HEAD, head->wall_ns);
    put_text(buffer, "format", SESSION_FORMAT);
    buffer_printf(buffer, ",\"version\":\"%u.%u\"", SESSION_MAJOR, SESSION_MINOR);
    put_text_if(buffer, "tcplens", head->tcplens);
    put_text_if(buffer, "host", head->host);
    put_text_if(buffer, "kernel", head->kernel);
    put_text_if(buffer, "boot_id", head->boot_id);
    put_text_if(buffer, "source", head->source);
    put_time(buffer, "start", head->start_ns);
    put_number(buffer, "interval_ms", (uint64_t)head->interval_ns / 1000000u);
    end_line(buffer);
}

/* json_event's object, and what only a log needs. */
void session_write_event(struct buffer *buffer, const struct event *event)
{
    json_event(buffer, event);
    if (!buffer->length || buffer->failed)
        return;
    buffer->length--; /* its closing brace */
    if (event->kind == EVENT_LOST)
        put_text(buffer, "of", "events");
    if (event->serial)
        put_number(buffer, "id", event->serial);
    put_text_if(buffer, "origin", words_name(&EVENT_ORIGIN_WORDS, event->origin));
    if (event->polled_jump)
        put_true(buffer, "polled_jump");
    if (event->owner_start_ticks)
        put_number(buffer, "start_ticks", event->owner_start_ticks);
    end_line(buffer);
}

void session_write_gap(struct buffer *buffer, const struct session_gap *gap)
{
    begin_line(buffer, RECORD_GAP, gap->wall_ns);
    put_number(buffer, "count", gap->frames ? gap->frames : gap->events);
    put_text(buffer, "of", gap->frames ? "frames" : "events");
    if (gap->frames && gap->events)
        put_number(buffer, "events", gap->events);
    if (gap->since_ns)
        put_time(buffer, "since", gap->since_ns);
    put_text(buffer, "reason", gap->reason);
    end_line(buffer);
}
