/* Failure lines: failed calls of bind() and connect(), by program, target and error: a line for
 * each that failed again. */
#include "core/event.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <string.h>

static const struct session_key KEYS[] = {
    {"call", .help = "bind or connect"},
    {"errno", .help = "its error as a number"},
    {"error", .help = "its name"},
    {"family", .help = "inet or inet6"},
    {"laddr", .help = "address that was to be bound (bind)"},
    {"lport", .help = "port that was to be bound (bind)"},
    {"raddr", .help = "address of the target (connect)"},
    {"rport", .help = "port of the target (connect)"},
    {"netns", .help = "network namespace"},
    {"pid", .help = "process of the last call"},
    {"comm", .help = "its name"},
    {"start_ticks", .help = "with pid: which process"},
    {"count", .help = "calls since first"},
    {"first", .help = "when the first call failed"},
    {"last", .help = "when the last one did"},
    {"previous", .help = "when the one before did"},
    {"earlier", .help = "when the one before that did"},
};
const struct session_keys session_failure_keys = SESSION_KEYS(KEYS);

static const char *const TIMES[CALL_FAILURES_TIMES] = {"last", "previous", "earlier"};

/* The failures of a frame, and those already in the log. */
struct calls {
    const char *name;
    const struct call_failures *are, *were;
};

/* Times of calls are of the monotonic clock in a frame, of the wall clock in a log. */
static void write_failure(const struct session_pass *pass, const struct calls *calls,
                          const struct call_failure *call)
{
    struct buffer *buffer = pass->buffer;
    const int64_t offset_ns = pass->frame->wall_ns - pass->frame->mono_ns;
    const bool binds = strcmp(calls->name, "bind") == 0;
    char address[ADDR_TEXT_MAX];

    addr_format(address, sizeof(address), &call->address, call->family, NULL);
    begin_line(buffer, RECORD_FAILURE, ++pass->state->seq, pass->frame->wall_ns);
    json_member_text(buffer, "call", calls->name);
    json_member_number(buffer, "errno", call->error);
    json_member_text_if(buffer, "error", words_name(&EVENT_ERROR_WORDS, call->error));
    json_member_text(buffer, "family", call->family == FAMILY_INET6 ? "inet6" : "inet");
    json_member_text(buffer, binds ? "laddr" : "raddr", address);
    json_member_number(buffer, binds ? "lport" : "rport", call->port);
    json_member_number(buffer, "netns", pass->frame->netns);
    if (call->pid)
        json_member_number(buffer, "pid", (uint64_t)call->pid);
    json_member_text_if(buffer, "comm", call->name);
    if (call->start_ticks)
        json_member_number(buffer, "start_ticks", call->start_ticks);
    json_member_number(buffer, "count", call->count);
    json_member_time(buffer, "first", call->first_ns + offset_ns);
    for (int i = 0; i < CALL_FAILURES_TIMES; i++)
        if (call->last_ns[i])
            json_member_time(buffer, TIMES[i], call->last_ns[i] + offset_ns);
    end_line(buffer);
}

static bool is_written(const struct call_failures *were, const struct call_failure *call)
{
    const struct call_failure *known = call_failures_find(were, call);

    return known && known->count == call->count && known->first_ns == call->first_ns;
}

void session_write_failures(const struct session_pass *pass)
{
    const struct host_facts *facts = pass->frame->facts, *were = &pass->state->facts;
    const struct calls kinds[] = {
        {"bind", facts ? &facts->bind_failures : NULL, &were->bind_failures},
        {"connect", facts ? &facts->connect_failures : NULL, &were->connect_failures},
    };

    for (size_t i = 0; facts && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (unsigned j = 0; j < kinds[i].are->count; j++)
            if (!is_written(kinds[i].were, &kinds[i].are->rows[j]))
                write_failure(pass, &kinds[i], &kinds[i].are->rows[j]);
}

/* --- reading --- */

void session_read_failure(struct get *get, struct session_line *line)
{
    struct host_facts *facts = &get->state->facts;
    struct call_failure call = {.count = get_u32(get, "count")};
    struct tuple tuple;
    char name[16] = "";
    uint64_t error = 0;

    (void)line;
    get_text(get, "call", name, sizeof(name));
    const bool binds = strcmp(name, "bind") == 0;
    if (!binds && strcmp(name, "connect") != 0)
        return; /* of a newer version */
    get_number(get, "errno", UINT8_MAX, &error);
    if (!get_tuple(get, &tuple))
        get_fail(get, "family", "missing");
    get_time(get, "first", &call.first_ns);
    for (int i = 0; i < CALL_FAILURES_TIMES; i++)
        get_time(get, TIMES[i], &call.last_ns[i]);
    get_text(get, "comm", call.name, sizeof(call.name));
    call.pid = (int32_t)(get_u32(get, "pid") & INT32_MAX);
    call.start_ticks = get_u64(get, "start_ticks");
    call.error = (uint8_t)error;
    if (get->error)
        return;
    call.family = tuple.family;
    call.address = binds ? tuple.local : tuple.remote;
    call.port = binds ? tuple.local_port : tuple.remote_port;
    call_failures_set(binds ? &facts->bind_failures : &facts->connect_failures, &call);
}

/* A log may contain any time. */
static int64_t before(int64_t ns, int64_t by_ns)
{
    return (int64_t)((uint64_t)ns - (uint64_t)by_ns);
}

/* By the monotonic clock of the frame, as detectors compare them. */
void session_build_failures(const struct call_failures *logged, bool traced, int64_t offset_ns,
                            struct call_failures *failures)
{
    *failures = *logged;
    failures->known = traced;
    for (unsigned i = 0; i < failures->count; i++) {
        struct call_failure *call = &failures->rows[i];
        call->first_ns = before(call->first_ns, offset_ns);
        for (int j = 0; j < CALL_FAILURES_TIMES; j++)
            call->last_ns[j] = call->last_ns[j] ? before(call->last_ns[j], offset_ns) : 0;
    }
}
