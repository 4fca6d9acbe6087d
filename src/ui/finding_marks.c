/* finding_marks: filters stay parsed as long as their text stays the same. */
#include "ui/finding_marks.h"

#include <stdio.h>
#include <string.h>

unsigned finding_role(enum finding_severity severity)
{
    static const unsigned ROLES[] = {[SEVERITY_NONE] = ROLE_DIM,
                                     [SEVERITY_INFO] = ROLE_NORMAL,
                                     [SEVERITY_WARNING] = ROLE_NOTICE,
                                     [SEVERITY_CRITICAL] = ROLE_TROUBLE};
    return ROLES[severity];
}

static void drop(struct finding_mark *mark)
{
    filter_free(mark->filter);
    mark->filter = NULL;
}

void finding_marks_done(struct finding_marks *marks)
{
    for (uint32_t i = 0; i < marks->count; i++)
        drop(&marks->marks[i]);
    marks->count = 0;
}

/* An invalid filter marks nothing. */
static void set(struct finding_mark *mark, bool is_new, const struct finding *finding,
                const struct filter_names *names)
{
    struct filter_error error;

    mark->severity = (enum finding_severity)finding->severity;
    if (!is_new && strcmp(mark->text, finding->filter) == 0)
        return;
    if (!is_new)
        drop(mark);
    snprintf(mark->text, sizeof(mark->text), "%s", finding->filter);
    mark->filter = NULL;
    if (filter_parse(&mark->filter, mark->text, names, &error) != 0)
        mark->filter = NULL;
}

void finding_marks_take(struct finding_marks *marks, const struct frame *frame,
                        const struct filter_names *names)
{
    const struct frame_findings *findings = frame->findings;
    const uint32_t before = marks->count;
    uint32_t count = 0;

    for (uint32_t i = 0; findings && i < findings->holding && count < FINDING_MARKS_MAX; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->severity < SEVERITY_WARNING || !finding->filter[0])
            continue;
        set(&marks->marks[count], count >= before, finding, names);
        marks->marks[count].place = i;
        count++;
    }
    for (uint32_t i = count; i < before; i++)
        drop(&marks->marks[i]);
    marks->count = count;
}

enum finding_severity finding_marks_of(const struct finding_marks *marks,
                                       const struct column_context *context,
                                       const struct conn *conn)
{
    enum finding_severity worst = SEVERITY_NONE;

    for (uint32_t i = 0; marks && i < marks->count; i++) {
        const struct finding_mark *mark = &marks->marks[i];
        if (mark->severity > worst && mark->filter && filter_accepts(mark->filter, context, conn))
            worst = mark->severity;
    }
    return worst;
}

const struct finding *finding_marks_next(const struct finding_marks *marks,
                                         const struct column_context *context,
                                         const struct conn *conn, uint32_t *at)
{
    const struct frame_findings *findings = context->frame ? context->frame->findings : NULL;

    while (marks && findings && *at < marks->count) {
        const struct finding_mark *mark = &marks->marks[(*at)++];
        if (mark->place < findings->count && mark->filter &&
            filter_accepts(mark->filter, context, conn))
            return &findings->list[mark->place];
    }
    return NULL;
}
