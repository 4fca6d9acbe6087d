/* complete_values: names that this machine has, for complete.c: read where they cost little, without a socket. */
#include "command/complete.h"

#include "command/log_path.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define UNIT_DEPTH                                                                                 \
    6 /* of control groups: user.slice/user-1000.slice/user@1000.service/app.slice/NAME */

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcmp(name + length - tail, end) == 0;
}

/* Calls it with each name in a folder but hidden ones. */
static void each_name(const struct completion *at, const char *path,
                      void (*take)(const struct completion *at, const char *path, const char *name))
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            take(at, path, entry->d_name);
    if (folder)
        closedir(folder);
}

static void offer_name(const struct completion *at, const char *path, const char *name)
{
    (void)path;
    complete_offer(at, name, NULL);
}

static void offer_interfaces(const struct completion *at)
{
    each_name(at, "/sys/class/net", offer_name);
}

/* A port may be written ":https" as well. */
static void offer_services(const struct completion *at)
{
    struct completion name = *at;
    struct servent *service;
    char port[8];

    if (at->word[at->head] == ':')
        name.head++;
    setservent(1);
    while ((service = getservent()) != NULL)
        if (strcmp(service->s_proto, "tcp") == 0) {
            snprintf(port, sizeof port, "%u", ntohs((uint16_t)service->s_port));
            complete_offer(&name, service->s_name, port);
        }
    endservent();
}

static void offer_users(const struct completion *at)
{
    struct passwd *user;

    setpwent();
    while ((user = getpwent()) != NULL)
        complete_offer(at, user->pw_name, NULL);
    endpwent();
}

/* Units that have a control group are those whose processes may hold a socket. */
static void offer_units_below(const struct completion *at, const char *path, int depth)
{
    char below[PATH_MAX];
    DIR *folder = depth > 0 ? opendir(path) : NULL;
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;

        if (entry->d_type != DT_DIR || name[0] == '.' ||
            snprintf(below, sizeof below, "%s/%s", path, name) >= (int)sizeof below)
            continue;
        if (ends_with(name, ".service") || ends_with(name, ".scope"))
            complete_offer(at, name, NULL);
        offer_units_below(at, below, depth - 1);
    }
    if (folder)
        closedir(folder);
}

static void offer_units(const struct completion *at)
{
    static const char *const ROOTS[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd",
                                        "/sys/fs/cgroup"};

    for (size_t i = 0; i < sizeof ROOTS / sizeof *ROOTS; i++)
        if (access(ROOTS[i], R_OK | X_OK) == 0) {
            offer_units_below(at, ROOTS[i], UNIT_DEPTH);
            return;
        }
}

static void offer_process(const struct completion *at, const char *path, const char *name)
{
    char place[64], comm[32] = "";

    (void)path;
    if (!isdigit((unsigned char)name[0]))
        return;
    snprintf(place, sizeof place, "/proc/%.16s/comm", name);
    const int file = open(place, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    const ssize_t length = read(file, comm, sizeof comm - 1);
    close(file);
    comm[length > 0 ? strcspn(comm, "\n") : 0] = '\0';
    if (comm[0] && !strpbrk(comm, " ()=<>!&|\"*?/\\'"))
        complete_offer(at, comm, NULL);
}

static void offer_processes(const struct completion *at)
{
    each_name(at, "/proc", offer_process);
}

static void offer_congestion(const struct completion *at)
{
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control", "re");
    char name[32];

    while (file && fscanf(file, "%31s", name) == 1)
        complete_offer(at, name, NULL);
    if (file)
        fclose(file);
}

static void offer_families(const struct completion *at)
{
    complete_offer(at, "inet", "IPv4");
    complete_offer(at, "inet6", "IPv6");
}

void complete_netns(const struct completion *at)
{
    complete_offer(at, "host", "that of process 1");
    each_name(at, "/run/netns", offer_name);
}

void complete_hosts(const struct completion *at)
{
    const char *home = secure_getenv("HOME");
    char path[PATH_MAX], line[1024];

    if (!home || snprintf(path, sizeof path, "%s/.ssh/config", home) >= (int)sizeof path)
        return;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char *rest = NULL, *word = strtok_r(line, " \t=\n", &rest);

        if (!word || strcasecmp(word, "host") != 0)
            continue;
        while ((word = strtok_r(NULL, " \t=\n", &rest)) != NULL)
            if (!strpbrk(word, "*?!"))
                complete_offer(at, word, NULL);
    }
    if (file)
        fclose(file);
}

static void offer_log(const struct completion *at, const char *path, const char *name)
{
    char file[PATH_MAX];

    if ((ends_with(name, ".jsonl") || ends_with(name, ".jsonl.zst")) &&
        snprintf(file, sizeof file, "%s/%s", path, name) < (int)sizeof file)
        complete_offer(at, file, NULL);
}

void complete_logs(const struct completion *at)
{
    char folder[PATH_MAX];

    if (log_folder_default(folder, sizeof folder) == 0)
        each_name(at, folder, offer_log);
    each_name(at, "/var/lib/tcplens", offer_log);
}

bool complete_machine_values(const struct completion *at, const char *field)
{
    static const struct {
        const char *fields; /* separated by blanks */
        void (*offer)(const struct completion *at);
    } SOURCES[] = {
        {"port sport dport lport rport", offer_services},
        {"dev ifname", offer_interfaces},
        {"user", offer_users},
        {"unit", offer_units},
        {"proc process", offer_processes},
        {"congestion", offer_congestion},
        {"family", offer_families},
        {"netns netns_name", complete_netns},
    };
    const size_t length = strlen(field);

    for (size_t i = 0; length > 0 && i < sizeof SOURCES / sizeof *SOURCES; i++)
        for (const char *name = SOURCES[i].fields; *name; name += strspn(name, " ")) {
            const size_t size = strcspn(name, " ");

            if (size == length && strncasecmp(name, field, size) == 0) {
                SOURCES[i].offer(at);
                return true;
            }
            name += size;
        }
    return false;
}
