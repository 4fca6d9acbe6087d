/* ends: causes that only both ends of a connection show, where both are on this machine: who gets no
 * answer meets a full queue there; a window is shut as the program there does not read. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_ENDS_H
#define TCPLENS_CORE_FINDING_ENDS_H

#include "core/finding/finding.h"

/* Adds such causes to `because` of the findings that hold; rows of all of them are in the frame. What
 * both ends show is proven. */
void ends_join(struct finding *const *findings, uint32_t count, const struct frame *frame);

#endif
