/* remote_push: what a shell on a host does to run this program there without installing it. The program comes
 * over standard input, is kept in a folder of its own while it runs, and removed with it. Pure. */
#ifndef TCPLENS_SOURCE_REMOTE_PUSH_H
#define TCPLENS_SOURCE_REMOTE_PUSH_H

#include <stddef.h>
#include <stdint.h>

#define REMOTE_PUSH_REFUSED 126 /* exit code: it cannot run there; standard error says why */

/* One line for `sh -c`, with the words of tcplens behind it ($0 is the first of them): without single
 * quotes, backslashes and exclamation marks, so that it may stand in single quotes for any shell. Standard input:
 * so many bytes, and nothing more before the program has written something. -EINVAL: no room. */
int remote_push_script(char *out, size_t size, uint64_t bytes);

#endif
