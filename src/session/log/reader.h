/* Reads the lines of a session log, plain or .zst, from a file or a pipe; finds keyframes. What is
 * damaged is named and passed over: reading goes on at the next whole line. Memory is bounded
 * whatever the file claims. Independent of what lines mean, but for their kind and time. */
#ifndef TCPLENS_SESSION_LOG_READER_H
#define TCPLENS_SESSION_LOG_READER_H

#include "session/zst.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_reader;

struct log_text { /* one line; valid until the next call */
    const char *text;
    size_t length;
};

/* `path` "-": standard input. Opens its file once, to read. 0 or -errno with one line of why. */
int log_reader_open(struct log_reader **reader, const char *path, char *why, size_t size);
/* Takes the descriptor over. */
int log_reader_open_descriptor(struct log_reader **reader, int descriptor, char *why, size_t size);
void log_reader_close(struct log_reader *reader);

/* 0; -ENODATA: the end (a file that grows may give more later); -EAGAIN: nothing in the pipe now;
 * -EBADMSG: something damaged was passed over; -EMEDIUMTYPE: compressed in a way that is not read;
 * -EFBIG: no log, without an end (log_reader_damage says what of these three); other -errno. */
int log_reader_next(struct log_reader *reader, struct log_text *line);
/* Puts the line just read back: the next call gives it again. */
void log_reader_again(struct log_reader *reader);

const char *
log_reader_damage(const struct log_reader *reader); /* the last one in words, "" = none */
bool log_reader_seekable(const struct log_reader *reader);
uint64_t log_reader_bytes(const struct log_reader *reader); /* of a pipe: read so far */
int log_reader_descriptor(const struct log_reader *reader); /* to poll on a pipe */
/* Bytes behind the last whole line or frame, once the end was reached: a torn tail, or a log that
 * is being written. */
uint64_t log_reader_torn(const struct log_reader *reader);

/* Finding keyframes takes looking through the marks of a .zst that was not closed: this does a
 * slice of it. 1: more to do; 0: done; -errno. Nothing to do for a plain log. */
int log_reader_prepare(struct log_reader *reader, unsigned frames);
/* Goes to the keyframe at or before wall_ns (INT64_MIN: the first), or the first one. Where the
 * clock was set back there may be several: to the last of them, in a plain log to one of them. */
int log_reader_seek(struct log_reader *reader, int64_t wall_ns);
/* Goes to the keyframe before the one at *place, and sets *place; -ENODATA: there is none. */
int log_reader_seek_before(struct log_reader *reader, uint64_t *place);
/* Where the keyframe is that was gone to last. */
uint64_t log_reader_place(const struct log_reader *reader);
/* Where to go to have the line given last again: its own place in a plain log, that of its chunk,
 * with the mark before it, in a .zst. Grows along the log. */
uint64_t log_reader_line_place(const struct log_reader *reader);
/* Goes to a place that came from here. */
int log_reader_go(struct log_reader *reader, uint64_t place);
/* Time of the last line of kind frame, as far as that can be told from the end of the file. */
int log_reader_last_time(struct log_reader *reader, int64_t *wall_ns);

#endif
