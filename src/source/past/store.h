/* past_store: the frames as they are kept: blocks of packed bytes, each against the one before it.
 * past.c fills it, source.c reads it. */
#ifndef TCPLENS_SOURCE_PAST_STORE_H
#define TCPLENS_SOURCE_PAST_STORE_H

#include "core/density.h"
#include "source/past/image.h"
#include "source/past/past.h"

#include <zstd.h>

struct past_block {
    void *packed;
    uint32_t packed_bytes, raw_bytes;
    int64_t wall_ns;
    uint64_t first_event, next_event;
    struct density_part density;
    bool key;
};

struct past {
    size_t limit, bytes;
    struct past_block *blocks; /* a ring: block n is blocks[n % capacity] */
    uint64_t first, end;       /* kept: [first, end) */
    uint32_t capacity;
    uint64_t drops;         /* ListenDrops of the frame added last, UINT64_MAX: unknown */
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

#endif
