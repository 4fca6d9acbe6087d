/* The reader of log lines takes what another reader of JSON takes, with the same values, and
 * nothing else: lines of all kinds, and such lines with bytes changed. jansson is that other one.
 */
#include "unit.h"

#include "session/format/flat.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 4096

static const char *const LINES[] = {
    "{}",
    " { \"a\" : 1 , \"b\" : [ ] , \"c\" : { } } \r\n\t",
    "{\"ev\":\"row\",\"t\":\"2026-11-22T12:16:20.000000000Z\",\"id\":2,\"rport\":443}",
    "{\"a\":0,\"b\":-0,\"c\":-1,\"d\":9223372036854775807,\"e\":-9223372036854775808}",
    "{\"a\":9223372036854775808}",
    "{\"a\":-9223372036854775809}",
    "{\"a\":99999999999999999999999999}",
    "{\"a\":01}",
    "{\"a\":1.}",
    "{\"a\":.5}",
    "{\"a\":+1}",
    "{\"a\":1.5,\"b\":-0.25,\"c\":1e3,\"d\":1E+3,\"e\":2.5e-3,\"f\":0e0,\"g\":1e-400}",
    "{\"a\":1e999}",
    "{\"a\":-1e999}",
    "{\"a\":1e}",
    "{\"a\":1e+}",
    "{\"a\":0x10}",
    "{\"a\":NaN}",
    "{\"a\":true,\"b\":false,\"c\":null}",
    "{\"a\":tru}",
    "{\"a\":nullx}",
    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"a\":\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00 \\u00E9\"}",
    "{\"a\":\"\\u0000\"}",
    "{\"a\":\"\\ud83d\"}",
    "{\"a\":\"\\ud83d\\u0041\"}",
    "{\"a\":\"\\ude00\"}",
    "{\"a\":\"\\x41\"}",
    "{\"a\":\"\\u00g0\"}",
    "{\"a\":\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}",
    "{\"a\":\"\xc0\x80\"}",
    "{\"a\":\"\xe0\x80\x80\"}",
    "{\"a\":\"\xed\xa0\x80\"}",
    "{\"a\":\"\xf4\x90\x80\x80\"}",
    "{\"a\":\"\xf5\x80\x80\x80\"}",
    "{\"a\":\"\xc3\"}",
    "{\"a\":\"\x80\"}",
    "{\"a\":\"\x01\"}",
    "{\"a\":\"\x7f\"}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "{\"\\u0061\":1,\"b\\n\":2}",
    "{\"a\":[1,[2,{\"b\":[]}],\"x\",null,1.5]}",
    "{\"a\":{\"b\":{\"c\":[{}]}},\"d\":1}",
    "{\"a\":[1,]}",
    "{\"a\":[,1]}",
    "{\"a\":[1}",
    "{\"a\":{\"b\"}}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{\"a\":1}x",
    "{\"a\":1",
    "{\"a\":\"b",
    "{\"a\":1.5",
    "",
    "[]",
    "1",
    "null",
    ("{\"owners\":[{\"pid\":41,\"start\":\"2026-11-22T08:02:31.120Z\",\"comm\":\"a\\\"b\"}],"
     "\"procs\":[1,2]}"),
};

static void check_value(const struct flat_member *found, json_t *value);

static void check_items(const struct flat_member *found, json_t *value)
{
    struct flat_items items = flat_items(found);
    struct flat_member item;
    size_t count = 0;

    if (json_is_object(value)) {
        while (flat_next(&items, &item))
            count++;
        assert_true(count >= json_object_size(value)); /* a key may be there twice */
        return;
    }
    for (; flat_next(&items, &item); count++)
        check_value(&item, json_array_get(value, count));
    assert_int_equal(count, json_array_size(value));
}

static void check_value(const struct flat_member *found, json_t *value)
{
    char text[TEXT_SIZE];

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        assert_int_equal(found->type, FLAT_OBJECT);
        check_items(found, value);
        return;
    case JSON_ARRAY:
        assert_int_equal(found->type, FLAT_LIST);
        check_items(found, value);
        return;
    case JSON_STRING:
        assert_int_equal(found->type, FLAT_TEXT);
        assert_int_equal(flat_text(found, text, sizeof(text)), json_string_length(value));
        assert_string_equal(text, json_string_value(value));
        return;
    case JSON_INTEGER:
        assert_int_equal(found->type, FLAT_INTEGER);
        assert_int_equal(found->integer, json_integer_value(value));
        return;
    case JSON_REAL:
        assert_int_equal(found->type, FLAT_REAL);
        assert_true(found->real == json_real_value(value));
        return;
    case JSON_TRUE:
        assert_int_equal(found->type, FLAT_TRUE);
        return;
    case JSON_FALSE:
        assert_int_equal(found->type, FLAT_FALSE);
        return;
    case JSON_NULL:
        assert_int_equal(found->type, FLAT_NULL);
        return;
    }
}

/* In a block of just that size, so that reading past its end is seen where memory is checked. */
static bool check_line(const char *line, size_t length)
{
    static struct flat flat;
    char *text = malloc(length ? length : 1);
    const char *key;
    json_t *value, *expected = json_loadb(line, length, 0, NULL);

    assert_non_null(text);
    memcpy(text, line, length);
    const bool parsed = flat_parse(&flat, text, length);
    if (parsed != json_is_object(expected))
        fail_msg("%s: %.*s", parsed ? "taken" : "refused", (int)length, line);
    if (parsed) {
        json_object_foreach(expected, key, value)
        {
            const struct flat_member *found = flat_find(&flat, key);
            assert_non_null(found);
            check_value(found, value);
        }
        assert_int_equal(flat.count, json_object_size(expected));
        assert_null(flat_find(&flat, "not there"));
    }
    json_decref(expected);
    free(text);
    return parsed;
}

static void test_lines(void **state)
{
    unsigned taken = 0;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(LINES); i++)
        taken += check_line(LINES[i], strlen(LINES[i]));
    assert_int_equal(taken, 16);
}

static void test_changed_lines(void **state)
{
    static const char bytes[] = "\"\\{}[]:,.-+0123456789eEu tfn\n\x80\xc3\xa9\xf0";
    char line[TEXT_SIZE];
    unsigned taken = 0;

    (void)state;
    srand(7);
    for (unsigned round = 0; round < 60000; round++) {
        const char *from = LINES[(unsigned)rand() % UNIT_COUNT(LINES)];
        size_t length = strlen(from);
        memcpy(line, from, length);
        for (int change = rand() % 3; change >= 0 && length > 1; change--) {
            size_t at = (size_t)rand() % length;
            if (rand() % 3 == 0) {
                memmove(line + at, line + at + 1, length - at - 1);
                length--;
            } else {
                line[at] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
            }
        }
        taken += check_line(line, length);
    }
    assert_true(taken > 1000);
}

/* Bounds that a foreign log may exceed: refused, not misread. */
static void test_bounds(void **state)
{
    static struct flat flat;
    static char line[1 << 16];
    size_t used = 0;

    (void)state;
    for (unsigned i = 0; i < FLAT_MEMBERS_MAX; i++)
        used += (size_t)sprintf(line + used, "%s\"k%u\":%u", i ? "," : "{", i, i);
    sprintf(line + used, "}");
    assert_true(flat_parse(&flat, line, used + 1));
    assert_int_equal(flat_find(&flat, "k239")->integer, 239);
    sprintf(line + used, ",\"one\":1}");
    assert_false(flat_parse(&flat, line, used + 9));

    for (unsigned depth = FLAT_DEPTH_MAX - 1; depth <= FLAT_DEPTH_MAX; depth++) {
        used = (size_t)sprintf(line, "{\"a\":");
        memset(line + used, '[', depth);
        memset(line + used + depth, ']', depth);
        strcpy(line + used + 2 * depth, "}");
        assert_int_equal(flat_parse(&flat, line, used + 2 * depth + 1), depth < FLAT_DEPTH_MAX);
    }
}

/* A text that does not fit is cut between characters. */
static void test_cut(void **state)
{
    static struct flat flat;
    const char line[] = "{\"a\":\"ab\\u20accd\"}";
    char text[8];

    (void)state;
    assert_true(flat_parse(&flat, line, strlen(line)));
    assert_int_equal(flat_text(flat_find(&flat, "a"), text, 5), 2);
    assert_string_equal(text, "ab");
    assert_int_equal(flat_text(flat_find(&flat, "a"), text, 6), 5);
    assert_string_equal(text, "ab\xe2\x82\xac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_changed_lines),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
