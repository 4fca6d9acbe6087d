/* The theme that the screen begins with: by --theme, the settings, a file of the user's, or the
 * terminal's background. */
#ifndef TCPLENS_COMMAND_THEME_CHOICE_H
#define TCPLENS_COMMAND_THEME_CHOICE_H

#include "options/settings.h"
#include "ui/theme.h"

struct theme_choice {
    enum theme theme;
    struct theme_looks looks; /* THEME_OWN: what the file says */
    char notice[512];         /* what is wrong with it, in one line; "" = nothing */
};

/* Exit code. A theme named by --theme must exist; one named by the settings only leads to a
 * notice. */
int theme_choose(struct theme_choice *choice, const struct settings *settings);
/* Prints the themes there are (--theme help); exit code. */
int theme_list(void);

#endif
