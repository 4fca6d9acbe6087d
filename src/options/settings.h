/* settings: what the user keeps between runs, in $XDG_CONFIG_HOME/tcplens/config (INI); SETTINGS is
 * the list. The command line overrides the file. An error in it is reported with its line and is
 * not fatal. Only settings_keep writes it (key w): unknown keys are kept, comments are not. */
#ifndef TCPLENS_OPTIONS_SETTINGS_H
#define TCPLENS_OPTIONS_SETTINGS_H

#include "core/finding/finding.h"
#include "options/options.h"
#include "ui/screen/screen.h"

#include <sys/types.h>

#define SETTINGS_TEXT_MAX 1024
#define SETTINGS_PATH_MAX 512
#define SETTINGS_LINES    256

/* The present values of the rows of SETTINGS. */
struct settings_values {
    char columns[SETTINGS_TEXT_MAX], sort[64];
    char theme[64], glyphs[16]; /* "" = what suits the terminal */
    char netns[128];
    int64_t interval_ns, highlight_ns;
    uint64_t past_bytes;
    uint8_t budget_percent;
    bool ascii, names, services, mouse;
};

enum setting_kind { SETTING_TEXT, SETTING_TIME, SETTING_SIZE, SETTING_PERCENT, SETTING_SWITCH };

struct setting {
    const char *section, *key;
    const char *argument; /* as in --help: "S", "LIST", "yes|no" */
    const char *help;
    uint8_t kind;       /* enum setting_kind */
    uint16_t place;     /* offset in struct settings_values */
    const char *option; /* name of the option with the same meaning; NULL = none */
};
extern const struct setting SETTINGS[];
extern const size_t setting_count;
extern const char SETTINGS_FILTERS[];  /* section of saved filters, by names of the user's choice */
extern const char SETTINGS_FINDINGS[]; /* section of limits of detectors: ID.KEY, only, skip */

struct settings_line {
    char *section, *key, *value;
    unsigned number;
};

struct settings_lines {
    struct settings_line items[SETTINGS_LINES];
    size_t count;
};

struct settings {
    struct options options; /* in force: command line, file, defaults */
    struct settings_values values;
    const char *filters[SETTINGS_LINES]; /* saved filters, in the order of the file */
    size_t filter_count;
    struct finding_settings findings;
    struct settings_lines lines;  /* the file's lines; options point into them */
    char path[SETTINGS_PATH_MAX]; /* "" = nowhere */
    bool theme_of_file;           /* options.theme is from the file */
    char notice[256]; /* what is wrong with the file, for the status line; "" = nothing */
    unsigned problems;
};

/* Reads the file, if there is one that may be trusted. 0 or -ENOMEM. */
int settings_new(struct settings **settings, const struct options *options);
void settings_free(struct settings *settings);
/* Only the settings of detectors, for commands that use nothing else of the file. notice: what is
 * wrong with them, "" = nothing. */
void settings_read_findings(struct finding_settings *findings, char *notice, size_t size);

/* The file is that of the user who called sudo, and so are the rights to read and write it. */
/* The home directory of a user by /etc/passwd, "" = none. */
void settings_home_of(uid_t uid, char *home, size_t size);
bool settings_are_of_sudo_user(void);

/* Writes the file, mode 0600, atomically. 0 or -errno; text says in one line what was done, or why
 * not. -EEXIST: the file has other values; it is left alone unless `replaces`. */
int settings_keep(struct settings *settings, const struct screen_kept *kept, bool replaces,
                  char *text, size_t size);

/* For settings_file.c and tests: the path of the file, "" = there is no place for it. `home` and
 * `config`: values of HOME and XDG_CONFIG_HOME, NULL = not set. */
void settings_path(char *path, size_t size, const char *home, const char *config);

#endif
