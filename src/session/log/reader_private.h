/* Private to log_reader*.c. */
#ifndef TCPLENS_SESSION_LOG_READER_PRIVATE_H
#define TCPLENS_SESSION_LOG_READER_PRIVATE_H

#include "session/log/reader.h"

#include <sys/types.h>
#include <zstd.h>

struct log_reader {
    int descriptor;
    bool seekable, zstd, sniffed, end;
    uint64_t size;   /* of a seekable file, when last looked at */
    uint64_t offset; /* where the next bytes of the file are read */

    /* lines read and not yet given: [begin, whole) whole ones, [whole, filled) a part */
    char *text;
    size_t begin, whole, filled, capacity;
    size_t line_begin; /* of the line given last */
    bool skip_line;    /* the rest of a line that is too long is passed over */
    uint64_t lineless; /* bytes passed over since the last end of a line */

    ZSTD_DCtx *unpacker;
    uint8_t *packed; /* bytes of the file not yet unpacked: [packed_begin, packed_end) */
    size_t packed_begin, packed_end;
    uint64_t chunk_offset; /* where the zstd frame at work begins */
    uint64_t mark_offset;  /* of the frame without text right before it, if after_mark */
    uint64_t text_offset;  /* where the one begins that the text is of, or the mark before it */
    bool in_chunk, after_mark;

    struct zst_keys keys;
    uint64_t walked; /* the marks before it are known */
    bool keys_done;
    uint64_t place;

    char damage[200];
    uint64_t damage_count, damage_offset;
};

#define READ_BYTES (1u << 16)
#define TEXT_LIMIT                                                                                 \
    (4u                                                                                            \
     << 20) /* a chunk up to this long is checked before a line of it is given                  \
                */

#define RESYNC_BYTES (16u << 20)  /* a log that begins with damage has a whole chunk in these */
#define LINELESS_MAX (256u << 20) /* without an end of a line: no log */

int reader_sniff_file(struct log_reader *reader); /* 0; -ENODATA: too short yet; -EMEDIUMTYPE */
/* A part of a line that is too long: -EBADMSG, or -EFBIG where there were too many of them. */
int reader_drop(struct log_reader *reader, uint64_t offset, size_t length);
int reader_fill_plain(struct log_reader *reader);
int reader_fill_zst(struct log_reader *reader);
/* Bytes from the file or pipe: > 0, 0 at the end, -EAGAIN, -errno. */
ssize_t reader_read(struct log_reader *reader, void *bytes, size_t size);
/* Room for `size` more bytes of text behind filled. 0 or -ENOMEM. */
int reader_make_room(struct log_reader *reader, size_t size);
int reader_damaged(struct log_reader *reader, uint64_t offset, const char *what);
void reader_look_at_size(struct log_reader *reader);
void reader_forget(struct log_reader *reader, uint64_t offset); /* reading begins at offset */

#endif
