/* What a theme file says, line by line, and whether it can be read on its ground. Pure. */
#ifndef TCPLENS_UI_THEME_READ_H
#define TCPLENS_UI_THEME_READ_H

#include "ui/theme.h"

#include <stdbool.h>

#define THEME_WHY_MAX 160

/* A name that may be a file's: letters, digits, "-", "_" and ".", none of ours, not ".hidden". */
bool theme_name_is_valid(const char *name);

/* "KEY = VALUE" taken apart: a role, "background", "foreground", "selected" or "tagged" with a look,
 * "base" with one of our themes, which replaces all that was taken before. 0 or -EINVAL, `why` then
 * says what is wrong and what to write. */
int theme_take(struct theme_looks *looks, const char *key, const char *value, char *why);
/* The same of a whole line, which is changed; blank ones and those that begin with "#" or ";" say
 * nothing. */
int theme_take_line(struct theme_looks *looks, char *line, char *why);

/* The contrast of two colours of the 256 by WCAG 2, 1 to 21. */
double theme_contrast(int color, int other);
/* Names the role that is hardest to read, with its ratio; false where all can be read. What the
 * terminal decides is not judged, but where `base` says whether its ground is dark or light; nor is
 * what is as `base` has it, nor lines of boxes. */
bool theme_weakness(const struct theme_looks *looks, char *text, size_t size);

#endif
