/* Taking over the newest frame, and the time in the picture. */
#ifndef TCPLENS_UI_SCREEN_FRAME_H
#define TCPLENS_UI_SCREEN_FRAME_H

struct screen;

void screen_set_time(struct screen *screen);
/* The newest frame becomes the picture's, or a step is done towards that: to be
 * called again as long as screen.coming is there */
void screen_take_frame(struct screen *screen);

#endif
