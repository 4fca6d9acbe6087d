/* process_facts: see facts.h. */
#include "source/owners/facts.h"

#include "base/clock.h"
#include "base/read_file.h"
#include "core/text/text.h"
#include "source/netns/name.h"
#include "source/owners/procps.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_LINE_MOST 4096u
#define LINE_AGE_NS       (10 * SECOND_NS)

#define STATUS_SIZE  2048u
#define COMMAND_SIZE 4096u

/* --- small files --- */

void process_facts_read_user(struct process_facts *facts, uint32_t index)
{
    struct roster_slot *slot = &facts->roster->slots[index];
    char text[STATUS_SIZE];
    size_t length;
    char *end;

    if (slot->user_read)
        return;
    slot->user_read = true;
    const int directory = proc_files_open_process(facts->roster->files, slot->pid);
    int error = directory;
    if (directory >= 0) {
        error = read_file(directory, "status", text, sizeof text, &length);
        close(directory);
    }
    if (error < 0)
        return;
    const char *line = strstr(text, "\nUid:"); /* real, effective, saved, file system */
    if (!line)
        return;
    strtoul(line + 5, &end, 10);
    const unsigned long effective = strtoul(end, &end, 10);
    if (*end == '\t')
        slot->uid = (uint32_t)effective;
}

void process_facts_read_executable(struct process_facts *facts, uint32_t index)
{
    struct roster_slot *slot = &facts->roster->slots[index];
    char raw[PATH_MAX];

    if (slot->executable_read)
        return;
    slot->executable_read = true;
    const int directory = proc_files_open_process(facts->roster->files, slot->pid);
    if (directory < 0)
        return;
    const ssize_t length = readlinkat(directory, "exe", raw, sizeof raw);
    close(directory);
    free(slot->exe);
    slot->exe = NULL; /* not to be read: unknown */
    if (length <= 0)
        return;
    slot->exe = malloc(TEXT_CLEAN_MAX(length));
    if (slot->exe)
        text_clean(slot->exe, TEXT_CLEAN_MAX(length), raw, (size_t)length);
}

void process_facts_read_served(struct process_facts *facts, uint32_t index)
{
    static const struct netns_names NAMES = {.proc_root = "/proc", .root = ""};
    struct roster_slot *slot = &facts->roster->slots[index];
    char name[24], command[COMMAND_SIZE], target[NETNS_NAME_MAX];
    size_t length;

    if (slot->serves_read || !netns_passes_ports(slot->comm))
        return;
    slot->serves_read = true;
    snprintf(name, sizeof name, "%d/cmdline", slot->pid);
    if (read_file(facts->roster->files->root, name, command, sizeof command, &length) == 0 &&
        netns_port_target(&NAMES, slot->pid, command, length, target))
        slot->serves = strdup(target);
}

static int count_number(void *context, uint32_t number)
{
    (void)number;
    ++*(uint32_t *)context;
    return 0;
}

/* Before Linux 6.2 the size of a fd directory is not its count: list it. */
void process_facts_count_files(struct process_facts *facts, uint32_t index)
{
    struct proc_files *files = facts->roster->files;
    struct roster_slot *slot = &facts->roster->slots[index];
    struct stat about;
    char name[24];

    if (slot->files || slot->denied)
        return;
    snprintf(name, sizeof name, "%d/fd", slot->pid);
    if (files->counts_files) {
        if (fstatat(files->root, name, &about, 0) == 0)
            slot->files = (uint32_t)about.st_size;
        return;
    }
    const int directory = proc_open_directory(files->root, name);
    if (directory < 0)
        return;
    (void)proc_files_each_number(files, directory, count_number, &slot->files);
    close(directory);
}

/* --- by procps --- */

/* The slot of a process that was read, if it still is the same process. */
static struct roster_slot *same_process(const struct process_facts *facts, int pid,
                                        unsigned long long start)
{
    const uint32_t index = roster_find(facts->roster, pid);
    struct roster_slot *slot = index == OWNER_NO_INDEX ? NULL : &facts->roster->slots[index];
    return slot && slot->identified && slot->start_ticks == start ? slot : NULL;
}

/* One read of several processes. */
struct reading {
    struct process_facts *facts;
    int64_t now_ns; /* monotonic */
};

static void take_sample(void *data, const struct procps_process *process)
{
    const struct reading *reading = data;
    struct process_facts *facts = reading->facts;
    struct roster_slot *slot = same_process(facts, process->pid, process->start_ticks);
    if (!slot)
        return;
    const uint64_t ticks = process->cpu_ticks;
    const int64_t elapsed_ns = reading->now_ns - slot->sampled_ns;
    slot->cpu_permille = UINT32_MAX;
    if (slot->has_sample && elapsed_ns > 0 && ticks >= slot->cpu_ticks) {
        const double spent_ns =
            (double)(ticks - slot->cpu_ticks) * 1e9 / (double)facts->ticks_per_s;
        slot->cpu_permille = (uint32_t)(spent_ns * 1000.0 / (double)elapsed_ns + 0.5);
    }
    slot->cpu_ticks = ticks;
    slot->sampled_ns = reading->now_ns;
    slot->has_sample = true;
    slot->threads = (uint32_t)process->threads;
    slot->memory_bytes = process->resident_pages * (uint64_t)facts->page_size;
}

static void take_text(char **text, const char *raw, size_t length)
{
    char *clean = malloc(TEXT_CLEAN_MAX(length));
    if (!clean)
        return;
    text_clean(clean, TEXT_CLEAN_MAX(length), raw, length);
    free(*text);
    *text = clean;
}

static void take_line(void *data, const struct procps_process *process)
{
    const struct reading *reading = data;
    struct roster_slot *slot = same_process(reading->facts, process->pid, process->start_ticks);
    char **arguments = process->arguments;
    char raw[COMMAND_LINE_MOST];
    size_t length = 0, title = 0;

    if (!slot)
        return;
    for (; arguments && *arguments && length + 1 < sizeof raw; arguments++) {
        if (length)
            raw[length++] = ' ';
        const size_t taken = strnlen(*arguments, sizeof raw - length);
        memcpy(raw + length, *arguments, taken);
        length += taken;
        title = title ? title : length;
    }
    take_text(&slot->command_line, raw, length);
    take_text(&slot->title, raw, title);
}

/* Reads them for the given processes, PROCPS_MOST at a time. */
static void select_facts(struct process_facts *facts, const struct slot_list *slots,
                         enum procps_kind kind, int64_t now_ns)
{
    struct reading reading = {facts, now_ns};
    unsigned pids[PROCPS_MOST];

    for (uint32_t at = 0; at < slots->count;) {
        unsigned count = 0;
        for (; at < slots->count && count < PROCPS_MOST; at++) {
            struct roster_slot *slot = &facts->roster->slots[slots->items[at]];
            if (slot->gone || (kind == PROCPS_ARGUMENTS && slot->cmdline_read))
                continue;
            pids[count++] = (unsigned)slot->pid;
            if (kind == PROCPS_ARGUMENTS)
                slot->cmdline_read = true;
        }
        procps_read(&facts->procps, kind, pids, count,
                    kind == PROCPS_ARGUMENTS ? take_line : take_sample, &reading);
    }
}

void process_facts_read_lines(struct process_facts *facts, const struct slot_list *slots,
                              int64_t now_ns)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        struct roster_slot *slot = &facts->roster->slots[slots->items[i]];
        if (slot->cmdline_read && now_ns - slot->line_ns < LINE_AGE_NS)
            continue;
        slot->cmdline_read = false;
        slot->line_ns = now_ns;
    }
    select_facts(facts, slots, PROCPS_ARGUMENTS, now_ns);
}

void process_facts_sample(struct process_facts *facts, const struct slot_list *slots,
                          int64_t now_ns)
{
    select_facts(facts, slots, PROCPS_SAMPLES, now_ns);
}

void process_facts_init(struct process_facts *facts, struct roster *roster)
{
    *facts = (struct process_facts){
        .roster = roster, .page_size = sysconf(_SC_PAGESIZE), .ticks_per_s = sysconf(_SC_CLK_TCK)};
}

void process_facts_done(struct process_facts *facts)
{
    procps_done(facts->procps);
}
