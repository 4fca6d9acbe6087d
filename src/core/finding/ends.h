/* ends: causes that are visible only with both ends of a connection on this machine: a connect()
 * without an answer meets a full queue; a window is shut because the other program does not read.
 * Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_ENDS_H
#define TCPLENS_CORE_FINDING_ENDS_H

#include "core/finding/finding.h"

/* Adds such causes to `because` of the findings that hold, whose rows are all in the frame. A cause
 * shown by both ends is proven. */
void ends_join(struct finding *const *findings, uint32_t count, const struct frame *frame);

#endif
