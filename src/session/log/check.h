/* Is an existing file a session log that may be appended to, and where does what is whole in it
 * end? */
#ifndef TCPLENS_SESSION_LOG_CHECK_H
#define TCPLENS_SESSION_LOG_CHECK_H

#include "session/log/file.h"

/* Reads its head line; cuts off a torn tail, and the index of a closed .zst file, whose keys are
 * kept in file->keys. 0 or -errno with one line of why. */
int log_check_append(struct log_file *file, char *why, size_t size);

#endif
