/* What keys do, and which are ignored as accidental. */
#ifndef TCPLENS_UI_SCREEN_KEYS_H
#define TCPLENS_UI_SCREEN_KEYS_H

#include "ui/key/key.h"

struct screen;

void screen_press(struct screen *screen, const struct key *key); /* as if it had been read */
void screen_read_keys(struct screen *screen);
void screen_page_comes(struct screen *screen); /* before each painting */
void screen_page_seen(struct screen *screen);  /* after it */

#endif
