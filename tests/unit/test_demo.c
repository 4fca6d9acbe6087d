/* The demo: the same frames in every run, rows that a kernel could give, and in its first 30
 * frames every state and every arrow of RFC 9293. */
#include "core/column/column.h"
#include "core/info.h"
#include "source/demo/demo.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES    30u
#define ROWS_MOST 4096u
#define START_NS  INT64_C(1795349780000000000)
#define ALL_WISHES                                                                                 \
    {                                                                                              \
        .state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6                           \
    }

static const struct wish EVERYTHING = ALL_WISHES;

struct play {
    struct frame_pool *pool;
    struct source *source;
};

static void start(struct play *play, const char *text)
{
    struct demo_settings settings;
    assert_int_equal(demo_parse(text, &settings), 0);
    play->pool = frame_pool_new();
    assert_int_equal(demo_open(&play->source, &settings), 0);
}

static void stop_play(struct play *play)
{
    source_close(play->source);
    frame_pool_release(play->pool);
}

static struct frame *next(struct play *play, const struct wish *wish)
{
    struct frame *frame = frame_new(play->pool);
    assert_non_null(frame);
    assert_int_equal(source_next(play->source, frame, wish), 0);
    return frame;
}

static const struct conn *find_cookie(const struct frame *frame, uint64_t cookie)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].cookie == cookie)
            return &frame->conns[i];
    return NULL;
}

static void settings_are_read(void **state)
{
    static const char *const bad[] = {
        "",         "x",  "1,", "1,2,", "1,2,3,", "1,0",     "1,2,1001",
        "1,500001", "-1", " 1", "1,,2", "1 ,2",   "1,2,3,4", "18446744073709551616"};
    struct demo_settings settings = {0};
    (void)state;
    assert_int_equal(demo_parse("7", &settings), 0);
    assert_int_equal(settings.seed, 7);
    assert_int_equal(settings.connections, 60);
    assert_int_equal(settings.change_permille, 50);
    assert_int_equal(settings.interval_ns, 1000000000);
    assert_int_equal(demo_parse("18446744073709551615,500000,0", &settings), 0);
    assert_int_equal(settings.seed, UINT64_MAX);
    assert_int_equal(settings.connections, 500000);
    assert_int_equal(settings.change_permille, 0);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_int_equal(demo_parse(bad[i], &settings), -EINVAL);
    assert_int_equal(settings.connections, 500000);
}

static void assert_same_frame(const struct frame *a, const struct frame *b)
{
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->wall_ns, b->wall_ns);
    assert_int_equal(a->live_count, b->live_count);
    assert_memory_equal(a->conns, b->conns, a->live_count * sizeof(*a->conns));
    assert_int_equal(a->proc_count, b->proc_count);
    for (uint32_t i = 0; i < a->proc_count; i++)
        assert_int_equal(a->procs[i].cpu_permille, b->procs[i].cpu_permille);
}

static void a_seed_gives_the_same_frames(void **state)
{
    struct play one, two, other;
    uint32_t different = 0;
    (void)state;
    start(&one, "5,300");
    start(&two, "5,300");
    start(&other, "6,300");
    for (uint32_t i = 1; i <= FRAMES; i++) {
        struct frame *a = next(&one, &EVERYTHING), *b = next(&two, &EVERYTHING);
        struct frame *c = next(&other, &EVERYTHING);
        assert_int_equal(a->number, i);
        assert_int_equal(a->wall_ns, START_NS + (int64_t)(i - 1) * 1000000000);
        assert_same_frame(a, b);
        different += a->live_count != c->live_count ||
                     memcmp(a->conns, c->conns, a->live_count * sizeof(*a->conns)) != 0;
        frame_release(a);
        frame_release(b);
        frame_release(c);
    }
    assert_true(different > 0);
    stop_play(&one);
    stop_play(&two);
    stop_play(&other);
}

/* What a play showed. */
struct seen {
    bool arrows[STATE_COUNT][STATE_COUNT];
    bool states[STATE_COUNT], words[OWNER_LISTENER + 1], offloads[OFFLOAD_UPLOADING + 1];
    uint64_t drops, retrans;
    bool mapped, scoped, full, shared;
};

static void see_row(struct seen *seen, const struct conn *conn)
{
    seen->states[conn->state] = true;
    seen->words[conn->owner_word] = true;
    if (conn->offload != OFFLOAD_UNKNOWN)
        seen->offloads[conn->offload] = true;
    seen->drops += conn->drops;
    seen->retrans += conn->retrans;
    seen->mapped |= addr_is_mapped(&conn->tuple.remote, conn->tuple.family);
    seen->scoped |= conn->tuple.scope != 0;
    seen->full |= conn->state == STATE_LISTEN && conn->receive_queue >= conn->send_queue;
    seen->shared |= conn->owner_count > 1;
}

/* Rows are followed by cookie; one that is gone went to CLOSED. */
static void see_arrows(struct seen *seen, const struct frame *a, const struct frame *b)
{
    for (uint32_t i = 0; i < a->live_count; i++) {
        const struct conn *after = find_cookie(b, a->conns[i].cookie);
        uint8_t from = a->conns[i].state, to = after ? after->state : STATE_CLOSED;
        if (from == to)
            continue;
        if (after && !state_may_follow(from, to))
            fail_msg("frame %u: %s to %s", (unsigned)b->number, TCP_STATES[from].name,
                     TCP_STATES[to].name);
        seen->arrows[from][to] = true;
    }
}

static void assert_all_seen(const struct seen *seen)
{
    for (unsigned from = STATE_CLOSED; from < STATE_DELETE_TCB; from++) {
        if (!seen->states[from])
            fail_msg("%s is not shown", TCP_STATES[from].name);
        for (unsigned to = STATE_CLOSED; to < STATE_DELETE_TCB; to++)
            if (state_may_follow((enum tcp_state)from, (enum tcp_state)to) &&
                !seen->arrows[from][to])
                fail_msg("no %s to %s", TCP_STATES[from].name, TCP_STATES[to].name);
    }
    for (unsigned word = 0; word < UNIT_COUNT(seen->words); word++)
        assert_true(seen->words[word]);
    for (unsigned offload = 0; offload < UNIT_COUNT(seen->offloads); offload++)
        assert_true(seen->offloads[offload]);
    assert_true(seen->mapped && seen->scoped && seen->full && seen->shared);
    assert_true(seen->drops > 0 && seen->retrans > 0);
}

static void everything_happens_in_30_frames(void **state)
{
    static const char *const seeds[] = {"0", "1", "42,60", "2026,1000"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(seeds); i++) {
        struct seen seen = {0};
        struct play play;
        start(&play, seeds[i]);
        struct frame *previous = next(&play, &EVERYTHING);
        for (uint32_t n = 1; n < FRAMES; n++) {
            struct frame *frame = next(&play, &EVERYTHING);
            for (uint32_t row = 0; row < frame->live_count; row++)
                see_row(&seen, &frame->conns[row]);
            see_arrows(&seen, previous, frame);
            frame_release(previous);
            previous = frame;
        }
        frame_release(previous);
        stop_play(&play);
        assert_all_seen(&seen);
    }
}

static void assert_unknown_is_zero(const struct conn *conn)
{
    uint32_t known = conn->known;
    assert_true((known & KNOWN_UID) || conn->uid == 0);
    assert_int_equal((known & KNOWN_INODE) != 0, conn->inode != 0);
    assert_int_equal((known & KNOWN_CGROUP) != 0, conn->cgroup_id != 0);
    assert_true((known & KNOWN_BYTES_IN) || conn->in_bytes == 0);
    assert_true((known & KNOWN_BYTES_OUT) || conn->bytes_sent + conn->bytes_retrans == 0);
    assert_true((known & KNOWN_INFO) || conn->cwnd + conn->retrans == 0);
    assert_int_equal((known & KNOWN_RTT) != 0, conn->rtt_us != 0);
    assert_true((known & KNOWN_DROPS) || conn->drops == 0);
    assert_true((known & KNOWN_LAST_DATA) ||
                conn->last_data_sent_ms + conn->last_data_received_ms == 0);
    assert_int_equal((known & KNOWN_ULP) != 0, conn->ulp != ULP_UNKNOWN);
    assert_int_equal((known & KNOWN_ULP) == 0, conn->offload == OFFLOAD_UNKNOWN);
    assert_int_equal((known & KNOWN_CREATED_MIN) != 0, conn->created_min_ns != 0);
    assert_int_equal((known & KNOWN_CREATED_MAX) != 0, conn->created_max_ns != 0);
}

static void assert_owner_fits(const struct frame *frame, const struct conn *conn)
{
    bool named = conn->owner_word == OWNER_PROCESS || conn->owner_word == OWNER_LAST ||
                 conn->owner_word == OWNER_LISTENER;
    assert_int_equal(named, frame_owner(frame, conn) != NULL);
    assert_int_equal(conn->owner_word == OWNER_PROCESS, conn->owner_count > 0);
    for (uint32_t i = 0; i < conn->owner_count; i++)
        assert_non_null(frame_holder(frame, conn, i));
    if (conn->known & KNOWN_CREATED_MIN)
        assert_true(conn->created_min_ns >= frame_owner(frame, conn)->start_ns);
    if (conn->owner_count > 0)
        assert_ptr_equal(frame_holder(frame, conn, 0), frame_owner(frame, conn));
    assert_true(conn->group == CONN_NO_INDEX || conn->group < frame->group_count);
    assert_int_equal(conn->group == CONN_NO_INDEX, conn->unit_from == UNIT_FROM_NOTHING);
}

static bool is_invented(const struct tuple *tuple)
{
    static const struct {
        const char *text;
        unsigned bits;
    } allowed[] = {{"192.0.2.0", 24}, {"198.51.100.0", 24}, {"203.0.113.0", 24},
                   {"10.0.0.0", 24},  {"127.0.0.0", 8},     {"2001:db8::", 32},
                   {"::1", 128},      {"fe80::", 10},       {"::ffff:198.51.100.0", 120}};
    for (size_t i = 0; i < UNIT_COUNT(allowed); i++) {
        struct addr prefix;
        uint8_t family;
        assert_int_equal(
            addr_parse(allowed[i].text, strlen(allowed[i].text), &prefix, &family, NULL), 0);
        if (family == tuple->family && addr_in_prefix(&tuple->remote, &prefix, allowed[i].bits))
            return true;
    }
    return false;
}

static void assert_row_is_plausible(const struct frame *frame, const struct conn *conn)
{
    assert_true(conn->cookie != 0 && conn->netns == frame->netns);
    assert_int_equal(state_from_kernel(conn->kernel_state), conn->state);
    assert_true(conn->tuple.local_port != 0);
    if (conn->state == STATE_LISTEN || conn->state == STATE_CLOSED)
        assert_true(addr_is_zero(&conn->tuple.remote) && conn->tuple.remote_port == 0);
    else
        assert_true(is_invented(&conn->tuple) && conn->tuple.remote_port != 0);
    if (conn->tuple.scope)
        assert_non_null(frame_interface_name(frame, conn->netns, conn->tuple.scope));
    if (conn->state == STATE_TIME_WAIT ||
        (conn->state == STATE_SYN_RECEIVED && conn->owner_word == OWNER_LISTENER))
        assert_int_equal(conn->known & (KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP | KNOWN_INFO), 0);
    if (conn->known & KNOWN_UID)
        assert_non_null(frame_user_name(frame, conn->uid));
    assert_unknown_is_zero(conn);
    assert_owner_fits(frame, conn);
}

static int compare_tuples(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct tuple));
}

static void assert_tuples_differ(const struct frame *frame)
{
    static struct tuple tuples[ROWS_MOST];
    assert_true(frame->live_count <= ROWS_MOST);
    for (uint32_t i = 0; i < frame->live_count; i++)
        tuples[i] = frame->conns[i].tuple;
    qsort(tuples, frame->live_count, sizeof(tuples[0]), compare_tuples);
    for (uint32_t i = 1; i < frame->live_count; i++)
        assert_false(tuple_equal(&tuples[i - 1], &tuples[i]));
}

static void rows_are_what_a_kernel_could_give(void **state)
{
    struct play play;
    (void)state;
    start(&play, "3,4000,200");
    for (uint32_t n = 0; n < 100; n++) {
        struct frame *frame = next(&play, &EVERYTHING);
        for (uint32_t i = 0; i < frame->live_count; i++)
            assert_row_is_plausible(frame, &frame->conns[i]);
        assert_tuples_differ(frame);
        frame_release(frame);
    }
    stop_play(&play);
}

static void counters_only_grow(void **state)
{
    struct play play;
    uint64_t grown = 0;
    (void)state;
    start(&play, "9,500,100");
    struct frame *previous = next(&play, &EVERYTHING);
    for (uint32_t n = 0; n < FRAMES; n++) {
        struct frame *frame = next(&play, &EVERYTHING);
        for (uint32_t i = 0; i < previous->live_count; i++) {
            const struct conn *a = &previous->conns[i], *b = find_cookie(frame, a->cookie);
            if (!b || !(a->known & b->known & KNOWN_BYTES_IN))
                continue;
            assert_true(b->in_bytes >= a->in_bytes && b->bytes_sent >= a->bytes_sent);
            assert_true(conn_out_bytes(b) >= conn_out_bytes(a) && b->retrans >= a->retrans);
            grown += b->in_bytes - a->in_bytes;
        }
        frame_release(previous);
        previous = frame;
    }
    frame_release(previous);
    stop_play(&play);
    assert_true(grown > 1000000);
}

static void without_change_nothing_changes(void **state)
{
    struct play play;
    (void)state;
    start(&play, "1,500,0");
    struct frame *first = next(&play, &EVERYTHING);
    struct frame *second = next(&play, &EVERYTHING);
    assert_int_equal(first->live_count, second->live_count);
    for (uint32_t i = 0; i < first->live_count; i++) {
        assert_int_equal(first->conns[i].cookie, second->conns[i].cookie);
        assert_int_equal(first->conns[i].state, second->conns[i].state);
        assert_int_equal(first->conns[i].in_bytes, second->conns[i].in_bytes);
    }
    frame_release(first);
    frame_release(second);
    stop_play(&play);
}

static void wishes_are_kept(void **state)
{
    struct wish wish = {.state_bits = STATE_BIT(STATE_LISTEN), .families = WISH_INET6};
    struct play play, other;
    (void)state;
    start(&play, "1");
    start(&other, "1");
    for (uint32_t n = 0; n < 5; n++) {
        struct frame *frame = next(&play, &wish);
        assert_true(frame->live_count > 0);
        for (uint32_t i = 0; i < frame->live_count; i++) {
            assert_int_equal(frame->conns[i].state, STATE_LISTEN);
            assert_int_equal(frame->conns[i].tuple.family, FAMILY_INET6);
        }
        frame_release(frame);
        frame_release(next(&other, &EVERYTHING));
    }
    struct frame *a = next(&play, &EVERYTHING), *b = next(&other, &EVERYTHING);
    assert_same_frame(a, b); /* what happens does not depend on who looks */
    frame_release(a);
    frame_release(b);
    stop_play(&play);
    stop_play(&other);
}

static void details_agree_with_the_row(void **state)
{
    struct wish wish = ALL_WISHES;
    struct play play;
    uint64_t rtt = 0;
    (void)state;
    wish.needs = NEED_DETAIL;
    start(&play, "1");
    struct frame *frame = next(&play, &wish);
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        const struct conn_detail *detail = frame_detail(frame, conn);
        assert_non_null(detail);
        assert_int_equal(detail->info_length, conn->known & KNOWN_INFO ? 280 : 0);
        if (info_value(info_field_find("rtt"), detail->info, detail->info_length, &rtt))
            assert_int_equal(rtt, conn->rtt_us);
    }
    wish.needs = 0;
    wish.page = (struct conn_key){frame->conns[0].cookie, frame->netns};
    struct frame *page = next(&play, &wish);
    assert_int_equal(page->detail_count, 1);
    assert_non_null(frame_detail(page, find_cookie(page, wish.page.cookie)));
    frame_release(frame);
    frame_release(page);
    stop_play(&play);
}

static void any_size_works(void **state)
{
    static const char *const sizes[] = {"1,1", "1,7", "1,61", "1,62", "1,100000"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct play play;
        start(&play, sizes[i]);
        struct frame *frame = next(&play, &EVERYTHING);
        uint64_t asked = strtoull(sizes[i] + 2, NULL, 10);
        assert_true(frame->live_count >= 1 && frame->live_count <= asked);
        assert_true(frame->live_count * 10 >= asked * 6);
        frame_release(frame);
        stop_play(&play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(a_seed_gives_the_same_frames),
        cmocka_unit_test(everything_happens_in_30_frames),
        cmocka_unit_test(rows_are_what_a_kernel_could_give),
        cmocka_unit_test(counters_only_grow),
        cmocka_unit_test(without_change_nothing_changes),
        cmocka_unit_test(wishes_are_kept),
        cmocka_unit_test(details_agree_with_the_row),
        cmocka_unit_test(any_size_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
