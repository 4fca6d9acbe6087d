/* From bytes to lines: buffers, the plain form, opening. The .zst form is in reader_zst.c, seeking
 * in reader_seek.c. Independent of what a line means. */
#include "session/log/reader_private.h"

#include "base/read_at.h"
#include "session/format/format.h"
#include "session/log/form.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void reader_look_at_size(struct log_reader *reader)
{
    struct stat status;
    if (reader->seekable && fstat(reader->descriptor, &status) == 0 && status.st_size >= 0)
        reader->size = (uint64_t)status.st_size;
}

int log_reader_open_descriptor(struct log_reader **reader, int descriptor, char *why, size_t size)
{
    struct stat status;
    struct log_reader *made = calloc(1, sizeof(*made));
    int error = -ENOMEM;

    if (!made || fstat(descriptor, &status) != 0) {
        error = made ? -errno : -ENOMEM;
        goto fail;
    }
    if (S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode)) {
        error = -EINVAL;
        snprintf(why, size,
                 S_ISDIR(status.st_mode) ? "a folder: name the file of a session log"
                 : isatty(descriptor)    ? "a terminal: pipe a session log into it"
                                         : "a device: name the file of a session log");
        goto close;
    }
    made->descriptor = descriptor;
    made->seekable = S_ISREG(status.st_mode);
    reader_look_at_size(made);
    *reader = made;
    return 0;
fail:
    snprintf(why, size, "%s", strerror(-error));
close:
    free(made);
    close(descriptor);
    return error;
}

int log_reader_open(struct log_reader **reader, const char *path, char *why, size_t size)
{
    char reason[160];
    bool standard = strcmp(path, "-") == 0;
    int descriptor = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                              : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) {
        int error = -errno;
        snprintf(why, size, "%s: %s", path, strerror(errno));
        return error;
    }
    int error = log_reader_open_descriptor(reader, descriptor, reason, sizeof(reason));
    if (error)
        snprintf(why, size, "%s: %s", path, reason);
    return error;
}

void log_reader_close(struct log_reader *reader)
{
    if (!reader)
        return;
    close(reader->descriptor);
    ZSTD_freeDCtx(reader->unpacker);
    zst_keys_done(&reader->keys);
    free(reader->packed);
    free(reader->text);
    free(reader);
}

ssize_t reader_read(struct log_reader *reader, void *bytes, size_t size)
{
    for (;;) {
        struct pollfd polled = {reader->descriptor, POLLIN, 0};
        if (!reader->seekable && poll(&polled, 1, 0) == 0)
            return -EAGAIN;
        ssize_t got = reader->seekable
                          ? pread(reader->descriptor, bytes, size, (off_t)reader->offset)
                          : read(reader->descriptor, bytes, size);
        if (got >= 0) {
            reader->offset += (uint64_t)got;
            return got;
        }
        if (errno != EINTR)
            return -errno;
    }
}

int reader_make_room(struct log_reader *reader, size_t size)
{
    if (reader->begin) {
        memmove(reader->text, reader->text + reader->begin, reader->filled - reader->begin);
        reader->whole -= reader->begin;
        reader->filled -= reader->begin;
        reader->begin = 0;
    }
    if (reader->capacity - reader->filled >= size)
        return 0;
    size_t capacity = reader->filled + size + READ_BYTES;
    char *text = realloc(reader->text, capacity);
    if (!text)
        return -ENOMEM;
    reader->text = text;
    reader->capacity = capacity;
    return 0;
}

int reader_damaged(struct log_reader *reader, uint64_t offset, const char *what)
{
    /* Further errors at the same place are not counted again. */
    if (reader->damage_count && offset == reader->damage_offset)
        return -EBADMSG;
    reader->damage_count++;
    reader->damage_offset = offset;
    snprintf(reader->damage, sizeof(reader->damage), "damaged at byte %llu: %s",
             (unsigned long long)offset, what);
    return -EBADMSG;
}

void reader_forget(struct log_reader *reader, uint64_t offset)
{
    reader->begin = reader->whole = reader->filled = 0;
    reader->packed_begin = reader->packed_end = 0;
    reader->in_chunk = reader->after_mark = reader->skip_line = reader->end = false;
    reader->offset = reader->chunk_offset = reader->text_offset = offset;
}

/* A line without an end: zeros, a device, anything that is not a log. */
int reader_drop(struct log_reader *reader, uint64_t offset, size_t length)
{
    reader->lineless += length;
    if (reader->lineless <= LINELESS_MAX)
        return reader_damaged(reader, offset, "a line without an end");
    snprintf(reader->damage, sizeof(reader->damage), "no end of a line in %u MiB",
             (unsigned)(LINELESS_MAX >> 20));
    return -EFBIG;
}

/* Holes of a file, of any length, read as zeros. */
static void skip_hole(struct log_reader *reader)
{
    if (!reader->seekable)
        return;
    off_t data = lseek(reader->descriptor, (off_t)reader->offset, SEEK_DATA);
    if (data > (off_t)reader->offset)
        reader->offset = (uint64_t)data;
    else if (data < 0 && errno == ENXIO && reader->offset < reader->size)
        reader->offset = reader->size;
}

int reader_fill_plain(struct log_reader *reader)
{
    int error = reader_make_room(reader, READ_BYTES);
    if (error)
        return error;
    ssize_t got = reader_read(reader, reader->text + reader->filled, READ_BYTES);
    if (got <= 0)
        return got ? (int)got : -ENODATA;
    reader->filled += (size_t)got;
    char *newline = memrchr(reader->text + reader->whole, '\n', reader->filled - reader->whole);
    if (newline) {
        reader->whole = (size_t)(newline - reader->text) + 1;
        reader->lineless = 0;
    } else if (reader->filled - reader->begin > SESSION_LINE_MAX) {
        const size_t length = reader->filled - reader->begin;
        reader->skip_line = true;
        reader->filled = reader->whole = reader->begin;
        error = reader_drop(reader, reader->offset, length);
        skip_hole(reader);
        return error;
    }
    return 0;
}

static int take_form(struct log_reader *reader, const uint8_t *bytes, size_t length)
{
    const char *foreign = NULL;
    enum log_form form = log_form_find(bytes, length, &foreign);
    uint64_t found;

    if (form == LOG_FORM_FOREIGN) {
        snprintf(reader->damage, sizeof(reader->damage), "%s", foreign);
        return -EMEDIUMTYPE;
    }
    /* Either a log whose beginning is damaged, or no log. */
    const uint64_t near = reader->size < RESYNC_BYTES ? reader->size : RESYNC_BYTES;
    if (form == LOG_FORM_UNKNOWN && reader->seekable &&
        zst_resync(reader->descriptor, near, 0, &found) == 0)
        form = LOG_FORM_ZSTD;
    reader->zstd = form == LOG_FORM_ZSTD;
    reader->sniffed = true;
    return 0;
}

int reader_sniff_file(struct log_reader *reader)
{
    uint8_t bytes[LOG_FORM_BYTES];

    if (reader->sniffed)
        return 0;
    reader_look_at_size(reader);
    ssize_t got = read_at(reader->descriptor, bytes, sizeof(bytes), 0);
    if (got < 4)
        return got < 0 ? (int)got : -ENODATA;
    return take_form(reader, bytes, (size_t)got);
}

static int sniff_pipe(struct log_reader *reader)
{
    int error = reader_fill_plain(reader);
    if (error)
        return error;
    if (reader->filled < 4)
        return -EAGAIN;
    error = take_form(reader, (const uint8_t *)reader->text, reader->filled);
    if (error || !reader->zstd)
        return error;
    reader->packed = malloc(READ_BYTES * 2);
    if (!reader->packed || reader->filled > READ_BYTES * 2)
        return -ENOMEM;
    memcpy(reader->packed, reader->text, reader->filled);
    reader->packed_end = reader->filled;
    reader->begin = reader->whole = reader->filled = 0;
    return 0;
}

static int fill(struct log_reader *reader)
{
    if (!reader->sniffed) {
        int error = reader->seekable ? reader_sniff_file(reader) : sniff_pipe(reader);
        if (error || reader->whole > reader->begin)
            return error;
    }
    return reader->zstd ? reader_fill_zst(reader) : reader_fill_plain(reader);
}

static void skip_byte_order_mark(struct log_text *line)
{
    static const char mark[] = "\xef\xbb\xbf";
    const size_t length = sizeof(mark) - 1;

    if (line->length < length || memcmp(line->text, mark, length) != 0)
        return;
    line->text += length;
    line->length -= length;
}

int log_reader_next(struct log_reader *reader, struct log_text *line)
{
    for (;;) {
        while (reader->begin < reader->whole) {
            char *at = reader->text + reader->begin;
            char *newline = memchr(at, '\n', reader->whole - reader->begin);
            reader->line_begin = reader->begin;
            reader->begin = (size_t)(newline - reader->text) + 1;
            if (reader->skip_line) {
                reader->skip_line = false;
                continue;
            }
            *line = (struct log_text){at, (size_t)(newline - at)};
            if (!reader->zstd && log_reader_line_place(reader) == 0)
                skip_byte_order_mark(line);
            return 0;
        }
        int error = fill(reader);
        reader->end = error == -ENODATA;
        if (error)
            return error;
    }
}

void log_reader_again(struct log_reader *reader)
{
    reader->begin = reader->line_begin;
}

const char *log_reader_damage(const struct log_reader *reader)
{
    return reader->damage;
}

bool log_reader_seekable(const struct log_reader *reader)
{
    return reader->seekable;
}

uint64_t log_reader_bytes(const struct log_reader *reader)
{
    return reader->offset;
}

int log_reader_descriptor(const struct log_reader *reader)
{
    return reader->descriptor;
}

uint64_t log_reader_torn(const struct log_reader *reader)
{
    if (!reader->end)
        return 0;
    if (!reader->zstd)
        return reader->filled - reader->whole;
    if (!reader->seekable)
        return reader->in_chunk ? reader->packed_end - reader->packed_begin + 1 : 0;
    return reader->size > reader->chunk_offset ? reader->size - reader->chunk_offset : 0;
}

uint64_t log_reader_place(const struct log_reader *reader)
{
    return reader->place;
}

uint64_t log_reader_line_place(const struct log_reader *reader)
{
    if (reader->zstd)
        return reader->text_offset;
    return reader->offset - (reader->filled - reader->line_begin);
}
