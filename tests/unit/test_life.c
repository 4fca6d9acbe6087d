/* What happens to sockets, reported as events of connections. */
#include "core/lifecycle.h"

#include "rows.h"

#define T0 (500 * SECOND)
#define MS (SECOND / 1000)

struct bench {
    struct lifecycles *lifecycles;
    struct frame_pool *pool;
    struct frame *frame;
    struct event reported[LIFE_EVENTS_MAX];
};

static void bench_begin(struct bench *bench)
{
    *bench = (struct bench){.lifecycles = lifecycles_new(), .pool = frame_pool_new()};
    assert_non_null(bench->lifecycles);
    bench->frame = rows_frame(bench->pool, 0);
    bench->frame->wall_ns = 2 * T0;
    bench->frame->mono_ns = T0;
}

static void bench_end(struct bench *bench)
{
    lifecycles_free(bench->lifecycles);
    frame_release(bench->frame);
    frame_pool_release(bench->pool);
}

static struct transition transition(uint64_t cookie, enum tcp_state from, enum tcp_state to,
                                    int64_t at_ns)
{
    return (struct transition){.event = {.cookie = cookie,
                                         .netns = 1,
                                         .uid = UINT32_MAX,
                                         .tuple = rows_tuple((uint32_t)cookie),
                                         .from = (uint8_t)from,
                                         .to = (uint8_t)to,
                                         .mono_ns = T0 + at_ns,
                                         .wall_ns = 2 * T0 + at_ns,
                                         .origin = EVENT_FROM_BPF,
                                         .exact = 1,
                                         .has_totals = 1,
                                         .in_bytes = 11,
                                         .out_bytes = 20}};
}

static uint32_t apply_traced(struct bench *bench, const struct transition *traced,
                             const struct conn *row)
{
    const struct shown shown = {bench->frame, row};
    return lifecycles_apply(bench->lifecycles, traced, &shown, bench->reported);
}

static void step(struct bench *bench, uint64_t cookie, enum tcp_state from, enum tcp_state to,
                 int64_t at_ns)
{
    const struct transition traced = transition(cookie, from, to, at_ns);
    assert_int_equal(apply_traced(bench, &traced, NULL), 1);
}

/* connect() tells of the socket before it has a port. */
static void open_client(struct bench *bench, uint64_t cookie)
{
    struct transition traced = transition(cookie, STATE_CLOSED, STATE_SYN_SENT, 0);
    traced.event.tuple.local_port = 0;
    traced.pid = 77;
    memcpy(traced.name, "cli\x1b", 5);
    assert_int_equal(apply_traced(bench, &traced, NULL), 0);
    assert_int_equal(lifecycles_waiting(bench->lifecycles), 1);
}

static void opening_waits_for_its_port(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    open_client(&bench, 5);
    const struct transition traced = transition(5, STATE_SYN_SENT, STATE_ESTABLISHED, 100);
    assert_int_equal(apply_traced(&bench, &traced, NULL), 2);
    assert_int_equal(bench.reported[0].kind, EVENT_OPEN);
    assert_int_equal(bench.reported[0].to, STATE_SYN_SENT);
    assert_int_equal(bench.reported[0].tuple.local_port, rows_tuple(5).local_port);
    assert_int_equal(bench.reported[0].mono_ns, T0);
    assert_int_equal(bench.reported[0].wall_ns, 2 * T0);
    assert_int_equal(bench.reported[0].pid, 77);
    assert_string_equal(bench.reported[0].name, "cli\\x1b");
    assert_false(bench.reported[0].has_totals);
    assert_int_equal(bench.reported[1].kind, EVENT_STATE);
    assert_int_equal(bench.reported[1].duration_ns, 100);
    assert_int_equal(bench.reported[1].pid, 77); /* the softirq's own pid is nobody's */
    assert_int_equal(lifecycles_waiting(bench.lifecycles), 0);
    bench_end(&bench);
}

static void frame_shows_the_port_first(void **state)
{
    struct bench bench;
    struct event event;
    (void)state;
    bench_begin(&bench);
    open_client(&bench, 5);
    assert_int_equal(lifecycles_waiting_since(bench.lifecycles, T0 - 1), T0);
    assert_int_equal(lifecycles_waiting_since(bench.lifecycles, T0), 0); /* all rows were read */
    const struct conn *row = rows_add(bench.frame, 5, STATE_SYN_SENT);
    assert_true(lifecycles_take_shown(bench.lifecycles, row, &event));
    assert_int_equal(event.kind, EVENT_OPEN);
    assert_int_equal(event.mono_ns, T0);
    assert_int_equal(event.pid, 77);
    assert_false(lifecycles_take_shown(bench.lifecycles, row, &event));
    const struct transition traced = transition(5, STATE_SYN_SENT, STATE_ESTABLISHED, 100);
    assert_int_equal(apply_traced(&bench, &traced, row), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_STATE);
    bench_end(&bench);
}

static void connect_without_a_port_is_none(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    open_client(&bench, 5);
    struct transition traced = transition(5, STATE_SYN_SENT, STATE_CLOSED, 100);
    traced.event.tuple.local_port = 0;
    assert_int_equal(apply_traced(&bench, &traced, NULL), 0);
    assert_int_equal(lifecycles_count(bench.lifecycles), 0);
    bench_end(&bench);
}

static void accepted_socket_opens_once(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    struct transition traced = transition(6, STATE_SYN_RECEIVED, STATE_ESTABLISHED, 50);
    traced.began_ns = T0 + 20;
    assert_int_equal(apply_traced(&bench, &traced, NULL), 2);
    assert_int_equal(bench.reported[0].kind, EVENT_OPEN);
    assert_int_equal(bench.reported[0].to, STATE_SYN_RECEIVED);
    assert_int_equal(bench.reported[0].mono_ns, T0 + 20);
    assert_int_equal(bench.reported[0].pid, 0);
    assert_int_equal(bench.reported[1].duration_ns, 30);

    struct event opened = bench.reported[0];
    lifecycles_set_holder(bench.lifecycles, 2, 6, 98, 1233,
                          (const char[LIFE_NAME_MAX]){"another's"});
    lifecycles_set_holder(bench.lifecycles, 1, 6, 99, 1234, (const char[LIFE_NAME_MAX]){"server"});
    lifecycles_set_owner(bench.lifecycles, &(struct shown){0}, &opened); /* it was held until now */
    assert_int_equal(opened.pid, 99);
    assert_int_equal(opened.owner_start_ticks, 1234);
    assert_string_equal(opened.name, "server");
    traced = transition(6, STATE_ESTABLISHED, STATE_CLOSED, 120);
    assert_int_equal(apply_traced(&bench, &traced, NULL), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_CLOSE);
    assert_int_equal(bench.reported[0].to, STATE_DELETE_TCB);
    assert_int_equal(bench.reported[0].duration_ns, 100); /* since it opened */
    assert_int_equal(bench.reported[0].pid, 99);
    assert_string_equal(bench.reported[0].name, "server");
    assert_true(bench.reported[0].has_totals);
    assert_int_equal(lifecycles_count(bench.lifecycles), 0);
    bench_end(&bench);
}

static void row_in_syn_received_is_not_opened_again(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    struct conn *row = rows_add(bench.frame, 6, STATE_SYN_RECEIVED);
    row->serial = 42;
    row->known |= KNOWN_STATE_SINCE;
    row->state_since_ns = 2 * T0 - 1000;
    const struct transition traced = transition(6, STATE_SYN_RECEIVED, STATE_ESTABLISHED, 0);
    assert_int_equal(apply_traced(&bench, &traced, row), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_STATE);
    assert_int_equal(bench.reported[0].serial, 42);
    assert_int_equal(bench.reported[0].duration_ns, 1000);
    bench_end(&bench);
}

struct last_step {
    enum tcp_state from;
    uint32_t signs;
    enum tcp_state to; /* NONE: nothing is reported */
};

/* The end of a socket is not that of its connection. */
static void end_of_a_socket(void **state)
{
    static const struct last_step STEPS[] = {
        {STATE_FIN_WAIT_2, LIFE_FIN, STATE_TIME_WAIT},
        {STATE_FIN_WAIT_2, LIFE_FIN | LIFE_ORPHAN, STATE_TIME_WAIT},
        {STATE_FIN_WAIT_2, LIFE_ORPHAN, STATE_NONE}, /* goes on as a minisock */
        {STATE_FIN_WAIT_2, LIFE_ERROR, STATE_DELETE_TCB},
        {STATE_FIN_WAIT_1, LIFE_FIN, STATE_TIME_WAIT},
        {STATE_FIN_WAIT_1, 0, STATE_DELETE_TCB}, /* given up */
        {STATE_FIN_WAIT_1, LIFE_ERROR | LIFE_FIN, STATE_DELETE_TCB},
        {STATE_CLOSING, LIFE_FIN, STATE_TIME_WAIT},
        {STATE_CLOSING, LIFE_FIN | LIFE_ERROR, STATE_DELETE_TCB},
        {STATE_LAST_ACK, LIFE_FIN, STATE_DELETE_TCB},
        {STATE_CLOSE_WAIT, LIFE_FIN | LIFE_ERROR, STATE_DELETE_TCB},
        {STATE_ESTABLISHED, LIFE_ERROR, STATE_DELETE_TCB},
        {STATE_ESTABLISHED, 0, STATE_DELETE_TCB}, /* a close with SO_LINGER 0 sets no error yet */
        {STATE_SYN_SENT, LIFE_ERROR, STATE_DELETE_TCB},
    };
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    for (size_t i = 0; i < UNIT_COUNT(STEPS); i++) {
        struct transition traced = transition(9, STEPS[i].from, STATE_CLOSED, 0);
        traced.signs = STEPS[i].signs;
        const uint32_t reported = apply_traced(&bench, &traced, NULL);
        assert_int_equal(reported, STEPS[i].to != STATE_NONE);
        if (!reported)
            continue;
        assert_int_equal(bench.reported[0].from, STEPS[i].from);
        assert_int_equal(bench.reported[0].to, STEPS[i].to);
        assert_int_equal(bench.reported[0].kind,
                         STEPS[i].to == STATE_DELETE_TCB ? EVENT_CLOSE : EVENT_STATE);
        assert_int_equal(bench.reported[0].in_bytes, STEPS[i].signs & LIFE_FIN ? 10 : 11);
    }
    bench_end(&bench);
}

/* A connection older than the source of events: what passes between two steps is known all the same. */
static void steps_of_one_that_was_there_before(void **state)
{
    struct bench bench;
    struct socket_end end;
    (void)state;
    bench_begin(&bench);
    step(&bench, 5, STATE_ESTABLISHED, STATE_FIN_WAIT_1, 100);
    assert_false(bench.reported[0].has_duration);
    step(&bench, 5, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, 350);
    assert_true(bench.reported[0].has_duration);
    assert_int_equal(bench.reported[0].duration_ns, 250);
    const struct transition last = transition(5, STATE_FIN_WAIT_2, STATE_CLOSED, 400);
    const struct shown shown = {bench.frame, NULL};
    assert_true(lifecycles_end(bench.lifecycles, &last, &shown, &end));
    assert_false(end.began);
    struct transition reset = last;
    reset.signs = LIFE_ERROR;
    assert_int_equal(apply_traced(&bench, &reset, NULL), 1);
    assert_false(bench.reported[0].has_duration);
    assert_int_equal(bench.reported[0].created_max_ns, 0);
    assert_int_equal(lifecycles_count(bench.lifecycles), 0);
    bench_end(&bench);
}

/* Between which times it was created, as a row knows it, and how old it was if these are near. */
static void a_close_says_when_it_was_created(void **state)
{
    static const struct {
        uint32_t known;
        int64_t ago_ns, apart_ns;
        bool aged;
    } ROWS[] = {
        {KNOWN_CREATED_MAX, 5 * SECOND, 0, false},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 5 * SECOND, 30 * MS, true},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 5 * SECOND, 300 * MS, false},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 50 * SECOND, 300 * MS, true},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_OPENED, SECOND, 900 * MS, true},
    };
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    struct conn *row = rows_add(bench.frame, 3, STATE_ESTABLISHED);
    for (size_t i = 0; i < UNIT_COUNT(ROWS); i++) {
        struct transition traced = transition(3, STATE_ESTABLISHED, STATE_CLOSED, 0);
        traced.signs = LIFE_ERROR;
        row->known |= KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_OPENED;
        row->known ^= (KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_OPENED) & ~ROWS[i].known;
        row->created_max_ns = traced.event.wall_ns - ROWS[i].ago_ns;
        row->created_min_ns = row->created_max_ns - ROWS[i].apart_ns;
        assert_int_equal(apply_traced(&bench, &traced, row), 1);
        assert_int_equal(bench.reported[0].created_max_ns, row->created_max_ns);
        assert_int_equal(bench.reported[0].created_min_ns,
                         ROWS[i].known & KNOWN_CREATED_MIN ? row->created_min_ns : 0);
        assert_int_equal(bench.reported[0].has_duration, ROWS[i].aged);
        if (ROWS[i].aged)
            assert_int_equal(bench.reported[0].duration_ns, ROWS[i].ago_ns);
    }
    bench_end(&bench);
}

static uint32_t destroyed(struct bench *bench, enum tcp_state left, const struct conn *row)
{
    struct transition traced = transition(3, STATE_NONE, left, 0);
    traced.signs = LIFE_ENDED;
    traced.event.origin = EVENT_FROM_DESTROY;
    return apply_traced(bench, &traced, row);
}

static void destroy_message_of_a_row(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    struct conn *row = rows_add(bench.frame, 3, STATE_ESTABLISHED);
    assert_int_equal(destroyed(&bench, STATE_TIME_WAIT, row), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_STATE);
    assert_int_equal(bench.reported[0].from, STATE_ESTABLISHED);
    assert_int_equal(bench.reported[0].to, STATE_TIME_WAIT);
    assert_true(bench.reported[0].polled_jump);
    assert_int_equal(bench.reported[0].in_bytes, 10);

    assert_int_equal(destroyed(&bench, STATE_DELETE_TCB, row), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_CLOSE);

    row->state = STATE_TIME_WAIT; /* the frame was first */
    assert_int_equal(destroyed(&bench, STATE_TIME_WAIT, row), 0);
    row->state = STATE_FIN_WAIT_2;
    assert_int_equal(destroyed(&bench, STATE_FIN_WAIT_2, row), 0);
    bench_end(&bench);
}

static void destroy_message_of_one_never_seen(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    assert_int_equal(destroyed(&bench, STATE_TIME_WAIT, NULL), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_OPEN); /* as a frame would tell the row */
    assert_int_equal(bench.reported[0].to, STATE_TIME_WAIT);
    assert_int_equal(destroyed(&bench, STATE_DELETE_TCB, NULL), 1);
    assert_int_equal(bench.reported[0].kind, EVENT_CLOSE);
    assert_int_equal(bench.reported[0].from, STATE_NONE);
    assert_true(bench.reported[0].has_totals);
    bench_end(&bench);
}

/* Disconnected before its end: the peer's port and the counters are those of the row. */
static void destroy_message_without_counters(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    struct conn *row = rows_add(bench.frame, 3, STATE_ESTABLISHED);
    row->known |= KNOWN_BYTES_IN | KNOWN_BYTES_OUT;
    row->in_bytes = 7;
    struct transition traced = transition(3, STATE_NONE, STATE_DELETE_TCB, 0);
    traced.signs = LIFE_ENDED;
    traced.event.has_totals = 0;
    traced.event.tuple.remote_port = 0;
    assert_int_equal(apply_traced(&bench, &traced, row), 1);
    assert_int_equal(bench.reported[0].tuple.remote_port, row->tuple.remote_port);
    assert_int_equal(bench.reported[0].in_bytes, 7);
    bench_end(&bench);
}

/* As many as make the table grow, removed in another order than they came. */
static void an_end_says_which_side_and_why(void **state)
{
    static const struct {
        enum tcp_state from;
        uint8_t error, sent;
        uint32_t signs;
        uint8_t end, why;
    } ENDS[] = {
        {STATE_SYN_SENT, 0, 0, LIFE_RESETS_SEEN, END_GIVEN_UP, 0},
        {STATE_SYN_SENT, ERROR_ECONNREFUSED, 0, LIFE_RESETS_SEEN | LIFE_RESET, END_REFUSED, 0},
        {STATE_SYN_SENT, ERROR_ECONNREFUSED, 0, LIFE_RESETS_SEEN, END_REJECTED, 0},
        {STATE_SYN_SENT, ERROR_ECONNREFUSED, 0, 0, END_REFUSED, 0}, /* resets are not traced */
        {STATE_SYN_SENT, ERROR_ETIMEDOUT, 0, LIFE_RESETS_SEEN, END_TIMED_OUT, 0},
        {STATE_SYN_SENT, ERROR_EHOSTUNREACH, 0, LIFE_RESETS_SEEN, END_UNREACHABLE, 0},
        {STATE_ESTABLISHED, ERROR_ECONNRESET, 0, LIFE_RESETS_SEEN | LIFE_RESET, END_RESET_BY_PEER,
         0},
        {STATE_CLOSE_WAIT, ERROR_EPIPE, 0, 0, END_RESET_BY_PEER, 0},
        {STATE_ESTABLISHED, 0, RESET_WHY_UNREAD, LIFE_RESETS_SEEN, END_RESET_BY_US,
         RESET_WHY_UNREAD},
        {STATE_ESTABLISHED, 0, RESET_WHY_DISCONNECT, LIFE_RESETS_SEEN | LIFE_LINGER,
         END_RESET_BY_US, RESET_WHY_LINGER},
        {STATE_ESTABLISHED, 0, RESET_WHY_DISCONNECT, LIFE_RESETS_SEEN, END_RESET_BY_US,
         RESET_WHY_DISCONNECT},
        {STATE_ESTABLISHED, 0, 0, LIFE_LINGER, END_RESET_BY_US, RESET_WHY_LINGER},
        {STATE_ESTABLISHED, 0, 0, 0, END_RESET_BY_US, RESET_WHY_NONE},
        {STATE_ESTABLISHED, ERROR_ECONNABORTED, RESET_WHY_DISCONNECT, LIFE_RESETS_SEEN,
         END_RESET_BY_US, RESET_WHY_ENDED},
        {STATE_ESTABLISHED, ERROR_ETIMEDOUT, RESET_WHY_KEEPALIVE, LIFE_RESETS_SEEN, END_TIMED_OUT,
         0},
        {STATE_FIN_WAIT_1, ERROR_ECONNRESET, RESET_WHY_DATA_AFTER_CLOSE,
         LIFE_RESETS_SEEN | LIFE_RESET, END_RESET_BY_US, RESET_WHY_DATA_AFTER_CLOSE},
        {STATE_LAST_ACK, 0, 0, LIFE_RESETS_SEEN, END_CLOSED, 0}};
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        struct transition traced = transition(9, ENDS[i].from, STATE_CLOSED, 0);
        traced.error = ENDS[i].error;
        traced.sent_reset = ENDS[i].sent;
        traced.signs = ENDS[i].signs | (ENDS[i].error ? (uint32_t)LIFE_ERROR : 0);
        assert_int_equal(apply_traced(&bench, &traced, NULL), 1);
        const struct event *reported = &bench.reported[0];
        if (reported->end != ENDS[i].end || reported->reset_why != ENDS[i].why ||
            reported->error != ENDS[i].error)
            fail_msg("case %zu: end %d, why %d, error %d", i, reported->end, reported->reset_why,
                     reported->error);
    }
    bench_end(&bench);
}

static void many_lives(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    for (uint64_t i = 1; i <= 3000; i++) {
        struct transition traced = transition(i, STATE_CLOSED, STATE_SYN_SENT, (int64_t)i);
        assert_int_equal(apply_traced(&bench, &traced, NULL), 1);
    }
    assert_int_equal(lifecycles_count(bench.lifecycles), 3000);
    for (uint64_t i = 1; i <= 3000; i += 2)
        step(&bench, i, STATE_SYN_SENT, STATE_CLOSED, 10000);
    for (uint64_t i = 2; i <= 3000; i += 2) {
        step(&bench, i, STATE_SYN_SENT, STATE_ESTABLISHED, 10000);
        assert_int_equal(bench.reported[0].duration_ns, 10000 - (int64_t)i);
    }
    assert_int_equal(lifecycles_count(bench.lifecycles), 1500);
    lifecycles_forget(bench.lifecycles, T0 + 10000);
    assert_int_equal(lifecycles_count(bench.lifecycles), 1500);
    lifecycles_forget(bench.lifecycles, T0 + 10001);
    assert_int_equal(lifecycles_count(bench.lifecycles), 0);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_waits_for_its_port),
        cmocka_unit_test(frame_shows_the_port_first),
        cmocka_unit_test(connect_without_a_port_is_none),
        cmocka_unit_test(accepted_socket_opens_once),
        cmocka_unit_test(row_in_syn_received_is_not_opened_again),
        cmocka_unit_test(end_of_a_socket),
        cmocka_unit_test(steps_of_one_that_was_there_before),
        cmocka_unit_test(a_close_says_when_it_was_created),
        cmocka_unit_test(destroy_message_of_a_row),
        cmocka_unit_test(destroy_message_of_one_never_seen),
        cmocka_unit_test(destroy_message_without_counters),
        cmocka_unit_test(an_end_says_which_side_and_why),
        cmocka_unit_test(many_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
