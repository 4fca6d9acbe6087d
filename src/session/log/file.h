/* The file of a session log that is being written: opened by the rules of doc/session-log.md,
 * locked, appended to in whole pieces, rotated. Independent of its content but for the head
 * line. */
#ifndef TCPLENS_SESSION_LOG_FILE_H
#define TCPLENS_SESSION_LOG_FILE_H

#include "session/zst.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_file {
    int descriptor; /* -1 = closed */
    int folder;     /* -1: standard output */
    bool zstd, regular;
    bool torn; /* a stream ended within a line, or what a file has too much could not be cut off */
    uint64_t size;        /* of the complete part */
    uint64_t first_size;  /* its size when it was opened; 0 = a new file */
    uint64_t torn_start;  /* bytes of a torn first line that were all it held, and were cut off */
    struct zst_keys keys; /* of what it already contained */
    char name[NAME_MAX + 1];
    char renamed[NAME_MAX + 1]; /* what the open file is called by now; "": name */
};

/* What other programs may do to the file while it is open. */
enum log_file_fate {
    LOG_FILE_REMOVED = 1, /* it has no name any more: what was written is lost */
    LOG_FILE_TRUNCATED    /* it is shorter than what was written */
};

void log_file_init(struct log_file *file);
/* Opens or creates `path` ("-": standard output); 0 or -errno with one line of why. */
int log_file_open(struct log_file *file, const char *path, char *why, size_t size);
void log_file_close(struct log_file *file);
/* Appends all of it or nothing: a partial write is cut off again, except in a pipe. -EPIPE: a
 * pipe's reader has closed it. 0, -errno, or a fate: call log_file_reopen or log_file_resume and
 * try again. */
int log_file_append(struct log_file *file, const void *bytes, size_t length);
int log_file_look(const struct log_file *file); /* 0, -errno, or a fate */
/* Continues at the present end of a truncated file; keeps the keys of what is left. 0 or -errno. */
int log_file_resume(struct log_file *file, char *why, size_t size);
/* Cuts the file to `size` bytes, the end of something complete. */
int log_file_cut(struct log_file *file, uint64_t size);
/* What was cut off as the file was opened; false: nothing that a user should know of. */
bool log_file_start_was_torn(const struct log_file *file, char *text, size_t size);
struct log_rotation {
    int64_t wall_ns;  /* its time, which names the old file */
    unsigned keep;    /* such files, 0 = all */
    const void *last; /* to be appended to the old file; NULL: nothing */
    size_t last_length;
};
/* Renames it to NAME-20261122T121631 (its endings last), opens a new one in its place and removes
 * the oldest of such. 0 or -errno: the old file is then still open. */
int log_file_rotate(struct log_file *file, const struct log_rotation *rotation, char *why,
                    size_t size);
/* Opens the same name again if the file was renamed (SIGHUP). 1: another file is open now;
 * 0: the same; -errno: the old one is still open. */
int log_file_reopen(struct log_file *file, char *why, size_t size);

#endif
