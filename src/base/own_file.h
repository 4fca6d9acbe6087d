/* own_file: which files may be written to: regular ones of ours under one name. What another user may have planted, a link,
 * a pipe, a device or a file of theirs, is refused. */
#ifndef TCPLENS_BASE_OWN_FILE_H
#define TCPLENS_BASE_OWN_FILE_H

#include <sys/stat.h>

/* NULL, or that it is no regular file and what to do. */
const char *own_file_kind_fault(const struct stat *status);
/* NULL, or why it may not and what to do. `status`: of the open file, as a name may come to mean another. */
const char *own_file_fault(const struct stat *status);
/* For an errno of opening it with O_NOFOLLOW and O_NONBLOCK. */
const char *own_file_error_text(int error);

/* Creates `path`, as the umask has it, or empties a file that may be written to; for /dev/stdout, /dev/fd/1 and
 * /proc/self/fd/1 it copies standard output. A descriptor; or -1 and *why. */
int own_file_create(const char *path, const char **why);

#endif
