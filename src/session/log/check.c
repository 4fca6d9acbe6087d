/* A log to append to must begin with a head line of ours, and end with a complete line. */
#include "session/log/check.h"

#include "base/read_at.h"
#include "session/format/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define HEAD_BYTES 65536u /* head lines are far shorter */
#define TAIL_BYTES 65536u
#define MARK_START 16u /* of a mark: what is the same in all of them */

static int say(int error, char *why, size_t size, const char *name, const char *reason)
{
    snprintf(why, size, "%s: %s", name, reason);
    return error;
}

/* The first line of the file's first data frame, decompressed as far as necessary. */
static ssize_t unpack_head(const uint8_t *packed, size_t length, char *text, size_t size)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed, length, 0};
    ZSTD_outBuffer out = {text, size, 0};
    size_t left = 1;

    if (!stream)
        return -1;
    while (in.pos < in.size && out.pos < out.size && !ZSTD_isError(left)) {
        size_t before = in.pos + out.pos;
        left = ZSTD_decompressStream(stream, &out, &in);
        if (in.pos + out.pos == before || memchr(text, '\n', out.pos))
            break;
    }
    ZSTD_freeDStream(stream);
    return (ssize_t)out.pos;
}

static int check_head(const struct log_file *file, char *why, size_t size)
{
    struct session_state state;
    struct session_line line;
    char reason[200];
    int error = -EINVAL;
    char *text = malloc(HEAD_BYTES);
    uint8_t *raw = malloc(HEAD_BYTES);
    ssize_t got = text && raw ? read_at(file->descriptor, raw, HEAD_BYTES, 0) : -1;

    if (got > 0 && file->zstd)
        got = unpack_head(raw, (size_t)got, text, HEAD_BYTES);
    else if (got > 0)
        memcpy(text, raw, (size_t)got);
    const char *end = got > 0 ? memchr(text, '\n', (size_t)got) : NULL;
    snprintf(reason, sizeof(reason), "it has no head line");
    session_state_init(&state);
    if (end)
        error =
            session_read_line(&state, text, (size_t)(end - text), &line, reason, sizeof(reason));
    if (!error && line.kind != RECORD_HEAD)
        error = -EINVAL;
    session_state_done(&state);
    free(text);
    free(raw);
    if (!error)
        return 0;
    snprintf(why, size, "%s: not a session log to append to (%s): choose another name", file->name,
             reason);
    return -EINVAL;
}

/* Cuts after the last newline. */
static int cut_plain(struct log_file *file)
{
    char tail[TAIL_BYTES];
    uint64_t end = file->size;

    while (end > 0) {
        size_t length = end < sizeof(tail) ? (size_t)end : sizeof(tail);
        ssize_t got = read_at(file->descriptor, tail, length, end - length);
        if (got != (ssize_t)length)
            return got < 0 ? (int)got : -EIO;
        for (size_t i = length; i-- > 0;) {
            if (tail[i] != '\n')
                continue;
            uint64_t whole = end - length + i + 1;
            return whole == file->size ? 0 : log_file_cut(file, whole);
        }
        end -= length;
    }
    return log_file_cut(file, 0);
}

/* The frame at or after *at; -ENODATA: nothing complete follows, *at is the end of the file. */
static int next_frame(const struct log_file *file, uint64_t *at, struct zst_frame *frame)
{
    uint64_t found = 0;
    int error = zst_frame_at(file->descriptor, file->size, *at, frame);
    if (error != -EBADMSG && error != -ENODATA)
        return error;
    /* A damaged frame may seem to extend beyond the end: what follows it must not be cut off. */
    error = zst_resync(file->descriptor, file->size, *at + 1, &found);
    if (error)
        return error;
    *at = found;
    return zst_frame_at(file->descriptor, file->size, found, frame);
}

/* Cuts after the last complete frame; marks before it become keys. */
static int cut_zst(struct log_file *file)
{
    uint64_t at = 0;
    struct zst_frame frame;

    if (zst_read_index(file->descriptor, file->size, &file->keys, &at) == 0)
        return log_file_cut(file, at);
    while (at < file->size) {
        int error = next_frame(file, &at, &frame);
        if (error == -ENODATA)
            return log_file_cut(file, at);
        if (error)
            return error;
        const struct zst_key key = {.offset = at, .wall_ns = frame.wall_ns};
        if (frame.kind == ZST_MARK && frame.wall_ns && zst_keys_add(&file->keys, &key))
            return -ENOMEM;
        at += frame.length;
    }
    return 0;
}

static bool begins_with(const void *bytes, size_t length, const void *start, size_t start_length)
{
    return length >= start_length && memcmp(bytes, start, start_length) == 0;
}

/* What a recorder leaves that was killed while it wrote the first lines: the beginning of them, and nothing whole. One too
 * short to be recognized could be anybody's, and is not removed. */
static bool is_torn_start(const struct log_file *file)
{
    static const char line[] = "{\"ev\":\"head\",";
    char text[HEAD_BYTES];
    struct buffer mark;
    uint64_t found = 0;
    const ssize_t got = read_at(file->descriptor, text, sizeof(text), 0);

    if (got <= 0)
        return false;
    if (!file->zstd)
        return (uint64_t)got == file->size && !memchr(text, '\n', (size_t)got) &&
               begins_with(text, (size_t)got, line, sizeof(line) - 1);
    buffer_init(&mark);
    zst_put_mark(&mark, 0);
    const bool is_ours = !mark.failed && begins_with(text, (size_t)got, mark.data, MARK_START);
    buffer_done(&mark);
    return is_ours && zst_resync(file->descriptor, file->size, 1, &found) == -ENODATA;
}

int log_check_append(struct log_file *file, char *why, size_t size)
{
    int error = check_head(file, why, size);
    if (error && is_torn_start(file)) {
        file->torn_start = file->size;
        return log_file_cut(file, 0);
    }
    if (error)
        return error;
    error = file->zstd ? cut_zst(file) : cut_plain(file);
    return error ? say(error, why, size, file->name, strerror(-error)) : 0;
}
