/* past_delta: encodes the elements of an array as differences from those of an earlier array. */
#ifndef TCPLENS_SOURCE_PAST_DELTA_H
#define TCPLENS_SOURCE_PAST_DELTA_H

#include "core/json/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encodes an element against an earlier one. base: its index, or PAST_NO_BASE. */
#define PAST_NO_BASE UINT32_MAX
struct past_writer {
    struct buffer *tags, *words;
    size_t size;
    int64_t passed_ms; /* since the last frame: ticking facts are predicted by it */
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
