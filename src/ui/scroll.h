/* How far keys and the wheel scroll, the same everywhere. Pure. */
#ifndef TCPLENS_UI_SCROLL_H
#define TCPLENS_UI_SCROLL_H

#include "ui/command.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows that the command moves by, `page` of them for a page. False: it does not move. */
bool scroll_command(const struct command *command, int64_t page, int64_t *rows);
/* The same for the mouse wheel. */
bool scroll_wheel(const struct key *key, int64_t *rows);

#endif
