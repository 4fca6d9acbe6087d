/* runtime_files: files of container runtimes about their containers, which are not trusted. Text
 * in, text out. Names are raw bytes, truncated to fit. */
#ifndef TCPLENS_SOURCE_NETNS_RUNTIME_FILES_H
#define TCPLENS_SOURCE_NETNS_RUNTIME_FILES_H

#include "core/netns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* config.v2.json of docker: "Name" without its slash. */
bool docker_config_name(const char *text, size_t length, char *name, size_t size);
/* One of its networks gave it this address, as text. */
bool docker_config_has_address(const char *text, size_t length, const char *address);
/* containers.json and volatile-containers.json of podman: the first name of the container `id`. */
bool podman_list_name(const char *text, size_t length, const char *id, char *name, size_t size);
/* state.json of runc ("init_process_pid"), status of crun ("pid"). */
bool runtime_state_pid(const char *text, size_t length, int32_t *pid);

struct pod_name {
    char pod[NETNS_NAME_MAX], space[NETNS_NAME_MAX]; /* space: the Kubernetes namespace */
};
/* A folder of /var/log/pods: NAMESPACE_POD_UID. False: it belongs to another pod. */
bool pod_of_log_folder(const char *name, const char *uid, struct pod_name *pod);
/* A file of /var/log/containers: POD_NAMESPACE_CONTAINER-ID.log. False: it belongs to another
 * container. */
bool pod_of_log_file(const char *name, const char *id, struct pod_name *pod);

/* The value of the first OPTION VALUE or OPTION=VALUE in a command line as in /proc, with arguments
 * terminated by NUL. */
bool command_value(const char *command, size_t length, const char *option, char *value,
                   size_t size);
/* Its program without the folders: "conmon". */
void command_program(const char *command, size_t length, char *program, size_t size);

#endif
