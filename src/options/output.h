/* output: data to standard output, in whole lines, with its errors; messages to standard error.
 * Where only ASCII is wanted nothing else comes out of either. */
#ifndef TCPLENS_OPTIONS_OUTPUT_H
#define TCPLENS_OPTIONS_OUTPUT_H

#include "base/arena.h"
#include "options/options.h"

#include <stdbool.h>

/* Once, when the options are known: --ascii, and what kind of text data is. */
void output_begin(const struct options *options);
/* --ascii, or a locale whose characters are not UTF-8. */
bool output_is_ascii(void);

/* Writing ends with -EINTR once the descriptor (a signalfd) is readable and nobody takes what is
 * written; -1 = never. */
void output_interrupt_by(int descriptor);
/* Writes what the buffer holds and empties it. 0, -EPIPE when it is not read any more, or -errno. In
 * ASCII other characters are \u escapes in JSON, the \xNN of their bytes in CSV, and in tables
 * what looks like them in as many cells. */
int output_flush(struct buffer *buffer);
/* The same once there is enough to be worth a system call. */
int output_flush_some(struct buffer *buffer);
/* Exit code for what a flush returned; says why on stderr unless the reader just went away. */
int output_exit_code(int error);

/* "tcplens: ...", one line on standard error. Names from outside may be in it as they are. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line that goes with one. */
void message_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A question: the answer is typed behind it. */
void message_question(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
