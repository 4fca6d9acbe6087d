/* What `date -Is`, `date --rfc-3339=ns` and `date +@%s.%N` print, brought into the one form that
 * text_parse_rfc3339 reads. */
#include "core/text/moment.h"

#include "base/clock.h"
#include "core/digits.h"
#include "core/text/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SECONDS_END 19u /* 2026-11-22T12:16:29 */
#define MOMENT_MAX  40u

/* "+01:00", "+0100" or "-05". */
static bool read_offset(const char *text, int64_t *seconds)
{
    const size_t length = strlen(text);
    const int64_t hours = length >= 3 ? digits_read(text + 1, 2) : -1;
    int64_t minutes = -1;

    if (length == 3)
        minutes = 0;
    else if (length == 5)
        minutes = digits_read(text + 3, 2);
    else if (length == 6 && text[3] == ':')
        minutes = digits_read(text + 4, 2);
    if ((text[0] != '+' && text[0] != '-') || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* "1795350989.25" */
static int read_epoch(const char *text, int64_t *wall_ns)
{
    const size_t whole = strspn(text, "0123456789");
    int64_t fraction = 0, unit = SECOND_NS;

    if (whole == 0 || whole > 10)
        return -EINVAL;
    if (text[whole] == '.' || text[whole] == ',') {
        const char *digits = text + whole + 1;
        const size_t count = strlen(digits);
        fraction = count && count <= 9 ? digits_read(digits, count) : -1;
        for (size_t i = 0; i < count && i < 9; i++)
            unit /= 10;
    } else if (text[whole]) {
        return -EINVAL;
    }
    const int64_t seconds = digits_read(text, whole);
    if (fraction < 0 || seconds > INT64_MAX / SECOND_NS - 1)
        return -EINVAL;
    *wall_ns = seconds * SECOND_NS + fraction * unit;
    return 0;
}

int text_parse_moment(const char *text, int64_t *wall_ns)
{
    char form[MOMENT_MAX];
    const size_t length = strlen(text);
    int64_t offset = 0, utc_ns;

    if (text[0] == '@')
        return read_epoch(text + 1, wall_ns);
    if (length <= SECONDS_END || length >= sizeof(form))
        return -EINVAL;
    memcpy(form, text, length + 1);
    const size_t end = SECONDS_END + strcspn(form + SECONDS_END, "Zz+-");
    if (!form[end] || ((form[end] == '+' || form[end] == '-') && !read_offset(form + end, &offset)))
        return -EINVAL;
    if (strchr("Zz", form[end]) && form[end + 1])
        return -EINVAL;
    form[end] = 'Z';
    if (form[10] == ' ' || form[10] == 't')
        form[10] = 'T';
    if (form[SECONDS_END] == ',')
        form[SECONDS_END] = '.';
    int error = text_parse_rfc3339(form, end + 1, &utc_ns);
    if (!error && __builtin_sub_overflow(utc_ns, offset * SECOND_NS, &utc_ns))
        error = -EINVAL;
    if (!error)
        *wall_ns = utc_ns;
    return error;
}
