/* Values of options: text to what struct options holds, or one line that says what was expected. */
#include "base/clock.h"
#include "core/column/column.h"
#include "core/wish.h"
#include "options/table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MOST 24u /* times the nanoseconds of a day they still fit 128 bits */

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit TIME_UNITS[] = {
    {"", SECOND_NS},       {"s", SECOND_NS},        {"ms", SECOND_NS / 1000},
    {"m", 60 * SECOND_NS}, {"h", 3600 * SECOND_NS}, {"d", 86400 * SECOND_NS},
};
static const struct unit SIZE_UNITS[] = {
    {"", 1}, {"k", 1 << 10}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30},
};
static const struct unit NO_UNITS[] = {{"", 1}};

static void *place_of(struct options *options, const struct option_name *option)
{
    return (char *)options + option->place;
}

/* Digits with at most nine decimals, and one of the units. */
static bool read_decimal(const char *text, const struct unit *units, size_t count, int64_t *value)
{
    __extension__ typedef __int128 wide;
    wide number = 0, scale = 1;
    bool point = false;
    size_t digits = 0;

    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (++digits > DIGITS_MOST || (point && scale >= SECOND_NS))
            return false;
        number = number * 10 + (*text - '0');
        scale *= point ? 10 : 1;
    }
    for (size_t i = 0; digits && i < count; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        number = number * units[i].factor / scale;
        *value = (int64_t)number;
        return number <= INT64_MAX;
    }
    return false;
}

#define UNIT_COUNT(units) (sizeof(units) / sizeof((units)[0]))

static int refuse(char *why, const char *value, const char *expected)
{
    snprintf(why, OPTION_WHY_MAX, "\"%.60s\": %s", value, expected);
    return -EINVAL;
}

static int read_time(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    int64_t *place = place_of(options, option), time;
    char expected[120];

    if (!read_decimal(value, TIME_UNITS, UNIT_COUNT(TIME_UNITS), &time) || time < option->least ||
        time > option->most) {
        snprintf(expected, sizeof(expected),
                 "a time from %g to %g seconds was expected, e.g. 2, 0.5, 250ms, 5m",
                 (double)option->least / (double)SECOND_NS,
                 (double)option->most / (double)SECOND_NS);
        return refuse(why, value, expected);
    }
    *place = time;
    return 0;
}

static int read_size(struct options *options, const struct option_name *option, const char *value,
                     char *why)
{
    uint64_t *place = place_of(options, option);
    int64_t size;

    if (!read_decimal(value, SIZE_UNITS, UNIT_COUNT(SIZE_UNITS), &size))
        return refuse(why, value, "a size was expected, e.g. 64M, 500k, 0");
    *place = (uint64_t)size;
    return 0;
}

static int read_number(const struct option_name *option, const char *value, int64_t *number,
                       char *why)
{
    char expected[80];

    if (!strchr(value, '.') && read_decimal(value, NO_UNITS, 1, number) &&
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
        snprintf(expected, sizeof(expected), "there is no such column; did you mean %s?", near);
    else
        snprintf(expected, sizeof(expected), "there is no such column; --help names them");
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

static int read_events(struct options *options, const struct option_name *option, const char *value,
                       char *why)
{
    static const char *const names[] = {[EVENTS_AUTO] = "auto",
                                        [EVENTS_BPF] = "bpf",
                                        [EVENTS_DESTROY] = "destroy",
                                        [EVENTS_NONE] = "none"};
    enum events_source *place = place_of(options, option);

    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        if (!strcmp(value, names[i])) {
            *place = (enum events_source)i;
            return 0;
        }
    }
    return refuse(why, value, "say bpf, destroy, none or auto");
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
    case READ_SETS:
        return read_sets(options, value, why);
    case READ_HELP:
    case READ_VERSION:
        return 0;
    }
    return 0;
}
