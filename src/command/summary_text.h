/* summary_text: the summary of a log as text for one screen of 80x24, and as JSON. */
#ifndef TCPLENS_COMMAND_SUMMARY_TEXT_H
#define TCPLENS_COMMAND_SUMMARY_TEXT_H

#include "base/arena.h"
#include "core/finding/finding.h"
#include "core/summary.h"

struct summary_report {
    const char *path; /* of its last part */
    const char *from; /* the options that name all its parts: "--from FILE" */
    uint32_t parts;
    const struct summary *summary;
    const struct finding *const *findings;
    uint32_t finding_count;
    const struct finding_check *checks;
    const char *fault; /* of the log, "" = none */
};

/* Detectors that could be checked. */
unsigned summary_checked(const struct summary_report *report);
void summary_text(struct buffer *out, const struct summary_report *report);
/* One line for several logs together, whose summary has counts only; as JSON, one object. */
void summary_total_text(struct buffer *out, const struct summary *total, uint32_t logs);
void summary_total_json(struct buffer *out, const struct summary *total, uint32_t logs);
/* One object, without newline. */
void summary_json(struct buffer *out, const struct summary_report *report);

#endif
