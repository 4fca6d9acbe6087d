/* settings_write: the text of the settings file. Everything it writes can be read back
 * unchanged. */
#include "base/arena.h"
#include "base/clock.h"
#include "options/settings.h"
#include "options/settings_file.h"

#include <stdio.h>
#include <string.h>

#define VALUE_CELLS                                                                                \
    70 /* the INI reader takes lines of up to 200 bytes: longer values are split                   \
        */

static void print_time(char *out, size_t size, int64_t ns)
{
    snprintf(out, size, "%.9g", (double)ns / (double)SECOND_NS);
}

static void print_size(char *out, size_t size, uint64_t bytes)
{
    static const char UNITS[] = {0, 'k', 'M', 'G'};
    size_t unit = 0;

    while (bytes > 0 && bytes % 1000 == 0 && unit + 1 < sizeof UNITS) {
        bytes /= 1000;
        unit++;
    }
    snprintf(out, size, "%llu%.1s", (unsigned long long)bytes, &UNITS[unit]);
}

static void print_value(char *out, size_t size, const struct setting *setting,
                        const struct settings_values *values)
{
    const char *place = (const char *)values + setting->place;

    switch ((enum setting_kind)setting->kind) {
    case SETTING_TEXT:
        snprintf(out, size, "%s", place);
        break;
    case SETTING_TIME:
        print_time(out, size, *(const int64_t *)(const void *)place);
        break;
    case SETTING_SIZE:
        print_size(out, size, *(const uint64_t *)(const void *)place);
        break;
    case SETTING_PERCENT:
        snprintf(out, size, "%u", *(const uint8_t *)place);
        break;
    case SETTING_SWITCH:
        snprintf(out, size, "%s", *(const bool *)place ? "yes" : "no");
        break;
    }
}

/* Where a line may be split: after a comma, or at a single blank, which reading restores. */
static bool may_end(const char *value, size_t at)
{
    return value[at - 1] == ',' ||
           (value[at] == ' ' && value[at - 1] != ' ' && value[at + 1] != ' ' && value[at + 1]);
}

static size_t line_end(const char *value)
{
    size_t at = VALUE_CELLS;

    while (at > 0 && !may_end(value, at))
        at--;
    for (at = at ? at : VALUE_CELLS; value[at] && !may_end(value, at);)
        at++;
    return at;
}

/* "key = value", split after commas and blanks where it is long. */
static void write_value(struct buffer *buffer, const char *key, const char *value)
{
    buffer_text(buffer, key);
    buffer_text(buffer, " = ");
    while (strlen(value) > VALUE_CELLS) {
        const size_t at = line_end(value);
        if (!value[at])
            break;
        buffer_append(buffer, value, at);
        buffer_text(buffer, "\n    ");
        value += at + (value[at] == ' ');
    }
    buffer_text(buffer, value);
    buffer_text(buffer, "\n");
}

/* A default value is written as a comment: the default may change later. */
static void write_setting(struct buffer *buffer, const struct setting *setting,
                          const struct settings_values *values)
{
    const struct settings_values defaults = settings_defaults();
    char now[SETTINGS_TEXT_MAX], usual[SETTINGS_TEXT_MAX];

    print_value(now, sizeof now, setting, values);
    print_value(usual, sizeof usual, setting, &defaults);
    buffer_text(buffer, "# ");
    buffer_text(buffer, setting->help);
    buffer_text(buffer, "\n");
    if (strcmp(now, usual) != 0) {
        write_value(buffer, setting->key, now);
        return;
    }
    buffer_text(buffer, "#");
    buffer_text(buffer, setting->key);
    buffer_text(buffer, " = ");
    buffer_text(buffer, usual);
    buffer_text(buffer, "\n");
}

/* Unknown lines of that section: another version may know them. */
static void write_others(struct buffer *buffer, const struct settings_lines *lines,
                         const char *section)
{
    for (size_t i = 0; i < lines->count; i++)
        if (!strcmp(lines->items[i].section, section) &&
            !settings_find(section, lines->items[i].key))
            write_value(buffer, lines->items[i].key, lines->items[i].value);
}

static bool is_first_of(const struct settings_lines *lines, size_t at)
{
    for (size_t i = 0; i < setting_count; i++)
        if (!strcmp(SETTINGS[i].section, lines->items[at].section))
            return false;
    for (size_t i = 0; i < at; i++)
        if (!strcmp(lines->items[i].section, lines->items[at].section))
            return false;
    return true;
}

static void write_section(struct buffer *buffer, const char *section)
{
    buffer_text(buffer, "\n[");
    buffer_text(buffer, section);
    buffer_text(buffer, "]\n");
}

void settings_write(struct buffer *buffer, const struct settings_values *values,
                    const struct settings_lines *lines)
{
    buffer_text(buffer, "# Settings of tcplens, written by its key w; options on the command line "
                        "come first.\n# Keys that it does not know are kept, comments are not.\n");
    for (size_t i = 0; i < setting_count; i++) {
        if (i == 0 || strcmp(SETTINGS[i].section, SETTINGS[i - 1].section) != 0)
            write_section(buffer, SETTINGS[i].section);
        write_setting(buffer, &SETTINGS[i], values);
        if (i + 1 == setting_count || strcmp(SETTINGS[i].section, SETTINGS[i + 1].section) != 0)
            write_others(buffer, lines, SETTINGS[i].section);
    }
    for (size_t i = 0; i < lines->count; i++) {
        if (!is_first_of(lines, i))
            continue;
        write_section(buffer, lines->items[i].section);
        write_others(buffer, lines, lines->items[i].section);
    }
}

static const char *value_in(const struct settings_lines *lines, const struct setting *setting)
{
    const char *found = NULL;

    for (size_t i = 0; i < lines->count; i++)
        if (!strcmp(lines->items[i].section, setting->section) &&
            !strcmp(lines->items[i].key, setting->key))
            found = lines->items[i].value; /* the last one counts */
    return found;
}

size_t settings_changes(char *out, size_t size, const struct settings_values *values,
                        const struct settings_lines *lines)
{
    const struct settings_values defaults = settings_defaults();
    char now[SETTINGS_TEXT_MAX], usual[SETTINGS_TEXT_MAX];
    size_t count = 0, used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < setting_count; i++) {
        const char *before = value_in(lines, &SETTINGS[i]);
        print_value(now, sizeof now, &SETTINGS[i], values);
        print_value(usual, sizeof usual, &SETTINGS[i], &defaults);
        if (!strcmp(now, before ? before : usual))
            continue;
        if (used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", count ? ", " : "",
                                     SETTINGS[i].key);
        count++;
    }
    return count;
}
