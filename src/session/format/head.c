/* Head lines: the version of the format, and the host of the log. */
#include "base/clock.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS UINT64_C(1000000000000) /* just an upper bound */

static const struct session_key KEYS[] = {
    {"format", .help = "tcplens-session"},
    {"version", .help = "major.minor of the format"},
    {"tcplens", .help = "version of the program"},
    {"host", .help = "name of the machine"},
    {"kernel", .help = "its kernel"},
    {"boot_id", .help = "its boot"},
    {"source", .help = "live or demo"},
    {"start", .help = "when this recording began"},
    {"interval_ms", .help = "refresh interval that was set"},
    {"findings", .help = "true: what is wrong has finding lines"},
};
const struct session_keys session_head_keys = SESSION_KEYS(KEYS);
void session_write_head(struct buffer *buffer, uint64_t seq, const struct session_head *head)
{
    begin_line(buffer, RECORD_HEAD, seq, head->wall_ns);
    json_member_text(buffer, "format", SESSION_FORMAT);
    buffer_printf(buffer, ",\"version\":\"%u.%u\"", SESSION_MAJOR, SESSION_MINOR);
    json_member_text_if(buffer, "tcplens", head->tcplens);
    json_member_text_if(buffer, "host", head->host);
    json_member_text_if(buffer, "kernel", head->kernel);
    json_member_text_if(buffer, "boot_id", head->boot_id);
    json_member_text_if(buffer, "source", head->source);
    json_member_time(buffer, "start", head->start_ns);
    json_member_number(buffer, "interval_ms", (uint64_t)head->interval_ns / 1000000u);
    if (head->findings)
        json_member_true(buffer, "findings");
    end_line(buffer);
}

static void read_version(struct get *get, struct session_head *head)
{
    char text[32], *rest = text;

    text[0] = '\0';
    get_text(get, "version", text, sizeof(text));
    unsigned long major = strtoul(text, &rest, 10);
    if (rest == text || *rest != '.' || major > 1000000) {
        get_fail(get, "version", "not a version like 1.0");
        return;
    }
    head->major = (uint32_t)major;
    head->minor = (uint32_t)strtoul(rest + 1, NULL, 10);
    if (major == SESSION_MAJOR || get->error)
        return;
    snprintf(get->why, get->why_size,
             "session log version %lu: this tcplens reads version %u.x; use a newer tcplens", major,
             SESSION_MAJOR);
    get->error = -EPROTONOSUPPORT;
}

void session_read_head(struct get *get, struct session_line *line)
{
    struct session_head *head = &line->head;
    char format[32] = "";
    uint64_t interval = 0;

    *head = (struct session_head){.wall_ns = line->wall_ns, .start_ns = line->wall_ns};
    get_text(get, "format", format, sizeof(format));
    if (strcmp(format, SESSION_FORMAT) != 0)
        get_fail(get, "format", "not " SESSION_FORMAT);
    read_version(get, head);
    get_text(get, "tcplens", head->tcplens, sizeof(head->tcplens));
    get_text(get, "host", head->host, sizeof(head->host));
    get_text(get, "kernel", head->kernel, sizeof(head->kernel));
    get_text(get, "boot_id", head->boot_id, sizeof(head->boot_id));
    get_text(get, "source", head->source, sizeof(head->source));
    get_time(get, "start", &head->start_ns);
    if (get_number(get, "interval_ms", INTERVAL_MS, &interval))
        head->interval_ns = (int64_t)interval * MILLISECOND_NS;
    head->findings = get_flag(get, "findings");
    if (!get->error)
        session_state_clear(get->state);
}
