/* Values of options: text to what struct options holds, or one line that says what was expected. */
#include "base/clock.h"
#include "core/column/column.h"
#include "core/text/units.h"
#include "core/wish.h"
#include "options/table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DIGITS_MOST 24u /* longer is no sensible number */

static void *place_of(struct options *options, const struct option_name *option)
{
    return (char *)options + option->place;
}

/* Digits with at most nine decimals, and one of the units; none means `usual`. *unit is what
 * follows the digits where that is unknown. */
static bool read_decimal(const char *text, const struct unit *units, double usual, int64_t *value,
                         const char **unit)
{
    int64_t whole = 0, fraction = 0, scale = 1; /* whole + fraction / scale */
    bool point = false, fits = true;
    size_t digits = 0;

    *unit = NULL;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (++digits > DIGITS_MOST || (point && scale >= SECOND_NS))
            return false;
        if (point)
            fraction = fraction * 10 + (*text - '0'), scale *= 10;
        else
            fits &= !__builtin_mul_overflow(whole, 10, &whole) &&
                    !__builtin_add_overflow(whole, *text - '0', &whole);
    }
    if (!digits)
        return false;
    const struct unit *found = *text ? units_find(units, text) : NULL;
    if (*text && !found) {
        *unit = *text == '.' ? NULL : text;
        return false;
    }
    /* fraction * factor / scale, rounded down, within 64 bits: fraction < scale <= 10^9 */
    const int64_t factor = (int64_t)(found ? found->factor : usual);
    const int64_t part = fraction * (factor / scale) + fraction * (factor % scale) / scale;
    return fits && !__builtin_mul_overflow(whole, factor, &whole) &&
           !__builtin_add_overflow(whole, part, value);
}

static int refuse(char *why, const char *value, const char *expected)
{
    snprintf(why, OPTION_WHY_MAX, "\"%.60s\": %s", value, expected);
    return -EINVAL;
}

/* If the unit is wrong, lists the units. */
static int refuse_unit(char *why, const char *value, const char *unit, const struct unit *units,
                       const char *expected)
{
    char list[80], words[200];

    if (!unit)
        return refuse(why, value, expected);
    snprintf(words, sizeof(words), "unknown unit \"%.20s\": one of %s was expected", unit,
             units_list(units, list, sizeof(list)));
    return refuse(why, value, words);
}

static int read_time(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    int64_t *place = place_of(options, option), time;
    const char *unit;
    char expected[120];

    if (read_decimal(value, UNITS_SPAN, (double)SECOND_NS, &time, &unit) && time >= option->least &&
        time <= option->most) {
        *place = time;
        return 0;
    }
    snprintf(expected, sizeof(expected),
             "a time from %g to %.0f seconds was expected, e.g. 2, 0.5, 250ms, 5m",
             (double)option->least / (double)SECOND_NS, (double)option->most / (double)SECOND_NS);
    return refuse_unit(why, value, unit, UNITS_SPAN, expected);
}

static int read_size(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    uint64_t *place = place_of(options, option);
    const char *unit;
    int64_t size;

    if (!read_decimal(value, UNITS_BYTES, 1, &size, &unit))
        return refuse_unit(why, value, unit, UNITS_BYTES, "a size was expected, e.g. 64M, 500k, 0");
    *place = (uint64_t)size;
    return 0;
}

/* One size or age, with its unit. */
static bool read_limit(struct options *options, const char *text)
{
    const char *unit;
    int64_t value;
    const size_t digits = strspn(text, "0123456789.");

    if (!text[digits])
        return false;
    if (read_decimal(text, UNITS_BYTES, 1, &value, &unit) && value > 0)
        options->rotate_bytes = (uint64_t)value;
    else if (read_decimal(text, UNITS_SPAN, 1, &value, &unit) && value >= SECOND_NS)
        options->rotate_ns = value;
    else
        return false;
    return true;
}

static int refuse_limit(char *why, const char *text)
{
    char bytes[80], spans[40], words[220];
    const char *unit = text + strspn(text, "0123456789.");

    if (unit == text || !*unit || units_find(UNITS_BYTES, unit) || units_find(UNITS_SPAN, unit))
        return refuse(why, text, "a size or an age was expected, e.g. 100M, 1d, or both: 100M,1d");
    snprintf(words, sizeof(words), "unknown unit: one of %s, or of %s was expected",
             units_list(UNITS_BYTES, bytes, sizeof(bytes)),
             units_list(UNITS_SPAN, spans, sizeof(spans)));
    return refuse(why, text, words);
}

/* A size, an age, or both with a comma; if given twice, both apply. */
static int read_rotate(struct options *options, const char *value, char *why)
{
    char part[64];

    for (;;) {
        const size_t length = strcspn(value, ",");
        if (length == 0 || length >= sizeof(part))
            return refuse_limit(why, value);
        memcpy(part, value, length);
        part[length] = '\0';
        if (!read_limit(options, part))
            return refuse_limit(why, part);
        if (!value[length])
            return 0;
        value += length + 1;
    }
}

/* Otherwise a second file would silently replace the first. */
static int read_file(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    const char **place = place_of(options, option);

    if (!*value)
        return refuse(why, value, "a file was expected");
    if (*place)
        return refuse(why, value, "one file only, and another one was named before it");
    *place = value;
    return 0;
}

static int read_number(const struct option_name *option, const char *value, int64_t *number,
                       char *why)
{
    const char *unit;
    char expected[80];

    if (!strchr(value, '.') && read_decimal(value, UNITS_NONE, 1, number, &unit) &&
        *number >= option->least && *number <= option->most)
        return 0;
    snprintf(expected, sizeof(expected), "a number from %lld to %lld was expected",
             (long long)option->least, (long long)option->most);
    return refuse(why, value, expected);
}

static int read_percent(struct options *options, const struct option_name *option,
                        const char *value, char *why)
{
    uint8_t *place = place_of(options, option);
    int64_t number;
    int error = read_number(option, value, &number, why);

    if (!error)
        *place = (uint8_t)number;
    return error;
}

static int read_count(struct options *options, const struct option_name *option, const char *value,
                      char *why)
{
    unsigned *place = place_of(options, option);
    int64_t number;
    int error = read_number(option, value, &number, why);

    if (!error)
        *place = (unsigned)number;
    return error;
}

static int read_class(struct options *options, const struct option_name *option, const char *value,
                      char *why)
{
    enum tcp_class *place = place_of(options, option);

    if (state_class_from_name(value, place))
        return refuse(why, value, "say all, connections or listeners");
    return 0;
}

static int refuse_column(char *why, const char *word, size_t length)
{
    char name[40], near[96], expected[160];

    snprintf(name, sizeof(name), "%.*s", (int)(length < 39 ? length : 39), word);
    column_suggest(name, near, sizeof(near));
    if (near[0])
        snprintf(expected, sizeof(expected), "unknown column; did you mean %s?", near);
    else
        snprintf(expected, sizeof(expected), "unknown column; --help names them");
    return refuse(why, name, expected);
}

static int read_columns(struct options *options, const struct option_name *option,
                        const char *value, char *why)
{
    const char **place = place_of(options, option);
    uint16_t list[COLUMN_LIST_MAX];
    size_t count;
    const char *bad = value;
    int error = columns_parse(value, list, COLUMN_LIST_MAX, &count, &bad);

    if (error && column_find(bad, strcspn(bad, ",")))
        return refuse(why, "--columns", "too many columns");
    if (error)
        return refuse_column(why, bad, strcspn(bad, ","));
    *place = value;
    return 0;
}

static int read_sort(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    const char **place = place_of(options, option);
    const char *word = value + (*value == '-');

    if (!column_find(word, strlen(word)))
        return refuse_column(why, word, strlen(word));
    *place = value;
    return 0;
}

/* The index of a word in `names`; -1: not found. */
static int find_word(const char *const *names, size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(value, names[i]))
            return (int)i;
    return -1;
}

static int read_events(struct options *options, const struct option_name *option, const char *value,
                       char *why)
{
    static const char *const NAMES[] = {[EVENTS_AUTO] = "auto",
                                        [EVENTS_BPF] = "bpf",
                                        [EVENTS_DESTROY] = "destroy",
                                        [EVENTS_NONE] = "none"};
    enum events_source *place = place_of(options, option);
    const int found = find_word(NAMES, sizeof(NAMES) / sizeof(NAMES[0]), value);

    if (found < 0)
        return refuse(why, value, "say bpf, destroy, none or auto");
    *place = (enum events_source)found;
    return 0;
}

static int read_refresh(struct options *options, const struct option_name *option,
                        const char *value, char *why)
{
    static const char *const NAMES[] = {
        [REFRESH_ALL] = "all", [REFRESH_AUTO] = "auto", [REFRESH_SEEN] = "seen"};
    uint8_t *place = place_of(options, option);
    const int found = find_word(NAMES, sizeof(NAMES) / sizeof(NAMES[0]), value);

    if (found < 0)
        return refuse(why, value, "say all, seen or auto");
    *place = (uint8_t)found;
    return 0;
}

static int read_color(struct options *options, const struct option_name *option, const char *value,
                      char *why)
{
    static const char *const NAMES[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    enum color_when *place = place_of(options, option);
    const int found = find_word(NAMES, sizeof(NAMES) / sizeof(NAMES[0]), value);

    if (found < 0)
        return refuse(why, value, "say auto, always or never");
    *place = (enum color_when)found;
    return 0;
}

static int read_text(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    const char **place = place_of(options, option);

    if (!*value)
        return refuse(why, value, "a value was expected");
    *place = value;
    return 0;
}

static int read_sets(struct options *options, const char *value, char *why)
{
    if (options->sets.count == OPTION_SETS_MAX)
        return refuse(why, value, "there are too many of them");
    options->sets.texts[options->sets.count++] = value;
    return 0;
}

static int read_host(struct options *options, const char *value, char *why)
{
    if (options->hosts.count == OPTION_HOSTS_MAX)
        return refuse(why, value, "there are too many of them");
    options->hosts.texts[options->hosts.count++] = value;
    return 0;
}

int option_add_log(struct options *options, const char *path, char *why)
{
    struct stat status;

    if (options->logs.count == OPTION_HOSTS_MAX)
        return refuse(why, path, "there are too many of them");
    if (!path[0])
        return refuse(why, path, "the name of a file is expected");
    options->logs.texts[options->logs.count++] = path;
    options->logs_folder |= stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return 0;
}

static int read_log(struct options *options, const struct option_name *option, const char *value,
                    char *why)
{
    if (options->logs.count == 0 && read_file(options, option, value, why))
        return -EINVAL;
    return option_add_log(options, value, why);
}

int option_read(struct options *options, const struct option_name *option, const char *value,
                char *why)
{
    switch ((enum option_reader)option->reader) {
    case READ_FLAG:
        *(bool *)place_of(options, option) = true;
        return 0;
    case READ_INET:
        options->families |= WISH_INET;
        return 0;
    case READ_INET6:
        options->families |= WISH_INET6;
        return 0;
    case READ_JSON:
        options->output = OUTPUT_JSON;
        return 0;
    case READ_CSV:
        options->output = OUTPUT_CSV;
        return 0;
    case READ_TEXT:
        return read_text(options, option, value, why);
    case READ_TIME:
        return read_time(options, option, value, why);
    case READ_SIZE:
        return read_size(options, option, value, why);
    case READ_ROTATE:
        return read_rotate(options, value, why);
    case READ_FILE:
        return read_file(options, option, value, why);
    case READ_PERCENT:
        return read_percent(options, option, value, why);
    case READ_COUNT:
        return read_count(options, option, value, why);
    case READ_CLASS:
        return read_class(options, option, value, why);
    case READ_COLUMNS:
        return read_columns(options, option, value, why);
    case READ_SORT:
        return read_sort(options, option, value, why);
    case READ_EVENTS:
        return read_events(options, option, value, why);
    case READ_REFRESH:
        return read_refresh(options, option, value, why);
    case READ_COLOR:
        return read_color(options, option, value, why);
    case READ_SETS:
        return read_sets(options, value, why);
    case READ_LOGS:
        return read_log(options, option, value, why);
    case READ_HOSTS:
        return read_host(options, value, why);
    case READ_HELP:
    case READ_VERSION:
        return 0;
    }
    return 0;
}
