/* What an arena hands out stays whole until the reset, which keeps memory; the buffer grows. */
#include "base/arena.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 2000 };

/* Fills pieces of random sizes, then looks whether one has written over another. */
static void fill_and_check(struct arena *arena, uint64_t seed)
{
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = unit_random_below(&seed, 300);
        pieces[i] = arena_alloc(arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xff), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
}

static void pieces_do_not_overlap(void **unused)
{
    struct arena arena;
    (void)unused;
    arena_init(&arena);
    fill_and_check(&arena, 1);
    arena_reset(&arena);
    fill_and_check(&arena, 2);
    arena_done(&arena);
    arena_done(&arena);
}

static void second_use_takes_no_new_memory(void **unused)
{
    struct arena arena;
    (void)unused;
    arena_init(&arena);
    assert_int_equal(arena_footprint(&arena), 0);
    fill_and_check(&arena, 3);
    size_t footprint = arena_footprint(&arena);
    arena_reset(&arena);
    const struct arena_block *block = arena.block;
    for (int round = 0; round < 3; round++) {
        fill_and_check(&arena, 3);
        assert_ptr_equal(arena.block, block);
        assert_int_equal(arena_footprint(&arena), footprint);
        arena_reset(&arena);
    }
    arena_done(&arena);
    assert_int_equal(arena_footprint(&arena), 0);
}

static void impossible_sizes_lose_nothing(void **unused)
{
    struct arena arena;
    (void)unused;
    arena_init(&arena);
    char *kept = arena_copy(&arena, "kept", 4);
    size_t footprint = arena_footprint(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(arena_copy(&arena, "x", SIZE_MAX));
    assert_int_equal(arena_footprint(&arena), footprint);
    assert_string_equal(kept, "kept");
    arena_done(&arena);
}

static void copies_end_in_used_memory(void **unused)
{
    struct arena arena;
    (void)unused;
    arena_init(&arena);
    fill_and_check(&arena, 4);
    arena_reset(&arena);
    const char *copy = arena_copy(&arena, "half\0way", 8);
    assert_memory_equal(copy, "half\0way", 9);
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_done(&arena);
}

static void buffer_holds_what_was_appended(void **unused)
{
    struct buffer buffer;
    char expected[24];
    static const int64_t values[] = {0, 1, -1, 9, 10, -10, INT32_MIN, INT64_MAX, INT64_MIN};
    (void)unused;
    buffer_init(&buffer);
    for (size_t i = 0; i < UNIT_COUNT(values); i++) {
        buffer_clear(&buffer);
        buffer_signed(&buffer, values[i]);
        snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);
        assert_string_equal(buffer.data, expected);
        buffer_clear(&buffer);
        buffer_unsigned(&buffer, (uint64_t)values[i]);
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)values[i]);
        assert_string_equal(buffer.data, expected);
    }
    buffer_clear(&buffer);
    buffer_text(&buffer, "ab");
    buffer_char(&buffer, 'c');
    buffer_append(&buffer, "def", 2);
    buffer_append(&buffer, NULL, 0);
    buffer_printf(&buffer, "%d-%s", 7, "x");
    assert_string_equal(buffer.data, "abcde7-x");
    assert_int_equal(buffer.length, 8);
    buffer_clear(&buffer);
    buffer_quoted(&buffer, "a \"b\" c:\\d");
    buffer_escaped(&buffer, "\"");
    assert_string_equal(buffer.data, "\"a \\\"b\\\" c:\\\\d\"\\\"");
    buffer_done(&buffer);
}

static void buffer_grows_and_keeps_its_memory(void **unused)
{
    struct buffer buffer;
    (void)unused;
    buffer_init(&buffer);
    for (unsigned i = 0; i < 50000; i++)
        buffer_char(&buffer, (char)('a' + i % 26));
    assert_int_equal(buffer.length, 50000);
    assert_int_equal(strlen(buffer.data), 50000);
    for (unsigned i = 0; i < 50000; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    const char *data = buffer.data;
    buffer_clear(&buffer);
    assert_string_equal(buffer.data, "");
    char *place = buffer_reserve(&buffer, 40000);
    assert_ptr_equal(place, data);
    assert_int_equal(buffer.failed, 0);
    buffer_done(&buffer);
}

static void buffer_failure_is_kept(void **unused)
{
    struct buffer buffer;
    (void)unused;
    buffer_init(&buffer);
    buffer_text(&buffer, "before");
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    assert_null(buffer_reserve(&buffer, SIZE_MAX / 2));
    assert_int_equal(buffer.failed, -ENOMEM);
    assert_string_equal(buffer.data, "before");
    buffer_text(&buffer, " after");
    assert_int_equal(buffer.failed, -ENOMEM);
    buffer_clear(&buffer);
    assert_int_equal(buffer.failed, 0);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(second_use_takes_no_new_memory),
        cmocka_unit_test(impossible_sizes_lose_nothing),
        cmocka_unit_test(copies_end_in_used_memory),
        cmocka_unit_test(buffer_holds_what_was_appended),
        cmocka_unit_test(buffer_grows_and_keeps_its_memory),
        cmocka_unit_test(buffer_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
