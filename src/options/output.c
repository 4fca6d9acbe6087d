/* Standard output without stdio: an error is known for what it is, when it happens. Messages make
 * text from outside (a file name, an argument) safe. */
#include "options/output.h"

#include "core/text/text.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH (64u << 10)

#define MESSAGE_MAX 4096 /* a longer one is cut */

static enum output_format data_format;
static bool ascii_wanted;
static int interrupt = -1; /* readable: writing is to end */

void output_begin(const struct options *options)
{
    data_format = options->output;
    ascii_wanted = options->ascii;
}

bool output_is_ascii(void)
{
    return ascii_wanted || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

void output_interrupt_by(int descriptor)
{
    interrupt = descriptor;
}

/* A write to a pipe that is not read blocks for ever; and another process that shares standard
 * output may have made it non-blocking. 0 or -EINTR. */
static int wait_writable(void)
{
    struct pollfd polled[] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
                              {.fd = interrupt, .events = POLLIN}};

    while (poll(polled, 2, -1) < 0 && errno == EINTR)
        ;
    return polled[1].revents && !polled[0].revents ? -EINTR : 0;
}

static int write_all(const char *bytes, size_t length)
{
    const bool watched = interrupt >= 0;
    size_t done = 0;
    int error = 0;

    while (done < length && !error) {
        /* a writable pipe takes this much without blocking */
        const size_t most = watched && length - done > PIPE_BUF ? PIPE_BUF : length - done;
        if (watched)
            error = wait_writable();
        ssize_t written = error ? 0 : write(STDOUT_FILENO, bytes + done, most);

        if (written >= 0)
            done += (size_t)written;
        else if (errno == EAGAIN)
            error = wait_writable();
        else if (errno != EINTR)
            error = -errno;
    }
    return error;
}

static void put_json_escape(struct buffer *out, uint32_t code)
{
    if (code < 0x10000) {
        buffer_printf(out, "\\u%04x", (unsigned)code);
        return;
    }
    code -= 0x10000;
    buffer_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code >> 10)),
                  (unsigned)(0xdc00 + (code & 0x3ff)));
}

/* Appends all of `in`, with escapes for non-ASCII characters. */
static void escape(struct buffer *out, const struct buffer *in)
{
    for (size_t at = 0; at < in->length;) {
        uint32_t code;
        unsigned cells;
        size_t run = 0;
        while (at + run < in->length && (unsigned char)in->data[at + run] < 0x80)
            run++;
        buffer_append(out, in->data + at, run);
        at += run;
        if (at == in->length)
            return;
        const size_t used = text_next(in->data + at, &code, &cells);
        if (data_format == OUTPUT_JSON)
            put_json_escape(out, code);
        for (size_t i = 0; i < used && data_format != OUTPUT_JSON; i++)
            buffer_printf(out, "\\x%02x", (unsigned char)in->data[at + i]);
        at += used;
    }
}

static int flush_escaped(const struct buffer *buffer)
{
    struct buffer escaped;

    buffer_init(&escaped);
    escape(&escaped, buffer);
    const int error = escaped.failed ? escaped.failed : write_all(escaped.data, escaped.length);
    buffer_done(&escaped);
    return error;
}

int output_flush(struct buffer *buffer)
{
    int error;

    if (buffer->failed)
        return buffer->failed;
    if (buffer->length && output_is_ascii() && data_format != OUTPUT_TABLE) {
        error = flush_escaped(buffer);
    } else {
        if (buffer->length && output_is_ascii())
            buffer->length = text_make_ascii(buffer->data, buffer->length);
        error = write_all(buffer->data, buffer->length);
    }
    if (!error)
        buffer_clear(buffer);
    return error;
}

int output_flush_some(struct buffer *buffer)
{
    return buffer->length < ENOUGH && !buffer->failed ? 0 : output_flush(buffer);
}

int output_exit_code(int error)
{
    if (!error || error == -EPIPE)
        return EXIT_DONE;
    message("standard output: %s", strerror(-error));
    return EXIT_FAILED;
}

/* A newline in a name would begin a new line: it is escaped like all invisible characters. */
__attribute__((format(printf, 3, 0))) static void put_message(const char *before, const char *after,
                                                              const char *format, va_list values)
{
    char text[MESSAGE_MAX], safe[TEXT_CLEAN_MAX(MESSAGE_MAX)];

    const int length = vsnprintf(text, sizeof(text), format, values);
    if (length < 0)
        return;
    const size_t given = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
    const size_t kept = text_clean_again(safe, sizeof(safe), text, given);
    if (output_is_ascii())
        text_make_ascii(safe, kept);
    fprintf(stderr, "%s%s%s", before, safe, after);
}

void message(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    put_message("tcplens: ", "\n", format, values);
    va_end(values);
}

void message_line(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    put_message("", "\n", format, values);
    va_end(values);
}

void message_question(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    put_message("", " ", format, values);
    va_end(values);
}
