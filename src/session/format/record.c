/* The kinds of lines, and reading one: bounded, all or nothing, with an error message. Independent
 * of files. */
#include "core/text/text.h"
#include "session/format/get.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RECORD(kind, word, family)                                                                 \
    [RECORD_##                                                                                     \
        kind] = {.name = word, .read = session_read_##family, .keys = &session_##family##_keys},

const struct record RECORDS[RECORD_COUNT] = {[RECORD_NONE] = {.name = ""}, SESSION_RECORDS(RECORD)};

static const struct session_key KEYS[] = {
    {"ev", .help = "kind of the line"},
    {"t", .help = "when: of its frame, or of the event"},
    {"seq", .help = "number of the line in this recording"},
};
const struct session_keys session_line_keys = SESSION_KEYS(KEYS);

static enum record_kind find_kind(const char *name, size_t length)
{
    for (enum record_kind kind = RECORD_HEAD; kind < RECORD_COUNT; kind++) {
        if (strlen(RECORDS[kind].name) == length && !memcmp(RECORDS[kind].name, name, length))
            return kind;
    }
    return RECORD_NONE;
}

static void read_object(struct get *get, struct session_line *line)
{
    char name[16] = "";

    if (!get_text(get, "ev", name, sizeof(name)))
        get_fail(get, "ev", "missing");
    line->kind = find_kind(name, strlen(name));
    if (!get_time(get, "t", &line->wall_ns))
        get_fail(get, "t", "missing");
    line->seq = get_u64(get, "seq");
    if (get->error)
        return;
    if (RECORDS[line->kind].read)
        RECORDS[line->kind].read(get, line);
}

int session_read_line(struct session_state *state, const char *text, size_t length,
                      struct session_line *line, char *why, size_t why_size)
{
    struct flat flat;
    struct get get;

    get.flat = &flat; /* no initialiser: it would clear the scratch for each line */
    get.state = state;
    get.why = why;
    get.why_size = why_size;
    get.error = 0;
    why[0] = '\0';
    line->kind = RECORD_NONE;
    line->wall_ns = 0;
    line->seq = 0;
    if (length > SESSION_LINE_MAX) {
        snprintf(why, why_size, "a line of more than %u bytes", SESSION_LINE_MAX);
        return -E2BIG;
    }
    if (!flat_parse(&flat, text, length)) {
        snprintf(why, why_size, "not a JSON object");
        return -EINVAL;
    }
    read_object(&get, line);
    if (get.error == -ENOMEM && !why[0])
        snprintf(why, why_size, "more rows or names than tcplens holds, or no memory");
    return get.error;
}

int session_peek_line(const char *text, size_t length, enum record_kind *kind, int64_t *wall_ns)
{
    static const char begin[] = "{\"ev\":\"", middle[] = "\",\"t\":\"";
    const size_t begin_length = sizeof(begin) - 1, middle_length = sizeof(middle) - 1;

    if (length < begin_length || memcmp(text, begin, begin_length) != 0)
        return -EINVAL;
    const char *name = text + begin_length, *end = text + length;
    const char *quote = memchr(name, '"', (size_t)(end - name));
    if (!quote || (size_t)(end - quote) < middle_length ||
        memcmp(quote, middle, middle_length) != 0)
        return -EINVAL;
    const char *time = quote + middle_length;
    const char *time_end = memchr(time, '"', (size_t)(end - time));
    if (!time_end)
        return -EINVAL;
    *kind = find_kind(name, (size_t)(quote - name));
    return text_parse_rfc3339(time, (size_t)(time_end - time), wall_ns);
}
