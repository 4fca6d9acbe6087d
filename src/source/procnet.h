/* procnet: rows from /proc/net/tcp and tcp6, for kernels without sock_diag (gVisor, seccomp, old
 * containers). Fewer facts: no cookie, no tcp_info; inode and uid as far as the file gives them. */
#ifndef TCPLENS_SOURCE_PROCNET_H
#define TCPLENS_SOURCE_PROCNET_H

#include "core/frame.h"
#include "core/wish.h"

/* Reads PROC_ROOT/net/tcp and tcp6 into frame; sets MISSING_SOCK_DIAG. A missing tcp6 is
 * MISSING_IPV6, not an error. 0 or, when neither could be read, -errno: frame->missing.text says
 * why. A file without even its header (WSL1) counts as one that cannot be read (-ENODATA). */
int procnet_dump(const char *proc_root, struct frame *frame, const struct wish *wish);
/* 0 if at least one of the two may be read; else -errno of the first. */
int procnet_open_error(const char *proc_root);
/* One line of the file (without newline) to a row; PURE. 0, -ENOMSG for the title line, -EBADMSG.
 */
int procnet_parse_line(const char *line, size_t length, uint8_t family, struct conn *conn);

#endif
