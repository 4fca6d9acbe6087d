/* Clock lines: answers with the recorder's clock, in the stream of the reader that asked. */
#include "session/format/get.h"
#include "session/format/write.h"

static const struct session_key KEYS[] = {
    {"id", .help = "number of the question"},
    {"received", .help = "when it came"},
};
const struct session_keys session_clock_keys = SESSION_KEYS(KEYS);

void session_write_clock(struct buffer *buffer, uint64_t seq, const struct session_clock *clock)
{
    begin_line(buffer, RECORD_CLOCK, seq, clock->answered_ns);
    json_member_number(buffer, "id", clock->id);
    json_member_time(buffer, "received", clock->received_ns);
    end_line(buffer);
}

void session_read_clock(struct get *get, struct session_line *line)
{
    struct session_clock *clock = &line->clock;

    *clock = (struct session_clock){.answered_ns = line->wall_ns, .id = get_u64(get, "id")};
    if (!get_time(get, "received", &clock->received_ns))
        get_fail(get, "received", "missing");
}
