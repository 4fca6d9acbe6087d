/* From frames to bytes in a file. What cannot be written is cut off again, counted, and told when
 * space returns; then a keyframe follows, for the state of a reader is not ours any more. */
#include "session/log_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S        INT64_C(1000000000)
#define KEY_EVERY_NS    (60 * NS_PER_S)
#define KEY_MOST_BEHIND 3 /* keyframes' length of lines behind one: log files grow by a third */
#define KEY_LEAST_BYTES 262144 /* of a short keyframe: that much more */
#define RETRY_EVERY_NS  NS_PER_S
#define ZSTD_LEVEL      3
#define STALL_NS        NS_PER_S /* more than this and two intervals between frames is a gap */

static void set_trouble(struct log_writer *writer, int error)
{
    snprintf(writer->stats.trouble, sizeof(writer->stats.trouble), "%.80s: %s", writer->file.name,
             strerror(-error));
}

int log_writer_open(struct log_writer *writer, const struct log_settings *settings, char *why,
                    size_t size)
{
    *writer = (struct log_writer){.settings = *settings, .need_key = true};
    session_state_init(&writer->state);
    buffer_init(&writer->lines);
    buffer_init(&writer->packed);
    int error = log_file_open(&writer->file, settings->path, why, size);
    if (!error && writer->file.zstd) {
        writer->zstd = ZSTD_createCCtx();
        if (!writer->zstd) {
            snprintf(why, size, "no memory to compress");
            error = -ENOMEM;
        } else {
            ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
            ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
        }
    }
    writer->keys = writer->file.keys;
    writer->file.keys = (struct zst_keys){0};
    writer->stats.files = 1;
    snprintf(writer->stats.name, sizeof(writer->stats.name), "%s", writer->file.name);
    if (error)
        log_writer_close(writer);
    return error;
}

static int pack(struct log_writer *writer, const char *lines, size_t length)
{
    size_t bound = ZSTD_compressBound(length);
    char *room = buffer_reserve(&writer->packed, bound);
    if (!room)
        return -ENOMEM;
    size_t done = ZSTD_compress2(writer->zstd, room, bound, lines, length);
    if (ZSTD_isError(done))
        return -ENOMEM;
    writer->packed.length += done;
    return 0;
}

/* Cuts the lines into chunks of whole lines: a reader checks a chunk before it believes a line. */
static int pack_lines(struct log_writer *writer)
{
    const char *at = writer->lines.data, *end = at + writer->lines.length;

    while (at < end) {
        size_t length = (size_t)(end - at);
        if (length > ZST_CHUNK_MAX) {
            const char *newline = memrchr(at, '\n', ZST_CHUNK_MAX);
            if (!newline)
                newline = memchr(at, '\n', length);
            length = newline ? (size_t)(newline - at) + 1 : length;
        }
        int error = pack(writer, at, length);
        if (error)
            return error;
        at += length;
    }
    return 0;
}

static void count_event(const struct event *event, struct session_counts *counts)
{
    counts->opened += event->kind == EVENT_OPEN;
    counts->changed += event->kind == EVENT_STATE;
    counts->closed += event->kind == EVENT_CLOSE;
}

/* An event is kept if its row is kept, or would be by what the event says. */
static bool event_accepted(struct log_writer *writer, const struct frame *frame,
                           const struct event *event)
{
    const struct session_view *view = &writer->settings.view;
    const struct column_context context = {.frame = frame};

    return session_find_row(&writer->state, event->serial) ||
           event_match_accepts(&writer->match, view->accept, view->accept_data, &context, event);
}

static void write_events(struct log_writer *writer, const struct frame *frame,
                         const struct event *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!event_accepted(writer, frame, &events[i]))
            continue;
        session_write_event(&writer->lines, &events[i]);
        count_event(&events[i], &writer->counts);
    }
}

/* Frames that were made and not written, and a standstill, are told before the frame. */
static void find_gap(struct log_writer *writer, const struct frame *frame, uint64_t lost)
{
    struct session_gap *gap = &writer->gap;
    int64_t interval = frame->cost.interval_ns;
    int64_t stood = frame->mono_ns - writer->last_mono_ns;

    gap->events = lost;
    if (lost && !gap->reason[0])
        snprintf(gap->reason, sizeof(gap->reason), "overload");
    if (!writer->last_number)
        return;
    if (frame->number > writer->last_number + 1) {
        gap->frames = frame->number - writer->last_number - 1;
        if (!gap->reason[0])
            snprintf(gap->reason, sizeof(gap->reason), "overload");
    } else if (interval > 0 && stood > 2 * interval + STALL_NS) {
        gap->frames = (uint64_t)(stood / interval) - 1;
        if (!gap->reason[0])
            snprintf(gap->reason, sizeof(gap->reason), "suspended");
    }
}

static void write_gap(struct log_writer *writer, const struct frame *frame)
{
    struct session_gap *gap = &writer->gap;

    if (!gap->reason[0])
        return;
    gap->wall_ns = frame->wall_ns;
    gap->since_ns = writer->last_wall_ns;
    session_write_gap(&writer->lines, gap);
}

static void begin_key(struct log_writer *writer, const struct frame *frame)
{
    struct session_head *head = &writer->settings.head;

    session_state_clear(&writer->state);
    head->wall_ns = frame->wall_ns;
    if (!head->start_ns)
        head->start_ns = frame->wall_ns;
    session_write_head(&writer->lines, head);
    if (writer->file.zstd)
        zst_put_mark(&writer->packed, frame->wall_ns);
}

static bool due(const struct frame *frame, int64_t since_mono_ns, int64_t every_ns)
{
    return frame->mono_ns - since_mono_ns >= every_ns;
}

static void maybe_rotate(struct log_writer *writer, const struct frame *frame)
{
    const struct log_settings *settings = &writer->settings;
    bool large = settings->rotate_bytes && writer->file_bytes >= settings->rotate_bytes;
    bool old = settings->rotate_ns && writer->file_bytes &&
               due(frame, writer->opened_mono_ns, settings->rotate_ns);

    if (!large && !old)
        return;
    if (writer->file.zstd) {
        buffer_clear(&writer->packed);
        zst_put_index(&writer->packed, &writer->keys);
        (void)log_file_append(&writer->file, writer->packed.data, writer->packed.length);
    }
    if (log_file_rotate(&writer->file, frame->wall_ns, settings->keep, writer->stats.trouble,
                        sizeof(writer->stats.trouble)))
        return; /* goes on in the old one, and says so */
    writer->stats.trouble[0] = '\0';
    zst_keys_done(&writer->keys);
    writer->file_bytes = 0;
    writer->stats.files++;
    writer->need_key = true;
    writer->opened_mono_ns = frame->mono_ns;
}

static int make_lines(struct log_writer *writer, const struct frame *frame,
                      const struct event *events, uint32_t count, bool key)
{
    struct session_counts *counts = &writer->counts;

    *counts = (struct session_counts){0};
    buffer_clear(&writer->lines);
    buffer_clear(&writer->packed);
    if (key)
        begin_key(writer, frame);
    write_gap(writer, frame);
    write_events(writer, frame, events, count);
    int error = session_write_frame(&writer->lines, &writer->state, frame, &writer->settings.view,
                                    counts, key);
    if (!error)
        error = writer->lines.failed;
    if (!error && writer->file.zstd)
        error = pack_lines(writer);
    writer->lines.failed = writer->packed.failed = 0;
    return error;
}

static void keep_key(struct log_writer *writer, int64_t wall_ns, uint64_t offset, bool key)
{
    const struct zst_key entry = {.offset = offset, .wall_ns = wall_ns};

    if (key && writer->file.zstd)
        (void)zst_keys_add(&writer->keys, &entry); /* one key less is one seek longer */
    if (!writer->keys.count)
        return;
    struct zst_key *last = &writer->keys.list[writer->keys.count - 1];
    last->frames++;
    last->opened += writer->counts.opened;
    last->changed += writer->counts.changed;
    last->closed += writer->counts.closed;
}

static void frame_failed(struct log_writer *writer, int error)
{
    if (error != -EPIPE) /* a reader that went away is an end, not a trouble */
        set_trouble(writer, error);
    snprintf(writer->gap.reason, sizeof(writer->gap.reason), "%s",
             error == -ENOSPC || error == -EDQUOT ? "disk full" : strerror(-error));
    writer->need_key = writer->failing = true;
}

static void frame_written(struct log_writer *writer, const struct frame *frame, size_t length,
                          bool key)
{
    struct log_stats *stats = &writer->stats;
    const struct session_counts *counts = &writer->counts;

    stats->bytes += length;
    stats->frames++;
    stats->events += (uint64_t)counts->opened + counts->changed + counts->closed;
    stats->missed_frames += writer->gap.frames;
    stats->missed_events += writer->gap.events;
    stats->trouble[0] = writer->failing ? '\0' : stats->trouble[0];
    writer->file_bytes += length;
    writer->gap = (struct session_gap){0};
    writer->failing = writer->need_key = false;
    writer->last_number = frame->number;
    writer->last_wall_ns = frame->wall_ns;
    writer->last_mono_ns = frame->mono_ns;
    if (key) {
        writer->key_mono_ns = frame->mono_ns;
        writer->key_bytes = writer->lines.length;
        writer->since_key_bytes = 0;
    } else {
        writer->since_key_bytes += writer->lines.length;
    }
}

/* Every minute; sooner where so much changes that whoever seeks would have to read many times what
 * stands in the keyframe; and where the clock was set back, so that behind a keyframe times never
 * run backwards. */
static bool key_is_due(const struct log_writer *writer, const struct frame *frame)
{
    return writer->need_key || due(frame, writer->key_mono_ns, KEY_EVERY_NS) ||
           frame->wall_ns < writer->last_wall_ns ||
           writer->since_key_bytes > KEY_MOST_BEHIND * (writer->key_bytes + KEY_LEAST_BYTES);
}

int log_writer_frame(struct log_writer *writer, const struct frame *frame,
                     const struct event *events, uint32_t count, uint64_t lost)
{
    if (!writer->opened_mono_ns)
        writer->opened_mono_ns = frame->mono_ns;
    if (writer->failing && !due(frame, writer->tried_mono_ns, RETRY_EVERY_NS))
        return -EAGAIN;
    writer->tried_mono_ns = frame->mono_ns;
    if (!writer->failing)
        maybe_rotate(writer, frame);
    find_gap(writer, frame, lost);
    bool key = key_is_due(writer, frame);
    int error = make_lines(writer, frame, events, count, key);
    const struct buffer *out = writer->file.zstd ? &writer->packed : &writer->lines;
    size_t length = out->length;
    if (!error)
        error = log_file_append(&writer->file, out->data, length);
    if (error) {
        frame_failed(writer, error);
        return error;
    }
    keep_key(writer, frame->wall_ns, writer->file.size - length, key);
    frame_written(writer, frame, length, key);
    return 0;
}

void log_writer_note_gap(struct log_writer *writer, const char *reason)
{
    if (!writer->gap.reason[0])
        snprintf(writer->gap.reason, sizeof(writer->gap.reason), "%s", reason);
}

int log_writer_reopen(struct log_writer *writer)
{
    int result =
        log_file_reopen(&writer->file, writer->stats.trouble, sizeof(writer->stats.trouble));
    if (result <= 0)
        return result;
    zst_keys_done(&writer->keys);
    writer->keys = writer->file.keys;
    writer->file.keys = (struct zst_keys){0};
    writer->file_bytes = 0;
    writer->opened_mono_ns = 0;
    writer->need_key = true;
    writer->stats.files++;
    return 0;
}

void log_writer_close(struct log_writer *writer)
{
    if (writer->file.zstd && writer->file.descriptor >= 0 && writer->keys.count) {
        buffer_clear(&writer->packed);
        zst_put_index(&writer->packed, &writer->keys);
        if (!writer->packed.failed)
            (void)log_file_append(&writer->file, writer->packed.data, writer->packed.length);
    }
    log_file_close(&writer->file);
    zst_keys_done(&writer->keys);
    session_state_done(&writer->state);
    event_match_done(&writer->match);
    buffer_done(&writer->lines);
    buffer_done(&writer->packed);
    ZSTD_freeCCtx(writer->zstd);
    writer->zstd = NULL;
}
