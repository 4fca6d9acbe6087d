/* track: what rows carry from frame to frame, which ghosts stay, which events are reported. */
#include "play.h"

static void first_frame_opens_nothing(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 1, STATE_LISTEN);
    rows_add(play.next, 2, STATE_ESTABLISHED);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(frame->conns[i].serial, i + 1);
        assert_int_equal(frame->conns[i].mark, MARK_NONE);
        assert_int_equal(frame->conns[i].changed_ns, 0);
        assert_int_equal(frame->conns[i].known &
                             (KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_STATE_SINCE),
                         KNOWN_CREATED_MAX); /* it is at least as old as the frame */
        assert_int_equal(frame->conns[i].created_max_ns, frame->wall_ns);
    }
    assert_int_equal(frame->totals.live, 2);
    play_end(&play);
}

static void add_owner(struct frame *frame, struct conn *row, int32_t pid, const char *comm)
{
    struct proc *proc = frame_add_proc(frame);
    proc->pid = pid;
    proc->start_ticks = 99;
    proc->comm = frame_copy_text(frame, comm);
    struct group *group = frame_add_group(frame);
    group->path = frame_copy_text(frame, "/system.slice/web.service");
    group->unit = frame_copy_text(frame, "web.service");
    proc->group = row->group = frame->group_count - 1;
    row->owner_word = OWNER_PROCESS;
    row->owner = frame->proc_count - 1;
    row->owners = frame->owner_ref_count;
    row->owner_count = 1;
    frame_add_owner_ref(frame, row->owner);
}

/* The whole life of one connection, a state a frame, and its ghost. */
static void a_life(void **unused)
{
    static const uint8_t states[] = {STATE_SYN_SENT, STATE_ESTABLISHED, STATE_FIN_WAIT_1,
                                     STATE_FIN_WAIT_2, STATE_TIME_WAIT};
    struct play play;
    const struct conn *row = NULL;
    (void)unused;
    play_begin(&play);
    play_step(&play);
    for (size_t i = 0; i < UNIT_COUNT(states); i++) {
        struct conn *added = rows_add(play.next, 7, states[i]);
        if (states[i] != STATE_TIME_WAIT)
            add_owner(play.next, with_bytes(added, 10 * i, 20 * i), 55, "curl");
        else
            add_owner(play.next, added, 55, "curl");
        const struct frame *frame = play_step(&play);
        row = row_of(frame, 7);
        assert_int_equal(row->serial, 1);
        assert_int_equal(row->changed_ns, frame->wall_ns);
        assert_int_equal(row->mark, i ? MARK_CHANGED : MARK_OPENED);
        assert_int_equal(row->from, i ? states[i - 1] : STATE_NONE);
        assert_int_equal(play.reported_count, 1);
        check_reported(&play, 0, i ? EVENT_STATE : EVENT_OPEN, row->from, states[i]);
        assert_int_equal(play.reported[0].polled_jump, 0);
        assert_int_equal(play.reported[0].pid, 55);
        assert_string_equal(play.reported[0].name, "curl");
        assert_int_equal(play.reported[0].has_duration, i > 0);
        if (i)
            assert_int_equal(play.reported[0].duration_ns, SECOND);
        assert_int_equal(play.reported[0].has_totals, states[i] == STATE_TIME_WAIT);
    }
    assert_int_equal(play.reported[0].in_bytes, 30);
    int64_t created = row->created_max_ns;

    const struct frame *frame = play_step(&play);
    check_reported(&play, 0, EVENT_CLOSE, STATE_TIME_WAIT, STATE_DELETE_TCB);
    assert_int_equal(play.reported[0].has_duration, 1);
    assert_int_equal(play.reported[0].duration_ns, frame->wall_ns - created);
    assert_int_equal(play.reported[0].pid, 55);
    assert_int_equal(frame->totals.closed, 1);
    for (int shown = 0; shown < 3; shown++) {
        assert_int_equal(frame->live_count, 0);
        assert_int_equal(frame->conn_count, 1);
        row = &frame->conns[0];
        assert_true(conn_is_ghost(row));
        assert_int_equal(row->serial, 1);
        assert_int_equal(row->from, STATE_TIME_WAIT);
        assert_int_equal(row->mark, MARK_CLOSED);
        assert_int_equal(row->owner_word, OWNER_LAST);
        assert_string_equal(frame_owner(frame, row)->comm, "curl");
        assert_int_equal(frame_holder(frame, row, 0)->pid, 55);
        assert_string_equal(frame_group(frame, row)->unit, "web.service");
        assert_int_equal(frame->totals.states[STATE_DELETE_TCB], 1);
        frame = play_step(&play);
        assert_int_equal(play.reported_count, 0);
    }
    assert_int_equal(frame->conn_count, 0);
    play_end(&play);
}

/* A ghost's process that next lists already is not copied; one whose pid is another's now is gone.
 */
static void ghosts_find_their_process(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    add_owner(play.next, rows_add(play.next, 1, STATE_ESTABLISHED), 10, "one");
    add_owner(play.next, rows_add(play.next, 2, STATE_ESTABLISHED), 11, "two");
    add_owner(play.next, rows_add(play.next, 3, STATE_ESTABLISHED), 12, "three");
    play_step(&play);
    add_owner(play.next, rows_add(play.next, 4, STATE_ESTABLISHED), 11, "two");
    add_owner(play.next, rows_add(play.next, 5, STATE_ESTABLISHED), 12, "another");
    play.next->procs[1].start_ticks = 100;
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->proc_count, 4);
    assert_int_equal(frame->group_count, 2);
    assert_string_equal(frame_owner(frame, row_of(frame, 1))->comm, "one");
    assert_false(frame_owner(frame, row_of(frame, 1))->gone);
    assert_int_equal(row_of(frame, 2)->owner, 0);
    assert_string_equal(frame_owner(frame, row_of(frame, 3))->comm, "three");
    assert_true(frame_owner(frame, row_of(frame, 3))->gone);
    play_end(&play);
}

static void jumps_are_reported_as_such(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    play_step(&play);
    rows_add(play.next, 1, STATE_TIME_WAIT);
    play_step(&play);
    check_reported(&play, 0, EVENT_STATE, STATE_ESTABLISHED, STATE_TIME_WAIT);
    assert_int_equal(play.reported[0].polled_jump, 1);
    assert_int_equal(play.reported[0].has_duration, 0);
    assert_int_equal(play.reported[0].exact, 0);
    play_end(&play);
}

static void marks_end_with_the_highlight(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    play_step(&play);
    for (int second = 0; second < 5; second++) {
        rows_add(play.next, 1, STATE_LISTEN);
        const struct frame *frame = play_step(&play);
        assert_int_equal(frame->conns[0].mark, second < 3 ? MARK_OPENED : MARK_NONE);
        assert_true(frame->conns[0].changed_ns != 0);
    }
    play_end(&play);
}

/* The next frame is of a wall clock that was set by that much; so are those after it. */
static void set_clock(struct play *play, int64_t by_ns)
{
    play->next->wall_ns += by_ns;
}

/* Set a day forward or an hour back, the clock changes labels and no duration. */
static void a_clock_that_is_set_moves_no_duration(void **unused)
{
    static const int64_t STEPS[] = {86400 * SECOND, -3600 * SECOND};

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(STEPS); i++) {
        const int64_t step = STEPS[i];
        struct play play;
        play_begin(&play);
        rows_add(play.next, 1, STATE_ESTABLISHED);
        rows_add(play.next, 3, STATE_ESTABLISHED);
        play_step(&play);
        rows_add(play.next, 1, STATE_ESTABLISHED);
        rows_add(play.next, 2, STATE_ESTABLISHED); /* opens in second 1 */
        play_step(&play);                          /* 3 closes in it */
        rows_add(play.next, 1, STATE_ESTABLISHED);
        rows_add(play.next, 2, STATE_ESTABLISHED);
        set_clock(&play, step);
        const struct frame *frame = play_step(&play);
        const struct conn *row = row_of(frame, 2);
        assert_int_equal(row->mark, MARK_OPENED);
        assert_int_equal(frame->wall_ns - row->changed_ns, SECOND);
        assert_int_equal(frame->wall_ns - row->state_since_ns, SECOND);
        assert_int_equal(frame->wall_ns - row->created_max_ns, SECOND);
        assert_int_equal(frame->wall_ns - row->created_min_ns, 2 * SECOND);
        const struct conn *ghost = row_of(frame, 3);
        assert_non_null(ghost);
        assert_int_equal(frame->wall_ns - ghost->changed_ns, SECOND);

        rows_add(play.next, 1, STATE_ESTABLISHED);
        rows_add(play.next, 2, STATE_CLOSE_WAIT);
        set_clock(&play, step);
        frame = play_step(&play);
        check_reported(&play, 0, EVENT_STATE, STATE_ESTABLISHED, STATE_CLOSE_WAIT);
        assert_int_equal(play.reported[0].duration_ns, 2 * SECOND);
        set_clock(&play, step); /* 1 is gone, 2 closes */
        frame = play_step(&play);
        assert_int_equal(play.reported_count, 2);
        assert_int_equal(play.reported[1].serial, row_of(frame, 2)->serial);
        assert_int_equal(play.reported[1].duration_ns, 3 * SECOND);
        for (int second = 0; second < 3; second++) { /* marks and ghosts end in time */
            set_clock(&play, step);
            frame = play_step(&play);
        }
        assert_int_equal(frame->conn_count, 0);
        play_end(&play);
    }
}

/* Set back while a row is marked: the mark ends with its three seconds all the same. */
static void a_mark_ends_though_the_clock_was_set_back(void **unused)
{
    struct play play;

    (void)unused;
    play_begin(&play);
    play_step(&play);
    for (int second = 1; second <= 5; second++) {
        rows_add(play.next, 1, STATE_ESTABLISHED);
        set_clock(&play, second > 1 ? -7200 * SECOND : 0);
        const struct frame *frame = play_step(&play);
        assert_int_equal(row_of(frame, 1)->mark, second < 4 ? MARK_OPENED : MARK_NONE);
    }
    play_end(&play);
}

static void serials_are_stable_and_rise(void **unused)
{
    uint64_t seed = 1, serials[200] = {0}, highest = 0;
    struct play play;
    (void)unused;
    play_begin(&play);
    for (int second = 0; second < 40; second++) {
        uint64_t base = highest;
        bool there[200] = {false};
        for (uint32_t n = 1; n < 20; n++) {
            uint32_t cookie = (uint32_t)(unit_random(&seed) % 199 + 1);
            if (!there[cookie])
                rows_add(play.next, cookie, STATE_ESTABLISHED);
            there[cookie] = true;
        }
        const struct frame *frame = play_step(&play);
        for (uint32_t i = 0; i < frame->live_count; i++) {
            const struct conn *row = &frame->conns[i];
            if (serials[row->cookie])
                assert_int_equal(row->serial, serials[row->cookie]);
            else
                assert_int_equal(row->serial, ++highest);
            serials[row->cookie] = row->serial;
        }
        assert_true(highest >= base);
        for (uint32_t c = 0; c < 200; c++) /* once gone, a cookie is another connection */
            serials[c] = there[c] ? serials[c] : 0;
    }
    play_end(&play);
}

/* Numbers of events and of changes agree with what the frames say, over random frames. */
static void events_are_covered_by_frames(void **unused)
{
    uint64_t seed = 99;
    struct play play;
    (void)unused;
    play_begin(&play);
    for (int second = 0; second < 100; second++) {
        for (uint32_t n = 1; n < 20; n++) {
            if (unit_random(&seed) % 3)
                rows_add(play.next, n, (enum tcp_state)(unit_random(&seed) % 3 + STATE_FIN_WAIT_1));
        }
        const struct frame *frame = play_step(&play);
        const struct totals *totals = &frame->totals;
        assert_int_equal(frame->next_event - frame->first_event, play.reported_count);
        assert_int_equal(totals->opened + totals->changed + totals->closed, play.reported_count);
        for (uint32_t i = 0; i < play.reported_count; i++)
            assert_int_equal(play.reported[i].number, frame->first_event + i);
    }
    play_end(&play);
}

static void offload_comes_back_to_the_host(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    for (int second = 0; second < 3; second++) {
        struct conn *row = rows_add(play.next, 1, STATE_ESTABLISHED);
        row->ulp = ULP_TLS;
        row->tls_tx = row->tls_rx = second ? TLS_CONF_IS_SW : TLS_CONF_IS_HW;
        row->offload = (uint8_t)offload_decide(row->ulp, row->tls_tx, row->tls_rx, OFFLOAD_UNKNOWN);
        static const uint8_t expected[] = {OFFLOAD_OFFLOADED, OFFLOAD_UPLOADING, OFFLOAD_IN_HOST};
        assert_int_equal(row_of(play_step(&play), 1)->offload, expected[second]);
    }
    play_end(&play);
}

static void reused_tuple_is_one_closed_one_opened(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    play_step(&play);
    rows_add(play.next, 2, STATE_ESTABLISHED)->tuple = rows_tuple(1);
    const struct frame *frame = play_step(&play);
    check_reported(&play, 0, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB);
    check_reported(&play, 1, EVENT_OPEN, STATE_NONE, STATE_ESTABLISHED);
    assert_int_equal(play.reported_count, 2);
    assert_int_equal(frame->live_count, 1);
    assert_int_equal(frame->conn_count, 2);
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_frame_opens_nothing),
        cmocka_unit_test(a_life),
        cmocka_unit_test(ghosts_find_their_process),
        cmocka_unit_test(jumps_are_reported_as_such),
        cmocka_unit_test(marks_end_with_the_highlight),
        cmocka_unit_test(a_clock_that_is_set_moves_no_duration),
        cmocka_unit_test(a_mark_ends_though_the_clock_was_set_back),
        cmocka_unit_test(serials_are_stable_and_rise),
        cmocka_unit_test(events_are_covered_by_frames),
        cmocka_unit_test(offload_comes_back_to_the_host),
        cmocka_unit_test(reused_tuple_is_one_closed_one_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
