/* log_check: whether an existing file is a session log that can be appended to, and where its
 * complete part ends. */
#ifndef TCPLENS_SESSION_LOG_CHECK_H
#define TCPLENS_SESSION_LOG_CHECK_H

#include "session/log/file.h"

/* Reads its head line; cuts off an incomplete tail, and the index of a closed .zst file, whose keys
 * go to file->keys. 0 or -errno with one line of why. */
int log_check_append(struct log_file *file, char *why, size_t size);

#endif
