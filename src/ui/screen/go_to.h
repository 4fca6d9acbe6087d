/* Going to the time of an event and the page of its connection. */
#ifndef TCPLENS_UI_SCREEN_GO_TO_H
#define TCPLENS_UI_SCREEN_GO_TO_H

struct screen;

/* To be called when a frame is shown: it may be the awaited one. */
void screen_go_to_look(struct screen *screen);

#endif
