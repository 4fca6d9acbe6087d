/* Numbers, spans and times as short text, and the distance of two words. Values are rounded down,
 * so that an age or a count is never overstated. Independent of clocks and time zones. */
#include "core/text/text.h"

#include "core/digits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t SECOND = 1000000000;

enum {
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400,
    TWO_DAYS_S = 2 * DAY_S,
    YEAR_D = 365,
    WORD_MAX = 63
};

/* snprintf() that returns what it wrote. */
__attribute__((format(printf, 3, 4))) static size_t print(char *out, size_t size,
                                                          const char *format, ...)
{
    if (size == 0)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    if (length < 0) {
        out[0] = '\0';
        return 0;
    }
    return (size_t)length < size ? (size_t)length : size - 1;
}

/* A number for the screen, which has some hundred of them: painting is 3 % faster without
 * vsnprintf(). Decimals: 0 or 1. */
static size_t put_number(char *out, size_t size, uint64_t whole, unsigned decimals, unsigned tenth,
                         const char *suffix)
{
    char text[2 * DIGITS_ROOM];
    char *end = digits_write(text, whole);

    if (decimals > 0) {
        *end++ = '.';
        *end++ = (char)('0' + tenth);
    }
    const size_t after = strlen(suffix);
    memcpy(end, suffix, after);
    if (size == 0)
        return 0;
    size_t length = (size_t)(end - text) + after;
    length = length < size ? length : size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    return length;
}

/* `value` in units of `unit`, with one decimal below ten. */
static size_t print_scaled(char *out, size_t size, uint64_t value, uint64_t unit,
                           const char *suffix)
{
    const uint64_t whole = value / unit;
    return put_number(out, size, whole, whole < 10, (unsigned)(value % unit / (unit / 10)), suffix);
}

static size_t copy_bytes(char *out, size_t size, const char *text, size_t length)
{
    if (!size)
        return 0;
    if (length >= size)
        length = size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    return length;
}

size_t text_copy(char *out, size_t size, const char *text)
{
    return copy_bytes(out, size, text, strlen(text));
}

size_t text_count(char *out, size_t size, uint64_t value)
{
    static const char *const suffixes[] = {"k", "M", "G", "T", "P", "E"};
    if (value < 1000)
        return put_number(out, size, value, 0, 0, "");
    uint64_t unit = 1000;
    size_t i = 0;
    while (value / unit >= 1000) {
        unit *= 1000;
        i++;
    }
    return print_scaled(out, size, value, unit, suffixes[i]);
}

size_t text_bytes(char *out, size_t size, uint64_t bytes, double tenths_below, const char *after)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < sizeof(UNITS) / sizeof(UNITS[0])) {
        value /= 1000.0;
        unit++;
    }
    return print(out, size, "%.*f %s%s", unit > 0 && value < tenths_below ? 1 : 0, value,
                 UNITS[unit], after);
}

size_t text_thousands(char *out, size_t size, uint64_t value)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    size_t at = 0;
    for (size_t i = 0; i < length && at + 1 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0 && at + 2 < size)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return at;
}

size_t text_share(char *out, size_t size, int64_t share)
{
    const int64_t permille = (share + 50) / 100;

    if (share <= 0 || permille >= 1000)
        return print(out, size, "%d %%", share <= 0 ? 0 : 100);
    if (permille == 0)
        return print(out, size, "<0.1 %%");
    return print(out, size, "%d.%d %%", (int)(permille / 10), (int)(permille % 10));
}

size_t text_age(char *out, size_t size, int64_t nanoseconds)
{
    unsigned long long seconds = nanoseconds > 0 ? (unsigned long long)(nanoseconds / SECOND) : 0;
    unsigned long long days = seconds / DAY_S;
    if (seconds < HOUR_S)
        return print(out, size, "%llu:%02llu", seconds / MINUTE_S, seconds % MINUTE_S);
    if (days == 0)
        return print(out, size, "%llu:%02lluh", seconds / HOUR_S, seconds % HOUR_S / MINUTE_S);
    if (days < 10)
        return print(out, size, "%llud %lluh", days, seconds % DAY_S / HOUR_S);
    if (days < 10000)
        return print(out, size, "%llud", days);
    return print(out, size, "%lluy", days / YEAR_D);
}

size_t text_span(char *out, size_t size, int64_t nanoseconds)
{
    static const struct {
        uint64_t below, unit;
        const char *suffix;
    } scales[] = {
        {1000000, 1000, "us"},
        {1000000000, 1000000, "ms"},
        {60000000000, 1000000000, "s"},
    };
    uint64_t value = nanoseconds > 0 ? (uint64_t)nanoseconds : 0;
    if (value < 1000)
        return print(out, size, "%lluns", (unsigned long long)value);
    for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
        if (value < scales[i].below)
            return print_scaled(out, size, value, scales[i].unit, scales[i].suffix);
    unsigned long long seconds = value / (uint64_t)SECOND;
    if (seconds < HOUR_S)
        return print(out, size, "%llum", seconds / MINUTE_S);
    if (seconds < TWO_DAYS_S)
        return print(out, size, "%lluh", seconds / HOUR_S);
    return print(out, size, "%llud", seconds / DAY_S);
}

struct date {
    int64_t year;
    unsigned month, day; /* from 1 */
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar. The year is counted from March, so
 * that the leap day is its last; 719468 days lie between 0000-03-01 and 1970-01-01. */
static int64_t days_of(const struct date *date)
{
    int64_t year = date->month > 2 ? date->year : date->year - 1;
    int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t day_of_year = (153 * month + 2) / 5 + date->day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

/* For the years of int64_t nanoseconds only: 1677 to 2262. */
static struct date date_of(int64_t days)
{
    int64_t since = days + 719468;
    int64_t era = since / 146097;
    int64_t day = since - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    return (struct date){
        .year = era * 400 + year + (month >= 10 ? 1 : 0),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

/* Two digits and what follows them. */
static char *put_two(char *at, unsigned value, char after)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    at[2] = after;
    return at + 3;
}

/* "YYYY-MM-DDT". Years of int64_t nanoseconds have four digits. */
static char *put_date(char *at, int64_t days)
{
    const struct date date = date_of(days);
    const unsigned year = (unsigned)date.year;
    at = put_two(at, year / 100, '0') - 1;
    at = put_two(at, year % 100, '-');
    at = put_two(at, date.month, '-');
    return put_two(at, date.day, 'T');
}

/* Without printf, which would cost more than the rest: a row of JSON has several times. */
size_t text_rfc3339(char *out, size_t size, int64_t wall_ns)
{
    int64_t seconds = wall_ns / SECOND, rest = wall_ns % SECOND;
    if (rest < 0) {
        rest += SECOND;
        seconds--;
    }
    int64_t days = seconds / DAY_S, clock = seconds % DAY_S;
    if (clock < 0) {
        clock += DAY_S;
        days--;
    }
    const unsigned of_day = (unsigned)clock, ns = (unsigned)rest;
    char text[32], *at = put_date(text, days);
    at = put_two(at, of_day / HOUR_S, ':');
    at = put_two(at, of_day % HOUR_S / MINUTE_S, ':');
    at = put_two(at, of_day % MINUTE_S, '.');
    at = digits_put(at, digits_of_eight(ns / 10), 0);
    *at++ = (char)('0' + ns % 10);
    *at++ = 'Z';
    return copy_bytes(out, size, text, (size_t)(at - text));
}

static unsigned days_in_month(int64_t year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* "2026-11-22T12:16:31": seconds since 1970; false if it is not of this form or no such time. */
static bool read_seconds(const char *text, int64_t *seconds)
{
    static const struct {
        uint8_t at, count, least, most;
    } parts[] = {{5, 2, 1, 12}, {8, 2, 1, 31}, {11, 2, 0, 23}, {14, 2, 0, 59}, {17, 2, 0, 59}};
    static const char marks[] = "0000-00-00T00:00:00";
    int64_t values[5];
    for (size_t i = 0; i < sizeof(marks) - 1; i++)
        if (marks[i] != '0' && text[i] != marks[i])
            return false;
    for (size_t i = 0; i < 5; i++) {
        values[i] = digits_read(text + parts[i].at, parts[i].count);
        if (values[i] < parts[i].least || values[i] > parts[i].most)
            return false;
    }
    struct date date = {digits_read(text, 4), (unsigned)values[0], (unsigned)values[1]};
    if (date.year < 1677 || date.year > 2262 || date.day > days_in_month(date.year, date.month))
        return false;
    *seconds = days_of(&date) * DAY_S + values[2] * HOUR_S + values[3] * MINUTE_S + values[4];
    return true;
}

/* ".104123456" without the point, 1 to 9 digits: nanoseconds or -1. */
static int64_t read_fraction(const char *text, size_t length)
{
    if (length == 0 || length > 9)
        return -1;
    int64_t value = digits_read(text, length);
    for (size_t i = length; i < 9 && value >= 0; i++)
        value *= 10;
    return value;
}

int text_parse_rfc3339(const char *text, size_t length, int64_t *wall_ns)
{
    enum { WHOLE = 19 };
    int64_t seconds, rest = 0;
    if (length < WHOLE + 1 || text[length - 1] != 'Z' || !read_seconds(text, &seconds))
        return -EINVAL;
    if (length > WHOLE + 1)
        rest = text[WHOLE] == '.' ? read_fraction(text + WHOLE + 1, length - WHOLE - 2) : -1;
    if (rest < 0)
        return -EINVAL;
    if (seconds < 0) { /* so that the earliest time does not overflow in between */
        seconds++;
        rest -= SECOND;
    }
    int64_t wall;
    if (__builtin_mul_overflow(seconds, SECOND, &wall) || __builtin_add_overflow(wall, rest, &wall))
        return -EINVAL;
    *wall_ns = wall;
    return 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Words are short; only the beginning of longer ones is compared, and the rest counts as edits. */
unsigned text_distance(const char *a, const char *b)
{
    size_t a_length = strnlen(a, WORD_MAX), b_length = strnlen(b, WORD_MAX);
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length] + (unsigned)(strlen(a + a_length) + strlen(b + b_length));
}

bool text_is_nearer(const char *word, const char *name, unsigned *edits)
{
    const unsigned distance = text_distance(word, name);

    if (distance >= *edits || distance > strlen(name) / 3)
        return false;
    *edits = distance;
    return true;
}
