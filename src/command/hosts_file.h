/* hosts_file: the file of --hosts. One host a line; "#" begins a comment. */
#ifndef TCPLENS_COMMAND_HOSTS_FILE_H
#define TCPLENS_COMMAND_HOSTS_FILE_H

#include "core/host.h"

#include <stdint.h>

#define HOSTS_FILE_MAX 65536

struct host_list {
    const char *targets[HOSTS_MAX];
    unsigned lines[HOSTS_MAX]; /* of the file */
    uint32_t count;
    char text[HOSTS_FILE_MAX]; /* of the file */
};

/* Fills an empty list. 0, or -errno with one line in why (OPEN_SOURCE_WHY_MAX bytes); -EINVAL: the
 * file is wrong. */
int hosts_file_read(struct host_list *list, const char *path, char *why);

#endif
