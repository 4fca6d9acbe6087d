/* finding_line: one sentence below the tabs, in all views. */
#include "core/text/text.h"
#include "ui/screen/chrome.h"
#include "ui/screen/state.h"

#include <stdio.h>

#define SENTENCE_LEAST 24 /* cells, before what stands to its right leaves */

bool screen_has_finding(const struct screen *screen)
{
    const struct frame *frame = screen->picture.frame;
    enum finding_severity severity;

    return frame && frame_findings_worst(frame->findings, &severity) != NULL;
}

/* "(7, +1 more)": the key of the view, and what else holds. */
static void put_more(char *out, size_t size, const struct frame_findings *findings)
{
    if (findings->holding > 1)
        snprintf(out, size, "(%d, +%u more)", VIEW_FINDINGS + 1, findings->holding - 1);
    else
        snprintf(out, size, "(%d)", VIEW_FINDINGS + 1);
}

void screen_draw_finding(struct screen *screen, const struct canvas *canvas)
{
    const struct frame_findings *findings = screen->picture.frame->findings;
    enum finding_severity severity = SEVERITY_NONE;
    const struct finding *finding = frame_findings_worst(findings, &severity);
    char more[32];
    int end = canvas->cols - 1;

    if (!finding)
        return;
    const unsigned role = finding_role(severity);
    put_more(more, sizeof(more), findings);
    if (end - (int)text_width(more) - 5 >= SENTENCE_LEAST)
        end = canvas_text_right(canvas, 0, end, ROLE_DIM, more) - 2;
    canvas_text(canvas, 0, 1, role | STYLE_BOLD, "!");
    if (end > 3)
        canvas_field(canvas, 0, 3, end - 3, false, role, finding->title);
    screen_add_hit(screen, canvas, 0, 0, canvas->cols,
                   &(struct hit){.command = screen_view_command(VIEW_FINDINGS)});
}
