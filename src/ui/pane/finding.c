/* One finding: its meaning, its evidence, what was ruled out, what to do. */
#include "core/text/text.h"
#include "ui/finding_marks.h"
#include "ui/page.h"
#include "ui/pane/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_CELL 12 /* behind the labels */

struct finding_page {
    struct pane pane;
    struct page_scroll scroll;
    struct finding finding; /* as last shown */
    bool is_there;
};

static int finding_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                        const void *argument)
{
    struct finding_page *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->pane = (struct pane){ops, screen};
    made->finding = *(const struct finding *)argument;
    made->is_there = true;
    *pane = &made->pane;
    return 0;
}

static void finding_close(struct pane *pane)
{
    free(pane);
}

static bool is_same(const struct finding *one, const struct finding *other)
{
    struct finding left = *one, right = *other;

    if (left.ended_ns == 0 || right.ended_ns == 0)
        left.ended_ns = right.ended_ns = 0; /* ignore whether it ended */
    return finding_identity(&left) == finding_identity(&right);
}

/* Updates it from this picture; if it is missing, it stays unchanged. */
static void finding_update(struct pane *pane, const struct picture *picture)
{
    struct finding_page *own = (struct finding_page *)pane;
    const struct frame_findings *findings = picture->frame ? picture->frame->findings : NULL;

    own->is_there = false;
    for (uint32_t i = 0; findings && i < findings->count && !own->is_there; i++) {
        own->is_there = is_same(&findings->list[i], &own->finding);
        if (own->is_there)
            own->finding = findings->list[i];
    }
}

static void put_label(struct page *page, const char *label)
{
    page_text(page, ROLE_DIM, label);
    page->col = TEXT_CELL;
}

static void put(struct page *page, const char *label, const char *text)
{
    put_label(page, label);
    page_paragraph(page, TEXT_CELL, ROLE_NORMAL, text);
}

static void put_all(struct page *page, const char *label, const char *const *texts)
{
    for (int i = 0; i < LOOKALIKES_MAX && texts[i]; i++)
        put(page, label, texts[i]);
}

static void put_head(struct page *page, const struct finding *finding, bool is_there)
{
    const enum finding_severity severity = (enum finding_severity)finding->severity;
    const bool over = finding->ended_ns || !is_there;

    page_text(page, over ? ROLE_DIM : finding_role(severity), severity_name(severity));
    page->col = TEXT_CELL;
    page_paragraph(page, TEXT_CELL, over ? ROLE_DIM : ROLE_STRONG, finding->title);
    if (!is_there)
        put(page, "", "not found in this frame: shown as last seen");
    page_line(page);
}

static void put_since(struct page *page, const struct finding *finding, int64_t now_ns)
{
    const int64_t until_ns = finding->ended_ns ? finding->ended_ns : now_ns;
    char clock[PAGE_MOMENT_MAX], ended[PAGE_MOMENT_MAX], age[16];

    put_label(page, "since");
    page_moment(clock, finding->since_ns, now_ns, false);
    text_age(age, sizeof(age), until_ns - finding->since_ns);
    page_printf(page, ROLE_NORMAL, "%s%s", finding->since_least ? "before " : "", clock);
    if (finding->ended_ns) {
        page_moment(ended, finding->ended_ns, now_ns, false);
        page_printf(page, ROLE_NORMAL, " until %s", ended);
    }
    page_printf(page, ROLE_DIM, "  (%s%s)", finding->since_least ? "at least " : "", age);
    page_line(page);
}

static void put_because(struct page *page, const struct finding *finding,
                        const struct frame_findings *findings)
{
    for (int i = 0; findings && i < BECAUSE_MAX && finding->because[i]; i++) {
        const struct finding *cause = frame_findings_by_id(findings, finding->because[i]);
        if (cause)
            put(page, "because", cause->title);
    }
}

static void put_evidence(struct page *page, const struct finding *finding)
{
    struct buffer text;

    buffer_init(&text);
    finding_evidence_text(&text, finding, false);
    if (finding->window_ns)
        buffer_printf(&text, "; over %.0f s", (double)finding->window_ns / 1e9);
    if (text.length)
        put(page, "evidence", text.data);
    buffer_done(&text);
}

static void finding_draw(struct pane *pane, const struct picture *picture,
                         const struct canvas *canvas)
{
    struct finding_page *own = (struct finding_page *)pane;
    const struct finding *finding = &own->finding;
    const struct frame_findings *findings = picture->frame ? picture->frame->findings : NULL;
    char subject[SUBJECT_TEXT_MAX + 80];
    struct page page;

    page_begin(&page, canvas, &own->scroll);
    put_head(&page, finding, own->is_there);
    findings_subject_text(subject, sizeof(subject), finding);
    put(&page, "subject", subject);
    put_since(&page, finding, picture->context.now_ns);
    if (own->is_there)
        put_because(&page, finding, findings);
    put_evidence(&page, finding);
    put(&page, "certainty", confidence_name((enum finding_confidence)finding->confidence));
    page_line(&page);
    put(&page, "means", finding->detector->meaning);
    put_all(&page, "it is not", finding->ruled_out);
    put_all(&page, "may be", finding->open);
    page_line(&page);
    put_all(&page, "do", finding->advice);
    put_all(&page, "do", finding->detector->advice);
    page_line(&page);
    if (finding->filter[0])
        put(&page, "rows", finding->filter);
    put(&page, "detector", finding->detector->id);
    put(&page, "proof", finding->detector->proof);
    page_end(&page, &own->scroll);
}

static const struct finding *finding_finding(const struct pane *pane, const struct picture *picture)
{
    const struct finding_page *own = (const struct finding_page *)pane;

    (void)picture;
    return own->is_there ? &own->finding : NULL;
}

static bool finding_command(struct pane *pane, const struct command *command)
{
    struct finding_page *own = (struct finding_page *)pane;

    if (page_scroll_command(&own->scroll, command))
        return true;
    if (command->id == COMMAND_OPEN)
        findings_show_rows(pane->screen, &own->finding);
    else if (command->id == COMMAND_INFO)
        screen_back(pane->screen);
    else
        return false;
    return true;
}

static bool finding_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    (void)row;
    (void)col;
    return page_scroll_mouse(&((struct finding_page *)pane)->scroll, key);
}

const struct pane_ops PANE_FINDING = {
    .title = "Finding",
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = finding_open,
    .close = finding_close,
    .update = finding_update,
    .draw = finding_draw,
    .command = finding_command,
    .mouse = finding_mouse,
    .finding = finding_finding,
};
