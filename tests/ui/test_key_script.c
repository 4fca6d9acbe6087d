/* Keys as people write them. */
#include "ui/key/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_names_and_characters(void **state)
{
    static const char SCRIPT[] = "2j<Enter>/a b<Esc><F10><pgdn><C-l><lt>\303\274>";
    static const uint32_t CODES[] = {'2',
                                     'j',
                                     KEY_CODE_ENTER,
                                     '/',
                                     'a',
                                     ' ',
                                     'b',
                                     KEY_CODE_ESCAPE,
                                     KEY_CODE_F(10),
                                     KEY_CODE_PAGE_DOWN,
                                     KEY_CODE_CONTROL('L'),
                                     '<',
                                     0xfc,
                                     '>'};
    struct key key;
    size_t at = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
        assert_int_equal(key_script_next(SCRIPT, &at, &key), KEY_SCRIPT_KEY);
        assert_int_equal(key.code, CODES[i]);
        assert_false(key.pasted);
    }
    assert_int_equal(key_script_next(SCRIPT, &at, &key), KEY_SCRIPT_END);
    at = 0;
    assert_int_equal(key_script_next("<Frame>j", &at, &key), KEY_SCRIPT_FRAME);
    assert_int_equal(at, 7);
}

static void test_what_is_no_key(void **state)
{
    static const char *const WRONG[] = {
        "<",    "<>",  "<Entr>", "<Enter", "<F13>", "<F0>", "<F1x>", "<C->", "<averyverylongname>",
        "\303", "\377"};
    struct key key;
    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        size_t at = 0;
        if (key_script_next(WRONG[i], &at, &key) != KEY_SCRIPT_BAD)
            fail_msg("\"%s\" is taken for a key", WRONG[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_characters),
        cmocka_unit_test(test_what_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
