/* owners: what the processes that matter are, by libproc2 (its only user) and a few files, and the
 * order of the steps. Must not know how processes are found (scan.c) or kept
 * (table.c). */
#include "source/owners/owners.h"

#include "base/clock.h"
#include "core/column/column.h"
#include "core/text/text.h"
#include "source/owners/private.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc2/pids.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if PROC2_VAL_TAKES_INFO
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack, info)
#else
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack)
#endif

#define SELECT_MOST       255u /* FILL_ID_MAX in library/pids.c, procps-ng 4.0.2 */
#define COMMAND_LINE_MOST 4096u
#define ANCESTORS_MOST    64u
#define YOUNG_NS          10000000000LL /* so long a process is asked in every frame who it is */
#define IDENTIFY_YOUNG    64u           /* at most; */
#define IDENTIFY_OLD      16u           /* of the older ones, in turn */

enum sample_item { SAMPLE_PID, SAMPLE_START, SAMPLE_THREADS, SAMPLE_CPU, SAMPLE_RSS, SAMPLE_COUNT };
enum line_item { LINE_PID, LINE_START, LINE_ARGUMENTS, LINE_COUNT };

struct fact_reader {
    struct pids_info *samples; /* opened when first asked */
    struct pids_info *lines;
    int64_t page_size;
    uint32_t *chosen; /* slots whose facts are wanted in this frame */
    uint32_t chosen_count, chosen_capacity;
    uint32_t identify_cursor;
};

/* Everything that one call hands around. */
struct work {
    struct owners *owners;
    struct frame *frame;
    const struct wish *wish;
};

static bool wants(const struct work *work, uint32_t need)
{
    return (work->wish->needs & need) != 0;
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

static struct pids_info *open_samples(struct fact_reader *reader)
{
    static const enum pids_item items[SAMPLE_COUNT] = {
        [SAMPLE_PID] = PIDS_ID_PID,   [SAMPLE_START] = PIDS_TICS_BEGAN,
        [SAMPLE_THREADS] = PIDS_NLWP, [SAMPLE_CPU] = PIDS_TICS_ALL,
        [SAMPLE_RSS] = PIDS_RSS,
    };
    return open_pids(&reader->samples, items, SAMPLE_COUNT);
}

static struct pids_info *open_lines(struct fact_reader *reader)
{
    static const enum pids_item items[LINE_COUNT] = {
        [LINE_PID] = PIDS_ID_PID,
        [LINE_START] = PIDS_TICS_BEGAN,
        [LINE_ARGUMENTS] = PIDS_CMDLINE_V, /* raw bytes; PIDS_CMDLINE loses what it escapes */
    };
    return open_pids(&reader->lines, items, LINE_COUNT);
}

/* The slot of a process that libproc2 tells of, if it still is the same process. */
static struct owner_slot *same_process(struct owners *owners, int pid, unsigned long long start)
{
    const uint32_t index = owners_roster_slot(owners, pid);
    struct owner_slot *slot = index == NO_INDEX ? NULL : &owners->slots[index];
    return slot && slot->identified && slot->start_ticks == start ? slot : NULL;
}

static void take_sample(struct owners *owners, const struct pids_stack *stack, int64_t now_ns)
{
    struct owner_slot *slot =
        same_process(owners, FACT(SAMPLE_PID, s_int, stack, owners->reader->samples),
                     FACT(SAMPLE_START, ull_int, stack, owners->reader->samples));
    if (!slot)
        return;
    const uint64_t ticks = FACT(SAMPLE_CPU, ull_int, stack, owners->reader->samples);
    const int64_t elapsed_ns = now_ns - slot->sampled_ns;
    slot->cpu_permille = UINT32_MAX;
    if (slot->has_sample && elapsed_ns > 0 && ticks >= slot->cpu_ticks) {
        const double spent_ns =
            (double)(ticks - slot->cpu_ticks) * 1e9 / (double)owners->ticks_per_s;
        slot->cpu_permille = (uint32_t)(spent_ns * 1000.0 / (double)elapsed_ns + 0.5);
    }
    slot->cpu_ticks = ticks;
    slot->sampled_ns = now_ns;
    slot->has_sample = true;
    slot->threads = (uint32_t)FACT(SAMPLE_THREADS, s_int, stack, owners->reader->samples);
    slot->memory_bytes = FACT(SAMPLE_RSS, ul_int, stack, owners->reader->samples) *
                         (uint64_t)owners->reader->page_size;
}

static void take_line(struct owners *owners, const struct pids_stack *stack)
{
    struct owner_slot *slot =
        same_process(owners, FACT(LINE_PID, s_int, stack, owners->reader->lines),
                     FACT(LINE_START, ull_int, stack, owners->reader->lines));
    char **arguments = FACT(LINE_ARGUMENTS, strv, stack, owners->reader->lines);
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

static bool wants_line(const struct owner_slot *slot)
{
    return !slot->cmdline_read;
}

static bool wants_sample(const struct owner_slot *slot)
{
    return !slot->gone;
}

/* Asks for the chosen processes that still lack it, SELECT_MOST at a time. */
static void select_facts(struct owners *owners, struct pids_info *info,
                         bool (*is_wanted)(const struct owner_slot *slot), int64_t now_ns)
{
    struct fact_reader *reader = owners->reader;
    unsigned pids[SELECT_MOST];

    for (uint32_t at = 0; info && at < reader->chosen_count;) {
        unsigned count = 0;
        for (; at < reader->chosen_count && count < SELECT_MOST; at++) {
            struct owner_slot *slot = &owners->slots[reader->chosen[at]];
            if (slot->gone || !is_wanted(slot))
                continue;
            pids[count++] = (unsigned)slot->pid;
            if (info == reader->lines)
                slot->cmdline_read = true;
        }
        struct pids_fetch *fetch =
            count ? procps_pids_select(info, pids, (int)count, PIDS_SELECT_PID) : NULL;
        for (int i = 0; fetch && i < fetch->counts->total; i++) {
            if (info == reader->lines)
                take_line(owners, fetch->stacks[i]);
            else
                take_sample(owners, fetch->stacks[i], now_ns);
        }
    }
}

/* --- which processes, and into the frame --- */

static void refresh_identities(struct owners *owners, int64_t boot_age_ns)
{
    struct fact_reader *reader = owners->reader;
    uint32_t young = 0;
    uint32_t old = 0;

    for (uint32_t n = 0; n < reader->chosen_count; n++) {
        reader->identify_cursor = (reader->identify_cursor + 1) % reader->chosen_count;
        const uint32_t index = reader->chosen[reader->identify_cursor];
        const struct owner_slot *slot = &owners->slots[index];
        if (slot->gone || slot->identified_in == owners->stamp)
            continue;
        const double started_s = (double)slot->start_ticks / (double)owners->ticks_per_s;
        const bool is_young = (double)boot_age_ns - started_s * 1e9 < (double)YOUNG_NS;
        if (is_young ? young++ < IDENTIFY_YOUNG : old++ < IDENTIFY_OLD)
            owners_identify_again(owners, index);
    }
}

static int choose(struct owners *owners, uint32_t slot)
{
    struct fact_reader *reader = owners->reader;

    if (owners->slot_proc[slot] != NO_INDEX)
        return 0;
    const int error = owners_reserve((void **)&reader->chosen, &reader->chosen_capacity,
                                     reader->chosen_count + 1, sizeof *reader->chosen);
    if (error)
        return error;
    owners->slot_proc[slot] = reader->chosen_count;
    reader->chosen[reader->chosen_count++] = slot;
    return 0;
}

/* The process of the open page and its ancestors, whether they hold sockets or not. */
static int choose_page(struct work *work)
{
    struct owners *owners = work->owners;
    int32_t pid = work->wish->page_pid;
    int error = 0;

    for (uint32_t n = 0; pid > 0 && n < ANCESTORS_MOST && !error; n++) {
        const uint32_t slot = owners_roster_slot(owners, pid);
        if (slot == NO_INDEX || owners->slots[slot].gone)
            break;
        if (!owners->slots[slot].identified)
            owners_identify_again(owners, slot);
        if (owners->slots[slot].gone)
            break;
        error = choose(owners, slot);
        pid = owners->slots[slot].parent;
    }
    return error;
}

static int choose_processes(struct work *work)
{
    struct owners *owners = work->owners;
    int error = owners_reserve((void **)&owners->slot_proc, &owners->slot_proc_capacity,
                               owners->slot_count, sizeof *owners->slot_proc);

    owners->reader->chosen_count = 0;
    if (error)
        return error;
    for (uint32_t i = 0; i < owners->slot_count; i++)
        owners->slot_proc[i] = NO_INDEX;
    for (uint32_t i = 0; i < owners->slot_count && !error; i++) {
        if (owners->slots[i].references)
            error = choose(owners, i);
    }
    return error ? error : choose_page(work);
}

/* What the wish asks of the chosen processes; opens under /proc with raised privileges. */
static void read_facts(struct work *work)
{
    struct owners *owners = work->owners;
    struct fact_reader *reader = owners->reader;
    const bool all = wants(work, NEED_PROCESS) || work->wish->page_pid;

    for (uint32_t i = 0; i < reader->chosen_count; i++) {
        struct owner_slot *slot = &owners->slots[reader->chosen[i]];
        if (slot->gone)
            continue;
        if ((wants(work, NEED_GROUP) || work->wish->page_pid) && !slot->group_read)
            owners_read_groups(owners, reader->chosen[i]);
        if ((all || wants(work, NEED_EXECUTABLE)) && !slot->executable_read)
            owners_read_executable(owners, slot);
        if ((all || wants(work, NEED_PROCESS_USER)) && !slot->user_read)
            owners_read_user(owners, slot);
        if (all)
            owners_count_files(owners, slot);
    }
    if (!all || !owners->real_proc || reader->chosen_count == 0)
        return;
    select_facts(owners, open_lines(reader), wants_line, work->frame->mono_ns);
    select_facts(owners, open_samples(reader), wants_sample, work->frame->mono_ns);
}

static int64_t start_wall_ns(const struct owners *owners, uint64_t ticks)
{
    const uint64_t hertz = (uint64_t)owners->ticks_per_s;
    const uint64_t ns = ticks / hertz * 1000000000u + ticks % hertz * 1000000000u / hertz;
    return owners->boot_ns + (int64_t)ns;
}

static const char *put_text(struct frame *frame, const char *text)
{
    return text && *text ? frame_copy_text(frame, text) : "";
}

static int put_process(struct work *work, uint32_t index)
{
    struct owners *owners = work->owners;
    const struct owner_slot *slot = &owners->slots[index];
    struct frame *frame = work->frame;
    const uint32_t group = owners_put_group(owners, frame, slot->group);
    struct proc *proc = frame_add_proc(frame);

    if (!proc)
        return -ENOMEM;
    proc->pid = slot->pid;
    proc->parent = slot->parent;
    proc->start_ticks = slot->start_ticks;
    proc->start_ns = slot->identified ? start_wall_ns(owners, slot->start_ticks) : 0;
    proc->uid = slot->uid;
    proc->group = group;
    proc->cpu_permille = slot->gone ? UINT32_MAX : slot->cpu_permille;
    proc->threads = slot->threads;
    proc->files = slot->files;
    proc->memory_bytes = slot->memory_bytes;
    proc->kernel_thread = slot->kernel_thread;
    proc->gone = slot->gone;
    proc->comm = put_text(frame, slot->comm);
    proc->exe = put_text(frame, slot->exe);
    proc->command_line = put_text(frame, slot->command_line);
    return 0;
}

/* Process i of the frame is chosen[i], and owner_refs[i] is i: rows with one holder share them. */
static int put_processes(struct work *work)
{
    const struct fact_reader *reader = work->owners->reader;
    int error = 0;

    for (uint32_t i = 0; i < reader->chosen_count && !error; i++) {
        error = put_process(work, reader->chosen[i]);
        if (!error)
            error = frame_add_owner_ref(work->frame, i);
    }
    return error;
}

/* --- what is missing --- */

static void tell_hidden(const struct owners *owners, struct missing *missing)
{
    const uint32_t lacking = PRIVILEGE_ALL & ~owners->privilege.permitted;
    const char *why = "the kernel refuses";

    if (lacking == PRIVILEGE_ALL)
        why = "needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH";
    else if (lacking == PRIVILEGE_SYS_PTRACE)
        why = "needs CAP_SYS_PTRACE";
    else if (lacking)
        why = "needs CAP_DAC_READ_SEARCH";
    missing->reasons |= MISSING_OWNERS_HIDDEN;
    if (missing->text[0])
        return; /* a failed dump matters more */
    if (missing->hidden_users)
        snprintf(missing->text, sizeof missing->text, "pids of %u user%s hidden: %s",
                 missing->hidden_users, missing->hidden_users == 1 ? "" : "s", why);
    else
        snprintf(missing->text, sizeof missing->text, "pids of %u rows hidden: %s",
                 missing->hidden_rows, why);
}

/* /proc itself is not what it should be, or cannot be read. */
static void tell_proc(const struct owners *owners, struct missing *missing)
{
    char text[sizeof missing->text] = "";

    if (owners->view.kind != PROC_VIEW_OWN)
        proc_view_text(&owners->view, text, sizeof text);
    else if (owners->scan_error)
        proc_view_error_text(owners->scan_error, text, sizeof text);
    if (!text[0])
        return;
    missing->reasons |= MISSING_PROC;
    if (!missing->text[0]) /* a failed dump matters more */
        memcpy(missing->text, text, sizeof missing->text);
}

static void tell_missing(const struct owners *owners, struct missing *missing, bool late)
{
    if (late)
        missing->reasons |= MISSING_OWNERS_LATE;
    tell_proc(owners, missing);
    if (missing->hidden_rows)
        tell_hidden(owners, missing);
}

/* --- the whole --- */

/* A step no larger is how exactly a suspension is known: start times stand still meanwhile. */
static void update_boot(struct owners *owners)
{
    const int64_t boot_ns = clock_boot_wall_ns();

    if (llabs(boot_ns - owners->boot_ns) > MILLISECOND_NS)
        owners->boot_ns = boot_ns;
}

static int fill_frame(struct work *work, bool late)
{
    struct owners *owners = work->owners;
    int error = choose_processes(work);

    if (!error) {
        privilege_raise(&owners->privilege);
        update_boot(owners);
        refresh_identities(owners, clock_ns(CLOCK_BOOTTIME));
        read_facts(work);
        privilege_lower(&owners->privilege);
        error = put_processes(work);
    }
    if (!error)
        error = owners_put_rows(owners, work->frame, wants(work, NEED_GROUP));
    tell_missing(owners, &work->frame->missing, late);
    return error;
}

int owners_apply(struct owners *owners, const struct frame *previous, struct frame *next,
                 const struct frame *listeners, const struct diff *diff, const struct wish *wish)
{
    struct work work = {owners, next, wish};
    bool late = false;

    if (!wants(&work, NEED_OWNER | NEED_PROCESS | NEED_EXECUTABLE | NEED_GROUP) && !wish->page_pid)
        return 0;
    if (owners->stamp++ == 0)
        privilege_init(&owners->privilege); /* of the thread that will raise it */
    owners_follow_proc(owners);
    owners_groups_prune(owners, next->mono_ns);
    int error = owners_take_rows(owners, previous, next, listeners, diff);
    if (!error)
        error = owners_scan(owners, next->live_count, wish->budget_percent ? OWNERS_BUDGET_NS : 0,
                            &late);
    if (!error)
        error = fill_frame(&work, late);
    owners_slots_collect(owners);
    return error;
}

int owners_open(struct owners **made, const char *proc_root)
{
    struct owners *owners = calloc(1, sizeof *owners);
    struct fact_reader *reader = calloc(1, sizeof *reader);
    int error = -ENOMEM;

    if (!owners || !reader)
        goto fail;
    owners->reader = reader;
    owners->entry_free = owners->link_free = NO_INDEX;
    owners->ticks_per_s = sysconf(_SC_CLK_TCK);
    reader->page_size = sysconf(_SC_PAGESIZE);
    error = owners_open_proc(owners, proc_root);
    if (error)
        goto fail;
    *made = owners;
    return 0;
fail:
    free(reader);
    free(owners);
    return error;
}

void owners_close(struct owners *owners)
{
    if (!owners)
        return;
    if (owners->reader->samples)
        procps_pids_unref(&owners->reader->samples);
    if (owners->reader->lines)
        procps_pids_unref(&owners->reader->lines);
    free(owners->reader->chosen);
    free(owners->reader);
    owners_groups_done(owners);
    owners_roster_done(owners);
    owners_table_done(owners);
    free(owners->found);
    free(owners->listing);
    free(owners->listeners.items);
    if (owners->proc >= 0)
        close(owners->proc);
    free(owners);
}
