/* Switching to the newest frame, and the time in the picture. */
#ifndef TCPLENS_UI_SCREEN_FRAME_H
#define TCPLENS_UI_SCREEN_FRAME_H

struct screen;

void screen_set_time(struct screen *screen);
/* Shows the newest frame, or does a step of preparing it: to be called again as long as
 * screen.coming is set. */
void screen_take_frame(struct screen *screen);

#endif
