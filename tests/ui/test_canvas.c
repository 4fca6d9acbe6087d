/* Drawing never leaves its rectangle; fields, boxes and bars look as they should. */
#include "fake_term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_parts_lie_within(void **state)
{
    struct term term;
    struct canvas canvas = fake_canvas(&term);
    (void)state;
    for (int row = -5; row < FAKE_ROWS + 5; row++) {
        for (int cols = -5; cols < FAKE_COLS + 5; cols += 7) {
            struct canvas part = canvas_part(&canvas, row, cols / 2, 4, cols);
            assert_true(part.rows >= 0 && part.cols >= 0);
            assert_true(part.top + part.rows <= FAKE_ROWS && part.left + part.cols <= FAKE_COLS);
            canvas_text(&part, 0, 0, ROLE_NORMAL, "all of this would never fit in so few cells");
            canvas_field(&part, 1, -3, 70, true, ROLE_NORMAL, "wide \xe4\xb8\xad\xe6\x96\x87");
            canvas_box(&part, ROLE_BORDER, "title");
            canvas_bar(&part, 2, 1, 90, ROLE_IN, 2000);
        }
    }
    assert_false(term.outside);
}

static void test_field(void **state)
{
    struct term term;
    struct canvas canvas = fake_canvas(&term);
    (void)state;
    assert_int_equal(canvas_field(&canvas, 0, 2, 6, true, ROLE_NORMAL, "12"), 8);
    canvas_text(&canvas, 0, 8, ROLE_NORMAL, "|");
    assert_string_equal(fake_row(&term, 0), "      12|");
    canvas_field(&canvas, 1, 0, 6, false, ROLE_NORMAL, "abcdefgh");
    assert_string_equal(fake_row(&term, 1), "abcde\xe2\x80\xa6");
}

static void test_bar(void **state)
{
    struct term term;
    struct canvas canvas = fake_canvas(&term);
    (void)state;
    canvas_bar(&canvas, 0, 0, 4, ROLE_IN, 500);
    assert_string_equal(fake_row(&term, 0), "\xe2\x96\x88\xe2\x96\x88");
    canvas_bar(&canvas, 1, 0, 4, ROLE_IN, 1); /* a little is not nothing */
    assert_string_equal(fake_row(&term, 1), "\xe2\x96\x8f");
    canvas_bar(&canvas, 2, 0, 4, ROLE_IN, 0);
    assert_string_equal(fake_row(&term, 2), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_lie_within),
        cmocka_unit_test(test_field),
        cmocka_unit_test(test_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
