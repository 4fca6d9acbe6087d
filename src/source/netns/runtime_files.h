/* runtime_files: what container runtimes write about their containers, read with distrust: their
 * writers may write anything. Text in, text out. Names are raw bytes, cut to what fits. */
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
/* A folder of /var/log/pods: NAMESPACE_POD_UID. False: of another pod. */
bool pod_of_log_folder(const char *name, const char *uid, struct pod_name *pod);
/* A file of /var/log/containers: POD_NAMESPACE_CONTAINER-ID.log. False: of another container. */
bool pod_of_log_file(const char *name, const char *id, struct pod_name *pod);

/* A command line as /proc has it, arguments ended by NUL: the value of the first argument
 * OPTION VALUE or OPTION=VALUE. */
bool command_value(const char *command, size_t length, const char *option, char *value,
                   size_t size);
/* Its program without the folders: "conmon". */
void command_program(const char *command, size_t length, char *program, size_t size);

#endif
