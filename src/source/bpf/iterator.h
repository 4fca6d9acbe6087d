/* bpf_iterator: reading what a program of the kind iter/ writes, by the bare system call. */
#ifndef TCPLENS_SOURCE_BPF_ITERATOR_H
#define TCPLENS_SOURCE_BPF_ITERATOR_H

#include <stddef.h>

/* A descriptor from which one walk is read; -EAGAIN: not now; other -errno: never. */
int bpf_iterator_begin(int link);
/* What is there, in whole records; *got 0: that was all. 0 or -errno. */
int bpf_iterator_read(int descriptor, void *bytes, size_t size, size_t *got);

#endif
