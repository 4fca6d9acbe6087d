/* What is said of network namespaces that are not shown. */
#include "core/netns.h"
#include "unit.h"

static const struct {
    struct other_netns others;
    const char *text;
} CASES[] = {
    {{0, 0, 0}, ""},
    {{1, 1, 0}, "1 other network namespace holds 1 socket: --netns all"},
    {{4, 212, 0}, "4 other network namespaces hold 212 sockets: --netns all"},
    {{4, 212, 3}, "4 other network namespaces hold 212 sockets: --netns all"},
    {{0, 0, 1}, "1 other network namespace holds processes"},
    {{0, 0, 4}, "4 other network namespaces hold processes"},
};

static void others_are_counted_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        char text[96];
        assert_int_equal(other_netns_text(&CASES[i].others, text, sizeof(text)),
                         strlen(CASES[i].text));
        assert_string_equal(text, CASES[i].text);
    }
}

static void every_kind_and_reach_has_a_word(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NETNS_KIND_COUNT; i++)
        assert_non_null(words_name(&NETNS_KIND_WORDS, i));
    assert_string_equal(words_name(&NETNS_REACH_WORDS, NETNS_REACH_ENTER), "enter");
    assert_string_equal(words_name(&NETNS_KIND_WORDS, NETNS_KIND_POD), "pod");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(others_are_counted_in_words),
                                       cmocka_unit_test(every_kind_and_reach_has_a_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
