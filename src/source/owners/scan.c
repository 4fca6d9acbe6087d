/* owner_scan: see scan.h. */
#include "source/owners/scan.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define PASSES_MOST         3u       /* per frame: limits repetitions after unexpected changes */
#define BACKGROUND_NS       200000LL /* of the background round, a frame, */
#define BACKGROUND_NS_A_ROW 15LL     /* and a row */
#define WALK_NS             50000LL  /* the same where a walk does it */
#define WALK_NS_A_ROW       5LL

/* 0: all new processes have been visited; 1: out of time; -errno. */
static int visit_fresh(struct owner_scan *scan, int64_t deadline_ns)
{
    for (uint32_t i = 0; i < scan->roster->count && scan->roster->fresh; i++) {
        const uint32_t index = scan->roster->entries[i].slot;
        struct roster_slot *slot = &scan->roster->slots[index];
        if (slot->visited || slot->gone)
            continue;
        if (clock_ns(CLOCK_THREAD_CPUTIME_ID) > deadline_ns)
            return 1;
        const int result =
            visit_process(&scan->visitor, index, VISIT_SHALLOW, &slot->resume, deadline_ns);
        if (result == -ESRCH)
            roster_lose(scan->roster, index);
        else if (result)
            return result;
        else
            roster_mark_visited(scan->roster, index);
    }
    return 0;
}

/* This scan has already read everything of it that this stage needs. */
static bool is_read(const struct roster_slot *slot, const struct scan_round *round)
{
    if (slot->gone)
        return true;
    if (!slot->visited || round->depth == VISIT_TASKS)
        return false;
    return (round->depth == VISIT_SHALLOW ? slot->read_epoch : slot->deep_epoch) == round->epoch;
}

/* Continues one stage of a scan to its end. 0: ended; 1: out of time; -errno. */
static int run_stage(struct owner_scan *scan, struct scan_round *round, int64_t deadline_ns)
{
    for (;;) {
        const uint32_t at = roster_from(scan->roster, round->pid);
        if (at == scan->roster->count)
            return 0;
        const struct roster_entry found = scan->roster->entries[at];
        if (found.pid != round->pid)
            round->fd = 0;
        round->pid = found.pid;
        if (clock_ns(CLOCK_THREAD_CPUTIME_ID) > deadline_ns)
            return 1;
        int result = 0;
        if (!is_read(&scan->roster->slots[found.slot], round))
            result =
                visit_process(&scan->visitor, found.slot, round->depth, &round->fd, deadline_ns);
        if (result == -ESRCH)
            roster_lose(scan->roster, found.slot);
        else if (result)
            return result;
        round->pid = found.pid + 1;
        round->fd = 0;
    }
}

/* True for a socket that this scan had to find. */
static bool is_due(const struct scan_round *round, const struct owner_entry *entry)
{
    return (entry->flags & ENTRY_PENDING) && (int16_t)(entry->epoch - round->epoch) < 0;
}

static bool has_due(const struct owner_scan *scan, const struct scan_round *round)
{
    const struct owner_table *table = scan->roster->table;

    for (uint32_t i = 0; table->pending && i < table->count; i++) {
        if (is_due(round, &table->entries[i]))
            return true;
    }
    return false;
}

/* Under churn, most sockets that a shallow scan does not find were closed between dump and scan,
 * and reading every descriptor again would be useless: the next frame shows which still exist. The
 * first frame, which may be the only one, does not wait. True if none of them has waited
 * already. */
static bool may_park(const struct owner_scan *scan, const struct scan_round *round)
{
    const struct owner_table *table = scan->roster->table;

    if (scan->roster->call <= 1 || round->depth != VISIT_SHALLOW)
        return false;
    for (uint32_t i = 0; table->pending && i < table->count; i++) {
        const struct owner_entry *entry = &table->entries[i];
        if (is_due(round, entry) && (entry->flags & ENTRY_MISSED))
            return false;
    }
    return true;
}

static void park(struct owner_scan *scan, struct scan_round *round)
{
    struct owner_table *table = scan->roster->table;

    for (uint32_t i = 0; table->pending && i < table->count; i++) {
        struct owner_entry *entry = &table->entries[i];
        if (is_due(round, entry))
            entry->flags |= ENTRY_MISSED;
    }
    round->active = false;
    round->parked = true;
}

/* The owner word of a socket without a readable holder. */
static uint8_t word_of_unfound(const struct owner_scan *scan)
{
    if (scan->roster->denied_any || scan->roster->hidepid)
        return OWNER_HIDDEN;
    return scan->roster->files->view.is_complete ? OWNER_NONE : OWNER_UNSEEN;
}

/* All readable processes have been read. */
static void conclude(struct owner_scan *scan, const struct scan_round *round)
{
    struct owner_table *table = scan->roster->table;

    for (uint32_t i = 0; table->pending && i < table->count; i++) {
        struct owner_entry *entry = &table->entries[i];
        if (!is_due(round, entry))
            continue;
        entry->flags = (uint8_t)(entry->flags & ~(ENTRY_PENDING | ENTRY_MISSED | ENTRY_CHECKED));
        table->pending--;
        if (entry->word == OWNER_UNKNOWN)
            entry->word = word_of_unfound(scan);
    }
}

/* Sockets without an owner now must be found by a scan that begins now. */
static void begin_search(struct owner_scan *scan)
{
    scan->roster->denied_any = false;
    scan->search = (struct scan_round){
        .depth = VISIT_SHALLOW, .active = true, .epoch = ++scan->roster->table->epoch};
}

static int begin_scan(struct owner_scan *scan)
{
    const int error = roster_read(scan->roster, true);

    if (error)
        return error;
    begin_search(scan);
    return 0;
}

/* A process forked while others were read may hold sockets that they closed since. */
static int visit_latecomers(struct owner_scan *scan, const struct scan_round *round,
                            int64_t deadline_ns)
{
    if (!has_due(scan, round))
        return 0;
    const int result = roster_read(scan->roster, false);
    return result ? result : visit_fresh(scan, deadline_ns);
}

/* Shallow; if that did not find all, every descriptor anew; then those of threads with tables of
 * their own. */
static int run_scan(struct owner_scan *scan, int64_t deadline_ns)
{
    struct scan_round *round = &scan->search;
    int result = 0;

    while (!result) {
        result = run_stage(scan, round, deadline_ns);
        if (result)
            break;
        if (round->depth == VISIT_TASKS || !has_due(scan, round)) {
            result = visit_latecomers(scan, round, deadline_ns);
            if (result)
                break;
            conclude(scan, round);
            round->active = false;
            break;
        }
        if (may_park(scan, round)) {
            park(scan, round);
            break;
        }
        round->depth++;
        round->pid = 0;
        round->fd = 0;
    }
    return result;
}

static int run_background(struct owner_scan *scan, int64_t deadline_ns)
{
    struct scan_round *round = &scan->background;
    round->depth = VISIT_DEEP;
    round->epoch = (uint16_t)(scan->roster->table->epoch + 1); /* no process has been read for it */
    const int result = run_stage(scan, round, deadline_ns);

    if (result == 0) {
        round->pid = 0;
        scan->rounds++;
    }
    return result < 0 ? result : 0;
}

/* One walk in place of a scan of all stages. 0: ended; 1: out of time; -errno. */
static int run_walk(struct owner_scan *scan, int64_t deadline_ns)
{
    struct scan_round *round = &scan->search;
    int result = owner_walks_run(&scan->walks);

    if (result)
        return result;
    /* Every socket without a holder is due, even if the walk removed the last one. */
    begin_search(scan);
    if (has_due(scan, round) && may_park(scan, round)) {
        park(scan, round);
        return 0;
    }
    result = visit_latecomers(scan, round, deadline_ns);
    if (result)
        return result;
    /* A walk may lack processes that /proc hides: what it did not find may still have an owner. */
    if (has_due(scan, round) && visit_is_denied_any(scan->roster, (uint32_t)scan->walks.count))
        scan->roster->denied_any = true;
    conclude(scan, round);
    round->active = false;
    return 0;
}

/* A walk cannot be split: frames save up time for it. */
static int walk_in_background(struct owner_scan *scan, uint32_t row_count, int64_t deadline_ns)
{
    if (!owner_walks_save(&scan->walks, WALK_NS + WALK_NS_A_ROW * row_count))
        return 0;
    const int result = run_walk(scan, deadline_ns);
    scan->rounds += result == 0;
    return result == -ENOMEM ? result : 0;
}

/* Sockets that it lacks were opened or passed on since: searched as usual. */
static int take_ahead(struct owner_scan *scan)
{
    const int result = owner_walks_run(&scan->walks);
    return result == -ENOMEM ? result : 0;
}

static int scan_all(struct owner_scan *scan, uint32_t row_count, int64_t deadline_ns)
{
    int result = roster_read(scan->roster, false);

    roster_check_alive(scan->roster, owner_walks_is_ready(&scan->walks));
    scan->search.parked = false;
    if (!result && owner_walks_is_ahead(&scan->walks))
        result = take_ahead(scan);
    if (!result && owner_walks_pays(&scan->walks)) {
        result = run_walk(scan, deadline_ns);
        if (result >= 0 || result == -ENOMEM)
            return result;
        result = 0; /* fall back to /proc */
    }
    for (unsigned i = 0; i < PASSES_MOST && !result && !scan->search.parked; i++) {
        if (!scan->search.active && scan->roster->table->pending)
            result = begin_scan(scan);
        if (!result)
            result = visit_fresh(scan, deadline_ns);
        if (!scan->search.active)
            break;
        if (!result)
            result = run_scan(scan, deadline_ns);
    }
    if (result || scan->search.active || scan->roster->table->pending)
        return result;
    if (owner_walks_is_ready(&scan->walks))
        return walk_in_background(scan, row_count, deadline_ns);
    const int64_t share_ns = BACKGROUND_NS + BACKGROUND_NS_A_ROW * row_count;
    return run_background(scan, clock_ns(CLOCK_THREAD_CPUTIME_ID) + share_ns);
}

int owner_scan_run(struct owner_scan *scan, uint32_t row_count, int64_t budget_ns, bool *late)
{
    const int64_t deadline_ns =
        budget_ns ? clock_ns(CLOCK_THREAD_CPUTIME_ID) + budget_ns : INT64_MAX;

    if (!proc_files_is_readable(scan->roster->files))
        return 0; /* unknown owners stay unknown */
    const int result = scan_all(scan, row_count, deadline_ns);
    scan->error = result < 0 ? result : 0;
    *late =
        result != 0 || scan->search.active || scan->roster->table->pending || scan->roster->fresh;
    /* If it could not be read now (no descriptors left), it is late, not failed. */
    return result == -ENOMEM ? result : 0;
}

void owner_scan_init(struct owner_scan *scan, struct roster *roster)
{
    *scan = (struct owner_scan){
        .roster = roster, .visitor = {.roster = roster}, .walks = {.roster = roster}};
}

void owner_scan_restart(struct owner_scan *scan)
{
    scan->search = scan->background = (struct scan_round){.active = false};
}

void owner_scan_done(struct owner_scan *scan)
{
    owner_walks_done(&scan->walks);
    free(scan->visitor.found.items);
}
