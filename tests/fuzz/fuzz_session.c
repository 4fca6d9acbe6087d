/* Any bytes as the lines of a session log: none is believed beyond its bounds, the state stays
 * usable after each, and frames made of it hold together. */
#include "fuzz_target.h"
#include "session/format/format.h"

#include <string.h>

static void check_text(const char *text)
{
    CHECK(text != NULL);
    for (; *text; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_frame(const struct frame *frame)
{
    CHECK(frame->live_count <= frame->conn_count);
    check_text(frame->missing.text);
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        CHECK(conn->state > STATE_NONE && conn->state < STATE_COUNT);
        CHECK(conn->from < STATE_COUNT);
        CHECK(conn_is_ghost(conn) == (i >= frame->live_count));
        CHECK(conn->offload <= OFFLOAD_UPLOADING || conn->offload == OFFLOAD_UNKNOWN);
        CHECK(conn->group == CONN_NO_INDEX || conn->group < frame->group_count);
        CHECK(conn->detail == CONN_NO_INDEX || conn->detail < frame->detail_count);
        for (uint32_t n = 0; n < conn->owner_count; n++)
            CHECK(frame_holder(frame, conn, n) != NULL);
    }
    for (uint32_t i = 0; i < frame->proc_count; i++) {
        check_text(frame->procs[i].comm);
        check_text(frame->procs[i].exe);
        check_text(frame->procs[i].command_line);
    }
}

static void build(const struct session_state *state, const struct session_line *line,
                  const struct session_head *head, struct frame_pool *pool)
{
    struct frame *frame = frame_new(pool);
    CHECK(frame != NULL);
    if (session_build_frame(state, &line->frame, head, frame) == 0)
        check_frame(frame);
    frame_release(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_state state;
    struct session_head head = {0};
    struct frame_pool *pool = frame_pool_new();
    const char *at = (const char *)data, *end = at + size;

    session_state_init(&state);
    while (at < end) {
        struct session_line line;
        char why[160];
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        int error = session_read_line(&state, at, (size_t)(stop - at), &line, why, sizeof(why));
        CHECK(error <= 0 && (!error || why[0]));
        if (!error && line.kind == RECORD_HEAD)
            head = line.head;
        if (!error && line.kind == RECORD_FRAME)
            build(&state, &line, &head, pool);
        if (!error && line.kind >= RECORD_OPEN && line.kind <= RECORD_CLOSE) {
            CHECK(line.event.to < STATE_COUNT && line.event.from < STATE_COUNT);
            check_text(line.event.name);
        }
        at = stop + 1;
    }
    session_state_done(&state);
    frame_pool_release(pool);
    return 0;
}
