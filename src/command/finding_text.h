/* finding_text: findings and detectors as text for people. */
#ifndef TCPLENS_COMMAND_FINDING_TEXT_H
#define TCPLENS_COMMAND_FINDING_TEXT_H

#include "base/arena.h"
#include "core/finding/finding.h"

/* now_ns: wall clock of the last frame. */
void finding_text(struct buffer *out, const struct finding *finding,
                  const struct finding *const *list, uint32_t count, int64_t now_ns);
/* What was checked, what was not, and why; watched_ns: for how long. */
void finding_checks_text(struct buffer *out, const struct finding_check *checks,
                         const struct finding *const *list, uint32_t count, int64_t watched_ns);
/* Every detector with its limits: --describe. */
void finding_detectors_text(struct buffer *out, const struct finding_settings *settings);

#endif
