/* JSON of rows and events, read back through jansson: every key of a full row with its type, none
 * where nothing is known, hostile text, CSV cells. */
#include "core/json/json.h"
#include "core/json/member.h"
#include "core/text/text.h"
#include "facts.h"

#include <jansson.h>
#include <math.h>

static json_t *read_back(const struct buffer *buffer)
{
    json_error_t error;
    json_t *object;

    assert_int_equal(buffer->failed, 0);
    assert_int_equal(buffer->data[buffer->length], '\0');
    object = json_loadb(buffer->data, buffer->length, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        fail_msg("%s at %d: %s", error.text, error.position, buffer->data);
    return object;
}

static json_t *row_back(const struct column_context *context, const struct conn *conn)
{
    struct buffer buffer;
    json_t *object;

    buffer_init(&buffer);
    json_row(&buffer, context, conn, NULL, 0);
    object = read_back(&buffer);
    buffer_done(&buffer);
    return object;
}

static int64_t value_in_unit(const struct column *column, const struct column_value *value)
{
    return column->type == TYPE_DURATION ? value->number / column->unit_ns : value->number;
}

static void check_text(const json_t *member, const char *expected, const char *key)
{
    if (!json_is_string(member) || strcmp(json_string_value(member), expected))
        fail_msg("%s: %s was expected", key, expected);
}

/* A member says what its column's getter says. */
static void check_member(const json_t *member, const struct column *column,
                         const struct column_value *value)
{
    char time[48];

    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
    case TYPE_ADDRESS:
        check_text(member, value->text, column->json);
        break;
    case TYPE_STATE:
        check_text(member, TCP_STATES[value->number].name, column->json);
        break;
    case TYPE_TIME:
        text_rfc3339(time, sizeof(time), value->number);
        check_text(member, time, column->json);
        break;
    case TYPE_FLAG:
        assert_int_equal(json_is_true(member), value->number != 0);
        break;
    case TYPE_SHARE:
        assert_true(json_is_real(member));
        assert_int_equal(llround(json_real_value(member) * 1000), value->number);
        break;
    case TYPE_PORT:
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_RATE:
    case TYPE_DURATION:
        assert_true(json_is_integer(member));
        assert_int_equal(json_integer_value(member), value_in_unit(column, value));
        break;
    }
}

static void check_row(const struct column_context *context, const struct conn *conn)
{
    json_t *object = row_back(context, conn);
    size_t expected = 0;

    for (size_t i = 0; i < column_count; i++) {
        struct column_value value;
        const bool written = columns[i].json && !columns[i].when_named;
        const json_t *member = written ? json_object_get(object, columns[i].json) : NULL;
        bool known = written && column_get(&columns[i], context, conn, &value);

        if (known != (member != NULL))
            fail_msg("%s is %s", columns[i].json, known ? "lacking" : "not known");
        expected += known;
        if (known && columns[i].put_json)
            assert_true(json_is_array(member));
        else if (known)
            check_member(member, &columns[i], &value);
    }
    assert_int_equal(json_object_size(object), expected);
    json_decref(object);
}

static void every_key_reads_back(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);

    (void)unused;
    check_row(&context, conn);
    conn->state = STATE_LISTEN;
    check_row(&context, conn);
    for (uint8_t word = OWNER_UNKNOWN; word <= OWNER_LISTENER; word++) {
        conn->owner_word = word;
        check_row(&context, conn);
    }
    frame_release(frame);
}

static void the_unknown_is_absent(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);
    json_t *object = row_back(&context, conn);

    (void)unused;
    check_row(&context, conn);
    assert_int_equal(json_object_size(object), 9);
    check_text(json_object_get(object, "owner"), "unknown", "owner");
    json_decref(object);
    frame_release(frame);
}

static void values_stand_as_designed(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);
    json_t *object = row_back(&context, conn), *owners, *owner;

    (void)unused;
    check_text(json_object_get(object, "state"), "ESTABLISHED", "state");
    check_text(json_object_get(object, "cookie"), "4f21", "cookie");
    check_text(json_object_get(object, "ifname"), "eth0", "ifname");
    assert_int_equal(json_integer_value(json_object_get(object, "age_ms")), 2000);
    assert_int_equal(json_integer_value(json_object_get(object, "rtt_us")), 12100);
    assert_int_equal(json_integer_value(json_object_get(object, "out_bytes")), 2000);
    check_text(json_object_get(object, "created_min"), "2026-11-23T12:16:29.104000000Z",
               "created_min");
    owners = json_object_get(object, "owners");
    assert_int_equal(json_array_size(owners), 1);
    owner = json_array_get(owners, 0);
    assert_int_equal(json_integer_value(json_object_get(owner, "pid")), 2210);
    check_text(json_object_get(owner, "comm"), "java", "comm");
    check_text(json_object_get(owner, "start"), "2026-11-23T12:16:31.103999940Z", "start");
    json_decref(object);
    frame_release(frame);
}

static void chosen_columns_only(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);
    const uint16_t only[] = {(uint16_t)column_index(column_find("rtt", 3)),
                             (uint16_t)column_index(column_find("local", 5)),
                             (uint16_t)column_index(column_find("lport", 5)),
                             (uint16_t)column_index(column_find("state", 5))};
    struct buffer buffer;

    (void)unused;
    buffer_init(&buffer);
    json_row(&buffer, &context, conn, only, UNIT_COUNT(only));
    assert_string_equal(buffer.data, "{\"lport\":52344,\"state\":\"ESTABLISHED\"}");
    buffer_clear(&buffer);
    json_row(&buffer, &context, conn, only, 2);
    assert_string_equal(buffer.data, "{}");
    buffer_done(&buffer);
    frame_release(frame);
}

static void check_string(const char *text)
{
    struct buffer buffer;
    json_t *array;

    buffer_init(&buffer);
    buffer_char(&buffer, '[');
    json_put_text(&buffer, text);
    buffer_char(&buffer, ']');
    array = read_back(&buffer);
    assert_string_equal(json_string_value(json_array_get(array, 0)), text);
    json_decref(array);
    buffer_done(&buffer);
}

/* Names as a process may choose them, made safe as they are where they enter. */
static void hostile_text_reads_back(void **unused)
{
    uint64_t seed = 11;

    (void)unused;
    check_string("");
    check_string("\"\\/\b\f\n\r\t\x01\x1f\x7f");
    for (int i = 0; i < 2000; i++) {
        char raw[64], clean[TEXT_CLEAN_MAX(sizeof(raw))];
        struct frame *frame = facts_new_frame();
        struct conn *conn;
        struct column_context context = facts_context(frame);
        json_t *object;

        unit_random_bytes(&seed, raw, sizeof(raw));
        text_clean(clean, sizeof(clean), raw, (size_t)i % sizeof(raw));
        check_string(clean);
        conn = facts_add_full(frame, clean);
        object = row_back(&context, conn);
        if (clean[0])
            check_text(json_object_get(object, "comm"), clean, "comm");
        json_decref(object);
        frame_release(frame);
    }
}

static void numbers_of_every_length_read_back(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);
    uint64_t number = 1;

    (void)unused;
    conn->known = KNOWN_BYTES_IN;
    for (int digits = 1; digits < 19; digits++, number *= 10) {
        for (int64_t add = -1; add <= 1; add++) {
            json_t *object;

            conn->in_bytes = number + (uint64_t)add;
            object = row_back(&context, conn);
            assert_int_equal(json_integer_value(json_object_get(object, "in_bytes")),
                             conn->in_bytes);
            json_decref(object);
        }
    }
    frame_release(frame);
}

static void check_cell(const char *text, const char *expected)
{
    struct buffer buffer;

    buffer_init(&buffer);
    csv_cell(&buffer, text, true);
    assert_string_equal(buffer.length ? buffer.data : "", expected);
    buffer_done(&buffer);
}

static void csv_cells_are_quoted_and_never_formulas(void **unused)
{
    (void)unused;
    check_cell("", "");
    check_cell("plain text", "plain text");
    check_cell("a,b", "\"a,b\"");
    check_cell("say \"hi\"", "\"say \"\"hi\"\"\"");
    check_cell("two\nlines", "\"two\nlines\"");
    check_cell("=1+1", "'=1+1");
    check_cell("+x", "'+x");
    check_cell("@x", "'@x");
    check_cell("-x", "'-x");
    check_cell("-5", "-5");
    check_cell("=a,b", "\"'=a,b\"");
}

static struct event make_event(uint8_t kind)
{
    struct event event = {.kind = kind,
                          .wall_ns = FACTS_NOW_NS,
                          .from = STATE_SYN_SENT,
                          .to = STATE_ESTABLISHED,
                          .uid = UINT32_MAX};

    event.tuple.family = FAMILY_INET;
    event.tuple.local_port = 52344;
    event.tuple.remote_port = 443;
    return event;
}

static void events_read_back(void **unused)
{
    struct event_place place = {
        .user = "ann", .unit = "app.service", .container = "docker:4f2a", .serial = 41};
    struct event event = make_event(EVENT_STATE);
    struct buffer buffer;
    json_t *object;

    (void)unused;
    event.has_duration = event.has_totals = 1;
    event.duration_ns = 12200000;
    event.cookie = 0x1a;
    strcpy(event.name, "fire\"fox");
    buffer_init(&buffer);
    json_event(&buffer, 7, &event, &place);
    object = read_back(&buffer);
    check_text(json_object_get(object, "ev"), "state", "ev");
    check_text(json_object_get(object, "user"), "ann", "user");
    check_text(json_object_get(object, "unit"), "app.service", "unit");
    check_text(json_object_get(object, "container"), "docker:4f2a", "container");
    check_text(json_object_get(object, "t"), "2026-11-23T12:16:31.104000000Z", "t");
    check_text(json_object_get(object, "from"), "SYN-SENT", "from");
    check_text(json_object_get(object, "to"), "ESTABLISHED", "to");
    check_text(json_object_get(object, "comm"), "fire\"fox", "comm");
    check_text(json_object_get(object, "cookie"), "1a", "cookie");
    assert_true(json_real_value(json_object_get(object, "from_ms")) == (double)12.2);
    assert_null(json_object_get(object, "uid"));
    assert_null(json_object_get(object, "pid"));
    assert_int_equal(json_integer_value(json_object_get(object, "seq")), 7);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 41);
    json_decref(object);
    buffer_clear(&buffer);
    event = make_event(EVENT_CLOSE);
    event.end = END_RESET_BY_US;
    event.reset_why = RESET_WHY_UNREAD;
    event.error = ERROR_EPIPE;
    event.created_max_ns = event.wall_ns;
    json_event(&buffer, 7, &event, &place);
    object = read_back(&buffer);
    check_text(json_object_get(object, "end"), "reset-by-us", "end");
    check_text(json_object_get(object, "reset"), "unread", "reset");
    check_text(json_object_get(object, "error"), "EPIPE", "error");
    check_text(json_object_get(object, "created_max"), "2026-11-23T12:16:31.104000000Z", "created");
    assert_null(json_object_get(object, "created_min"));
    json_decref(object);
    buffer_clear(&buffer);
    event = make_event(EVENT_LOST);
    event.lost = 12;
    json_event(&buffer, 7, &event, &place);
    object = read_back(&buffer);
    check_text(json_object_get(object, "ev"), "gap", "ev");
    assert_int_equal(json_integer_value(json_object_get(object, "count")), 12);
    assert_null(json_object_get(object, "host"));
    assert_null(json_object_get(object, "clock_error_ms"));
    json_decref(object);
    buffer_clear(&buffer);
    place.host = "db";
    place.clock_error_ns = 1250999;
    json_event(&buffer, 7, &event, &place);
    object = read_back(&buffer);
    check_text(json_object_get(object, "host"), "db", "host");
    assert_true(strstr(buffer.data, "\"clock_error_ms\":1.250,") != NULL);
    json_decref(object);
    buffer_done(&buffer);
}

static void check_with_memo(const struct column_context *context, const struct conn *conn,
                            struct json_memo *memo)
{
    struct buffer alone, of_many;

    buffer_init(&alone);
    buffer_init(&of_many);
    json_row(&alone, context, conn, NULL, 0);
    for (int round = 0; round < 2; round++) { /* written, then remembered */
        json_row_of_many(&of_many, context, conn, memo);
        assert_string_equal(of_many.data, alone.data);
        buffer_clear(&of_many);
    }
    buffer_done(&alone);
    buffer_done(&of_many);
}

/* Rows that differ from the one before in one of the facts that the memo goes by. */
static void a_memo_changes_no_row(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java"), first = *conn, row;
    struct column_context context = facts_context(frame);
    struct json_memo *memo = json_memo_new();

    (void)unused;
    assert_non_null(memo);
    facts_add_owner(frame, conn, "nginx");
    check_with_memo(&context, conn, memo);
    check_with_memo(&context, &first, memo);
#define WITH(change)                                                                               \
    row = first;                                                                                   \
    row.change;                                                                                    \
    check_with_memo(&context, &row, memo)
    WITH(uid = 7);
    WITH(known &= ~(uint32_t)KNOWN_UID);
    WITH(known &= ~(uint32_t)KNOWN_CGROUP);
    WITH(cgroup_id++);
    WITH(owner++);
    WITH(owner = CONN_NO_INDEX);
    WITH(owner_word = OWNER_LAST);
    WITH(group++);
    WITH(group = CONN_NO_INDEX);
    WITH(unit_from = UNIT_FROM_SOCKET);
    WITH(owners++);
    WITH(owner_count = 0);
    WITH(owner_count = 2);
    WITH(tuple.local_port = 1);
#undef WITH
    json_memo_free(memo);
    frame_release(frame);
}

/* Whatever column is named: what a table shows of it is in JSON, by itself or by its parts. */
static void every_column_can_be_named(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);

    (void)unused;
    for (uint16_t i = 0; i < column_count; i++) {
        char text[512];
        uint16_t named[8];
        size_t count;
        struct buffer buffer;
        assert_int_equal(columns_expand(&i, 1, named, 8, &count), 0);
        buffer_init(&buffer);
        json_row(&buffer, &context, conn, named, count);
        json_t *object = read_back(&buffer);
        if (column_format(&columns[i], &context, conn, text, sizeof(text)) > 0 &&
            json_object_size(object) == 0)
            fail_msg("--columns %s: shows \"%s\", JSON has nothing", columns[i].id, text);
        json_decref(object);
        buffer_done(&buffer);
    }
    frame_release(frame);
}

static void members_follow_each_other(void **unused)
{
    struct buffer buffer;

    (void)unused;
    buffer_init(&buffer);
    buffer_char(&buffer, '{');
    json_member_text_if(&buffer, "none", "");
    json_member_number(&buffer, "most", UINT64_MAX);
    json_member_signed(&buffer, "less", -7);
    json_member_key(&buffer, "inner");
    buffer_char(&buffer, '{');
    json_member_time(&buffer, "at", 1500000000);
    json_member_true(&buffer, "yes");
    buffer_char(&buffer, '}');
    json_member_null(&buffer, "nothing");
    json_member_text(&buffer, "last", "a \"name\"");
    buffer_char(&buffer, '}');
    assert_string_equal(buffer.data, "{\"most\":9223372036854775807,\"less\":-7,\"inner\":{"
                                     "\"at\":\"1970-01-01T00:00:01.500000000Z\",\"yes\":true},"
                                     "\"nothing\":null,\"last\":\"a \\\"name\\\"\"}");
    json_decref(read_back(&buffer));
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_reads_back),
        cmocka_unit_test(the_unknown_is_absent),
        cmocka_unit_test(values_stand_as_designed),
        cmocka_unit_test(chosen_columns_only),
        cmocka_unit_test(every_column_can_be_named),
        cmocka_unit_test(a_memo_changes_no_row),
        cmocka_unit_test(hostile_text_reads_back),
        cmocka_unit_test(numbers_of_every_length_read_back),
        cmocka_unit_test(csv_cells_are_quoted_and_never_formulas),
        cmocka_unit_test(events_read_back),
        cmocka_unit_test(members_follow_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
