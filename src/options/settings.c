/* settings: SETTINGS, and how the file becomes options and back. Values are read by the readers of
 * the options. */
#include "options/settings.h"

#include "base/arena.h"
#include "base/clock.h"
#include "core/text/text.h"
#include "options/settings_file.h"
#include "options/table.h"
#include "options/theme_file.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct settings_values, field)

/* clang-format off */
const struct setting SETTINGS[] = {
    {"screen", "columns", "LIST", "columns of Connections, by id, separated by commas",
     SETTING_TEXT, AT(columns), "columns"},
    {"screen", "sort", "COLUMN", "its sort column, \"-\" before it: largest first",
     SETTING_TEXT, AT(sort), "sort"},
    {"screen", "theme", "THEME", "dark, light, safe, mono, contrast or the name of a theme file; left out: what suits the terminal",
     SETTING_TEXT, AT(theme), "theme"},
    {"screen", "highlight", "S", "seconds for which a change stays marked",
     SETTING_TIME, AT(highlight_ns), "highlight"},
    {"screen", "ascii", "yes|no", "draw with ASCII only", SETTING_SWITCH, AT(ascii), "ascii"},
    {"screen", "glyphs", "GLYPHS", "draw graphs with braille, blocks or ascii; left out: what suits the terminal",
     SETTING_TEXT, AT(glyphs), "glyphs"},
    {"screen", "names", "yes|no", "host names at start, from your resolver",
     SETTING_SWITCH, AT(names), NULL},
    {"screen", "services", "yes|no", "ports by service name at start, else by number",
     SETTING_SWITCH, AT(services), NULL},
    {"screen", "mouse", "yes|no", "use the mouse; no: the terminal selects text with it",
     SETTING_SWITCH, AT(mouse), NULL},
    {"collector", "interval", "S", "seconds between two frames",
     SETTING_TIME, AT(interval_ns), "interval"},
    {"collector", "budget", "PCT", "percent of a core to use at most, 0 = no limit",
     SETTING_PERCENT, AT(budget_percent), "budget"},
    {"collector", "netns", "NETNS", "network namespaces: own, all, host, a name, an inode, or a pid in it",
     SETTING_TEXT, AT(netns), "netns"},
    {"collector", "past", "SIZE", "memory for the history, 0 = none",
     SETTING_SIZE, AT(past_bytes), "past"},
};
/* clang-format on */
const size_t setting_count = sizeof(SETTINGS) / sizeof(SETTINGS[0]);
const char SETTINGS_FILTERS[] = "filters";
const char SETTINGS_FINDINGS[] = "findings";

struct settings_values settings_defaults(void)
{
    struct settings_values values = {.interval_ns = SECOND_NS,
                                     .highlight_ns = 3 * SECOND_NS,
                                     .past_bytes = UINT64_C(64000000),
                                     .budget_percent = 25,
                                     .mouse = true};

    snprintf(values.columns, sizeof values.columns, "%s", COLUMNS_SCREEN);
    snprintf(values.sort, sizeof values.sort, "state");
    return values;
}

const struct setting *settings_find(const char *section, const char *key)
{
    for (size_t i = 0; i < setting_count; i++)
        if (!strcmp(SETTINGS[i].section, section) && !strcmp(SETTINGS[i].key, key))
            return &SETTINGS[i];
    return NULL;
}

static const struct option_name *option_of(const struct setting *setting)
{
    for (size_t i = 0; setting->option && i < option_name_count; i++)
        if (OPTION_NAMES[i].name && !strcmp(OPTION_NAMES[i].name, setting->option))
            return &OPTION_NAMES[i];
    return NULL;
}

static bool is_given(const struct options *options, const struct option_name *option)
{
    return option && options->given[option - OPTION_NAMES];
}

/* Reports the first problem, and only the number of the others. */
__attribute__((format(printf, 3, 4))) static void complain(struct settings *settings,
                                                           unsigned number, const char *format, ...)
{
    char raw[SETTINGS_PATH_MAX + 512];
    va_list arguments;

    if (settings->problems++ > 0)
        return;
    int length = number ? snprintf(raw, sizeof raw, "%s:%u: ", settings->path, number) : 0;
    va_start(arguments, format);
    vsnprintf(raw + length, sizeof raw - (size_t)length, format, arguments);
    va_end(arguments);
    text_clean(settings->notice, sizeof settings->notice - 24, raw, strlen(raw));
}

/* --- reading ------------------------------------------------------------------------------- */

struct reading {
    FILE *file;
    struct settings *settings; /* collects problems; NULL = they have been reported */
    struct settings_lines *lines;
    unsigned number;
    unsigned lost; /* the first line that was too long; 0 = none */
    bool continued, failed;
};

static void note_lost(struct reading *reading)
{
    if (!reading->lost)
        reading->lost = reading->number;
}

/* One line at a time, so that the reader's line numbers are right. The rest of a line that is too
 * long is read here, and the line is terminated: inih 59 would otherwise continue with it. */
static char *read_line(char *out, int size, void *data)
{
    struct reading *reading = data;
    int next = 0;

    if (!fgets(out, size, reading->file))
        return NULL;
    reading->number++;
    reading->continued = out[0] == ' ' || out[0] == '\t';
    if (strchr(out, '\n') || feof(reading->file))
        return out;
    while (next != '\n' && next != EOF)
        next = fgetc(reading->file);
    out[size - 2] = '\n';
    note_lost(reading);
    if (reading->settings)
        complain(reading->settings, reading->number,
                 "longer than %d bytes; go on in the next line, after blanks", size - 2);
    return out;
}

static int add_line(struct reading *reading, const char *section, const char *key,
                    const char *value)
{
    struct settings_lines *lines = reading->lines;
    struct settings_line *last = lines->count ? &lines->items[lines->count - 1] : NULL;

    if (reading->continued && last) {
        const size_t before = strlen(last->value);
        const char *between = before && last->value[before - 1] != ',' ? " " : "";
        char *longer = realloc(last->value, before + strlen(value) + 2);
        if (!longer)
            return -ENOMEM;
        strcpy(stpcpy(longer + before, between), value);
        last->value = longer;
        return 0;
    }
    if (lines->count == SETTINGS_LINES)
        return -E2BIG;
    struct settings_line *line = &lines->items[lines->count++];
    *line = (struct settings_line){strdup(section), strdup(key), strdup(value), reading->number};
    return line->section && line->key && line->value ? 0 : -ENOMEM;
}

static int take_line(void *data, const char *section, const char *key, const char *value)
{
    struct reading *reading = data;

    if (!reading->failed && add_line(reading, section, key, value) != 0) {
        reading->failed = true;
        note_lost(reading);
        if (reading->settings)
            complain(reading->settings, reading->number, "too many lines: at most %d settings",
                     SETTINGS_LINES);
    }
    return 1;
}

static void free_lines(struct settings_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->items[i].section);
        free(lines->items[i].key);
        free(lines->items[i].value);
    }
    lines->count = 0;
}

/* Returns the number of the first line with a syntax error, 0 if there is none. */
static unsigned read_lines(struct reading *reading)
{
    const int bad = ini_parse_stream(read_line, reading, take_line, reading);

    if (bad > 0 && (!reading->lost || (unsigned)bad < reading->lost))
        reading->lost = (unsigned)bad;
    return bad > 0 ? (unsigned)bad : 0;
}

static int read_switch(const char *value, bool *on, char *why)
{
    static const char *const YES[] = {"yes", "on", "true", "1"}, *const NO[] = {"no", "off",
                                                                                "false", "0"};

    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++)
        if (!strcmp(value, YES[i]) || !strcmp(value, NO[i])) {
            *on = !strcmp(value, YES[i]);
            return 0;
        }
    snprintf(why, OPTION_WHY_MAX, "\"%.60s\": say yes or no", value);
    return -EINVAL;
}

/* Checks values that only the screen uses. */
static int check_look(const struct option_name *option, const char *value, char *why)
{
    enum theme theme;
    enum glyphs glyphs;
    const char *expected = NULL;

    if (option->place == offsetof(struct options, theme) && theme_from_name(value, &theme) &&
        !theme_file_exists(value))
        expected = "dark, light, safe, mono, contrast or the name of a theme file";
    if (option->place == offsetof(struct options, glyphs) && glyphs_from_name(value, &glyphs))
        expected = "braille, blocks or ascii";
    if (expected)
        snprintf(why, OPTION_WHY_MAX, "\"%.60s\": say %s", value, expected);
    return expected ? -EINVAL : 0;
}

static int read_option(struct settings *settings, const struct option_name *option,
                       const char *value, char *why)
{
    struct options trial = settings->options;
    const int error = option_read(&trial, option, value, why);

    if (!error && check_look(option, value, why))
        return -EINVAL;
    if (!error && !is_given(&settings->options, option)) {
        settings->options = trial;
        settings->theme_of_file |= option->place == offsetof(struct options, theme);
    }
    return error;
}

static int apply_setting(struct settings *settings, const struct setting *setting,
                         const char *value, char *why)
{
    const struct option_name *option = option_of(setting);
    bool on;

    if (setting->kind != SETTING_SWITCH)
        return option ? read_option(settings, option, value, why) : 0;
    if (read_switch(value, &on, why))
        return -EINVAL;
    *((bool *)((char *)&settings->values + setting->place)) = on;
    return option && on ? read_option(settings, option, NULL, why) : 0;
}

/* "ID.KEY = VALUE", "only = ID,...", "skip = ID,...". */
static void apply_finding(struct settings *settings, const struct settings_line *line)
{
    struct finding_settings *findings = &settings->findings;
    char text[SETTINGS_TEXT_MAX], why[OPTION_WHY_MAX];
    int error;

    snprintf(text, sizeof text, "%s=%s", line->key, line->value);
    if (!strcmp(line->key, "only"))
        error = finding_only(findings, line->value, why, sizeof why);
    else if (!strcmp(line->key, "skip"))
        error = finding_skip(findings, line->value, why, sizeof why);
    else
        error = finding_set(findings, text, why, sizeof why);
    if (error)
        complain(settings, line->number, "%s", why);
}

static void apply_line(struct settings *settings, const struct settings_line *line)
{
    const struct setting *setting = settings_find(line->section, line->key);
    char why[OPTION_WHY_MAX];

    if (!strcmp(line->section, SETTINGS_FILTERS)) {
        settings->filters[settings->filter_count++] = line->value; /* no more than lines */
        return;
    }
    if (!strcmp(line->section, SETTINGS_FINDINGS)) {
        apply_finding(settings, line);
        return;
    }
    if (!setting) {
        const char *near = NULL;
        unsigned edits = UINT_MAX;
        for (size_t i = 0; i < setting_count; i++)
            if (text_is_nearer(line->key, SETTINGS[i].key, &edits))
                near = SETTINGS[i].key;
        complain(settings, line->number, "there is no setting \"%.40s\" in [%.40s]%s%s%s",
                 line->key, line->section, near ? "; did you mean \"" : "", near ? near : "",
                 near ? "\"?" : "");
        return;
    }
    if (apply_setting(settings, setting, line->value, why))
        complain(settings, line->number, "%s: %s", line->key, why);
}

/* Only lines of that section; NULL: all. */
static void read_file(struct settings *settings, FILE *file, const char *section)
{
    struct reading reading = {.file = file, .settings = settings, .lines = &settings->lines};
    const unsigned bad = read_lines(&reading);

    if (bad)
        complain(settings, bad, "neither [section] nor key = value");
    for (size_t i = 0; i < settings->lines.count && !reading.failed; i++)
        if (!section || !strcmp(settings->lines.items[i].section, section))
            apply_line(settings, &settings->lines.items[i]);
    if (settings->problems > 1)
        snprintf(settings->notice + strlen(settings->notice), 24, " (and %u more)",
                 settings->problems - 1);
}

static void find_and_read(struct settings *settings, const char *section)
{
    const struct settings_owner owner = settings_file_owner();
    char why[SETTINGS_PATH_MAX + 160];

    finding_settings_init(&settings->findings);
    settings_file_find(&owner, settings->path, sizeof settings->path);
    FILE *file =
        settings->path[0] ? settings_file_open(&owner, settings->path, why, sizeof why) : NULL;
    if (file) {
        read_file(settings, file, section);
        fclose(file);
    } else if (settings->path[0] && why[0]) {
        complain(settings, 0, "%s", why);
    }
}

int settings_new(struct settings **out, const struct options *options)
{
    struct settings *settings = calloc(1, sizeof *settings);

    if (!settings)
        return -ENOMEM;
    settings->options = *options;
    settings->options.findings = &settings->findings;
    settings->values = settings_defaults();
    find_and_read(settings, NULL);
    *out = settings;
    return 0;
}

void settings_read_findings(struct finding_settings *findings, char *notice, size_t size)
{
    struct settings *settings = calloc(1, sizeof *settings);

    finding_settings_init(findings);
    notice[0] = '\0';
    if (!settings)
        return;
    find_and_read(settings, SETTINGS_FINDINGS);
    *findings = settings->findings;
    snprintf(notice, size, "%s", settings->notice);
    settings_free(settings);
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    free_lines(&settings->lines);
    free(settings);
}

/* --- keeping ------------------------------------------------------------------------------- */

static void take_values(struct settings_values *values, const struct options *options,
                        const struct screen_kept *kept)
{
    snprintf(values->columns, sizeof values->columns, "%s", kept->columns);
    snprintf(values->sort, sizeof values->sort, "%s", kept->sort);
    snprintf(values->theme, sizeof values->theme, "%s",
             kept->theme      ? kept->theme
             : options->theme ? options->theme
                              : "");
    snprintf(values->glyphs, sizeof values->glyphs, "%s", options->glyphs ? options->glyphs : "");
    snprintf(values->netns, sizeof values->netns, "%s", options->netns ? options->netns : "");
    values->interval_ns = kept->interval_ns;
    values->highlight_ns = options->highlight_ns;
    values->past_bytes = options->past_bytes;
    values->budget_percent = options->budget_percent;
    values->ascii = options->ascii;
    values->names = kept->names;
    values->services = kept->services;
}

/* Writing would lose lines that cannot be read: the first such line, 0 = none. */
static unsigned read_again(FILE *file, struct settings_lines *lines)
{
    struct reading reading = {.file = file, .lines = lines};

    read_lines(&reading);
    fclose(file);
    return reading.lost;
}

/* True: the file has other values, and the user has not agreed to replace it. */
static bool must_ask(const struct settings *settings, const struct settings_values *values,
                     const struct settings_lines *lines, char *text, size_t size)
{
    char changes[160];

    if (settings_changes(changes, sizeof changes, values, lines) == 0)
        return false;
    snprintf(text, size, "w again saves %s in %s; your comments in it are lost", changes,
             settings->path);
    return true;
}

int settings_keep(struct settings *settings, const struct screen_kept *kept, bool replaces,
                  char *text, size_t size)
{
    const struct settings_owner owner = settings_file_owner();
    struct settings_lines lines = {.count = 0};
    char why[SETTINGS_PATH_MAX + 160];
    struct buffer buffer;

    if (!settings->path[0]) {
        snprintf(text, size, "not saved: neither XDG_CONFIG_HOME nor HOME names a folder");
        return -ENOENT;
    }
    FILE *file = settings_file_open(&owner, settings->path, why, sizeof why);
    if (!file && why[0]) {
        snprintf(text, size, "not saved: %s", why);
        return -EPERM;
    }
    const bool exists = file != NULL;
    const unsigned lost = file ? read_again(file, &lines) : 0;
    if (lost) {
        free_lines(&lines);
        snprintf(text, size,
                 "not saved: %s:%u cannot be read as a whole and would be lost: fix it first",
                 settings->path, lost);
        return -EBADMSG;
    }
    struct settings_values values = settings->values;
    take_values(&values, &settings->options, kept);
    if (exists && !replaces && must_ask(settings, &values, &lines, text, size)) {
        free_lines(&lines);
        return -EEXIST;
    }
    settings->values = values;
    buffer_init(&buffer);
    settings_write(&buffer, &settings->values, &lines);
    const int error =
        buffer.failed ? -ENOMEM
                      : settings_file_replace(&owner, settings->path, buffer.data, buffer.length);
    buffer_done(&buffer);
    free_lines(&lines);
    if (error)
        snprintf(text, size, "not saved: %s: %s", settings->path, strerror(-error));
    else
        snprintf(text, size, "settings saved in %s", settings->path);
    return error;
}
