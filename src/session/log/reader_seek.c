/* Finding keyframes: by the index or the marks of a .zst log, by bisecting a plain one. Of a line
 * only kind and time matter. */
#include "session/log/reader_private.h"

#include "base/read_at.h"
#include "session/format/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEAR_BYTES (1u << 16)

/* --- .zst --- */

static int walk_one(struct log_reader *reader)
{
    struct zst_frame frame;
    uint64_t found = 0;
    int error = zst_frame_at(reader->descriptor, reader->size, reader->walked, &frame);

    if (error == -EBADMSG || error == -ENODATA) {
        error = zst_resync(reader->descriptor, reader->size, reader->walked + 1, &found);
        if (!error)
            reader->walked = found;
        return error;
    }
    if (error)
        return error;
    const struct zst_key key = {.offset = reader->walked, .wall_ns = frame.wall_ns};
    if (frame.kind == ZST_MARK && frame.wall_ns)
        error = zst_keys_add(&reader->keys, &key);
    reader->walked += frame.length;
    return error;
}

int log_reader_prepare(struct log_reader *reader, unsigned frames)
{
    uint64_t index_offset = 0;

    if (!reader->seekable)
        return -ESPIPE;
    reader_look_at_size(reader);
    int error = reader_sniff_file(reader);
    if (error || !reader->zstd)
        return error == -ENODATA ? 0 : error;
    if (!reader->walked && !reader->keys.count &&
        zst_read_index(reader->descriptor, reader->size, &reader->keys, &index_offset) == 0)
        reader->walked = reader->size;
    for (unsigned i = 0; i < frames; i++) {
        if (reader->walked >= reader->size)
            return 0;
        error = walk_one(reader);
        if (error)
            return error == -ENODATA || error == -E2BIG ? 0 : error;
    }
    return 1;
}

static int prepare_all(struct log_reader *reader)
{
    int result;
    do
        result = log_reader_prepare(reader, 4096);
    while (result == 1);
    return result;
}

/* Index of the last key at or before wall_ns, or 0. Linear, as times may go backwards. */
static uint32_t find_key(const struct zst_keys *keys, int64_t wall_ns)
{
    uint32_t i = keys->count;
    while (i && keys->list[i - 1].wall_ns > wall_ns)
        i--;
    return i ? i - 1 : 0;
}

static void go(struct log_reader *reader, uint64_t offset)
{
    reader_forget(reader, offset);
    reader->place = offset;
}

static int seek_zst(struct log_reader *reader, int64_t wall_ns)
{
    int error = prepare_all(reader);
    if (error)
        return error;
    const struct zst_keys *keys = &reader->keys;
    go(reader, keys->count ? keys->list[find_key(keys, wall_ns)].offset : 0);
    return 0;
}

/* --- plain --- */

/* The first line that begins at or after offset and has a kind and a time. Reads at most
 * SESSION_LINE_MAX + NEAR_BYTES. */
static int line_after(const struct log_reader *reader, uint64_t offset, uint64_t *begin,
                      enum record_kind *kind, int64_t *wall_ns)
{
    const size_t size = SESSION_LINE_MAX + NEAR_BYTES;
    char *text = malloc(size);
    int error = -ENODATA;
    if (!text)
        return -ENOMEM;
    ssize_t got = 0;
    /* Most lines are short: read little at first. */
    for (size_t length = NEAR_BYTES; error && length <= size; length = size) {
        got = read_at(reader->descriptor, text, length, offset ? offset - 1 : 0);
        if (got < 0)
            error = (int)got;
        const char *at = text, *end = text + (got > 0 ? got : 0);
        if (offset)
            at = got > 0 ? memchr(text, '\n', (size_t)got) : NULL;
        at = at && offset ? at + 1 : at;
        while (at && at < end && error) {
            const char *newline = memchr(at, '\n', (size_t)(end - at));
            if (newline && session_peek_line(at, (size_t)(newline - at), kind, wall_ns) == 0) {
                *begin = (offset ? offset - 1 : 0) + (uint64_t)(at - text);
                error = 0;
            }
            at = newline ? newline + 1 : NULL;
        }
        if (length == size || got < (ssize_t)length)
            break;
    }
    free(text);
    return error;
}

/* The last line before `end` that begins with `start`, which includes the preceding newline. */
static int line_before(const struct log_reader *reader, const char *start, uint64_t end,
                       uint64_t *found)
{
    const size_t length = strlen(start), block = READ_BYTES * 4;
    char *text = malloc(block + length);
    int error = -ENODATA;
    if (!text)
        return -ENOMEM;

    while (error && end > 0) {
        uint64_t begin = end > block ? end - block : 0;
        /* a line that begins right before `end` reaches beyond it */
        ssize_t got = read_at(reader->descriptor, text, (size_t)(end - begin) + length, begin);
        const char *at = text, *stop = text + (got > 0 ? got : 0);
        if (got < 0) {
            error = (int)got;
            break;
        }
        while (at && at < stop) {
            at = memmem(at, (size_t)(stop - at), start, length);
            if (at && begin + (uint64_t)(at - text) + 1 < end) {
                *found = begin + (uint64_t)(at - text) + 1;
                error = 0;
            }
            at = at ? at + 1 : NULL;
        }
        end = begin;
    }
    if (error && end == 0) { /* the first line has no newline before it */
        *found = 0;
        error = 0;
    }
    free(text);
    return error;
}

static int head_before(const struct log_reader *reader, uint64_t end, uint64_t *found)
{
    return line_before(reader, "\n{\"ev\":\"head\"", end, found);
}

static int seek_plain(struct log_reader *reader, int64_t wall_ns)
{
    uint64_t low = 0, high = reader->size, begin = 0;
    enum record_kind kind = RECORD_NONE;
    int64_t time = 0;

    while (high - low > NEAR_BYTES) {
        uint64_t middle = low + (high - low) / 2;
        const int error = line_after(reader, middle, &begin, &kind, &time);
        if (error && error != -ENODATA)
            return error;
        if (error || time > wall_ns)
            high = middle;
        else
            low = middle;
    }
    for (;;) {
        int error = head_before(reader, high, &begin);
        if (error)
            return error;
        /* Bisection is precise to NEAR_BYTES only: the keyframe may be too late. */
        if (!begin)
            break;
        error = line_after(reader, begin, &low, &kind, &time);
        if (error && error != -ENODATA)
            return error;
        if (error || time <= wall_ns)
            break;
        high = begin;
    }
    go(reader, begin);
    return 0;
}

int log_reader_seek(struct log_reader *reader, int64_t wall_ns)
{
    if (!reader->seekable)
        return -ESPIPE;
    reader_look_at_size(reader);
    int error = reader_sniff_file(reader);
    if (error)
        return error;
    return reader->zstd ? seek_zst(reader, wall_ns) : seek_plain(reader, wall_ns);
}

int log_reader_go(struct log_reader *reader, uint64_t place)
{
    if (!reader->seekable)
        return -ESPIPE;
    reader_look_at_size(reader);
    int error = reader_sniff_file(reader);
    if (!error)
        go(reader, place);
    return error;
}

int log_reader_seek_before(struct log_reader *reader, uint64_t *place)
{
    uint64_t found = 0;

    if (!reader->seekable)
        return -ESPIPE;
    if (!*place)
        return -ENODATA;
    if (!reader->zstd) {
        int error = head_before(reader, *place, &found);
        if (error)
            return error;
    } else {
        int error = prepare_all(reader);
        if (error)
            return error;
        uint32_t i = reader->keys.count;
        while (i && reader->keys.list[i - 1].offset >= *place)
            i--;
        if (!i)
            return -ENODATA;
        found = reader->keys.list[i - 1].offset;
    }
    go(reader, found);
    *place = found;
    return 0;
}

/* From the end of a plain log; an incomplete line has no time. */
static int last_time_plain(const struct log_reader *reader, int64_t *wall_ns)
{
    uint64_t end = reader->size, begin = 0;

    while (end) {
        enum record_kind kind = RECORD_NONE;
        int error = line_before(reader, "\n{\"ev\":\"frame\"", end, &begin);
        if (error)
            return error;
        uint64_t at = 0;
        int64_t time = 0;
        error = begin ? line_after(reader, begin, &at, &kind, &time) : -ENODATA;
        if (!error && at == begin) {
            *wall_ns = time;
            return 0;
        }
        if (error && error != -ENODATA)
            return error;
        end = begin;
    }
    return -ENODATA;
}

/* The last frame line from here to the end. */
static int last_time_after(struct log_reader *reader, int64_t *wall_ns)
{
    struct log_text line;
    enum record_kind kind;
    int64_t time;
    int error = 0, result = -ENODATA;

    while (!error) {
        error = log_reader_next(reader, &line);
        if (!error && session_peek_line(line.text, line.length, &kind, &time) == 0 &&
            kind == RECORD_FRAME) {
            *wall_ns = time;
            result = 0;
        }
        if (error == -EBADMSG)
            error = 0;
    }
    return error == -ENODATA ? result : error;
}

/* For a plain log from its last bytes; for a .zst from its last keyframe on, or the one before if
 * that is incomplete. */
int log_reader_last_time(struct log_reader *reader, int64_t *wall_ns)
{
    uint64_t before = reader->damage_count;
    int error = log_reader_seek(reader, INT64_MAX);
    uint64_t place = reader->place;

    if (!error && !reader->zstd)
        return last_time_plain(reader, wall_ns);
    if (!error)
        error = last_time_after(reader, wall_ns);
    while (error == -ENODATA && log_reader_seek_before(reader, &place) == 0)
        error = last_time_after(reader, wall_ns);
    reader->damage_count = before;
    return error;
}
