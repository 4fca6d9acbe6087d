/* diag_row: decodes one inet_diag message. Pure; for diag.c only. */
#ifndef TCPLENS_SOURCE_DIAG_ROW_H
#define TCPLENS_SOURCE_DIAG_ROW_H

#include "core/conn.h"

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stddef.h>

/* The message if it is a row we can show (long enough, of a known family and state), else NULL. */
const struct inet_diag_msg *diag_row_check(const void *payload, size_t length);

/* 0: unknown. */
uint64_t diag_row_cookie(const struct inet_diag_sockid *id);

/* conn is zeroed except for its index fields, or was filled from the same message; detail is zeroed
 * and may be NULL. True: its tcp_info may be of interest to detectors (conn.h). */
bool diag_row_fill(const struct inet_diag_msg *message, size_t length, bool ulp_is_reported,
                   struct conn *conn, struct conn_detail *detail);

#endif
