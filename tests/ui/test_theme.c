/* What can be read: the contrast of each role in the theme that is made for it (WCAG 2, 1.4.6). */
#include "ui/theme.h"
#include "ui/theme_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of colours of the 256 beyond the first sixteen, which every terminal has for itself. */
static double contrast(int one, int other)
{
    assert_true(one >= 16 && one < 256 && other >= 16 && other < 256);
    return theme_contrast(one, other);
}

static void test_contrast_is_that_of_wcag(void **state)
{
    (void)state;
    assert_true(fabs(contrast(16, 231) - 21.0) < 0.001);
    assert_true(fabs(contrast(231, 231) - 1.0) < 0.001);
    assert_true(fabs(contrast(196, 231) - 3.998) < 0.001); /* #ff0000 on white */
    assert_true(fabs(contrast(244, 16) - contrast(16, 244)) < 0.001);
}

static void test_high_contrast_is_high(void **state)
{
    const int16_t *ground = THEME_GROUND[THEME_CONTRAST];
    (void)state;
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        const struct look *look = &THEME[role][THEME_CONTRAST];
        const int color = look->rich == COLOR_NONE ? ground[0] : look->rich;
        if (contrast(color, ground[1]) < 7.0)
            fail_msg("role %zu: %.1f on its ground", role, contrast(color, ground[1]));
        if (contrast(color, THEME_TAGGED[THEME_CONTRAST]) < 4.5)
            fail_msg("role %zu: %.1f on a tagged row", role,
                     contrast(color, THEME_TAGGED[THEME_CONTRAST]));
        assert_false(look->attributes & LOOK_DIM);
    }
}

/* Text that says something, on the grounds that terminals of that kind have. */
static void test_dark_and_light_can_be_read(void **state)
{
    static const struct {
        enum theme theme;
        int grounds[2];
    } KINDS[] = {{THEME_DARK, {16, 234}}, {THEME_LIGHT, {231, 230}}};
    (void)state;
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        for (size_t role = 0; role < ROLE_COUNT; role++) {
            const int color = THEME[role][KINDS[i].theme].rich;
            const int tagged = THEME_TAGGED[KINDS[i].theme];
            if (color != COLOR_NONE && role != ROLE_BORDER && contrast(color, tagged) < 3.0)
                fail_msg("role %zu of %s: %.1f on a tagged row", role, THEME_NAMES[KINDS[i].theme],
                         contrast(color, tagged));
            for (size_t n = 0; n < 2 && color != COLOR_NONE && role != ROLE_BORDER; n++)
                if (contrast(color, KINDS[i].grounds[n]) < 3.9)
                    fail_msg("role %zu of %s: %.1f on %d", role, THEME_NAMES[KINDS[i].theme],
                             contrast(color, KINDS[i].grounds[n]), KINDS[i].grounds[n]);
        }
}

static void take(struct theme_looks *looks, const char *text)
{
    char line[256], why[THEME_WHY_MAX] = "";

    snprintf(line, sizeof(line), "%s", text);
    if (theme_take_line(looks, line, why))
        fail_msg("%s: %s", text, why);
}

static void assert_refused(const char *text, const char *expected)
{
    struct theme_looks looks, before;
    char line[256], why[THEME_WHY_MAX] = "";

    theme_looks_of(&looks, THEME_DARK);
    before = looks;
    snprintf(line, sizeof(line), "%s", text);
    assert_true(theme_take_line(&looks, line, why) < 0);
    if (!strstr(why, expected))
        fail_msg("%s: \"%s\", not \"%s\"", text, why, expected);
    assert_memory_equal(&looks, &before, sizeof(looks));
}

static void assert_look(struct look look, int rich, int plain, int attributes)
{
    assert_int_equal(look.rich, rich);
    assert_int_equal(look.plain, plain);
    assert_int_equal(look.attributes, attributes);
}

static void test_lines_of_a_theme_file(void **state)
{
    struct theme_looks looks;

    (void)state;
    theme_looks_of(&looks, THEME_DARK);
    take(&looks, "");
    take(&looks, "  # a comment = 1");
    take(&looks, "\ttrouble=  #ff5f5f   bold underline \r");
    assert_look(looks.roles[ROLE_TROUBLE], 203, 1, LOOK_BOLD | LOOK_UNDERLINE);
    take(&looks, "state-listen = bright-Blue");
    assert_look(looks.roles[ROLE_STATE_LISTEN], 12, 12, 0);
    take(&looks, "dim = 255 dim");
    assert_look(looks.roles[ROLE_DIM], 255, 7, LOOK_DIM);
    take(&looks, "key = reverse");
    assert_look(looks.roles[ROLE_KEY], COLOR_NONE, COLOR_NONE, LOOK_REVERSE);
    take(&looks, "background = #1d1d1d");
    take(&looks, "foreground = 231");
    take(&looks, "selected = default");
    take(&looks, "tagged = 18");
    assert_int_equal(looks.ground[0], 231);
    assert_int_equal(looks.ground[1], 234); /* #1c1c1c, the nearest */
    assert_int_equal(looks.selected, COLOR_NONE);
    assert_int_equal(looks.tagged, 18);
    take(&looks, "base = contrast");
    assert_memory_equal(&looks.roles[ROLE_KEY], &THEME[ROLE_KEY][THEME_CONTRAST],
                        sizeof(struct look));
    assert_int_equal(looks.base, THEME_CONTRAST);
}

static void test_wrong_lines_say_what_to_write(void **state)
{
    (void)state;
    assert_refused("dim", "write ROLE = COLOUR");
    assert_refused("dmi = red", "did you mean \"dim\"?");
    assert_refused("backgruond = red", "did you mean \"background\"?");
    assert_refused("elephant = red", "there is no role \"elephant\"");
    assert_refused("dim = 256", "\"256\" is not a colour");
    assert_refused("dim = -1", "\"-1\" is not a colour");
    assert_refused("dim = #12345", "\"#12345\" is not a colour");
    assert_refused("dim = #12345g", "is not a colour");
    assert_refused("dim = red blue", "\"blue\" is not a colour");
    assert_refused("dim = ", "is not a colour");
    assert_refused("selected = red bold", "a colour alone");
    assert_refused("base = night", "write dark, light");
}

static void test_what_is_hard_to_read_is_named(void **state)
{
    struct theme_looks looks;
    char text[THEME_WHY_MAX];

    (void)state;
    for (enum theme theme = THEME_DARK; theme < THEME_COUNT; theme++) {
        theme_looks_of(&looks, theme);
        if (theme_weakness(&looks, text, sizeof(text)))
            fail_msg("%s: %s", THEME_NAMES[theme], text);
    }
    theme_looks_of(&looks, THEME_DARK);
    take(&looks, "good = 234");
    assert_true(theme_weakness(&looks, text, sizeof(text)));
    assert_non_null(strstr(text, "good is hard to read on"));
    assert_non_null(strstr(text, "contrast 1."));
    take(&looks, "base = dark");
    take(&looks, "tagged = 250");
    assert_true(theme_weakness(&looks, text, sizeof(text)));
    assert_non_null(strstr(text, "hard to read on tagged rows"));
    take(&looks, "base = safe"); /* whose ground is unknown */
    take(&looks, "good = 234");
    assert_false(theme_weakness(&looks, text, sizeof(text)));
    take(&looks, "background = 235");
    assert_true(theme_weakness(&looks, text, sizeof(text)));
}

static void test_names_of_theme_files(void **state)
{
    static const char *const WRONG[] = {
        "",    "dark", "help", ".x",   "../x",
        "a/b", "-a",   "a b",  "\033", "0123456789012345678901234567890123456789x"};
    (void)state;
    assert_true(theme_name_is_valid("night") && theme_name_is_valid("a-b_2.0"));
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++)
        assert_false(theme_name_is_valid(WRONG[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast_is_that_of_wcag),
        cmocka_unit_test(test_lines_of_a_theme_file),
        cmocka_unit_test(test_wrong_lines_say_what_to_write),
        cmocka_unit_test(test_what_is_hard_to_read_is_named),
        cmocka_unit_test(test_names_of_theme_files),
        cmocka_unit_test(test_high_contrast_is_high),
        cmocka_unit_test(test_dark_and_light_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
