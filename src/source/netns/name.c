/* netns_name: see name.h. Reads with the present privileges: docker's files need root. */
#include "source/netns/name.h"

#include "core/proc_stat.h"
#include "core/text/text.h"
#include "source/netns/runtime_files.h"
#include "source/netns/slot.h"
#include "source/regular_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANCESTORS_MOST 8
#define ID_SHOWN       12

/* Information about a container before it is looked up. */
struct clue {
    enum netns_kind kind;
    bool is_id;
    char id[GROUP_NAME_MAX];
    char name[NETNS_NAME_MAX]; /* "" = unknown */
    char pod_uid[64];
    uint32_t uid; /* of its monitor */
};

/* --- files --- */

static char *read_of_process(const struct netns_names *names, int32_t pid, const char *file,
                             size_t *length)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%d/%s", names->proc_root, (int)pid, file);
    return regular_file_read(path, length);
}

/* --- who the anchor is --- */

static bool read_group(const struct netns_names *names, int32_t pid, char *path, size_t size)
{
    size_t length;
    char *text = read_of_process(names, pid, "cgroup", &length);
    const bool found = text && group_path_of_process(text, path, size);

    free(text);
    return found;
}

static const struct {
    const char *runtime;
    enum netns_kind kind;
} RUNTIMES[] = {
    {"docker", NETNS_KIND_DOCKER}, {"podman", NETNS_KIND_PODMAN},
    {"crio", NETNS_KIND_CRIO},     {"lxc", NETNS_KIND_LXC},
    {"nspawn", NETNS_KIND_NSPAWN}, {"containerd", NETNS_KIND_CONTAINERD},
};

static enum netns_kind kind_of_runtime(const char *runtime)
{
    for (size_t i = 0; runtime && i < sizeof(RUNTIMES) / sizeof(*RUNTIMES); i++)
        if (strcmp(runtime, RUNTIMES[i].runtime) == 0)
            return RUNTIMES[i].kind;
    return NETNS_KIND_CONTAINER;
}

static bool clue_by_group(const struct netns_names *names, const struct netns_entry *entry,
                          struct clue *clue)
{
    char path[GROUP_PATH_MAX];
    struct group_found found;

    if (!read_group(names, entry->pid, path, sizeof(path)))
        return false;
    const bool has_pod = group_pod_uid(path, clue->pod_uid, sizeof(clue->pod_uid));
    if (!group_find_container(path, &found) ||
        (!entry->is_own && strcmp(found.id, names->own_container) == 0))
        return has_pod;
    clue->kind = kind_of_runtime(found.runtime);
    clue->is_id = found.is_id;
    snprintf(clue->id, sizeof(clue->id), "%s", found.id);
    return true;
}

/* Monitors of containers, which are their parents, and where their command line names the
 * container. */
static const struct monitor {
    const char *program, *id, *name;
    enum netns_kind kind;
    bool whole; /* the program's whole name, not a prefix */
} MONITORS[] = {
    {"conmon", "-c", "-n", NETNS_KIND_PODMAN, true},
    {"containerd-shim", "-id", NULL, NETNS_KIND_CONTAINERD, false},
    {"lxc-start", NULL, "-n", NETNS_KIND_LXC, true},
    {"lxc-start", NULL, "--name", NETNS_KIND_LXC, true},
    {"systemd-nspawn", NULL, "-M", NETNS_KIND_NSPAWN, true},
    {"systemd-nspawn", NULL, "--machine", NETNS_KIND_NSPAWN, true},
};

static bool is_monitor(const struct monitor *monitor, const char *program)
{
    return monitor->whole ? strcmp(program, monitor->program) == 0
                          : strncmp(program, monitor->program, strlen(monitor->program)) == 0;
}

/* Namespaces of containerd that belong to other runtimes. */
static enum netns_kind kind_of_shim(const char *command, size_t length)
{
    char space[64];

    if (!command_value(command, length, "-namespace", space, sizeof(space)))
        return NETNS_KIND_CONTAINERD;
    return strcmp(space, "moby") == 0 ? NETNS_KIND_DOCKER : NETNS_KIND_CONTAINERD;
}

static bool has_form_of_id(const char *id)
{
    return strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;
}

static bool clue_by_command(const char *command, size_t length, struct clue *clue)
{
    char program[64];

    command_program(command, length, program, sizeof(program));
    for (size_t i = 0; program[0] && i < sizeof(MONITORS) / sizeof(*MONITORS); i++) {
        const struct monitor *monitor = &MONITORS[i];
        char id[GROUP_NAME_MAX] = "", name[NETNS_NAME_MAX] = "";
        if (!is_monitor(monitor, program))
            continue;
        const bool has_id =
            monitor->id && command_value(command, length, monitor->id, id, sizeof(id));
        const bool has_name =
            monitor->name && command_value(command, length, monitor->name, name, sizeof(name));
        if (!has_id && !has_name)
            continue;
        clue->kind = monitor->id && !monitor->name ? kind_of_shim(command, length) : monitor->kind;
        snprintf(clue->id, sizeof(clue->id), "%s", has_id ? id : name);
        snprintf(clue->name, sizeof(clue->name), "%s", name);
        clue->is_id = has_form_of_id(clue->id);
        return true;
    }
    return false;
}

/* Parent of a process; 0 = none. */
static int32_t parent_of(const struct netns_names *names, int32_t pid)
{
    struct proc_stat stat;
    size_t length;
    char *text = read_of_process(names, pid, "stat", &length);
    const bool found = text && proc_stat_parse(text, length, &stat) == 0;

    free(text);
    return found ? stat.parent : 0;
}

static uint32_t user_of(const struct netns_names *names, int32_t pid)
{
    char path[PATH_MAX];
    struct stat about;

    snprintf(path, sizeof(path), "%s/%d", names->proc_root, (int)pid);
    return stat(path, &about) == 0 ? about.st_uid : UINT32_MAX;
}

static bool clue_by_ancestors(const struct netns_names *names, const struct netns_entry *entry,
                              struct clue *clue)
{
    int32_t pid = parent_of(names, entry->pid);
    bool found = false;

    for (int i = 0; i < ANCESTORS_MOST && pid > 1 && !found; i++) {
        size_t length;
        char *command = read_of_process(names, pid, "cmdline", &length);
        struct clue seen = *clue;
        found = command && clue_by_command(command, length, &seen) &&
                (!clue->id[0] || strcmp(clue->id, seen.id) == 0 || !seen.is_id);
        free(command);
        if (found) {
            *clue = seen;
            clue->uid = user_of(names, pid);
        }
        pid = parent_of(names, pid);
    }
    return found;
}

static uint64_t netns_of(const struct netns_names *names, int32_t pid)
{
    char path[PATH_MAX];
    struct stat about;

    snprintf(path, sizeof(path), "%s/%d/ns/net", names->proc_root, (int)pid);
    return stat(path, &about) == 0 ? about.st_ino : 0;
}

static bool is_program(const struct netns_names *names, int32_t pid, const char *program)
{
    size_t length;
    char found[64] = "", *command = read_of_process(names, pid, "cmdline", &length);

    if (command)
        command_program(command, length, found, sizeof(found));
    free(command);
    return strcmp(found, program) == 0;
}

/* It is in the network namespace of the container that it serves; there is no other hint. */
#define ROOTLESSPORT "rootlessport"

static bool clue_by_companions(const struct netns_names *names, int32_t pid, struct clue *clue)
{
    const uint64_t netns = netns_of(names, pid);
    DIR *folder = netns ? opendir(names->proc_root) : NULL;
    bool found = false;

    for (const struct dirent *at; folder && !found && (at = readdir(folder));) {
        const struct netns_entry other = {.pid = (int32_t)strtol(at->d_name, NULL, 10)};
        found = other.pid > 0 && netns_of(names, other.pid) == netns &&
                clue_by_ancestors(names, &other, clue);
    }
    if (folder)
        closedir(folder);
    return found;
}

/* --- what it is called --- */

static bool name_docker(const struct netns_names *names, struct clue *clue)
{
    char path[PATH_MAX];
    size_t length;

    snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", names->root,
             clue->id);
    char *text = regular_file_read(path, &length);
    const bool found = text && docker_config_name(text, length, clue->name, sizeof(clue->name));
    free(text);
    if (found)
        clue->kind = NETNS_KIND_DOCKER;
    return found;
}

static bool name_in_storage(const char *storage, struct clue *clue)
{
    static const char *const FOLDERS[] = {"overlay", "vfs", "btrfs", "zfs"};
    static const char *const FILES[] = {"containers.json", "volatile-containers.json"};
    bool found = false;

    for (size_t i = 0; i < 2 * sizeof(FOLDERS) / sizeof(*FOLDERS) && !found; i++) {
        char path[PATH_MAX];
        size_t length;
        snprintf(path, sizeof(path), "%s/%s-containers/%s", storage, FOLDERS[i / 2], FILES[i % 2]);
        char *text = regular_file_read(path, &length);
        found = text && podman_list_name(text, length, clue->id, clue->name, sizeof(clue->name));
        free(text);
    }
    return found;
}

static const char *field_of_line(const char *line, unsigned number)
{
    while (line && number-- > 0) {
        line = strchr(line, ':');
        line = line ? line + 1 : NULL;
    }
    return line;
}

/* NAME:PASSWORD:UID:GID:TEXT:HOME:SHELL */
static bool home_in_line(const char *line, uint32_t uid, char *home, size_t size)
{
    const char *number = field_of_line(line, 2), *path = field_of_line(line, 5);
    char *end;

    if (!path || strtoul(number, &end, 10) != uid || end == number || *end != ':')
        return false;
    snprintf(home, size, "%.*s", (int)strcspn(path, ":\n"), path);
    return true;
}

/* By the file only: a name service may use the network. */
static bool home_of(const struct netns_names *names, uint32_t uid, char *home, size_t size)
{
    char path[PATH_MAX], line[1024];
    bool found = false;

    snprintf(path, sizeof(path), "%s/etc/passwd", names->root);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof(line), file))
        found = home_in_line(line, uid, home, size);
    if (file)
        fclose(file);
    return found;
}

static bool name_podman(const struct netns_names *names, struct clue *clue)
{
    char path[PATH_MAX], home[PATH_MAX / 2];

    snprintf(path, sizeof(path), "%s/var/lib/containers/storage", names->root);
    bool found = name_in_storage(path, clue);
    if (!found && clue->uid && home_of(names, clue->uid, home, sizeof(home))) {
        snprintf(path, sizeof(path), "%s%s/.local/share/containers/storage", names->root, home);
        found = name_in_storage(path, clue);
    }
    if (found)
        clue->kind = NETNS_KIND_PODMAN;
    return found;
}

/* The state of a runtime without a monitor has the pid of a container's first process. */
static bool clue_by_state(const struct netns_names *names, const struct netns_entry *entry,
                          struct clue *clue)
{
    static const struct {
        const char *folder, *file;
    } STATES[] = {{"run/runc", "state.json"}, {"run/crun", "status"}};
    bool found = false;

    for (size_t i = 0; i < sizeof(STATES) / sizeof(*STATES) && !found; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", names->root, STATES[i].folder);
        DIR *folder = opendir(path);
        for (const struct dirent *at; folder && !found && (at = readdir(folder));) {
            size_t length;
            int32_t pid = 0;
            if (at->d_name[0] == '.')
                continue;
            snprintf(path, sizeof(path), "%s/%s/%s/%s", names->root, STATES[i].folder, at->d_name,
                     STATES[i].file);
            char *text = regular_file_read(path, &length);
            found = text && runtime_state_pid(text, length, &pid) && pid == entry->pid;
            free(text);
            if (found)
                snprintf(clue->id, sizeof(clue->id), "%s", at->d_name);
        }
        if (folder)
            closedir(folder);
    }
    clue->is_id = found && has_form_of_id(clue->id);
    return found;
}

static bool find_pod(const struct netns_names *names, const struct clue *clue, struct pod_name *pod)
{
    static const char *const FOLDERS[] = {"var/log/pods", "var/log/containers"};
    bool found = false;

    for (int i = 0; i < 2 && !found; i++) {
        char path[PATH_MAX];
        if (i == 0 ? !clue->pod_uid[0] : !clue->is_id)
            continue;
        snprintf(path, sizeof(path), "%s/%s", names->root, FOLDERS[i]);
        DIR *folder = opendir(path);
        for (const struct dirent *at; folder && !found && (at = readdir(folder));)
            found = i == 0 ? pod_of_log_folder(at->d_name, clue->pod_uid, pod)
                           : pod_of_log_file(at->d_name, clue->id, pod);
        if (folder)
            closedir(folder);
    }
    return found;
}

/* --- into the entry --- */

static void clean(char out[NETNS_NAME_MAX], const char *text)
{
    text_clean(out, NETNS_NAME_MAX, text, strlen(text));
}

static void set(struct netns_entry *entry, enum netns_kind kind, const char *name)
{
    entry->kind = (uint8_t)kind;
    clean(entry->name, name);
}

static void set_pod(struct netns_entry *entry, const struct clue *clue, const struct pod_name *pod)
{
    char name[2 * NETNS_NAME_MAX];

    clean(entry->pod, pod->pod);
    clean(entry->pod_namespace, pod->space);
    snprintf(name, sizeof(name), "%s/%s", pod->space, pod->pod);
    set(entry, NETNS_KIND_POD, name);
    snprintf(entry->container, sizeof(entry->container), "%.*s", ID_SHOWN, clue->id);
}

/* The first container of a podman pod is named after the pod's id; its host name is the pod's
 * name. */
static void set_podman_pod(const struct netns_names *names, struct netns_entry *entry)
{
    static const char INFRA[] = "-infra";
    const size_t length = strlen(entry->name), end = sizeof(INFRA) - 1;
    char pod[NETNS_NAME_MAX];
    size_t read;

    if (entry->kind != NETNS_KIND_PODMAN || length <= end ||
        strcmp(entry->name + length - end, INFRA) != 0)
        return;
    char *environment = read_of_process(names, entry->pid, "environ", &read);
    if (environment && command_value(environment, read, "HOSTNAME", pod, sizeof(pod))) {
        clean(entry->pod, pod);
        clean(entry->name, pod);
    }
    free(environment);
}

static bool find_clue(const struct netns_names *names, const struct netns_entry *entry,
                      struct clue *clue)
{
    *clue = (struct clue){.kind = NETNS_KIND_CONTAINER, .uid = entry->uid};
    const bool by_group = clue_by_group(names, entry, clue);
    const bool by_monitor = clue_by_ancestors(names, entry, clue);
    if (by_group || by_monitor || clue_by_state(names, entry, clue))
        return true;
    return is_program(names, entry->pid, ROOTLESSPORT) &&
           clue_by_companions(names, entry->pid, clue);
}

static bool name_by_container(const struct netns_names *names, struct netns_entry *entry)
{
    struct clue clue;
    struct pod_name pod;

    if (!entry->pid || !find_clue(names, entry, &clue))
        return false;
    if (find_pod(names, &clue, &pod)) {
        set_pod(entry, &clue, &pod);
        return true;
    }
    if (!clue.id[0])
        return false;
    const bool is_named =
        clue.name[0] || (clue.is_id && (name_docker(names, &clue) || name_podman(names, &clue)));
    if (!is_named)
        snprintf(clue.name, sizeof(clue.name), "%.*s",
                 clue.is_id ? ID_SHOWN : (int)sizeof(clue.name) - 1, clue.id);
    clean(entry->container, clue.name);
    set(entry, clue.kind, clue.name);
    set_podman_pod(names, entry);
    return true;
}

static const char *const NETNS_FOLDERS[] = {"/run/netns/", "/var/run/netns/"};
/* Prefixes of names made by network plugins. */
static const char *const MADE_UP[] = {"netns-", "cni-"};

/* Its name for `ip netns`; NULL: it is mounted elsewhere, or nowhere. */
static const char *name_of_mount(const char *mount)
{
    for (size_t i = 0; mount && i < sizeof(NETNS_FOLDERS) / sizeof(*NETNS_FOLDERS); i++) {
        const size_t length = strlen(NETNS_FOLDERS[i]);
        if (strncmp(mount, NETNS_FOLDERS[i], length) == 0 && mount[length] != '\0')
            return mount + length;
    }
    return NULL;
}

static bool is_made_up(const char *name)
{
    for (size_t i = 0; i < sizeof(MADE_UP) / sizeof(*MADE_UP); i++)
        if (strncmp(name, MADE_UP[i], strlen(MADE_UP[i])) == 0)
            return true;
    return false;
}

static void name_by_number(struct netns_entry *entry)
{
    char name[NETNS_NAME_MAX];

    if (entry->netns.inode)
        snprintf(name, sizeof(name), "%u", entry->netns.inode);
    else if (entry->pid)
        snprintf(name, sizeof(name), "pid:%d", entry->pid);
    else
        snprintf(name, sizeof(name), "net:%llu", (unsigned long long)entry->id);
    set(entry, NETNS_KIND_PROCESS, name);
}

void netns_name(const struct netns_names *names, struct netns_slot *slot)
{
    struct netns_entry *entry = &slot->entry;
    const char *mount = name_of_mount(slot->mount);

    entry->container[0] = entry->pod[0] = entry->pod_namespace[0] = '\0';
    const bool by_container = name_by_container(names, entry);
    if (entry->netns.is_host)
        set(entry, NETNS_KIND_HOST, "host");
    else if (mount && (!by_container || !is_made_up(mount)))
        set(entry, NETNS_KIND_NAMED, mount);
    else if (!by_container && slot->mount)
        set(entry, NETNS_KIND_MOUNT, strrchr(slot->mount, '/') + 1);
    else if (!by_container)
        name_by_number(entry);
}

void netns_names_init(struct netns_names *names, const char *proc_root)
{
    char path[GROUP_PATH_MAX];
    struct group_found found;

    *names = (struct netns_names){.proc_root = proc_root, .root = ""};
    if (read_group(names, (int32_t)getpid(), path, sizeof(path)) &&
        group_find_container(path, &found))
        snprintf(names->own_container, sizeof(names->own_container), "%s", found.id);
}

/* --- published ports --- */

static bool name_by_address(const struct netns_names *names, const char *address,
                            char target[NETNS_NAME_MAX])
{
    char path[PATH_MAX], name[NETNS_NAME_MAX];
    bool found = false;

    snprintf(path, sizeof(path), "%s/var/lib/docker/containers", names->root);
    DIR *folder = opendir(path);
    for (const struct dirent *at; folder && !found && (at = readdir(folder));) {
        size_t length;
        if (!has_form_of_id(at->d_name))
            continue;
        snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", names->root,
                 at->d_name);
        char *text = regular_file_read(path, &length);
        found = text && docker_config_has_address(text, length, address) &&
                docker_config_name(text, length, name, sizeof(name));
        free(text);
    }
    if (folder)
        closedir(folder);
    if (found)
        clean(target, name);
    return found;
}

bool netns_passes_ports(const char *comm)
{
    return strcmp(comm, "docker-proxy") == 0 || strcmp(comm, "conmon") == 0 ||
           strcmp(comm, ROOTLESSPORT) == 0;
}

bool netns_port_target(const struct netns_names *names, int32_t pid, const char *command,
                       size_t length, char target[NETNS_NAME_MAX])
{
    char program[64], value[NETNS_NAME_MAX];
    struct clue clue = {.kind = NETNS_KIND_CONTAINER};

    command_program(command, length, program, sizeof(program));
    if (strcmp(program, "conmon") == 0 &&
        command_value(command, length, "-n", value, sizeof(value))) {
        clean(target, value);
        return true;
    }
    if (strcmp(program, ROOTLESSPORT) == 0 && clue_by_companions(names, pid, &clue) &&
        clue.name[0]) {
        clean(target, clue.name);
        return true;
    }
    return strcmp(program, "docker-proxy") == 0 &&
           command_value(command, length, "-container-ip", value, sizeof(value)) &&
           name_by_address(names, value, target);
}
