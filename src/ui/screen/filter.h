/* The active filter, and the line in which it is typed. */
#ifndef TCPLENS_UI_SCREEN_FILTER_H
#define TCPLENS_UI_SCREEN_FILTER_H

#include "ui/canvas.h"
#include "ui/key/key.h"

struct screen;

void screen_filter_begin(struct screen *screen);
void screen_filter_end(struct screen *screen);
uint32_t screen_filter_needs(const struct screen *screen);
void screen_open_filter(struct screen *screen);
bool screen_filter_clear(struct screen *screen);                      /* false: there was none */
void screen_filter_restore(struct screen *screen, const char *text);  /* a former filter */
bool screen_filter_key(struct screen *screen, const struct key *key); /* true: taken */
void screen_filter_draw(struct screen *screen, const struct canvas *canvas);
void screen_filter_draw_below(struct screen *screen, const struct canvas *canvas);
/* On the tab line: the width of the whole filter, 0 = not shown there; drawn between col and
 * end. */
int screen_filter_width(const struct screen *screen);
void screen_filter_draw_tab(const struct screen *screen, const struct canvas *canvas, int col,
                            int end);
void screen_filter_count(struct screen *screen, char *out, size_t size); /* "901 of 1,284" */

#endif
