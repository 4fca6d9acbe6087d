/* finding_line: one sentence below the tabs, in all views. */
#include "core/text/text.h"
#include "ui/screen/chrome.h"
#include "ui/screen/state.h"

#include <stdio.h>

#define SENTENCE_LEAST 24 /* cells, before the part to its right is dropped */

bool screen_has_finding(const struct screen *screen)
{
    const struct frame *frame = screen->picture.frame;
    enum finding_severity severity;

    return frame && frame_findings_worst(frame->findings, &severity) != NULL;
}

/* "!All 3", as in the footer: the key, and what it does. Returns where it begins. */
static int draw_key(const struct canvas *canvas, int end, const struct frame_findings *findings)
{
    char label[24] = "Details";

    if (findings->holding > 1)
        snprintf(label, sizeof(label), "All %u", findings->holding);
    const int begin = end - 1 - (int)text_width(label);
    if (begin - 4 < SENTENCE_LEAST)
        return end + 2;
    canvas_text(canvas, 0, begin, ROLE_KEY, "!");
    canvas_text(canvas, 0, begin + 1, ROLE_NORMAL, label);
    return begin;
}

void screen_draw_finding(struct screen *screen, const struct canvas *canvas)
{
    const struct frame_findings *findings = screen->picture.frame->findings;
    enum finding_severity severity = SEVERITY_NONE;
    const struct finding *finding = frame_findings_worst(findings, &severity);

    if (!finding)
        return;
    const unsigned role = finding_role(severity);
    const int end = draw_key(canvas, canvas->cols - 1, findings) - 2;
    canvas_text(canvas, 0, 1, role | STYLE_BOLD, "!");
    if (end > 3)
        canvas_field(canvas, 0, 3, end - 3, false, role, finding->title);
    screen_add_hit(screen, canvas, 0, 0, canvas->cols,
                   &(struct hit){.command = screen_view_command(VIEW_FINDINGS)});
}
