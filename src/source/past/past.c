/* past: stores frames as compressed differences from the last one. source.c reads them. */
#include "source/past/store.h"

#include "base/hash.h"
#include "source/past/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCKS   1024u
#define LEVEL          1   /* of zstd */
#define GROUP_MOST     60u /* frames from one whole one to the next */
#define GROUP_LEAST    8u
#define GROUPS_LEAST   8u /* at least this many groups fit: the oldest is dropped as a whole */
#define BLOCK_OVERHEAD (sizeof(struct past_block) + 16)
#define LOOK_AHEAD     8u

int past_new(struct past **past, uint64_t limit_bytes)
{
    struct past *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->limit = limit_bytes > SIZE_MAX ? SIZE_MAX : (size_t)limit_bytes;
    made->drops = UINT64_MAX;
    made->capacity = FIRST_BLOCKS;
    made->blocks = calloc(made->capacity, sizeof(*made->blocks));
    made->zstd = ZSTD_createCCtx();
    if (!made->blocks || !made->zstd) {
        past_free(made);
        return -ENOMEM;
    }
    *past = made;
    return 0;
}

void past_free(struct past *past)
{
    if (!past)
        return;
    for (uint64_t n = past->first; n < past->end; n++)
        free(past_block(past, n)->packed);
    free(past->blocks);
    frame_release(past->previous);
    past_image_done(&past->image);
    past_image_done(&past->other);
    past_texts_done(&past->texts);
    buffer_done(&past->tags);
    buffer_done(&past->words);
    buffer_done(&past->raw);
    buffer_done(&past->packed);
    hash_index_done(&past->serials);
    ZSTD_freeCCtx(past->zstd);
    free(past);
}

void past_reach(const struct past *past, struct past_reach *reach)
{
    *reach =
        (struct past_reach){.frames = (uint32_t)(past->end - past->first), .bytes = past->bytes};
    if (past->end > past->first) {
        reach->begin_ns = past_block(past, past->first)->wall_ns;
        reach->end_ns = past_block(past, past->end - 1)->wall_ns;
    }
}

/* Index of serials in the last frame; only built if rows are not in the same order. */
static int index_serials(struct past *past)
{
    const struct frame *previous = past->previous;
    int error = hash_index_begin(&past->serials, previous->conn_count);

    for (uint32_t i = 0; i < previous->conn_count && !error; i++)
        error = hash_index_add(&past->serials, hash_number(previous->conns[i].serial), i);
    return error;
}

static uint32_t find_serial(const struct past *past, uint64_t serial)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&past->serials, hash_number(serial), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&past->serials, &cursor)) {
        if (past->previous->conns[i].serial == serial)
            return i;
    }
    return PAST_NO_BASE;
}

/* The row of this serial in the last frame: mostly the next, or some rows further on, as rows
 * closed. */
static uint32_t find_row(struct past *past, uint64_t serial, uint32_t next, uint64_t last_serial,
                         bool *indexed)
{
    const struct frame *previous = past->previous;

    for (uint32_t i = next; i < previous->conn_count && i - next < LOOK_AHEAD; i++)
        if (previous->conns[i].serial == serial)
            return i;
    if (serial > last_serial) /* it did not exist yet */
        return PAST_NO_BASE;
    if (!*indexed && index_serials(past) != 0)
        return PAST_NO_BASE;
    *indexed = true;
    return find_serial(past, serial);
}

static uint64_t highest_serial(const struct frame *frame)
{
    uint64_t highest = 0;
    for (uint32_t i = 0; i < frame->conn_count; i++)
        highest = frame->conns[i].serial > highest ? frame->conns[i].serial : highest;
    return highest;
}

static void write_rows(struct past *past, const struct frame *frame, bool key)
{
    struct past_writer writer = {
        .tags = &past->tags, .words = &past->words, .size = sizeof(struct conn), .conns = true};
    const uint64_t last_serial = key ? 0 : highest_serial(past->previous);
    bool indexed = false;

    if (!key)
        writer.passed_ms = (frame->mono_ns - past->previous->mono_ns) / 1000000;
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        const uint32_t base =
            key ? PAST_NO_BASE
                : find_row(past, conn->serial, writer.next_base, last_serial, &indexed);
        past_write_element(&writer, key ? NULL : past->previous->conns, base, conn);
    }
}

/* Processes keep their order, except for new and ended ones. */
static uint32_t find_proc(const struct past_image *before, const struct proc *proc, uint32_t next)
{
    const struct proc *procs = before->data[PAST_PROCS];
    const uint32_t count = before->head.counts[PAST_PROCS];

    for (uint32_t i = next; i < count && i - next < LOOK_AHEAD; i++)
        if (procs[i].pid == proc->pid && procs[i].start_ticks == proc->start_ticks)
            return i;
    return PAST_NO_BASE;
}

static void write_array(struct past *past, enum past_array array, bool key)
{
    const struct past_image *now = &past->image, *before = &past->other;
    const size_t size = PAST_SIZES[array];
    struct past_writer writer = {.tags = &past->tags, .words = &past->words, .size = size};

    for (uint32_t i = 0; i < now->head.counts[array]; i++) {
        const void *element = (const char *)now->data[array] + i * size;
        uint32_t base = i < before->head.counts[array] ? i : PAST_NO_BASE;
        if (array == PAST_PROCS && !key)
            base = find_proc(before, element, writer.next_base);
        past_write_element(&writer, before->data[array], key ? PAST_NO_BASE : base, element);
    }
}

/* Head, new texts, length of the tags, tags, words. */
static int write_raw(struct past *past, const struct frame *frame, bool key)
{
    const struct past_head *head = &past->image.head;
    const struct buffer *texts = &past->texts.bytes;

    buffer_clear(&past->tags);
    buffer_clear(&past->words);
    buffer_clear(&past->raw);
    write_rows(past, frame, key);
    for (int array = PAST_PROCS; array < PAST_ARRAYS; array++)
        write_array(past, (enum past_array)array, key);
    const uint64_t tag_bytes = past->tags.length;
    buffer_append(&past->raw, (const char *)head, sizeof(*head));
    if (head->text_bytes)
        buffer_append(&past->raw, texts->data + texts->length - head->text_bytes, head->text_bytes);
    buffer_append(&past->raw, (const char *)&tag_bytes, sizeof(tag_bytes));
    if (tag_bytes)
        buffer_append(&past->raw, past->tags.data, past->tags.length);
    if (past->words.length)
        buffer_append(&past->raw, past->words.data, past->words.length);
    const bool failed = past->tags.failed || past->words.failed || past->raw.failed;
    return failed || past->raw.length > UINT32_MAX ? -ENOMEM : 0;
}

static int pack(struct past *past, struct past_block *block)
{
    buffer_clear(&past->packed);
    const size_t most = ZSTD_compressBound(past->raw.length);
    char *packed = buffer_reserve(&past->packed, most);
    if (!packed)
        return -ENOMEM;
    const size_t bytes =
        ZSTD_compressCCtx(past->zstd, packed, most, past->raw.data, past->raw.length, LEVEL);
    if (ZSTD_isError(bytes) || bytes > UINT32_MAX)
        return -EIO;
    block->packed = malloc(bytes);
    if (!block->packed)
        return -ENOMEM;
    memcpy(block->packed, packed, bytes);
    block->packed_bytes = (uint32_t)bytes;
    block->raw_bytes = (uint32_t)past->raw.length;
    return 0;
}

static int grow_blocks(struct past *past)
{
    struct past_block *blocks = calloc(past->capacity * 2u, sizeof(*blocks));
    if (!blocks)
        return -ENOMEM;
    for (uint64_t n = past->first; n < past->end; n++)
        blocks[n % (past->capacity * 2u)] = *past_block(past, n);
    free(past->blocks);
    past->blocks = blocks;
    past->capacity *= 2;
    return 0;
}

static void drop_first(struct past *past)
{
    struct past_block *block = past_block(past, past->first);
    past->bytes -= block->packed_bytes + BLOCK_OVERHEAD;
    free(block->packed);
    past->first++;
}

/* Drops the oldest whole frame and its differences, as long as there is another whole one. */
static void keep_limit(struct past *past)
{
    while (past->bytes > past->limit && past->first < past->end) {
        drop_first(past);
        while (past->first < past->end && !past_block(past, past->first)->key)
            drop_first(past);
    }
}

static bool is_key_due(const struct past *past)
{
    if (past->first == past->end || !past->previous || past->group_frames >= GROUP_MOST)
        return true;
    if (past->group_bytes > past->limit / GROUPS_LEAST)
        return true;
    return past->group_frames >= GROUP_LEAST && past->group_bytes > 3 * past->key_bytes;
}

static void count_block(struct past *past, const struct past_block *block)
{
    const size_t bytes = block->packed_bytes + BLOCK_OVERHEAD;

    past->bytes += bytes;
    past->group_bytes = block->key ? bytes : past->group_bytes + bytes;
    past->group_frames = block->key ? 1 : past->group_frames + 1;
    if (block->key)
        past->key_bytes = bytes;
}

/* The next frame is stored as differences from this one. */
static void become_previous(struct past *past, struct frame *frame)
{
    struct past_image other = past->other;

    past->other = past->image;
    past->image = other;
    frame_release(past->previous);
    past->previous = frame_reference(frame);
}

static int write_block(struct past *past, const struct frame *frame, struct past_block *block)
{
    if (block->key)
        past_texts_reset(&past->texts);
    int error = past_image_take(&past->image, &past->texts, frame);
    if (!error)
        error = write_raw(past, frame, block->key);
    return error ? error : pack(past, block);
}

static void take_density(struct past *past, const struct frame *frame, struct density_part *part)
{
    const struct totals *totals = &frame->totals;
    const bool known = host_fact_known(frame->facts, FACT_LISTEN_DROPS);
    const uint64_t drops = known ? host_fact(frame->facts, FACT_LISTEN_DROPS) : UINT64_MAX;

    density_add(part, DENSITY_EVENTS, (uint64_t)totals->opened + totals->changed + totals->closed);
    density_add(part, DENSITY_RETRANSMITTED, totals->retrans_interval);
    density_add(part, DENSITY_BYTES, totals->in_interval + totals->out_interval);
    density_add(part, DENSITY_CLOSE_WAIT, totals->states[STATE_CLOSE_WAIT]);
    if (known)
        density_add(part, DENSITY_DROPS,
                    past->drops <= drops && past->drops != UINT64_MAX ? drops - past->drops : 0);
    past->drops = drops;
}

int past_add(struct past *past, struct frame *frame)
{
    struct past_block block = {.wall_ns = frame->wall_ns,
                               .first_event = frame->first_event,
                               .next_event = frame->next_event,
                               .key = is_key_due(past)};
    take_density(past, frame, &block.density);
    int error = past->end - past->first == past->capacity ? grow_blocks(past) : 0;
    if (!error)
        error = write_block(past, frame, &block);
    if (error) {
        past->group_frames = GROUP_MOST; /* the last stored frame is no longer its base */
        return error;
    }
    *past_block(past, past->end++) = block;
    count_block(past, &block);
    become_previous(past, frame);
    keep_limit(past);
    return 0;
}
