/* owners_group: from control group paths to units and containers. PURE: text in, text out; the
 * walks that find the paths are in cgroups.c. */
#ifndef TCPLENS_SOURCE_OWNERS_GROUP_H
#define TCPLENS_SOURCE_OWNERS_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#define GROUP_PATH_MAX 4096
#define GROUP_NAME_MAX 256

/* The path that says most in a /proc/PID/cgroup: of cgroup2 ("0::"), else of name=systemd, else the
 * first that is not "/"; "/" when all are; of these those first that lie in a container. Copies it
 * raw without " (deleted)"; false (and "") where the text holds no path. */
bool group_path_of_process(const char *text, char *path, size_t size);

/* The systemd unit that a path lies in ("nginx.service"); inside a container, the container's own
 * unit where it has one. Of a user manager the unit that it runs, if there is one. "" = none. Safe
 * text as it stands, in systemd's own spelling: letters, digits and :-_.\\@ only. */
void group_unit(const char *path, char *unit, size_t size);

/* The container that a path lies in: "docker:4f2a91c03b7e", "lxc:web"; "4f2a91c03b7e" where the
 * path does not say of which runtime; the innermost. "" = none. */
void group_container(const char *path, char *container, size_t size);

/* The same in full: the runtime (NULL: the path does not say which), and the whole id or the name.
 * False: none. Raw bytes. */
struct group_found {
    const char *runtime;
    char id[GROUP_NAME_MAX];
    bool is_id; /* 64 hexadecimal digits; else a name */
};
bool group_find_container(const char *path, struct group_found *found);
/* The UID of the Kubernetes pod that a path lies in, with its dashes: ".../pod3f2a-..." or
 * "...-pod3f2a_....slice". False: none. */
bool group_pod_uid(const char *path, char *uid, size_t size);

/* A socket's control group that does not name its owner: systemd, which creates sockets for others,
 * is in `/` or init.scope. */
bool group_path_says_nothing(const char *path);

/* The cgroup2 line of a mountinfo: where it is mounted, octal escapes undone. False: none. */
bool group_find_mount(const char *mountinfo, char *mount, size_t size);

#endif
