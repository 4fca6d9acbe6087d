/* process_facts: see facts.h. */
#include "source/owners/facts.h"

#include "core/text/text.h"

#include <fcntl.h>
#include <libproc2/pids.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if PROC2_VAL_TAKES_INFO
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack, info)
#else
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack)
#endif

#define SELECT_MOST       255u /* FILL_ID_MAX in library/pids.c, procps-ng 4.0.2 */
#define COMMAND_LINE_MOST 4096u

#define STATUS_SIZE 2048u

enum sample_item { SAMPLE_PID, SAMPLE_START, SAMPLE_THREADS, SAMPLE_CPU, SAMPLE_RSS, SAMPLE_COUNT };
enum line_item { LINE_PID, LINE_START, LINE_ARGUMENTS, LINE_COUNT };

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
        error = proc_read_file(directory, "status", text, sizeof text, &length);
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
    slot->exe = NULL; /* not to be read: not known */
    if (length <= 0)
        return;
    slot->exe = malloc(TEXT_CLEAN_MAX(length));
    if (slot->exe)
        text_clean(slot->exe, TEXT_CLEAN_MAX(length), raw, (size_t)length);
}

static int count_number(void *context, uint32_t number)
{
    (void)number;
    ++*(uint32_t *)context;
    return 0;
}

/* Before Linux 6.2 a fd directory does not have its count as its size, and it is listed. */
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

/* --- libproc2 --- */

static struct pids_info *open_pids(struct pids_info **info, const enum pids_item *items, int count)
{
    enum pids_item copy[SAMPLE_COUNT]; /* the library takes a pointer to what it may not change */

    memcpy(copy, items, (size_t)count * sizeof *items);
    if (!*info && procps_pids_new(info, copy, count) < 0)
        *info = NULL;
    return *info;
}

static struct pids_info *open_samples(struct process_facts *facts)
{
    static const enum pids_item items[SAMPLE_COUNT] = {
        [SAMPLE_PID] = PIDS_ID_PID,   [SAMPLE_START] = PIDS_TICS_BEGAN,
        [SAMPLE_THREADS] = PIDS_NLWP, [SAMPLE_CPU] = PIDS_TICS_ALL,
        [SAMPLE_RSS] = PIDS_RSS,
    };
    return open_pids(&facts->samples, items, SAMPLE_COUNT);
}

static struct pids_info *open_lines(struct process_facts *facts)
{
    static const enum pids_item items[LINE_COUNT] = {
        [LINE_PID] = PIDS_ID_PID,
        [LINE_START] = PIDS_TICS_BEGAN,
        [LINE_ARGUMENTS] = PIDS_CMDLINE_V, /* raw bytes; PIDS_CMDLINE loses what it escapes */
    };
    return open_pids(&facts->lines, items, LINE_COUNT);
}

/* The slot of a process that libproc2 has read, if it still is the same process. */
static struct roster_slot *same_process(const struct process_facts *facts, int pid,
                                        unsigned long long start)
{
    const uint32_t index = roster_find(facts->roster, pid);
    struct roster_slot *slot = index == OWNER_NO_INDEX ? NULL : &facts->roster->slots[index];
    return slot && slot->identified && slot->start_ticks == start ? slot : NULL;
}

static void take_sample(struct process_facts *facts, const struct pids_stack *stack, int64_t now_ns)
{
    struct roster_slot *slot = same_process(facts, FACT(SAMPLE_PID, s_int, stack, facts->samples),
                                            FACT(SAMPLE_START, ull_int, stack, facts->samples));
    if (!slot)
        return;
    const uint64_t ticks = FACT(SAMPLE_CPU, ull_int, stack, facts->samples);
    const int64_t elapsed_ns = now_ns - slot->sampled_ns;
    slot->cpu_permille = UINT32_MAX;
    if (slot->has_sample && elapsed_ns > 0 && ticks >= slot->cpu_ticks) {
        const double spent_ns =
            (double)(ticks - slot->cpu_ticks) * 1e9 / (double)facts->ticks_per_s;
        slot->cpu_permille = (uint32_t)(spent_ns * 1000.0 / (double)elapsed_ns + 0.5);
    }
    slot->cpu_ticks = ticks;
    slot->sampled_ns = now_ns;
    slot->has_sample = true;
    slot->threads = (uint32_t)FACT(SAMPLE_THREADS, s_int, stack, facts->samples);
    slot->memory_bytes =
        FACT(SAMPLE_RSS, ul_int, stack, facts->samples) * (uint64_t)facts->page_size;
}

static void take_line(struct process_facts *facts, const struct pids_stack *stack)
{
    struct roster_slot *slot = same_process(facts, FACT(LINE_PID, s_int, stack, facts->lines),
                                            FACT(LINE_START, ull_int, stack, facts->lines));
    char **arguments = FACT(LINE_ARGUMENTS, strv, stack, facts->lines);
    char raw[COMMAND_LINE_MOST];
    size_t length = 0;

    if (!slot)
        return;
    for (; arguments && *arguments && length + 1 < sizeof raw; arguments++) {
        if (length)
            raw[length++] = ' ';
        const size_t taken = strnlen(*arguments, sizeof raw - length);
        memcpy(raw + length, *arguments, taken);
        length += taken;
    }
    char *clean = malloc(TEXT_CLEAN_MAX(length));
    if (!clean)
        return;
    text_clean(clean, TEXT_CLEAN_MAX(length), raw, length);
    free(slot->command_line);
    slot->command_line = clean;
}

static bool wants_line(const struct roster_slot *slot)
{
    return !slot->cmdline_read;
}

static bool wants_sample(const struct roster_slot *slot)
{
    return !slot->gone;
}

/* Reads them of the processes that still lack it, SELECT_MOST at a time. */
static void select_facts(struct process_facts *facts, const struct slot_list *slots,
                         struct pids_info *info, bool (*is_wanted)(const struct roster_slot *slot),
                         int64_t now_ns)
{
    unsigned pids[SELECT_MOST];

    for (uint32_t at = 0; info && at < slots->count;) {
        unsigned count = 0;
        for (; at < slots->count && count < SELECT_MOST; at++) {
            struct roster_slot *slot = &facts->roster->slots[slots->items[at]];
            if (slot->gone || !is_wanted(slot))
                continue;
            pids[count++] = (unsigned)slot->pid;
            if (info == facts->lines)
                slot->cmdline_read = true;
        }
        struct pids_fetch *fetch =
            count ? procps_pids_select(info, pids, (int)count, PIDS_SELECT_PID) : NULL;
        for (int i = 0; fetch && i < fetch->counts->total; i++) {
            if (info == facts->lines)
                take_line(facts, fetch->stacks[i]);
            else
                take_sample(facts, fetch->stacks[i], now_ns);
        }
    }
}

void process_facts_sample(struct process_facts *facts, const struct slot_list *slots,
                          int64_t now_ns)
{
    if (slots->count == 0)
        return;
    select_facts(facts, slots, open_lines(facts), wants_line, now_ns);
    select_facts(facts, slots, open_samples(facts), wants_sample, now_ns);
}

void process_facts_init(struct process_facts *facts, struct roster *roster)
{
    *facts = (struct process_facts){
        .roster = roster, .page_size = sysconf(_SC_PAGESIZE), .ticks_per_s = sysconf(_SC_CLK_TCK)};
}

void process_facts_done(struct process_facts *facts)
{
    if (facts->samples)
        procps_pids_unref(&facts->samples);
    if (facts->lines)
        procps_pids_unref(&facts->lines);
}
