/* output: data to standard output, in whole lines, with its errors. */
#ifndef TCPLENS_OUTPUT_H
#define TCPLENS_OUTPUT_H

#include "core/arena.h"

/* Writes what the buffer holds and empties it. 0, -EPIPE when nobody reads any more, or -errno. */
int output_flush(struct buffer *buffer);
/* The same once there is enough to be worth a system call. */
int output_flush_some(struct buffer *buffer);
/* Exit code for what a flush returned; says why on stderr unless the reader just went away. */
int output_exit_code(int error);

#endif
