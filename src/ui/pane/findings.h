/* Shared by the Findings view and the page of one finding. */
#ifndef TCPLENS_UI_PANE_FINDINGS_H
#define TCPLENS_UI_PANE_FINDINGS_H

#include "core/finding/finding.h"
#include "ui/pane/pane.h"

extern const struct pane_ops PANE_FINDING; /* argument: struct finding of the picture's frame */

/* Opens Connections with the finding's filter; reports if it has no rows. */
void findings_show_rows(struct screen *screen, const struct finding *finding);
/* "03:12:07", "<03:12:07" if it began earlier, "ended 03:09"; a day later with the date. */
void findings_since_text(char *out, size_t size, const struct finding *finding, int64_t now_ns);
void findings_subject_text(char *out, size_t size, const struct finding *finding);

#endif
