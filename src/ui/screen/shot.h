/* A screenshot: the screen without a terminal presses the keys of a script, each when what came
 * before is shown, and ends. */
#ifndef TCPLENS_UI_SCREEN_SHOT_H
#define TCPLENS_UI_SCREEN_SHOT_H

#include <stdint.h>

struct screen;

/* Presses the next key if it is time for it; the monotonic time to look again. */
int64_t screen_shot_step(struct screen *screen, int64_t now_ns);

#endif
