/* sgr_dim: carries the dim attribute past libvterm. A pure byte filter. */
#include "sgr_dim.h"

#include <stdbool.h>
#include <string.h>

/* How many parameters after this one belong to it: 38;5;N and 38;2;R;G;B. */
static int extended_parameters(const char *parameter, size_t length, const char *next)
{
    if (length != 2 || (parameter[0] != '3' && parameter[0] != '4' && parameter[0] != '5') ||
        parameter[1] != '8' || !next)
        return 0;
    if (next[0] == '5' && (next[1] == ';' || next[1] == 'm'))
        return 2;
    if (next[0] == '2' && (next[1] == ';' || next[1] == 'm'))
        return 4;
    return 0;
}

/* held is "ESC [ parameters m". */
static void rewrite(const struct sgr_dim *filter, sgr_dim_sink *sink, void *user)
{
    const char *at = filter->held + 2, *end = filter->held + filter->length - 1;
    int skip = 0;
    sink(user, "\x1b[", 2);
    for (;;) {
        const char *stop = at;
        while (stop < end && *stop != ';')
            stop++;
        size_t length = (size_t)(stop - at);
        bool own = skip == 0;
        if (own)
            skip = extended_parameters(at, length, stop < end ? stop + 1 : NULL);
        else
            skip--;
        if (own && length == 1 && at[0] == '2')
            sink(user, "19", 2);
        else if (own && length == 2 && memcmp(at, "22", 2) == 0)
            sink(user, "22;10", 5);
        else
            sink(user, at, length);
        if (stop >= end)
            break;
        sink(user, ";", 1);
        at = stop + 1;
    }
    sink(user, "m", 1);
}

static void flush_held(struct sgr_dim *filter, sgr_dim_sink *sink, void *user)
{
    sink(user, filter->held, filter->length);
    filter->length = 0;
}

static void take_held(struct sgr_dim *filter, char byte, sgr_dim_sink *sink, void *user)
{
    filter->held[filter->length++] = byte;
    if (filter->length == 2) {
        if (byte != '[')
            flush_held(filter, sink, user);
        return;
    }
    if ((byte >= '0' && byte <= '9') || byte == ';' || byte == ':') {
        if (filter->length == sizeof(filter->held))
            flush_held(filter, sink, user);
        return;
    }
    if (byte == 'm')
        rewrite(filter, sink, user);
    else
        sink(user, filter->held, filter->length);
    filter->length = 0;
}

void sgr_dim_feed(struct sgr_dim *filter, const char *bytes, size_t size, sgr_dim_sink *sink,
                  void *user)
{
    size_t plain = 0;
    for (size_t i = 0; i < size; i++) {
        if (filter->length == 0 && bytes[i] != '\x1b')
            continue;
        if (filter->length == 0) {
            sink(user, bytes + plain, i - plain);
            filter->held[filter->length++] = bytes[i];
        } else {
            take_held(filter, bytes[i], sink, user);
        }
        plain = i + 1;
    }
    if (plain < size)
        sink(user, bytes + plain, size - plain);
}
