/* JSON of events: the same keys for `events --json` and the session log. Pure. */
#include "core/json/json.h"
#include "core/json/member.h"

void json_tuple_members(struct buffer *buffer, const struct tuple *tuple)
{
    json_member_text(buffer, "family", tuple->family == FAMILY_INET6 ? "inet6" : "inet");
    if (!tuple_lacks_local(tuple))
        json_member_address(buffer, "laddr", &tuple->local, tuple->family);
    json_member_number(buffer, "lport", tuple->local_port);
    if (tuple->remote_port || !addr_is_zero(&tuple->remote))
        json_member_address(buffer, "raddr", &tuple->remote, tuple->family);
    if (tuple->remote_port)
        json_member_number(buffer, "rport", tuple->remote_port);
    if (tuple->scope)
        json_member_number(buffer, "ifindex", tuple->scope);
}

static void put_owner(struct buffer *buffer, const struct event *event,
                      const struct event_place *place)
{
    if (event->uid != UINT32_MAX)
        json_member_number(buffer, "uid", event->uid);
    json_member_text_if(buffer, "user", place->user);
    if (event->pid)
        json_member_number(buffer, "pid", (uint64_t)event->pid);
    json_member_text_if(buffer, "comm", event->name);
    json_member_text_if(buffer, "unit", place->unit);
    json_member_text_if(buffer, "container", place->container);
}

static void put_totals(struct buffer *buffer, const struct event *event)
{
    json_member_number(buffer, "in_bytes", event->in_bytes);
    json_member_number(buffer, "out_bytes", event->out_bytes);
    if (event->rtt_us)
        json_member_number(buffer, "rtt_us", event->rtt_us);
    json_member_number(buffer, "retrans", event->retrans);
}

/* For a transition the time in `from`, for a close the age; in ms, as in the keys of a row. */
static void put_duration(struct buffer *buffer, const struct event *event)
{
    const char *key = event->kind == EVENT_CLOSE ? "duration_ms" : "from_ms";

    json_member_key(buffer, key);
    buffer_printf(buffer, "%lld.%03lld", (long long)(event->duration_ns / 1000000),
                  (long long)(event->duration_ns / 1000 % 1000));
}

static void put_time_if(struct buffer *buffer, const char *key, int64_t wall_ns)
{
    if (wall_ns)
        json_member_time(buffer, key, wall_ns);
}

static void put_states(struct buffer *buffer, const struct event *event)
{
    if (event->from != STATE_NONE)
        json_member_text(buffer, "from", TCP_STATES[event->from].name);
    json_member_text(buffer, "to", TCP_STATES[event->to].name);
    if (event->exact)
        json_member_true(buffer, "exact");
}

static void put_word(struct buffer *buffer, const char *key, const struct words *words,
                     uint8_t number)
{
    const char *word = words_name(words, number);

    if (word)
        json_member_text(buffer, key, word);
}

static void put_end(struct buffer *buffer, const struct event *event)
{
    put_word(buffer, "end", &EVENT_END_WORDS, event->end);
    put_word(buffer, "reset", &EVENT_RESET_WORDS, event->reset_why);
    put_word(buffer, "error", &EVENT_ERROR_WORDS, event->error);
}

static void put_host(struct buffer *buffer, const struct event_place *place)
{
    json_member_text_if(buffer, "host", place->host);
    if (!place->clock_error_ns)
        return;
    json_member_key(buffer, "clock_error_ms");
    buffer_printf(buffer, "%lld.%03lld", (long long)(place->clock_error_ns / 1000000),
                  (long long)(place->clock_error_ns / 1000 % 1000));
}

static void put_connection(struct buffer *buffer, const struct event *event,
                           const struct event_place *place)
{
    put_states(buffer, event);
    json_member_text(buffer, "proto", "tcp");
    json_tuple_members(buffer, &event->tuple);
    put_host(buffer, place);
    if (place->host ? place->netns : event->netns)
        json_member_number(buffer, "netns", place->host ? place->netns : event->netns);
    if (event->cookie) {
        json_member_key(buffer, "cookie");
        buffer_printf(buffer, "\"%llx\"", (unsigned long long)event->cookie);
    }
    if (place->serial)
        json_member_number(buffer, "id", place->serial);
    put_owner(buffer, event, place);
    put_time_if(buffer, "created_min", event->created_min_ns);
    put_time_if(buffer, "created_max", event->created_max_ns);
    if (event->has_duration)
        put_duration(buffer, event);
    if (event->has_totals)
        put_totals(buffer, event);
    put_end(buffer, event);
}

static void put_namespace(struct buffer *buffer, const struct event *event,
                          const struct event_place *place)
{
    put_host(buffer, place);
    json_member_number(buffer, "netns", event->netns);
    if (netns_is_named(event->text, event->netns))
        json_member_text(buffer, "netns_name", event->text);
    if (event->left)
        json_member_true(buffer, "left");
}

void json_event(struct buffer *buffer, uint64_t seq, const struct event *event,
                const struct event_place *place)
{
    const char *kind = words_name(&EVENT_KIND_WORDS, event->kind);

    buffer_char(buffer, '{');
    json_member_text(buffer, "ev", kind ? kind : "");
    json_member_time(buffer, "t", event->wall_ns);
    json_member_number(buffer, "seq", seq);
    if (event->kind == EVENT_LOST) {
        put_host(buffer, place);
        json_member_number(buffer, "count", event->lost);
        json_member_text(buffer, "reason", event->text);
    } else if (event->kind == EVENT_NETNS) {
        put_namespace(buffer, event, place);
    } else {
        put_connection(buffer, event, place);
    }
    buffer_char(buffer, '}');
}
