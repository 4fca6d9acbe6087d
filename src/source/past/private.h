/* Private to past*.c: a frame as plain arrays with text by number, and what is written of it. */
#ifndef TCPLENS_SOURCE_PAST_PRIVATE_H
#define TCPLENS_SOURCE_PAST_PRIVATE_H

#include "base/hash_index.h"
#include "source/past/past.h"

#include <zstd.h>

enum past_array {
    PAST_CONNS,
    PAST_PROCS,
    PAST_GROUPS,
    PAST_DETAILS,
    PAST_OWNERS,
    PAST_USERS,
    PAST_INTERFACES,
    PAST_FLOWS,
    PAST_FACTS, /* as 64-bit words: all of them, or none */
    PAST_ARRAYS
};

/* Texts of the frames from one whole frame to the next, each once; a text is its place in bytes. */
struct past_texts {
    struct buffer bytes;
    struct hash_index places;
};

struct past_head { /* what a frame is beside its arrays; text by number */
    uint64_t number, first_event, next_event;
    int64_t wall_ns, mono_ns, dump_ns;
    struct totals totals;
    struct missing missing;
    struct frame_cost cost;
    uint32_t live_count, netns;
    uint32_t netns_is_host;
    uint32_t host, source, events, events_why, owners_why; /* UINT32_MAX = NULL */
    uint32_t counts[PAST_ARRAYS];
    uint32_t text_bytes; /* that are new with this frame */
};

/* Arrays of the frame's own structs, but that a pointer to text holds the text's number. */
struct past_image {
    struct past_head head;
    void *data[PAST_ARRAYS];
    uint32_t capacity[PAST_ARRAYS];
};

extern const size_t PAST_SIZES[PAST_ARRAYS]; /* of an element */

struct past_block {
    void *packed;
    uint32_t packed_bytes, raw_bytes;
    int64_t wall_ns;
    uint64_t first_event, next_event;
    uint32_t happened; /* opens, transitions, closes */
    bool key;
};

struct past {
    size_t limit, bytes;
    struct past_block *blocks; /* a ring: block n is blocks[n % capacity] */
    uint64_t first, end;       /* kept: [first, end) */
    uint32_t capacity;
    struct frame *previous; /* added last: its rows are the base of the next one's */
    struct past_image image, other;
    struct past_texts texts;
    struct hash_index serials; /* of the rows of previous */
    struct buffer tags, words, raw, packed;
    size_t key_bytes, group_bytes; /* of the frames since the last whole one */
    uint32_t group_frames;
    ZSTD_CCtx *zstd;
};

static inline struct past_block *past_block(const struct past *past, uint64_t n)
{
    return &past->blocks[n % past->capacity];
}

int past_image_reserve(struct past_image *image, enum past_array array, uint32_t count);
void past_image_done(struct past_image *image);

int past_texts_add(struct past_texts *texts, const char *text, uint32_t *place);
void past_texts_reset(struct past_texts *texts);
void past_texts_done(struct past_texts *texts);

/* image.c: rows are not copied: data[PAST_CONNS] of the image stays NULL. */
int past_image_take(struct past_image *image, struct past_texts *texts, const struct frame *frame);
int past_image_give(const struct past_image *image, const char *texts, struct frame *frame);

/* delta.c. An element of an array against one of those before it. base: which one, or
 * PAST_NO_BASE. */
#define PAST_NO_BASE UINT32_MAX
struct past_writer {
    struct buffer *tags, *words;
    size_t size;
    int64_t passed_ms; /* since the frame before: what ticks by itself is expected so */
    uint32_t next_base;
    bool conns;
};
void past_write_element(struct past_writer *writer, const void *base_array, uint32_t base,
                        const void *element);

struct past_bytes { /* being read */
    const uint8_t *at, *end;
};
/* Reads `count` elements into `array`. 0 or -EBADMSG. */
int past_read_array(struct past_bytes *tags, struct past_bytes *words, size_t size, bool conns,
                    int64_t passed_ms, const void *base_array, uint32_t base_count, void *array,
                    uint32_t count);

#endif
