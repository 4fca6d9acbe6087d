/* The top lines: host, totals, traffic graph, states. */
#ifndef TCPLENS_UI_SCREEN_HEAD_H
#define TCPLENS_UI_SCREEN_HEAD_H

#include "ui/canvas.h"

struct screen;

/* Two lines, or three if the graph has room for them. */
void screen_draw_head(struct screen *screen, const struct canvas *canvas);
bool screen_head_is_tall(const struct screen *screen, int rows);
/* To be called for a new frame, or when more of the history has been read. */
void screen_head_update(struct screen *screen);

#endif
