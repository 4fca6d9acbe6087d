/* track: network namespaces that are read at times of their own: not in each frame, late, or not
 * before some frame found them. Rows of rows_add are of namespace 1; GUEST is another. */
#include "play.h"

#define GUEST 2u
#define NEVER (-1)

/* Lists both; GUEST as read `read_s` seconds before the frame, or never. */
static void list(struct play *play, int64_t read_s)
{
    struct frame *frame = play->next;
    struct frame_netns *own = frame_add_netns(frame, 1);

    own->id = 1;
    own->read_ns = frame->mono_ns;
    struct frame_netns *guest = frame_add_netns(frame, GUEST);
    guest->id = GUEST;
    guest->read_ns = read_s == NEVER ? 0 : frame->mono_ns - read_s * SECOND;
}

static struct conn *add(struct play *play, uint32_t n, enum tcp_state state)
{
    struct conn *conn = rows_add(play->next, n, state);

    conn->netns = GUEST;
    return conn;
}

static void note(struct play *play, uint32_t cookie, enum event_kind kind, enum tcp_state from,
                 enum tcp_state to)
{
    const struct event event = {.kind = (uint8_t)kind,
                                .origin = EVENT_FROM_BPF,
                                .exact = 1,
                                .cookie = cookie,
                                .netns = GUEST,
                                .uid = UINT32_MAX,
                                .tuple = rows_tuple(cookie),
                                .from = (uint8_t)from,
                                .to = (uint8_t)to,
                                .wall_ns = play->next->wall_ns - 500 * MS,
                                .mono_ns = play->next->mono_ns - 500 * MS};
    assert_int_equal(track_note_event(play->track, &event), 0);
}

static void check_netns(const struct play *play, uint32_t at, uint32_t netns, bool left)
{
    assert_int_equal(play->reported[at].kind, EVENT_NETNS);
    assert_int_equal(play->reported[at].netns, netns);
    assert_int_equal(play->reported[at].left, left);
}

static void what_is_read_late_did_not_open(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list(&play, NEVER);
    play_step(&play);
    list(&play, 0);
    add(&play, 1, STATE_LISTEN);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(frame->totals.opened, 0);
    assert_int_equal(row_of(frame, 1)->mark, MARK_NONE);
    assert_int_equal(row_of(frame, 1)->known & (KNOWN_CREATED_MIN | KNOWN_OPENED), 0);
    list(&play, 0);
    add(&play, 1, STATE_LISTEN);
    add(&play, 2, STATE_LISTEN);
    frame = play_step(&play);
    assert_int_equal(play.reported_count, 1);
    assert_int_equal(row_of(frame, 2)->known & KNOWN_OPENED, KNOWN_OPENED);
    play_end(&play);
}

/* Its connections may be older than it is to us. */
static void a_namespace_that_is_found_opens_its_rows(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    frame_add_netns(play.next, 1)->read_ns = play.next->mono_ns;
    play_step(&play);
    list(&play, 0);
    add(&play, 1, STATE_LISTEN);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 2);
    check_netns(&play, 0, GUEST, false);
    check_reported(&play, 1, EVENT_OPEN, STATE_NONE, STATE_LISTEN);
    assert_int_equal(row_of(frame, 1)->known & (KNOWN_CREATED_MIN | KNOWN_OPENED), 0);
    play_end(&play);
}

/* Its rows close before it is said to have ended. */
static void a_namespace_that_ends_is_reported_behind_its_rows(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list(&play, 0);
    frame_add_netns(play.next, GUEST)->name = "web";
    add(&play, 1, STATE_LISTEN);
    play_step(&play);
    assert_int_equal(play.reported_count, 0); /* what was there before is no news */
    frame_add_netns(play.next, 1)->id = 1;
    play_step(&play);
    assert_int_equal(play.reported_count, 2);
    check_reported(&play, 0, EVENT_CLOSE, STATE_LISTEN, STATE_DELETE_TCB);
    check_netns(&play, 1, GUEST, true);
    assert_string_equal(play.reported[1].text, "web");
    play_end(&play);
}

/* The inode of one that ended is given to the next at once. */
static void another_namespace_of_the_same_number_is_another(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list(&play, 0);
    play_step(&play);
    list(&play, 0);
    frame_add_netns(play.next, GUEST)->id = 3;
    play_step(&play);
    assert_int_equal(play.reported_count, 2);
    check_netns(&play, 0, GUEST, false);
    check_netns(&play, 1, GUEST, true);
    play_end(&play);
}

static void bounds_are_those_of_the_reading_before(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list(&play, 0);
    const int64_t read_ns = play_step(&play)->wall_ns;
    list(&play, 1);
    play_step(&play);
    list(&play, 0);
    add(&play, 1, STATE_LISTEN);
    const struct frame *frame = play_step(&play);
    assert_int_equal(row_of(frame, 1)->created_min_ns, read_ns);
    assert_int_equal(row_of(frame, 1)->created_max_ns, frame->wall_ns);
    play_end(&play);
}

static void rates_count_from_reading_to_reading(void **unused)
{
    static const struct {
        int64_t read_s;
        uint64_t in;
    } steps[] = {{0, 0}, {0, 3000}, {1, 3000}, {2, 3000}, {0, 12000}};
    struct play play;
    (void)unused;
    play_begin(&play);
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        list(&play, steps[i].read_s);
        with_bytes(add(&play, 1, STATE_ESTABLISHED), steps[i].in, 0);
        const struct frame *frame = play_step(&play);
        assert_int_equal(conn_in_rate(row_of(frame, 1)), i ? 3000 : 0);
        assert_int_equal(frame->totals.in_interval, i ? steps[i].in - steps[i - 1].in : 0);
    }
    play_end(&play);
}

/* Nothing contradicts them until the namespace has been read. */
static void events_wait_for_the_reading(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list(&play, 0);
    add(&play, 1, STATE_ESTABLISHED);
    add(&play, 2, STATE_ESTABLISHED);
    play_step(&play);
    note(&play, 1, EVENT_STATE, STATE_ESTABLISHED, STATE_CLOSE_WAIT);
    note(&play, 2, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB);
    note(&play, 3, EVENT_OPEN, STATE_NONE, STATE_ESTABLISHED);
    for (int64_t since_s = 1; since_s < 6; since_s++) {
        list(&play, since_s);
        add(&play, 1, STATE_ESTABLISHED);
        add(&play, 2, STATE_ESTABLISHED);
        play_step(&play);
        assert_int_equal(play.reported_count, 0);
    }
    list(&play, 0);
    add(&play, 1, STATE_CLOSE_WAIT);
    add(&play, 3, STATE_ESTABLISHED);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    list(&play, 0);
    add(&play, 1, STATE_CLOSE_WAIT);
    play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB);
    play_end(&play);
}

/* GUEST is read in each frame but for what no process has open: that was read so long ago. */
static void list_partly(struct play *play, int64_t rest_s)
{
    list(play, 0);
    frame_add_netns(play->next, GUEST)->rest_ns = play->next->mono_ns - rest_s * SECOND;
}

/* Those whose rows are in each frame count from frame to frame, the others from one reading to the next. */
static void what_is_read_rarely_has_a_time_of_its_own(void **unused)
{
    static const struct {
        int64_t rest_s;
        uint64_t held, unheld;
    } steps[] = {{0, 0, 0}, {0, 3000, 3000}, {1, 6000, 3000}, {2, 9000, 3000}, {0, 12000, 12000}};
    struct play play;
    (void)unused;
    play_begin(&play);
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        list_partly(&play, steps[i].rest_s);
        struct conn *held = with_bytes(add(&play, 1, STATE_ESTABLISHED), steps[i].held, 0);
        held->known |= KNOWN_INODE;
        with_bytes(add(&play, 2, STATE_ESTABLISHED), steps[i].unheld, 0)->known &=
            ~(uint32_t)KNOWN_INODE;
        const struct frame *frame = play_step(&play);
        assert_int_equal(conn_in_rate(row_of(frame, 1)), i ? 3000 : 0);
        assert_int_equal(conn_in_rate(row_of(frame, 2)), i ? 3000 : 0);
    }
    play_end(&play);
}

/* What a process has open now it may have accepted just now. */
static void what_is_found_open_may_be_as_old_as_the_last_whole_reading(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list_partly(&play, 0);
    const int64_t whole_ns = play_step(&play)->wall_ns;
    list_partly(&play, 1);
    play_step(&play);
    list_partly(&play, 2);
    add(&play, 1, STATE_ESTABLISHED)->known |= KNOWN_INODE;
    assert_int_equal(row_of(play_step(&play), 1)->created_min_ns, whole_ns);
    play_end(&play);
}

/* The end of what no process has open is not concluded from a frame that did not look. */
static void events_of_what_is_not_open_wait_for_a_whole_reading(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list_partly(&play, 0);
    play_step(&play);
    note(&play, 3, EVENT_OPEN, STATE_NONE, STATE_ESTABLISHED);
    for (int64_t since_s = 1; since_s < 6; since_s++) {
        list_partly(&play, since_s);
        play_step(&play);
        assert_int_equal(play.reported_count, 0);
    }
    list_partly(&play, 0);
    add(&play, 3, STATE_ESTABLISHED);
    play_step(&play);
    assert_int_equal(play.reported_count, 0);
    play_end(&play);
}

/* What is only bound was read so long before the frame. */
static void list_bound(struct play *play, int64_t bound_s)
{
    list(play, 0);
    frame_add_netns(play->next, 1)->bound_ns = play->next->mono_ns - bound_s * SECOND;
    play->next->netns = 1;
}

static void a_bound_socket_may_be_as_old_as_the_last_reading_of_such(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list_bound(&play, 0);
    const int64_t asked_ns = play_step(&play)->wall_ns;
    list_bound(&play, 1);
    play_step(&play);
    list_bound(&play, 0);
    rows_add(play.next, 1, STATE_CLOSED);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_OPEN, STATE_NONE, STATE_CLOSED);
    assert_int_equal(row_of(frame, 1)->created_min_ns, asked_ns);
    play_end(&play);
}

/* It was reported as closed; that its socket is bound still is found out later, and is no opening. */
static void what_is_left_of_a_connection_does_not_open(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    list_bound(&play, 0);
    rows_add(play.next, 1, STATE_ESTABLISHED);
    play_step(&play);
    list_bound(&play, 1);
    play_step(&play);
    assert_int_equal(play.reported_count, 1);
    check_reported(&play, 0, EVENT_CLOSE, STATE_ESTABLISHED, STATE_DELETE_TCB);
    list_bound(&play, 0);
    rows_add(play.next, 1, STATE_CLOSED);
    const struct frame *frame = play_step(&play);
    assert_int_equal(play.reported_count, 0);
    assert_int_equal(frame->totals.opened, 0);
    assert_int_equal(row_of(frame, 1)->mark, MARK_NONE);
    list_bound(&play, 0);
    rows_add(play.next, 1, STATE_CLOSED);
    rows_add(play.next, 2, STATE_CLOSED);
    play_step(&play);
    assert_int_equal(play.reported_count, 1); /* of the other one */
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_late_did_not_open),
        cmocka_unit_test(a_namespace_that_is_found_opens_its_rows),
        cmocka_unit_test(a_namespace_that_ends_is_reported_behind_its_rows),
        cmocka_unit_test(another_namespace_of_the_same_number_is_another),
        cmocka_unit_test(bounds_are_those_of_the_reading_before),
        cmocka_unit_test(rates_count_from_reading_to_reading),
        cmocka_unit_test(events_wait_for_the_reading),
        cmocka_unit_test(a_bound_socket_may_be_as_old_as_the_last_reading_of_such),
        cmocka_unit_test(what_is_left_of_a_connection_does_not_open),
        cmocka_unit_test(what_is_read_rarely_has_a_time_of_its_own),
        cmocka_unit_test(what_is_found_open_may_be_as_old_as_the_last_whole_reading),
        cmocka_unit_test(events_of_what_is_not_open_wait_for_a_whole_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
