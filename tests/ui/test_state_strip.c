/* States as a bar and by name: what has rows is never missing. */
#include "fake_term.h"
#include "ui/state_strip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int cells_of(const struct strip_segment *segments, size_t count, enum tcp_state state)
{
    int cells = 0;
    for (size_t i = 0; i < count; i++)
        cells += segments[i].state == state ? segments[i].cells : 0;
    return cells;
}

static void the_bar_is_in_proportion(void **state)
{
    const uint32_t counts[STATE_COUNT] = {
        [STATE_ESTABLISHED] = 60, [STATE_LISTEN] = 20, [STATE_TIME_WAIT] = 20};
    struct strip_segment segments[STRIP_SEGMENTS];
    (void)state;
    assert_int_equal(state_strip_segments(segments, counts, 20), 3);
    assert_int_equal(cells_of(segments, 3, STATE_ESTABLISHED), 12);
    assert_int_equal(cells_of(segments, 3, STATE_LISTEN), 4);
    assert_int_equal(cells_of(segments, 3, STATE_TIME_WAIT), 4);
}

static size_t invent(uint32_t counts[STATE_COUNT], uint32_t *seed)
{
    size_t used = 0;
    for (unsigned i = STATE_CLOSED; i < STATE_DELETE_TCB; i++) {
        *seed = *seed * 1664525 + 1013904223;
        counts[i] = *seed >> 24 < 100 ? 0 : (*seed >> 8 & 0xffff) >> (*seed >> 4 & 15);
        used += counts[i] > 0;
    }
    return used;
}

/* For all sorts of counts and widths: no state with rows vanishes, and the bar is as wide as it is
 * to be. */
static void no_state_vanishes(void **state)
{
    struct strip_segment segments[STRIP_SEGMENTS];
    uint32_t seed = 12345;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t counts[STATE_COUNT] = {0};
        const size_t used = invent(counts, &seed);
        const int cells = (int)(round % 60) + 1;
        const size_t count = state_strip_segments(segments, counts, cells);
        int sum = 0;
        assert_int_equal(count, cells < (int)used ? 0 : used);
        for (size_t i = 0; i < count; i++) {
            assert_true(segments[i].cells >= 1 && counts[segments[i].state] > 0);
            sum += segments[i].cells;
        }
        assert_int_equal(sum, count > 0 ? cells : 0);
    }
}

static void ghosts_are_not_counted(void **state)
{
    const uint32_t counts[STATE_COUNT] = {[STATE_DELETE_TCB] = 5};
    struct strip_segment segments[STRIP_SEGMENTS];
    (void)state;
    assert_int_equal(state_strip_segments(segments, counts, 20), 0);
}

static const char *names(const uint32_t counts[STATE_COUNT], uint32_t grew, int cells,
                         enum strip_fit fit)
{
    static struct term term;
    const struct canvas canvas = fake_canvas(&term);
    uint8_t states[PIECES_MAX];
    struct pieces pieces;
    assert_int_equal(state_strip_names(&pieces, states, counts, grew, cells), fit);
    assert_true(pieces_width(&pieces) <= cells);
    pieces_draw(&canvas, 0, 0, &pieces);
    for (size_t i = 0; i < pieces.count; i++)
        assert_true((states[i] == STATE_NONE) == (strcmp(pieces.items[i].label, "other") == 0));
    return fake_row(&term, 0);
}

static void names_get_shorter_before_they_go(void **state)
{
    const uint32_t counts[STATE_COUNT] = {[STATE_ESTABLISHED] = 901,
                                          [STATE_LISTEN] = 42,
                                          [STATE_TIME_WAIT] = 1310,
                                          [STATE_FIN_WAIT_1] = 2};
    (void)state;
    assert_string_equal(names(counts, 0, 60, STRIP_WHOLE),
                        "ESTAB 901  LISTEN 42  TIME-WAIT 1,310  FIN-WAIT-1 2");
    assert_string_equal(names(counts, STATE_BIT(STATE_FIN_WAIT_1), 50, STRIP_WHOLE),
                        "ESTAB 901  LISTEN 42  TIME-W 1,310  FIN-W-1 2 \u25b2");
    assert_string_equal(names(counts, 0, 43, STRIP_WHOLE),
                        "ESTAB 901 LISTEN 42 TIME-W 1,310 FIN-W-1 2");
    assert_string_equal(names(counts, 0, 40, STRIP_SUMS), "ESTAB 901  FIN-WAIT-1 2  other 1,352");
    assert_string_equal(names(counts, 0, 20, STRIP_HIDES), "other 2,255");
}

static void the_usual_ones_keep_their_place(void **state)
{
    const uint32_t counts[STATE_COUNT] = {[STATE_LISTEN] = 3};
    (void)state;
    assert_string_equal(names(counts, 0, 60, STRIP_WHOLE),
                        "ESTAB 0  LISTEN 3  TIME-WAIT 0  CLOSE-WAIT 0");
    assert_string_equal(names(counts, 0, 20, STRIP_WHOLE), "LISTEN 3");
}

/* What may mean trouble is the last to be called "other". */
static void trouble_stays_by_name(void **state)
{
    const uint32_t counts[STATE_COUNT] = {
        [STATE_ESTABLISHED] = 90000, [STATE_LISTEN] = 4200,    [STATE_TIME_WAIT] = 31000,
        [STATE_CLOSE_WAIT] = 1,      [STATE_SYN_RECEIVED] = 1, [STATE_FIN_WAIT_2] = 7};
    (void)state;
    const char *text = names(counts, 0, 55, STRIP_SUMS);
    assert_non_null(strstr(text, "CLOSE-WAIT 1"));
    assert_non_null(strstr(text, "SYN-RECV 1"));
    assert_null(strstr(text, "LISTEN"));
}

static void without_colours_fills_differ(void **state)
{
    const struct strip_segment segments[] = {{STATE_ESTABLISHED, 2}, {STATE_CLOSE_WAIT, 1}};
    struct term term;
    const struct canvas canvas = fake_canvas(&term);
    (void)state;
    state_strip_draw(&canvas, 0, 0, segments, 2);
    assert_string_equal(fake_row(&term, 0), "\u2584\u2584\u2584");
    assert_true(term.styles[0][1] != term.styles[0][2]);
    term.mono = true;
    state_strip_draw(&canvas, 0, 0, segments, 2);
    assert_string_equal(fake_row(&term, 0), "\u2588\u2588\u2593");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bar_is_in_proportion),
        cmocka_unit_test(no_state_vanishes),
        cmocka_unit_test(ghosts_are_not_counted),
        cmocka_unit_test(names_get_shorter_before_they_go),
        cmocka_unit_test(the_usual_ones_keep_their_place),
        cmocka_unit_test(trouble_stays_by_name),
        cmocka_unit_test(without_colours_fills_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
