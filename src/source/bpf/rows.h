/* bpf_rows: a walk over the TCP sockets that processes have open, in all network namespaces but
 * one, by a BPF program: 1 us a socket, with everything that a dump reports, however many
 * namespaces there are; whereas each dump goes through the sockets of the whole machine. If it is
 * not built in, opening fails with a message. */
#ifndef TCPLENS_SOURCE_BPF_ROWS_H
#define TCPLENS_SOURCE_BPF_ROWS_H

#include "source/bpf/refusal.h"
#include "source/row_walk.h"

struct bpf_rows;

/* Loads it, with CAP_BPF and CAP_PERFMON; walking does not need them (before Linux 5.19 it does,
 * and fails without). except_netns is the inode of the namespace that is left out. 0, or -errno and
 * why. */
int bpf_rows_open(struct bpf_rows **rows, uint32_t except_netns, char text[BPF_TEXT_SIZE]);
void bpf_rows_close(struct bpf_rows *rows);

/* The `walk` of struct row_walk; walker is a struct bpf_rows. One thread at a time. */
int bpf_rows_run(void *walker, row_visit visit, void *context);

#endif
