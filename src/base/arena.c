/* Memory freed all at once, and a growing byte buffer. */
#include "base/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = _Alignof(max_align_t), ARENA_FIRST_BLOCK = 4096, BUFFER_FIRST = 256 };

struct arena_block {
    struct arena_block *next; /* older */
    size_t size;              /* bytes of `data` */
    _Alignas(ARENA_ALIGN) unsigned char data[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->next;
        free(block);
        block = older;
    }
}

void arena_done(struct arena *arena)
{
    free_blocks(arena->block);
    arena_init(arena);
}

static struct arena_block *new_block(struct arena_block *older, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->next = older;
    block->size = size;
    return block;
}

/* Each block doubles the total, so that there are few blocks. */
static int add_block(struct arena *arena, size_t size)
{
    size_t wanted = arena->total > ARENA_FIRST_BLOCK ? arena->total : ARENA_FIRST_BLOCK;
    if (wanted < size)
        wanted = size;
    struct arena_block *block = new_block(arena->block, wanted);
    if (block == NULL && wanted > size) {
        wanted = size;
        block = new_block(arena->block, wanted);
    }
    if (block == NULL)
        return -ENOMEM;
    arena->block = block;
    arena->used = 0;
    arena->total += wanted;
    return 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (arena->block == NULL || arena->block->size - arena->used < rounded) {
        int error = add_block(arena, rounded);
        if (error != 0)
            return NULL;
    }
    void *place = arena->block->data + arena->used;
    arena->used += rounded;
    return place;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, length + 1);
    if (copy == NULL)
        return NULL;
    if (length != 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* Several blocks are merged into one of their total size; if that fails, the newest (and largest)
 * is kept. */
void arena_reset(struct arena *arena)
{
    arena->used = 0;
    struct arena_block *block = arena->block;
    if (block == NULL || block->next == NULL)
        return;
    struct arena_block *older = block->next;
    block->next = NULL;
    free_blocks(older);
    struct arena_block *whole = new_block(NULL, arena->total);
    if (whole == NULL) {
        arena->total = block->size;
        return;
    }
    free(block);
    arena->block = whole;
}

size_t arena_footprint(const struct arena *arena)
{
    return arena->total;
}

void buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){0};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

/* Room for `size` bytes and a NUL. */
static int buffer_grow(struct buffer *buffer, size_t size)
{
    if (size >= SIZE_MAX / 2 - buffer->length)
        return -ENOMEM;
    size_t needed = buffer->length + size + 1;
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : BUFFER_FIRST;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->capacity == 0 || size >= buffer->capacity - buffer->length) {
        int error = buffer_grow(buffer, size);
        if (error != 0) {
            buffer->failed = error;
            return NULL;
        }
    }
    return buffer->data + buffer->length;
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
    char *place = buffer_reserve(buffer, length);
    if (place == NULL)
        return;
    if (length != 0)
        memcpy(place, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

void buffer_unsigned(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buffer_append(buffer, digits + start, sizeof(digits) - start);
}

void buffer_escaped(struct buffer *buffer, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_char(buffer, '\\');
        buffer_char(buffer, *text);
    }
}

void buffer_quoted(struct buffer *buffer, const char *text)
{
    buffer_char(buffer, '"');
    buffer_escaped(buffer, text);
    buffer_char(buffer, '"');
}

void buffer_signed(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_char(buffer, '-');
    buffer_unsigned(buffer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    char *place = buffer_reserve(buffer, (size_t)length);
    if (place == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(place, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}
