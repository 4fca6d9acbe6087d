/* owners_scan: whom to visit in this frame, within the budget: new processes first, then everybody
 * while a socket is without an owner, else a piece of the background round; or all of them by one
 * walk, where there is one. Must not know how a
 * process is read, nor frames. */
#include "base/clock.h"
#include "source/owners/private.h"

#include <errno.h>
#include <time.h>

#define PASSES_MOST         3u       /* a frame: each ends at its budget, this at its surprises */
#define BACKGROUND_NS       200000LL /* of the background round, a frame, */
#define BACKGROUND_NS_A_ROW 15LL     /* and a row */
#define WALK_NS             50000LL  /* the same where a walk does it */
#define WALK_NS_A_ROW       5LL

/* The process ended or its number has another one: the roster must be read again. */
static void lose(struct owners *owners, uint32_t slot)
{
    owners_slot_gone(owners, slot);
    owners->last_pid = 0;
}

static void mark_visited(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];
    if (!slot->visited)
        owners->fresh--;
    slot->visited = true;
}

/* 0: all new processes have been visited; 1: out of time; -errno. */
static int visit_fresh(struct owners *owners, int64_t deadline_ns)
{
    for (uint32_t i = 0; i < owners->roster_count && owners->fresh; i++) {
        const uint32_t index = owners->roster[i].slot;
        struct owner_slot *slot = &owners->slots[index];
        if (slot->visited || slot->gone)
            continue;
        if (clock_ns(CLOCK_THREAD_CPUTIME_ID) > deadline_ns)
            return 1;
        const int result = owners_visit(owners, index, SCAN_SHALLOW, &slot->resume, deadline_ns);
        if (result == -ESRCH)
            lose(owners, index);
        else if (result)
            return result;
        else
            mark_visited(owners, index);
    }
    return 0;
}

/* In this stage there is nothing to be learned from it that this scan has not read. */
static bool is_read(const struct owner_slot *slot, const struct scan *scan)
{
    if (slot->gone)
        return true;
    if (!slot->visited || scan->stage == SCAN_TASKS)
        return false;
    return (scan->stage == SCAN_SHALLOW ? slot->read_epoch : slot->deep_epoch) == scan->epoch;
}

/* One stage of a scan from where it stands to its end. 0: ended; 1: out of time; -errno. */
static int run_stage(struct owners *owners, struct scan *scan, int64_t deadline_ns)
{
    for (;;) {
        const uint32_t at = owners_roster_from(owners, scan->pid);
        if (at == owners->roster_count)
            return 0;
        const struct roster_entry found = owners->roster[at];
        if (found.pid != scan->pid)
            scan->fd = 0;
        scan->pid = found.pid;
        if (clock_ns(CLOCK_THREAD_CPUTIME_ID) > deadline_ns)
            return 1;
        int result = 0;
        if (!is_read(&owners->slots[found.slot], scan))
            result = owners_visit(owners, found.slot, scan->stage, &scan->fd, deadline_ns);
        if (result == -ESRCH)
            lose(owners, found.slot);
        else if (result)
            return result;
        scan->pid = found.pid + 1;
        scan->fd = 0;
    }
}

/* Sockets that this scan was to find. */
static bool is_due(const struct scan *scan, const struct owned_entry *entry)
{
    return (entry->flags & ENTRY_PENDING) && (int16_t)(entry->epoch - scan->epoch) < 0;
}

static bool has_due(const struct owners *owners, const struct scan *scan)
{
    for (uint32_t i = 0; owners->pending && i < owners->entry_count; i++) {
        if (is_due(scan, &owners->entries[i]))
            return true;
    }
    return false;
}

/* Under churn most of what a shallow scan does not find was closed between the dump and the scan,
 * and to read every descriptor anew would be in vain: the next frame shows what still is there. The
 * first frame of all, which may be the only one, waits for nothing. True if nobody has waited
 * already. */
static bool may_park(const struct owners *owners, const struct scan *scan)
{
    if (owners->stamp <= 1 || scan->stage != SCAN_SHALLOW)
        return false;
    for (uint32_t i = 0; owners->pending && i < owners->entry_count; i++) {
        const struct owned_entry *entry = &owners->entries[i];
        if (is_due(scan, entry) && (entry->flags & ENTRY_MISSED))
            return false;
    }
    return true;
}

static void park(struct owners *owners, struct scan *scan)
{
    for (uint32_t i = 0; owners->pending && i < owners->entry_count; i++) {
        struct owned_entry *entry = &owners->entries[i];
        if (is_due(scan, entry))
            entry->flags |= ENTRY_MISSED;
    }
    scan->active = false;
    scan->parked = true;
}

/* What a socket without a readable holder is said to be. */
static uint8_t word_of_unfound(const struct owners *owners)
{
    if (owners->denied_any || owners->hidepid)
        return OWNER_HIDDEN;
    return owners->view.is_complete ? OWNER_NONE : OWNER_UNSEEN;
}

/* All readable processes have been read. */
static void conclude(struct owners *owners, const struct scan *scan)
{
    for (uint32_t i = 0; owners->pending && i < owners->entry_count; i++) {
        struct owned_entry *entry = &owners->entries[i];
        if (!is_due(scan, entry))
            continue;
        entry->flags = (uint8_t)(entry->flags & ~(ENTRY_PENDING | ENTRY_MISSED | ENTRY_ASKED));
        owners->pending--;
        if (entry->word == OWNER_UNKNOWN)
            entry->word = word_of_unfound(owners);
    }
}

/* What is without an owner now is due at the end of a scan that begins now. */
static int begin_scan(struct owners *owners)
{
    const int error = owners_roster_read(owners, true);

    if (error)
        return error;
    owners->denied_any = false;
    owners->scan = (struct scan){.stage = SCAN_SHALLOW, .active = true, .epoch = ++owners->epoch};
    return 0;
}

/* Who was forked while we read the others may hold what they have given up since. */
static int visit_latecomers(struct owners *owners, const struct scan *scan, int64_t deadline_ns)
{
    if (!has_due(owners, scan))
        return 0;
    const int result = owners_roster_read(owners, false);
    return result ? result : visit_fresh(owners, deadline_ns);
}

/* Shallow; if that did not find all, every descriptor anew; then those of threads with tables of
 * their own. */
static int run_scan(struct owners *owners, int64_t deadline_ns)
{
    struct scan *scan = &owners->scan;
    int result = 0;

    while (!result) {
        result = run_stage(owners, scan, deadline_ns);
        if (result)
            break;
        if (scan->stage == SCAN_TASKS || !has_due(owners, scan)) {
            result = visit_latecomers(owners, scan, deadline_ns);
            if (result)
                break;
            conclude(owners, scan);
            scan->active = false;
            break;
        }
        if (may_park(owners, scan)) {
            park(owners, scan);
            break;
        }
        scan->stage++;
        scan->pid = 0;
        scan->fd = 0;
    }
    return result;
}

static int run_background(struct owners *owners, int64_t deadline_ns)
{
    struct scan *scan = &owners->background;
    scan->stage = SCAN_DEEP;
    scan->epoch = (uint16_t)(owners->epoch + 1); /* nobody has been read for it */
    const int result = run_stage(owners, scan, deadline_ns);

    if (result == 0) {
        scan->pid = 0;
        owners->figures.rounds++;
    }
    return result < 0 ? result : 0;
}

/* One walk in place of a scan of all stages. 0: ended; 1: out of time; -errno. */
static int run_walk(struct owners *owners, int64_t deadline_ns)
{
    struct scan *scan = &owners->scan;
    int result = owners_walk_all(owners);

    if (result)
        return result;
    /* Whoever has no holder now is due, also those that the walk took the last one from. */
    *scan = (struct scan){.stage = SCAN_SHALLOW, .active = true, .epoch = ++owners->epoch};
    owners->denied_any = false;
    if (has_due(owners, scan) && may_park(owners, scan)) {
        park(owners, scan);
        return 0;
    }
    result = visit_latecomers(owners, scan, deadline_ns);
    if (result)
        return result;
    conclude(owners, scan);
    scan->active = false;
    return 0;
}

/* A walk is not done in pieces: frames save for it. */
static int walk_in_background(struct owners *owners, uint32_t row_count, int64_t deadline_ns)
{
    owners->walk_saved_ns += WALK_NS + WALK_NS_A_ROW * row_count;
    if (++owners->walk_frames < WALK_FRAMES_LEAST || owners->walk_saved_ns < owners->walk_ns)
        return 0;
    const int result = run_walk(owners, deadline_ns);
    owners->figures.rounds += result == 0;
    return result == -ENOMEM ? result : 0;
}

static int scan_all(struct owners *owners, uint32_t row_count, int64_t deadline_ns)
{
    int result = owners_roster_read(owners, false);

    owners_check_alive(owners);
    owners->scan.parked = false;
    if (!result && owners_walk_pays(owners)) {
        result = run_walk(owners, deadline_ns);
        if (result >= 0 || result == -ENOMEM)
            return result;
        result = 0; /* by /proc, then */
    }
    for (unsigned i = 0; i < PASSES_MOST && !result && !owners->scan.parked; i++) {
        if (!owners->scan.active && owners->pending)
            result = begin_scan(owners);
        if (!result)
            result = visit_fresh(owners, deadline_ns);
        if (!owners->scan.active)
            break;
        if (!result)
            result = run_scan(owners, deadline_ns);
    }
    if (result || owners->scan.active || owners->pending)
        return result;
    if (owners_has_walk(owners))
        return walk_in_background(owners, row_count, deadline_ns);
    const int64_t share_ns = BACKGROUND_NS + BACKGROUND_NS_A_ROW * row_count;
    return run_background(owners, clock_ns(CLOCK_THREAD_CPUTIME_ID) + share_ns);
}

int owners_scan(struct owners *owners, uint32_t row_count, int64_t budget_ns, bool *late)
{
    const int64_t deadline_ns =
        budget_ns ? clock_ns(CLOCK_THREAD_CPUTIME_ID) + budget_ns : INT64_MAX;

    if (owners->view.kind == PROC_VIEW_ABSENT || owners->view.kind == PROC_VIEW_UNREAD)
        return 0; /* no processes can be read: unknown owners stay unknown */
    privilege_raise(&owners->privilege);
    const int result = scan_all(owners, row_count, deadline_ns);
    privilege_lower(&owners->privilege);
    owners->scan_error = result < 0 ? result : 0;
    *late = result != 0 || owners->scan.active || owners->pending || owners->fresh;
    /* What could not be read now (no descriptors left) is late, not failed. */
    return result == -ENOMEM ? result : 0;
}
