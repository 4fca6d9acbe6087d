/* The line editor: edits at characters' edges, history with the draft kept, drawing that follows
 * the cursor. */
#include "fake_term.h"
#include "ui/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum prompt_result press(struct prompt *prompt, uint32_t code)
{
    const struct key key = {.code = code};
    return prompt_key(prompt, &key);
}

static void type(struct prompt *prompt, const char *text)
{
    for (; *text; text++)
        press(prompt, (uint32_t)*text);
}

static void test_edits_whole_characters(void **state)
{
    struct prompt prompt;
    (void)state;
    prompt_init(&prompt);
    type(&prompt, "a");
    assert_int_equal(press(&prompt, 0xe4), PROMPT_EDITED); /* a umlaut: two bytes */
    type(&prompt, "b");
    assert_string_equal(prompt.text, "a\xc3\xa4"
                                     "b");
    press(&prompt, KEY_CODE_LEFT);
    press(&prompt, KEY_CODE_BACKSPACE);
    assert_string_equal(prompt.text, "ab");
    press(&prompt, KEY_CODE_HOME);
    assert_int_equal(press(&prompt, KEY_CODE_BACKSPACE), PROMPT_MOVED);
    press(&prompt, KEY_CODE_DELETE);
    assert_string_equal(prompt.text, "b");
    prompt_done(&prompt);
}

static void test_words_and_ends(void **state)
{
    struct prompt prompt;
    (void)state;
    prompt_init(&prompt);
    prompt_set(&prompt, "state est  port 443");
    press(&prompt, KEY_CODE_CONTROL('W'));
    assert_string_equal(prompt.text, "state est  port ");
    press(&prompt, KEY_CODE_CONTROL('W'));
    assert_string_equal(prompt.text, "state est  ");
    press(&prompt, KEY_CODE_HOME);
    press(&prompt, KEY_CODE_RIGHT);
    press(&prompt, KEY_CODE_CONTROL('K'));
    assert_string_equal(prompt.text, "s");
    press(&prompt, KEY_CODE_CONTROL('U'));
    assert_string_equal(prompt.text, "");
    prompt_done(&prompt);
}

static void test_history_keeps_the_draft(void **state)
{
    struct prompt prompt;
    (void)state;
    prompt_init(&prompt);
    prompt_remember(&prompt, "one");
    prompt_remember(&prompt, "two");
    prompt_remember(&prompt, "two");
    prompt_remember(&prompt, "");
    assert_int_equal(prompt.history_count, 2);
    type(&prompt, "dra");
    press(&prompt, KEY_CODE_UP);
    assert_string_equal(prompt.text, "two");
    press(&prompt, KEY_CODE_UP);
    press(&prompt, KEY_CODE_UP);
    assert_string_equal(prompt.text, "one");
    press(&prompt, KEY_CODE_DOWN);
    press(&prompt, KEY_CODE_DOWN);
    assert_string_equal(prompt.text, "dra");
    assert_int_equal(press(&prompt, KEY_CODE_ENTER), PROMPT_ACCEPTED);
    assert_string_equal(prompt.history[2], "dra");
    for (int i = 0; i < 2 * PROMPT_HISTORY; i++)
        prompt_remember(&prompt, i % 2 ? "odd" : "even");
    assert_int_equal(prompt.history_count, PROMPT_HISTORY);
    prompt_done(&prompt);
}

static void test_a_full_line_takes_no_more(void **state)
{
    struct prompt prompt;
    (void)state;
    prompt_init(&prompt);
    for (int i = 0; i < 2 * PROMPT_MAX; i++)
        press(&prompt, 'x');
    assert_int_equal(prompt.length, PROMPT_MAX - 1);
    assert_int_equal(strlen(prompt.text), PROMPT_MAX - 1);
    assert_int_equal(press(&prompt, KEY_CODE_F(5)), PROMPT_IGNORED);
    prompt_done(&prompt);
}

static void test_field_follows_the_cursor(void **state)
{
    struct prompt prompt;
    struct term term;
    struct canvas canvas = fake_canvas(&term);
    (void)state;
    prompt_init(&prompt);
    prompt_set(&prompt, "abcdefghij");
    prompt_draw(&prompt, &canvas, 1, 2, 5, ROLE_NORMAL);
    assert_string_equal(fake_row(&term, 1), "  ghij");
    assert_int_equal(term.cursor_col, 6);
    press(&prompt, KEY_CODE_HOME);
    prompt_draw(&prompt, &canvas, 1, 2, 5, ROLE_NORMAL);
    assert_string_equal(fake_row(&term, 1), "  abcde");
    assert_int_equal(term.cursor_col, 2);
    assert_false(term.outside);
    prompt_done(&prompt);
}

static void test_the_first_key_after_a_selection(void **state)
{
    static const struct {
        uint32_t key;
        enum prompt_result result;
        const char *text;
    } CASES[] = {
        {'x', PROMPT_EDITED, "x"},
        {0xe4, PROMPT_EDITED, "\303\244"},
        {KEY_CODE_BACKSPACE, PROMPT_EDITED, ""},
        {KEY_CODE_CONTROL('W'), PROMPT_EDITED, ""},
        {KEY_CODE_LEFT, PROMPT_MOVED, "port 22"},
        {KEY_CODE_END, PROMPT_MOVED, "port 22"},
        {KEY_CODE_ENTER, PROMPT_ACCEPTED, "port 22"},
        {KEY_CODE_F(5), PROMPT_IGNORED, "port 22"},
    };
    struct prompt prompt;
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        prompt_init(&prompt);
        prompt_set(&prompt, "port 22");
        prompt_select(&prompt);
        assert_true(prompt.selected);
        assert_int_equal(press(&prompt, CASES[i].key), CASES[i].result);
        assert_string_equal(prompt.text, CASES[i].text);
        assert_false(prompt.selected);
        prompt_done(&prompt);
    }
    prompt_init(&prompt);
    prompt_select(&prompt); /* there is nothing to select */
    assert_false(prompt.selected);
    prompt_done(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits_whole_characters),
        cmocka_unit_test(test_words_and_ends),
        cmocka_unit_test(test_history_keeps_the_draft),
        cmocka_unit_test(test_a_full_line_takes_no_more),
        cmocka_unit_test(test_field_follows_the_cursor),
        cmocka_unit_test(test_the_first_key_after_a_selection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
