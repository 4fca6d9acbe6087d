/* Offload states: every combination of ULP, directions and the state before. */
#include "core/offload.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/* tls_tx across, tls_rx down: not reported, BASE, SW, HW, HW_RECORD, and a number of the future. */
enum { CONFS = 6 };
static const uint8_t CONF_VALUES[CONFS] = {TLS_CONF_UNREPORTED,   TLS_CONF_IS_BASE,
                                           TLS_CONF_IS_SW,        TLS_CONF_IS_HW,
                                           TLS_CONF_IS_HW_RECORD, 9};
/* u unknown, g offloading, o offloaded, h in host */
static const char *const TLS_STATES[CONFS] = {"uguoou", "gghoog", "uhhoou",
                                              "oooooo", "oooooo", "uguoou"};

static uint8_t state_of(char letter)
{
    if (letter == 'u')
        return OFFLOAD_UNKNOWN;
    if (letter == 'g')
        return OFFLOAD_OFFLOADING;
    return letter == 'o' ? OFFLOAD_OFFLOADED : OFFLOAD_IN_HOST;
}

static uint8_t expected_now(uint8_t ulp, size_t tx, size_t rx)
{
    if (ulp == ULP_UNKNOWN)
        return OFFLOAD_UNKNOWN;
    if (ulp == ULP_SMC_R || ulp == ULP_SMC_D)
        return OFFLOAD_OFFLOADED;
    return ulp == ULP_TLS ? state_of(TLS_STATES[rx][tx]) : OFFLOAD_IN_HOST;
}

static void every_combination_is_decided(void **unused)
{
    (void)unused;
    for (uint8_t ulp = ULP_UNKNOWN; ulp <= ULP_SMC_FALLBACK; ulp++) {
        for (size_t tx = 0; tx < CONFS; tx++) {
            for (size_t rx = 0; rx < CONFS; rx++) {
                for (unsigned previous = 0; previous < 256; previous++) {
                    uint8_t now = expected_now(ulp, tx, rx);
                    uint8_t state = (uint8_t)offload_decide(ulp, CONF_VALUES[tx], CONF_VALUES[rx],
                                                            (uint8_t)previous);
                    bool has_left = previous == OFFLOAD_OFFLOADED && now != OFFLOAD_OFFLOADED &&
                                    now != OFFLOAD_UNKNOWN;
                    assert_int_equal(state, has_left ? OFFLOAD_UPLOADING : now);
                }
            }
        }
    }
}

static void uploading_lasts_one_frame(void **unused)
{
    uint8_t state = OFFLOAD_UNKNOWN;
    (void)unused;
    state = (uint8_t)offload_decide(ULP_TLS, TLS_CONF_IS_HW, TLS_CONF_IS_SW, state);
    assert_int_equal(state, OFFLOAD_OFFLOADED);
    state = (uint8_t)offload_decide(ULP_TLS, TLS_CONF_IS_SW, TLS_CONF_IS_SW, state);
    assert_int_equal(state, OFFLOAD_UPLOADING);
    state = (uint8_t)offload_decide(ULP_TLS, TLS_CONF_IS_SW, TLS_CONF_IS_SW, state);
    assert_int_equal(state, OFFLOAD_IN_HOST);
}

/* nginx with "ssl_conf_command Options KTLS", kernels that have no TLS 1.3 for receiving. */
static void keys_of_one_direction_in_software_stay_in_the_host(void **unused)
{
    (void)unused;
    assert_int_equal(offload_decide(ULP_TLS, TLS_CONF_IS_BASE, TLS_CONF_IS_BASE, OFFLOAD_UNKNOWN),
                     OFFLOAD_OFFLOADING);
    assert_int_equal(offload_decide(ULP_TLS, TLS_CONF_IS_SW, TLS_CONF_IS_BASE, OFFLOAD_OFFLOADING),
                     OFFLOAD_IN_HOST);
    assert_int_equal(offload_decide(ULP_TLS, TLS_CONF_IS_BASE, TLS_CONF_IS_SW, OFFLOAD_OFFLOADING),
                     OFFLOAD_IN_HOST);
    assert_int_equal(offload_decide(ULP_TLS, TLS_CONF_IS_BASE, TLS_CONF_IS_HW, OFFLOAD_OFFLOADING),
                     OFFLOAD_OFFLOADED);
}

static int from_word(const char *word, uint8_t *state)
{
    return offload_from_name(word, strlen(word), state);
}

static void names_and_numbers_are_read(void **unused)
{
    uint8_t state = 99;
    (void)unused;
    for (uint8_t i = OFFLOAD_IN_HOST; i <= OFFLOAD_UPLOADING; i++) {
        const char digit[] = {(char)('0' + i), '\0'};
        assert_int_equal(from_word(offload_name(i), &state), 0);
        assert_int_equal(state, i);
        assert_int_equal(from_word(digit, &state), 0);
        assert_int_equal(state, i);
    }
    assert_int_equal(from_word("OFFLOADED", &state), 0);
    assert_int_equal(state, OFFLOAD_OFFLOADED);
}

static void max_is_refused_wherever_it_is_read(void **unused)
{
    static const char *const wrong[] = {"4",  "Max", "max",     "MAX",      "",       "00",
                                        "02", "+2",  "-1",      " 2",       "2 ",     "255",
                                        "5",  "In",  "InHostt", "offloade", "unknown"};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        uint8_t state = 99;
        assert_int_equal(from_word(wrong[i], &state), -EINVAL);
        assert_int_equal(state, 99);
    }
    for (unsigned i = 4; i < 256; i++)
        assert_null(offload_name((uint8_t)i));
}

static void the_fact_is_shown(void **unused)
{
    (void)unused;
    assert_string_equal(offload_fact(ULP_UNKNOWN, 0, 0), "");
    assert_string_equal(offload_fact(ULP_ABSENT, 0, 0), "");
    assert_string_equal(offload_fact(ULP_MPTCP, 0, 0), "mptcp");
    assert_string_equal(offload_fact(ULP_SMC, 0, 0), "smc");
    assert_string_equal(offload_fact(ULP_SMC_R, 0, 0), "smc-r");
    assert_string_equal(offload_fact(ULP_SMC_D, 0, 0), "smc-d");
    assert_string_equal(offload_fact(ULP_SMC_FALLBACK, 0, 0), "smc-fallback");
    assert_string_equal(offload_fact(ULP_OTHER, 0, 0), "other");
    assert_string_equal(offload_fact(ULP_TLS, 0, 0), "tls");
    assert_string_equal(offload_fact(ULP_TLS, 1, 1), "tls-base");
    assert_string_equal(offload_fact(ULP_TLS, 2, 2), "tls-sw");
    assert_string_equal(offload_fact(ULP_TLS, 2, 1), "tls-sw tx");
    assert_string_equal(offload_fact(ULP_TLS, 1, 2), "tls-sw rx");
    assert_string_equal(offload_fact(ULP_TLS, 3, 2), "tls-hw tx");
    assert_string_equal(offload_fact(ULP_TLS, 2, 3), "tls-hw rx");
    assert_string_equal(offload_fact(ULP_TLS, 4, 3), "tls-hw rx+tx");
    assert_string_equal(offload_fact(200, 3, 3), "");
}

static void ulp_names_go_there_and_back(void **unused)
{
    (void)unused;
    assert_int_equal(ulp_from_name("tls", 3), ULP_TLS);
    assert_int_equal(ulp_from_name("mptcp", 5), ULP_MPTCP);
    assert_int_equal(ulp_from_name("smc", 3), ULP_SMC);
    assert_int_equal(ulp_from_name("smc-fallback", 12), ULP_SMC_FALLBACK);
    assert_int_equal(ulp_from_name("espintcp", 8), ULP_OTHER);
    assert_int_equal(ulp_from_name("tl", 2), ULP_OTHER);
    assert_null(ulp_name(ULP_UNKNOWN));
    assert_null(ulp_name(ULP_ABSENT));
    assert_null(ulp_name(ULP_OTHER));
    assert_null(ulp_name(200));
    assert_string_equal(ulp_name(ULP_MPTCP), "mptcp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_is_decided),
        cmocka_unit_test(uploading_lasts_one_frame),
        cmocka_unit_test(keys_of_one_direction_in_software_stay_in_the_host),
        cmocka_unit_test(names_and_numbers_are_read),
        cmocka_unit_test(max_is_refused_wherever_it_is_read),
        cmocka_unit_test(the_fact_is_shown),
        cmocka_unit_test(ulp_names_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
