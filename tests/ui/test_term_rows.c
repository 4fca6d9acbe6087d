/* What is put on the rows of a screen, and which of them must be drawn. */
#include "ui/term/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(struct term_rows *rows, int row, int col, unsigned style, const char *text)
{
    const struct term_piece piece = {col, 10, style, text};
    term_rows_put(rows, row, &piece);
}

static void draw_all(struct term_rows *rows)
{
    for (int row = 0; row < rows->count; row++)
        term_rows_drawn(rows, row);
}

static void test_same_again_is_not_drawn(void **state)
{
    struct term_rows rows;
    (void)state;
    term_rows_init(&rows);
    assert_int_equal(term_rows_begin(&rows, 3), 0);
    put(&rows, 1, 4, 7, "text");
    for (int row = 0; row < 3; row++) /* empty ones too: who knows what stands there */
        assert_true(term_rows_differ(&rows, row));
    draw_all(&rows);
    assert_int_equal(term_rows_begin(&rows, 3), 0);
    put(&rows, 1, 4, 7, "text");
    for (int row = 0; row < 3; row++)
        assert_false(term_rows_differ(&rows, row));
    draw_all(&rows);
    term_rows_forget(&rows);
    assert_int_equal(term_rows_begin(&rows, 3), 0);
    put(&rows, 1, 4, 7, "text");
    assert_true(term_rows_differ(&rows, 1));
    term_rows_done(&rows);
}

static void test_every_change_is_drawn(void **state)
{
    static const struct term_piece OTHERS[] = {
        {5, 10, 7, "text"}, {4, 9, 7, "text"}, {4, 10, 8, "text"},
        {4, 10, 7, "texT"}, {4, 10, 7, "tex"}, {4, 10, 7, ""},
    };
    struct term_rows rows;
    (void)state;
    term_rows_init(&rows);
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        assert_int_equal(term_rows_begin(&rows, 1), 0);
        put(&rows, 0, 4, 7, "text");
        draw_all(&rows);
        assert_int_equal(term_rows_begin(&rows, 1), 0);
        assert_true(term_rows_differ(&rows, 0)); /* nothing is put any more */
        term_rows_put(&rows, 0, &OTHERS[i]);
        assert_true(term_rows_differ(&rows, 0));
    }
    assert_int_equal(term_rows_begin(&rows, 2), 0); /* another size: nothing is known */
    assert_true(term_rows_differ(&rows, 0));
    term_rows_done(&rows);
}

static void test_pieces_come_in_their_order(void **state)
{
    struct term_rows rows;
    struct term_piece piece;
    size_t at = 0;
    (void)state;
    term_rows_init(&rows);
    assert_int_equal(term_rows_begin(&rows, 2), 0);
    put(&rows, 1, 0, 1, "below");
    put(&rows, 1, 2, 2, "");
    put(&rows, 1, 1, 3, "above");
    put(&rows, 2, 0, 1, "outside");
    put(&rows, -1, 0, 1, "outside");
    assert_true(term_rows_next(&rows, 1, &at, &piece));
    assert_string_equal(piece.text, "below");
    assert_true(term_rows_next(&rows, 1, &at, &piece));
    assert_string_equal(piece.text, "");
    assert_true(term_rows_next(&rows, 1, &at, &piece));
    assert_string_equal(piece.text, "above");
    assert_int_equal(piece.col, 1);
    assert_int_equal(piece.cells, 10);
    assert_int_equal(piece.style, 3);
    assert_false(term_rows_next(&rows, 1, &at, &piece));
    at = 0;
    assert_false(term_rows_next(&rows, 0, &at, &piece));
    term_rows_done(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_again_is_not_drawn),
        cmocka_unit_test(test_every_change_is_drawn),
        cmocka_unit_test(test_pieces_come_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
