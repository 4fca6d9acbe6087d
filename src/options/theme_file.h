/* Themes of the user: NAME.theme in the folder themes beside the settings file, with the same owner
 * and the same trust. */
#ifndef TCPLENS_OPTIONS_THEME_FILE_H
#define TCPLENS_OPTIONS_THEME_FILE_H

#include "ui/theme.h"

#include <stdbool.h>
#include <stddef.h>

/* Where it is or would be, "" = nowhere. */
void theme_file_path(const char *name, char *path, size_t size);
bool theme_file_exists(const char *name); /* it may be one that is not used */
/* Reads it. 0, notice in one line what is wrong in it or hard to read, "" = nothing: what is right in
 * it holds. -ENOENT: there is none; -EACCES: it is not used, notice says why. */
int theme_file_read(const char *name, struct theme_looks *looks, char *notice, size_t size);
/* Calls take with each name there is, in no order. */
void theme_file_each(void (*take)(void *data, const char *name), void *data);

#endif
