/* cgroup_id: the id of a control group by its path, for filters. */
#ifndef TCPLENS_SOURCE_CGROUP_ID_H
#define TCPLENS_SOURCE_CGROUP_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path in the hierarchy ("/web.slice") or in the file system, below the cgroup2 mount, as ss
 * takes it ("/sys/fs/cgroup/web.slice"). data is unused. False: there is none. */
bool cgroup_find_id(void *data, const char *path, size_t length, uint64_t *id);

#endif
