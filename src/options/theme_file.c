/* theme_file: reads the lines of a theme file, which may contain anything, and the names in the
 * folder. */
#include "options/theme_file.h"

#include "core/text/text.h"
#include "options/settings_file.h"
#include "ui/theme_read.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX     ".theme"
#define LINE_BYTES 256
#define BYTES_MAX  65536 /* larger files are no themes */

struct theme_reading {
    const char *path;
    unsigned number, problems;
    size_t bytes;
    char *notice; /* the first problem */
    size_t size;
};

void theme_file_path(const char *name, char *path, size_t size)
{
    const struct settings_owner owner = settings_file_owner();
    char settings[SETTINGS_PATH_MAX];

    path[0] = '\0';
    settings_file_find(&owner, settings, sizeof(settings));
    char *last = strrchr(settings, '/');
    if (!last)
        return;
    *last = '\0';
    if (snprintf(path, size, name[0] ? "%s/themes/%s" SUFFIX : "%s/themes", settings, name) >=
        (int)size)
        path[0] = '\0';
}

__attribute__((format(printf, 2, 3))) static void complain(struct theme_reading *reading,
                                                           const char *format, ...)
{
    char raw[SETTINGS_PATH_MAX + THEME_WHY_MAX + 64];
    va_list arguments;

    if (reading->problems++ > 0)
        return;
    int length = snprintf(raw, sizeof(raw), "%s:%u: ", reading->path, reading->number);
    va_start(arguments, format);
    vsnprintf(raw + length, sizeof(raw) - (size_t)length, format, arguments);
    va_end(arguments);
    text_clean(reading->notice, reading->size - 24, raw, strlen(raw));
}

/* False at the end. The rest of a line that does not fit in `line` is read and dropped. */
static bool next_line(struct theme_reading *reading, FILE *file, char *line)
{
    size_t length = 0;
    int byte;

    while ((byte = reading->bytes < BYTES_MAX ? fgetc(file) : EOF) != EOF && byte != '\n') {
        reading->bytes++;
        if (length < LINE_BYTES - 1)
            line[length] = byte == '\0' ? '?' : (char)byte;
        length++;
    }
    reading->bytes += byte == '\n';
    reading->number += byte == '\n' || length > 0;
    line[length < LINE_BYTES ? length : LINE_BYTES - 1] = '\0';
    if (length >= LINE_BYTES) {
        complain(reading, "longer than %d bytes: write one role a line", LINE_BYTES - 1);
        line[0] = '\0';
    }
    return byte != EOF || length > 0;
}

static void read_lines(struct theme_reading *reading, FILE *file, struct theme_looks *looks)
{
    char line[LINE_BYTES], why[THEME_WHY_MAX];

    while (next_line(reading, file, line))
        if (theme_take_line(looks, line, why))
            complain(reading, "%s", why);
    if (reading->bytes >= BYTES_MAX)
        complain(reading, "larger than %d kB: the rest is not read", BYTES_MAX / 1024);
}

static void finish(struct theme_reading *reading, const struct theme_looks *looks)
{
    char weak[THEME_WHY_MAX];
    const size_t used = strlen(reading->notice);

    if (reading->problems > 1)
        snprintf(reading->notice + used, reading->size - used, " (and %u more)",
                 reading->problems - 1);
    if (reading->problems == 0 && theme_weakness(looks, weak, sizeof(weak)))
        snprintf(reading->notice, reading->size, "theme %s: %s", looks->name, weak);
}

/* NULL with text "" if there is none. */
static FILE *open_theme(const char *name, char *path, char *text, size_t size)
{
    const struct settings_owner owner = settings_file_owner();

    text[0] = path[0] = '\0';
    if (theme_name_is_valid(name))
        theme_file_path(name, path, SETTINGS_PATH_MAX);
    return path[0] ? settings_file_open(&owner, path, text, size) : NULL;
}

bool theme_file_exists(const char *name)
{
    char path[SETTINGS_PATH_MAX], why[SETTINGS_PATH_MAX + 160];
    FILE *file = open_theme(name, path, why, sizeof(why));

    if (file)
        fclose(file);
    return file || why[0];
}

int theme_file_read(const char *name, struct theme_looks *looks, char *notice, size_t size)
{
    char path[SETTINGS_PATH_MAX], why[SETTINGS_PATH_MAX + 160];
    struct theme_reading reading = {.path = path, .notice = notice, .size = size};
    FILE *file = open_theme(name, path, why, sizeof(why));

    notice[0] = '\0';
    if (!file) {
        text_clean(notice, size, why, strlen(why));
        return why[0] ? -EACCES : -ENOENT;
    }
    theme_looks_of(looks, THEME_DARK);
    snprintf(looks->name, sizeof(looks->name), "%s", name);
    read_lines(&reading, file, looks);
    fclose(file);
    finish(&reading, looks);
    return 0;
}

void theme_file_each(void (*take)(void *data, const char *name), void *data)
{
    const struct settings_owner owner = settings_file_owner();
    char folder[SETTINGS_PATH_MAX];
    struct dirent *entry;

    theme_file_path("", folder, sizeof(folder));
    DIR *open = folder[0] ? settings_file_open_folder(&owner, folder) : NULL;
    while (open && (entry = readdir(open)) != NULL) {
        char *suffix = strrchr(entry->d_name, '.');
        if (!suffix || strcmp(suffix, SUFFIX) != 0)
            continue;
        *suffix = '\0';
        if (theme_name_is_valid(entry->d_name))
            take(data, entry->d_name);
    }
    if (open)
        closedir(open);
}
