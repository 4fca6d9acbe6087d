/* track: what an events source reported between frames makes times exact and is not reported twice. */
#include "play.h"

#include <stdio.h>

static struct event an_event(const struct play *play, uint64_t cookie, enum event_kind kind,
                             enum tcp_state from, enum tcp_state to, int64_t wall_ns)
{
    return (struct event){.kind = (uint8_t)kind,
                          .origin = EVENT_FROM_BPF,
                          .exact = 1,
                          .cookie = cookie,
                          .netns = 1,
                          .uid = UINT32_MAX,
                          .tuple = rows_tuple((uint32_t)cookie),
                          .from = (uint8_t)from,
                          .to = (uint8_t)to,
                          .wall_ns = wall_ns,
                          .mono_ns = wall_ns - play->next->wall_ns + play->next->mono_ns};
}

static void name_owner(struct event *event)
{
    event->pid = 4242;
    snprintf(event->name, sizeof(event->name), "short-lived");
}

static void note(struct play *play, uint64_t cookie, enum event_kind kind, enum tcp_state from,
                 enum tcp_state to, int64_t wall_ns)
{
    struct event event = an_event(play, cookie, kind, from, to, wall_ns);
    if (kind == EVENT_CLOSE) {
        event.has_totals = 1;
        event.in_bytes = 777;
        event.out_bytes = 888;
        name_owner(&event);
    }
    assert_int_equal(track_note_event(play->track, &event), 0);
}

/* A step of which the process is known. */
static void note_by(struct play *play, uint64_t cookie, enum tcp_state from, enum tcp_state to,
                    int64_t wall_ns)
{
    struct event event = an_event(play, cookie, EVENT_STATE, from, to, wall_ns);
    name_owner(&event);
    assert_int_equal(track_note_event(play->track, &event), 0);
}

static void notes_make_times_exact(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 2, STATE_ESTABLISHED);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 1, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 100 * MS);
    note(&play, 1, EVENT_STATE, STATE_SYN_SENT, STATE_ESTABLISHED, first_ns + 130 * MS);
    note(&play, 2, EVENT_STATE, STATE_ESTABLISHED, STATE_CLOSE_WAIT, first_ns + 200 * MS);
    rows_add(play.next, 2, STATE_CLOSE_WAIT);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    const struct conn *row = row_of(frame, 1);
    assert_int_equal(row->created_min_ns, first_ns + 100 * MS);
    assert_int_equal(row->created_max_ns, first_ns + 100 * MS);
    assert_int_equal(row->mark, MARK_OPENED);
    assert_int_equal(row->state_since_ns, first_ns + 130 * MS);
    row = row_of(frame, 2);
    assert_int_equal(row->mark, MARK_CHANGED);
    assert_int_equal(row->from, STATE_ESTABLISHED);
    assert_int_equal(row->changed_ns, first_ns + 200 * MS);

    /* only what is beyond the notes is reported */
    note(&play, 1, EVENT_STATE, STATE_ESTABLISHED, STATE_FIN_WAIT_1, first_ns + 1100 * MS);
    rows_add(play.next, 2, STATE_CLOSE_WAIT);
    rows_add(play.next, 1, STATE_TIME_WAIT);
    play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_STATE, STATE_FIN_WAIT_1, STATE_TIME_WAIT);
    assert_int_equal(play.reported[0].duration_ns, 900 * MS);
    rows_add(play.next, 2, STATE_CLOSE_WAIT);
    play_step(&play);
    check_reported(&play, 0, EVENT_CLOSE, STATE_TIME_WAIT, STATE_DELETE_TCB);
    assert_int_equal(play.reported[0].duration_ns, 2900 * MS);
    play_end(&play);
}

/* The row was dumped before what was reported: the next frame shows it, and tells nothing again. */
static void notes_may_be_ahead_of_the_dump(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    rows_add(play.next, 2, STATE_ESTABLISHED);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 1, EVENT_STATE, STATE_ESTABLISHED, STATE_CLOSE_WAIT, first_ns + 1001 * MS);
    note(&play, 2, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB, first_ns + 1001 * MS);
    note(&play, 3, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 1002 * MS);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    rows_add(play.next, 2, STATE_ESTABLISHED);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    rows_add(play.next, 1, STATE_CLOSE_WAIT);
    rows_add(play.next, 3, STATE_SYN_SENT);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(row_of(frame, 1)->changed_ns, first_ns + 1001 * MS);
    assert_int_equal(row_of(frame, 1)->mark, MARK_CHANGED);
    assert_int_equal(row_of(frame, 2)->state, STATE_DELETE_TCB);
    assert_int_equal(row_of(frame, 2)->changed_ns, first_ns + 1001 * MS);
    assert_int_equal(row_of(frame, 2)->in_bytes, 777);
    assert_int_equal(row_of(frame, 3)->created_min_ns, first_ns + 1002 * MS);
    play_end(&play);
}

/* Dumped while it was open, and closed before its holder was looked for. */
static void a_row_whose_holder_was_missed_has_the_owner_that_events_name(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    for (uint64_t cookie = 1; cookie <= 3; cookie++) {
        struct conn *conn = rows_add(play.next, (uint32_t)cookie, STATE_ESTABLISHED);
        conn->known |= KNOWN_INODE;
        conn->inode = 77;
        conn->owner_word = cookie == 2 ? OWNER_HIDDEN : OWNER_UNKNOWN;
        note(&play, cookie, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 900 * MS);
        note(&play, cookie, EVENT_STATE, STATE_SYN_SENT, STATE_ESTABLISHED, first_ns + 901 * MS);
        if (cookie < 3)
            note(&play, cookie, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB,
                 first_ns + 1001 * MS);
    }
    const struct frame *frame = play_step(&play);
    assert_int_equal(row_of(frame, 1)->owner_word, OWNER_LAST);
    assert_string_equal(frame_owner(frame, row_of(frame, 1))->comm, "short-lived");
    assert_int_equal(row_of(frame, 2)->owner_word, OWNER_HIDDEN);
    assert_int_equal(row_of(frame, 3)->owner_word, OWNER_UNKNOWN); /* it is open: look again */
    play_end(&play);
}

/* Frames show it open without its holder, then closed and not yet at its end. What is shown last is not reported, and has
 * the owner of before. */
static void what_is_closed_keeps_the_owner_that_events_name(void **unused)
{
    static const enum tcp_state LEFT[] = {STATE_FIN_WAIT_1, STATE_CLOSING, STATE_LAST_ACK,
                                          STATE_FIN_WAIT_2, STATE_TIME_WAIT};
    (void)unused;
    for (int seen = 0; seen < 2; seen++) {
        for (size_t i = 0; i < sizeof(LEFT) / sizeof(LEFT[0]); i++) {
            struct play play;
            play_begin(&play);
            int64_t last_ns = play_step(&play)->wall_ns;
            if (seen) {
                rows_add(play.next, 1, STATE_ESTABLISHED)->owner_word = OWNER_UNKNOWN;
                note(&play, 1, EVENT_OPEN, STATE_NONE, STATE_ESTABLISHED, last_ns + 900 * MS);
                last_ns = play_step(&play)->wall_ns;
            } else {
                note(&play, 1, EVENT_OPEN, STATE_NONE, STATE_ESTABLISHED, last_ns + 900 * MS);
            }
            rows_add(play.next, 1, LEFT[i])->owner_word = OWNER_NONE;
            note_by(&play, 1, STATE_ESTABLISHED, LEFT[i], last_ns + 901 * MS);
            const struct frame *frame = play_step(&play);
            assert_int_equal(row_of(frame, 1)->owner_word, OWNER_LAST);
            assert_string_equal(frame_owner(frame, row_of(frame, 1))->comm, "short-lived");
            if (LEFT[i] != STATE_TIME_WAIT) {
                rows_add(play.next, 1, STATE_TIME_WAIT)->owner_word = OWNER_NONE;
                frame = play_step(&play);
                assert_int_equal(play.reported_count, 1);
                assert_int_equal(play.reported[0].to, STATE_TIME_WAIT);
                assert_int_equal(play.reported[0].pid, 4242);
            }
            play_end(&play);
        }
    }
}

/* One that a process holds is not closed: shutdown() was called. */
static void what_is_held_has_no_owner_of_before(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    const int64_t first_ns = play_step(&play)->wall_ns;
    struct conn *conn = rows_add(play.next, 1, STATE_FIN_WAIT_1);
    conn->known |= KNOWN_INODE;
    conn->inode = 77;
    conn->owner_word = OWNER_UNKNOWN;
    note_by(&play, 1, STATE_ESTABLISHED, STATE_FIN_WAIT_1, first_ns + 901 * MS);
    assert_int_equal(row_of(play_step(&play), 1)->owner_word, OWNER_UNKNOWN);
    play_end(&play);
}

static void never_a_row_becomes_a_ghost(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 9, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 10 * MS);
    note(&play, 9, EVENT_STATE, STATE_SYN_SENT, STATE_ESTABLISHED, first_ns + 11 * MS);
    note(&play, 9, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB, first_ns + 15 * MS);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(frame->live_count, 0);
    assert_int_equal(frame->conn_count, 1);
    const struct conn *row = &frame->conns[0];
    assert_int_equal(row->state, STATE_DELETE_TCB);
    assert_int_equal(row->from, STATE_ESTABLISHED);
    assert_int_equal(row->mark, MARK_CLOSED);
    assert_int_equal(row->serial, 1);
    assert_int_equal(row->created_min_ns, first_ns + 10 * MS);
    assert_int_equal(row->created_max_ns, first_ns + 10 * MS);
    assert_int_equal(row->changed_ns, first_ns + 15 * MS);
    assert_int_equal(row->in_bytes, 777);
    assert_int_equal(conn_out_bytes(row), 888);
    assert_int_equal(row->owner_word, OWNER_LAST);
    assert_string_equal(frame_owner(frame, row)->comm, "short-lived");
    assert_int_equal(frame->totals.opened, 1);
    assert_int_equal(frame->totals.closed, 1);
    for (int shown = 1; shown < 4; shown++) {
        frame = play_step(&play);
        assert_int_equal(frame->conn_count, shown < 3);
    }
    play_end(&play);
}

/* Told as open, borne out by no frame, never reported as closed: its close is reported in its stead. */
static void what_was_reported_open_is_reported_closed(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 9, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 10 * MS);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_CLOSE, STATE_SYN_SENT, STATE_DELETE_TCB);
    assert_int_equal(frame->conn_count, 1);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    play_end(&play);
}

/* A socket never dumped has another cookie in its destroy message than its TIME-WAIT row. */
static void lazy_cookies_are_joined_by_tuple(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 5, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 10 * MS);
    note(&play, 5, EVENT_STATE, STATE_ESTABLISHED, STATE_TIME_WAIT, first_ns + 20 * MS);
    rows_add(play.next, 6, STATE_TIME_WAIT)->tuple = rows_tuple(5);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(frame->conn_count, 1);
    assert_int_equal(frame->conns[0].created_min_ns, first_ns + 10 * MS);
    assert_int_equal(frame->conns[0].state_since_ns, first_ns + 20 * MS);
    play_end(&play);
}

/* A tuple is used again while its TIME-WAIT stands, and the new connection is reported to its end after
 * the dump: the row dumped is the old one's, and nothing of the new one is reported again. */
static void a_tuple_used_again_keeps_its_note(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 9, STATE_TIME_WAIT)->tuple = rows_tuple(5);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 5, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, first_ns + 1001 * MS);
    note(&play, 5, EVENT_STATE, STATE_FIN_WAIT_2, STATE_TIME_WAIT, first_ns + 1003 * MS);
    rows_add(play.next, 9, STATE_TIME_WAIT)->tuple = rows_tuple(5);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(row_of(frame, 9)->mark, MARK_NONE);
    rows_add(play.next, 5, STATE_TIME_WAIT);
    frame = play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_CLOSE, STATE_TIME_WAIT, STATE_DELETE_TCB);
    assert_int_equal(play.reported[0].cookie, 9);
    assert_int_equal(row_of(frame, 5)->created_max_ns, first_ns + 1001 * MS);
    assert_int_equal(row_of(frame, 5)->state_since_ns, first_ns + 1003 * MS);
    play_end(&play);
}

/* Its end was reported before the dump that still had it was tracked: no opening may follow. */
static void no_opening_is_reported_after_the_close(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    note(&play, 7, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB, first_ns + 1001 * MS);
    rows_add(play.next, 7, STATE_ESTABLISHED);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(row_of(frame, 7)->state, STATE_DELETE_TCB);
    play_end(&play);
}

static void many_notes(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t n = 1; n <= 3000; n++) {
            struct event event = {.kind = EVENT_OPEN,
                                  .cookie = n,
                                  .netns = 1,
                                  .uid = UINT32_MAX,
                                  .to = STATE_SYN_SENT,
                                  .wall_ns = first_ns + n,
                                  .mono_ns = play.previous->mono_ns + n,
                                  .tuple = rows_tuple(n + 3000 * round)};
            assert_int_equal(track_note_event(play.track, &event), 0);
        }
    }
    for (uint32_t n = 1; n <= 3000; n++)
        rows_add(play.next, n, STATE_SYN_SENT)->tuple = rows_tuple(n + 6000);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(frame->conn_count, 3000);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(frame->conns[i].created_min_ns,
                         first_ns + (int64_t)frame->conns[i].cookie);
    play_end(&play);
}

static void lost_events_are_ignored(void **unused)
{
    struct play play;
    struct event event = {.kind = EVENT_LOST, .lost = 5};
    (void)unused;
    play_begin(&play);
    assert_int_equal(track_note_event(play.track, &event), 0);
    play_step(&play);
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->conn_count + play.reported_count, 0);
    track_free(NULL);
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_make_times_exact),
        cmocka_unit_test(notes_may_be_ahead_of_the_dump),
        cmocka_unit_test(a_row_whose_holder_was_missed_has_the_owner_that_events_name),
        cmocka_unit_test(what_is_closed_keeps_the_owner_that_events_name),
        cmocka_unit_test(what_is_held_has_no_owner_of_before),
        cmocka_unit_test(never_a_row_becomes_a_ghost),
        cmocka_unit_test(what_was_reported_open_is_reported_closed),
        cmocka_unit_test(lazy_cookies_are_joined_by_tuple),
        cmocka_unit_test(a_tuple_used_again_keeps_its_note),
        cmocka_unit_test(no_opening_is_reported_after_the_close),
        cmocka_unit_test(many_notes),
        cmocka_unit_test(lost_events_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
