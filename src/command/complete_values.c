/* complete_values: names that exist on this machine, for complete.c; only from cheap sources,
 * without a socket. */
#include "command/complete.h"

#include "command/log_path.h"
#include "source/remote/command.h"

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
#include <sys/stat.h>
#include <unistd.h>

#define SSH_LINES_MOST 100000 /* of ssh's files */
#define UNIT_DEPTH                                                                                 \
    6 /* of control groups: user.slice/user-1000.slice/user@1000.service/app.slice/NAME */

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcmp(name + length - tail, end) == 0;
}

/* Calls it for each name in a folder, except hidden ones. */
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

/* Only units with a control group have processes that may hold a socket. */
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

/* A name alone: behind a user it must do as well, so it brings no user and no "ssh://" of its own. */
static void offer_host(const struct completion *at, const char *name)
{
    char target[HOST_NAME_BYTES + 8], why[160];

    if (snprintf(target, sizeof target, "user@%s", name) < (int)sizeof target &&
        remote_target_check(target, why, sizeof why) == 0)
        complete_offer(at, name, NULL);
}

/* "Host web1 web2 db-*" */
static void offer_of_config(const struct completion *at, char *line)
{
    char *rest = NULL, *word = strtok_r(line, " \t=\n", &rest);

    if (!word || strcasecmp(word, "host") != 0)
        return;
    while ((word = strtok_r(NULL, " \t=\n", &rest)) != NULL)
        offer_host(at, word);
}

/* "web1,10.0.0.1,[web1]:2222 ssh-ed25519 AAAA": names that are not hashed, revoked, or of a
 * certificate authority. */
static void offer_of_known_hosts(const struct completion *at, char *line)
{
    char *names = line, *rest = NULL;

    names[strcspn(names, " \t\n")] = '\0';
    if (names[0] == '|' || names[0] == '#' || names[0] == '@')
        return;
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        offer_host(at, name);
}

/* The file may be anything: a pipe, endless, with lines of any length. */
static void each_line(const struct completion *at, const char *name,
                      void (*take)(const struct completion *at, char *line))
{
    const char *home = secure_getenv("HOME");
    char path[PATH_MAX], line[8192];
    struct stat facts;

    if (!home || snprintf(path, sizeof path, "%s/.ssh/%s", home, name) >= (int)sizeof path)
        return;
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = descriptor >= 0 && fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode)
                     ? fdopen(descriptor, "r")
                     : NULL;
    bool is_begin = true;
    for (int i = 0; file && i < SSH_LINES_MOST && fgets(line, sizeof line, file); i++) {
        const bool is_end = strchr(line, '\n') != NULL || feof(file);
        if (is_begin && is_end)
            take(at, line);
        is_begin = is_end;
    }
    if (file)
        fclose(file);
    else if (descriptor >= 0)
        close(descriptor);
}

void complete_hosts(const struct completion *at)
{
    const char *user = strrchr(at->word + at->head, '@');
    struct completion host = *at;

    if (user)
        host.head = (size_t)(user + 1 - at->word);
    each_line(&host, "config", offer_of_config);
    each_line(&host, "known_hosts", offer_of_known_hosts);
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
