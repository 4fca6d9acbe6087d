/* The hash index against a plain array searched from the front. */
#include "base/hash.h"
#include "base/hash_index.h"
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#define ELEMENTS 3000u

/* Hashes that collide much: few values, and many with the same low bits. */
static uint32_t colliding_hash(uint32_t element)
{
    return element % 3 == 0 ? element % 7 : (element % 50) << 16 | 0x3f;
}

static uint32_t find(const struct hash_index *index, uint32_t hash, uint32_t element)
{
    struct hash_cursor cursor;
    uint32_t found = 0;

    for (uint32_t i = hash_index_first(index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(index, &cursor)) {
        assert_true(i < ELEMENTS);
        assert_int_equal(colliding_hash(i), hash);
        found += i == element;
    }
    return found;
}

static void an_empty_index_finds_nothing(void **unused)
{
    struct hash_index index = {0};
    struct hash_cursor cursor;

    (void)unused;
    assert_int_equal(hash_index_first(&index, 5, &cursor), HASH_INDEX_NONE);
    hash_index_remove(&index, 5, 1);
    assert_int_equal(hash_index_begin(&index, 0), 0);
    assert_int_equal(hash_index_add(&index, 5, 1), 0);
    assert_int_equal(hash_index_begin(&index, 1000), 0);
    assert_int_equal(hash_index_first(&index, 5, &cursor), HASH_INDEX_NONE);
    hash_index_done(&index);
}

static void what_is_added_is_found_until_it_is_removed(void **unused)
{
    struct hash_index index = {0};
    bool there[ELEMENTS] = {false};

    (void)unused;
    srand(7);
    for (uint32_t step = 0; step < 20000; step++) {
        const uint32_t element = (uint32_t)rand() % ELEMENTS;
        if (there[element])
            hash_index_remove(&index, colliding_hash(element), element);
        else
            assert_int_equal(hash_index_add(&index, colliding_hash(element), element), 0);
        there[element] = !there[element];
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < ELEMENTS; i++) {
        assert_int_equal(find(&index, colliding_hash(i), i), there[i]);
        count += there[i] ? 1 : 0;
    }
    assert_int_equal(index.count, count);
    hash_index_done(&index);
}

static void equal_hashes_keep_their_order_when_it_grows(void **unused)
{
    struct hash_index index = {0};
    struct hash_cursor cursor;
    uint32_t last = 0;

    (void)unused;
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(hash_index_add(&index, 63, i), 0); /* wraps around the first table's end */
    assert_int_equal(hash_index_first(&index, 63, &cursor), 0);
    for (uint32_t i = 1; i < 1000; i++) {
        last = hash_index_next(&index, &cursor);
        assert_int_equal(last, i);
    }
    assert_int_equal(hash_index_next(&index, &cursor), HASH_INDEX_NONE);
    hash_index_done(&index);
}

static void reserved_room_is_enough(void **unused)
{
    struct hash_index index = {0};

    (void)unused;
    assert_int_equal(hash_index_reserve(&index, 1000), 0);
    const uint64_t *slots = index.slots;
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(hash_index_add(&index, hash_number(i), i), 0);
    assert_ptr_equal(index.slots, slots);
    assert_int_not_equal(hash_index_reserve(&index, UINT32_MAX), 0);
    assert_ptr_equal(index.slots, slots);
    assert_int_equal(hash_index_begin(&index, 10), 0); /* smaller: the same memory, emptied */
    assert_ptr_equal(index.slots, slots);
    assert_true(index.mask < 64);
    struct hash_cursor cursor;
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(hash_index_first(&index, hash_number(i), &cursor), HASH_INDEX_NONE);
    hash_index_done(&index);
}

static void texts_are_hashed_with_their_ends(void **unused)
{
    (void)unused;
    assert_true(hash_text("b", hash_text("a", HASH_SEED)) !=
                hash_text("", hash_text("ab", HASH_SEED)));
    assert_true(hash_text("", HASH_SEED) != HASH_SEED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(what_is_added_is_found_until_it_is_removed),
        cmocka_unit_test(equal_hashes_keep_their_order_when_it_grows),
        cmocka_unit_test(reserved_room_is_enough),
        cmocka_unit_test(texts_are_hashed_with_their_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
