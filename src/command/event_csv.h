/* Lines of `events --csv`, made from those of `events --json`, so that both have the same facts. */
#ifndef TCPLENS_COMMAND_EVENT_CSV_H
#define TCPLENS_COMMAND_EVENT_CSV_H

#include "base/arena.h"

#include <stddef.h>

void event_csv_header(struct buffer *out);
/* One object, without newline, as a line with its newline. */
void event_csv_line(struct buffer *out, const char *json, size_t length);

#endif
