/* An arena: memory that is freed all at once and kept for the next use; and a growing byte buffer.
 * Pure. An arena that has been reset holds one block as large as all it held before, so that a
 * second use no larger than the first calls no malloc. Not thread-safe: one owner at a time. */
#ifndef TCPLENS_BASE_ARENA_H
#define TCPLENS_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena {
    struct arena_block *block; /* newest first */
    size_t used;               /* bytes handed out of `block` */
    size_t total;              /* bytes in all blocks */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);
/* Aligned as by malloc(), not zeroed; NULL when out of memory (nothing is lost then). */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length); /* adds a NUL */
void arena_reset(struct arena *arena); /* everything handed out is invalid from here on */
size_t arena_footprint(const struct arena *arena);

/* A byte buffer that grows; `data` is always NUL-terminated once something was appended.
 * A failed growth sets `failed` and drops what does not fit; check once at the end. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    int failed; /* 0 or -ENOMEM */
};

void buffer_init(struct buffer *buffer);
void buffer_done(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* keeps its memory */
/* Room for `size` more bytes: where to write them, or NULL (then `failed` is set). */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const char *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);
void buffer_unsigned(struct buffer *buffer, uint64_t value);
/* A backslash before each double quote and backslash; buffer_quoted: in double quotes, too. */
void buffer_escaped(struct buffer *buffer, const char *text);
void buffer_quoted(struct buffer *buffer, const char *text);
void buffer_signed(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
