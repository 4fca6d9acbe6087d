/* Colours of printed text, by the roles and themes of the screen. */
#ifndef TCPLENS_COMMAND_COLOR_H
#define TCPLENS_COMMAND_COLOR_H

#include "base/arena.h"
#include "options/options.h"
#include "ui/theme.h"

#include <stdbool.h>

/* NO_COLOR is not set, or empty. */
bool color_is_welcome(void);
/* Light or dark, by the background that the terminal reports (COLORFGBG). */
enum theme color_theme_of_terminal(void);

struct color {
    bool on, rich; /* rich: of 256 colours */
    enum theme theme;
};
/* Whether standard output gets colours. auto: it is a terminal that has some, and NO_COLOR is not
 * set. */
struct color color_of_output(enum color_when when);
/* The text in the colours of its role (enum role). */
void color_put(struct buffer *out, const struct color *color, unsigned role, const char *text);

#endif
