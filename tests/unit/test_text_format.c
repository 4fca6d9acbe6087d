/* Counts, ages, spans and times as text, at every border; the distance of words. */
#include "core/text/text.h"
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND = 1000000000;

static void counts_fit_in_five_cells(void **unused)
{
    static const struct {
        uint64_t value;
        const char *text;
    } counts[] = {
        {0, "0"},
        {9, "9"},
        {999, "999"},
        {1000, "1.0k"},
        {1234, "1.2k"},
        {9999, "9.9k"},
        {10000, "10k"},
        {29999, "29k"},
        {999999, "999k"},
        {1000000, "1.0M"},
        {30000000, "30M"},
        {1200000000, "1.2G"},
        {UINT64_MAX, "18E"},
    };
    char out[32];
    uint64_t seed = 21;
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        assert_int_equal(text_count(out, sizeof(out), counts[i].value), strlen(counts[i].text));
        assert_string_equal(out, counts[i].text);
    }
    for (unsigned i = 0; i < 100000; i++)
        assert_true(text_count(out, sizeof(out), unit_random(&seed) >> unit_random(&seed) % 64) <=
                    5);
}

static void ages_fit_in_six_cells(void **unused)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } ages[] = {
        {-5, "0:00"},       {0, "0:00"},
        {2, "0:02"},        {751, "12:31"},
        {3599, "59:59"},    {3600, "1:00h"},
        {8040, "2:14h"},    {86399, "23:59h"},
        {86400, "1d 0h"},   {273600, "3d 4h"},
        {863999, "9d 23h"}, {864000, "10d"},
        {1047600, "12d"},   {863999999, "9999d"},
        {864000000, "27y"}, {INT64_MAX / 1000000000, "292y"},
    };
    char out[32];
    uint64_t seed = 22;
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(ages); i++) {
        assert_int_equal(text_age(out, sizeof(out), ages[i].seconds * SECOND),
                         strlen(ages[i].text));
        assert_string_equal(out, ages[i].text);
    }
    text_age(out, sizeof(out), 3 * SECOND - 1);
    assert_string_equal(out, "0:02");
    for (unsigned i = 0; i < 100000; i++)
        assert_true(text_age(out, sizeof(out),
                             (int64_t)(unit_random(&seed) >> unit_random(&seed) % 64)) <= 6);
}

static void spans_name_their_unit(void **unused)
{
    static const struct {
        int64_t nanoseconds;
        const char *text;
    } spans[] = {
        {-1, "0ns"},
        {0, "0ns"},
        {999, "999ns"},
        {1000, "1.0us"},
        {850000, "850us"},
        {999999, "999us"},
        {1200000, "1.2ms"},
        {12000000, "12ms"},
        {1200000000, "1.2s"},
        {12900000000, "12s"},
        {59999999999, "59s"},
        {180000000000, "3m"},
        {3599000000000, "59m"},
        {3600000000000, "1h"},
        {172799000000000, "47h"},
        {172800000000000, "2d"},
    };
    char out[32];
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(spans); i++) {
        assert_int_equal(text_span(out, sizeof(out), spans[i].nanoseconds), strlen(spans[i].text));
        assert_string_equal(out, spans[i].text);
    }
}

static void short_room_cuts_and_ends(void **unused)
{
    char out[8] = "ZZZZZZZ";
    (void)unused;
    assert_int_equal(text_count(out, 3, 123456), 2);
    assert_memory_equal(out, "12\0ZZZ", 6);
    assert_int_equal(text_age(out, 0, SECOND), 0);
    assert_int_equal(out[0], '1');
}

static int parse(const char *text, int64_t *wall_ns)
{
    return text_parse_rfc3339(text, strlen(text), wall_ns);
}

static void known_times_are_read_and_written(void **unused)
{
    static const struct {
        int64_t wall_ns;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00.000000000Z"},
        {1795349791104123456, "2026-11-22T12:16:31.104123456Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {951782400000000000, "2000-02-29T00:00:00.000000000Z"},
        {4107542400000000000, "2100-03-01T00:00:00.000000000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
    };
    char out[40];
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(times); i++) {
        int64_t back = 1;
        assert_int_equal(text_rfc3339(out, sizeof(out), times[i].wall_ns), 30);
        assert_string_equal(out, times[i].text);
        assert_int_equal(parse(out, &back), 0);
        assert_true(back == times[i].wall_ns);
    }
}

static void every_time_goes_there_and_back(void **unused)
{
    uint64_t seed = 23;
    (void)unused;
    for (unsigned i = 0; i < 200000; i++) {
        int64_t wall_ns = (int64_t)unit_random(&seed), back = 0;
        char out[40], expected[40];
        size_t length = text_rfc3339(out, sizeof(out), wall_ns);
        assert_int_equal(text_parse_rfc3339(out, length, &back), 0);
        assert_true(back == wall_ns);
        const int64_t whole = wall_ns / SECOND - (wall_ns % SECOND < 0);
        const time_t seconds = (time_t)whole;
        if (seconds != whole)
            continue; /* a time_t of 32 bits ends in 2038 */
        struct tm date;
        assert_non_null(gmtime_r(&seconds, &date));
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &date);
        assert_memory_equal(out, expected, 19);
    }
}

static void decimals_may_be_few(void **unused)
{
    int64_t wall_ns = 0;
    (void)unused;
    assert_int_equal(parse("1970-01-01T00:00:01Z", &wall_ns), 0);
    assert_int_equal(wall_ns, SECOND);
    assert_int_equal(parse("1970-01-01T00:00:01.5Z", &wall_ns), 0);
    assert_int_equal(wall_ns, SECOND + SECOND / 2);
    assert_int_equal(parse("1970-01-01T00:00:01.000001Z", &wall_ns), 0);
    assert_int_equal(wall_ns, SECOND + 1000);
    assert_int_equal(text_parse_rfc3339("1970-01-01T00:00:02Zjunk", 20, &wall_ns), 0);
    assert_int_equal(wall_ns, 2 * SECOND);
}

static void wrong_times_are_refused(void **unused)
{
    static const char *const wrong[] = {
        "",
        "Z",
        "2026-11-22",
        "2026-11-22T12:16:31",
        "2026-11-22 12:16:31Z",
        "2026-11-22t12:16:31Z",
        "2026-11-22T12:16:31z",
        "2026-11-22T12:16:31+00:00",
        "2026-11-22T12:16:31.Z",
        "2026-11-22T12:16:31.1234567890Z",
        "2026-11-22T12:16:31.12 Z",
        "2026-11-22T12:16:31,5Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:16:60Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "-026-11-22T12:16:31Z",
        "1677-09-21T00:12:43.145224191Z",
        "2262-04-11T23:47:16.854775808Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    };
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        int64_t wall_ns = 42;
        if (parse(wrong[i], &wall_ns) != -EINVAL)
            fail_msg("\"%s\" was taken for a time", wrong[i]);
        assert_int_equal(wall_ns, 42);
    }
}

static void edits_are_counted(void **unused)
{
    char long_word[200];
    (void)unused;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("list", "list"), 0);
    assert_int_equal(text_distance("lsit", "list"), 1);
    assert_int_equal(text_distance("lst", "list"), 1);
    assert_int_equal(text_distance("lists", "list"), 1);
    assert_int_equal(text_distance("lisp", "list"), 1);
    assert_int_equal(text_distance("", "list"), 4);
    assert_int_equal(text_distance("replay", "record"), 4);
    assert_int_equal(text_distance("ab", "ba"), 1);
    assert_int_equal(text_distance("ca", "abc"), 3);
    memset(long_word, 'a', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    assert_int_equal(text_distance(long_word, long_word + 136), 136);
    assert_true(text_distance(long_word, "list") > 2);
}

/* Of "php" one letter is that of "map": it is another word. */
static void what_is_near_may_be_meant(void **unused)
{
    static const struct {
        const char *word, *name;
        bool near;
    } CASES[] = {
        {"lst", "list", true},      {"lsit", "list", true},
        {"evnets", "events", true}, {"php", "map", false},
        {"foo", "top", false},      {"foo", "paws", false},
        {"x", "at", false},         {"close-wiat", "close-wait", true},
        {"", "list", false},        {"accept-queue", "accept-queue-full", true},
        {"mpa", "map", true},
    };
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        unsigned edits = UINT_MAX;
        assert_int_equal(text_is_nearer(CASES[i].word, CASES[i].name, &edits), CASES[i].near);
        assert_int_equal(edits,
                         CASES[i].near ? text_distance(CASES[i].word, CASES[i].name) : UINT_MAX);
        assert_false(text_is_nearer(CASES[i].word, CASES[i].name, &edits)); /* not nearer */
    }
}

static void bytes_have_a_unit(void **unused)
{
    char text[24];
    (void)unused;
    text_bytes(text, sizeof(text), 999, 9.95, "");
    assert_string_equal(text, "999 B");
    text_bytes(text, sizeof(text), 604929, 9.95, "");
    assert_string_equal(text, "605 kB");
    text_bytes(text, sizeof(text), 2750000, 99.95, "/s");
    assert_string_equal(text, "2.8 MB/s");
    text_bytes(text, sizeof(text), 999600, 9.95, "");
    assert_string_equal(text, "1.0 MB");
}

/* A distance: the same both ways, zero for the same word only, never more than the longer word. */
static void the_distance_is_one(void **unused)
{
    uint64_t seed = 24;
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        char a[8] = {0}, b[8] = {0};
        for (size_t k = unit_random(&seed) % sizeof(a); k-- > 0;)
            a[k] = (char)('a' + unit_random(&seed) % 3);
        for (size_t k = unit_random(&seed) % sizeof(b); k-- > 0;)
            b[k] = (char)('a' + unit_random(&seed) % 3);
        unsigned distance = text_distance(a, b);
        assert_int_equal(distance, text_distance(b, a));
        assert_int_equal(distance == 0, strcmp(a, b) == 0);
        assert_true(distance <= (strlen(a) > strlen(b) ? strlen(a) : strlen(b)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_fit_in_five_cells),
        cmocka_unit_test(ages_fit_in_six_cells),
        cmocka_unit_test(spans_name_their_unit),
        cmocka_unit_test(short_room_cuts_and_ends),
        cmocka_unit_test(known_times_are_read_and_written),
        cmocka_unit_test(every_time_goes_there_and_back),
        cmocka_unit_test(decimals_may_be_few),
        cmocka_unit_test(wrong_times_are_refused),
        cmocka_unit_test(edits_are_counted),
        cmocka_unit_test(what_is_near_may_be_meant),
        cmocka_unit_test(bytes_have_a_unit),
        cmocka_unit_test(the_distance_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
