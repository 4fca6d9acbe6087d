/* Parsing a moment of a log. Must not know logs. */
#include "command/at_time.h"

#include "core/text/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S  INT64_C(1000000000)
#define DAY_NS    (INT64_C(86400) * NS_PER_S)
#define MOST_BACK 1e9 /* seconds */

static int parse_back(const char *text, int64_t last_ns, int64_t *wall_ns)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 1}};
    char *rest;
    double number = strtod(text, &rest);

    if (rest == text || strspn(text, "0123456789.") != (size_t)(rest - text) ||
        (rest[0] && rest[1]))
        return -EINVAL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (*rest != units[i].unit || !(number * units[i].seconds < MOST_BACK))
            continue;
        *wall_ns = last_ns - (int64_t)(number * units[i].seconds * (double)NS_PER_S);
        return 0;
    }
    return -EINVAL;
}

static bool parse_form(const char *text, const char *form, struct tm *broken)
{
    const char *rest = strptime(text, form, broken);
    return rest && !*rest;
}

static int64_t local_ns(struct tm broken)
{
    broken.tm_isdst = -1;
    return (int64_t)mktime(&broken) * NS_PER_S;
}

static int parse_clock(const char *text, int64_t last_ns, int64_t *wall_ns)
{
    time_t last = (time_t)(last_ns / NS_PER_S);
    struct tm broken;

    if (!localtime_r(&last, &broken))
        return -EINVAL;
    broken.tm_sec = 0;
    if (!parse_form(text, "%H:%M:%S", &broken) && !parse_form(text, "%H:%M", &broken))
        return -EINVAL;
    int64_t found = local_ns(broken);
    if (found > last_ns) {
        broken.tm_mday--;
        found = local_ns(broken);
    }
    *wall_ns = found;
    return 0;
}

static int parse_date(const char *text, int64_t *wall_ns)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
                                        "%Y-%m-%d %H:%M"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm broken = {0};
        if (!parse_form(text, forms[i], &broken))
            continue;
        *wall_ns = local_ns(broken);
        return 0;
    }
    return -EINVAL;
}

int at_time_parse(const char *text, int64_t last_ns, int64_t *wall_ns)
{
    if (text[0] == '-')
        return parse_back(text + 1, last_ns, wall_ns);
    if (text_parse_rfc3339(text, strlen(text), wall_ns) == 0)
        return 0;
    if (parse_date(text, wall_ns) == 0)
        return 0;
    return parse_clock(text, last_ns, wall_ns);
}
