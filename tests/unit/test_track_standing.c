/* track: frames that read some rows only. What was not read stands, what was read is counted over the time since
 * it was read before, and nothing is counted twice or lost. */
#include "play.h"

#define WATCHED 1u
#define OTHER   2u
#define RATE    1000u /* bytes a second that each receives */

/* A row of the frame to come, as it is then. */
static struct conn *add_read(struct play *play, uint32_t n, uint64_t in)
{
    struct conn *conn = with_bytes(rows_add(play->next, n, STATE_ESTABLISHED), in, 0);
    if (play->next->all_ns)
        conn->known |= KNOWN_READ;
    return conn;
}

/* As it was. */
static void add_standing(struct play *play, uint32_t n)
{
    struct conn *conn = frame_add_conn(play->next);
    *conn = *row_of(play->previous, n);
    conn->known &= ~(uint32_t)KNOWN_READ;
    conn->mark = MARK_NONE;
}

static void list_netns(struct play *play, bool some)
{
    const struct frame *previous = play->previous;
    struct frame *next = play->next;
    if (some)
        next->all_ns = previous->all_ns ? previous->all_ns : previous->mono_ns;
    frame_add_netns(next, 1)->read_ns = some ? next->all_ns : next->mono_ns;
}

static void begin(struct play *play)
{
    play_begin(play);
    list_netns(play, false);
    add_read(play, WATCHED, 0);
    add_read(play, OTHER, 0);
    play_step(play);
    list_netns(play, false);
    add_read(play, WATCHED, RATE);
    add_read(play, OTHER, RATE);
    play_step(play);
}

/* A frame of which only the watched row was read. */
static const struct frame *step_some(struct play *play)
{
    list_netns(play, true);
    add_read(play, WATCHED, RATE * (uint64_t)(play->second - 1));
    add_standing(play, OTHER);
    return play_step(play);
}

static void what_is_not_read_stands(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    for (int i = 0; i < 8; i++) {
        const struct frame *frame = step_some(&play);
        assert_int_equal(conn_in_rate(row_of(frame, WATCHED)), RATE);
        assert_int_equal(conn_in_rate(row_of(frame, OTHER)), RATE);
        assert_int_equal(row_of(frame, OTHER)->in_bytes, RATE);
        assert_int_equal(frame->totals.in_interval, RATE);
        assert_int_equal(frame->totals.in_bytes_per_s, 2 * RATE);
        assert_true(frame_row_stands(frame, row_of(frame, OTHER)));
        assert_false(frame_row_stands(frame, row_of(frame, WATCHED)));
        assert_int_equal(play.reported_count, 0);
    }
    /* All: eight seconds of the one, one of the other. */
    list_netns(&play, false);
    add_read(&play, WATCHED, 10 * RATE);
    add_read(&play, OTHER, 10 * RATE);
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->totals.in_interval, 10 * RATE);
    assert_int_equal(frame->totals.in_total, 20 * RATE);
    assert_int_equal(conn_in_rate(row_of(frame, WATCHED)), RATE);
    assert_int_equal(conn_in_rate(row_of(frame, OTHER)), RATE);
    assert_int_equal(frame->totals.unreported, 0);
    play_end(&play);
}

/* One that was read alone, and then no more, is counted from there. */
static void each_row_has_its_own_time(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    step_some(&play);
    step_some(&play);
    for (int i = 0; i < 4; i++) { /* it has left the screen */
        list_netns(&play, true);
        add_standing(&play, WATCHED);
        add_standing(&play, OTHER);
        assert_int_equal(play_step(&play)->totals.in_interval, 0);
    }
    list_netns(&play, true);
    add_read(&play, WATCHED, 8 * RATE); /* 5 s later */
    add_standing(&play, OTHER);
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->totals.in_interval, 5 * RATE);
    assert_int_equal(conn_in_rate(row_of(frame, WATCHED)), RATE);
    play_end(&play);
}

static void what_was_sent_lately_stands_too(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    for (unsigned i = 0; i < 2; i++) {
        list_netns(&play, false);
        with_bytes(rows_add(play.next, OTHER, STATE_ESTABLISHED), 0, 500 * i)->bytes_retrans =
            50 * i;
        play_step(&play);
    }
    assert_int_equal(row_of(play.previous, OTHER)->sent_10s, 500);
    for (int i = 0; i < 20; i++) {
        list_netns(&play, true);
        add_standing(&play, OTHER);
        const struct conn *conn = row_of(play_step(&play), OTHER);
        assert_int_equal(conn->sent_10s, 500);
        assert_int_equal(conn->retrans_10s, 50);
    }
    list_netns(&play, false);
    with_bytes(rows_add(play.next, OTHER, STATE_ESTABLISHED), 0, 500)->bytes_retrans = 50;
    assert_int_equal(row_of(play_step(&play), OTHER)->sent_10s, 0); /* 21 s ago */
    play_end(&play);
}

static void note_close(struct play *play, uint32_t cookie)
{
    const struct event event = {.kind = EVENT_CLOSE,
                                .origin = EVENT_FROM_BPF,
                                .exact = 1,
                                .cookie = cookie,
                                .netns = 1,
                                .uid = UINT32_MAX,
                                .tuple = rows_tuple(cookie),
                                .from = STATE_ESTABLISHED,
                                .to = STATE_DELETE_TCB,
                                .wall_ns = play->next->wall_ns - 500 * MS,
                                .mono_ns = play->next->mono_ns - 500 * MS};
    assert_int_equal(track_note_event(play->track, &event), 0);
}

/* Its last bytes are counted over the time since it was read. */
static void an_end_that_was_reported_is_no_news(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    for (int i = 0; i < 3; i++)
        step_some(&play);
    const struct socket_end end = {.cookie = OTHER,
                                   .tuple = rows_tuple(OTHER),
                                   .netns = 1,
                                   .mono_ns = play.next->mono_ns - 500 * MS,
                                   .idle_ns = -1,
                                   .counters = {5 * RATE, 0, 0},
                                   .uid = UINT32_MAX};
    note_close(&play, OTHER);
    assert_int_equal(track_note_end(play.track, &end), 0);
    list_netns(&play, true);
    add_read(&play, WATCHED, RATE * (uint64_t)(play.second - 1));
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(row_of(frame, OTHER)->state, STATE_DELETE_TCB);
    assert_int_equal(frame->totals.in_interval, RATE + 4 * RATE);
    assert_int_equal(frame->totals.closed, 1);
    assert_in_range(frame->totals.in_bytes_per_s, 2 * RATE - 5, 2 * RATE + 5);
    play_end(&play);
}

/* What a frame of all rows shows and events had not said is counted, but for what makes none. */
static void what_events_had_not_said_is_counted(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    step_some(&play);
    list_netns(&play, false);
    rows_add(play.next, WATCHED, STATE_CLOSE_WAIT);
    rows_add(play.next, 3, STATE_ESTABLISHED);
    rows_add(play.next, 4, STATE_SYN_RECEIVED);
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->totals.unreported, 3); /* a step, an opening, a close */
    list_netns(&play, false);
    rows_add(play.next, WATCHED, STATE_CLOSE_WAIT);
    assert_int_equal(play_step(&play)->totals.unreported,
                     0); /* frames of all tell for themselves */
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_read_stands),
        cmocka_unit_test(each_row_has_its_own_time),
        cmocka_unit_test(what_was_sent_lately_stands_too),
        cmocka_unit_test(an_end_that_was_reported_is_no_news),
        cmocka_unit_test(what_events_had_not_said_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
