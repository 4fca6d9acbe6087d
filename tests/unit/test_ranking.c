/* Rankings whatever their rows are: what comes while the order is frozen stays where it came, and
 * the cursor follows its row. */
#include "base/grow.h"
#include "core/ranking.h"
#include "unit.h"

/* An update with rows of these ids, in this order; the key is the id. */
static void update(struct ranking *ranking, const uint64_t *ids, uint32_t count, uint32_t height)
{
    const struct ranking_order order = {0};

    assert_int_equal(ranking_begin(ranking), 0);
    assert_int_equal(GROW(ranking->entries, ranking->capacity, count), 0);
    for (uint32_t i = 0; i < count; i++)
        ranking->entries[i] = (struct ranking_entry){
            .id = ids[i],
            .row = i,
            .key = ranking_is_held(ranking) ? ranking_held_place(ranking, ids[i]) : ids[i]};
    ranking->count = count;
    ranking_settle(ranking, &order, ranking_find(ranking, ranking->cursor), height);
}

static void check_order(const struct ranking *ranking, const uint64_t *ids, uint32_t count)
{
    assert_int_equal(ranking->shown, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(ranking->entries[i].id, ids[i]);
}

/* Ids need not ascend with time, as those of groups do not. */
static void what_comes_while_frozen_stays_where_it_came(void **state)
{
    static const uint64_t FIRST[] = {50, 60, 70}, SECOND[] = {70, 9, 50, 60},
                          THIRD[] = {3, 60, 9, 50};
    static const uint64_t SECOND_ORDER[] = {50, 60, 70, 9}, THIRD_ORDER[] = {50, 60, 9, 3};
    struct ranking ranking = {0};

    (void)state;
    update(&ranking, FIRST, 3, 10);
    ranking.frozen = true;
    update(&ranking, SECOND, 4, 10);
    check_order(&ranking, SECOND_ORDER, 4);
    update(&ranking, THIRD, 4, 10);
    check_order(&ranking, THIRD_ORDER, 4);
    ranking.frozen = false;
    update(&ranking, THIRD, 4, 10);
    check_order(&ranking, (const uint64_t[]){3, 9, 50, 60}, 4);
    ranking_done(&ranking);
}

static void places_of_rows_that_are_gone_are_given_up(void **state)
{
    struct ranking ranking = {0};

    (void)state;
    update(&ranking, (const uint64_t[]){1, 1000000}, 2, 10);
    ranking.frozen = true;
    for (uint64_t i = 2; i < 100000; i++) {
        const uint64_t ids[] = {i, 1000000};
        update(&ranking, ids, 2, 10);
        assert_int_equal(ranking.entries[0].id, 1000000); /* it was there before */
    }
    assert_true(ranking.held.count < 5000);
    ranking_done(&ranking);
}

static void a_line_that_is_pointed_at_keeps_its_row(void **state)
{
    struct ranking ranking = {.at_top = true};

    (void)state;
    update(&ranking, (const uint64_t[]){10, 20, 30}, 3, 10);
    assert_int_equal(ranking.cursor, 10);
    ranking_point(&ranking, 1);
    assert_int_equal(ranking_cursor_row(&ranking), 1);
    ranking_point(&ranking, 7); /* below the last one */
    update(&ranking, (const uint64_t[]){5, 10, 15, 20, 30}, 5, 10);
    assert_int_equal(ranking.cursor, 20);
    assert_int_equal(ranking.cursor_rank, 3);
    ranking_done(&ranking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_while_frozen_stays_where_it_came),
        cmocka_unit_test(places_of_rows_that_are_gone_are_given_up),
        cmocka_unit_test(a_line_that_is_pointed_at_keeps_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
