/* Offload state from the facts of kTLS and SMC that sock_diag reports. Independent of netlink and of frames. */
#include "core/offload.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const STATE_NAMES[] = {
    [OFFLOAD_IN_HOST] = "InHost",
    [OFFLOAD_OFFLOADING] = "Offloading",
    [OFFLOAD_OFFLOADED] = "Offloaded",
    [OFFLOAD_UPLOADING] = "Uploading",
};

const struct words OFFLOAD_WORDS = WORDS(STATE_NAMES);

static const char *const ULP_NAMES[] = {
    [ULP_UNKNOWN] = NULL,  [ULP_ABSENT] = NULL,   [ULP_TLS] = "tls",
    [ULP_MPTCP] = "mptcp", [ULP_SMC] = "smc",     [ULP_OTHER] = "other",
    [ULP_SMC_R] = "smc-r", [ULP_SMC_D] = "smc-d", [ULP_SMC_FALLBACK] = "smc-fallback",
};
const struct words ULP_WORDS = WORDS(ULP_NAMES);

static const char *const TLS_CONFS[] = {NULL, "base", "sw", "hw", "hw-record"};
const struct words TLS_CONF_WORDS = WORDS(TLS_CONFS);

static bool is_hardware(uint8_t conf)
{
    return conf == TLS_CONF_IS_HW || conf == TLS_CONF_IS_HW_RECORD;
}

static enum offload_state decide_tls(uint8_t tls_tx, uint8_t tls_rx)
{
    if (is_hardware(tls_tx) || is_hardware(tls_rx))
        return OFFLOAD_OFFLOADED;
    /* Keys for only one direction are common; the other is not pending then. */
    const bool has_base = tls_tx == TLS_CONF_IS_BASE || tls_rx == TLS_CONF_IS_BASE;
    const bool has_software = tls_tx == TLS_CONF_IS_SW || tls_rx == TLS_CONF_IS_SW;
    if (has_base && !has_software)
        return OFFLOAD_OFFLOADING;
    return has_software && (has_base || tls_tx == tls_rx) ? OFFLOAD_IN_HOST : OFFLOAD_UNKNOWN;
}

static enum offload_state decide_now(uint8_t ulp, uint8_t tls_tx, uint8_t tls_rx)
{
    if (ulp == ULP_UNKNOWN)
        return OFFLOAD_UNKNOWN;
    if (ulp == ULP_SMC_R || ulp == ULP_SMC_D)
        return OFFLOAD_OFFLOADED;
    return ulp == ULP_TLS ? decide_tls(tls_tx, tls_rx) : OFFLOAD_IN_HOST;
}

enum offload_state offload_decide(uint8_t ulp, uint8_t tls_tx, uint8_t tls_rx, uint8_t previous)
{
    enum offload_state now = decide_now(ulp, tls_tx, tls_rx);
    if (now == OFFLOAD_UNKNOWN || now == OFFLOAD_OFFLOADED)
        return now;
    return previous == OFFLOAD_OFFLOADED ? OFFLOAD_UPLOADING : now;
}

const char *offload_name(uint8_t state)
{
    return words_name(&OFFLOAD_WORDS, state);
}

static bool same_word(const char *word, const char *name, size_t length)
{
    return strlen(word) == length && strncasecmp(word, name, length) == 0;
}

int offload_from_name(const char *name, size_t length, uint8_t *state)
{
    for (unsigned i = 0; i < OFFLOAD_WORDS.count; i++) {
        bool is_digit = length == 1 && name[0] == (char)('0' + i);
        if (is_digit || same_word(STATE_NAMES[i], name, length)) {
            *state = (uint8_t)i;
            return 0;
        }
    }
    return -EINVAL;
}

static const char *tls_fact(uint8_t tls_tx, uint8_t tls_rx)
{
    if (is_hardware(tls_tx))
        return is_hardware(tls_rx) ? "tls-hw rx+tx" : "tls-hw tx";
    if (is_hardware(tls_rx))
        return "tls-hw rx";
    if (tls_tx == TLS_CONF_IS_SW)
        return tls_rx == TLS_CONF_IS_SW ? "tls-sw" : "tls-sw tx";
    if (tls_rx == TLS_CONF_IS_SW)
        return "tls-sw rx";
    return tls_tx == TLS_CONF_IS_BASE || tls_rx == TLS_CONF_IS_BASE ? "tls-base" : "tls";
}

const char *offload_fact(uint8_t ulp, uint8_t tls_tx, uint8_t tls_rx)
{
    if (ulp == ULP_TLS)
        return tls_fact(tls_tx, tls_rx);
    if (ulp == ULP_OTHER)
        return "other";
    const char *name = ulp_name(ulp);
    return name != NULL ? name : "";
}

const char *ulp_name(uint8_t ulp)
{
    return ulp == ULP_OTHER ? NULL : words_name(&ULP_WORDS, ulp);
}

uint8_t ulp_from_name(const char *name, size_t length)
{
    int found = words_find(&ULP_WORDS, name, length);
    return found < 0 ? (uint8_t)ULP_OTHER : (uint8_t)found;
}
