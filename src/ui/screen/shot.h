/* A screenshot: without a terminal, the screen presses the keys of a script, each when the result
 * of the last one is shown, and ends. */
#ifndef TCPLENS_UI_SCREEN_SHOT_H
#define TCPLENS_UI_SCREEN_SHOT_H

#include <stdint.h>

struct screen;

/* Presses the next key if it is due; returns the monotonic time of the next call. */
int64_t screen_shot_step(struct screen *screen, int64_t now_ns);

#endif
