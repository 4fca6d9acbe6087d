/* log_paths: finds the session logs for names of files and folders. A folder, as made by `record`
 * of several hosts, stands for all logs in it, with the parts of a rotated log in order. Files that
 * are named in that order are parts of one log, too. */
#ifndef TCPLENS_SOURCE_FLEET_LOG_PATHS_H
#define TCPLENS_SOURCE_FLEET_LOG_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_path {
    char *path;
    uint32_t part_of; /* the same for all parts of one log */
};

struct log_paths {
    struct log_path *list;
    uint32_t count, capacity;
    uint32_t logs; /* part_of of the last one */
};

/* True: a folder. */
bool log_path_is_folder(const char *path);
/* 0 or -errno with one line in why; to be followed by log_paths_done() either way. */
int log_paths_find(struct log_paths *paths, const char *const *names, uint32_t count, char *why,
                   size_t size);
void log_paths_done(struct log_paths *paths);

#endif
