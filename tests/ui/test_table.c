/* Table layout for every width: nothing overlaps, the lesser columns leave first. */
#include "fake_term.h"
#include "ui/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 6

static void make(struct table_column columns[COUNT])
{
    const struct table_column made[COUNT] = {
        {.title = "STATE", .width = 11, .min_width = 11},
        {.title = "LOCAL", .width = 20, .min_width = 13, .grow = 2},
        {.title = "REMOTE", .width = 28, .min_width = 13, .grow = 3},
        {.title = "PID", .width = 7, .min_width = 7, .leave = 3, .right = true},
        {.title = "AGE", .width = 6, .min_width = 6, .leave = 2, .right = true},
        {.title = "IN/s", .width = 6, .min_width = 6, .leave = 1, .right = true},
    };
    memcpy(columns, made, sizeof(made));
}

static void test_every_width(void **state)
{
    struct table_column columns[COUNT];
    (void)state;
    for (int cells = 1; cells < 300; cells++) {
        make(columns);
        table_layout(columns, COUNT, 3, cells);
        int at = 3;
        for (size_t i = 0; i < COUNT; i++) {
            if (columns[i].cells == 0)
                continue;
            assert_true(columns[i].at >= at);
            assert_true(columns[i].cells >= columns[i].min_width);
            at = columns[i].at + columns[i].cells;
        }
        if (cells >= 41) /* the three that never leave, as narrow as they may be */
            assert_true(at <= 3 + cells);
        assert_true(columns[3].cells == 0 || columns[4].cells > 0);
        assert_true(columns[4].cells == 0 || columns[5].cells > 0);
    }
}

static void test_spare_width_grows_by_share(void **state)
{
    struct table_column columns[COUNT];
    (void)state;
    make(columns);
    table_layout(columns, COUNT, 0, 300);
    assert_true(columns[2].cells > columns[1].cells);
    assert_int_equal(columns[0].cells, 11);
    assert_int_equal(columns[5].at + columns[5].cells, 300);
}

static void test_header_marks_the_sort_column(void **state)
{
    struct table_column columns[COUNT];
    struct term term;
    struct canvas canvas = fake_canvas(&term);
    (void)state;
    make(columns);
    table_layout(columns, COUNT, 3, 56);
    table_draw_header(&canvas, 0, columns, COUNT, 5, true);
    assert_non_null(strstr(fake_row(&term, 0), "\xe2\x96\xbc IN/s"));
    table_draw_header(&canvas, 1, columns, COUNT, 0, false);
    assert_non_null(strstr(fake_row(&term, 1), "STATE \xe2\x96\xb2"));
    assert_int_equal(table_column_at(columns, COUNT, columns[1].at), 1);
    assert_true(table_column_at(columns, COUNT, 1) == SIZE_MAX);
}

static void test_next_column_in_sight(void **state)
{
    struct table_column columns[COUNT];
    (void)state;
    make(columns);
    /* never laid out: none is in sight, and it ends all the same */
    assert_int_equal(table_column_aside(columns, COUNT, 0, 1), 1);
    assert_int_equal(table_column_aside(columns, COUNT, 0, -1), COUNT - 1);
    assert_int_equal(table_column_aside(columns, COUNT, COUNT - 1, 1), 0);
    assert_int_equal(table_column_aside(columns, COUNT, SIZE_MAX, 1), 0);
    assert_int_equal(table_column_aside(columns, COUNT, SIZE_MAX, -1), COUNT - 1);
    table_layout(columns, COUNT, 0, 300);
    columns[1].cells = columns[2].cells = 0;
    assert_int_equal(table_column_aside(columns, COUNT, 0, 1), 3);
    assert_int_equal(table_column_aside(columns, COUNT, 3, -1), 0);
    assert_int_equal(table_column_aside(columns, 1, 0, 1), 0);
}

static void test_scroll_keeps_the_cursor(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 30; count++) {
        for (uint32_t height = 1; height < 12; height++) {
            uint32_t cursor = count + 5, top = 40;
            table_scroll(&cursor, &top, count, height);
            assert_true(count == 0 ? cursor == 0 : cursor == count - 1);
            assert_true(top <= cursor && cursor < top + height);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_width),
        cmocka_unit_test(test_spare_width_grows_by_share),
        cmocka_unit_test(test_header_marks_the_sort_column),
        cmocka_unit_test(test_next_column_in_sight),
        cmocka_unit_test(test_scroll_keeps_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
