/* owners_group: from control group paths to units and containers. Pure: text in, text out; groups.c
 * finds the paths. */
#ifndef TCPLENS_SOURCE_OWNERS_GROUP_H
#define TCPLENS_SOURCE_OWNERS_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#define GROUP_PATH_MAX 4096
#define GROUP_NAME_MAX 256

/* The most telling path in a /proc/PID/cgroup: that of cgroup2 ("0::"), else of name=systemd, else
 * the first that is not "/", else "/"; but paths inside a container take precedence. Copies it raw
 * without " (deleted)"; false (and "") if there is no path. */
bool group_path_of_process(const char *text, char *path, size_t size);

/* The systemd unit of a path ("nginx.service"); inside a container, the container's own unit if it
 * has one; below a user manager, that manager's unit if there is one. "" = none. Safe text, in
 * systemd's own escaping: letters, digits and :-_.\\@ only. */
void group_unit(const char *path, char *unit, size_t size);

/* The innermost container of a path: "docker:4f2a91c03b7e", "lxc:web"; "4f2a91c03b7e" if the path
 * does not show the runtime. "" = none. */
void group_container(const char *path, char *container, size_t size);

/* The same in full: the runtime (NULL: unknown), and the whole id or the name. False: none. Raw
 * bytes. */
struct group_found {
    const char *runtime;
    char id[GROUP_NAME_MAX];
    bool is_id; /* 64 hexadecimal digits; else a name */
};
bool group_find_container(const char *path, struct group_found *found);
/* The UID of the Kubernetes pod of a path, with its dashes: ".../pod3f2a-..." or
 * "...-pod3f2a_....slice". False: none. */
bool group_pod_uid(const char *path, char *uid, size_t size);

/* True for a socket's control group that does not show its owner: systemd, which creates sockets
 * for others, is in `/` or init.scope. */
bool group_path_says_nothing(const char *path);

/* The mount point of cgroup2 in a mountinfo, with octal escapes resolved. False: none. */
bool group_find_mount(const char *mountinfo, char *mount, size_t size);

#endif
