/* What the terminal says of itself, and what the screen does for those who do not see colours: light
 * or dark as it answers, the cursor on the selected row, colours of 24 bits where terminfo has them.
 *
 * usage: test_background TCPLENS */
#include "terminal_run.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LIGHT_ACCENT 30 /* of the active tab */
#define DARK_ACCENT  80

static struct pty_screen *start(const char *option, const char *const *env)
{
    const char *const argv[] = {terminal_program, "--demo", "7", "-i", "60", option, NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 80, .argv = argv, .env = env};
    struct pty_screen *screen = NULL;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_text(screen, "[1 Connections]", DEADLINE_MS));
    return screen;
}

static bool has_accent(struct pty_screen *screen, void *user)
{
    struct screen_cell cell;
    int row, col;
    if (!pty_screen_find(screen, "[1 Connections]", &row, &col))
        return false;
    pty_screen_cell(screen, row, col, &cell);
    return cell.fg.kind == SCREEN_COLOR_INDEXED && cell.fg.index == *(const uint8_t *)user;
}

static void assert_accent(struct pty_screen *screen, uint8_t color)
{
    assert_true(pty_screen_wait_for(screen, has_accent, &color, DEADLINE_MS));
}

static void test_light_as_it_answers(void **state)
{
    static const char ANSWER[] = "j\033]11;rgb:ffff/fdfd/f0f0\033\\j";
    struct pty_screen *screen = start(NULL, NULL);
    struct screen_grid grid;
    size_t size;
    (void)state;
    const unsigned char *raw = pty_screen_raw(screen, &size);
    assert_non_null(memmem(raw, size, "\033]11;?", 6));
    assert_accent(screen, DARK_ACCENT);
    pty_screen_wait_idle(screen, DEADLINE_MS);
    assert_int_equal(pty_screen_snapshot(screen, &grid), 0);
    const int before = grid.cursor_row;
    screen_grid_done(&grid);
    pty_screen_send_bytes(screen, ANSWER, sizeof(ANSWER) - 1);
    assert_accent(screen, LIGHT_ACCENT);
    pty_screen_wait_idle(screen, DEADLINE_MS);
    assert_int_equal(pty_screen_snapshot(screen, &grid), 0);
    assert_int_equal(grid.cursor_row, before + 2); /* both keys around the answer were read */
    screen_grid_done(&grid);
    pty_screen_free(screen);
}

static void test_what_was_chosen_stays(void **state)
{
    static const char ANSWER[] = "\033]11;rgb:ffff/ffff/ffff\a?";
    struct pty_screen *screen = start("--theme=dark", NULL);
    size_t size;
    (void)state;
    const unsigned char *raw = pty_screen_raw(screen, &size);
    assert_null(memmem(raw, size, "\033]11;?", 6)); /* not even asked */
    pty_screen_send_bytes(screen, ANSWER, sizeof(ANSWER) - 1);
    assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
    assert_accent(screen, DARK_ACCENT);
    pty_screen_free(screen);
}

static void test_the_cursor_is_on_the_selected_row(void **state)
{
    struct pty_screen *screen = start("--cursor", NULL);
    struct screen_grid grid;
    char text[256];
    (void)state;
    for (int i = 0; i < 2; i++) { /* a list, a menu over it */
        pty_screen_send_keys(screen, i == 0 ? "jj" : "s");
        if (i == 1)
            assert_true(pty_screen_wait_text(screen, "Sort by", DEADLINE_MS));
        pty_screen_wait_idle(screen, DEADLINE_MS);
        assert_int_equal(pty_screen_snapshot(screen, &grid), 0);
        assert_true(grid.cursor_visible);
        if (i == 0) {
            screen_grid_row_text(&grid, grid.cursor_row, text, sizeof(text));
            const struct screen_cell *cell = screen_grid_cell(&grid, grid.cursor_row, 40);
            assert_int_equal(cell->bg.kind, SCREEN_COLOR_INDEXED); /* the only row with a ground */
        }
        screen_grid_done(&grid);
    }
    pty_screen_free(screen);
}

/* There colour 80 of the palette would be a very dark blue. */
static void test_colours_of_24_bits(void **state)
{
    const char *const env[] = {"TERM=xterm-direct", NULL};
    struct screen_cell cell;
    int row, col;
    (void)state;
    if (access("/usr/share/terminfo/x/xterm-direct", R_OK) != 0 &&
        access("/lib/terminfo/x/xterm-direct", R_OK) != 0) {
        print_message("skipped: terminfo has no xterm-direct here (ncurses-term)\n");
        return;
    }
    struct pty_screen *screen = start(NULL, env);
    assert_true(pty_screen_find(screen, "[1 Connections]", &row, &col));
    pty_screen_cell(screen, row, col, &cell);
    assert_int_equal(cell.fg.kind, SCREEN_COLOR_RGB);
    assert_int_equal(cell.fg.blue, 0xd7); /* libvterm reads the others one place off */
    pty_screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light_as_it_answers),
        cmocka_unit_test(test_what_was_chosen_stays),
        cmocka_unit_test(test_the_cursor_is_on_the_selected_row),
        cmocka_unit_test(test_colours_of_24_bits),
    };
    if (argc != 2) {
        fputs("usage: test_background TCPLENS\n", stderr);
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8");
    terminal_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
