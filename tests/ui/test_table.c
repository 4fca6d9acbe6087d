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

/* No wider than its longest text; spare width goes to what is cut, others before addresses. */
static void test_columns_are_as_wide_as_their_text(void **state)
{
    struct table_column columns[COUNT];
    uint16_t longest[COUNT] = {0};
    (void)state;
    make(columns);
    for (size_t i = 0; i < COUNT; i++)
        columns[i].longest = &longest[i];
    columns[1].late = columns[2].late = true;
    table_want(&columns[1], "10.0.0.5:443");
    table_want(&columns[1], "10.0.0.5:8080");
    table_want(&columns[2], "[2001:db8:1:2:3:4:5:6]:40118 and more");
    table_want(&columns[2], "*");
    assert_int_equal(longest[1], 13);
    assert_int_equal(longest[2], 37);
    table_layout(columns, COUNT, 3, 80);
    assert_int_equal(columns[1].cells, 13);
    assert_int_equal(columns[2].cells, 80 - 11 - 2 - 13 - 2 - 8 - 7 - 7); /* what there is left */
    table_layout(columns, COUNT, 3, 300);
    assert_int_equal(columns[0].cells, 11);
    assert_in_range(columns[1].cells, 13, 16);
    assert_in_range(columns[2].cells, 37, 40);
}

/* Sparklines beside numbers: all or none, and the least column makes room for them. */
static void test_extras_come_where_there_is_room(void **state)
{
    struct table_column columns[COUNT];
    (void)state;
    for (int cells = 40; cells < 200; cells++) {
        make(columns);
        columns[4].extra = columns[5].extra = 8;
        table_layout(columns, COUNT, 3, cells);
        const int end = columns[5].at + columns[5].cells;
        assert_int_equal(columns[4].extra_cells, columns[5].extra_cells);
        assert_true(columns[5].extra_cells == 0 || columns[5].cells == 6 + 9);
        assert_true(columns[5].cells == 0 || end <= 3 + cells);
        assert_true(cells < 110 || columns[5].extra_cells == 9);
    }
    make(columns);
    columns[5].extra = 8;
    table_layout(columns, COUNT, 3, 66);
    assert_int_equal(columns[5].extra_cells, 0);
    columns[3].leave = 9;
    table_layout(columns, COUNT, 3, 66);
    assert_int_equal(columns[5].extra_cells, 9);
    assert_int_equal(columns[3].cells, 0);
}

/* On a very narrow screen words are cut, so that the port of an address stays in sight. */
static void test_ports_stay_in_sight(void **state)
{
    struct table_column columns[COUNT];
    char text[64];
    (void)state;
    for (int cells = 14; cells < 60; cells++) {
        make(columns);
        columns[1].late = columns[2].late = true;
        columns[2].leave = 1;
        table_layout(columns, COUNT, 3, cells);
        for (size_t i = 0; i < 3; i++)
            assert_true(columns[i].cells == 0 || columns[i].at + columns[i].cells <= 3 + cells);
        assert_true(columns[0].cells >= 5);
        table_cut_text(text, sizeof(text), "127.128.0.1:65535", columns[1].cells, true);
        assert_non_null(strstr(text, ":65535"));
    }
}

static void test_hidden_columns_take_nothing(void **state)
{
    struct table_column columns[COUNT];
    (void)state;
    make(columns);
    table_layout(columns, COUNT, 3, 60);
    assert_int_equal(columns[3].cells, 0);
    columns[1].hidden = true;
    table_layout(columns, COUNT, 3, 60);
    assert_int_equal(columns[1].cells, 0);
    assert_int_equal(columns[3].cells, 7);
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
        cmocka_unit_test(test_columns_are_as_wide_as_their_text),
        cmocka_unit_test(test_extras_come_where_there_is_room),
        cmocka_unit_test(test_ports_stay_in_sight),
        cmocka_unit_test(test_hidden_columns_take_nothing),
        cmocka_unit_test(test_header_marks_the_sort_column),
        cmocka_unit_test(test_next_column_in_sight),
        cmocka_unit_test(test_scroll_keeps_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
