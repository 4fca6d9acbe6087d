/* Private to settings*.c: where the file is, whether it may be trusted, how it is replaced, its
 * text. */
#ifndef TCPLENS_OPTIONS_SETTINGS_FILE_H
#define TCPLENS_OPTIONS_SETTINGS_FILE_H

#include "options/settings.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct settings_owner { /* whose settings they are */
    uid_t uid;
    gid_t gid;
    bool is_sudo; /* we are root on behalf of this user */
};

struct settings_owner settings_file_owner(void);
void settings_file_find(const struct settings_owner *owner, char *path, size_t size);
/* NULL, with text "" if there is none, or one line in text if it may not be trusted. */
FILE *settings_file_open(const struct settings_owner *owner, const char *path, char *text,
                         size_t size);
/* A folder beside it; NULL if there is none that its owner may read. */
DIR *settings_file_open_folder(const struct settings_owner *owner, const char *path);
/* Replaces it as its owner, with the owner's rights. 0 or -errno. */
int settings_file_replace(const struct settings_owner *owner, const char *path, const char *data,
                          size_t length);

struct settings_values settings_defaults(void);
const struct setting *settings_find(const char *section, const char *key); /* NULL = none */
/* The file's text; unknown settings are taken from `lines`. */
void settings_write(struct buffer *buffer, const struct settings_values *values,
                    const struct settings_lines *lines);
/* "theme, interval": the settings that differ from the lines, or from the defaults where the lines
 * lack them. Returns how many. */
size_t settings_changes(char *out, size_t size, const struct settings_values *values,
                        const struct settings_lines *lines);

#endif
