/* Themes of the user: NAME.theme in the folder "themes" beside the settings file, with the same
 * rules of owner and trust. */
#ifndef TCPLENS_OPTIONS_THEME_FILE_H
#define TCPLENS_OPTIONS_THEME_FILE_H

#include "ui/theme.h"

#include <stdbool.h>
#include <stddef.h>

/* Where it is or would be; "" = there is no place for it. */
void theme_file_path(const char *name, char *path, size_t size);
bool theme_file_exists(const char *name); /* it may still be refused */
/* Reads it. 0: notice says in one line what is wrong in it or hard to read, "" = nothing; the rest
 * of it applies. -ENOENT: there is none; -EACCES: it is refused, notice says why. */
int theme_file_read(const char *name, struct theme_looks *looks, char *notice, size_t size);
/* Calls take with each name, in any order. */
void theme_file_each(void (*take)(void *data, const char *name), void *data);

#endif
