/* Reads /proc files of counters and settings whole; core/host_facts.c parses them. */
#include "source/host_facts.h"

#include "base/clock.h"
#include "base/read_file.h"
#include "core/finding/finding.h"
#include "core/proc_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TEXT_MAX     32768u /* netstat of Linux 6.18 takes 5,600 bytes */
#define SYSCTL_NS    (10 * SECOND_NS)
#define NETFILTER_NS (5 * SECOND_NS)

struct host_reader {
    char *proc_root;
    struct host_facts slow; /* facts not read with each frame, as last read */
    int64_t sysctl_ns, netfilter_ns;
    bool has_slow;
    char text[TEXT_MAX];
};

struct counter_file {
    const char *path; /* below proc_root/PROCESS */
    enum fact_file file;
};

static const struct counter_file EACH_FRAME[] = {
    {"net/netstat", FACT_FILE_NETSTAT},     {"net/snmp", FACT_FILE_SNMP},
    {"net/snmp6", FACT_FILE_SNMP6},         {"net/sockstat", FACT_FILE_SOCKSTAT},
    {"net/sockstat6", FACT_FILE_SOCKSTAT6},
};
static const struct counter_file SELDOM[] = {
    {"net/stat/nf_conntrack", FACT_FILE_CONNTRACK},
    {"net/softnet_stat", FACT_FILE_SOFTNET},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct host_reader *host_reader_new(const char *proc_root)
{
    struct host_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return NULL;
    reader->proc_root = strdup(proc_root);
    if (reader->proc_root)
        return reader;
    free(reader);
    return NULL;
}

void host_reader_free(struct host_reader *reader)
{
    if (!reader)
        return;
    free(reader->proc_root);
    free(reader);
}

static int stay(void *context)
{
    (void)context;
    return 0;
}

static void stay_on(void *context)
{
    (void)context;
}

static const struct host_place OUR_PLACE = {.process = "self", .enter = stay, .leave = stay_on};

/* Bytes read, or -errno. What does not fit is left out: the parser ignores an incomplete last line. */
static ssize_t read_text(const char *proc_root, const char *path, char *text, size_t size)
{
    char whole[PATH_MAX];
    size_t length;

    snprintf(whole, sizeof(whole), "%s/%s", proc_root, path);
    const int error = read_file(AT_FDCWD, whole, text, size, &length);
    return error ? error : (ssize_t)length;
}

static void read_counters(struct host_reader *reader, const struct host_place *place,
                          struct host_facts *facts, const struct counter_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/%s", place->process, files[i].path);
        const ssize_t length =
            read_text(reader->proc_root, path, reader->text, sizeof(reader->text));
        if (length > 0)
            host_facts_parse(facts, files[i].file, reader->text, (size_t)length);
    }
}

static bool is_netfilter(enum host_fact fact)
{
    return strncmp(HOST_FACT_ROWS[fact].group, "net/netfilter/", 14) == 0;
}

static void read_sysctls(struct host_reader *reader, struct host_facts *facts, bool netfilter)
{
    for (int i = 1; i < FACT_COUNT; i++) {
        const enum host_fact fact = (enum host_fact)i;
        char path[128], text[128];
        if (HOST_FACT_ROWS[i].file != FACT_FILE_SYSCTL || is_netfilter(fact) != netfilter)
            continue;
        snprintf(path, sizeof(path), "sys/%s", HOST_FACT_ROWS[i].group);
        const ssize_t length = read_text(reader->proc_root, path, text, sizeof(text));
        host_fact_forget(facts, fact);
        if (length > 0)
            host_facts_parse_sysctl(facts, fact, text, (size_t)length);
    }
}

static void read_reserved(struct host_reader *reader, struct host_facts *facts)
{
    const ssize_t length = read_text(reader->proc_root, "sys/net/ipv4/ip_local_reserved_ports",
                                     reader->text, sizeof(reader->text));
    facts->reserved_count = 0;
    if (length > 0)
        host_facts_parse_reserved(facts, reader->text, (size_t)length);
}

static void read_settings(struct host_reader *reader, const struct host_place *place,
                          bool netfilter)
{
    /* known even where the namespace cannot be entered */
    host_fact_set(&reader->slow, FACT_PAGE_SIZE, (uint64_t)sysconf(_SC_PAGESIZE));
    if (place->enter(place->context))
        return;
    read_sysctls(reader, &reader->slow, netfilter);
    if (!netfilter)
        read_reserved(reader, &reader->slow);
    place->leave(place->context);
}

void host_reader_read_at(struct host_reader *reader, const struct host_place *place,
                         struct host_facts *facts, int64_t mono_ns)
{
    const uint32_t netns = facts->netns;

    if (!reader->has_slow || mono_ns - reader->sysctl_ns >= SYSCTL_NS) {
        read_settings(reader, place, false);
        reader->sysctl_ns = mono_ns;
    }
    if (!reader->has_slow || mono_ns - reader->netfilter_ns >= NETFILTER_NS) {
        read_settings(reader, place, true);
        read_counters(reader, place, &reader->slow, SELDOM, COUNT(SELDOM));
        reader->netfilter_ns = mono_ns;
    }
    reader->has_slow = true;
    *facts = reader->slow;
    facts->netns = netns;
    facts->mono_ns = mono_ns;
    read_counters(reader, place, facts, EACH_FRAME, COUNT(EACH_FRAME));
}

void host_reader_count_segments(struct host_reader *reader, struct host_facts *facts)
{
    static const struct counter_file SEGMENTS[] = {{"net/snmp", FACT_FILE_SNMP}};

    read_counters(reader, &OUR_PLACE, facts, SEGMENTS, COUNT(SEGMENTS));
}

void host_reader_read(struct host_reader *reader, struct host_facts *facts, int64_t mono_ns)
{
    host_reader_read_at(reader, &OUR_PLACE, facts, mono_ns);
}

/* --- a process --- */

/* From Linux 6.2 on the size of /proc/PID/fd is the number of descriptors; before it is 0. */
static uint32_t descriptors_by_size(const char *path)
{
    struct statfs system;
    struct stat folder;

    if (statfs(path, &system) != 0 || system.f_type != PROC_SUPER_MAGIC || stat(path, &folder) != 0)
        return 0;
    return folder.st_size < UINT32_MAX ? (uint32_t)folder.st_size : UINT32_MAX;
}

static uint32_t count_descriptors(const char *proc_root, int32_t pid)
{
    char path[PATH_MAX];
    uint32_t count = 0;

    snprintf(path, sizeof(path), "%s/%d/fd", proc_root, (int)pid);
    count = descriptors_by_size(path);
    if (count > 0)
        return count;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 2 ? count - 2 : 0; /* without . and .. */
}

static void read_limit(const char *proc_root, int32_t pid, struct process_facts *facts)
{
    char path[64], text[4096];

    snprintf(path, sizeof(path), "%d/limits", (int)pid);
    const ssize_t length = read_text(proc_root, path, text, sizeof(text));
    if (length <= 0)
        return;
    const char *line = strstr(text, "Max open files");
    unsigned long long soft;
    if (line && sscanf(line, "Max open files %llu", &soft) == 1)
        facts->descriptor_limit = soft;
}

int process_facts_read(const char *proc_root, int32_t pid, uint64_t start_ticks,
                       struct process_facts *facts)
{
    char path[64], text[1024];
    struct proc_stat stat;

    snprintf(path, sizeof(path), "%d/stat", (int)pid);
    const ssize_t length = read_text(proc_root, path, text, sizeof(text));
    if (length < 0)
        return length == -ENOENT ? -ESRCH : (int)length;
    const int error = proc_stat_parse(text, (size_t)length, &stat);
    if (error)
        return error;
    if (start_ticks && stat.start_ticks != start_ticks)
        return -ESRCH;
    *facts = (struct process_facts){.state = stat.state};
    facts->descriptors = count_descriptors(proc_root, pid);
    read_limit(proc_root, pid, facts);
    return 0;
}
