/* From frames to bytes in a file. What cannot be written is cut off again, counted, and reported as
 * a gap when writing works again; then a keyframe follows, since a reader's state differs from ours
 * by then. */
#include "session/log/writer.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_EVERY_NS (60 * SECOND_NS)
#define KEY_MOST_BEHIND                                                                            \
    3 /* a new keyframe after lines of this many times its length: log files grow by a third */
#define KEY_LEAST_BYTES 262144 /* more than that for a short keyframe */
#define RETRY_EVERY_NS  SECOND_NS
#define FATES_MOST      2         /* of a file while one frame is written */
#define STALL_NS        SECOND_NS /* a pause longer than this plus two intervals is a gap */

static void set_trouble(struct log_writer *writer, int error)
{
    snprintf(writer->stats.trouble, sizeof(writer->stats.trouble), "%.80s: %s", writer->file.name,
             strerror(-error));
}

/* A new file is open, or the same one, truncated. */
static void begin_file(struct log_writer *writer)
{
    zst_keys_done(&writer->keys);
    writer->keys = writer->file.keys;
    writer->file.keys = (struct zst_keys){0};
    writer->file_bytes = writer->file_frames = writer->file_events = 0;
    writer->need_key = true;
}

int log_writer_open(struct log_writer *writer, const struct log_settings *settings, char *why,
                    size_t size)
{
    *writer = (struct log_writer){.settings = *settings};
    session_state_init(&writer->state);
    buffer_init(&writer->lines);
    writer->steps = finding_steps_new();
    int error = log_file_open(&writer->file, settings->path, why, size);
    if (log_packer_init(&writer->packer, !error && writer->file.zstd)) {
        snprintf(why, size, "no memory to compress");
        error = -ENOMEM;
    }
    begin_file(writer);
    writer->stats.files = 1;
    snprintf(writer->stats.name, sizeof(writer->stats.name), "%s", writer->file.name);
    writer->stats.incidents = log_file_start_was_torn(&writer->file, writer->stats.incident,
                                                      sizeof(writer->stats.incident));
    if (error)
        log_writer_close(writer);
    return error;
}

static void count_event(const struct event *event, struct session_counts *counts)
{
    counts->opened += event->kind == EVENT_OPEN;
    counts->changed += event->kind == EVENT_STATE;
    counts->closed += event->kind == EVENT_CLOSE;
}

/* An event is kept if its row is kept, or would be, by the event's facts. */
static bool event_accepted(struct log_writer *writer, const struct frame *frame,
                           const struct event *event)
{
    const struct session_view *view = &writer->settings.view;
    const struct column_context context = {.frame = frame};

    return session_find_row(&writer->state, event->serial) ||
           event_match_accepts(&writer->match, view->accept, view->accept_data, &context, event);
}

static int by_time(const void *left, const void *right)
{
    const struct event *a = *(const struct event *const *)left;
    const struct event *b = *(const struct event *const *)right;

    if (a->wall_ns != b->wall_ns)
        return a->wall_ns < b->wall_ns ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* Events found by a frame have the frame's time, and come after earlier ones reported meanwhile. */
static int order_events(struct log_writer *writer, const struct event *events, uint32_t count)
{
    bool ordered = true;

    if (GROW(writer->ordered, writer->ordered_capacity, count))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        writer->ordered[i] = &events[i];
        ordered = ordered && (!i || by_time(&writer->ordered[i - 1], &writer->ordered[i]) < 0);
    }
    if (!ordered)
        sort_items(writer->ordered, count, sizeof(*writer->ordered), by_time);
    return 0;
}

static int write_events(struct log_writer *writer, const struct frame *frame,
                        const struct event *events, uint32_t count)
{
    const int error = order_events(writer, events, count);

    for (uint32_t i = 0; i < count && !error; i++) {
        const struct event *event = writer->ordered[i];
        if (!event_accepted(writer, frame, event))
            continue;
        const struct event_place place = event_places_find(&writer->places, frame, event);
        session_write_event(&writer->lines, ++writer->state.seq, event, &place);
        count_event(event, &writer->counts);
    }
    return error;
}

static void write_steps(struct log_writer *writer)
{
    uint32_t count;
    const struct finding_step *steps = finding_steps_list(writer->steps, &count);

    for (uint32_t i = 0; i < count; i++)
        session_write_finding(&writer->lines, ++writer->state.seq, &steps[i]);
    writer->counts.findings += count;
}

/* In a keyframe all that hold, since reading may begin there. */
static int write_findings(struct log_writer *writer, const struct frame *frame, bool key)
{
    const int error = writer->steps ? finding_steps_take(writer->steps, frame, key) : -ENOMEM;

    if (!error)
        write_steps(writer);
    return error;
}

/* Far more time passed than the frames account for: the process was stopped. */
static bool stood_still(int64_t stood_ns, int64_t interval_ns, uint64_t made)
{
    return interval_ns > 0 && stood_ns > 2 * interval_ns + STALL_NS &&
           made < (uint64_t)(stood_ns / interval_ns) / 2;
}

static void give_reason(struct session_gap *gap, const char *reason)
{
    if (!gap->reason[0])
        snprintf(gap->reason, sizeof(gap->reason), "%s", reason);
}

/* Missed frames, and a pause, are written as a gap before the frame. */
static void find_gap(struct log_writer *writer, const struct frame *frame, uint64_t lost)
{
    struct session_gap *gap = &writer->gap;
    const int64_t interval = frame->cost.interval_ns;
    const int64_t stood = writer->last_mono_ns ? frame->mono_ns - writer->last_mono_ns : 0;
    const uint64_t made = frame->number - writer->last_number - 1;

    gap->frames = made;
    gap->events = lost + writer->gone_events;
    if (stood_still(stood, interval, made)) {
        gap->frames = (uint64_t)(stood / interval) - 1;
        give_reason(gap, "suspended");
    } else if (made || lost) {
        give_reason(gap, "overload");
    }
    gap->frames += writer->gone_frames;
}

static void write_gap(struct log_writer *writer, const struct frame *frame)
{
    struct session_gap *gap = &writer->gap;

    if (!gap->reason[0])
        return;
    gap->wall_ns = frame->wall_ns;
    gap->since_ns = writer->last_wall_ns;
    session_write_gap(&writer->lines, ++writer->state.seq, gap);
}

static void begin_key(struct log_writer *writer, const struct frame *frame)
{
    struct session_head *head = &writer->settings.head;

    session_state_clear(&writer->state);
    head->wall_ns = frame->wall_ns;
    head->findings = frame->findings != NULL;
    if (!head->start_ns)
        head->start_ns = frame->wall_ns;
    if (!head->host[0])
        snprintf(head->host, sizeof(head->host), "%s", frame->host ? frame->host : "");
    session_write_head(&writer->lines, ++writer->state.seq, head);
    if (writer->file.zstd)
        zst_put_mark(&writer->packer.packed, frame->wall_ns);
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

    if ((!large && !old) ||
        log_file_look(&writer->file) > 0) /* a fate: the next frame handles it */
        return;
    if (writer->unrotated_mono_ns && !due(frame, writer->unrotated_mono_ns, RETRY_EVERY_NS))
        return;
    log_pack_index(&writer->packer, &writer->keys);
    const struct log_rotation rotation = {.wall_ns = frame->wall_ns,
                                          .keep = settings->keep,
                                          .last = writer->packer.packed.data,
                                          .last_length = writer->packer.packed.length};
    if (log_file_rotate(&writer->file, &rotation, writer->stats.trouble,
                        sizeof(writer->stats.trouble))) {
        writer->unrotated_mono_ns = frame->mono_ns;
        return; /* continues in the old one, and reports it */
    }
    writer->stats.trouble[0] = '\0';
    writer->unrotated_mono_ns = 0;
    begin_file(writer);
    writer->stats.files++;
    writer->opened_mono_ns = frame->mono_ns;
}

static int make_lines(struct log_writer *writer, const struct frame *frame,
                      const struct event *events, uint32_t count, bool key)
{
    struct session_counts *counts = &writer->counts;

    *counts = (struct session_counts){0};
    buffer_clear(&writer->lines);
    buffer_clear(&writer->packer.packed);
    if (key)
        begin_key(writer, frame);
    write_gap(writer, frame);
    int error = write_events(writer, frame, events, count);
    if (!error)
        error = write_findings(writer, frame, key);
    if (!error)
        error = session_write_frame(&writer->lines, &writer->state, frame, &writer->settings.view,
                                    counts, key);
    if (!error)
        error = writer->lines.failed;
    if (!error && writer->file.zstd)
        error = log_pack(&writer->packer, &writer->lines);
    writer->lines.failed = writer->packer.packed.failed = 0;
    return error;
}

static void keep_key(struct log_writer *writer, int64_t wall_ns, uint64_t offset, bool key)
{
    const struct zst_key entry = {.offset = offset, .wall_ns = wall_ns};

    if (key && writer->file.zstd)
        (void)zst_keys_add(&writer->keys, &entry); /* a missing key only makes a seek longer */
    if (!writer->keys.count)
        return;
    struct zst_key *last = &writer->keys.list[writer->keys.count - 1];
    last->frames++;
    last->opened += writer->counts.opened;
    last->changed += writer->counts.changed;
    last->closed += writer->counts.closed;
}

static uint64_t sum_events(const struct session_counts *counts)
{
    return (uint64_t)counts->opened + counts->changed + counts->closed;
}

/* `frames` and `events` are not in the log, and may never be. */
static void count_missed(struct log_writer *writer, uint64_t frames, uint64_t events)
{
    writer->stats.missed_frames = writer->gap_frames + frames;
    writer->stats.missed_events = writer->gap_events + events;
}

/* -EPIPE: a reader that closed the pipe ends the recording; it is not an error. */
static void frame_failed(struct log_writer *writer, int error)
{
    struct session_gap *gap = &writer->gap;

    writer->need_key = writer->failing = true;
    if (error == -EPIPE)
        return;
    if (!writer->gone_frames)
        snprintf(gap->reason, sizeof(gap->reason), "%s",
                 error == -ENOSPC || error == -EDQUOT ? "disk full" : strerror(-error));
    count_missed(writer, gap->frames + 1, gap->events + sum_events(&writer->counts));
}

static void frame_written(struct log_writer *writer, const struct frame *frame, size_t length,
                          bool key)
{
    struct log_stats *stats = &writer->stats;
    const struct session_counts *counts = &writer->counts;

    stats->bytes += length;
    stats->frames++;
    stats->events += sum_events(counts);
    stats->trouble[0] = writer->failing ? '\0' : stats->trouble[0];
    writer->file_bytes += length;
    writer->file_frames++;
    writer->file_events += sum_events(counts);
    writer->gap_frames += writer->gap.frames;
    writer->gap_events += writer->gap.events;
    writer->gone_frames = writer->gone_events = 0;
    count_missed(writer, 0, 0);
    writer->gap = (struct session_gap){0};
    writer->failing = writer->need_key = false;
    finding_steps_settle(writer->steps);
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

/* Every minute; sooner where so much changes that a seek would read many times the keyframe's
 * length; and where the clock was set back, so that after a keyframe times never go backwards. */
static bool key_is_due(const struct log_writer *writer, const struct frame *frame)
{
    return writer->need_key || due(frame, writer->key_mono_ns, KEY_EVERY_NS) ||
           frame->wall_ns < writer->last_wall_ns ||
           writer->since_key_bytes > KEY_MOST_BEHIND * (writer->key_bytes + KEY_LEAST_BYTES);
}

/* What was written to a file without a name is lost. */
static void count_gone(struct log_writer *writer)
{
    struct log_stats *stats = &writer->stats;

    stats->frames -= writer->file_frames;
    stats->events -= writer->file_events;
    stats->bytes -= writer->file_bytes;
    writer->gone_frames += writer->file_frames;
    writer->gone_events += writer->file_events;
    writer->file_frames = writer->file_events = writer->file_bytes = 0;
    snprintf(writer->gap.reason, sizeof(writer->gap.reason), "log file removed");
}

__attribute__((format(printf, 2, 3))) static void note_incident(struct log_writer *writer,
                                                                const char *format, ...)
{
    char text[sizeof(writer->stats.incident)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(writer->stats.incident, sizeof(writer->stats.incident), "%.80s: %.100s",
             writer->file.name, text);
    writer->stats.incidents++;
}

static int replace_removed(struct log_writer *writer)
{
    struct log_stats *stats = &writer->stats;
    const uint64_t lost = writer->file_frames;

    count_gone(writer);
    int result = log_file_reopen(&writer->file, stats->trouble, sizeof(stats->trouble));
    if (result < 0)
        return result;
    begin_file(writer);
    note_incident(writer, "was removed, and %" PRIu64 " frames with it; a new one is written",
                  lost);
    return 0;
}

static int resume_truncated(struct log_writer *writer)
{
    const uint64_t cut = writer->file_frames;
    int error =
        log_file_resume(&writer->file, writer->stats.trouble, sizeof(writer->stats.trouble));

    if (error)
        return error;
    begin_file(writer);
    give_reason(&writer->gap, "log file truncated");
    note_incident(writer,
                  "was truncated by another program; %" PRIu64 " frames are in its copy or lost",
                  cut);
    return 0;
}

/* One attempt: 0, -errno or a fate of the file. */
static int try_frame(struct log_writer *writer, const struct frame *frame,
                     const struct event *events, uint32_t count, uint64_t lost)
{
    const uint64_t seq = writer->state.seq;
    find_gap(writer, frame, lost);
    const bool key = key_is_due(writer, frame);
    int error = make_lines(writer, frame, events, count, key);
    const struct buffer *out = log_packed(&writer->packer, &writer->lines);
    const size_t length = out->length;

    if (!error)
        error = log_file_append(&writer->file, out->data, length);
    if (error < 0 && error != -EPIPE)
        set_trouble(writer, error);
    if (error && writer->file.regular) /* nothing was written */
        writer->state.seq = seq;
    if (error)
        return error;
    keep_key(writer, frame->wall_ns, writer->file.size - length, key);
    frame_written(writer, frame, length, key);
    return 0;
}

/* That another program removed or truncated the file is noticed after writing: then try once
 * more. */
static int write_frame(struct log_writer *writer, const struct frame *frame,
                       const struct event *events, uint32_t count, uint64_t lost)
{
    int result = try_frame(writer, frame, events, count, lost);

    for (int tries = 0; result > 0 && tries < FATES_MOST; tries++) {
        int error = result == LOG_FILE_REMOVED ? replace_removed(writer) : resume_truncated(writer);
        if (error)
            return error; /* failing already */
        result = try_frame(writer, frame, events, count, lost);
    }
    return result > 0 ? -ESTALE : result;
}

int log_writer_frame(struct log_writer *writer, const struct frame *frame,
                     const struct event *events, uint32_t count, uint64_t lost)
{
    if (!writer->begun) {
        writer->begun = true;
        writer->last_number = frame->number - 1;
    }
    if (!writer->opened_mono_ns)
        writer->opened_mono_ns = frame->mono_ns;
    if (writer->failing && !due(frame, writer->tried_mono_ns, RETRY_EVERY_NS)) {
        find_gap(writer, frame, lost);
        writer->stats.missed_frames = writer->gap_frames + writer->gap.frames + 1;
        return -EAGAIN;
    }
    writer->tried_mono_ns = frame->mono_ns;
    if (!writer->failing)
        maybe_rotate(writer, frame);
    int error = write_frame(writer, frame, events, count, lost);
    if (error)
        frame_failed(writer, error);
    return error;
}

void log_writer_retry(struct log_writer *writer)
{
    writer->tried_mono_ns = INT64_MIN / 2;
}

int log_writer_clock(struct log_writer *writer, const struct session_clock *clock)
{
    if (!writer->stats.frames || writer->failing || writer->file.zstd)
        return -EAGAIN;
    buffer_clear(&writer->lines);
    session_write_clock(&writer->lines, writer->state.seq + 1, clock);
    const int error = writer->lines.failed ? -ENOMEM
                                           : log_file_append(&writer->file, writer->lines.data,
                                                             writer->lines.length);
    writer->lines.failed = 0;
    if (!error)
        writer->state.seq++;
    return error;
}

void log_writer_note_gap(struct log_writer *writer, const char *reason)
{
    give_reason(&writer->gap, reason);
}

int log_writer_reopen(struct log_writer *writer)
{
    struct log_stats *stats = &writer->stats;
    const bool removed = log_file_look(&writer->file) == LOG_FILE_REMOVED;

    if (removed)
        return replace_removed(writer);
    int result = log_file_reopen(&writer->file, stats->trouble, sizeof(stats->trouble));
    if (result <= 0)
        return result;
    begin_file(writer);
    writer->opened_mono_ns = 0;
    stats->files++;
    return 0;
}

/* Findings without an end in the log get a line: they held when the recording stopped. */
static void write_stops(struct log_writer *writer)
{
    const struct buffer *out = log_packed(&writer->packer, &writer->lines);

    buffer_clear(&writer->lines);
    buffer_clear(&writer->packer.packed);
    if (!writer->steps || finding_steps_stop(writer->steps, writer->last_wall_ns))
        return;
    write_steps(writer);
    if (writer->lines.length == 0 || writer->lines.failed ||
        (writer->file.zstd && log_pack(&writer->packer, &writer->lines)))
        return;
    if (log_file_append(&writer->file, out->data, out->length) == 0)
        writer->stats.bytes += out->length;
}

static void write_index(struct log_writer *writer)
{
    log_pack_index(&writer->packer, &writer->keys);
    if (writer->packer.packed.length)
        (void)log_file_append(&writer->file, writer->packer.packed.data,
                              writer->packer.packed.length);
}

/* No more frames: errors from here on are final. */
static void end_file(struct log_writer *writer)
{
    const int fate = log_file_look(&writer->file);

    if (fate == LOG_FILE_REMOVED && writer->file_frames) {
        writer->stats.missed_frames += writer->file_frames;
        writer->stats.missed_events += writer->file_events;
        count_gone(writer);
        snprintf(writer->stats.trouble, sizeof(writer->stats.trouble), "%.80s: was removed",
                 writer->file.name);
    }
    if (!fate && writer->file_frames && !writer->failing)
        write_stops(writer);
    if (!fate)
        write_index(writer);
}

void log_writer_close(struct log_writer *writer)
{
    if (writer->file.descriptor >= 0)
        end_file(writer);
    log_file_close(&writer->file);
    zst_keys_done(&writer->keys);
    session_state_done(&writer->state);
    event_match_done(&writer->match);
    event_places_done(&writer->places);
    finding_steps_free(writer->steps);
    writer->steps = NULL;
    buffer_done(&writer->lines);
    log_packer_done(&writer->packer);
    free(writer->ordered);
    writer->ordered = NULL;
}
