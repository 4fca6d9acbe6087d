/* COMMANDS and THEME keep their promises: no key twice, help for all, no colour in mono. */
#include "core/text/text.h"
#include "ui/command.h"
#include "ui/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELP_CELLS 60 /* of 80 columns, beside the keys */

static void test_no_key_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        assert_int_not_equal(COMMANDS[i].keys[0], 0);
        for (size_t k = 0; k < 4 && COMMANDS[i].keys[k]; k++)
            assert_ptr_equal(command_for_key(COMMANDS[i].keys[k]), &COMMANDS[i]);
    }
    assert_null(command_for_key(KEY_CODE_NONE));
}

static void test_help_fits_and_names_the_keys(void **state)
{
    char keys[64];
    (void)state;
    assert_non_null(COMMANDS[0].help);
    for (size_t i = 0; i < command_count; i++) {
        assert_true(COMMANDS[i].group < GROUP_COUNT);
        if (COMMANDS[i].help)
            assert_true(text_width(COMMANDS[i].help) <= HELP_CELLS);
        assert_true(COMMANDS[i].footer_rank == 0 || COMMANDS[i].label != NULL);
        for (int ascii = 0; ascii < 2; ascii++)
            assert_true(command_keys(keys, sizeof(keys), &COMMANDS[i], ascii) > 0);
        for (const char *at = keys; *at; at++)
            assert_true(*at >= 32 && *at < 127);
    }
    /* However little room there is, nothing is written beyond it. */
    for (size_t size = 1; size < sizeof(keys); size++)
        assert_true(command_keys(keys, size, &COMMANDS[0], false) < size);
}

static void test_mono_has_no_color(void **state)
{
    enum theme theme = THEME_DARK;
    (void)state;
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        assert_int_equal(THEME[role][THEME_MONO].rich, COLOR_NONE);
        assert_int_equal(THEME[role][THEME_MONO].plain, COLOR_NONE);
    }
    assert_int_equal(theme_from_name("safe", &theme), 0);
    assert_int_equal(theme, THEME_SAFE);
    assert_true(theme_from_name("pink", &theme) < 0);
    assert_int_equal(theme, THEME_SAFE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_twice),
        cmocka_unit_test(test_help_fits_and_names_the_keys),
        cmocka_unit_test(test_mono_has_no_color),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
