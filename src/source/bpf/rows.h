/* bpf_rows: a walk over the TCP sockets that processes have open, of all network namespaces but one, by a
 * small program in the kernel: 1 us a socket with all that a dump gives of it, however many namespaces there
 * are, where each dump passes over the sockets of the whole machine. Where it is not built in, opening says
 * so. */
#ifndef TCPLENS_SOURCE_BPF_ROWS_H
#define TCPLENS_SOURCE_BPF_ROWS_H

#include "source/bpf/refusal.h"
#include "source/row_walk.h"

struct bpf_rows;

/* Loads it, with CAP_BPF and CAP_PERFMON; walking needs them no more (before Linux 5.19 it does: then the walk
 * fails). except_netns is the inode of the namespace that is left out. 0, or -errno and why. */
int bpf_rows_open(struct bpf_rows **rows, uint32_t except_netns, char text[BPF_TEXT_SIZE]);
void bpf_rows_close(struct bpf_rows *rows);

/* The `walk` of struct row_walk; walker is a struct bpf_rows. One thread at a time. */
int bpf_rows_run(void *walker, row_visit visit, void *context);

#endif
