/* output: writes data to standard output, in whole lines, and messages to standard error. With
 * --ascii both are pure ASCII. */
#ifndef TCPLENS_OPTIONS_OUTPUT_H
#define TCPLENS_OPTIONS_OUTPUT_H

#include "base/arena.h"
#include "options/options.h"

#include <stdbool.h>

/* To be called once, when the options are known: --ascii, and the format of the data. */
void output_begin(const struct options *options);
/* --ascii, or a locale whose encoding is not UTF-8. */
bool output_is_ascii(void);

/* A write that blocks ends with -EINTR once the descriptor (a signalfd) is readable; -1 = never. */
void output_interrupt_by(int descriptor);
/* Writes what the buffer holds and empties it. 0, -EPIPE when the reader has closed it, or -errno.
 * In ASCII other characters become \u escapes in JSON, \xNN for each byte in CSV, and in tables
 * similar characters in as many cells. */
int output_flush(struct buffer *buffer);
/* The same, but only once the buffer is large enough to be worth a system call. */
int output_flush_some(struct buffer *buffer);
/* Exit code for what a flush returned; reports an error on stderr except for -EPIPE. */
int output_exit_code(int error);

/* "tcplens: ...", one line on standard error. It may contain text from outside, which is made
 * safe. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Another line that belongs to the last message. */
void message_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A question, without a newline: the answer is typed after it. */
void message_question(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
