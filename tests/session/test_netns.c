/* The network namespaces of a frame in a session log and in the history: as they were, when they
 * come, change, are not read, and leave. */
#include "unit.h"

#include "equal.h"
#include "session/format/format.h"
#include "source/past/past.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES 60
#define KEYS   12

static struct frame_pool *pool;

static void add_netns(struct frame *frame, uint64_t *seed, uint32_t key, bool is_read)
{
    static const char *const names[] = {"", "web", "shop/web-1", "4026532100"};
    struct frame_netns *netns = frame_add_netns(frame, key);

    assert_non_null(netns);
    netns->inode = unit_random(seed) % 8 ? key : 0;
    netns->id = netns->cookie = netns->inode ? key * UINT64_C(0x10001) : 0;
    netns->kind = (uint8_t)(unit_random(seed) % NETNS_KIND_COUNT);
    netns->reach = netns->inode ? NETNS_REACH_ENTER : NETNS_REACH_PROC;
    netns->is_own = key == 1;
    netns->is_host = unit_random(seed) % 2;
    netns->other_user = unit_random(seed) % 2;
    netns->pid = (int32_t)(unit_random(seed) % 3);
    netns->processes = (uint32_t)(unit_random(seed) % 3);
    netns->name = names[unit_random(seed) % UNIT_COUNT(names)];
    netns->container = names[unit_random(seed) % UNIT_COUNT(names)];
    netns->pod = names[unit_random(seed) % UNIT_COUNT(names)];
    netns->pod_namespace = names[unit_random(seed) % UNIT_COUNT(names)];
    netns->read_ns = is_read ? frame->mono_ns : frame->mono_ns - 7;
}

/* Of some frames the one before is taken again, so that nothing changes. */
static struct frame *make_frame(uint64_t *seed, uint32_t number)
{
    uint64_t same = number / 3 + 1;
    struct frame *frame = frame_new(pool);

    assert_non_null(frame);
    frame->number = number + 1;
    frame->mono_ns = 1000 + number * INT64_C(1000000000);
    frame->wall_ns = INT64_C(1800000000000000000) + frame->mono_ns;
    for (uint32_t key = 1; key <= KEYS; key++) {
        const bool is_there = unit_random(&same) % 4;
        uint64_t facts = unit_random(&same);
        if (is_there)
            add_netns(frame, &facts, key, unit_random(seed) % 3);
    }
    struct conn *conn = frame_add_conn(frame);
    conn->serial = 1;
    conn->state = STATE_LISTEN;
    conn->tuple.family = FAMILY_INET;
    conn->netns = 1;
    frame_count_totals(frame);
    return frame;
}

static void pass(struct session_state *written, struct session_state *read,
                 const struct frame *frame, struct buffer *buffer)
{
    const struct session_view view = {0};
    const struct session_counts counts = {0};
    const struct session_head head = {.major = SESSION_MAJOR};
    struct session_line line;
    char why[200];

    buffer->length = 0;
    assert_int_equal(session_write_frame(buffer, written, frame, &view, &counts, false), 0);
    for (char *at = buffer->data; at < buffer->data + buffer->length; at = strchr(at, '\n') + 1)
        if (session_read_line(read, at, (size_t)(strchr(at, '\n') - at), &line, why, sizeof(why)))
            fail_msg("%s: %s", why, at);
    assert_int_equal(line.kind, RECORD_FRAME);
    struct frame *built = frame_new(pool);
    assert_int_equal(session_build_frame(read, &line.frame, &head, built), 0);
    const char *differs = frames_differ(frame, built);
    if (differs)
        fail_msg("frame %u: %s", (unsigned)frame->number, differs);
    frame_release(built);
}

static void a_log_has_them(void **state)
{
    struct session_state written, read;
    struct buffer buffer;
    uint64_t seed = 5;
    bool any_silent = false;

    (void)state;
    session_state_init(&written);
    session_state_init(&read);
    buffer_init(&buffer);
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct frame *frame = make_frame(&seed, i);
        pass(&written, &read, frame, &buffer);
        any_silent |= !strstr(buffer.data, "\"ev\":\"netns\"");
        frame_release(frame);
    }
    assert_true(any_silent); /* what stays as it is has no line */
    buffer_done(&buffer);
    session_state_done(&written);
    session_state_done(&read);
}

/* Of an earlier version: rows have a number, and there is no table. */
static void a_log_may_lack_them(void **state)
{
    struct session_state written, read;
    struct buffer buffer;
    struct frame *frame = frame_new(pool);

    (void)state;
    session_state_init(&written);
    session_state_init(&read);
    buffer_init(&buffer);
    struct conn *conn = frame_add_conn(frame);
    conn->serial = 1;
    conn->state = STATE_LISTEN;
    conn->tuple.family = FAMILY_INET;
    conn->netns = 4026531840;
    frame->wall_ns = INT64_C(1800000000000000000);
    frame_count_totals(frame);
    pass(&written, &read, frame, &buffer);
    frame_release(frame);
    buffer_done(&buffer);
    session_state_done(&written);
    session_state_done(&read);
}

static void the_history_has_them(void **state)
{
    struct event_ring *ring = event_ring_new(64);
    struct past *past = NULL;
    struct source *source = NULL;
    const struct wish wish = {0};
    struct frame *frames[FRAMES];
    uint64_t seed = 5;

    (void)state;
    assert_int_equal(past_new(&past, 16u << 20), 0);
    assert_int_equal(past_open(&source, past, ring), 0);
    for (uint32_t i = 0; i < FRAMES; i++) {
        frames[i] = make_frame(&seed, i);
        assert_int_equal(past_add(past, frames[i]), 0);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(source, frame, &wish), 0);
        const char *differs = frames_differ(frames[i], frame);
        if (differs)
            fail_msg("frame %u: %s", i, differs);
        for (uint32_t n = 0; n < frame->namespace_count; n++)
            assert_int_equal(frame->namespaces[n].read_ns, frames[i]->namespaces[n].read_ns);
        frame_release(frame);
        frame_release(frames[i]);
    }
    source_close(source);
    past_free(past);
    event_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_has_them),
        cmocka_unit_test(a_log_may_lack_them),
        cmocka_unit_test(the_history_has_them),
    };
    pool = frame_pool_new();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    frame_pool_release(pool);
    return failed;
}
