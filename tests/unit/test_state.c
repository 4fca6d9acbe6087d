/* The state table agrees with itself, with RFC 9293, with ss and with the kernel's numbers. */
#include "core/state.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static enum tcp_state from_word(const char *word)
{
    return state_from_name(word, strlen(word));
}

static void names_are_unique_and_found(void **unused)
{
    (void)unused;
    for (unsigned i = STATE_CLOSED; i < STATE_COUNT; i++) {
        const struct state_facts *facts = &TCP_STATES[i];
        assert_int_equal(from_word(facts->name), i);
        assert_int_equal(from_word(facts->short_name), i);
        assert_true(strlen(facts->short_name) <= 10);
        for (size_t k = 0; k < UNIT_COUNT(facts->ss_names) && facts->ss_names[k] != NULL; k++)
            assert_int_equal(from_word(facts->ss_names[k]), i);
    }
    assert_string_equal(TCP_STATES[STATE_NONE].name, "");
    assert_int_equal(from_word(""), STATE_NONE);
    assert_int_equal(from_word("ESTABLISHE"), STATE_NONE);
    assert_int_equal(state_from_name("LISTENING", 6), STATE_LISTEN);
    assert_int_equal(from_word("eStAb"), STATE_ESTABLISHED);
}

/* What `ss state` takes, in the words of its manual, each with the kernel's number. */
static void ss_names_are_known(void **unused)
{
    static const struct {
        const char *word;
        unsigned kernel;
    } words[] = {
        {"established", 1},     {"syn-sent", 2},    {"syn-recv", 3},   {"syn-rcv", 3},
        {"fin-wait-1", 4},      {"fin-wait-2", 5},  {"time-wait", 6},  {"closed", 7},
        {"close", 7},           {"unconnected", 7}, {"close-wait", 8}, {"last-ack", 9},
        {"listening", 10},      {"listen", 10},     {"closing", 11},   {"new-syn-recv", 12},
        {"bound-inactive", 13},
    };
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(words); i++)
        assert_int_equal(from_word(words[i].word), state_from_kernel(words[i].kernel));
}

static void kernel_numbers_go_there_and_back(void **unused)
{
    (void)unused;
    for (unsigned i = STATE_CLOSED; i < STATE_DELETE_TCB; i++)
        assert_int_equal(state_from_kernel(TCP_STATES[i].kernel), i);
    assert_int_equal(TCP_STATES[STATE_DELETE_TCB].kernel, 0);
    assert_int_equal(state_from_kernel(12), STATE_SYN_RECEIVED);
    assert_int_equal(state_from_kernel(13), STATE_CLOSED);
    assert_int_equal(state_from_kernel(0), STATE_NONE);
    for (unsigned kernel = 14; kernel < 300; kernel++)
        assert_int_equal(state_from_kernel(kernel), STATE_NONE);
    assert_int_equal(state_from_kernel(UINT32_MAX), STATE_NONE);
}

static void kernel_mask_asks_for_every_form(void **unused)
{
    (void)unused;
    assert_int_equal(state_kernel_mask(0), 0);
    assert_int_equal(state_kernel_mask(STATE_BIT(STATE_LISTEN)), 1u << 10);
    assert_int_equal(state_kernel_mask(STATE_BIT(STATE_CLOSED)), 1u << 7 | 1u << 13);
    assert_int_equal(state_kernel_mask(STATE_BIT(STATE_SYN_RECEIVED)), 1u << 3 | 1u << 12);
    assert_int_equal(state_kernel_mask(STATE_BIT(STATE_DELETE_TCB)), 0);
    assert_int_equal(state_kernel_mask(STATE_ALL_BITS), 0x3ffe);
}

/* Every arrow of figure 5 of RFC 9293, and the one of its note 2; no other. */
static void arrows_are_those_of_the_rfc(void **unused)
{
    static const char arrows[][2][13] = {
        {"CLOSED", "LISTEN"},           {"CLOSED", "SYN-SENT"},
        {"LISTEN", "CLOSED"},           {"LISTEN", "SYN-SENT"},
        {"LISTEN", "SYN-RECEIVED"},     {"SYN-SENT", "CLOSED"},
        {"SYN-SENT", "SYN-RECEIVED"},   {"SYN-SENT", "ESTABLISHED"},
        {"SYN-RECEIVED", "LISTEN"},     {"SYN-RECEIVED", "ESTABLISHED"},
        {"SYN-RECEIVED", "FIN-WAIT-1"}, {"ESTABLISHED", "FIN-WAIT-1"},
        {"ESTABLISHED", "CLOSE-WAIT"},  {"FIN-WAIT-1", "FIN-WAIT-2"},
        {"FIN-WAIT-1", "CLOSING"},      {"FIN-WAIT-1", "TIME-WAIT"},
        {"FIN-WAIT-2", "TIME-WAIT"},    {"CLOSE-WAIT", "LAST-ACK"},
        {"CLOSING", "TIME-WAIT"},       {"LAST-ACK", "CLOSED"},
        {"TIME-WAIT", "CLOSED"},
    };
    size_t found = 0;
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(arrows); i++)
        assert_true(state_may_follow(from_word(arrows[i][0]), from_word(arrows[i][1])));
    for (unsigned from = STATE_CLOSED; from < STATE_DELETE_TCB; from++)
        for (unsigned to = STATE_CLOSED; to < STATE_DELETE_TCB; to++)
            found += state_may_follow((enum tcp_state)from, (enum tcp_state)to);
    assert_int_equal(found, UNIT_COUNT(arrows));
}

static void rows_open_anywhere_and_may_always_leave(void **unused)
{
    (void)unused;
    for (unsigned i = STATE_CLOSED; i < STATE_DELETE_TCB; i++) {
        assert_true(state_may_follow(STATE_NONE, (enum tcp_state)i));
        assert_true(state_may_follow((enum tcp_state)i, STATE_DELETE_TCB));
        assert_false(state_may_follow(STATE_DELETE_TCB, (enum tcp_state)i));
        assert_false(state_may_follow((enum tcp_state)i, STATE_NONE));
    }
    assert_false(state_may_follow(STATE_DELETE_TCB, STATE_DELETE_TCB));
    assert_false(state_may_follow(STATE_ESTABLISHED, STATE_COUNT));
    assert_false(state_may_follow(STATE_COUNT, STATE_ESTABLISHED));
}

static void classes_divide_the_states(void **unused)
{
    enum tcp_class class = CLASS_LISTENERS;
    uint32_t connections = state_class_bits(CLASS_CONNECTIONS);
    uint32_t listeners = state_class_bits(CLASS_LISTENERS);
    (void)unused;
    assert_int_equal(state_class_bits(CLASS_ALL), STATE_ALL_BITS);
    assert_int_equal(connections & listeners, 0);
    assert_int_equal(connections | listeners, STATE_ALL_BITS & ~STATE_BIT(STATE_CLOSED));
    assert_int_equal(state_class_from_name("ALL", &class), 0);
    assert_int_equal(class, CLASS_ALL);
    assert_int_equal(state_class_from_name("connections", &class), 0);
    assert_int_equal(class, CLASS_CONNECTIONS);
    assert_int_equal(state_class_from_name("connection", &class), -EINVAL);
    assert_int_equal(class, CLASS_CONNECTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(ss_names_are_known),
        cmocka_unit_test(kernel_numbers_go_there_and_back),
        cmocka_unit_test(kernel_mask_asks_for_every_form),
        cmocka_unit_test(arrows_are_those_of_the_rfc),
        cmocka_unit_test(rows_open_anywhere_and_may_always_leave),
        cmocka_unit_test(classes_divide_the_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
