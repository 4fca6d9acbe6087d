/* Offload state of a connection: the enum of TCP_CONNECTION_OFFLOAD_STATE on top of the
 * kTLS facts that sock_diag reports in INET_DIAG_ULP_INFO, or of SMC. Pure. */
#ifndef TCPLENS_CORE_OFFLOAD_H
#define TCPLENS_CORE_OFFLOAD_H

#include "core/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum offload_state { /* numbers of TCP_CONNECTION_OFFLOAD_STATE; Max (4) is not a legal value */
                     OFFLOAD_IN_HOST = 0,
                     OFFLOAD_OFFLOADING = 1,
                     OFFLOAD_OFFLOADED = 2,
                     OFFLOAD_UPLOADING = 3,
                     OFFLOAD_UNKNOWN = 255 /* ULP information was not available: blank, absent in
                                              JSON, matches no filter */
};

enum ulp {
    ULP_UNKNOWN = 0,
    ULP_ABSENT,
    ULP_TLS,
    ULP_MPTCP,
    ULP_SMC,
    ULP_OTHER,
    /* AF_SMC above the TCP socket: its data goes by RDMA, through shared memory of one machine, or
     * falls back to this TCP connection. */
    ULP_SMC_R,
    ULP_SMC_D,
    ULP_SMC_FALLBACK
};

enum tls_conf { /* TLS_CONF_* of include/uapi/linux/tls.h; 0 = not reported */
                TLS_CONF_UNREPORTED = 0,
                TLS_CONF_IS_BASE = 1,
                TLS_CONF_IS_SW = 2,
                TLS_CONF_IS_HW = 3,
                TLS_CONF_IS_HW_RECORD = 4
};

/* State from ULP (enum ulp), tls tx/rx configuration (enum tls_conf) and the state in the frame
 * before (OFFLOAD_UNKNOWN if none): Uploading = Offloaded before and not now. */
enum offload_state offload_decide(uint8_t ulp, uint8_t tls_tx, uint8_t tls_rx, uint8_t previous);

extern const struct words OFFLOAD_WORDS;  /* "InHost", "Offloading", "Offloaded", "Uploading" */
extern const struct words ULP_WORDS;      /* those of ulp_name, and "other" */
extern const struct words TLS_CONF_WORDS; /* enum tls_conf */

/* By OFFLOAD_WORDS; NULL for anything else. */
const char *offload_name(uint8_t state);

/* By name (case-insensitive) or decimal number 0..3; -EINVAL for anything else, Max (4) included.
 */
int offload_from_name(const char *name, size_t length, uint8_t *state);

/* The fact behind the state for the column: "", "tls-base", "tls-sw", "tls-hw tx", "tls-hw rx",
 * "tls-hw rx+tx", "mptcp", "smc-r", "smc-fallback", ... */
const char *offload_fact(uint8_t ulp, uint8_t tls_tx, uint8_t tls_rx);

/* AF_SMC is above it, in one of these forms. */
static inline bool ulp_is_smc(uint8_t ulp)
{
    return ulp == ULP_SMC || ulp == ULP_SMC_R || ulp == ULP_SMC_D || ulp == ULP_SMC_FALLBACK;
}

/* "tls", "mptcp", "smc-r", ...; NULL when unknown or absent. */
const char *ulp_name(uint8_t ulp);
uint8_t ulp_from_name(const char *name, size_t length); /* ULP_OTHER for a name not in the table */

#endif
