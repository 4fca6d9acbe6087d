/* Heat: the worst of each slice of time, by group, forth and back, and filled up from before. */
#include "core/grouping/heat.h"
#include "rows.h"

#define SLICE (10 * SECOND)

struct scene {
    struct frame_pool *pool;
    struct heat *heat;
};

static struct scene begin(void)
{
    return (struct scene){frame_pool_new(), heat_new(&GROUPING_PEERS, SLICE)};
}

static void end(struct scene *scene)
{
    heat_release(scene->heat);
    frame_pool_release(scene->pool);
}

static uint64_t key_of(const struct conn *conn)
{
    return GROUPING_PEERS.key(NULL, conn);
}

/* A frame with one connection: tries: of its retransmission timer. The key of its peer. */
static uint64_t take(struct scene *scene, struct heat *heat, int64_t second, uint8_t tries,
                     uint64_t retrans)
{
    struct frame *frame = rows_frame(scene->pool, second);
    struct conn *conn = rows_add(frame, 1, STATE_ESTABLISHED);
    frame->mono_ns = second * SECOND;
    conn->known = KNOWN_TIMER;
    conn->timer = 1;
    conn->timer_retrans = tries;
    conn->sent_10s = 1000;
    conn->retrans_10s = retrans;
    const uint64_t key = key_of(conn);
    heat_take(heat, frame);
    frame_release(frame);
    return key;
}

static void check(const struct heat *heat, uint64_t key, int64_t second, const char *expected)
{
    static const char LETTERS[] = " -+!#";
    uint8_t levels[HEAT_SLICES];
    char text[HEAT_SLICES + 1] = "";
    heat_read(heat, key, second * SECOND, levels);
    for (size_t i = 0; i < HEAT_SLICES; i++)
        text[i] = LETTERS[levels[i]];
    assert_string_equal(text, expected);
}

static void the_worst_of_a_slice_stays(void **state)
{
    struct scene scene = begin();
    (void)state;
    const uint64_t key = take(&scene, scene.heat, 1000, 0, 0);
    check(scene.heat, key, 1000, "                 -");
    take(&scene, scene.heat, 1001, 0, 1);
    take(&scene, scene.heat, 1002, 0, 0);
    check(scene.heat, key, 1009, "                 +");
    take(&scene, scene.heat, 1010, 0, 100);
    take(&scene, scene.heat, 1035, 3, 0);
    check(scene.heat, key, 1039, "              +! #");
    check(scene.heat, key, 1055, "            +! #  "); /* nothing is known since */
    check(scene.heat, key, 1300, "                  ");
    check(scene.heat, key + 2, 1035, "                  ");
    end(&scene);
}

static void back_in_time_nothing_comes_later(void **state)
{
    struct scene scene = begin();
    (void)state;
    const uint64_t key = take(&scene, scene.heat, 1000, 0, 0);
    take(&scene, scene.heat, 1010, 3, 0);
    take(&scene, scene.heat, 1020, 0, 0);
    take(&scene, scene.heat, 1000, 0, 0);
    check(scene.heat, key, 1000, "                 -");
    take(&scene, scene.heat, 1010, 0, 0);
    check(scene.heat, key, 1010, "                --");
    end(&scene);
}

static void what_is_read_fills_what_is_not_known(void **state)
{
    struct scene scene = begin();
    struct heat *older = heat_new(&GROUPING_PEERS, SLICE);
    (void)state;
    take(&scene, older, 990, 3, 0);
    const uint64_t key = take(&scene, older, 1000, 3, 0);
    take(&scene, scene.heat, 1005, 0, 0);
    take(&scene, scene.heat, 1020, 0, 0);
    heat_merge(scene.heat, older);
    check(scene.heat, key, 1020, "              ## -");
    heat_release(older);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_worst_of_a_slice_stays),
                                       cmocka_unit_test(back_in_time_nothing_comes_later),
                                       cmocka_unit_test(what_is_read_fills_what_is_not_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
