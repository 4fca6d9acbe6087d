/* Gap lines: what a log lacks, and why. */
#include "session/format/get.h"
#include "session/format/write.h"

#include <string.h>

static const struct session_key KEYS[] = {
    {"count", .help = "how many are missing"},
    {"of", .help = "frames or events"},
    {"events", .help = "events missing too, where count is of frames"},
    {"since", .help = "the last that was written"},
    {"reason", .help = "disk full, suspended, overload, ..."},
};
const struct session_keys session_gap_keys = SESSION_KEYS(KEYS);
void session_write_gap(struct buffer *buffer, uint64_t seq, const struct session_gap *gap)
{
    begin_line(buffer, RECORD_GAP, seq, gap->wall_ns);
    json_member_number(buffer, "count", gap->frames ? gap->frames : gap->events);
    json_member_text(buffer, "of", gap->frames ? "frames" : "events");
    if (gap->frames && gap->events)
        json_member_number(buffer, "events", gap->events);
    if (gap->since_ns)
        json_member_time(buffer, "since", gap->since_ns);
    json_member_text(buffer, "reason", gap->reason);
    end_line(buffer);
}

void session_read_gap(struct get *get, struct session_line *line)
{
    struct session_gap *gap = &line->gap;
    char of[16] = "";

    *gap = (struct session_gap){.wall_ns = line->wall_ns};
    uint64_t count = get_u64(get, "count");
    get_text(get, "of", of, sizeof(of));
    if (strcmp(of, "frames") == 0) {
        gap->frames = count;
        gap->events = get_u64(get, "events");
    } else {
        gap->events = count;
    }
    get_time(get, "since", &gap->since_ns);
    get_text(get, "reason", gap->reason, sizeof(gap->reason));
}
