/* owners: see owners.h. Combines the parts, each with its own struct and header: proc_files and
 * roster (processes), table and holdings (the sockets they hold), scan, visit and walk (how that is
 * found), rows (frame to table and back), groups and facts (facts of processes). */
#include "source/owners/owners.h"

#include "base/clock.h"
#include "base/grow.h"
#include "core/column/column.h"
#include "source/owners/facts.h"
#include "source/owners/groups.h"
#include "source/owners/proc_files.h"
#include "source/owners/roster.h"
#include "source/owners/rows.h"
#include "source/owners/scan.h"
#include "source/owners/table.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANCESTORS_MOST 64u
#define YOUNG_NS       10000000000LL /* a process younger than this is identified in every frame */
#define IDENTIFY_YOUNG 64u           /* at most; */
#define IDENTIFY_OLD   16u           /* of older ones, in turn */

struct owners {
    struct proc_files files;
    struct owner_table table;
    struct roster roster;
    struct owner_scan scan;
    struct owner_groups groups;
    struct owner_rows rows;
    struct process_facts facts;
    struct privilege privilege;
    int64_t boot_ns;
    struct slot_list chosen; /* slots whose processes are in this frame; process i is chosen[i] */
    struct slot_list chosen_before; /* of the last frame */
    uint32_t *slot_proc;            /* index in frame.procs, for each slot */
    uint32_t slot_proc_capacity;
    uint32_t identify_cursor;
};

/* The state of one call. */
struct work {
    struct owners *owners;
    const struct frame *previous; /* NULL: none */
    struct frame *frame;
    const struct diff *diff;
    const struct wish *wish;
};

static bool wants(const struct work *work, uint32_t need)
{
    return (work->wish->needs & need) != 0;
}

/* --- choosing processes, and adding them to the frame --- */

static void refresh_identities(struct owners *owners, int64_t boot_age_ns)
{
    const struct slot_list *chosen = &owners->chosen;
    uint32_t young = 0;
    uint32_t old = 0;

    for (uint32_t n = 0; n < chosen->count; n++) {
        owners->identify_cursor = (owners->identify_cursor + 1) % chosen->count;
        const uint32_t index = chosen->items[owners->identify_cursor];
        const struct roster_slot *slot = &owners->roster.slots[index];
        if (slot->gone || slot->identified_in == owners->roster.call)
            continue;
        const double started_s = (double)slot->start_ticks / (double)owners->facts.ticks_per_s;
        const bool is_young = (double)boot_age_ns - started_s * 1e9 < (double)YOUNG_NS;
        if (is_young ? young++ < IDENTIFY_YOUNG : old++ < IDENTIFY_OLD)
            roster_identify_again(&owners->roster, index);
    }
}

static int choose(struct owners *owners, uint32_t slot)
{
    struct slot_list *chosen = &owners->chosen;

    if (owners->slot_proc[slot] != OWNER_NO_INDEX)
        return 0;
    if (GROW(chosen->items, chosen->capacity, chosen->count + 1))
        return -ENOMEM;
    owners->slot_proc[slot] = chosen->count;
    chosen->items[chosen->count++] = slot;
    return 0;
}

/* The process of the open page and its ancestors, even if they hold no sockets. */
static int choose_page(struct work *work)
{
    struct owners *owners = work->owners;
    int32_t pid = work->wish->page_pid;
    int error = 0;

    for (uint32_t n = 0; pid > 0 && n < ANCESTORS_MOST && !error; n++) {
        const uint32_t slot = roster_find(&owners->roster, pid);
        if (slot == OWNER_NO_INDEX || owners->roster.slots[slot].gone)
            break;
        if (!owners->roster.slots[slot].identified)
            roster_identify_again(&owners->roster, slot);
        if (owners->roster.slots[slot].gone)
            break;
        error = choose(owners, slot);
        pid = owners->roster.slots[slot].parent;
    }
    return error;
}

static int choose_processes(struct work *work)
{
    struct owners *owners = work->owners;
    int error = GROW(owners->slot_proc, owners->slot_proc_capacity, owners->roster.slot_count);
    const struct slot_list before = owners->chosen;

    owners->chosen = owners->chosen_before;
    owners->chosen_before = before;
    owners->chosen.count = 0;
    if (error)
        return error;
    for (uint32_t i = 0; i < owners->roster.slot_count; i++)
        owners->slot_proc[i] = OWNER_NO_INDEX;
    for (uint32_t i = 0; i < owners->roster.slot_count && !error; i++) {
        if (owner_table_references(&owners->table, i))
            error = choose(owners, i);
    }
    return error ? error : choose_page(work);
}

/* Reads the facts that the wish needs of the chosen processes, with raised privileges. */
static void read_facts(struct work *work)
{
    struct owners *owners = work->owners;
    const struct slot_list *chosen = &owners->chosen;
    const bool all = wants(work, NEED_PROCESS) || work->wish->page_pid;

    for (uint32_t i = 0; i < chosen->count; i++) {
        struct roster_slot *slot = &owners->roster.slots[chosen->items[i]];
        if (slot->gone)
            continue;
        if ((wants(work, NEED_GROUP) || work->wish->page_pid) && !slot->group_read) {
            slot->group_read = true;
            slot->group = owner_groups_of_process(&owners->groups, slot->pid);
        }
        if (wants(work, NEED_GROUP) || work->wish->page_pid)
            process_facts_read_served(&owners->facts, chosen->items[i]);
        if (all || wants(work, NEED_EXECUTABLE))
            process_facts_read_executable(&owners->facts, chosen->items[i]);
        if (all || wants(work, NEED_PROCESS_USER))
            process_facts_read_user(&owners->facts, chosen->items[i]);
        if (all)
            process_facts_count_files(&owners->facts, chosen->items[i]);
    }
    if (!owners->files.is_real)
        return;
    if (all || wants(work, NEED_COMMAND))
        process_facts_read_lines(&owners->facts, chosen, work->frame->mono_ns);
    if (all)
        process_facts_sample(&owners->facts, chosen, work->frame->mono_ns);
}

static int64_t start_wall_ns(const struct owners *owners, uint64_t ticks)
{
    const uint64_t hertz = (uint64_t)owners->facts.ticks_per_s;
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
    const struct roster_slot *slot = &owners->roster.slots[index];
    struct frame *frame = work->frame;
    const uint32_t group = owner_groups_put(&owners->groups, frame, slot->group);
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
    proc->title = put_text(frame, slot->title);
    proc->serves = put_text(frame, slot->serves);
    return 0;
}

/* Process i of the frame is chosen[i], and owner_refs[i] is i: rows with one holder share them. */
static int put_processes(struct work *work)
{
    const struct slot_list *chosen = &work->owners->chosen;
    int error = 0;

    for (uint32_t i = 0; i < chosen->count && !error; i++) {
        error = put_process(work, chosen->items[i]);
        if (!error)
            error = frame_add_owner_ref(work->frame, i);
    }
    return error;
}

/* --- what is missing --- */

static void report_hidden(const struct owners *owners, struct missing *missing)
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
    missing->hidden_why = why;
    if (missing->text[0])
        return; /* a failed dump matters more */
    if (missing->hidden_users)
        snprintf(missing->text, sizeof missing->text, "pids of %u user%s hidden: %s",
                 missing->hidden_users, missing->hidden_users == 1 ? "" : "s", why);
    else
        snprintf(missing->text, sizeof missing->text, "pids of %u row%s hidden: %s",
                 missing->hidden_rows, missing->hidden_rows == 1 ? "" : "s", why);
}

/* Reports that /proc shows another pid namespace, or cannot be read. */
static void report_proc(const struct owners *owners, struct missing *missing)
{
    char text[sizeof missing->text] = "";

    if (owners->files.view.kind != PROC_VIEW_OWN)
        proc_view_text(&owners->files.view, text, sizeof text);
    else if (owners->scan.error)
        proc_view_error_text(owners->scan.error, text, sizeof text);
    if (!text[0])
        return;
    missing->reasons |= MISSING_PROC;
    if (!missing->text[0]) /* a failed dump matters more */
        memcpy(missing->text, text, sizeof missing->text);
}

static void report_missing(const struct owners *owners, struct missing *missing, bool late)
{
    if (late)
        missing->reasons |= MISSING_OWNERS_LATE;
    report_proc(owners, missing);
    if (missing->hidden_rows)
        report_hidden(owners, missing);
}

/* --- the whole --- */

/* Smaller steps are within the accuracy of a suspension, during which start times stand still. */
static void update_boot(struct owners *owners)
{
    const int64_t boot_ns = clock_boot_wall_ns();

    if (llabs(boot_ns - owners->boot_ns) > MILLISECOND_NS)
        owners->boot_ns = boot_ns;
}

static bool same_processes(const struct owners *owners)
{
    const struct slot_list *now = &owners->chosen, *before = &owners->chosen_before;

    return now->count && now->count == before->count &&
           memcmp(now->items, before->items, now->count * sizeof *now->items) == 0;
}

static bool same_groups(const struct owners *owners, const struct frame *a, const struct frame *b)
{
    for (uint32_t i = 0; i < owners->chosen.count; i++)
        if (a->procs[i].group != b->procs[i].group)
            return false;
    return true;
}

static int put_rows(struct work *work, bool keeps)
{
    struct owners *owners = work->owners;
    const struct owner_rows_put what = {
        .previous =
            keeps && same_groups(owners, work->previous, work->frame) ? work->previous : NULL,
        .diff = work->diff,
        .next = work->frame,
        .slot_proc = owners->slot_proc,
        .want_groups = wants(work, NEED_GROUP)};

    return owner_rows_put(&owners->rows, &what);
}

static int fill_frame(struct work *work, bool late)
{
    struct owners *owners = work->owners;
    int error = choose_processes(work);
    const bool keeps = !error && same_processes(owners) &&
                       owner_rows_may_keep(&owners->rows, work->frame, wants(work, NEED_GROUP)) &&
                       owner_groups_keep(&owners->groups, work->frame);

    if (!error) {
        privilege_raise(&owners->privilege);
        update_boot(owners);
        refresh_identities(owners, clock_ns(CLOCK_BOOTTIME));
        read_facts(work);
        privilege_lower(&owners->privilege);
        error = put_processes(work);
    }
    if (!error)
        error = put_rows(work, keeps);
    report_missing(owners, &work->frame->missing, late);
    return error;
}

/* Handles a change of /proc, or of the groups. */
static void follow_changes(struct owners *owners, int64_t now_ns)
{
    if (proc_files_follow(&owners->files)) {
        roster_forget(&owners->roster);
        owner_scan_restart(&owners->scan);
        owner_table_search_again(&owners->table);
    }
    if (!owner_groups_begin_frame(&owners->groups, now_ns))
        return;
    for (uint32_t i = 0; i < owners->roster.slot_count; i++) {
        owners->roster.slots[i].group = OWNER_GROUP_NONE;
        owners->roster.slots[i].group_read = false;
    }
}

static int scan(struct owners *owners, uint32_t row_count, int64_t budget_ns, bool *late)
{
    privilege_raise(&owners->privilege);
    const int error = owner_scan_run(&owners->scan, row_count, budget_ns, late);
    privilege_lower(&owners->privilege);
    return error;
}

bool owners_are_wanted(const struct wish *wish)
{
    return wish->page_pid || (wish->needs & (NEED_OWNER | NEED_PROCESS | NEED_EXECUTABLE |
                                             NEED_COMMAND | NEED_GROUP));
}

bool owners_expect(struct owners *owners, uint32_t rows, const struct wish *wish)
{
    if (!owners_are_wanted(wish) || !proc_files_is_readable(&owners->files))
        return false;
    privilege_init(&owners->privilege);
    privilege_raise(&owners->privilege);
    const bool pays = owner_walks_expect(&owners->scan.walks, rows);
    privilege_lower(&owners->privilege);
    return pays;
}

void owners_walk_ahead(struct owners *owners)
{
    owner_walks_ahead(&owners->scan.walks);
}

void owners_drop_ahead(struct owners *owners)
{
    owner_walks_drop_ahead(&owners->scan.walks);
}

int owners_apply(struct owners *owners, const struct frame *previous, struct frame *next,
                 const struct frame *listeners, const struct diff *diff, const struct wish *wish)
{
    struct work work = {
        .owners = owners, .previous = previous, .frame = next, .diff = diff, .wish = wish};
    bool late = false;

    if (!owners_are_wanted(wish))
        return 0;
    if (owners->roster.call++ == 0)
        privilege_init(&owners->privilege); /* of the thread that will raise it */
    follow_changes(owners, next->mono_ns);
    int error = owner_rows_take(&owners->rows, previous, next, listeners, diff);
    if (!error)
        error = scan(owners, next->live_count, wish->budget_percent ? OWNERS_BUDGET_NS : 0, &late);
    if (!error)
        error = fill_frame(&work, late);
    roster_collect(&owners->roster);
    return error;
}

void owners_use_check(struct owners *owners, const struct owner_check *check)
{
    owners->rows.check = *check;
}

void owners_use_walk(struct owners *owners, const struct owner_walk *walk)
{
    owner_walks_use(&owners->scan.walks, walk);
}

void owners_figures(const struct owners *owners, struct owners_figures *figures)
{
    *figures = (struct owners_figures){
        .visits = owners->scan.visitor.visits,
        .links = owners->scan.visitor.links,
        .rounds = owners->scan.rounds,
        .walks = owners->scan.walks.count,
        .entries = owners->table.live,
        .slots = owners->roster.count,
        .footprint = sizeof *owners + owner_table_footprint(&owners->table) +
                     roster_footprint(&owners->roster) + owner_rows_footprint(&owners->rows) +
                     owners->slot_proc_capacity * sizeof *owners->slot_proc};
}

int owners_open(struct owners **made, const char *proc_root)
{
    struct owners *owners = calloc(1, sizeof *owners);

    if (!owners)
        return -ENOMEM;
    const int error = proc_files_open(&owners->files, proc_root);
    if (error) {
        free(owners);
        return error;
    }
    owner_table_init(&owners->table);
    roster_init(&owners->roster, &owners->files, &owners->table);
    owner_scan_init(&owners->scan, &owners->roster);
    owner_groups_init(&owners->groups, &owners->files, &owners->privilege);
    owner_rows_init(&owners->rows, &owners->table, &owners->groups);
    process_facts_init(&owners->facts, &owners->roster);
    *made = owners;
    return 0;
}

void owners_close(struct owners *owners)
{
    if (!owners)
        return;
    process_facts_done(&owners->facts);
    owner_rows_done(&owners->rows);
    owner_groups_done(&owners->groups);
    owner_scan_done(&owners->scan);
    roster_done(&owners->roster);
    owner_table_done(&owners->table);
    proc_files_done(&owners->files);
    free(owners->chosen.items);
    free(owners->chosen_before.items);
    free(owners->slot_proc);
    free(owners);
}
