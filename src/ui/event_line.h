/* One event as a line: time, what happened, the connection, its owner. */
#ifndef TCPLENS_UI_EVENT_LINE_H
#define TCPLENS_UI_EVENT_LINE_H

#include "ui/pane/pane.h"

#define EVENT_LINE_MAX 512

/* Reads it from the ring; false: it was overwritten. */
bool event_line_read(const struct picture *picture, uint64_t number, struct event *event);
void event_line_draw(const struct picture *picture, const struct canvas *canvas, int line,
                     const struct event *event, bool selected);
/* The same as plain text: "12:16:29.116 state SYN-SENT ▸ ESTAB after 12ms 10.0.0.5:52344 ▸ ...".
 * Returns its length, as snprintf does. */
size_t event_line_text(const struct picture *picture, const struct event *event, char *out,
                       size_t size);

#endif
