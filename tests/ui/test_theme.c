/* What can be read: the contrast of each role in the theme that is made for it (WCAG 2, 1.4.6). */
#include "ui/theme.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double linear(int value)
{
    const double part = value / 255.0;
    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

/* Of a colour of the 256 beyond the first sixteen, which every terminal has for itself. */
static double luminance(int index)
{
    static const int STEPS[] = {0, 95, 135, 175, 215, 255};
    assert_true(index >= 16 && index < 256);
    if (index >= 232)
        return linear(8 + (index - 232) * 10);
    index -= 16;
    return 0.2126 * linear(STEPS[index / 36]) + 0.7152 * linear(STEPS[index / 6 % 6]) +
           0.0722 * linear(STEPS[index % 6]);
}

static double contrast(int one, int other)
{
    const double a = luminance(one), b = luminance(other);
    return ((a > b ? a : b) + 0.05) / ((a > b ? b : a) + 0.05);
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
            for (size_t n = 0; n < 2 && color != COLOR_NONE && role != ROLE_BORDER; n++)
                if (contrast(color, KINDS[i].grounds[n]) < 3.9)
                    fail_msg("role %zu of %s: %.1f on %d", role, THEME_NAMES[KINDS[i].theme],
                             contrast(color, KINDS[i].grounds[n]), KINDS[i].grounds[n]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_high_contrast_is_high),
        cmocka_unit_test(test_dark_and_light_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
