/* Host lines: the host of a log that was recorded from another machine, and its clock against the
 * recorder's. */
#include "session/format/get.h"
#include "session/format/write.h"

static const struct session_key KEYS[] = {
    {"name", .help = "the host, as the recorder was given it"},
    {"place", .help = "how it was reached"},
    {"skew_ns", .help = "its clock less the recorder's, in ns; absent: not known"},
    {"skew_error_ns", .help = "how wrong that can be at most"},
    {"exchanged", .help = "true: by an exchange of times; absent: by when frames came"},
};
const struct session_keys session_host_keys = SESSION_KEYS(KEYS);

void session_write_host(struct buffer *buffer, const struct session_host *host)
{
    begin_line(buffer, RECORD_HOST, 0, host->wall_ns);
    json_member_text(buffer, "name", host->name);
    json_member_text_if(buffer, "place", host->place);
    if (host->skew_known) {
        json_member_signed(buffer, "skew_ns", host->skew_ns);
        json_member_signed(buffer, "skew_error_ns", host->skew_error_ns);
    }
    if (host->exchanged)
        json_member_true(buffer, "exchanged");
    end_line(buffer);
}

void session_read_host(struct get *get, struct session_line *line)
{
    struct session_host *host = &line->host;

    *host = (struct session_host){.wall_ns = line->wall_ns};
    get_text(get, "name", host->name, sizeof(host->name));
    get_text(get, "place", host->place, sizeof(host->place));
    host->skew_known = get_signed(get, "skew_ns", &host->skew_ns);
    host->skew_error_ns = get_ns(get, "skew_error_ns");
    host->exchanged = get_flag(get, "exchanged");
}
