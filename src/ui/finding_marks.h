/* Rows with findings: the filters of present warnings and worse, applied to the rows that are
 * drawn. */
#ifndef TCPLENS_UI_FINDING_MARKS_H
#define TCPLENS_UI_FINDING_MARKS_H

#include "core/filter/filter.h"
#include "core/finding/finding.h"
#include "ui/theme.h"

#define FINDING_MARKS_MAX 64 /* the worst come first */

struct finding_marks {
    struct finding_mark {
        char text[FINDING_FILTER_MAX]; /* the text of the filter */
        struct filter *filter;
        enum finding_severity severity;
        uint32_t place; /* in the list of the frame's findings */
    } marks[FINDING_MARKS_MAX];
    uint32_t count;
};

void finding_marks_done(struct finding_marks *marks);
/* Takes the findings of a new frame. */
void finding_marks_take(struct finding_marks *marks, const struct frame *frame,
                        const struct filter_names *names);
unsigned finding_role(enum finding_severity severity);
/* The severity of the worst finding about the row; SEVERITY_NONE: none. marks may be NULL. */
enum finding_severity finding_marks_of(const struct finding_marks *marks,
                                       const struct column_context *context,
                                       const struct conn *conn);

/* The next finding about the row, worst first; *at: 0 at first. NULL: no more. context: of the
 * frame that was taken. marks may be NULL. */
const struct finding *finding_marks_next(const struct finding_marks *marks,
                                         const struct column_context *context,
                                         const struct conn *conn, uint32_t *at);

#endif
