/* History from frame to frame. Reported events come as notes, the frames' changes as a diff; both
 * become marks of rows, ghosts and events, each change once. */
#include "core/track.h"

#include "base/grow.h"
#include "base/map.h"
#include "core/account.h"
#include "core/frame_events.h"
#include "core/ghost.h"
#include "core/netns_time.h"
#include "core/note.h"
#include "core/rates.h"

#include <errno.h>
#include <stdlib.h>

#define NOTE_FRAMES 2u     /* a note that no frame confirms is dropped after this many frames */
#define GHOSTS_MOST 16384u /* more would be useless, and delay frames */
#define FETCH_AHEAD 6u     /* rows */
#define FETCH_LINE  64u    /* bytes of a cache line */
#define KNOWN_CARRIED                                                                              \
    (KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_STATE_SINCE | KNOWN_OPENED | KNOWN_FULL_BEGAN)

struct track {
    struct track_settings settings;
    uint64_t serial; /* the last one given */
    int64_t *closed; /* mono_ns at which each ghost of the last frame closed, in their order */
    uint32_t closed_count, closed_capacity;
    struct notes notes;
    struct map left; /* cookies of connections closed since bound sockets were last read */
    struct ghost_copier copier;
    struct account account;
};

/* The state of one track_apply. */
struct pass {
    struct track *track;
    const struct frame *previous;
    struct frame *next;
    const struct diff *diff;
    struct emitter emitter;
    struct netns_time time; /* of the namespace of the row at work */
    int64_t clock_set_ns;   /* by how much the wall clock was set since previous */
    bool ghosts;            /* there is memory for ghosts */
    uint32_t found;         /* rows that are new here, but did not open */
    uint32_t last_owner;    /* index in next of the process that a note named last */
    int error;
};

struct track *track_new(const struct track_settings *settings)
{
    struct track *track = calloc(1, sizeof(*track));
    if (!track)
        return NULL;
    track->settings = *settings;
    track->account.sink = settings->sink;
    notes_init(&track->notes);
    return track;
}

void track_free(struct track *track)
{
    if (!track)
        return;
    notes_done(&track->notes);
    map_done(&track->left);
    ghost_copier_done(&track->copier);
    account_done(&track->account);
    free(track->closed);
    free(track);
}

int track_note_event(struct track *track, const struct event *event)
{
    if (event->kind == EVENT_LOST)
        return 0;
    return notes_add(&track->notes, event);
}

int track_note_end(struct track *track, const struct socket_end *end)
{
    return account_note_end(&track->account, end);
}

/* When it happened, by the clock of the frame that is tracked. */
static int64_t opened_ns(const struct pass *pass, const struct note *note)
{
    return frame_time_of(pass->next, note->opened_ns, note->opened_mono_ns);
}

static int64_t changed_ns(const struct pass *pass, const struct note *note)
{
    return frame_time_of(pass->next, note->changed_ns, note->changed_mono_ns);
}

static const struct netns_time *pass_time(struct pass *pass, const struct conn *conn)
{
    netns_time_of(&pass->time, pass->previous, pass->next, conn->netns, netns_rows_of(conn));
    return &pass->time;
}

/* The row was not read for this frame: it is unchanged. */
static bool is_kept(struct pass *pass, const struct conn *conn)
{
    return pass->next->all_ns ? frame_row_stands(pass->next, conn) : pass_time(pass, conn)->is_kept;
}

/* The time of the rows of a namespace that are read last. */
static const struct netns_time *pass_time_of_rest(struct pass *pass, uint32_t netns,
                                                  enum netns_rows rows)
{
    netns_time_of(&pass->time, pass->previous, pass->next, netns, rows);
    return &pass->time;
}

/* When all such rows of that namespace were read for the last frame, by the clock of this one. */
static int64_t previous_ns(struct pass *pass, uint32_t netns, enum netns_rows rows)
{
    const int64_t since_ns =
        pass_time_of_rest(pass, netns, rows)->previous_mono_ns - pass->previous->mono_ns;

    return pass->previous->wall_ns + pass->clock_set_ns + since_ns;
}

/* --- ghosts --- */

static bool still_shown(const struct pass *pass, int64_t closed_mono_ns)
{
    return pass->ghosts && pass->track->closed_count < GHOSTS_MOST &&
           pass->next->mono_ns - closed_mono_ns < pass->track->settings.highlight_ns;
}

static void pass_add_closed(struct pass *pass, int64_t mono_ns)
{
    pass->track->closed[pass->track->closed_count++] = mono_ns;
}

/* Ghosts of the last frame that are still to be shown. Their times move down in place. */
static void keep_ghosts(struct pass *pass)
{
    const struct frame *previous = pass->previous;
    struct track *track = pass->track;
    uint32_t count = previous->conn_count - previous->live_count;
    uint32_t coming = pass->diff->change_count + track->notes.count;
    uint32_t room = coming < GHOSTS_MOST ? GHOSTS_MOST - coming : 0;
    bool times_fit = count == track->closed_count;

    track->closed_count = 0;
    for (uint32_t i = count > room ? count - room : 0; i < count; i++) { /* the newest */
        int64_t mono_ns = times_fit ? track->closed[i] : previous->mono_ns;
        if (!still_shown(pass, mono_ns))
            continue;
        struct conn *ghost = ghost_copy(&track->copier, &previous->conns[previous->live_count + i]);
        if (!ghost) {
            pass->error = -ENOMEM;
            return;
        }
        conn_move_times(ghost, pass->clock_set_ns);
        pass_add_closed(pass, mono_ns);
    }
}

/* --- what is only bound, and may be read more rarely --- */

/* A bound socket left by a connection that closed while bound sockets were not read: it did not
 * open. */
static bool is_left(const struct pass *pass, const struct conn *conn)
{
    return conn->state == STATE_CLOSED && conn->cookie &&
           map_find(&pass->track->left, conn->cookie) != MAP_NONE;
}

static bool is_bound_read(const struct frame *frame, uint32_t netns)
{
    return frame_read_ns(frame, netns, NETNS_ROWS_BOUND) >= frame->mono_ns;
}

/* Its socket may still be bound. If out of memory, an opening is reported, which is harmless. */
static void note_left(struct pass *pass, const struct conn *conn)
{
    if (conn->cookie && conn->state != STATE_CLOSED && !is_bound_read(pass->next, conn->netns))
        (void)map_put(&pass->track->left, conn->cookie, 1);
}

static void forget_left(struct pass *pass)
{
    if (pass->track->left.count && is_bound_read(pass->next, pass->next->netns))
        map_clear(&pass->track->left);
}

/* --- what no event had reported --- */

/* States whose changes are reported by events: not minisocks, nor sockets that are only bound. */
static bool is_reported(uint8_t state)
{
    const uint32_t not_reported = STATE_BIT(STATE_SYN_RECEIVED) | STATE_BIT(STATE_TIME_WAIT) |
                                  STATE_BIT(STATE_CLOSED) | STATE_BIT(STATE_FIN_WAIT_2);

    return !(not_reported & STATE_BIT(state));
}

/* Counts changes that a complete frame is the first to show although events should have reported
 * them. */
static void note_unreported(struct pass *pass, uint8_t from, uint8_t to)
{
    if (pass->previous && pass->previous->all_ns && !pass->next->all_ns && is_reported(from) &&
        is_reported(to))
        pass->next->totals.unreported++;
}

/* --- rows that closed --- */

/* A row of previous that next lacks. */
static void close_row(struct pass *pass, const struct change *change)
{
    const struct conn *conn = &pass->previous->conns[change->previous];
    struct note *note = notes_find(&pass->track->notes, conn, true);
    bool reported = note && note->state == STATE_DELETE_TCB;
    uint8_t from = reported ? note->from : note ? note->state : conn->state;
    int64_t mono_ns = reported ? note->changed_mono_ns : pass->next->mono_ns;

    account_left(&pass->track->account, conn);
    note_left(pass, conn);
    if (note)
        note->frames = NOTE_FRAMES;
    if (!reported) {
        emit_close(&pass->emitter, pass->previous, conn, from);
        note_unreported(pass, from, from);
    }
    if (!still_shown(pass, mono_ns))
        return;
    struct conn *ghost = ghost_copy(&pass->track->copier, conn);
    if (!ghost) {
        pass->error = -ENOMEM;
        return;
    }
    conn_move_times(ghost, pass->clock_set_ns);
    ghost_mark(ghost, from, reported ? changed_ns(pass, note) : pass->next->wall_ns);
    if (note)
        ghost_take_totals(ghost, note);
    pass_add_closed(pass, mono_ns);
}

/* --- live rows --- */

static bool has_no_holder(const struct conn *conn)
{
    return conn->owner_word == OWNER_NONE || conn->owner_word == OWNER_UNKNOWN;
}

/* A socket that its process closed, as far as the frame alone shows: without an inode it was never
 * accepted or is closed, and in these states it was accepted. */
static bool is_left_over(const struct conn *conn)
{
    const uint32_t without_socket = STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_FIN_WAIT_2);
    const uint32_t ending =
        STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);

    return has_no_holder(conn) && ((without_socket & STATE_BIT(conn->state)) ||
                                   ((ending & STATE_BIT(conn->state)) && conn->inode == 0));
}

/* It was held when dumped, and closed before its holder was looked up. */
static bool is_let_go(const struct conn *conn, const struct note *note)
{
    return (conn->known & KNOWN_INODE) && has_no_holder(conn) && note->state != conn->state &&
           state_may_reach((enum tcp_state)conn->state, note->state);
}

static void carry(struct pass *pass, const struct conn *before, struct conn *conn)
{
    conn->serial = before->serial;
    conn->known |= before->known & KNOWN_CARRIED;
    conn->created_min_ns = before->created_min_ns;
    conn->created_max_ns = before->created_max_ns;
    conn->state_since_ns = before->state_since_ns;
    conn->changed_ns = before->changed_ns;
    conn->full_since_ns = before->full_since_ns;
    conn->from = before->from;
    conn_move_times(conn, pass->clock_set_ns);
    if (before->mark && pass->next->wall_ns - conn->changed_ns < pass->track->settings.highlight_ns)
        conn->mark = before->mark;
    if (is_left_over(conn) && before->owner_word == OWNER_LAST) { /* known from an event */
        ghost_copy_owners(&pass->track->copier, conn, before);
        conn->owner_word = OWNER_LAST;
    }
    if (before->offload == OFFLOAD_OFFLOADED || conn->offload == OFFLOAD_UPLOADING)
        conn->offload =
            (uint8_t)offload_decide(conn->ulp, conn->tls_tx, conn->tls_rx, before->offload);
    account_row(&pass->track->account, before, conn);
}

/* A copy has all carried facts already, as long as it is unchanged. */
static void carry_standing(struct pass *pass, const struct conn *before, struct conn *conn)
{
    conn_move_times(conn, pass->clock_set_ns);
    if (conn->mark && pass->next->wall_ns - conn->changed_ns >= pass->track->settings.highlight_ns)
        conn->mark = MARK_NONE;
    if (is_left_over(conn) && before->owner_word == OWNER_LAST) {
        ghost_copy_owners(&pass->track->copier, conn, before);
        conn->owner_word = OWNER_LAST;
    }
    if (conn->offload == OFFLOAD_UPLOADING)
        conn->offload =
            (uint8_t)offload_decide(conn->ulp, conn->tls_tx, conn->tls_rx, conn->offload);
    account_standing_row(&pass->track->account, before, conn);
}

static void mark_row(struct conn *conn, enum conn_mark mark, uint8_t from, int64_t wall_ns)
{
    conn->mark = (uint8_t)mark;
    conn->from = from;
    conn->changed_ns = wall_ns;
    conn->state_since_ns = wall_ns;
    conn->known |= KNOWN_STATE_SINCE;
}

/* For a connection with a note and without a holder now. */
static void set_last_owner(struct pass *pass, struct conn *conn, const struct note *note)
{
    if (note->pid)
        ghost_set_owner(pass->next, conn, note, &pass->last_owner);
}

static void name_left_over(struct pass *pass, struct conn *conn, const struct note *note)
{
    if (note && (is_left_over(conn) || is_let_go(conn, note)))
        set_last_owner(pass, conn, note);
}

static void open_row(struct pass *pass, struct conn *conn, const struct note *note)
{
    const struct frame *previous = pass->previous, *next = pass->next;
    bool reported = note && note->opened;

    if (reported)
        bounds_exact(conn, opened_ns(pass, note));
    else
        bounds_from_info(conn, next, pass->track->settings.tick_ns);
    bounds_at_most(conn, next->wall_ns + next->dump_ns); /* it exists */
    if (!previous || pass_time(pass, conn)->was_listed)
        return;
    if (is_left(pass, conn)) {
        pass->found++;
        return;
    }
    /* A row that a dump skipped may be older than the last frame: bounds from tcp_info hold, and
     * contradicting ones are ignored. A namespace may be found long after its connections
     * opened. */
    const bool was_read = !pass_time(pass, conn)->is_new;
    /* A socket that a process has open now may not have been accepted yet then. */
    const enum netns_rows rows = conn->state == STATE_CLOSED ? NETNS_ROWS_BOUND : NETNS_ROWS_UNHELD;
    const int64_t since_ns = previous_ns(pass, conn->netns, rows);
    if (was_read)
        bounds_at_least(conn, since_ns);
    if (was_read && conn->created_max_ns >= since_ns)
        conn->known |= KNOWN_OPENED;
    name_left_over(pass, conn, note);
    mark_row(conn, MARK_OPENED, STATE_NONE, reported ? opened_ns(pass, note) : next->wall_ns);
    if (!reported &&
        !(note && note->state == STATE_DELETE_TCB)) { /* do not report an opening after its close */
        emit_open(&pass->emitter, conn);
        note_unreported(pass, conn->state, conn->state);
    }
}

static void change_row(struct pass *pass, const struct conn *before, struct conn *conn,
                       uint8_t from, const int64_t *since_ns)
{
    emit_state(&pass->emitter, before, conn, from, since_ns);
    note_unreported(pass, from, conn->state);
    mark_row(conn, MARK_CHANGED, from, pass->next->wall_ns);
}

/* The row confirms the note. */
static void bear_out(const struct pass *pass, struct conn *conn, const struct conn *before,
                     const struct note *note)
{
    const int64_t since_ns = changed_ns(pass, note);

    if (before && (before->state != conn->state || note->frames == 0))
        mark_row(conn, MARK_CHANGED, note->from, since_ns);
    conn->state_since_ns = since_ns;
    conn->known |= KNOWN_STATE_SINCE;
}

/* A row that was reported since the last frame, and perhaps dumped before that: changes that only
 * the row shows are reported; changes that only the note has are left to the next frame. */
static void settle_row(struct pass *pass, const struct conn *before, struct conn *conn,
                       struct note *note)
{
    bool closed = note->state == STATE_DELETE_TCB;
    bool behind = closed || state_may_reach((enum tcp_state)conn->state, note->state);
    bool kept = is_kept(pass, conn);

    note->matched = true;
    if (conn->state == note->state) {
        bear_out(pass, conn, before, note);
        note->frames = NOTE_FRAMES;
        return;
    }
    if (behind && (kept || ++note->frames < NOTE_FRAMES || closed)) {
        if (before && before->state != conn->state)
            mark_row(conn, MARK_CHANGED, before->state, pass->next->wall_ns);
        return;
    }
    const int64_t since_ns = changed_ns(pass, note);
    note->frames = NOTE_FRAMES;
    if (before)
        change_row(pass, before, conn, note->state, &since_ns);
    else if (note->opened && pass->previous)
        emit_state(&pass->emitter, NULL, conn, note->state, &since_ns);
}

static void track_row(struct pass *pass, uint32_t index)
{
    struct conn *conn = &pass->next->conns[index];
    uint32_t at = pass->diff->previous_of[index];
    const struct conn *before = at != CONN_NO_INDEX ? &pass->previous->conns[at] : NULL;
    bool stands = before && frame_row_stands(pass->next, conn);
    bool cookie_stands = before && (stands || before->cookie == conn->cookie);
    struct note *note = notes_find(&pass->track->notes, conn, cookie_stands);

    if (stands) {
        carry_standing(pass, before, conn);
    } else if (before) {
        carry(pass, before, conn);
        name_left_over(pass, conn, note);
        if (note && note->opened)
            bounds_exact(conn, opened_ns(pass, note));
        else if (!is_kept(pass, conn))
            bounds_from_info(conn, pass->next, pass->track->settings.tick_ns);
    } else {
        conn->serial = ++pass->track->serial;
        pass->found += pass_time(pass, conn)->was_listed;
        open_row(pass, conn, note);
        account_new_row(&pass->track->account, conn);
    }
    if (conn->state == STATE_LISTEN)
        queue_update(conn, pass->next->wall_ns, pass->previous != NULL);
    if (note) {
        settle_row(pass, before, conn, note);
    } else if (before && !stands && before->state != conn->state) {
        const int64_t since_ns = conn->state_since_ns; /* still that of its old state */
        bool known = (before->known & KNOWN_STATE_SINCE) != 0;
        change_row(pass, before, conn, before->state, known ? &since_ns : NULL);
    }
}

/* Its copy is complete, and only its state is counted. */
static bool stays_calm(const struct pass *pass, uint32_t index)
{
    const struct track *track = pass->track;
    const struct conn *conn = &pass->next->conns[index];

    if (!diff_calm(pass->diff, index) || pass->clock_set_ns)
        return false;
    return (!track->notes.count || !notes_find(&track->notes, conn, true)) &&
           !account_has_ending(&track->account, conn);
}

/* --- connections that were reported and never were a row --- */

static void conn_from_note(struct pass *pass, struct conn *conn, const struct note *note)
{
    conn->cookie = note->cookie;
    conn->tuple = note->tuple;
    conn->netns = note->netns;
    conn->serial = ++pass->track->serial;
    conn->offload = OFFLOAD_UNKNOWN;
    if (note->uid != UINT32_MAX) {
        conn->known |= KNOWN_UID;
        conn->uid = note->uid;
    }
    ghost_take_totals(conn, note);
    const int64_t ended_ns = changed_ns(pass, note);
    if (note->opened) {
        bounds_exact(conn, opened_ns(pass, note));
    } else if (note->age_ns >= 0) {
        bounds_at_least(conn, ended_ns - note->age_ns);
        bounds_at_most(conn, ended_ns - note->age_ns);
    } else {
        bounds_at_most(conn, ended_ns);
        bounds_at_least(conn, previous_ns(pass, note->netns, NETNS_ROWS_UNHELD));
    }
}

static void show_note(struct pass *pass, const struct note *note, int64_t wall_ns, int64_t mono_ns)
{
    bool reported = note->state == STATE_DELETE_TCB;
    struct conn conn = {.owner = CONN_NO_INDEX,
                        .owners = CONN_NO_INDEX,
                        .group = CONN_NO_INDEX,
                        .detail = CONN_NO_INDEX};

    conn_from_note(pass, &conn, note);
    if (!reported)
        emit_close(&pass->emitter, pass->next, &conn, note->state);
    pass->next->totals.opened++;
    pass->next->totals.closed++;
    if (!still_shown(pass, mono_ns))
        return;
    struct conn *ghost = frame_add_ghost(pass->next);
    if (!ghost) {
        pass->error = -ENOMEM;
        return;
    }
    *ghost = conn;
    set_last_owner(pass, ghost, note);
    ghost_mark(ghost, reported ? note->from : note->state, wall_ns);
    pass_add_closed(pass, mono_ns);
}

static bool note_stays(const struct note *note)
{
    return note->frames < NOTE_FRAMES;
}

static void settle_notes(struct pass *pass)
{
    struct notes *notes = &pass->track->notes;

    for (uint32_t i = 0; i < notes->count; i++) {
        struct note *note = &notes->notes[i];
        bool matched = note->matched || note->frames >= NOTE_FRAMES;
        note->matched = false;
        if (matched)
            continue;
        bool reported = note->state == STATE_DELETE_TCB;
        if (!reported && pass_time_of_rest(pass, note->netns, NETNS_ROWS_UNHELD)->is_kept)
            continue;
        note->frames = reported ? NOTE_FRAMES : (uint8_t)(note->frames + 1);
        if (!pass->previous || note->frames < NOTE_FRAMES)
            continue;
        if (reported)
            show_note(pass, note, changed_ns(pass, note), note->changed_mono_ns);
        else
            show_note(pass, note, pass->next->wall_ns, pass->next->mono_ns);
    }
    notes_sift(notes, note_stays);
}

/* --- the whole --- */

static void count_changes(struct totals *totals, const struct diff *diff)
{
    for (uint32_t i = 0; i < diff->change_count; i++) {
        totals->opened += diff->changes[i].kind == CHANGE_OPENED;
        totals->changed += diff->changes[i].kind == CHANGE_STATE;
        totals->closed += diff->changes[i].kind == CHANGE_CLOSED;
    }
}

static void close_rows(struct pass *pass)
{
    const struct diff *diff = pass->diff;
    for (uint32_t i = 0; i < diff->change_count; i++) {
        if (diff->changes[i].kind == CHANGE_CLOSED)
            close_row(pass, &diff->changes[i]);
    }
}

static void fetch_row(const struct conn *conn)
{
    for (size_t at = 0; at < sizeof(*conn); at += FETCH_LINE)
        __builtin_prefetch((const char *)conn + at);
}

/* Rows are not in the cache: two frames of 200,000 rows take 90 MB. */
static void fetch_ahead(const struct pass *pass, uint32_t index)
{
    if (index >= pass->next->live_count)
        return;
    if (diff_calm(pass->diff, index)) {
        __builtin_prefetch(&pass->next->conns[index].cookie);
        return;
    }
    fetch_row(&pass->next->conns[index]);
    if (pass->next->all_ns) /* for partial frames one note per row is enough */
        return;
    uint32_t before = pass->diff->previous_of[index];
    if (before != CONN_NO_INDEX)
        fetch_row(&pass->previous->conns[before]);
}

static void pass_run(struct pass *pass)
{
    struct frame *next = pass->next;

    next->totals = (struct totals){0};
    if (pass->previous)
        ghost_copier_begin(&pass->track->copier, pass->previous, next);
    account_begin(&pass->track->account, &pass->track->copier, pass->previous, next);
    emit_netns_appeared(&pass->emitter);
    if (pass->previous) {
        keep_ghosts(pass);
        close_rows(pass);
    }
    emit_netns_ended(&pass->emitter);
    for (uint32_t i = 0; i < next->live_count; i++) {
        fetch_ahead(pass, i + FETCH_AHEAD);
        if (stays_calm(pass, i)) {
            next->totals.states[diff_calm(pass->diff, i)]++;
            continue;
        }
        track_row(pass, i);
        totals_add(&next->totals, &next->conns[i]); /* while it is in the cache */
    }
    forget_left(pass);
    settle_notes(pass);
    account_finish(&pass->track->account);
    if (pass->track->account.error)
        pass->error = pass->track->account.error;
    count_changes(&next->totals, pass->diff);
    next->totals.opened -= pass->found;
    next->totals.live = next->live_count;
    next->totals.states[STATE_DELETE_TCB] += next->conn_count - next->live_count;
}

int track_apply(struct track *track, const struct frame *previous, struct frame *next,
                const struct diff *diff, struct event_ring *ring)
{
    struct pass pass = {
        .track = track,
        .previous = previous,
        .next = next,
        .diff = diff,
        .emitter = {
            .previous = previous, .next = next, .ring = ring, .tick_ns = track->settings.tick_ns}};
    uint32_t ghosts = diff->change_count + track->notes.count;
    if (previous) {
        pass.emitter.elapsed_ns = next->mono_ns - previous->mono_ns;
        pass.clock_set_ns =
            frame_time_of(next, previous->wall_ns, previous->mono_ns) - previous->wall_ns;
        ghosts += previous->conn_count - previous->live_count;
    }
    pass.error = GROW(track->closed, track->closed_capacity, ghosts);
    pass.ghosts = !pass.error;
    if (ring)
        next->first_event = previous ? previous->next_event : event_ring_next(ring);

    pass_run(&pass);
    if (ring)
        next->next_event = event_ring_next(ring);
    return pass.error;
}
