/* The views and the stack of pages over them. */
#ifndef TCPLENS_UI_SCREEN_VIEWS_H
#define TCPLENS_UI_SCREEN_VIEWS_H

#include "ui/pane/pane.h"

struct pane *screen_top_pane(struct screen *screen); /* NULL before the first view */
/* True if the view has a tab; an open view always has. */
bool screen_has_tab(const struct screen *screen, size_t view);
int screen_open_view(struct screen *screen, enum view_id view);
bool screen_drill_back(struct screen *screen); /* false: there is nowhere to go back to */
void screen_close_panes(struct screen *screen);
void screen_finish_closing(struct screen *screen);
void screen_update_panes(struct screen *screen);
void screen_send_wish(struct screen *screen);
void screen_say_for(struct screen *screen, int64_t ns, unsigned role, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
