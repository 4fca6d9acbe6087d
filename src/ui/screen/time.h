/* Moving in time, in a log or in the history of a live screen. */
#ifndef TCPLENS_UI_SCREEN_TIME_H
#define TCPLENS_UI_SCREEN_TIME_H

#include "ui/canvas.h"
#include "ui/command.h"

struct screen;

/* a log or the history is shown: it has its own line */
bool screen_travels(const struct screen *screen);
void screen_time_look(struct screen *screen); /* updates the state of the transport */
int64_t screen_time_passed(const struct screen *screen, int64_t real_ns);
/* False: not handled, as the screen is live. */
bool screen_time_pause(struct screen *screen);
bool screen_time_speed(struct screen *screen, bool faster);
bool screen_time_cancel(struct screen *screen);
bool screen_time_command(struct screen *screen, const struct command *command);
bool screen_time_key(struct screen *screen, const struct key *key); /* true: taken */
void screen_time_draw(struct screen *screen, const struct canvas *canvas);
void screen_time_draw_prompt(struct screen *screen, const struct canvas *canvas);
/* For the status line; false: nothing to say. */
bool screen_time_status(const struct screen *screen, char *out, size_t size);
bool screen_time_reach(const struct screen *screen, char *out, size_t size);

#endif
