/* Functions over columns[]: finding, parsing lists, formatting by type. */
#include "core/column/values.h"
#include "core/text/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *word, const char *id, size_t length)
{
    return id && strlen(id) == length && !strncasecmp(id, word, length);
}

/* By id; JSON keys are understood, too. */
const char *columns_for_screen(const struct frame *frame)
{
    if (frame->host_count)
        return COLUMNS_SCREEN_HOSTS;
    return frame->namespace_count > 1 ? COLUMNS_SCREEN_MANY : COLUMNS_SCREEN;
}

const char *columns_for_list(const struct frame *frame)
{
    if (frame->host_count)
        return COLUMNS_LIST_HOSTS;
    return frame->namespace_count > 1 ? COLUMNS_LIST_MANY : COLUMNS_LIST;
}

const struct column *column_find(const char *id, size_t length)
{
    for (size_t i = 0; i < column_count; i++) {
        if (is_word(id, columns[i].id, length))
            return &columns[i];
    }
    for (size_t i = 0; i < column_count; i++) {
        if (is_word(id, columns[i].json, length))
            return &columns[i];
    }
    return NULL;
}

size_t column_index(const struct column *column)
{
    return (size_t)(column - columns);
}

void column_suggest(const char *word, char *out, size_t size)
{
    size_t used = 0;
    unsigned most = strlen(word) < 5 ? 1 : 2; /* a short word is near to almost anything */

    out[0] = '\0';
    if (strlen(word) < 2)
        return;
    for (unsigned edits = 1; edits <= most && !used; edits++) {
        for (size_t i = 0; i < column_count; i++) {
            size_t length = strlen(columns[i].id);

            if (text_distance(word, columns[i].id) > edits && strncmp(word, columns[i].id, 3) != 0)
                continue;
            if (used + length + 3 > size || used > 60)
                return;
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", columns[i].id);
        }
    }
}

int columns_parse(const char *list, uint16_t *out, size_t max, size_t *count, const char **bad)
{
    size_t found = 0;

    for (const char *word = list;; word++) {
        size_t length = strcspn(word, ",");
        const struct column *column = column_find(word, length);

        if (!column || found == max) {
            *bad = word;
            return -EINVAL;
        }
        out[found++] = (uint16_t)column_index(column);
        word += length;
        if (!*word)
            break;
    }
    *count = found;
    return 0;
}

static bool contains(const uint16_t *list, size_t count, uint16_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == index)
            return true;
    }
    return false;
}

#define PARTS_MAX 4

int columns_expand(const uint16_t *columns_in, size_t count_in, uint16_t *out, size_t max,
                   size_t *count)
{
    size_t used = 0;

    for (size_t i = 0; i < count_in; i++) {
        uint16_t parts[PARTS_MAX] = {columns_in[i]};
        size_t part_count = 1;
        const char *bad;

        if (columns[columns_in[i]].parts)
            (void)columns_parse(columns[columns_in[i]].parts, parts, PARTS_MAX, &part_count, &bad);
        for (size_t j = 0; j < part_count; j++) {
            if (contains(out, used, parts[j]))
                continue;
            if (used == max)
                return -EINVAL;
            out[used++] = parts[j];
        }
    }
    *count = used;
    return 0;
}

uint32_t columns_needs(const uint16_t *list, size_t count)
{
    uint32_t needs = NEED_NOTHING;

    for (size_t i = 0; i < count; i++)
        needs |= columns[list[i]].needs;
    return needs;
}

static size_t format_by_type(const struct column *column, const struct column_value *value,
                             char *out, size_t size)
{
    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
    case TYPE_ADDRESS:
        return text_copy(out, size, value->text);
    case TYPE_STATE:
        return text_copy(out, size, TCP_STATES[value->number].short_name);
    case TYPE_PORT:
        return (size_t)snprintf(out, size, "%lld", (long long)value->number);
    case TYPE_COUNT:
        if (column->exact)
            return (size_t)snprintf(out, size, "%lld", (long long)value->number);
        return text_count(out, size, (uint64_t)value->number);
    case TYPE_BYTES:
    case TYPE_RATE:
        return text_count(out, size, (uint64_t)value->number);
    case TYPE_DURATION:
        return text_span(out, size, value->number);
    case TYPE_TIME:
        return text_rfc3339(out, size, value->number);
    case TYPE_FLAG:
        return text_copy(out, size, value->number ? "yes" : "no");
    case TYPE_SHARE:
        return text_share(out, size, value->number);
    }
    return text_copy(out, size, "");
}

size_t column_format(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size)
{
    struct column_value value;

    if (column->format)
        return column->format(context, conn, out, size);
    if (!column_get(column, context, conn, &value))
        return text_copy(out, size, "");
    return format_by_type(column, &value, out, size);
}
