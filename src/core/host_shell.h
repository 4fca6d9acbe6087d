/* host_shell: how a person gets a shell on a host that is shown. Pure. */
#ifndef TCPLENS_CORE_HOST_SHELL_H
#define TCPLENS_CORE_HOST_SHELL_H

#include "core/host.h"

#include <stdbool.h>
#include <stddef.h>

#define HOST_SHELL_MAX 128

/* "ssh -t -p 2222 ann@web1 " (-t: for a program that asks), by the host's place; "" where it is not
 * reached by ssh. Returns out; NULL where there is no room for it. */
const char *host_shell(const struct frame_host *host, bool asks, char out[HOST_SHELL_MAX]);

#endif
