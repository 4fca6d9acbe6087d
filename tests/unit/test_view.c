/* Views: what is shown is exactly that part of the full sort, for random rows, columns, windows;
 * the cursor stays on its connection; a frozen order does not move. */
#include "core/view.h"
#include "facts.h"

#include <stdlib.h>

static const char *const SORTS[] = {"rtt",   "local", "remote", "in_bytes",
                                    "state", "proc",  "age",    "laddr"};

/* One of few, so that many are alike, or begin alike. */
static struct addr random_end(uint64_t *seed, uint8_t family)
{
    static const struct addr inet6[] = {{{[15] = 1}},
                                        {{[8] = 1}},
                                        {{[10] = 0xff, 0xff, 10}},
                                        {{0x20, 1, 0x0d, 0xb8}},
                                        {{0xfe, 0x80}}};
    struct addr addr = {{10}};

    if (family == FAMILY_INET6)
        addr = inet6[unit_random(seed) % UNIT_COUNT(inet6)];
    addr.bytes[family == FAMILY_INET ? 3 : 15] ^= (uint8_t)(unit_random(seed) % 3);
    return addr;
}

static struct frame *random_frame(uint64_t *seed, uint32_t count)
{
    static const char *const names[] = {
        "postgres-worker-1", "postgres-worker-2", "postgres", "nginx", "a", ""};
    struct frame *frame = facts_new_frame();

    for (uint32_t i = 0; i < count; i++) {
        struct conn *conn = facts_add_bare(frame);

        conn->state = (uint8_t)(1 + unit_random(seed) % 11);
        conn->tuple.family = unit_random(seed) % 2 ? FAMILY_INET : FAMILY_INET6;
        conn->tuple.local = random_end(seed, conn->tuple.family);
        conn->tuple.remote = random_end(seed, conn->tuple.family);
        conn->tuple.local_port = (uint16_t)(unit_random(seed) % 3);
        conn->tuple.remote_port = (uint16_t)(1 + unit_random(seed) % 50);
        conn->rtt_us = (uint32_t)(unit_random(seed) % 20);
        conn->in_bytes = unit_random(seed) >> unit_random(seed) % 64;
        conn->known = (uint32_t)unit_random(seed) & (KNOWN_RTT | KNOWN_BYTES_IN);
        if (unit_random(seed) % 3)
            facts_add_owner(frame, conn, names[unit_random(seed) % UNIT_COUNT(names)]);
        frame->conns[i].serial = 1 + (i * UINT64_C(7919)) % count; /* 7919 is prime */
    }
    return frame;
}

static void choose_sort(struct view *view, uint64_t *seed)
{
    const char *id = SORTS[unit_random(seed) % UNIT_COUNT(SORTS)];

    view->sort = unit_random(seed) % 8 ? column_find(id, strlen(id)) : NULL;
    view->descending = unit_random(seed) % 2;
}

static bool accept_even(const void *data, const struct column_context *context,
                        const struct conn *conn)
{
    (void)data;
    (void)context;
    return conn->serial % 2 == 0;
}

/* Serials in full order. */
static uint64_t *full_order(const struct view *view, const struct column_context *context,
                            uint32_t *count)
{
    struct view full = {.sort = view->sort,
                        .descending = view->descending,
                        .accept = view->accept,
                        .accept_data = view->accept_data};
    uint64_t *serials;

    assert_int_equal(view_sort_all(&full, context), 0);
    serials = calloc(full.ranking.count + 1, sizeof(*serials));
    assert_non_null(serials);
    for (uint32_t i = 0; i < full.ranking.count; i++)
        serials[i] = view_row(&full, context->frame, i)->serial;
    *count = full.ranking.count;
    view_done(&full);
    return serials;
}

static void check_window(const struct view *view, const struct column_context *context,
                         uint32_t height)
{
    const struct ranking *ranking = &view->ranking;
    uint32_t count;
    uint64_t *serials = full_order(view, context, &count);
    assert_int_equal(ranking->count, count);
    assert_int_equal(ranking->shown, count - ranking->top < height ? count - ranking->top : height);
    for (uint32_t i = 0; i < ranking->shown; i++)
        assert_int_equal(view_row(view, context->frame, i)->serial, serials[ranking->top + i]);
    assert_null(view_row(view, context->frame, ranking->shown));
    if (count) {
        assert_int_equal(ranking->cursor, serials[ranking->cursor_rank]);
        assert_true(!height || (ranking->cursor_rank >= ranking->top &&
                                ranking->cursor_rank < ranking->top + height));
    }
    free(serials);
}

static void a_window_is_that_part_of_the_full_sort(void **unused)
{
    uint64_t seed = 5;

    (void)unused;
    for (int round = 0; round < 300; round++) {
        uint32_t count = (uint32_t)(unit_random(&seed) % 400);
        uint32_t height = (uint32_t)(unit_random(&seed) % 60);
        struct frame *frame = random_frame(&seed, count);
        struct column_context context = facts_context(frame);
        struct view view;

        view_init(&view);
        choose_sort(&view, &seed);
        view.accept = unit_random(&seed) % 3 ? NULL : accept_even;
        view.ranking.top = (uint32_t)(unit_random(&seed) % (count + 10));
        view.ranking.cursor_rank = (uint32_t)(unit_random(&seed) % (count + 10));
        view.ranking.cursor = unit_random(&seed) % (count + 2);
        assert_int_equal(view_update(&view, &context, height), 0);
        check_window(&view, &context, height);
        for (int moves = 0; moves < 6; moves++) {
            int64_t delta = (int64_t)(unit_random(&seed) % 200) - 100;

            view_move(&view, &context, delta, height);
            check_window(&view, &context, height);
        }
        view_done(&view);
        frame_release(frame);
    }
}

/* Frames taken in ahead by steps, with keys and a change of order in between, come out as if they
 * had been taken at once. */
static void what_is_prepared_is_what_an_update_makes(void **unused)
{
    uint64_t seed = 9;

    (void)unused;
    for (int round = 0; round < 300; round++) {
        const uint32_t count = (uint32_t)(unit_random(&seed) % 300), height = 20;
        struct frame *shown = random_frame(&seed, 200), *coming = random_frame(&seed, count);
        const struct column_context now = facts_context(shown), next = facts_context(coming);
        struct view view;

        view_init(&view);
        choose_sort(&view, &seed);
        shown->number = 1;
        coming->number = 2;
        assert_int_equal(view_update(&view, &now, height), 0);
        for (bool done = false; !done && unit_random(&seed) % 16;) {
            done = view_prepare(&view, &next, 1 + (uint32_t)(unit_random(&seed) % 100));
            const int64_t delta = (int64_t)(unit_random(&seed) % 40) - 20;
            view_move(&view, &now, delta, height);
            check_window(&view, &now, height);
            if (unit_random(&seed) % 8 == 0) {
                choose_sort(&view, &seed);
                assert_int_equal(view_update(&view, &now, height), 0);
                done = false;
            }
            if (unit_random(&seed) % 8 == 0) {
                view.accept = view.accept ? NULL : accept_even;
                view.accept_generation++;
                assert_int_equal(view_update(&view, &now, height), 0);
                done = false;
            }
        }
        const uint64_t cursor = view.ranking.cursor;
        assert_int_equal(view_update(&view, &next, height), 0);
        check_window(&view, &next, height);
        if (cursor && cursor <= count && !(view.accept && cursor % 2))
            assert_int_equal(view.ranking.cursor, cursor);
        view_done(&view);
        frame_release(shown);
        frame_release(coming);
    }
}

static int compare_rows(const struct view *view, const struct column_context *context,
                        const struct conn *a, const struct conn *b)
{
    uint64_t key_a = 0, key_b = 0;
    bool has_a = !view->sort || column_sort_key(view->sort, context, a, &key_a);
    bool has_b = !view->sort || column_sort_key(view->sort, context, b, &key_b);
    int order = 0;

    if (has_a != has_b)
        return has_a ? -1 : 1;
    if (has_a && view->sort) {
        order = (key_a > key_b) - (key_a < key_b);
        order = order ? order : column_compare(view->sort, context, a, b);
        if (order)
            return view->descending ? -order : order;
    }
    order = (a->serial > b->serial) - (a->serial < b->serial);
    return !view->sort && view->descending ? -order : order;
}

static void the_order_is_total_and_ties_keep_theirs(void **unused)
{
    uint64_t seed = 6;

    (void)unused;
    for (int round = 0; round < 60; round++) {
        struct frame *frame = random_frame(&seed, 200);
        struct column_context context = facts_context(frame);
        struct view view;

        view_init(&view);
        choose_sort(&view, &seed);
        assert_int_equal(view_sort_all(&view, &context), 0);
        assert_int_equal(view.ranking.shown, 200);
        for (uint32_t i = 1; i < view.ranking.shown; i++)
            assert_true(compare_rows(&view, &context, view_row(&view, frame, i - 1),
                                     view_row(&view, frame, i)) < 0);
        view_done(&view);
        frame_release(frame);
    }
}

static struct frame *numbered_frame(uint32_t first, uint32_t count)
{
    struct frame *frame = facts_new_frame();

    for (uint32_t i = 0; i < count; i++) {
        struct conn *conn = facts_add_bare(frame);

        conn->serial = first + i;
        conn->known = KNOWN_RTT;
        conn->rtt_us = 1000 + first + i;
    }
    return frame;
}

static void the_cursor_follows_its_connection(void **unused)
{
    struct frame *frame = numbered_frame(1, 100);
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    view_init(&view);
    view.sort = column_find("rtt", 3);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 1);
    view_move(&view, &context, 29, 10);
    assert_int_equal(view.ranking.cursor, 30);
    assert_int_equal(view.ranking.top, 20);
    frame->conns[29].rtt_us = 1; /* its row moves to the front: the cursor with it */
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 30);
    assert_int_equal(view.ranking.cursor_rank, 0);
    assert_int_equal(view.ranking.top, 0);
    view.descending = true;
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 30);
    assert_int_equal(view.ranking.cursor_rank, 99);
    view_done(&view);
    frame_release(frame);
}

static void a_cursor_that_was_never_moved_stays_at_the_top(void **unused)
{
    struct frame *frame = numbered_frame(1, 100);
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    view_init(&view);
    view.ranking.at_top = true;
    view.sort = column_find("rtt", 3);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 1);
    frame->conns[0].rtt_us = 5000; /* the first row becomes the last */
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 2);
    assert_int_equal(view.ranking.cursor_rank, 0);
    assert_int_equal(view.ranking.top, 0);
    view_move(&view, &context, 1, 10);
    assert_int_equal(view.ranking.cursor, 3);
    frame->conns[2].rtt_us = 4000; /* now it holds its connection */
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 3);
    assert_int_equal(view.ranking.cursor_rank, 98);
    view_done(&view);
    frame_release(frame);
}

static void another_order_is_shown_from_its_beginning(void **unused)
{
    struct frame *frame = numbered_frame(1, 100);
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    view_init(&view);
    view.sort = column_find("rtt", 3);
    assert_int_equal(view_update(&view, &context, 10), 0);
    view_move(&view, &context, 95, 10);
    view.descending = view.ranking.from_top = true; /* its connection is among the first rows */
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.top, 0);
    assert_int_equal(view.ranking.cursor, 96);
    assert_int_equal(view.ranking.cursor_rank, 4);
    view.descending = false; /* it is far behind them */
    view.ranking.from_top = true;
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.top, 0);
    assert_int_equal(view.ranking.cursor, 1);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.top, 0);
    view_done(&view);
    frame_release(frame);
}

static void rows_of_one_state_order_by_process_then_by_their_ends(void **unused)
{
    static const struct {
        const char *comm; /* NULL: none */
        uint8_t state, remote, remote_port;
    } ROWS[] = {/* in the order that is expected */
                {"nginx", STATE_ESTABLISHED, 1, 1},       {"nginx", STATE_ESTABLISHED, 1, 2},
                {"nginx", STATE_ESTABLISHED, 2, 1},       {"postgres-10", STATE_ESTABLISHED, 9, 9},
                {"postgres-11", STATE_ESTABLISHED, 1, 1}, {NULL, STATE_ESTABLISHED, 1, 1},
                {NULL, STATE_ESTABLISHED, 2, 1},          {"a", STATE_CLOSE_WAIT, 1, 1}};
    struct frame *frame = facts_new_frame();
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    for (size_t i = UNIT_COUNT(ROWS); i > 0; i--) {
        struct conn *conn = facts_add_bare(frame);
        conn->owner = CONN_NO_INDEX;
        if (ROWS[i - 1].comm)
            facts_add_owner(frame, conn, ROWS[i - 1].comm);
        conn->state = ROWS[i - 1].state;
        conn->tuple.remote.bytes[3] = ROWS[i - 1].remote;
        conn->tuple.remote_port = ROWS[i - 1].remote_port;
    }
    view_init(&view);
    view.sort = column_find("state", 5);
    for (int descending = 0; descending < 2; descending++) {
        view.descending = descending;
        assert_int_equal(view_sort_all(&view, &context), 0);
        for (uint32_t i = 0; i < UNIT_COUNT(ROWS); i++) {
            const uint32_t rank = descending ? (uint32_t)UNIT_COUNT(ROWS) - 1 - i : i;
            assert_int_equal(view_row(&view, frame, rank)->serial, UNIT_COUNT(ROWS) - i);
        }
    }
    view_done(&view);
    frame_release(frame);
}

static void the_cursor_takes_the_place_of_a_row_that_goes(void **unused)
{
    struct frame *frame = numbered_frame(1, 20), *later;
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    view_init(&view);
    assert_int_equal(view_update(&view, &context, 10), 0);
    view_move(&view, &context, INT64_MAX, 10);
    assert_int_equal(view.ranking.cursor, 20);
    assert_int_equal(view.ranking.top, 10);
    later = numbered_frame(1, 12);
    context = facts_context(later);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 12);
    assert_int_equal(view.ranking.top, 2);
    frame_release(later);
    later = numbered_frame(4, 9); /* 1 to 3 are gone, the cursor's row is not */
    context = facts_context(later);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 12);
    assert_int_equal(view.ranking.cursor_rank, 8);
    view_move(&view, &context, INT64_MIN, 10);
    assert_int_equal(view.ranking.cursor, 4);
    frame_release(later);
    later = facts_new_frame();
    context = facts_context(later);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.cursor, 0);
    assert_null(view_row(&view, later, 0));
    view_done(&view);
    frame_release(later);
    frame_release(frame);
}

static void a_frozen_order_does_not_move(void **unused)
{
    uint64_t seed = 8;
    struct frame *frame = random_frame(&seed, 300);
    struct column_context context = facts_context(frame);
    struct view view;
    uint64_t shown[40];

    (void)unused;
    view_init(&view);
    view.sort = column_find("proc", 4);
    view.ranking.cursor_rank = 150;
    assert_int_equal(view_update(&view, &context, 40), 0);
    for (uint32_t i = 0; i < 40; i++)
        shown[i] = view_row(&view, frame, i)->serial;
    view.ranking.frozen = true;
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < frame->conn_count; i++)
            frame->conns[i].owner_word = unit_random(&seed) % 2 ? OWNER_PROCESS : OWNER_NONE;
        facts_add_bare(frame); /* a new one comes last */
        view.descending = !view.descending;
        assert_int_equal(view_update(&view, &context, 40), 0);
        for (uint32_t i = 0; i < 40; i++)
            assert_int_equal(view_row(&view, frame, i)->serial, shown[i]);
    }
    view_move(&view, &context, INT64_MAX, 40);
    assert_int_equal(view_row(&view, frame, 39)->serial, frame->conns[302].serial);
    view.ranking.frozen = false;
    assert_int_equal(view_update(&view, &context, 40), 0);
    check_window(&view, &context, 40);
    view_done(&view);
    frame_release(frame);
}

static void an_empty_view_that_is_frozen_takes_rows(void **unused)
{
    struct frame *empty = numbered_frame(1, 0), *frame = numbered_frame(1, 3);
    struct column_context context = facts_context(empty);
    struct view view;

    (void)unused;
    view_init(&view);
    view.sort = column_find("local", strlen("local"));
    assert_int_equal(view_update(&view, &context, 10), 0);
    view.ranking.frozen = true;
    assert_int_equal(view_update(&view, &context, 10), 0);
    context = facts_context(frame);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.shown, 3);
    view_done(&view);
    frame_release(empty);
    frame_release(frame);
}

static void a_closed_row_keeps_its_place_and_the_cursor(void **unused)
{
    static const uint8_t STATES[] = {STATE_ESTABLISHED, STATE_ESTABLISHED, STATE_ESTABLISHED,
                                     STATE_TIME_WAIT, STATE_LISTEN};
    struct frame *frame = numbered_frame(1, UNIT_COUNT(STATES));
    struct frame *next = numbered_frame(1, UNIT_COUNT(STATES));
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    for (uint32_t i = 0; i < UNIT_COUNT(STATES); i++)
        frame->conns[i].state = next->conns[i].state = STATES[i];
    next->conns[1].from = STATE_ESTABLISHED;
    next->conns[1].state = STATE_DELETE_TCB;
    for (int descending = 0; descending < 2; descending++) {
        view_init(&view);
        view.sort = column_find("state", strlen("state"));
        view.descending = descending;
        view.ranking.cursor = frame->conns[1].serial;
        context = facts_context(frame);
        assert_int_equal(view_update(&view, &context, 10), 0);
        const uint32_t place = view.ranking.cursor_rank;
        context = facts_context(next);
        assert_int_equal(view_update(&view, &context, 10), 0);
        assert_int_equal(view.ranking.cursor, frame->conns[1].serial);
        assert_int_equal(view.ranking.cursor_rank, place);
        check_window(&view, &context, 10);
        view_done(&view);
    }
    frame_release(frame);
    frame_release(next);
}

static void ghosts_do_not_count_as_live(void **unused)
{
    struct frame *frame = numbered_frame(1, 5);
    struct column_context context = facts_context(frame);
    struct view view;

    (void)unused;
    *frame_add_ghost(frame) = frame->conns[0];
    frame->conns[5].serial = 6;
    view_init(&view);
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.count, 6);
    assert_int_equal(view.accepted_live, 5);
    view.accept = accept_even;
    assert_int_equal(view_update(&view, &context, 10), 0);
    assert_int_equal(view.ranking.count, 3);
    assert_int_equal(view.accepted_live, 2);
    view_done(&view);
    frame_release(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_is_that_part_of_the_full_sort),
        cmocka_unit_test(what_is_prepared_is_what_an_update_makes),
        cmocka_unit_test(the_order_is_total_and_ties_keep_theirs),
        cmocka_unit_test(the_cursor_follows_its_connection),
        cmocka_unit_test(a_cursor_that_was_never_moved_stays_at_the_top),
        cmocka_unit_test(another_order_is_shown_from_its_beginning),
        cmocka_unit_test(rows_of_one_state_order_by_process_then_by_their_ends),
        cmocka_unit_test(the_cursor_takes_the_place_of_a_row_that_goes),
        cmocka_unit_test(a_frozen_order_does_not_move),
        cmocka_unit_test(an_empty_view_that_is_frozen_takes_rows),
        cmocka_unit_test(a_closed_row_keeps_its_place_and_the_cursor),
        cmocka_unit_test(ghosts_do_not_count_as_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
