/* Rows that a dump gave twice, and rows found by cookie, against a slow and plain search. */
#include "source/repeats.h"
#include "unit.h"

#include <stdlib.h>

enum { ROWS = 3000 };

static void note_all(struct repeats *repeats, const struct conn *conns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        repeats_note(repeats, conns[i].cookie);
}

/* The order of first sights, each with the inode of the last. */
static uint32_t remove_slowly(struct conn *conns, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t seen = 0;
        while (seen < kept && (!conns[i].cookie || conns[seen].cookie != conns[i].cookie))
            seen++;
        kept += seen == kept;
        conns[seen] = conns[i];
    }
    return kept;
}

static void check_rows(uint64_t spread, uint64_t stride, uint32_t expected)
{
    struct repeats repeats = {0};
    struct conn *rows = calloc(ROWS, sizeof(*rows));
    struct conn *same = calloc(ROWS, sizeof(*same));
    uint64_t seed = spread + expected;
    assert_non_null(rows);
    assert_non_null(same);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < ROWS; i++) {
            rows[i] = (struct conn){.cookie = unit_random(&seed) % spread * stride, .inode = i};
            same[i] = rows[i];
        }
        assert_int_equal(repeats_begin(&repeats, expected), 0);
        note_all(&repeats, rows, ROWS);
        uint32_t left = repeats_remove(&repeats, rows, ROWS);
        assert_int_equal(left, remove_slowly(same, ROWS));
        for (uint32_t i = 0; i < left; i++) {
            assert_true(rows[i].cookie == same[i].cookie);
            assert_int_equal(rows[i].inode, same[i].inode);
        }
    }
    repeats_done(&repeats);
    free(rows);
    free(same);
}

static void the_last_sight_of_a_row_stays(void **unused)
{
    (void)unused;
    check_rows(5, 1, 0);                    /* nearly all are repeated; no cookie too */
    check_rows(ROWS, 1, ROWS);              /* some */
    check_rows(UINT64_MAX, 1, ROWS);        /* none */
    check_rows(ROWS, (uint64_t)1 << 40, 0); /* all share one bit */
    check_rows(ROWS, 64, 100000);
}

static void rows_without_repeats_stay_untouched(void **unused)
{
    struct repeats repeats = {0};
    struct conn rows[] = {{.cookie = 3}, {.cookie = 1}, {.cookie = 2}};
    (void)unused;
    assert_int_equal(repeats_begin(&repeats, 3), 0);
    note_all(&repeats, rows, 3);
    assert_int_equal(repeats.suspects, 0);
    assert_int_equal(repeats_remove(&repeats, rows, 3), 3);
    assert_true(rows[1].cookie == 1);
    repeats_done(&repeats);
}

static void rows_are_found_by_cookie(void **unused)
{
    struct row_index index = {0};
    struct conn rows[2000] = {{0}};
    (void)unused;
    assert_int_equal(row_index_find(&index, rows, 5), CONN_NO_INDEX);
    assert_int_equal(row_index_begin(&index, UNIT_COUNT(rows)), 0);
    for (uint32_t i = 0; i < UNIT_COUNT(rows); i++) {
        rows[i].cookie = (uint64_t)i << (i % 40);
        row_index_add(&index, rows, rows[i].cookie, i);
    }
    for (uint32_t i = 1; i < UNIT_COUNT(rows); i++) {
        uint32_t row = row_index_find(&index, rows, rows[i].cookie);
        assert_true(row <= i && rows[row].cookie == rows[i].cookie);
    }
    assert_int_equal(row_index_find(&index, rows, 0), CONN_NO_INDEX);
    assert_int_equal(row_index_find(&index, rows, UINT64_MAX - 1), CONN_NO_INDEX);
    assert_int_equal(row_index_fill(&index, rows, 10), 0);
    assert_int_equal(row_index_find(&index, rows, rows[1999].cookie), CONN_NO_INDEX);
    row_index_done(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_sight_of_a_row_stays),
        cmocka_unit_test(rows_without_repeats_stay_untouched),
        cmocka_unit_test(rows_are_found_by_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
