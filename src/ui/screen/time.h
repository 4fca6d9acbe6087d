/* Travelling in time: a log, or the history of a live screen. */
#ifndef TCPLENS_UI_SCREEN_TIME_H
#define TCPLENS_UI_SCREEN_TIME_H

#include "ui/canvas.h"
#include "ui/command.h"

struct screen;

bool screen_travels(const struct screen *screen); /* a log, or the past: it has a line of its own */
void screen_time_look(struct screen *screen);     /* what the transport is at */
int64_t screen_time_passed(const struct screen *screen, int64_t real_ns);
/* False: not theirs, it is the present that is meant. */
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
