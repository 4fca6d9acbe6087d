/* Parsing a moment of a log. Independent of logs. */
#include "command/at_time.h"

#include "base/clock.h"
#include "core/text/moment.h"
#include "core/text/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_BACK 1e18 /* ns */
#define TEXT_MAX  48u

static int parse_back(const char *text, int64_t last_ns, int64_t *wall_ns)
{
    char *rest;
    const double number = strtod(text, &rest);

    if (rest == text || strspn(text, "0123456789.") != (size_t)(rest - text))
        return -EINVAL;
    const struct unit *unit = units_find(UNITS_SPAN, *rest ? rest : "s");
    if (!unit || !(number * unit->factor < MOST_BACK))
        return -EINVAL;
    *wall_ns = last_ns - (int64_t)(number * unit->factor);
    return 0;
}

/* Cuts ".25" off the end, which strptime does not read. */
static int64_t take_fraction(char *text)
{
    char *point = strpbrk(text, ".,");
    int64_t value = 0, unit = SECOND_NS;

    if (!point || !point[1] || strlen(point) > 10 ||
        strspn(point + 1, "0123456789") != strlen(point) - 1)
        return 0; /* the rest of the text is refused later */
    for (const char *digit = point + 1; *digit; digit++) {
        value = value * 10 + (*digit - '0');
        unit /= 10;
    }
    *point = '\0';
    return value * unit;
}

static bool parse_form(const char *text, const char *form, struct tm *broken)
{
    const char *rest = strptime(text, form, broken);
    return rest && !*rest;
}

static int64_t local_ns(struct tm broken)
{
    broken.tm_isdst = -1;
    return (int64_t)mktime(&broken) * SECOND_NS;
}

static int parse_clock(const char *text, int64_t last_ns, int64_t *wall_ns)
{
    time_t last = (time_t)(last_ns / SECOND_NS);
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
    char local[TEXT_MAX];

    if (text[0] == '-')
        return parse_back(text + 1, last_ns, wall_ns);
    if (text_parse_moment(text, wall_ns) == 0)
        return 0;
    if (strlen(text) >= sizeof(local))
        return -EINVAL;
    strcpy(local, text);
    const int64_t fraction_ns = take_fraction(local);
    if (parse_date(local, wall_ns) != 0 && parse_clock(local, last_ns - fraction_ns, wall_ns) != 0)
        return -EINVAL;
    *wall_ns += fraction_ns;
    return 0;
}
