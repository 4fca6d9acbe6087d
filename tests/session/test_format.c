/* The lines of a session log: frames of the demo source, written and read back, are the same
 * frames; what is wrong is refused in words; keys agree with those of a row's JSON. */
#include "unit.h"

#include "collect/collect.h"
#include "core/info.h"
#include "core/json/json.h"
#include "equal.h"
#include "session/format/format.h"
#include "source/demo/demo.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 40

static struct collector *start_demo(uint32_t connections, uint32_t needs)
{
    struct source *source = NULL;
    struct collector *collector = NULL;
    const struct demo_settings demo = {
        .seed = 7, .connections = connections, .change_permille = 60, .interval_ns = 1000000000};
    assert_int_equal(demo_open(&source, &demo), 0);
    struct collector_settings settings = {
        .source = source, .highlight_ns = 3000000000, .ring_capacity = 65536};
    settings.wish = (struct wish){.interval_ns = 1000000000,
                                  .needs = needs,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&collector, &settings), 0);
    return collector;
}

struct log {
    struct session_state written, read;
    struct session_head head;
    struct buffer buffer;
    struct frame_pool *pool;
    uint64_t cursor;
};

static void log_init(struct log *log)
{
    memset(log, 0, sizeof(*log));
    session_state_init(&log->written);
    session_state_init(&log->read);
    buffer_init(&log->buffer);
    log->pool = frame_pool_new();
    log->cursor = 1;
    snprintf(log->head.host, sizeof(log->head.host), "web1");
    log->head.interval_ns = 1000000000;
}

static void log_done(struct log *log)
{
    session_state_done(&log->written);
    session_state_done(&log->read);
    buffer_done(&log->buffer);
    frame_pool_release(log->pool);
}

/* As another program may write it: an extra space, which the fast path leaves to the library. */
static bool spaced;

static int read_line(struct log *log, const char *text, size_t length, struct session_line *line,
                     char *why, size_t why_size)
{
    if (!spaced)
        return session_read_line(&log->read, text, length, line, why, why_size);
    char *copy = malloc(length + 2);
    copy[0] = '{';
    copy[1] = ' ';
    memcpy(copy + 2, text + 1, length - 1);
    int error = session_read_line(&log->read, copy, length + 1, line, why, why_size);
    free(copy);
    return error;
}

/* Reads the buffer; the frame of its frame line. */
static struct frame *read_back(struct log *log, const struct event *events, uint32_t event_count)
{
    struct session_line line;
    char why[200];
    uint32_t seen = 0;
    struct frame *frame = NULL;

    for (char *at = log->buffer.data; *at;) {
        char *end = strchr(at, '\n');
        int error = read_line(log, at, (size_t)(end - at), &line, why, sizeof(why));
        if (error)
            fail_msg("%s in %.*s", why, (int)(end - at), at);
        if (line.kind == RECORD_HEAD)
            log->head = line.head;
        if (line.kind == RECORD_OPEN || line.kind == RECORD_STATE || line.kind == RECORD_CLOSE) {
            assert_true(seen < event_count);
            const char *differs = events_differ(&events[seen++], &line.event);
            if (differs)
                fail_msg("event: %s", differs);
        }
        if (line.kind == RECORD_FRAME) {
            frame = frame_new(log->pool);
            assert_int_equal(session_build_frame(&log->read, &line.frame, &log->head, frame), 0);
            assert_int_equal(line.frame.rows, frame->conn_count);
        }
        at = end + 1;
    }
    assert_int_equal(seen, event_count);
    assert_non_null(frame);
    return frame;
}

static void write_one(struct log *log, const struct frame *frame, bool key,
                      const struct event *events, uint32_t count)
{
    const struct session_view view = {.accept = NULL};
    const struct session_counts counts = {.opened = 0};
    struct event_place place = {.user = "ann", .unit = "app.service", .container = "docker:4f2a"};

    buffer_clear(&log->buffer);
    if (key) {
        session_state_clear(&log->written);
        log->head.wall_ns = log->head.start_ns = frame->wall_ns;
        session_write_head(&log->buffer, ++log->written.seq, &log->head);
    }
    for (uint32_t i = 0; i < count; i++) {
        place.serial = events[i].serial;
        session_write_event(&log->buffer, ++log->written.seq, &events[i], &place);
    }
    assert_int_equal(session_write_frame(&log->buffer, &log->written, frame, &view, &counts, key),
                     0);
}

/* As the kernel would say it: the demo's events come from frames. */
static void say_ends(struct event *events, uint32_t count)
{
    static const uint8_t ERRORS[] = {0, ERROR_ECONNREFUSED, ERROR_EPIPE};

    for (uint32_t i = 0; i < count; i++) {
        if (events[i].kind != EVENT_CLOSE)
            continue;
        events[i].end = (uint8_t)(i % (END_FAILED + 1));
        events[i].reset_why = (uint8_t)(i % (RESET_WHY_ENDED + 1));
        events[i].error = ERRORS[i % UNIT_COUNT(ERRORS)];
    }
}

static void check_round_trip(uint32_t connections, uint32_t needs)
{
    static struct event events[4096];
    struct collector *collector = start_demo(connections, needs);
    struct log log;
    size_t key_bytes = 0, other_bytes = 0;

    log_init(&log);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame *frame = NULL;
        uint64_t lost = 0;
        assert_int_equal(collector_step(collector, &frame), 0);
        uint32_t count = event_ring_read(collector_events(collector), &log.cursor, events,
                                         UNIT_COUNT(events), &lost);
        say_ends(events, count);
        write_one(&log, frame, i % 15 == 0, events, count);
        *(i % 15 == 0 ? &key_bytes : &other_bytes) += log.buffer.length;
        struct frame *again = read_back(&log, events, count);
        const char *differs = frames_differ(frame, again);
        if (differs)
            fail_msg("frame %u: %s", i, differs);
        frame_release(again);
        frame_release(frame);
    }
    print_message("%u rows: keyframe %zu bytes, other frames %zu bytes\n", connections,
                  key_bytes / 3, other_bytes / (FRAMES - 3));
    log_done(&log);
    collector_free(collector);
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip(60, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_FACTS);
    check_round_trip(2000, NEED_OWNER | NEED_PROCESS | NEED_GROUP);
}

static void test_round_trip_spaced(void **state)
{
    (void)state;
    spaced = true;
    check_round_trip(100, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_DETAIL | NEED_HOST_FACTS);
    spaced = false;
}

static void test_round_trip_detail(void **state)
{
    (void)state;
    check_round_trip(200, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_DETAIL);
}

/* A frame that is the one before costs its frame line and nothing else. */
static void test_unchanged_costs_nothing(void **state)
{
    struct collector *collector = start_demo(500, NEED_OWNER);
    struct frame *frame = NULL;
    struct log log;

    (void)state;
    log_init(&log);
    assert_int_equal(collector_step(collector, &frame), 0);
    write_one(&log, frame, true, NULL, 0);
    write_one(&log, frame, false, NULL, 0);
    assert_memory_equal(log.buffer.data, "{\"ev\":\"frame\"", 13);
    assert_ptr_equal(strchr(log.buffer.data, '\n') + 1, log.buffer.data + log.buffer.length);
    frame_release(frame);
    log_done(&log);
    collector_free(collector);
}

static void check_frame(struct log *log, const struct frame *frame, bool key, const char *what)
{
    write_one(log, frame, key, NULL, 0);
    struct frame *again = read_back(log, NULL, 0);
    const char *differs = frames_differ(frame, again);
    if (differs)
        fail_msg("%s: %s", what, differs);
    frame_release(again);
}

/* When data moved last is no longer known of any row, and then again, and nothing else changes:
 * such facts are written only when a reader who lets them tick would be wrong. */
static void test_ticking_facts_come_and_go(void **state)
{
    struct collector *collector = start_demo(300, NEED_OWNER);
    uint32_t known[400];
    struct frame *frame = NULL;
    struct log log;

    (void)state;
    log_init(&log);
    assert_int_equal(collector_step(collector, &frame), 0);
    assert_true(frame->conn_count <= UNIT_COUNT(known));
    for (uint32_t i = 0; i < frame->conn_count; i++)
        known[i] = frame->conns[i].known;
    check_frame(&log, frame, true, "keyframe");
    for (uint32_t row = 0; row < frame->conn_count; row++)
        frame->conns[row].known &= ~(uint32_t)KNOWN_LAST_DATA;
    check_frame(&log, frame, false, "not known");
    for (uint32_t row = 0; row < frame->conn_count; row++)
        frame->conns[row].known = known[row];
    check_frame(&log, frame, false, "known again");
    frame_release(frame);
    log_done(&log);
    collector_free(collector);
}

/* Row lines have the keys of list --json with the same values, but for what follows from the time.
 */
static void check_keys(const char *text, size_t length, const struct frame *frame)
{
    static const char *const derived[] = {"age_ms", "state_age_ms", "tls_version", "tls_cipher",
                                          "retrans_10s_percent"};
    struct buffer row;
    const char *key;
    json_t *value, *line = json_loadb(text, length, 0, NULL);
    uint64_t serial = (uint64_t)json_integer_value(json_object_get(line, "id"));
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};

    buffer_init(&row);
    json_row(&row, &context, frame_find_serial(frame, serial), NULL, 0);
    json_t *listed = json_loadb(row.data, row.length, 0, NULL);
    json_object_foreach(listed, key, value)
    {
        bool skip = false;
        for (size_t i = 0; i < UNIT_COUNT(derived); i++)
            skip = skip || !strcmp(key, derived[i]);
        if (skip || (!strcmp(key, "ulp") && json_object_get(line, "ulp_name")))
            continue;
        json_t *logged = json_object_get(line, key);
        if (!json_equal(value, logged))
            fail_msg("key %s: list has %s, log has %s", key, json_dumps(value, JSON_ENCODE_ANY),
                     logged ? json_dumps(logged, JSON_ENCODE_ANY) : "nothing");
    }
    json_decref(listed);
    json_decref(line);
    buffer_done(&row);
}

static void test_keys_of_rows(void **state)
{
    struct collector *collector =
        start_demo(300, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_DETAIL);
    struct frame *frame = NULL;
    struct log log;

    (void)state;
    log_init(&log);
    for (unsigned i = 0; i < 5; i++) {
        frame_release(frame);
        assert_int_equal(collector_step(collector, &frame), 0);
    }
    write_one(&log, frame, true, NULL, 0);
    for (char *at = log.buffer.data; *at; at = strchr(at, '\n') + 1) {
        if (!strncmp(at, "{\"ev\":\"row\"", 11))
            check_keys(at, (size_t)(strchr(at, '\n') - at), frame);
    }
    frame_release(frame);
    log_done(&log);
    collector_free(collector);
}

/* Writes a frame with one listener and reads it into `read`. */
static void pass_listener(struct frame_pool *pool, struct session_state *written,
                          struct session_state *read, uint32_t known, struct buffer *buffer)
{
    const struct session_view view = {0};
    const struct session_counts counts = {0};
    struct session_line line;
    char why[200];
    struct frame *frame = frame_new(pool);
    struct conn *conn = frame_add_conn(frame);

    frame->wall_ns = 1000000000;
    conn->serial = 1;
    conn->state = STATE_LISTEN;
    conn->tuple.family = FAMILY_INET;
    conn->known = KNOWN_QUEUES | known;
    conn->receive_queue = 3;
    conn->send_queue = known & KNOWN_NO_BACKLOG ? 0 : 128;
    buffer->length = 0;
    assert_int_equal(session_write_frame(buffer, written, frame, &view, &counts, false), 0);
    for (char *at = buffer->data; at < buffer->data + buffer->length; at = strchr(at, '\n') + 1)
        assert_int_equal(
            session_read_line(read, at, (size_t)(strchr(at, '\n') - at), &line, why, sizeof(why)),
            0);
    assert_int_equal(read->rows[0].conn.known, conn->known);
    assert_int_equal(read->rows[0].conn.receive_queue, 3);
    assert_int_equal(read->rows[0].conn.send_queue, conn->send_queue);
    frame_release(frame);
}

/* A backlog that the source does not know is no 0 in the log, and stays unknown. */
static void test_unknown_backlog(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct session_state written, read;
    struct buffer buffer;

    (void)state;
    session_state_init(&written);
    session_state_init(&read);
    buffer_init(&buffer);
    pass_listener(pool, &written, &read, KNOWN_NO_BACKLOG, &buffer);
    assert_null(strstr(buffer.data, "\"backlog\""));
    pass_listener(pool, &written, &read, 0, &buffer);
    assert_non_null(strstr(buffer.data, "\"backlog\":128"));
    pass_listener(pool, &written, &read, KNOWN_NO_BACKLOG, &buffer);
    assert_non_null(strstr(buffer.data, "\"backlog\":null"));
    buffer_done(&buffer);
    session_state_done(&written);
    session_state_done(&read);
    frame_pool_release(pool);
}

static bool is_key_of(enum record_kind kind, const char *name)
{
    static struct logged_facts facts;
    logged_facts_gather(&facts);
    bool row = kind == RECORD_ROW || kind == RECORD_SAMPLE;
    for (size_t i = 0; i < RECORDS[kind].keys->count; i++) {
        const struct session_key *key = &RECORDS[kind].keys->list[i];
        if ((!key->records || (key->records & RECORD_BIT(kind))) && !strcmp(key->name, name))
            return true;
    }
    for (size_t i = 0; i < session_line_keys.count; i++) {
        if (!strcmp(session_line_keys.list[i].name, name))
            return true;
    }
    for (size_t i = 0; kind == RECORD_FRAME && i < session_frame_key_count; i++) {
        if (!strcmp(SESSION_FRAME_KEYS[i].key, name))
            return true;
    }
    for (size_t i = 0; row && i < facts.rows.count; i++) {
        if (!strcmp(facts.rows.list[i].key, name))
            return true;
    }
    for (size_t i = 0; row && i < facts.details.count; i++) {
        if (!strcmp(facts.details.list[i].key, name))
            return true;
    }
    for (size_t i = 0; row && i < tcp_info_count; i++) {
        if (!strcmp(TCP_INFO[i].json, name))
            return true;
    }
    for (size_t i = 0; kind == RECORD_PROC && i < session_proc_key_count; i++) {
        if (!strcmp(SESSION_PROC_KEYS[i].key, name))
            return true;
    }
    return false;
}

/* No line has a key that the tables, and so the document, do not name. */
static void test_keys_are_in_tables(void **state)
{
    static struct event events[4096];
    struct collector *collector =
        start_demo(200, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_DETAIL);
    struct log log;
    const char *key;
    json_t *value;

    (void)state;
    log_init(&log);
    for (unsigned i = 0; i < 12; i++) {
        struct frame *frame = NULL;
        uint64_t lost;
        assert_int_equal(collector_step(collector, &frame), 0);
        uint32_t count = event_ring_read(collector_events(collector), &log.cursor, events,
                                         UNIT_COUNT(events), &lost);
        write_one(&log, frame, i == 0, events, count);
        for (char *at = log.buffer.data; *at; at = strchr(at, '\n') + 1) {
            json_t *line = json_loadb(at, (size_t)(strchr(at, '\n') - at), 0, NULL);
            const char *name = json_string_value(json_object_get(line, "ev"));
            enum record_kind kind = RECORD_HEAD;
            while (kind < RECORD_COUNT && strcmp(RECORDS[kind].name, name) != 0)
                kind++;
            assert_true(kind < RECORD_COUNT);
            json_object_foreach(line, key, value)
            {
                if (!is_key_of(kind, key))
                    fail_msg("%s has a key \"%s\" that no table has", name, key);
            }
            json_decref(line);
        }
        frame_release(frame);
    }
    log_done(&log);
    collector_free(collector);
}

static int read_text(const char *text, struct session_line *line, char *why)
{
    struct session_state state;
    session_state_init(&state);
    int error = session_read_line(&state, text, strlen(text), line, why, 200);
    session_state_done(&state);
    return error;
}

#define T     "\"t\":\"2026-11-22T12:16:31Z\""
#define TUPLE "\"family\":\"inet\",\"laddr\":\"10.0.0.5\",\"lport\":80"

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        int error;
        const char *word;
    } lines[] = {
        {"", -EINVAL, "JSON"},
        {"[1]", -EINVAL, "JSON"},
        {"{\"ev\":\"frame\"}", -EINVAL, "t: missing"},
        {"{" T "}", -EINVAL, "ev: missing"},
        {"{\"ev\":\"head\"," T ",\"format\":\"x\",\"version\":\"1.0\"}", -EINVAL, "format"},
        {"{\"ev\":\"head\"," T ",\"format\":\"tcplens-session\",\"version\":\"2.0\"}",
         -EPROTONOSUPPORT, "version 2"},
        {"{\"ev\":\"head\"," T ",\"format\":\"tcplens-session\",\"version\":\"\"}", -EINVAL,
         "version"},
        {"{\"ev\":\"row\"," T ",\"id\":0,\"state\":\"LISTEN\"," TUPLE "}", -EINVAL, "id"},
        {"{\"ev\":\"row\"," T ",\"id\":1," TUPLE "}", -EINVAL, "state: missing"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\"}", -EINVAL, "family: missing"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTENING\"," TUPLE "}", -EINVAL,
         "state: no such word"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"offload\":\"Max\"," TUPLE "}",
         -EINVAL, "offload: no such word"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"uid\":-1," TUPLE "}", -EINVAL,
         "uid: out of range"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"uid\":\"0\"," TUPLE "}", -EINVAL,
         "uid: not a whole number"},
        {"{\"ev\":\"row\"," T
         ",\"id\":1,\"state\":\"LISTEN\",\"family\":\"inet\",\"laddr\":\"::\"}",
         -EINVAL, "laddr"},
        {"{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"detail\":true,"
         "\"tcp_info_bytes\":60000," TUPLE "}",
         -EINVAL, "tcp_info_bytes"},
        {"{\"ev\":\"open\"," T "," TUPLE "}", -EINVAL, "to: missing"},
        {"{\"ev\":\"close\"," T ",\"to\":\"DELETE-TCB\",\"duration_ms\":-1," TUPLE "}", -EINVAL,
         "duration_ms"},
        {"{\"ev\":\"proc\"," T ",\"id\":1,\"pid\":-5}", -EINVAL, "pid"},
    };
    struct session_line line;
    char why[200];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        assert_int_equal(read_text(lines[i].text, &line, why), lines[i].error);
        if (!strstr(why, lines[i].word))
            fail_msg("%s: \"%s\" lacks \"%s\"", lines[i].text, why, lines[i].word);
    }
}

/* Newer minor versions, unknown keys and unknown lines are read; ids may be huge. */
static void test_accepted(void **state)
{
    static const char *const lines[] = {
        "{\"ev\":\"head\"," T ",\"format\":\"tcplens-session\",\"version\":\"1.9\",\"new\":[{}]}",
        "{\"ev\":\"weather\"," T ",\"rain\":true}",
        "{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"new\":{\"a\":1}," TUPLE "}",
        "{\"ev\":\"row\"," T ",\"id\":1,\"state\":\"LISTEN\",\"detail\":true,"
        "\"tcp_info_bytes\":328," TUPLE "}", /* of a newer kernel */
        "{\"ev\":\"sample\"," T ",\"id\":9223372036854775807,\"left\":true}",
    };
    struct session_line line;
    char why[200];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lines); i++)
        assert_int_equal(read_text(lines[i], &line, why), 0);
}

static void test_too_long(void **state)
{
    struct session_state session;
    struct session_line line;
    char why[200], *text = malloc(SESSION_LINE_MAX + 2);

    (void)state;
    memset(text, ' ', SESSION_LINE_MAX + 1);
    session_state_init(&session);
    assert_int_equal(
        session_read_line(&session, text, SESSION_LINE_MAX + 1, &line, why, sizeof(why)), -E2BIG);
    session_state_done(&session);
    free(text);
}

/* Text of a log is made safe; what was safe stays as it is, escapes too. */
static void test_text_is_clean(void **state)
{
    struct session_line line;
    char why[200];

    (void)state;
    assert_int_equal(read_text("{\"ev\":\"open\"," T ",\"to\":\"LISTEN\",\"comm\":"
                               "\"a\\u001b[31m\\\\x1bz\"," TUPLE "}",
                               &line, why),
                     0);
    assert_string_equal(line.event.name, "a\\x1b[31m\\x1bz");
}

static void test_peek(void **state)
{
    static const char text[] = "{\"ev\":\"frame\"," T ",\"number\":5}";
    enum record_kind kind = RECORD_NONE;
    int64_t wall_ns = 0;

    (void)state;
    assert_int_equal(session_peek_line(text, sizeof(text) - 1, &kind, &wall_ns), 0);
    assert_int_equal(kind, RECORD_FRAME);
    assert_int_equal(wall_ns, INT64_C(1795349791000000000));
    for (size_t cut = 0; cut < 30; cut++)
        assert_int_equal(session_peek_line(text, cut, &kind, &wall_ns), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_round_trip_detail),
        cmocka_unit_test(test_round_trip_spaced),
        cmocka_unit_test(test_unchanged_costs_nothing),
        cmocka_unit_test(test_ticking_facts_come_and_go),
        cmocka_unit_test(test_keys_of_rows),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_text_is_clean),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_keys_are_in_tables),
        cmocka_unit_test(test_unknown_backlog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
