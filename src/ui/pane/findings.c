/* Findings of the picture, worst first, consequences below their cause; ended ones; and what was
 * checked. */
#include "ui/pane/findings.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/finding_marks.h"
#include "ui/page.h"
#include "ui/scroll.h"
#include "ui/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CELL    3 /* " ! " */
#define CHECKED_MOST  6 /* lines of what was checked */
#define COST_TEXT_MAX 96
#define DAY_NS        (86400 * SECOND_NS)
#define TEXT_MAX      512
#define LINES_MOST    4 /* of one finding, where there is room */
#define BECAUSE       "└ because of it: "
#define CAUSE_ENDED   " (its cause has ended)"

enum { SINCE, SEVERITY, WHAT, EVIDENCE, SUBJECT, COLUMN_COUNT };

static const struct table_column COLUMNS[COLUMN_COUNT] = {
    [SINCE] = {.title = "SINCE", .width = 11, .min_width = 11},
    [SEVERITY] = {.title = "SEVERITY", .width = 8, .min_width = 8},
    [WHAT] = {.title = "WHAT", .width = 60, .min_width = 40, .grow = 3},
    [EVIDENCE] = {.title = "EVIDENCE", .width = 36, .min_width = 18, .grow = 2, .leave = 1},
    [SUBJECT] = {.title = "SUBJECT", .width = 26, .min_width = 14, .grow = 1, .leave = 2},
};

struct findings_pane {
    struct pane pane;
    uint64_t selected;    /* finding_identity; 0 = the first */
    uint32_t cursor, top; /* rows */
    uint32_t height;      /* rows last shown */
    uint32_t most_lines;  /* of a finding, as last drawn */
    struct table_column columns[COLUMN_COUNT];
};

static int findings_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                         const void *argument)
{
    struct findings_pane *made = calloc(1, sizeof(*made));

    (void)argument;
    if (!made)
        return -ENOMEM;
    made->pane = (struct pane){ops, screen};
    *pane = &made->pane;
    return 0;
}

static void findings_close(struct pane *pane)
{
    free(pane);
}

static const struct frame_findings *findings_of(const struct picture *picture)
{
    return picture->frame ? picture->frame->findings : NULL;
}

/* The cursor stays on its finding, or on its row if that is gone. */
static void findings_update(struct pane *pane, const struct picture *picture)
{
    struct findings_pane *own = (struct findings_pane *)pane;
    const struct frame_findings *findings = findings_of(picture);

    for (uint32_t i = 0; findings && i < findings->count; i++)
        if (finding_identity(&findings->list[i]) == own->selected)
            own->cursor = i;
    table_scroll(&own->cursor, &own->top, findings ? findings->count : 0,
                 own->height ? own->height : 1);
    own->selected =
        findings && findings->count > 0 ? finding_identity(&findings->list[own->cursor]) : 0;
}

/* --- words --- */

void findings_since_text(char *out, size_t size, const struct finding *finding, int64_t now_ns)
{
    const int64_t at_ns = finding->ended_ns ? finding->ended_ns : finding->since_ns;
    const bool old = now_ns - at_ns >= DAY_NS;
    char clock[16];

    clock_local_text(clock, sizeof(clock),
                     old                 ? CLOCK_DAY_MINUTE
                     : finding->ended_ns ? CLOCK_MINUTE
                                         : CLOCK_TIME,
                     at_ns);
    snprintf(out, size, "%s%s",
             old                    ? ""
             : finding->ended_ns    ? "ended "
             : finding->since_least ? "<"
                                    : "",
             clock);
}

void findings_subject_text(char *out, size_t size, const struct finding *finding)
{
    const char *unit = finding->subject.unit;
    const size_t at = subject_format(&finding->subject, out, size);

    if (unit[0] && at < size)
        snprintf(out + at, size - at, " %s", unit);
}

static void evidence_text(char *out, size_t size, const struct finding *finding)
{
    struct buffer text;

    buffer_init(&text);
    if (finding->ended_ns)
        finding_held_text(&text, finding);
    else
        finding_evidence_text(&text, finding, true);
    snprintf(out, size, "%s", text.length ? text.data : "");
    buffer_done(&text);
}

/* It stands below its cause as long as that holds. */
static void what_text(char *out, size_t size, const struct finding *finding,
                      const struct frame_findings *findings)
{
    const bool is_caused = finding->because[0] && !finding->ended_ns;
    const struct finding *cause =
        is_caused ? frame_findings_by_id(findings, finding->because[0]) : NULL;
    const bool holds = cause && !cause->ended_ns;

    snprintf(out, size, "%s%s%s", holds ? BECAUSE : "", finding->title,
             cause && !holds ? CAUSE_ENDED : "");
}

static void cell_text(char *out, size_t size, int column, const struct finding *finding,
                      const struct picture *picture)
{
    switch (column) {
    case SINCE:
        findings_since_text(out, size, finding, picture->context.now_ns);
        break;
    case SEVERITY:
        snprintf(out, size, "%s", severity_name((enum finding_severity)finding->severity));
        break;
    case WHAT:
        what_text(out, size, finding, findings_of(picture));
        break;
    case EVIDENCE:
        evidence_text(out, size, finding);
        break;
    default:
        findings_subject_text(out, size, finding);
    }
}

/* --- drawing --- */

static uint32_t lines_of_text(const char *text, int cells, uint32_t most)
{
    uint32_t lines = 1;

    for (size_t fit = page_fitting_words(text, cells); fit > 0 && text[fit] && lines < most;
         fit = page_fitting_words(text, cells)) {
        text += fit + strspn(text + fit, " ");
        lines++;
    }
    return lines;
}

/* The text continues in the lines below its cell; the last one is truncated. */
static void draw_cell(const struct canvas *canvas, int line, int lines,
                      const struct table_column *cell, unsigned style, const char *text)
{
    char part[TEXT_MAX];

    for (int i = 0; i + 1 < lines && *text; i++) {
        const size_t fit = page_fitting_words(text, cell->cells);
        if (fit == 0 || text[fit] == '\0')
            break;
        snprintf(part, sizeof(part), "%.*s", (int)fit, text);
        table_draw_cell(canvas, line++, cell, style, part);
        text += fit + strspn(text + fit, " ");
    }
    table_draw_cell(canvas, line, cell, style, text);
}

/* The lines needed for all of a finding, up to `most`. */
static uint32_t lines_of(const struct findings_pane *own, const struct picture *picture,
                         const struct finding *finding, uint32_t most)
{
    uint32_t lines = 1;
    char text[TEXT_MAX];

    for (int i = 0; i < COLUMN_COUNT && most > 1; i++) {
        if (own->columns[i].cells == 0)
            continue;
        cell_text(text, sizeof(text), i, finding, picture);
        const uint32_t needed = lines_of_text(text, own->columns[i].cells, most);
        lines = needed > lines ? needed : lines;
    }
    return lines < most ? lines : most;
}

static uint32_t lines_of_all(const struct findings_pane *own, const struct picture *picture,
                             uint32_t most)
{
    const struct frame_findings *findings = findings_of(picture);
    uint32_t lines = 0;

    for (uint32_t i = 0; findings && i < findings->count; i++)
        lines += lines_of(own, picture, &findings->list[i], most);
    return lines;
}

/* As many as keep every finding visible. */
static uint32_t choose_lines(const struct findings_pane *own, const struct picture *picture)
{
    const struct frame_findings *findings = findings_of(picture);
    uint32_t most = findings && findings->count <= own->height ? LINES_MOST : 1;

    while (most > 1 && lines_of_all(own, picture, most) > own->height)
        most--;
    return most;
}

static void draw_finding(const struct findings_pane *own, const struct picture *picture,
                         const struct canvas *canvas, int line, const struct finding *finding,
                         bool selected)
{
    const int lines = (int)lines_of(own, picture, finding, own->most_lines);
    static const char *const MARKS[] = {" ", " ", "~", "!"};
    const bool ended = finding->ended_ns != 0;
    const unsigned layer = selected ? STYLE_SELECTED : 0;
    const unsigned alarm =
        (ended ? ROLE_DIM : finding_role((enum finding_severity)finding->severity)) | layer;
    const unsigned plain = (ended ? ROLE_DIM : ROLE_NORMAL) | layer;
    char text[TEXT_MAX];

    if (selected) {
        for (int i = 0; i < lines; i++)
            canvas_fill(canvas, line + i, 0, canvas->cols, plain);
        canvas_focus(canvas, line, 1);
    }
    canvas_text(canvas, line, 1, alarm | STYLE_BOLD, ended ? " " : MARKS[finding->severity]);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (own->columns[i].cells == 0)
            continue;
        cell_text(text, sizeof(text), i, finding, picture);
        draw_cell(canvas, line, lines, &own->columns[i], i == SEVERITY ? alarm : plain, text);
    }
}

static void checked_text(const struct picture *picture, struct buffer *out)
{
    const struct frame_findings *findings = findings_of(picture);
    char text[COST_TEXT_MAX];

    if (findings)
        frame_findings_summary(findings, out);
    else if (picture->frame)
        buffer_text(out, "nothing was checked in this frame");
    if (findings && findings->mono_ns < picture->frame->mono_ns) {
        text_span(text, sizeof(text), picture->frame->mono_ns - findings->mono_ns);
        buffer_printf(out, ", as of %s ago", text);
    }
    if (picture->frame && other_netns_text(&picture->frame->other_netns, text, sizeof(text)))
        buffer_printf(out, " · not looked at: %s", text);
    if (picture->frame && picture_cost_text(picture, text, sizeof(text)))
        buffer_printf(out, " · %s", text);
    if (picture->frame && picture_readings_text(picture, text, sizeof(text)))
        buffer_printf(out, " · %s", text);
}

/* Draws what was checked at the bottom, in up to CHECKED_MOST lines. Returns the lines above it. */
static int draw_checked(const struct picture *picture, const struct canvas *canvas)
{
    struct page_scroll scroll = {0};
    struct page page;
    struct buffer text;
    int rows = 0;

    buffer_init(&text);
    checked_text(picture, &text);
    const int cells = canvas->cols - 2 > 0 ? canvas->cols - 2 : 1;
    rows = text.length ? (int)lines_of_text(text.data, cells, CHECKED_MOST) : 0;
    if (rows > canvas->rows / 2)
        rows = canvas->rows / 2;
    const struct canvas part = canvas_part(canvas, canvas->rows - rows, 0, rows, canvas->cols);
    if (rows == 1) {
        canvas_field(&part, 0, 1, cells, false, ROLE_DIM, text.data);
    } else if (rows > 1) {
        page_begin(&page, &part, &scroll);
        page_paragraph(&page, 1, ROLE_DIM, text.data);
    }
    buffer_done(&text);
    return canvas->rows - rows;
}

static void findings_draw(struct pane *pane, const struct picture *picture,
                          const struct canvas *canvas)
{
    struct findings_pane *own = (struct findings_pane *)pane;
    const struct frame_findings *findings = findings_of(picture);
    const int above = draw_checked(picture, canvas);
    const uint32_t count = findings ? findings->count : 0;

    memcpy(own->columns, COLUMNS, sizeof(COLUMNS));
    const int cells = canvas->cols - FIRST_CELL - 1;
    table_layout_chosen(own->columns, COLUMN_COUNT, FIRST_CELL, cells > 0 ? cells : 0);
    table_draw_header(canvas, 0, own->columns, COLUMN_COUNT, SIZE_MAX, false);
    own->height = above > 1 ? (uint32_t)above - 1 : 1;
    table_scroll(&own->cursor, &own->top, count, own->height);
    if (count == 0 && findings)
        canvas_text(canvas, 1, FIRST_CELL, ROLE_DIM, "no findings in what was checked");
    own->most_lines = choose_lines(own, picture);
    uint32_t line = 1;
    for (uint32_t i = own->top; i < count && line <= own->height; i++) {
        draw_finding(own, picture, canvas, (int)line, &findings->list[i], i == own->cursor);
        line += lines_of(own, picture, &findings->list[i], own->most_lines);
    }
}

/* The finding at a row of the canvas. */
static bool finding_at(const struct findings_pane *own, const struct picture *picture, int row,
                       uint32_t *at)
{
    const struct frame_findings *findings = findings_of(picture);
    uint32_t line = 1;

    for (*at = own->top; findings && *at < findings->count && line <= own->height; (*at)++) {
        line += lines_of(own, picture, &findings->list[*at], own->most_lines);
        if (row > 0 && (uint32_t)row < line)
            return true;
    }
    return false;
}

/* --- keys --- */

static void go_to(struct findings_pane *own, int64_t row)
{
    const struct frame_findings *findings = findings_of(screen_picture(own->pane.screen));
    const int64_t last = findings ? (int64_t)findings->count - 1 : -1;

    if (last < 0)
        return;
    row = row > last ? last : row;
    own->cursor = row < 0 ? 0 : (uint32_t)row;
    own->selected = finding_identity(&findings->list[own->cursor]);
}

static const struct finding *findings_finding(const struct pane *pane,
                                              const struct picture *picture)
{
    const struct findings_pane *own = (const struct findings_pane *)pane;
    const struct frame_findings *findings = findings_of(picture);

    return findings && own->cursor < findings->count ? &findings->list[own->cursor] : NULL;
}

void findings_show_rows(struct screen *screen, const struct finding *finding)
{
    if (!finding->filter[0]) {
        screen_say(screen, ROLE_NOTICE, "no rows belong to this finding (i: what it means)");
        return;
    }
    if (!screen_drill(screen, VIEW_CONNECTIONS, finding->filter))
        screen_say(screen, ROLE_TROUBLE, "its rows cannot be filtered: %s", finding->filter);
}

static bool findings_command(struct pane *pane, const struct command *command)
{
    struct findings_pane *own = (struct findings_pane *)pane;
    const struct finding *finding = findings_finding(pane, screen_picture(pane->screen));
    const int64_t page = own->height > 1 ? own->height - 1 : 1;
    int64_t rows;

    if (scroll_command(command, page, &rows))
        go_to(own, (int64_t)own->cursor + rows);
    else if (command->id == COMMAND_OPEN && finding)
        findings_show_rows(pane->screen, finding);
    else if (command->id == COMMAND_INFO && finding)
        screen_open_page(pane->screen, &PANE_FINDING, finding);
    else
        return false;
    return true;
}

static bool findings_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct findings_pane *own = (struct findings_pane *)pane;
    int64_t rows;
    uint32_t at;

    (void)col;
    if (scroll_wheel(key, &rows)) {
        go_to(own, (int64_t)own->cursor + rows);
        return true;
    }
    if (key->code != KEY_CODE_MOUSE_PRESS ||
        !finding_at(own, screen_picture(pane->screen), row, &at))
        return false;
    go_to(own, at);
    pane_open_if_twice(pane->screen, key);
    return true;
}

static uint32_t findings_tab_count(const struct picture *picture)
{
    const struct frame_findings *findings = findings_of(picture);

    return findings ? findings->holding : 0;
}

static const struct pane_key KEYS_HERE[] = {{"Enter", "the rows of the finding, by its filter"},
                                            {"i", "what it means, what was ruled out, what to do"},
                                            {"F8 F9", "close its rows; signal their processes"},
                                            {NULL, NULL}};

const struct pane_ops PANE_FINDINGS = {
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = findings_open,
    .close = findings_close,
    .update = findings_update,
    .draw = findings_draw,
    .command = findings_command,
    .mouse = findings_mouse,
    .tab_count = findings_tab_count,
    .finding = findings_finding,
    .keys = KEYS_HERE,
};
