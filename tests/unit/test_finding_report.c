/* Reports of detectors: how those of one subject become one finding. */
#include "core/finding/detection.h"
#include "unit.h"

/* Reports of one subject, of which some have no rows: the filter is that of the others. */
static void a_report_without_rows_adds_nothing_to_the_filter(void **state)
{
    static const struct {
        const char *rows[3], *joined;
    } CASES[] = {{{"", "sport = :1", ""}, "sport = :1"},
                 {{"sport = :1", "", "sport = :2"}, "( sport = :1 ) or ( sport = :2 )"},
                 {{"", "", ""}, ""}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct finding drafts[DRAFTS_MAX];
        struct finding_check check = {0};
        struct detection d = {.detector = DETECTORS[0], .drafts = drafts, .check = &check};
        const struct finding_subject subject = subject_host(&d);
        for (int n = 0; n < 3; n++)
            finding_rows(detection_report(&d, SEVERITY_INFO, CONFIDENCE_LIKELY, &subject), "%s",
                         CASES[i].rows[n]);
        detection_settle(&d);
        assert_int_equal(d.draft_count, 1);
        assert_string_equal(drafts[0].filter, CASES[i].joined);
    }
}

/* Of 80 subjects with two reports each there is room for 64. */
static void a_subject_without_room_counts_once(void **state)
{
    struct finding drafts[DRAFTS_MAX];
    struct finding_check check = {0};
    struct detection d = {.detector = DETECTORS[0], .drafts = drafts, .check = &check};
    (void)state;
    for (int32_t report = 0; report < 160; report++) {
        const struct finding_subject subject = {.kind = SUBJECT_PROCESS, .pid = 1 + report % 80};
        (void)detection_report(&d, SEVERITY_INFO, CONFIDENCE_LIKELY, &subject);
    }
    detection_settle(&d);
    assert_int_equal(d.draft_count, DRAFTS_MAX);
    assert_int_equal(check.left_out, 80 - DRAFTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_without_rows_adds_nothing_to_the_filter),
        cmocka_unit_test(a_subject_without_room_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
