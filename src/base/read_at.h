/* read_at: pread(2) until all bytes are read, or the file ends. */
#ifndef TCPLENS_BASE_READ_AT_H
#define TCPLENS_BASE_READ_AT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes read from offset on, fewer than `size` only where the file ends; or -errno. */
ssize_t read_at(int descriptor, void *bytes, size_t size, uint64_t offset);

#endif
