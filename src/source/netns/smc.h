/* smc: joins AF_SMC sockets to the rows of their underlying TCP sockets. Such a TCP socket belongs
 * to the kernel: no process has it open, and if it was accepted its uid is that of a kernel thread.
 * Bytes in, facts of rows out; makes no system call. */
#ifndef TCPLENS_SOURCE_NETNS_SMC_H
#define TCPLENS_SOURCE_NETNS_SMC_H

#include "core/conn.h"

#include <stddef.h>
#include <stdint.h>

struct smc_socket;

struct smc_sockets {
    struct smc_socket *list;
    uint32_t count, capacity;
};

#define SMC_FAMILY       43 /* AF_SMC */
#define SMC_REQUEST_SIZE 56u

/* The body of a SOCK_DIAG_BY_FAMILY request for all of them. */
void smc_put_request(uint8_t out[SMC_REQUEST_SIZE]);
void smc_clear(struct smc_sockets *sockets);
void smc_done(struct smc_sockets *sockets);
/* Adds one smc_diag_msg; one that is too short or has no TCP socket is ignored. 0 or -ENOMEM. */
int smc_add(struct smc_sockets *sockets, const void *payload, size_t length);
/* Rows with the tuple of one of them get its inode (which the process has open), its user, and its
 * way of transport. */
void smc_join(struct smc_sockets *sockets, struct conn *conns, uint32_t count);

#endif
