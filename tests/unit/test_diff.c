/* diff: properties over random frames, and each rule by which two rows are one connection. */
#include "core/diff.h"
#include "rows.h"

#include <stdlib.h>

enum { ROUNDS = 300, ROWS = 400 };

struct pair {
    struct frame_pool *pool;
    struct frame *a, *b;
    struct diff diff;
};

static void pair_begin(struct pair *pair)
{
    pair->pool = frame_pool_new();
    pair->a = rows_frame(pair->pool, 0);
    pair->b = rows_frame(pair->pool, 1);
    diff_init(&pair->diff);
}

static void pair_end(struct pair *pair)
{
    frame_release(pair->a);
    frame_release(pair->b);
    frame_pool_release(pair->pool);
    diff_done(&pair->diff);
    diff_done(&pair->diff);
}

static void pair_compare(struct pair *pair)
{
    assert_int_equal(diff_frames(&pair->diff, pair->a, pair->b), 0);
}

static void shuffle(uint64_t *seed, struct frame *frame)
{
    for (uint32_t i = frame->live_count; i > 1; i--) {
        uint32_t j = (uint32_t)(unit_random(seed) % i);
        struct conn swap = frame->conns[i - 1];
        frame->conns[i - 1] = frame->conns[j];
        frame->conns[j] = swap;
    }
}

static enum tcp_state random_state(uint64_t *seed)
{
    return (enum tcp_state)(1 + unit_random(seed) % STATE_TIME_WAIT);
}

/* b: rows of a, some gone, some changed, some new in between. With `cookies` false only tuples tell
 * them apart; states then stay, since they would tell a tuple used again. */
static void fill_random(uint64_t *seed, struct pair *pair, bool cookies)
{
    uint32_t fresh = ROWS + 1, rows = (uint32_t)(unit_random(seed) % ROWS);
    uint32_t churn = (uint32_t)(unit_random(seed) % 60);
    for (uint32_t n = 1; n <= rows; n++) {
        struct conn *row = rows_add(pair->a, n, random_state(seed));
        struct conn kept = *row;
        if (unit_random(seed) % 100 >= churn) {
            uint8_t state = (uint8_t)random_state(seed);
            row = rows_add(pair->b, n, STATE_LISTEN);
            row->state = cookies && unit_random(seed) % 100 < churn ? state : kept.state;
        }
        if (unit_random(seed) % 100 < churn)
            rows_add(pair->b, fresh++, random_state(seed));
    }
    if (cookies)
        return;
    for (uint32_t i = 0; i < pair->a->live_count; i++)
        pair->a->conns[i].cookie = 0;
    for (uint32_t i = 0; i < pair->b->live_count; i++)
        pair->b->conns[i].cookie = 0;
}

/* Each row of both is in the diff exactly once, or joined to an equal row; by brute force. */
static void check_whole(const struct pair *pair)
{
    const struct diff *diff = &pair->diff;
    uint32_t *in_a = calloc(pair->a->live_count + 1, sizeof(*in_a));
    uint32_t *in_b = calloc(pair->b->live_count + 1, sizeof(*in_b));

    assert_int_equal(diff->previous_of_count, pair->b->live_count);
    for (uint32_t i = 0; i < diff->change_count; i++) {
        const struct change *change = &diff->changes[i];
        if (change->previous != CONN_NO_INDEX)
            in_a[change->previous]++;
        if (change->next != CONN_NO_INDEX)
            in_b[change->next]++;
    }
    for (uint32_t i = 0; i < pair->b->live_count; i++) {
        uint32_t p = diff->previous_of[i];
        const struct conn *row = &pair->b->conns[i];
        if (p == CONN_NO_INDEX) {
            assert_int_equal(in_b[i], 1);
            for (uint32_t k = 0; k < pair->a->live_count; k++)
                assert_false(diff_joins(&pair->a->conns[k], row));
            continue;
        }
        assert_true(diff_joins(&pair->a->conns[p], row));
        in_a[p] += 16;
        assert_int_equal(in_b[i], pair->a->conns[p].state != row->state);
        assert_int_equal(in_a[p], 16 + in_b[i]);
    }
    for (uint32_t p = 0; p < pair->a->live_count; p++)
        assert_true(in_a[p] == 1 || in_a[p] >= 16);
    free(in_a);
    free(in_b);
}

static void check_order(const struct diff *diff)
{
    for (uint32_t i = 1; i < diff->change_count; i++) {
        const struct change *x = &diff->changes[i - 1], *y = &diff->changes[i];
        if (x->kind == CHANGE_CLOSED && y->kind == CHANGE_CLOSED)
            assert_true(x->previous < y->previous);
        if (y->kind == CHANGE_CLOSED)
            assert_int_equal(x->kind, CHANGE_CLOSED);
        if (x->kind != CHANGE_CLOSED)
            assert_true(x->next < y->next);
    }
}

static void random_frames(bool cookies, bool shuffled)
{
    uint64_t seed = 7;
    for (int round = 0; round < ROUNDS; round++) {
        struct pair pair;
        pair_begin(&pair);
        fill_random(&seed, &pair, cookies);
        if (shuffled)
            shuffle(&seed, pair.b);
        pair_compare(&pair);
        check_whole(&pair);
        check_order(&pair.diff);
        pair_end(&pair);
    }
}

static void each_row_once_in_order(void **unused)
{
    (void)unused;
    random_frames(true, false);
}

static void each_row_once_shuffled(void **unused)
{
    (void)unused;
    random_frames(true, true);
}

static void each_row_once_without_cookies(void **unused)
{
    (void)unused;
    random_frames(false, false);
    random_frames(false, true);
}

static void same_frame_is_no_change(void **unused)
{
    uint64_t seed = 3;
    (void)unused;
    for (int cookies = 0; cookies < 2; cookies++) {
        struct pair pair;
        pair_begin(&pair);
        fill_random(&seed, &pair, cookies != 0);
        assert_int_equal(diff_frames(&pair.diff, pair.a, pair.a), 0);
        assert_int_equal(pair.diff.change_count, 0);
        assert_int_equal(pair.diff.duplicates, 0);
        pair_end(&pair);
    }
}

static int by_identity(const void *x, const void *y)
{
    return memcmp(x, y, sizeof(uint64_t[3]));
}

static uint32_t identities(const struct pair *pair, uint64_t (*out)[3])
{
    for (uint32_t i = 0; i < pair->diff.change_count; i++) {
        const struct change *change = &pair->diff.changes[i];
        const struct conn *row = change->next != CONN_NO_INDEX ? &pair->b->conns[change->next]
                                                               : &pair->a->conns[change->previous];
        out[i][0] = row->cookie;
        out[i][1] = change->kind;
        out[i][2] = (uint64_t)change->from << 8 | change->to;
    }
    qsort(out, pair->diff.change_count, sizeof(*out), by_identity);
    return pair->diff.change_count;
}

static void order_does_not_matter(void **unused)
{
    static uint64_t in_order[2 * ROWS][3], shuffled[2 * ROWS][3];
    uint64_t seed = 11;
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        struct pair pair;
        pair_begin(&pair);
        fill_random(&seed, &pair, true);
        pair_compare(&pair);
        uint32_t count = identities(&pair, in_order);
        shuffle(&seed, pair.b);
        pair_compare(&pair);
        assert_int_equal(identities(&pair, shuffled), count);
        assert_memory_equal(in_order, shuffled, count * sizeof(*in_order));
        pair_end(&pair);
    }
}

static void first_frame_changes_nothing(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    rows_add(pair.b, 1, STATE_LISTEN);
    rows_add(pair.b, 2, STATE_ESTABLISHED);
    rows_add(pair.b, 2, STATE_FIN_WAIT_1);
    assert_int_equal(diff_frames(&pair.diff, NULL, pair.b), 0);
    assert_int_equal(pair.diff.change_count, 0);
    assert_int_equal(pair.diff.duplicates, 1);
    assert_int_equal(pair.b->live_count, 2);
    assert_int_equal(pair.diff.previous_of[1], CONN_NO_INDEX);
    pair_end(&pair);
}

/* Repeats rows of b at random places after and before themselves; the last of each stays. */
static void duplicates_are_dropped(void **unused)
{
    uint64_t seed = 5;
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        struct pair pair;
        pair_begin(&pair);
        fill_random(&seed, &pair, round % 2 == 0);
        uint32_t rows = pair.b->live_count, repeats = rows / 8;
        for (uint32_t i = 0; i < repeats; i++) {
            struct conn row = pair.b->conns[unit_random(&seed) % rows];
            struct conn *copy = frame_add_conn(pair.b);
            *copy = row;
        }
        shuffle(&seed, pair.b);
        for (uint32_t i = 0; i < pair.b->live_count; i++)
            pair.b->conns[i].inode = i;
        pair_compare(&pair);
        assert_int_equal(pair.diff.duplicates, repeats);
        assert_int_equal(pair.b->live_count, rows);
        assert_int_equal(pair.b->conn_count, rows);
        for (uint32_t i = 1; i < rows; i++)
            assert_true(pair.b->conns[i - 1].inode < pair.b->conns[i].inode);
        check_whole(&pair);
        check_order(&pair.diff);
        pair_end(&pair);
    }
}

static void newest_duplicate_stays(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    rows_add(pair.a, 1, STATE_LISTEN);
    rows_add(pair.a, 2, STATE_ESTABLISHED);
    rows_add(pair.a, 3, STATE_ESTABLISHED);
    rows_add(pair.b, 2, STATE_ESTABLISHED);
    rows_add(pair.b, 1, STATE_LISTEN);
    rows_add(pair.b, 3, STATE_ESTABLISHED);
    rows_add(pair.b, 2, STATE_TIME_WAIT);
    rows_add(pair.b, 4, STATE_SYN_SENT);
    rows_add(pair.b, 4, STATE_ESTABLISHED);
    pair_compare(&pair);
    assert_int_equal(pair.b->live_count, 4);
    assert_int_equal(pair.diff.duplicates, 2);
    assert_int_equal(pair.diff.change_count, 2);
    assert_int_equal(pair.diff.changes[0].kind, CHANGE_STATE);
    assert_int_equal(pair.diff.changes[0].previous, 1);
    assert_int_equal(pair.diff.changes[0].to, STATE_TIME_WAIT);
    assert_int_equal(pair.diff.changes[1].kind, CHANGE_OPENED);
    assert_int_equal(pair.diff.changes[1].to, STATE_ESTABLISHED);
    pair_end(&pair);
}

/* Two rows of one tuple, with cookies 1 and 2: how many changes? */
static uint32_t with_new_cookie(enum tcp_state from, enum tcp_state to, uint8_t timer)
{
    struct pair pair;
    pair_begin(&pair);
    rows_add(pair.a, 1, from);
    struct conn *row = rows_add(pair.b, 2, to);
    row->tuple = rows_tuple(1);
    row->known |= KNOWN_TIMER;
    row->timer = timer;
    pair_compare(&pair);
    check_whole(&pair);
    uint32_t changes = pair.diff.change_count;
    assert_int_equal(pair.diff.previous_of[0], CONN_NO_INDEX);
    pair_end(&pair);
    return changes;
}

static void another_cookie_is_another_connection(void **unused)
{
    (void)unused;
    assert_int_equal(with_new_cookie(STATE_ESTABLISHED, STATE_TIME_WAIT, 0), 2);
    assert_int_equal(with_new_cookie(STATE_FIN_WAIT_2, STATE_TIME_WAIT, 0), 2);
    assert_int_equal(with_new_cookie(STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, 3), 2);
    assert_int_equal(with_new_cookie(STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, 0), 2);
    assert_int_equal(with_new_cookie(STATE_CLOSE_WAIT, STATE_TIME_WAIT, 0), 2);
    assert_int_equal(with_new_cookie(STATE_TIME_WAIT, STATE_TIME_WAIT, 0), 2);
    assert_int_equal(with_new_cookie(STATE_TIME_WAIT, STATE_ESTABLISHED, 0), 2);
    assert_int_equal(with_new_cookie(STATE_ESTABLISHED, STATE_ESTABLISHED, 0), 2);
    assert_int_equal(with_new_cookie(STATE_ESTABLISHED, STATE_SYN_SENT, 0), 2);
}

static void cookie_survives_new_tuple(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    rows_add(pair.a, 1, STATE_CLOSED);
    rows_add(pair.b, 1, STATE_SYN_SENT)->tuple = rows_tuple(77);
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 1);
    assert_int_equal(pair.diff.changes[0].kind, CHANGE_STATE);
    pair_end(&pair);
}

static void other_namespace_is_another(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    rows_add(pair.a, 1, STATE_ESTABLISHED);
    rows_add(pair.b, 1, STATE_ESTABLISHED)->netns = 2;
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 2);
    pair_end(&pair);
}

static void add_listener(struct frame *frame, uint64_t cookie, uint32_t inode)
{
    struct conn *row = rows_add(frame, 1, STATE_LISTEN);
    row->cookie = cookie;
    row->inode = inode;
    row->known |= KNOWN_INODE;
}

/* 16 SO_REUSEPORT listeners on one tuple; one goes, one comes. */
static void add_netns(struct frame *frame, uint64_t id)
{
    frame_add_netns(frame, 1)->id = id;
}

/* The inode of a namespace that ended is given to the next one. */
static void key_used_again_is_another(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    add_netns(pair.a, 70);
    add_netns(pair.b, 71);
    rows_add(pair.a, 1, STATE_ESTABLISHED)->cookie = 0;
    rows_add(pair.b, 1, STATE_ESTABLISHED)->cookie = 0;
    rows_add(pair.a, 2, STATE_FIN_WAIT_2);
    rows_add(pair.b, 2, STATE_TIME_WAIT)->cookie = 0;
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 4);
    pair.b->namespaces[0].id = 70;
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 1);
    assert_int_equal(pair.diff.changes[0].kind, CHANGE_STATE);
    pair_end(&pair);
}

/* Every container may listen on the same address and port. */
static void one_tuple_in_many_namespaces(void **unused)
{
    enum { NAMESPACES = 2000 };
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    for (uint32_t n = 1; n <= NAMESPACES; n++) {
        struct conn *conn = rows_add(pair.a, 1, STATE_LISTEN);
        conn->cookie = 0;
        conn->netns = n;
    }
    for (uint32_t n = NAMESPACES; n > 1; n--) {
        struct conn *conn = rows_add(pair.b, 1, STATE_LISTEN);
        conn->cookie = 0;
        conn->netns = n;
    }
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 1);
    assert_int_equal(pair.diff.changes[0].kind, CHANGE_CLOSED);
    assert_int_equal(pair.a->conns[pair.diff.changes[0].previous].netns, 1);
    pair_end(&pair);
}

static void listeners_share_a_tuple(void **unused)
{
    (void)unused;
    for (int cookies = 0; cookies < 2; cookies++) {
        struct pair pair;
        pair_begin(&pair);
        for (uint32_t i = 0; i < 16; i++)
            add_listener(pair.a, cookies ? 100 + i : 0, 500 + i);
        for (uint32_t i = 17; i > 1; i--)
            add_listener(pair.b, cookies ? 99 + i : 0, 499 + i);
        pair_compare(&pair);
        assert_int_equal(pair.diff.duplicates, 0);
        assert_int_equal(pair.diff.change_count, 2);
        assert_int_equal(pair.diff.changes[0].kind, CHANGE_CLOSED);
        assert_int_equal(pair.diff.changes[0].previous, 0);
        assert_int_equal(pair.diff.changes[1].kind, CHANGE_OPENED);
        assert_int_equal(pair.diff.changes[1].next, 0);
        pair_end(&pair);
    }
}

static uint32_t without_cookie(uint64_t cookie_a, enum tcp_state from, uint32_t inode_a,
                               uint64_t cookie_b, enum tcp_state to, uint32_t inode_b)
{
    struct pair pair;
    pair_begin(&pair);
    for (int side = 0; side < 2; side++) {
        struct conn *row = side ? rows_add(pair.b, 1, to) : rows_add(pair.a, 1, from);
        row->cookie = side ? cookie_b : cookie_a;
        row->inode = side ? inode_b : inode_a;
        row->known |= row->inode ? KNOWN_INODE : 0u;
    }
    pair_compare(&pair);
    check_whole(&pair);
    uint32_t changes = pair.diff.change_count;
    pair_end(&pair);
    return changes;
}

static void tuple_and_inode_where_no_cookie(void **unused)
{
    (void)unused;
    assert_int_equal(without_cookie(0, STATE_ESTABLISHED, 5, 0, STATE_ESTABLISHED, 5), 0);
    assert_int_equal(without_cookie(0, STATE_ESTABLISHED, 5, 0, STATE_ESTABLISHED, 6), 2);
    assert_int_equal(without_cookie(0, STATE_ESTABLISHED, 5, 0, STATE_TIME_WAIT, 0), 1);
    assert_int_equal(without_cookie(0, STATE_TIME_WAIT, 0, 0, STATE_ESTABLISHED, 6), 2);
    /* the source changed between the frames */
    assert_int_equal(without_cookie(9, STATE_ESTABLISHED, 5, 0, STATE_ESTABLISHED, 5), 0);
    assert_int_equal(without_cookie(0, STATE_ESTABLISHED, 5, 9, STATE_FIN_WAIT_1, 0), 1);
}

static void rows_found_again_are_no_closes(void **unused)
{
    struct pair pair;
    (void)unused;
    pair_begin(&pair);
    for (uint32_t n = 1; n <= 6; n++)
        rows_add(pair.a, n, STATE_ESTABLISHED);
    rows_add(pair.b, 2, STATE_ESTABLISHED);
    rows_add(pair.b, 7, STATE_ESTABLISHED);
    pair_compare(&pair);
    assert_int_equal(pair.diff.change_count, 6);

    uint32_t first = pair.b->live_count;
    rows_add(pair.b, 4, STATE_ESTABLISHED);
    rows_add(pair.b, 6, STATE_CLOSE_WAIT);
    const uint32_t found[] = {3, 5};
    assert_int_equal(diff_amend(&pair.diff, pair.a, pair.b, first, found, 2), 0);
    check_whole(&pair);
    check_order(&pair.diff);
    assert_int_equal(pair.diff.change_count, 5);
    assert_int_equal(pair.diff.changes[4].to, STATE_CLOSE_WAIT);
    pair_end(&pair);
}

/* What is known to be a copy joins as it would have been found to. */
static void copies_join_what_they_were_made_of(void **unused)
{
    uint64_t seed = 77;
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t origins[2 * ROWS], previous_of[2 * ROWS];
        struct change changes[4 * ROWS];
        struct pair pair;
        pair_begin(&pair);
        fill_random(&seed, &pair, true);
        pair_compare(&pair);
        const uint32_t rows = pair.diff.previous_of_count, count = pair.diff.change_count;
        if (rows)
            memcpy(previous_of, pair.diff.previous_of, rows * sizeof(*previous_of));
        if (count)
            memcpy(changes, pair.diff.changes, count * sizeof(*changes));
        for (uint32_t i = 0; i < rows; i++) { /* half of those that are as they were */
            const uint32_t at = previous_of[i];
            const bool is_same =
                at != CONN_NO_INDEX && pair.a->conns[at].state == pair.b->conns[i].state;
            origins[i] = is_same && unit_random(&seed) % 2 ? at : CONN_NO_INDEX;
        }
        assert_int_equal(
            diff_copies(&pair.diff, pair.a, pair.b, &(struct row_copies){.origins = origins}), 0);
        assert_int_equal(pair.diff.previous_of_count, rows);
        if (rows)
            assert_memory_equal(pair.diff.previous_of, previous_of, rows * sizeof(*previous_of));
        assert_int_equal(pair.diff.change_count, count);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(pair.diff.changes[i].kind, changes[i].kind);
            assert_int_equal(pair.diff.changes[i].previous, changes[i].previous);
            assert_int_equal(pair.diff.changes[i].next, changes[i].next);
        }
        pair_end(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_once_in_order),
        cmocka_unit_test(each_row_once_shuffled),
        cmocka_unit_test(each_row_once_without_cookies),
        cmocka_unit_test(same_frame_is_no_change),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(first_frame_changes_nothing),
        cmocka_unit_test(duplicates_are_dropped),
        cmocka_unit_test(newest_duplicate_stays),
        cmocka_unit_test(another_cookie_is_another_connection),
        cmocka_unit_test(cookie_survives_new_tuple),
        cmocka_unit_test(other_namespace_is_another),
        cmocka_unit_test(key_used_again_is_another),
        cmocka_unit_test(one_tuple_in_many_namespaces),
        cmocka_unit_test(listeners_share_a_tuple),
        cmocka_unit_test(tuple_and_inode_where_no_cookie),
        cmocka_unit_test(rows_found_again_are_no_closes),
        cmocka_unit_test(copies_join_what_they_were_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
