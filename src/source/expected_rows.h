/* expected_rows: memory for a frame's rows, reserved before they are read. */
#ifndef TCPLENS_SOURCE_EXPECTED_ROWS_H
#define TCPLENS_SOURCE_EXPECTED_ROWS_H

#include "core/frame.h"

/* Makes room in an empty frame for the number of sockets that the kernel counts, so that its arrays
 * need not grow while they are filled. Does nothing if the count is unknown. */
void expected_rows_reserve(struct frame *frame, const char *proc_root, bool with_details);

#endif
