/* past_delta: encodes an element of an array by the differences of its 32-bit words from an earlier
 * one. Independent of their meaning, except for ticking facts of rows. */
#include "source/past/delta.h"

#include "core/conn.h"

#include <errno.h>
#include <string.h>

#define WORD       sizeof(uint32_t)
#define WORDS_MAX  128
#define MASK_BYTES (WORDS_MAX / 8)

enum tag { TAG_NEXT = 0, TAG_NAMED = 1, TAG_NONE = 2, TAG_BASE = 3, TAG_DIFFERS = 4 };

_Static_assert(sizeof(struct conn) % WORD == 0 && sizeof(struct conn) <= WORDS_MAX * WORD, "");
_Static_assert(sizeof(struct conn_detail) % WORD == 0 &&
                   sizeof(struct conn_detail) <= WORDS_MAX * WORD,
               "");

static uint32_t tick_up(uint32_t value, int64_t passed_ms)
{
    return value + (uint32_t)passed_ms;
}

/* Predicts the element if nothing happened. */
static void expect(void *expected, size_t size, bool conns, int64_t passed_ms,
                   const void *base_array, uint32_t base)
{
    if (base == PAST_NO_BASE) {
        memset(expected, 0, size);
        return;
    }
    memcpy(expected, (const char *)base_array + base * size, size);
    struct conn *conn = conns ? expected : NULL;
    if (conn && (conn->known & KNOWN_LAST_DATA)) {
        conn->last_data_sent_ms = tick_up(conn->last_data_sent_ms, passed_ms);
        conn->last_data_received_ms = tick_up(conn->last_data_received_ms, passed_ms);
    }
    if (conn && conn->timer)
        conn->timer_ms -= (uint32_t)passed_ms;
}

static void write_words(struct buffer *out, const uint32_t *expected, const uint32_t *is,
                        size_t words)
{
    const size_t mask_bytes = (words + 7) / 8;
    uint8_t mask[MASK_BYTES] = {0};
    uint32_t differences[WORDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < words; i++) {
        if (expected[i] == is[i])
            continue;
        mask[i / 8] |= (uint8_t)(1u << (i % 8));
        differences[count++] = is[i] - expected[i];
    }
    buffer_append(out, (const char *)mask, mask_bytes);
    buffer_append(out, (const char *)differences, count * WORD);
}

void past_write_element(struct past_writer *writer, const void *base_array, uint32_t base,
                        const void *element)
{
    uint32_t expected[WORDS_MAX];
    uint32_t is[WORDS_MAX];
    uint8_t tag = base == PAST_NO_BASE        ? TAG_NONE
                  : base == writer->next_base ? TAG_NEXT
                                              : TAG_NAMED;

    expect(expected, writer->size, writer->conns, writer->passed_ms, base_array, base);
    if (memcmp(expected, element, writer->size) != 0)
        tag |= TAG_DIFFERS;
    buffer_char(writer->tags, (char)tag);
    if ((tag & TAG_BASE) == TAG_NAMED)
        buffer_append(writer->words, (const char *)&base, sizeof(base));
    if (tag & TAG_DIFFERS) {
        memcpy(is, element, writer->size);
        write_words(writer->words, expected, is, writer->size / WORD);
    }
    if (base != PAST_NO_BASE)
        writer->next_base = base + 1;
}

static bool take(struct past_bytes *from, void *to, size_t size)
{
    if ((size_t)(from->end - from->at) < size)
        return false;
    memcpy(to, from->at, size);
    from->at += size;
    return true;
}

/* Rows may be unaligned: access words by memcpy. */
static void add_word(char *word, uint32_t difference)
{
    uint32_t value;
    memcpy(&value, word, WORD);
    value += difference;
    memcpy(word, &value, WORD);
}

static bool read_words(struct past_bytes *from, char *element, size_t words)
{
    uint8_t mask[MASK_BYTES];
    const size_t mask_bytes = (words + 7) / 8;

    if (!take(from, mask, mask_bytes))
        return false;
    for (size_t i = 0; i < mask_bytes; i++) {
        for (unsigned bits = mask[i]; bits; bits &= bits - 1) {
            const size_t word = i * 8 + (size_t)__builtin_ctz(bits);
            uint32_t difference;
            if (word >= words || !take(from, &difference, sizeof(difference)))
                return false;
            add_word(element + word * WORD, difference);
        }
    }
    return true;
}

int past_read_array(struct past_bytes *tags, struct past_bytes *words, size_t size, bool conns,
                    int64_t passed_ms, const void *base_array, uint32_t base_count, void *array,
                    uint32_t count)
{
    uint32_t next_base = 0;

    for (uint32_t i = 0; i < count; i++) {
        char *element = (char *)array + i * size;
        uint32_t base = next_base;
        uint8_t tag;
        if (!take(tags, &tag, 1))
            return -EBADMSG;
        if ((tag & TAG_BASE) == TAG_NONE)
            base = PAST_NO_BASE;
        if ((tag & TAG_BASE) == TAG_NAMED && !take(words, &base, sizeof(base)))
            return -EBADMSG;
        if (base != PAST_NO_BASE && base >= base_count)
            return -EBADMSG;
        expect(element, size, conns, passed_ms, base_array, base);
        if ((tag & TAG_DIFFERS) && !read_words(words, element, size / WORD))
            return -EBADMSG;
        if (base != PAST_NO_BASE)
            next_base = base + 1;
    }
    return 0;
}
