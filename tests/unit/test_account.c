/* Accounts: each byte is counted once, however the end of a connection and the frames follow each
 * other, and what is shown, summed over time, is what was carried. */
#include "core/grouping/grouping.h"
#include "play.h"

#include <stdio.h>

#define PREVIOUS_NS(play) ((play)->previous->mono_ns)

/* Each from another peer. */
static struct tuple tuple_of(uint64_t cookie)
{
    struct tuple tuple = rows_tuple((uint32_t)cookie);
    tuple.remote.bytes[2] = (uint8_t)(cookie >> 8);
    tuple.remote.bytes[3] = (uint8_t)cookie;
    return tuple;
}

static struct socket_end an_end(const struct play *play, uint64_t cookie, uint64_t in, uint64_t out)
{
    struct socket_end end = {.cookie = cookie,
                             .tuple = tuple_of(cookie),
                             .netns = 1,
                             .mono_ns = PREVIOUS_NS(play) + 500 * MS,
                             .idle_ns = -1,
                             .counters = {in, out, 0},
                             .uid = UINT32_MAX};
    return end;
}

static void note_end(struct play *play, uint64_t cookie, uint64_t in, uint64_t out)
{
    struct socket_end end = an_end(play, cookie, in, out);
    end.began = true;
    end.pid = 4242;
    snprintf(end.name, sizeof(end.name), "short-lived");
    assert_int_equal(track_note_end(play->track, &end), 0);
}

static void check(const struct frame *frame, uint64_t in, uint64_t out)
{
    assert_int_equal(frame->totals.in_interval, in);
    assert_int_equal(frame->totals.out_interval, out);
}

/* Bytes that the rates of so many frames to come amount to, of one second each. */
static uint64_t shown_until_quiet(struct play *play, uint64_t first_rate)
{
    uint64_t sum = first_rate;
    for (int i = 0; i < 40; i++)
        sum += play_step(play)->totals.in_bytes_per_s;
    assert_int_equal(play->previous->totals.in_bytes_per_s, 0);
    assert_int_equal(play->previous->flow_count, 0);
    return sum;
}

static void begin(struct play *play)
{
    play_begin(play);
    play_step(play);
}

/* Ghosts are off, and not needed. */
static void counts_what_never_was_a_row(void **unused)
{
    const struct track_settings settings = {.highlight_ns = 0, .tick_ns = TICK};
    struct play play;
    (void)unused;
    play_begin(&play);
    track_free(play.track);
    play.track = track_new(&settings);
    play_step(&play);
    for (uint64_t cookie = 100; cookie < 500; cookie++)
        note_end(&play, cookie, 20000, 300);
    const struct frame *frame = play_step(&play);
    check(frame, 400 * 20000, 400 * 300);
    assert_int_equal(frame->conn_count, 0);
    assert_int_equal(frame->totals.in_total, 400 * 20000);
    assert_int_equal(frame->flow_count, 400); /* peers differ */
    assert_int_equal(frame->flows[0].in_bytes, 20000);
    assert_string_equal(frame_owner(frame, &frame->flows[0].conn)->comm, "short-lived");
    const uint64_t shown = shown_until_quiet(&play, frame->totals.in_bytes_per_s);
    assert_in_range(shown, 400 * 20000 / 100 * 99, 400 * 20000 / 100 * 101);
    check(play.previous, 0, 0);
    assert_int_equal(play.previous->totals.in_total, 400 * 20000);
    play_end(&play);
}

/* The end comes with the last sample counted already; a TIME-WAIT row stays, and then closes. */
static void counts_the_rest_of_a_row_once(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1000, 10);
    const struct frame *frame = play_step(&play);
    check(frame, 1000, 10);
    uint64_t shown = frame->totals.in_bytes_per_s;
    note_end(&play, 1, 1500, 30);
    rows_add(play.next, 1, STATE_TIME_WAIT);
    frame = play_step(&play);
    check(frame, 500, 20);
    shown += frame->totals.in_bytes_per_s;
    rows_add(play.next, 1, STATE_TIME_WAIT);
    frame = play_step(&play);
    check(frame, 0, 0);
    shown = shown_until_quiet(&play, shown + frame->totals.in_bytes_per_s);
    assert_in_range(shown, 1470, 1500);
    assert_int_equal(play.previous->totals.in_total, 1500);
    play_end(&play);
}

/* A destroy message comes by way of a work queue: after the frame that lacks the row. */
static void counts_an_end_that_comes_late(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1000, 10);
    play_step(&play);
    play.next->events = "destroy";
    check(play_step(&play), 0, 0);
    struct socket_end end = an_end(&play, 1, 1700, 10);
    assert_int_equal(track_note_end(play.track, &end), 0);
    const struct frame *frame = play_step(&play);
    check(frame, 700, 0);
    check(play_step(&play), 0, 0);
    play_end(&play);
}

/* The row was dumped before the socket ended: the next frame lacks it. */
static void counts_an_end_that_the_dump_did_not_see(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1000, 10);
    play_step(&play);
    note_end(&play, 1, 1900, 10);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1600, 10);
    check(play_step(&play), 600, 0);
    check(play_step(&play), 300, 0);
    check(play_step(&play), 0, 0);
    play_end(&play);
}

/* A connection that was reset, and counted, long ago, and whose descriptor is closed only now; one
 * of which the source saw the beginning no more than we did. */
static void does_not_count_what_is_old(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    struct socket_end end = an_end(&play, 7, 1 << 30, 1 << 30);
    end.idle_ns = 90 * SECOND;
    assert_int_equal(track_note_end(play.track, &end), 0);
    end.cookie = 8;
    end.idle_ns = -1;
    assert_int_equal(track_note_end(play.track, &end), 0);
    check(play_step(&play), 0, 0);
    end = an_end(&play, 9, 600, 0); /* not old: data moved since the frame before */
    end.idle_ns = 100 * MS;
    assert_int_equal(track_note_end(play.track, &end), 0);
    check(play_step(&play), 600, 0);
    end = an_end(&play, 10, 700, 0); /* nor this: it ended before that frame, the message is late */
    end.idle_ns = 1200 * MS;
    assert_int_equal(track_note_end(play.track, &end), 0);
    check(play_step(&play), 700, 0);
    for (int i = 0; i < 5; i++)
        check(play_step(&play), 0, 0);
    end = an_end(&play, 11, 800, 0); /* nor one that comes seconds late */
    end.idle_ns = 4 * SECOND;
    assert_int_equal(track_note_end(play.track, &end), 0);
    check(play_step(&play), 800, 0);
    play_end(&play);
}

/* What it carried before the session began is not of the session. */
static void does_not_count_what_was_before(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 5000, 5000);
    check(play_step(&play), 0, 0);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 5001, 5002);
    check(play_step(&play), 1, 2);
    play_end(&play);
}

/* A row in SYN-RECEIVED has no counters; what follows is all of it new. */
static void counts_from_the_third_segment_on(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    rows_add(play.next, 1, STATE_SYN_RECEIVED);
    play_step(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 40, 4000);
    const struct frame *frame = play_step(&play);
    check(frame, 40, 4000);
    assert_int_equal(conn_out_rate(&frame->conns[0]), 2000);
    play_end(&play);
}

/* The same cookie again: disconnected, its counters at 0, connected again. */
static void counts_both_lives_of_a_socket(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1000, 0);
    check(play_step(&play), 1000, 0);
    note_end(&play, 1, 1200, 0);
    note_end(&play, 1, 300, 0);
    check(play_step(&play), 500, 0);
    play_end(&play);
}

/* Without a source of ends the rate of what closed still fades as it would have. */
static void lets_the_rate_of_a_closed_row_fade(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    uint64_t shown = 0;
    for (uint64_t second = 1; second <= 4; second++) {
        play.next->events = "none";
        with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), second * 100000, 0);
        shown += play_step(&play)->totals.in_bytes_per_s;
    }
    shown = shown_until_quiet(&play, shown);
    assert_in_range(shown, 399900, 400000);
    play_end(&play);
}

static uint64_t group_rate(const struct frame *frame, const struct grouping_kind *kind)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    struct grouping grouping;
    uint64_t sum = 0;
    grouping_init(&grouping);
    assert_int_equal(grouping_update(&grouping, kind, &context, NULL, NULL), 0);
    for (uint32_t i = 0; i < grouping.count; i++) {
        sum += grouping.rows[i].in_bytes_per_s;
        assert_non_null(grouping_conn(&grouping.rows[i], frame));
    }
    grouping_done(&grouping);
    return sum;
}

static void groups_count_what_ended(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), 1000, 10);
    note_end(&play, 5, 20000, 0);
    note_end(&play, 6, 20000, 0);
    const struct frame *frame = play_step(&play);
    assert_int_equal(frame->totals.in_bytes_per_s, 500 + 2 * 10000);
    assert_int_equal(group_rate(frame, &GROUPING_PROCESSES), 500 + 2 * 10000);
    assert_int_equal(group_rate(frame, &GROUPING_PEERS), 500 + 2 * 10000);
    play_end(&play);
}

/* More peers than the limit: the excess is counted without an owner. */
static void bounds_the_flows(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    for (uint64_t cookie = 100; cookie < 6100; cookie++)
        note_end(&play, cookie, 1000, 0);
    const struct frame *frame = play_step(&play);
    check(frame, 6000 * 1000, 0);
    assert_in_range(frame->flow_count, 4096, 4097);
    assert_int_equal(frame->totals.in_bytes_per_s, 6000 * 500);
    play_end(&play);
}

static void add_segments(struct frame *frame, uint64_t out, uint64_t retransmitted)
{
    struct host_facts *facts = frame_add_facts(frame);
    assert_non_null(facts);
    host_fact_set(facts, FACT_IN_SEGS, 1);
    host_fact_set(facts, FACT_OUT_SEGS, out);
    if (retransmitted)
        host_fact_set(facts, FACT_RETRANS_SEGS, retransmitted);
}

/* Absent is unknown, not 0. */
static void counts_segments_of_the_namespace(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    add_segments(play.next, 1000, 10);
    assert_false(play_step(&play)->totals.segs_known);
    add_segments(play.next, 1500, 15);
    const struct frame *frame = play_step(&play);
    assert_true(frame->totals.segs_known);
    assert_int_equal(frame->totals.segs_out, 500);
    assert_int_equal(frame->totals.segs_retrans, 5);
    add_segments(play.next, 2000, 0);
    frame = play_step(&play);
    assert_false(frame->totals.segs_known);
    assert_int_equal(frame->totals.segs_out, 0);
    play_end(&play);
}

/* A network namespace of a frame with these counters; NULL facts: not read. */
static void add_counted(struct frame *frame, uint32_t key, struct host_facts *facts, uint64_t out,
                        uint64_t retransmitted)
{
    struct frame_netns *netns = frame_add_netns(frame, key);
    assert_non_null(netns);
    netns->id = key;
    netns->facts = facts;
    if (!facts)
        return;
    host_fact_set(facts, FACT_IN_SEGS, 1);
    host_fact_set(facts, FACT_OUT_SEGS, out);
    host_fact_set(facts, FACT_RETRANS_SEGS, retransmitted);
}

/* All that are shown are in the sum, except for those that were not read, unless it is ours. */
static void counts_segments_of_all_namespaces(void **unused)
{
    struct host_facts facts[3][2] = {0};
    struct host_facts young = {0};
    struct play play;
    (void)unused;
    play_begin(&play);
    add_counted(play.next, 1, &facts[0][0], 1000, 10);
    add_counted(play.next, 2, &facts[0][1], 50000, 100);
    (void)play_step(&play);
    add_counted(play.next, 1, &facts[1][0], 1500, 15);
    add_counted(play.next, 2, &facts[1][1], 50200, 180);
    add_counted(play.next, 3, &young, 7000, 7000); /* as it stands when it is seen first */
    const struct frame *frame = play_step(&play);
    assert_true(frame->totals.segs_known);
    assert_int_equal(frame->totals.segs_out, 700);
    assert_int_equal(frame->totals.segs_retrans, 85);
    add_counted(play.next, 1, &facts[2][0], 1600, 15);
    play.next->namespaces[0].is_own = true;
    add_counted(play.next, 2, NULL, 0, 0);
    frame = play_step(&play);
    assert_true(frame->totals.segs_known);
    assert_int_equal(frame->totals.segs_out, 100);
    add_counted(play.next, 1, NULL, 0, 0);
    play.next->namespaces[0].is_own = true;
    add_counted(play.next, 2, &facts[2][1], 50300, 180);
    assert_false(play_step(&play)->totals.segs_known);
    add_counted(play.next, 1, NULL, 0, 0);
    add_counted(play.next, 2, NULL, 0, 0);
    assert_false(play_step(&play)->totals.segs_known);
    play_end(&play);
}

/* A row that has sent so much in all, and so much of it again. */
static struct conn *with_sent(struct play *play, uint64_t sent, uint64_t retransmitted)
{
    struct conn *row = with_bytes(rows_add(play->next, 1, STATE_ESTABLISHED), 0, sent);
    row->bytes_retrans = retransmitted;
    return row;
}

/* "" = unknown */
static const char *share_of(const struct frame *frame, uint64_t cookie)
{
    static char text[16];
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    const struct conn *row = row_of(frame, cookie);
    assert_non_null(row);
    (void)column_format(column_find("retrans_10s", 11), &context, row, text, sizeof(text));
    return text;
}

static void shares_are_of_what_was_sent_lately(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    with_sent(&play, 1000000, 900000); /* before the session: of the total, not of the share */
    assert_string_equal(share_of(play_step(&play), 1), "");
    with_sent(&play, 1000000, 900000);
    assert_string_equal(share_of(play_step(&play), 1), "");
    with_sent(&play, 1010000, 900000);
    assert_string_equal(share_of(play_step(&play), 1), "0 %");
    with_sent(&play, 1020000, 901020);
    const struct frame *frame = play_step(&play);
    assert_int_equal(row_of(frame, 1)->sent_10s, 20000);
    assert_int_equal(row_of(frame, 1)->retrans_10s, 1020);
    assert_string_equal(share_of(frame, 1), "5.1 %");
    for (int second = 1; second <= 10; second++) {
        with_sent(&play, 1020000, 901020);
        frame = play_step(&play);
        if (second <= 7)
            assert_string_equal(share_of(frame, 1), "5.1 %");
    }
    assert_string_equal(share_of(frame, 1), "");
    with_sent(&play, 1021000, 901020);
    assert_string_equal(share_of(play_step(&play), 1), "0 %");
    play_end(&play);
}

static void shares_of_frames_far_apart_are_of_the_last_interval(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    with_sent(&play, 1000, 500);
    assert_string_equal(share_of(play_step(&play), 1), "50.0 %");
    for (uint64_t minute = 1; minute < 4; minute++) {
        frame_release(play.next);
        play.second += 60;
        play_next(&play);
        with_sent(&play, 1000 + minute * 1000, 500 + minute);
        assert_string_equal(share_of(play_step(&play), 1), "0.1 %");
    }
    play_end(&play);
}

/* What all groups of a kind sent lately, and again. */
static struct counters group_sent(const struct frame *frame, const struct grouping_kind *kind)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    struct grouping grouping;
    struct counters sum = {0};
    grouping_init(&grouping);
    assert_int_equal(grouping_update(&grouping, kind, &context, NULL, NULL), 0);
    for (uint32_t i = 0; i < grouping.count; i++) {
        sum.bytes_sent += grouping.rows[i].sent_10s;
        sum.bytes_retrans += grouping.rows[i].retrans_10s;
    }
    grouping_done(&grouping);
    return sum;
}

static void check_groups(const struct frame *frame, uint64_t sent, uint64_t retransmitted)
{
    const struct grouping_kind *const kinds[] = {&GROUPING_PROCESSES, &GROUPING_PEERS};
    for (size_t i = 0; i < 2; i++) {
        const struct counters sum = group_sent(frame, kinds[i]);
        assert_int_equal(sum.bytes_sent, sent);
        assert_int_equal(sum.bytes_retrans, retransmitted);
    }
}

/* A row's as it closes and after, and those of connections that never were a row. */
static void shares_of_groups_count_what_ended(void **unused)
{
    struct play play;
    (void)unused;
    begin(&play);
    for (uint64_t second = 0; second < 12; second++) {
        struct conn *row = with_bytes(rows_add(play.next, 2, STATE_ESTABLISHED), 0, 0);
        row->tuple = tuple_of(1);
        row->tuple.local_port++;
        if (second <= 1)
            with_sent(&play, 4000 + second * 1000, 40 + second * 10)->tuple = tuple_of(1);
        if (second == 2) {
            struct socket_end end = an_end(&play, 1, 0, 0);
            end.counters = (struct counters){0, 6000, 60};
            assert_int_equal(track_note_end(play.track, &end), 0);
            end = an_end(&play, 7, 0, 0);
            end.tuple = tuple_of(1);
            end.counters = (struct counters){0, 300, 3};
            end.began = true;
            assert_int_equal(track_note_end(play.track, &end), 0);
        }
        const struct frame *frame = play_step(&play);
        if (second <= 1)
            check_groups(frame, 4000 + second * 1000, 40 + second * 10);
        else if (second <= 7)
            check_groups(frame, 6300, 63);
    }
    check_groups(play.previous, 0, 0);
    for (int i = 0; i < 20; i++)
        play_step(&play);
    assert_int_equal(play.previous->flow_count, 0);
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_never_was_a_row),
        cmocka_unit_test(counts_the_rest_of_a_row_once),
        cmocka_unit_test(counts_an_end_that_comes_late),
        cmocka_unit_test(counts_an_end_that_the_dump_did_not_see),
        cmocka_unit_test(does_not_count_what_is_old),
        cmocka_unit_test(does_not_count_what_was_before),
        cmocka_unit_test(counts_from_the_third_segment_on),
        cmocka_unit_test(counts_both_lives_of_a_socket),
        cmocka_unit_test(lets_the_rate_of_a_closed_row_fade),
        cmocka_unit_test(groups_count_what_ended),
        cmocka_unit_test(bounds_the_flows),
        cmocka_unit_test(counts_segments_of_the_namespace),
        cmocka_unit_test(counts_segments_of_all_namespaces),
        cmocka_unit_test(shares_are_of_what_was_sent_lately),
        cmocka_unit_test(shares_of_frames_far_apart_are_of_the_last_interval),
        cmocka_unit_test(shares_of_groups_count_what_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
