/* Graphs: the scale, what each kind of glyph makes of a value, what is unknown stays blank. */
#include "fake_term.h"
#include "ui/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROW(text) assert_string_equal(fake_row(&term, row++), text)

static void ceilings_are_round(void **state)
{
    static const struct {
        uint64_t most, ceiling;
    } CASES[] = {{0, 1},
                 {1, 1},
                 {2, 2},
                 {3, 5},
                 {5, 5},
                 {6, 10},
                 {11, 20},
                 {20, 20},
                 {21, 50},
                 {999999, 1000000},
                 {UINT64_C(5000000000), UINT64_C(5000000000)},
                 {UINT64_C(5000000001), UINT64_C(10000000000)}};
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const uint64_t values[] = {0, CASES[i].most, GRAPH_UNKNOWN};
        assert_int_equal(graph_ceiling(values, 3, 0), CASES[i].ceiling);
    }
    assert_int_equal(graph_ceiling(NULL, 0, 1000), 1000);
    const uint64_t enormous = UINT64_MAX - 1; /* no round number is above: itself */
    assert_true(graph_ceiling(&enormous, 1, 0) >= enormous);
}

static void ceilings_are_short(void **state)
{
    static const struct {
        uint64_t ceiling;
        const char *text;
    } CASES[] = {{1, "1"}, {500, "500"}, {1000, "1k"}, {200000000, "200M"}, {UINT64_MAX, "18E"}};
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char text[8];
        graph_ceiling_text(text, sizeof(text), CASES[i].ceiling);
        assert_string_equal(text, CASES[i].text);
    }
}

static void draw(struct term *term, enum glyphs glyphs, int rows, int cols,
                 const struct graph_layer *layers, size_t count)
{
    const struct canvas all = fake_canvas(term);
    const struct canvas canvas = canvas_part(&all, 0, 0, rows, cols);
    term->glyphs = glyphs;
    graph_draw(&canvas, layers, count);
    assert_false(term->outside);
}

/* Eight values in four cells of braille, in eight of blocks or ASCII. */
static const uint64_t VALUES[] = {GRAPH_UNKNOWN, 0, 1, 25, 50, 75, 100, 400};

static void a_graph_stands_or_hangs(void **state)
{
    struct term term;
    int row = 0;
    const struct graph_layer up = {.values = VALUES, .count = 8, .ceiling = 100, .style = ROLE_IN};
    struct graph_layer down = up;
    (void)state;
    down.form = GRAPH_DOWN;
    draw(&term, GLYPHS_BRAILLE, 1, 5, &up, 1);
    ROW(" \u2880\u28c0\u28f4\u28ff");
    assert_int_equal(term.styles[0][1], ROLE_BORDER); /* 0: a faint base line */
    assert_int_equal(term.styles[0][2], ROLE_IN);
    draw(&term, GLYPHS_BRAILLE, 1, 4, &down, 1), row = 0;
    ROW("\u2808\u2809\u283b\u28ff");
    draw(&term, GLYPHS_BLOCKS, 1, 8, &up, 1), row = 0;
    ROW(" \u2581\u2581\u2582\u2584\u2586\u2588\u2588");
    draw(&term, GLYPHS_BLOCKS, 1, 8, &down, 1), row = 0;
    ROW(" \u2594\u2594\u2586\u2580\u2582\u2588\u2588");
    assert_int_equal(term.styles[0][3], ROLE_IN | STYLE_REVERSE); /* two eighths, from the top */
    draw(&term, GLYPHS_ASCII, 1, 8, &up, 1), row = 0;
    ROW(" _..::||");
    draw(&term, GLYPHS_ASCII, 1, 8, &down, 1), row = 0;
    ROW(" -''::||");
}

static void it_is_as_high_as_its_canvas(void **state)
{
    struct term term;
    int row = 0;
    const struct graph_layer up = {.values = VALUES, .count = 8, .ceiling = 100, .style = ROLE_IN};
    (void)state;
    draw(&term, GLYPHS_BLOCKS, 2, 4, &up, 1); /* the newest four */
    ROW(" \u2584\u2588\u2588");
    ROW("\u2588\u2588\u2588\u2588");
}

/* In above, out below; where rows are odd they meet in the middle of a cell of dots. */
static void halves_mirror_each_other(void **state)
{
    static const uint64_t LITTLE[] = {1, 1};
    struct term term;
    int row = 0;
    struct graph_layer both[2] = {{.values = VALUES + 6, .count = 2, .ceiling = 100},
                                  {.values = LITTLE, .count = 2, .ceiling = 100}};
    (void)state;
    both[0].part = GRAPH_UPPER;
    both[1].part = GRAPH_LOWER;
    both[1].form = GRAPH_DOWN;
    draw(&term, GLYPHS_BRAILLE, 2, 1, both, 2);
    ROW("\u28ff");
    ROW("\u2809");
    draw(&term, GLYPHS_BRAILLE, 3, 1, both, 2), row = 0;
    ROW("\u28ff");
    ROW("\u283f");
    ROW("");
    draw(&term, GLYPHS_BLOCKS, 3, 1, both, 2), row = 0;
    ROW("\u2588");
    ROW("\u2588");
    ROW("\u2594");
}

static void hot_values_have_their_colour(void **state)
{
    static const bool HOT[] = {false, false, false, true, false, false, false, false};
    struct term term;
    const struct graph_layer up = {.values = VALUES,
                                   .count = 8,
                                   .ceiling = 100,
                                   .style = ROLE_OUT,
                                   .hot = HOT,
                                   .hot_style = ROLE_TROUBLE};
    (void)state;
    draw(&term, GLYPHS_BRAILLE, 1, 4, &up, 1);
    assert_int_equal(term.styles[0][1], ROLE_TROUBLE);
    assert_int_equal(term.styles[0][2], ROLE_OUT);
    draw(&term, GLYPHS_BLOCKS, 1, 8, &up, 1);
    assert_int_equal(term.styles[0][2], ROLE_OUT);
    assert_int_equal(term.styles[0][3], ROLE_TROUBLE);
}

/* A second line in the same cells: both are there in braille. */
static void lines_share_cells(void **state)
{
    static const uint64_t HIGH[] = {100, 100}, LOW[] = {1, 1};
    struct term term;
    int row = 0;
    const struct graph_layer lines[2] = {
        {.values = HIGH, .count = 2, .ceiling = 100, .form = GRAPH_LINE, .style = ROLE_IN},
        {.values = LOW, .count = 2, .ceiling = 100, .form = GRAPH_LINE, .style = ROLE_OUT}};
    (void)state;
    draw(&term, GLYPHS_BRAILLE, 1, 1, lines, 2);
    ROW("\u28c9");
    draw(&term, GLYPHS_ASCII, 1, 1, lines, 2), row = 0;
    ROW("-");
}

static void nothing_known_draws_nothing(void **state)
{
    const struct graph_layer none = {.values = NULL, .count = 0, .ceiling = 100};
    struct term term;
    int row = 0;
    (void)state;
    for (enum glyphs glyphs = 0; glyphs < GLYPHS_COUNT; glyphs++, row = 0) {
        draw(&term, glyphs, 2, 8, &none, 1);
        ROW("");
        ROW("");
    }
    draw(&term, GLYPHS_BRAILLE, 0, 0, &none, 1);
}

static void sparklines(void **state)
{
    static const uint64_t SOME[] = {GRAPH_UNKNOWN, 1, 2, 4, 8};
    struct term term;
    const struct canvas canvas = fake_canvas(&term);
    int row = 0;
    (void)state;
    assert_int_equal(graph_sparkline(&canvas, 0, 0, 3, ROLE_IN, SOME, 5, 0), 3);
    ROW("\u2583\u2585\u2588");
    graph_sparkline(&canvas, 1, 0, 8, ROLE_IN, SOME, 0, 0);
    ROW("");
    graph_sparkline(&canvas, 2, 0, 6, ROLE_IN, SOME, 5, 0); /* unknown: blank */
    ROW("  \u2582\u2583\u2585\u2588");
    graph_sparkline(&canvas, 3, 0, 2, ROLE_IN, SOME, 5, 1000); /* a little is not nothing */
    ROW("\u2582\u2582");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceilings_are_round),
        cmocka_unit_test(ceilings_are_short),
        cmocka_unit_test(a_graph_stands_or_hangs),
        cmocka_unit_test(it_is_as_high_as_its_canvas),
        cmocka_unit_test(halves_mirror_each_other),
        cmocka_unit_test(hot_values_have_their_colour),
        cmocka_unit_test(lines_share_cells),
        cmocka_unit_test(nothing_known_draws_nothing),
        cmocka_unit_test(sparklines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
