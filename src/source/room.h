/* room: memory for a frame's rows, asked for before they are read. */
#ifndef TCPLENS_SOURCE_ROOM_H
#define TCPLENS_SOURCE_ROOM_H

#include "core/frame.h"

/* Makes room in an empty frame for the sockets that the kernel counts, so that its arrays need not
 * grow while they are filled. Without such a count they grow. */
void room_reserve(struct frame *frame, const char *proc_root, bool with_details);

/* Asks for huge pages where the arrays of rows are large: a fault for each 4 KiB of a frame of
 * 200,000 rows takes longer than filling them. Advice only. */
void room_advise(const struct frame *frame);

#endif
