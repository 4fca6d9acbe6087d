/* Going to the moment of an event, and to the page of its connection there. */
#ifndef TCPLENS_UI_SCREEN_GO_TO_H
#define TCPLENS_UI_SCREEN_GO_TO_H

struct screen;

/* A frame is shown: it may be the one that is waited for. */
void screen_go_to_look(struct screen *screen);

#endif
