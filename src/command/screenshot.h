/* --screenshot: one picture of the screen as an SVG file, without a terminal. */
#ifndef TCPLENS_COMMAND_SCREENSHOT_H
#define TCPLENS_COMMAND_SCREENSHOT_H

#include "options/options.h"
#include "svg/cells.h"
#include "ui/screen/screen.h"

#include <stdio.h>

struct screenshot {
    struct screen_shot shot;
    struct screen_grid grid;
    const char *path;
    FILE *file;
};

/* Reads the options and opens the file, before anything else is done. Exit code after a message;
 * EXIT_DONE = go on. */
int screenshot_begin(struct screenshot *screenshot, const struct options *options);
/* Writes what the screen has left in shot.grid. Exit code. */
int screenshot_write(struct screenshot *screenshot, const struct screen_settings *settings);
void screenshot_done(struct screenshot *screenshot);

#endif
