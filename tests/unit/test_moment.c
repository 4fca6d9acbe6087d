/* Moments as date prints them and people type them: all forms of one moment are that moment. */
#include "command/at_time.h"
#include "core/text/moment.h"
#include "unit.h"

#include <stdlib.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define NOON_NS   (INT64_C(1795348800) * SECOND_NS) /* 2026-11-22T12:00:00Z */

static void all_forms_are_read(void **unused)
{
    static const struct {
        const char *text;
        int64_t after_ns;
    } moments[] = {
        {"2026-11-22T12:00:00Z", 0},
        {"2026-11-22t12:00:00z", 0},
        {"2026-11-22T12:00:00+00:00", 0},
        {"2026-11-22T13:30:00+01:30", 0},
        {"2026-11-22T04:00:00-08:00", 0},
        {"2026-11-22T13:00:00+0100", 0},
        {"2026-11-22T13:00:00+01", 0},
        {"2026-11-23T02:00:00.25+14:00", SECOND_NS / 4},
        {"2026-11-22T12:00:00,000000007+00:00", 7},     /* date -Ins */
        {"2026-11-22 12:00:00.5+00:00", SECOND_NS / 2}, /* date --rfc-3339=ns */
        {"@1795348800", 0},
        {"@1795348800.25", SECOND_NS / 4},
        {"@1795348800.000000001", 1},
    };

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(moments); i++) {
        int64_t wall_ns = -1;
        if (text_parse_moment(moments[i].text, &wall_ns) != 0)
            fail_msg("\"%s\" is not read", moments[i].text);
        assert_int_equal(wall_ns, NOON_NS + moments[i].after_ns);
    }
}

static void others_are_refused(void **unused)
{
    static const char *const texts[] = {
        "",
        "@",
        "@1.",
        "@-1",
        "@1x",
        "@1.0000000001",
        "@99999999999",
        "now",
        "2026-11-22",
        "2026-11-22T12:00:00",
        "2026-11-22T12:00:00Zulu",
        "2026-11-22T12:00:00+1",
        "2026-11-22T12:00:00+24:00",
        "2026-11-22T12:00:00+01:60",
        "2026-11-22T12:00:00+01:00:00",
        "2026-11-22T12:00:00.+01:00",
        "2026-11-22T12:00:00.0000000001Z",
        "2026-02-30T12:00:00Z",
        "2026-11-22T12:00:00.000000000000000000000000000000Z",
    };

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        int64_t wall_ns = 5;
        if (text_parse_moment(texts[i], &wall_ns) == 0)
            fail_msg("\"%s\" is read", texts[i]);
        assert_int_equal(wall_ns, 5);
    }
}

static void what_people_type_counts_from_the_end(void **unused)
{
    static const struct {
        const char *text;
        int64_t wall_ns;
    } moments[] = {
        {"-5m", NOON_NS - 300 * SECOND_NS},
        {"-250ms", NOON_NS - SECOND_NS / 4},
        {"-1.5h", NOON_NS - 5400 * SECOND_NS},
        {"-90", NOON_NS - 90 * SECOND_NS},
        {"11:59:58", NOON_NS - 2 * SECOND_NS},
        {"11:59:58.5", NOON_NS - 3 * SECOND_NS / 2},
        {"12:00:00.5", NOON_NS - 86400 * SECOND_NS + SECOND_NS / 2}, /* of the day before */
        {"2026-11-22T12:00", NOON_NS},
        {"2026-11-22 12:00:00.25", NOON_NS + SECOND_NS / 4},
        {"2026-11-22T13:00:00+01:00", NOON_NS},
        {"@1795348800", NOON_NS},
    };

    (void)unused;
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < UNIT_COUNT(moments); i++) {
        int64_t wall_ns = -1;
        if (at_time_parse(moments[i].text, NOON_NS, &wall_ns) != 0)
            fail_msg("\"%s\" is not read", moments[i].text);
        if (wall_ns != moments[i].wall_ns)
            fail_msg("\"%s\" is read as %lld", moments[i].text, (long long)wall_ns);
    }
    int64_t wall_ns;
    assert_int_not_equal(at_time_parse("-5w", NOON_NS, &wall_ns), 0);
    assert_int_not_equal(at_time_parse("11:59:58.", NOON_NS, &wall_ns), 0);
    assert_int_not_equal(at_time_parse("25:00", NOON_NS, &wall_ns), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_are_read),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(what_people_type_counts_from_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
