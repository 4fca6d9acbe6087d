/* log_copy: see copy.h. */
#include "session/log/copy.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINES_MOST  (8u << 20) /* bytes that wait for their frame line, or for space on the disk */
#define RETRY_NS    SECOND_NS
#define FATES_MOST  2 /* of a file while one piece is written */
#define REASON_LOST "host lost"

static void begin_file(struct log_copy *copy)
{
    zst_keys_done(&copy->keys);
    copy->keys = copy->file.keys;
    copy->file.keys = (struct zst_keys){0};
    copy->file_bytes = copy->file_frames = copy->file_events = 0;
    copy->has_begun = copy->file.first_size > 0;
}

static void release(struct log_copy *copy)
{
    log_file_close(&copy->file);
    log_packer_done(&copy->packer);
    zst_keys_done(&copy->keys);
    buffer_done(&copy->lines);
    buffer_done(&copy->out);
}

int log_copy_open(struct log_copy *copy, const struct log_copy_settings *settings, char *why,
                  size_t size)
{
    *copy = (struct log_copy){.settings = *settings, .needs_head = true, .stats = {.files = 1}};
    buffer_init(&copy->lines);
    buffer_init(&copy->out);
    int error = log_file_open(&copy->file, settings->path, why, size);
    if (log_packer_init(&copy->packer, !error && copy->file.zstd)) {
        snprintf(why, size, "no memory to compress");
        error = -ENOMEM;
    }
    begin_file(copy);
    snprintf(copy->stats.name, sizeof(copy->stats.name), "%s", copy->file.name);
    copy->stats.incidents =
        log_file_start_was_torn(&copy->file, copy->stats.incident, sizeof(copy->stats.incident));
    if (error)
        release(copy);
    return error;
}

/* --- gaps --- */

static void give_reason(struct log_copy *copy, const char *reason)
{
    if (!copy->gap.reason[0])
        snprintf(copy->gap.reason, sizeof(copy->gap.reason), "%s", reason);
}

static void count_missed(struct log_copy *copy, uint64_t frames, uint64_t events)
{
    copy->gap.frames += frames;
    copy->gap.events += events;
    copy->stats.missed_frames += frames;
    copy->stats.missed_events += events;
}

static uint64_t sum_events(const struct session_counts *counts)
{
    return (uint64_t)counts->opened + counts->changed + counts->closed;
}

static void forget_lines(struct log_copy *copy)
{
    buffer_clear(&copy->lines);
    copy->lines.failed = 0;
    copy->head_length = 0;
    copy->counts = (struct session_counts){0};
    copy->frames = 0;
}

/* They will never be in the file: what follows is useless without them. */
static void drop_lines(struct log_copy *copy)
{
    count_missed(copy, copy->frames, sum_events(&copy->counts));
    copy->needs_head = true;
    forget_lines(copy);
}

static void put_gap(struct log_copy *copy, struct buffer *out, int64_t wall_ns)
{
    if (!copy->gap.reason[0])
        return;
    copy->gap.wall_ns = wall_ns;
    copy->gap.since_ns = copy->last_wall_ns;
    session_write_gap(out, 0, &copy->gap);
}

/* --- to the file --- */

/* The lines, with ours after the head line if they begin with one, else before them. */
static int make_piece(struct log_copy *copy)
{
    struct buffer *out = &copy->out;
    const bool says_host = copy->host.name[0] && (copy->head_length || copy->host_differs);

    buffer_clear(out);
    buffer_clear(&copy->packer.packed);
    out->failed = copy->packer.packed.failed = 0;
    buffer_append(out, copy->lines.data, copy->head_length);
    if (says_host) {
        copy->host.wall_ns = copy->head_length ? copy->head_wall_ns : copy->last_wall_ns;
        session_write_host(out, &copy->host);
    }
    if (copy->head_length)
        put_gap(copy, out, copy->head_wall_ns);
    if (copy->lines.length > copy->head_length)
        buffer_append(out, copy->lines.data + copy->head_length,
                      copy->lines.length - copy->head_length);
    if (copy->head_length && copy->file.zstd)
        zst_put_mark(&copy->packer.packed, copy->head_wall_ns);
    if (out->failed || copy->lines.failed)
        return -ENOMEM;
    return copy->file.zstd ? log_pack(&copy->packer, out) : 0;
}

static void keep_key(struct log_copy *copy, uint64_t offset)
{
    const struct zst_key entry = {.offset = offset, .wall_ns = copy->head_wall_ns};

    if (copy->head_length && copy->file.zstd)
        (void)zst_keys_add(&copy->keys, &entry); /* a missing key only makes a seek longer */
    if (!copy->keys.count)
        return;
    struct zst_key *last = &copy->keys.list[copy->keys.count - 1];
    last->frames += copy->frames;
    last->opened += copy->counts.opened;
    last->changed += copy->counts.changed;
    last->closed += copy->counts.closed;
}

static void piece_written(struct log_copy *copy, size_t length)
{
    keep_key(copy, copy->file.size - length);
    if (copy->head_length) {
        copy->gap = (struct session_gap){0};
        copy->has_begun = true;
    }
    copy->host_differs = false;
    copy->stats.bytes += length;
    copy->stats.frames += copy->frames;
    copy->stats.events += sum_events(&copy->counts);
    copy->file_bytes += length;
    copy->file_frames += copy->frames;
    copy->file_events += sum_events(&copy->counts);
    if (copy->failing)
        copy->stats.trouble[0] = '\0';
    copy->failing = false;
    forget_lines(copy);
}

/* What was written to a file without a name is lost. */
static void count_gone(struct log_copy *copy)
{
    copy->stats.frames -= copy->file_frames;
    copy->stats.events -= copy->file_events;
    copy->stats.bytes -= copy->file_bytes;
    count_missed(copy, copy->file_frames, copy->file_events);
    copy->file_frames = copy->file_events = copy->file_bytes = 0;
}

/* Another program removed or truncated the file: a new one has to begin with a keyframe. */
static void meet_fate(struct log_copy *copy, int fate)
{
    struct log_stats *stats = &copy->stats;
    const bool removed = fate == LOG_FILE_REMOVED;
    const int error = removed
                          ? log_file_reopen(&copy->file, stats->trouble, sizeof(stats->trouble))
                          : log_file_resume(&copy->file, stats->trouble, sizeof(stats->trouble));

    if (error < 0) {
        copy->failing = true;
        return;
    }
    give_reason(copy, removed ? "log file removed" : "log file truncated");
    if (removed)
        count_gone(copy);
    snprintf(stats->incident, sizeof(stats->incident), "%.80s: was %s by another program",
             copy->file.name, removed ? "removed" : "truncated");
    stats->incidents++;
    drop_lines(copy);
    begin_file(copy);
}

static void piece_failed(struct log_copy *copy, int error)
{
    copy->failing = true;
    snprintf(copy->stats.trouble, sizeof(copy->stats.trouble), "%.80s: %s", copy->file.name,
             strerror(-error));
    if (copy->lines.length < LINES_MOST && !copy->lines.failed)
        return; /* the next try has them too */
    give_reason(copy, error == -ENOSPC || error == -EDQUOT ? "disk full" : strerror(-error));
    drop_lines(copy);
}

static void write_lines(struct log_copy *copy, int64_t mono_ns)
{
    if (copy->failing && mono_ns - copy->tried_ns < RETRY_NS && copy->lines.length < LINES_MOST)
        return;
    copy->tried_ns = mono_ns;
    int result = make_piece(copy);
    const struct buffer *out = log_packed(&copy->packer, &copy->out);
    if (!result)
        result = log_file_append(&copy->file, out->data, out->length);
    copy->reader_left |= result == -EPIPE;
    if (copy->reader_left)
        forget_lines(copy);
    else if (result > 0)
        meet_fate(copy, result);
    else if (result < 0)
        piece_failed(copy, result);
    else
        piece_written(copy, out->length);
}

static void put_index(struct log_copy *copy)
{
    log_pack_index(&copy->packer, &copy->keys);
    if (copy->packer.packed.length)
        (void)log_file_append(&copy->file, copy->packer.packed.data, copy->packer.packed.length);
}

/* Before a head line: a file begins with one. */
static void maybe_rotate(struct log_copy *copy, int64_t mono_ns)
{
    const struct log_copy_settings *settings = &copy->settings;
    const bool large = settings->rotate_bytes && copy->file_bytes >= settings->rotate_bytes;
    const bool old =
        settings->rotate_ns && copy->file_bytes && mono_ns - copy->opened_ns >= settings->rotate_ns;

    if ((!large && !old) || log_file_look(&copy->file) != 0)
        return;
    if (copy->unrotated_ns && mono_ns - copy->unrotated_ns < RETRY_NS)
        return;
    log_pack_index(&copy->packer, &copy->keys);
    const struct log_rotation rotation = {.wall_ns = mono_ns + clock_wall_offset_ns(),
                                          .keep = settings->keep,
                                          .last = copy->packer.packed.data,
                                          .last_length = copy->packer.packed.length};
    if (log_file_rotate(&copy->file, &rotation, copy->stats.trouble, sizeof(copy->stats.trouble))) {
        copy->unrotated_ns = mono_ns;
        return; /* continues in the old one, and reports it */
    }
    copy->unrotated_ns = 0;
    copy->stats.trouble[0] = '\0';
    begin_file(copy);
    copy->stats.files++;
    copy->opened_ns = mono_ns;
}

/* --- lines --- */

/* Estimates the frames that the host would have sent meanwhile. */
static void count_lost_time(struct log_copy *copy, int64_t wall_ns)
{
    const int64_t stood_ns = copy->last_wall_ns ? clock_less(wall_ns, copy->last_wall_ns) : 0;

    if (copy->interval_ns > 0 && stood_ns > copy->interval_ns &&
        strncmp(copy->gap.reason, REASON_LOST, strlen(REASON_LOST)) == 0)
        count_missed(copy, (uint64_t)(stood_ns / copy->interval_ns) - 1, 0);
}

static void begin_key(struct log_copy *copy, const struct session_line *line, int64_t mono_ns)
{
    if (copy->lines.length > 0) /* incomplete, or could not be written */
        write_lines(copy, mono_ns);
    if (copy->lines.length > 0)
        drop_lines(copy);
    maybe_rotate(copy, mono_ns);
    count_lost_time(copy, line->wall_ns);
    copy->needs_head = false;
    copy->head_wall_ns = line->wall_ns;
    copy->interval_ns = line->head.interval_ns;
}

static void count_line(struct log_copy *copy, const struct session_line *line)
{
    copy->counts.opened += line->kind == RECORD_OPEN;
    copy->counts.changed += line->kind == RECORD_STATE;
    copy->counts.closed += line->kind == RECORD_CLOSE;
    if (line->kind != RECORD_FRAME)
        return;
    copy->frames++;
    copy->last_wall_ns = line->wall_ns;
}

/* The first frame waits for the second: by then the host's clock may be known. */
static bool is_due(const struct log_copy *copy, const struct session_line *line)
{
    const bool waits = copy->stats.frames == 0 && copy->frames == 1 && !copy->host.exchanged;

    return (line->kind == RECORD_FRAME && !waits) || copy->lines.length >= LINES_MOST;
}

void log_copy_line(struct log_copy *copy, const struct session_line *line, const char *text,
                   size_t length, int64_t mono_ns)
{
    if (!copy->opened_ns)
        copy->opened_ns = mono_ns;
    if (line->kind == RECORD_HEAD)
        begin_key(copy, line, mono_ns);
    if (copy->needs_head) {
        count_missed(copy, line->kind == RECORD_FRAME,
                     line->kind == RECORD_OPEN || line->kind == RECORD_STATE ||
                         line->kind == RECORD_CLOSE);
        return;
    }
    buffer_append(&copy->lines, text, length);
    buffer_char(&copy->lines, '\n');
    if (line->kind == RECORD_HEAD)
        copy->head_length = copy->lines.length;
    count_line(copy, line);
    if (is_due(copy, line))
        write_lines(copy, mono_ns);
}

void log_copy_set_host(struct log_copy *copy, const struct session_host *host, int64_t mono_ns)
{
    const struct session_host *before = &copy->host;

    copy->host_differs = before->skew_known != host->skew_known ||
                         before->exchanged != host->exchanged || before->skew_ns != host->skew_ns ||
                         before->skew_error_ns != host->skew_error_ns || copy->host_differs;
    copy->host = *host;
    if (copy->frames > 0 && host->exchanged) /* it waited for the clock */
        write_lines(copy, mono_ns);
}

void log_copy_lose(struct log_copy *copy, const char *reason, int64_t mono_ns)
{
    char text[sizeof(copy->gap.reason)];

    if (copy->lines.length > 0)
        write_lines(copy, mono_ns);
    if (copy->lines.length == 0) /* else they wait for space and are retried */
        copy->needs_head = true;
    snprintf(text, sizeof(text), REASON_LOST ": %.110s", reason);
    give_reason(copy, text);
}

/* Head line for the log of a host that never sent a line. */
static void put_own_head(struct log_copy *copy, int64_t wall_ns)
{
    struct session_head head = {.wall_ns = wall_ns, .start_ns = wall_ns};

    snprintf(head.host, sizeof(head.host), "%.200s", copy->host.name);
    snprintf(head.source, sizeof(head.source), "live");
    session_write_head(&copy->lines, 0, &head);
    copy->head_length = copy->lines.length;
    copy->head_wall_ns = wall_ns;
}

static void end_lines(struct log_copy *copy, int64_t wall_ns)
{
    if (copy->lines.length == 0 && !copy->gap.reason[0] && copy->has_begun && !copy->host_differs)
        return;
    if (copy->lines.length == 0 && !copy->has_begun) {
        give_reason(copy, REASON_LOST ": no answer");
        put_own_head(copy, wall_ns);
    } else if (copy->head_length == 0) {
        put_gap(copy, &copy->lines, copy->last_wall_ns ? copy->last_wall_ns : wall_ns);
    }
    copy->failing = false; /* one more try */
    write_lines(copy, INT64_MAX);
    if (copy->lines.length > 0)
        drop_lines(copy);
}

void log_copy_close(struct log_copy *copy, int64_t wall_ns)
{
    if (copy->file.descriptor >= 0) {
        end_lines(copy, wall_ns);
        const int fate = log_file_look(&copy->file);
        if (fate == 0)
            put_index(copy);
        if (fate == LOG_FILE_REMOVED && copy->file_frames) {
            count_gone(copy);
            snprintf(copy->stats.trouble, sizeof(copy->stats.trouble), "%.80s: was removed",
                     copy->file.name);
        }
    }
    release(copy);
}
