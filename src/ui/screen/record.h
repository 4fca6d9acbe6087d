/* Recording what the screen shows, key R. */
#ifndef TCPLENS_UI_SCREEN_RECORD_H
#define TCPLENS_UI_SCREEN_RECORD_H

#include "ui/screen/screen.h"

void screen_record(struct screen *screen);
void screen_record_look(struct screen *screen);
/* "● REC 12 MB" in two; false: nothing is recorded. */
bool screen_record_text(const struct screen *screen, char *label, size_t label_size, char *value,
                        size_t value_size);

#endif
