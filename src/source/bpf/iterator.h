/* bpf_iterator: reads the output of an iter/ program, by plain system calls. */
#ifndef TCPLENS_SOURCE_BPF_ITERATOR_H
#define TCPLENS_SOURCE_BPF_ITERATOR_H

#include <stddef.h>

/* A descriptor from which one walk is read; -EAGAIN: not now; other -errno: never. */
int bpf_iterator_begin(int link);
/* Reads whole records; *got 0: the end. 0 or -errno. */
int bpf_iterator_read(int descriptor, void *bytes, size_t size, size_t *got);

#endif
