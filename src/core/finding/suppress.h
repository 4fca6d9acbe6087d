/* suppress: which findings are consequences of others. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_SUPPRESS_H
#define TCPLENS_CORE_FINDING_SUPPRESS_H

#include "core/finding/finding.h"

/* Fills `because` of each of the findings that hold, all of one host; a cause that has ended stays. */
void suppress(struct finding *const *findings, uint32_t count);
/* Moves each consequence below its cause; the order is kept otherwise. */
void suppress_order(const struct finding **findings, uint32_t count);

#endif
