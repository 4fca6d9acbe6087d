/* Commands that no pane handles. */
#ifndef TCPLENS_UI_SCREEN_COMMAND_H
#define TCPLENS_UI_SCREEN_COMMAND_H

#include "ui/command.h"

#include <stdbool.h>

struct screen;

/* True if it is available; else it is dim in the footer. */
bool screen_can(struct screen *screen, const struct command *command);

#endif
