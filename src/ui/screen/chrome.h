/* The lines around the panes. */
#ifndef TCPLENS_UI_SCREEN_CHROME_H
#define TCPLENS_UI_SCREEN_CHROME_H

#include "ui/canvas.h"
#include "ui/command.h"

struct screen;

void screen_paint(struct screen *screen);

/* tabs.c */
const struct command *screen_view_command(size_t view);
void screen_draw_tabs(struct screen *screen, const struct canvas *canvas);

/* finding_line.c: the worst that is wrong in the picture; false: no line for it. */
bool screen_has_finding(const struct screen *screen);
void screen_draw_finding(struct screen *screen, const struct canvas *canvas);

/* status.c: the one thing worth knowing; "" if there is none. Returns its role. */
unsigned screen_status(const struct screen *screen, char *out, size_t size);

#endif
