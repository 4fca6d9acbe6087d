/* Findings as JSON (doc/json.md), into a buffer. Pure. */
#ifndef TCPLENS_CORE_FINDING_FINDING_JSON_H
#define TCPLENS_CORE_FINDING_FINDING_JSON_H

#include "base/arena.h"
#include "core/finding/finding.h"
#include "core/finding/steps.h"

/* One finding as one object without newline. Causes in `because` are written with detector and
 * subject, found in list. */
void json_finding(struct buffer *buffer, const struct finding *finding,
                  const struct finding *const *list, uint32_t count);
/* A step as in the session log and `events --json`; causes by their ids. */
void json_finding_step(struct buffer *buffer, uint64_t seq, const struct finding_step *step);
/* What was checked, what was found, what could not be checked and why: the last line. */
void json_checks(struct buffer *buffer, const struct finding_check *checks, uint32_t findings,
                 const struct other_netns *others);

#endif
