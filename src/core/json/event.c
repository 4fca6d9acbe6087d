/* JSON of events: the same keys for `events --json` and the session log. Pure. */
#include "core/json/json.h"
#include "core/text/text.h"

static void put_key(struct buffer *buffer, const char *key)
{
    buffer_text(buffer, ",\"");
    buffer_text(buffer, key);
    buffer_text(buffer, "\":");
}

static void put_text(struct buffer *buffer, const char *key, const char *text)
{
    put_key(buffer, key);
    json_put_text(buffer, text);
}

static void put_number(struct buffer *buffer, const char *key, uint64_t value)
{
    put_key(buffer, key);
    buffer_unsigned(buffer, value);
}

static void put_address(struct buffer *buffer, const char *key, const struct addr *addr,
                        uint8_t family)
{
    char text[ADDR_TEXT_MAX];

    addr_format(text, sizeof(text), addr, family, NULL);
    put_text(buffer, key, text);
}

void json_tuple_members(struct buffer *buffer, const struct tuple *tuple)
{
    put_text(buffer, "family", tuple->family == FAMILY_INET6 ? "inet6" : "inet");
    if (!tuple_lacks_local(tuple))
        put_address(buffer, "laddr", &tuple->local, tuple->family);
    put_number(buffer, "lport", tuple->local_port);
    if (tuple->remote_port || !addr_is_zero(&tuple->remote))
        put_address(buffer, "raddr", &tuple->remote, tuple->family);
    if (tuple->remote_port)
        put_number(buffer, "rport", tuple->remote_port);
    if (tuple->scope)
        put_number(buffer, "ifindex", tuple->scope);
}

static void put_owner(struct buffer *buffer, const struct event *event,
                      const struct event_place *place)
{
    if (event->uid != UINT32_MAX)
        put_number(buffer, "uid", event->uid);
    if (place->user[0])
        put_text(buffer, "user", place->user);
    if (event->pid)
        put_number(buffer, "pid", (uint64_t)event->pid);
    if (event->name[0])
        put_text(buffer, "comm", event->name);
    if (place->unit[0])
        put_text(buffer, "unit", place->unit);
    if (place->container[0])
        put_text(buffer, "container", place->container);
}

static void put_totals(struct buffer *buffer, const struct event *event)
{
    put_number(buffer, "in_bytes", event->in_bytes);
    put_number(buffer, "out_bytes", event->out_bytes);
    if (event->rtt_us)
        put_number(buffer, "rtt_us", event->rtt_us);
    put_number(buffer, "retrans", event->retrans);
}

/* Time in `from` of a transition, age of what was closed; in ms as the keys of a row. */
static void put_duration(struct buffer *buffer, const struct event *event)
{
    const char *key = event->kind == EVENT_CLOSE ? "duration_ms" : "from_ms";

    put_key(buffer, key);
    buffer_printf(buffer, "%lld.%03lld", (long long)(event->duration_ns / 1000000),
                  (long long)(event->duration_ns / 1000 % 1000));
}

static void put_time(struct buffer *buffer, const char *key, int64_t wall_ns)
{
    char time[48];

    if (!wall_ns)
        return;
    text_rfc3339(time, sizeof(time), wall_ns);
    put_text(buffer, key, time);
}

static void put_states(struct buffer *buffer, const struct event *event)
{
    if (event->from != STATE_NONE)
        put_text(buffer, "from", TCP_STATES[event->from].name);
    put_text(buffer, "to", TCP_STATES[event->to].name);
    if (event->exact)
        buffer_text(buffer, ",\"exact\":true");
}

static void put_word(struct buffer *buffer, const char *key, const struct words *words,
                     uint8_t number)
{
    const char *word = words_name(words, number);

    if (word)
        put_text(buffer, key, word);
}

static void put_end(struct buffer *buffer, const struct event *event)
{
    put_word(buffer, "end", &EVENT_END_WORDS, event->end);
    put_word(buffer, "reset", &EVENT_RESET_WORDS, event->reset_why);
    put_word(buffer, "error", &EVENT_ERROR_WORDS, event->error);
}

static void put_connection(struct buffer *buffer, const struct event *event,
                           const struct event_place *place)
{
    put_states(buffer, event);
    put_text(buffer, "proto", "tcp");
    json_tuple_members(buffer, &event->tuple);
    if (place->host)
        put_text(buffer, "host", place->host);
    if (place->host ? place->netns : event->netns)
        put_number(buffer, "netns", place->host ? place->netns : event->netns);
    if (event->cookie) {
        put_key(buffer, "cookie");
        buffer_printf(buffer, "\"%llx\"", (unsigned long long)event->cookie);
    }
    if (place->serial)
        put_number(buffer, "id", place->serial);
    put_owner(buffer, event, place);
    put_time(buffer, "created_min", event->created_min_ns);
    put_time(buffer, "created_max", event->created_max_ns);
    if (event->has_duration)
        put_duration(buffer, event);
    if (event->has_totals)
        put_totals(buffer, event);
    put_end(buffer, event);
}

static void put_namespace(struct buffer *buffer, const struct event *event)
{
    put_number(buffer, "netns", event->netns);
    if (event->text[0])
        put_text(buffer, "netns_name", event->text);
    if (event->left)
        buffer_text(buffer, ",\"left\":true");
}

void json_event(struct buffer *buffer, uint64_t seq, const struct event *event,
                const struct event_place *place)
{
    const char *kind = words_name(&EVENT_KIND_WORDS, event->kind);
    char time[48];

    text_rfc3339(time, sizeof(time), event->wall_ns);
    buffer_text(buffer, "{\"ev\":\"");
    buffer_text(buffer, kind ? kind : "");
    buffer_text(buffer, "\",\"t\":\"");
    buffer_text(buffer, time);
    buffer_char(buffer, '"');
    put_number(buffer, "seq", seq);
    if (event->kind == EVENT_LOST) {
        put_number(buffer, "count", event->lost);
        put_text(buffer, "reason", event->text);
    } else if (event->kind == EVENT_NETNS) {
        put_namespace(buffer, event);
    } else {
        put_connection(buffer, event, place);
    }
    buffer_char(buffer, '}');
}
