/* Event lines: what opened, changed and closed, as in `events --json`, plus members that only a log
 * needs. */
#include "core/json/json.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <string.h>

#define PLACE_TEXT 512 /* bytes of a name */

static const struct session_key KEYS[] = {
    {"id", .help = "number of the row, or of the process, in this session"},
    SESSION_TUPLE_KEYS,
    {"out_bytes", .help = "payload sent"},
    {"pid", .help = "process id"},
    {"comm", .help = "process name"},
    {"from", .help = "state before",
     .records = RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE)},
    {"to", .help = "state after"},
    {"exact", .help = "t is the moment itself; else it was before"},
    {"netns", .help = "network namespace"},
    {"cookie", .help = "socket cookie"},
    {"uid", .help = "user of the socket"},
    {"user", .help = "name of uid; where that is not known, of the process's user"},
    {"unit", .help = "systemd unit of the process"},
    {"container", .help = "container of the process"},
    {"created_min", .help = "it was created then or later", .records = RECORD_BIT(RECORD_CLOSE)},
    {"created_max", .help = "it was created then or before", .records = RECORD_BIT(RECORD_CLOSE)},
    {"from_ms", .help = "time in from", .records = RECORD_BIT(RECORD_STATE)},
    {"duration_ms", .help = "age", .records = RECORD_BIT(RECORD_CLOSE)},
    {"in_bytes", .help = "payload received",
     .records = RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE)},
    {"rtt_us", .help = "round trip time",
     .records = RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE)},
    {"retrans", .help = "retransmissions",
     .records = RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE)},
    {"end", .help = "how it ended", .records = RECORD_BIT(RECORD_CLOSE)},
    {"reset", .help = "why we sent a reset", .records = RECORD_BIT(RECORD_CLOSE)},
    {"error", .help = "errno with which it ended", .records = RECORD_BIT(RECORD_CLOSE)},
    {"origin", .help = "what reported it: frame, destroy, bpf"},
    {"polled_jump", .help = "states in between were not seen", .records = RECORD_BIT(RECORD_STATE)},
    {"start_ticks", .help = "with pid: which process"},
};
const struct session_keys session_event_keys = SESSION_KEYS(KEYS);
/* json_event's object, plus members that only a log needs. */
void session_write_event(struct buffer *buffer, uint64_t seq, const struct event *event,
                         const struct event_place *place)
{
    struct event_place whose = *place;

    whose.host = NULL; /* implied by its namespace */
    json_event(buffer, seq, event, &whose);
    if (!buffer->length || buffer->failed)
        return;
    buffer->length--; /* its closing brace */
    if (event->kind == EVENT_LOST)
        json_member_text(buffer, "of", "events");
    json_member_text_if(buffer, "origin", words_name(&EVENT_ORIGIN_WORDS, event->origin));
    if (event->polled_jump)
        json_member_true(buffer, "polled_jump");
    if (event->owner_start_ticks)
        json_member_number(buffer, "start_ticks", event->owner_start_ticks);
    end_line(buffer);
}

static uint8_t get_origin(struct get *get)
{
    char word[16] = "";

    get_text(get, "origin", word, sizeof(word));
    int origin = words_find(&EVENT_ORIGIN_WORDS, word, strlen(word));
    return origin > EVENT_FROM_FRAME ? (uint8_t)origin : (uint8_t)EVENT_FROM_LOG;
}

/* 0: absent, or of a newer version. */
static uint8_t get_word(struct get *get, const char *key, const struct words *words)
{
    char word[24] = "";

    get_text(get, key, word, sizeof(word));
    const int found = words_find(words, word, strlen(word));
    return found > 0 ? (uint8_t)found : 0;
}

static void read_event_end(struct get *get, struct event *event)
{
    event->end = get_word(get, "end", &EVENT_END_WORDS);
    event->reset_why = get_word(get, "reset", &EVENT_RESET_WORDS);
    event->error = get_word(get, "error", &EVENT_ERROR_WORDS);
}

static void read_event_totals(struct get *get, struct event *event)
{
    const char *duration = event->kind == EVENT_CLOSE ? "duration_ms" : "from_ms";

    event->has_totals = get_number(get, "in_bytes", UINT64_MAX, &event->in_bytes);
    event->out_bytes = get_u64(get, "out_bytes");
    event->rtt_us = get_u32(get, "rtt_us");
    event->retrans = get_u32(get, "retrans");
    event->has_duration = get_ms(get, duration, &event->duration_ns);
}

static const struct event_place *read_place(struct get *get)
{
    char user[PLACE_TEXT] = "", unit[PLACE_TEXT] = "", container[PLACE_TEXT] = "";

    get_text(get, "user", user, sizeof(user));
    get_text(get, "unit", unit, sizeof(unit));
    get_text(get, "container", container, sizeof(container));
    return session_take_place(get->state, user, unit, container);
}

void session_read_event(struct get *get, struct session_line *line)
{
    struct event *event = &line->event;
    uint64_t uid = UINT32_MAX;

    *event = (struct event){.wall_ns = line->wall_ns};
    event->kind = (uint8_t)(line->kind == RECORD_OPEN    ? EVENT_OPEN
                            : line->kind == RECORD_STATE ? EVENT_STATE
                                                         : EVENT_CLOSE);
    event->origin = get_origin(get);
    get_state(get, "from", &event->from);
    if (!get_state(get, "to", &event->to))
        get_fail(get, "to", "missing");
    event->exact = get_flag(get, "exact");
    event->polled_jump = get_flag(get, "polled_jump");
    get_hex(get, "cookie", &event->cookie);
    event->serial = get_u64(get, "id");
    event->netns = get_u32(get, "netns");
    get_number(get, "uid", UINT32_MAX, &uid);
    event->uid = (uint32_t)uid;
    if (!get_tuple(get, &event->tuple))
        get_fail(get, "family", "missing");
    event->pid = (int32_t)(get_u32(get, "pid") & INT32_MAX);
    get_text(get, "comm", event->name, sizeof(event->name));
    event->owner_start_ticks = get_u64(get, "start_ticks");
    event->logged = read_place(get);
    read_event_totals(get, event);
    if (event->kind == EVENT_CLOSE) {
        get_time(get, "created_min", &event->created_min_ns);
        get_time(get, "created_max", &event->created_max_ns);
        read_event_end(get, event);
    }
}
