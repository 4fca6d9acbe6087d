/* past_source: the stored frames as a source that can go back and forth. */
#include "source/past/store.h"

#include "source/past/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64u

struct past_source {
    struct source source; /* first */
    const struct past *past;
    struct event_ring *ring;
    struct past_image image, next;
    struct buffer texts, raw;
    ZSTD_DCtx *zstd;
    uint64_t decoded; /* the block in `image`, UINT64_MAX = none */
    uint64_t at;      /* the last block returned, or the next one if ready */
    bool ready, placed;

    /* the search */
    struct source_search search;
    struct frame_pool *pool;
    uint64_t cursor; /* the next event to be examined, or the one after it (backward) */
};

static struct past_source *past_of(struct source *source)
{
    return (struct past_source *)source;
}

static int read_head(struct past_source *own, struct past_bytes *raw, struct past_bytes *tags)
{
    struct past_head *head = &own->next.head;
    uint64_t tag_bytes;
    const size_t left = (size_t)(raw->end - raw->at);

    if (left < sizeof(*head))
        return -EBADMSG;
    memcpy(head, raw->at, sizeof(*head));
    raw->at += sizeof(*head);
    if ((size_t)(raw->end - raw->at) < head->text_bytes + sizeof(tag_bytes))
        return -EBADMSG;
    if (head->text_bytes)
        buffer_append(&own->texts, (const char *)raw->at, head->text_bytes);
    raw->at += head->text_bytes;
    memcpy(&tag_bytes, raw->at, sizeof(tag_bytes));
    raw->at += sizeof(tag_bytes);
    if ((uint64_t)(raw->end - raw->at) < tag_bytes)
        return -EBADMSG;
    *tags = (struct past_bytes){raw->at, raw->at + tag_bytes};
    raw->at += tag_bytes;
    return own->texts.failed ? -ENOMEM : 0;
}

static int read_arrays(struct past_source *own, struct past_bytes *words, bool key)
{
    struct past_bytes tags;
    const struct past_image *before = &own->image;
    struct past_image *now = &own->next;
    int error = read_head(own, words, &tags);

    const int64_t passed_ms = key ? 0 : (now->head.mono_ns - before->head.mono_ns) / 1000000;
    for (int i = 0; !error && i < PAST_ARRAYS; i++) {
        const enum past_array array = (enum past_array)i;
        const uint32_t count = now->head.counts[array];
        error = past_image_reserve(now, array, count);
        if (!error)
            error = past_read_array(&tags, words, PAST_SIZES[array], array == PAST_CONNS,
                                    array == PAST_CONNS ? passed_ms : 0, before->data[array],
                                    key ? 0 : before->head.counts[array], now->data[array], count);
    }
    return error;
}

static int unpack(struct past_source *own, const struct past_block *block)
{
    buffer_clear(&own->raw);
    char *raw = buffer_reserve(&own->raw, block->raw_bytes);
    if (!raw)
        return -ENOMEM;
    const size_t got =
        ZSTD_decompressDCtx(own->zstd, raw, block->raw_bytes, block->packed, block->packed_bytes);
    return ZSTD_isError(got) || got != block->raw_bytes ? -EBADMSG : 0;
}

/* Decodes the block after the one in `image`, or a whole one. */
static int decode(struct past_source *own, uint64_t n)
{
    const struct past_block *block = past_block(own->past, n);

    if (block->key)
        buffer_clear(&own->texts);
    own->decoded = UINT64_MAX;
    int error = unpack(own, block);
    if (error)
        return error;
    struct past_bytes words = {(const uint8_t *)own->raw.data,
                               (const uint8_t *)own->raw.data + block->raw_bytes};
    error = read_arrays(own, &words, block->key);
    if (error)
        return error;
    const struct past_image image = own->image;
    own->image = own->next;
    own->next = image;
    own->decoded = n;
    return 0;
}

static int decode_to(struct past_source *own, uint64_t n)
{
    uint64_t from = n;
    int error = 0;

    if (own->decoded == n)
        return 0;
    while (from > own->past->first && !past_block(own->past, from)->key && from != own->decoded + 1)
        from--;
    for (; !error && from <= n; from++)
        error = decode(own, from);
    return error;
}

/* The block that is next; -ENODATA: there is none yet. */
static int next_block(const struct past_source *own, uint64_t *n)
{
    const struct past *past = own->past;
    uint64_t next = !own->placed ? past->first : own->ready ? own->at : own->at + 1;

    if (next < past->first) /* dropped meanwhile */
        next = past->first;
    if (next >= past->end)
        return -ENODATA;
    *n = next;
    return 0;
}

static int past_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct past_source *own = past_of(source);
    uint64_t n;
    int error = next_block(own, &n);

    (void)wish; /* stored frames are as they were */
    if (!error)
        error = decode_to(own, n);
    if (!error)
        error = past_image_give(&own->image, own->texts.data, frame);
    if (error)
        return error;
    own->at = n;
    own->ready = false;
    own->placed = true;
    return 0;
}

static int past_peek(struct source *source, int64_t *wall_ns)
{
    uint64_t n;
    const int error = next_block(past_of(source), &n);
    if (!error)
        *wall_ns = past_block(past_of(source)->past, n)->wall_ns;
    return error;
}

static int past_seek(struct source *source, int64_t wall_ns)
{
    struct past_source *own = past_of(source);
    const struct past *past = own->past;
    uint64_t n = past->end;

    if (past->first == past->end)
        return -ENODATA;
    while (n > past->first + 1 && past_block(past, n - 1)->wall_ns > wall_ns)
        n--;
    own->at = n - 1;
    own->ready = own->placed = true;
    return 0;
}

static int past_step_back(struct source *source)
{
    struct past_source *own = past_of(source);
    const bool first = own->at <= own->past->first;

    if (!own->placed || own->past->first == own->past->end)
        return -ENODATA;
    own->at = first ? own->past->first : own->at - 1;
    own->ready = true;
    return first ? -ENODATA : 0;
}

static int past_span(struct source *source, int64_t *first_ns, int64_t *last_ns)
{
    const struct past *past = past_of(source)->past;

    if (past->first == past->end)
        return -ENODATA;
    *first_ns = past_block(past, past->first)->wall_ns;
    *last_ns = past_block(past, past->end - 1)->wall_ns;
    return 0;
}

static int past_search_begin(struct source *source, const struct source_search *search)
{
    struct past_source *own = past_of(source);

    if (!own->placed || own->at < own->past->first || own->at >= own->past->end)
        return -ENODATA;
    const struct past_block *block = past_block(own->past, own->at);
    own->search = *search;
    own->cursor = search->backward ? block->first_event : block->next_event;
    return 0;
}

/* The first stored frame after the event. */
static uint64_t block_of_event(const struct past *past, uint64_t number)
{
    uint64_t low = past->first, high = past->end - 1;

    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (past_block(past, middle)->next_event <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The frame that shows the event first; NULL: there is none. */
static struct frame *frame_of_event(struct past_source *own, uint64_t number)
{
    struct frame *frame = frame_new(own->pool);

    if (!frame || decode_to(own, block_of_event(own->past, number)) ||
        past_image_give(&own->image, own->texts.data, frame)) {
        frame_release(frame);
        return NULL;
    }
    return frame;
}

/* The first matching event in [from, to), or the last one (backward); 0 = none. */
static uint64_t find_event(struct past_source *own, uint64_t from, uint64_t to)
{
    struct event batch[BATCH];
    uint64_t lost, found = 0, cursor = from;
    const uint32_t got = event_ring_read(own->ring, &cursor, batch, (uint32_t)(to - from), &lost);
    struct frame *frame = NULL;

    for (uint32_t i = 0; i < got && batch[i].number < to; i++) {
        if (own->search.with_rows && (!frame || batch[i].number >= frame->next_event)) {
            frame_release(frame);
            frame = frame_of_event(own, batch[i].number);
        }
        if (!own->search.match(own->search.data, &batch[i], frame))
            continue;
        found = batch[i].number;
        if (!own->search.backward)
            break;
    }
    frame_release(frame);
    return found;
}

static int past_search_step(struct source *source, unsigned lines, int64_t *wall_ns,
                            int64_t *reached_ns)
{
    struct past_source *own = past_of(source);
    const struct past *past = own->past;
    const uint64_t first = past_block(past, past->first)->first_event;
    const uint64_t oldest = event_ring_oldest(own->ring);
    const uint64_t least = first > oldest ? first : oldest;
    const uint64_t most = past_block(past, past->end - 1)->next_event;
    uint64_t found = 0;

    for (unsigned i = 0; i < lines / BATCH + 1 && !found; i++) {
        if (own->search.backward ? own->cursor <= least : own->cursor >= most)
            return -ENODATA;
        uint64_t from = own->cursor, to = own->cursor;
        if (own->search.backward)
            from = to > least + BATCH ? to - BATCH : least;
        else
            to = from + BATCH < most ? from + BATCH : most;
        found = find_event(own, from, to);
        own->cursor = own->search.backward ? from : to;
    }
    *reached_ns = past_block(past, block_of_event(past, own->cursor))->wall_ns;
    if (!found)
        return 1;
    *wall_ns = past_block(past, block_of_event(past, found))->wall_ns;
    return 0;
}

static int past_density_begin(struct source *source, int64_t from_ns, int64_t to_ns,
                              const struct density *density)
{
    const uint32_t count = density->count;
    const struct past *past = past_of(source)->past;

    if (!count || to_ns <= from_ns)
        return -EINVAL;
    memset(density->parts, 0, count * sizeof(*density->parts));
    for (uint64_t n = past->first; n < past->end; n++) {
        const struct past_block *block = past_block(past, n);
        if (block->wall_ns < from_ns || block->wall_ns > to_ns)
            continue;
        const double at = (double)(block->wall_ns - from_ns) / (double)(to_ns - from_ns) * count;
        density_join(&density->parts[at >= count ? count - 1 : (uint32_t)at], &block->density);
    }
    return 0;
}

static int past_density_step(struct source *source, unsigned lines)
{
    (void)source;
    (void)lines;
    return 0; /* counted at once: frames have totals */
}

static void past_close(struct source *source)
{
    struct past_source *own = past_of(source);

    past_image_done(&own->image);
    past_image_done(&own->next);
    buffer_done(&own->texts);
    buffer_done(&own->raw);
    ZSTD_freeDCtx(own->zstd);
    if (own->pool)
        frame_pool_release(own->pool);
    free(own);
}

int past_open(struct source **source, struct past *past, struct event_ring *ring)
{
    static const struct source_travel travel = {.peek = past_peek,
                                                .seek = past_seek,
                                                .step_back = past_step_back,
                                                .span = past_span,
                                                .search_begin = past_search_begin,
                                                .search_step = past_search_step,
                                                .density_begin = past_density_begin,
                                                .density_step = past_density_step};
    static const struct source_ops ops = {.name = "past",
                                          .complete = true,
                                          .next = past_next,
                                          .close = past_close,
                                          .travel = &travel};
    struct past_source *own = calloc(1, sizeof(*own));

    if (!own)
        return -ENOMEM;
    own->source.ops = &ops;
    own->past = past;
    own->ring = ring;
    own->decoded = UINT64_MAX;
    own->zstd = ZSTD_createDCtx();
    own->pool = frame_pool_new();
    if (!own->zstd || !own->pool) {
        past_close(&own->source);
        return -ENOMEM;
    }
    *source = &own->source;
    return 0;
}
