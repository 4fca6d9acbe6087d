/* Chunks of a .zst log: each is decompressed and its checksum verified before any of its lines is
 * returned. */
#include "session/log/reader_private.h"

#include "session/format/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd_errors.h>

#define PACKED_BYTES (READ_BYTES * 2u)
#define WINDOW_LOG                                                                                 \
    27 /* 128 MiB: made by zstd -22 and zstd --long, accepted by zstd -d by default */

static int prepare(struct log_reader *reader)
{
    if (!reader->packed)
        reader->packed = malloc(PACKED_BYTES);
    if (!reader->unpacker) {
        reader->unpacker = ZSTD_createDCtx();
        if (reader->unpacker)
            ZSTD_DCtx_setParameter(reader->unpacker, ZSTD_d_windowLogMax, WINDOW_LOG);
    }
    return reader->packed && reader->unpacker ? 0 : -ENOMEM;
}

static int fill_packed(struct log_reader *reader)
{
    size_t rest = reader->packed_end - reader->packed_begin;
    memmove(reader->packed, reader->packed + reader->packed_begin, rest);
    reader->packed_begin = 0;
    reader->packed_end = rest;
    ssize_t got = reader_read(reader, reader->packed + rest, PACKED_BYTES - rest);
    if (got <= 0)
        return got ? (int)got : -ENODATA;
    reader->packed_end += (size_t)got;
    return 0;
}

/* Continues after a damaged chunk, where the next whole frame begins. */
static int resync(struct log_reader *reader, const char *what)
{
    uint64_t bad = reader->chunk_offset, found = 0;

    if (!reader->seekable) {
        reader_damaged(reader, bad, what);
        return -EIO; /* a pipe cannot be rewound */
    }
    reader_look_at_size(reader);
    int error = zst_resync(reader->descriptor, reader->size, bad + 1, &found);
    if (error && error != -ENODATA)
        return error;
    reader_forget(reader, error ? reader->size : found);
    return reader_damaged(reader, bad, what);
}

/* The file ends within a chunk: it is being written, or was truncated; or a damaged length extends
 * beyond the end, and complete frames follow. */
static int at_end(struct log_reader *reader)
{
    uint64_t found = 0;

    if (!reader->seekable)
        return reader->in_chunk ? -EIO : -ENODATA;
    reader_look_at_size(reader);
    uint64_t begin = reader->chunk_offset;
    if (begin < reader->size &&
        zst_resync(reader->descriptor, reader->size, begin + 1, &found) == 0 &&
        reader->size - begin > 4) {
        struct zst_frame frame;
        if (zst_frame_at(reader->descriptor, reader->size, begin, &frame) != 0)
            return resync(reader, "a chunk that seems to reach beyond the end");
    }
    reader_forget(reader, begin); /* read the whole chunk again when it is complete */
    return -ENODATA;
}

/* Takes the decompressed lines; an incomplete last one stays. */
static int take_text(struct log_reader *reader, bool chunk_ended)
{
    size_t rest = reader->filled - reader->whole;
    char *newline = memrchr(reader->text + reader->whole, '\n', rest);

    if (newline) {
        reader->whole = (size_t)(newline - reader->text) + 1;
        reader->lineless = 0;
        rest = reader->filled - reader->whole;
    }
    if (rest == 0 || (!chunk_ended && rest <= SESSION_LINE_MAX))
        return 0;
    reader->filled = reader->whole;
    return reader_drop(reader, reader->chunk_offset, rest);
}

static int chunk_ended(struct log_reader *reader)
{
    reader->in_chunk = false;
    reader->after_mark = reader->filled == reader->begin; /* it was empty */
    reader->mark_offset = reader->chunk_offset;
    reader->chunk_offset = reader->offset - (reader->packed_end - reader->packed_begin);
    return take_text(reader, true);
}

static void begin_chunk(struct log_reader *reader)
{
    ZSTD_DCtx_reset(reader->unpacker, ZSTD_reset_session_only);
    reader->text_offset = reader->after_mark ? reader->mark_offset : reader->chunk_offset;
    reader->in_chunk = true;
}

/* Decompresses until the chunk ends or the text buffer is full. */
int reader_fill_zst(struct log_reader *reader)
{
    int error = prepare(reader);

    while (!error) {
        if (reader->packed_begin == reader->packed_end) {
            error = fill_packed(reader);
            if (error)
                return error == -ENODATA ? at_end(reader) : error;
        }
        error = reader_make_room(reader, READ_BYTES);
        if (error)
            return error;
        if (!reader->in_chunk)
            begin_chunk(reader);
        ZSTD_inBuffer in = {reader->packed, reader->packed_end, reader->packed_begin};
        ZSTD_outBuffer out = {reader->text + reader->filled, READ_BYTES, 0};
        size_t left = ZSTD_decompressStream(reader->unpacker, &out, &in);
        if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge) {
            snprintf(reader->damage, sizeof(reader->damage),
                     "compressed with a window of more than %u MiB: pipe what \"zstd -dc --long=31 "
                     "FILE\" prints into tcplens, and name the log \"-\"",
                     1u << (WINDOW_LOG - 20));
            return -EMEDIUMTYPE;
        }
        if (ZSTD_isError(left)) {
            reader->filled = reader->whole;
            return resync(reader, ZSTD_getErrorName(left));
        }
        reader->packed_begin = in.pos;
        reader->filled += out.pos;
        if (left == 0)
            return chunk_ended(reader);
        if (reader->filled - reader->begin > TEXT_LIMIT) {
            error = take_text(reader, false);
            if (reader->whole > reader->begin)
                return error;
        }
    }
    return error;
}
