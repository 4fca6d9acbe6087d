/* split: a summary of the connection, process or group under the cursor. */
#include "ui/split.h"

#include "core/text/text.h"
#include "ui/split_group.h"

#include <stdio.h>
#include <string.h>

#define SIDE_COLS     160 /* from this width on at the right */
#define SIDE_LEAST    64
#define SIDE_MOST     96
#define BELOW_ROWS    30 /* of the body, from this height on below */
#define BELOW_LEAST   16
#define FINDING_LINES 2
#define PLOT_LEAST    2
#define PLOT_MOST     6
#define TEXT_ROWS     24 /* of a connection, beside its plots */

/* Called with each frame while it is off: avoid clearing its models of 130 kB. */
void split_done(struct split *split)
{
    if (split->connection.serial == 0 && split->process.pid == 0 && split->drawn.rows == 0)
        return;
    connection_end(&split->connection);
    *split = (struct split){.on = split->on};
}

bool split_fits(int rows, int cols)
{
    return cols >= SIDE_COLS || rows >= BELOW_ROWS;
}

void split_needs(int around, char *out, size_t size)
{
    snprintf(out, size, "%d columns or %d rows", SIDE_COLS, BELOW_ROWS + around);
}

bool split_can_follow(const struct pane_ops *ops)
{
    return ops->selection || ops->process || ops->group;
}

static void draw_edge(const struct canvas *canvas, bool side)
{
    if (side)
        for (int row = 0; row < canvas->rows; row++)
            canvas_text(canvas, row, 0, ROLE_BORDER, "│");
    else
        for (int col = 0; col < canvas->cols; col++)
            canvas_text(canvas, 0, col, ROLE_BORDER, "─");
}

bool split_divide(const struct split *split, const struct canvas *canvas, struct canvas *rows,
                  struct canvas *part)
{
    const bool side = canvas->cols >= SIDE_COLS;
    int size;

    if (!split->on || !split_fits(canvas->rows, canvas->cols))
        return false;
    if (side) {
        size = canvas->cols * 2 / 5;
        size = size < SIDE_LEAST ? SIDE_LEAST : size > SIDE_MOST ? SIDE_MOST : size;
        *rows = canvas_part(canvas, 0, 0, canvas->rows, canvas->cols - size);
        *part = canvas_part(canvas, 0, canvas->cols - size, canvas->rows, size);
    } else {
        size = canvas->rows * 2 / 5;
        size = size < BELOW_LEAST ? BELOW_LEAST : size;
        *rows = canvas_part(canvas, 0, 0, canvas->rows - size, canvas->cols);
        *part = canvas_part(canvas, canvas->rows - size, 0, size, canvas->cols);
    }
    draw_edge(part, side);
    *part = side ? canvas_part(part, 0, 1, part->rows, part->cols - 1)
                 : canvas_part(part, 1, 0, part->rows - 1, part->cols);
    return true;
}

/* --- following --- */

static void follow_connection(struct split *split, const struct picture *picture,
                              const struct conn *conn)
{
    if (split->connection.serial != conn->serial) {
        split_done(split);
        connection_begin(&split->connection, picture, conn);
        split->connection.series.reader = SERIES_OF_SPLIT;
    }
    connection_follow(&split->connection, picture);
    const struct event_subject subject = event_subject_of_conn(&split->connection.conn);
    recent_events_read(&split->events, picture, &subject);
}

static void follow_process(struct split *split, const struct picture *picture,
                           const struct proc *proc)
{
    if (!pages_is_process(proc, &split->process)) {
        split_done(split);
        split->process = (struct process_identity){proc->host, proc->pid, proc->start_ticks};
        split->series.subject.member =
            (struct grouping_member){&GROUPING_PROCESSES, grouping_process_key(proc)};
        split->series.reader = SERIES_OF_SPLIT;
    }
    page_series_update(&split->series, picture);
    const struct event_subject subject = event_subject_of_proc(proc);
    recent_events_read(&split->events, picture, &subject);
}

static void follow_group(struct split *split, const struct picture *picture,
                         const struct grouping_member *member, const char *title)
{
    if (split->group.kind != member->kind || split->group.key != member->key) {
        split_done(split);
        split->group = *member;
        split->series.subject.member = *member;
        split->series.reader = SERIES_OF_SPLIT;
    }
    snprintf(split->title, sizeof(split->title), "%s", title);
    page_series_update(&split->series, picture);
}

void split_follow(struct split *split, const struct picture *picture, const struct pane *pane)
{
    const struct pane_ops *ops = pane->ops;
    struct grouping_member member;
    char title[sizeof(split->title)];

    if (!split->on || !picture->frame)
        return;
    const struct proc *proc = ops->process ? ops->process(pane, picture) : NULL;
    const struct conn *conn = !proc && ops->selection ? ops->selection(pane, picture) : NULL;
    if (conn)
        follow_connection(split, picture, conn);
    else if (proc)
        follow_process(split, picture, proc);
    else if (ops->group && ops->group(pane, picture, &member, title, sizeof(title)))
        follow_group(split, picture, &member, title);
    else
        split_done(split);
}

void split_wish(const struct split *split, struct wish *wish)
{
    if (!split->on || split->connection.serial == 0 || split->connection.ended)
        return;
    wish->page.cookie = split->connection.conn.cookie;
    wish->page.netns = split->connection.conn.netns;
}

/* --- drawing --- */

static int plot_rows(const struct canvas *canvas)
{
    const int rows = (canvas->rows - TEXT_ROWS) / 4 * 2;
    return rows < PLOT_LEAST ? PLOT_LEAST : rows > PLOT_MOST ? PLOT_MOST : rows;
}

static void draw_connection(const struct split *split, const struct picture *picture,
                            struct page *text)
{
    const struct connection_model *model = &split->connection;
    const struct column_context context = connection_context(model, picture);

    connection_draw_ends(model, &context, text);
    connection_draw_findings(model, picture, FINDING_LINES, text);
    if (connection_carries(&model->conn)) {
        connection_draw_plots(model, &context, picture, plot_rows(text->canvas), text);
        connection_draw_held(model, text);
    }
    connection_draw_lifeline(model, picture, text);
    connection_draw_owner(&context, &model->conn, text);
    connection_draw_settings(&context, &model->conn, text);
}

static void draw_process_findings(const struct picture *picture, const struct proc *proc,
                                  struct page *text)
{
    const struct frame_findings *findings = picture->frame->findings;
    int left = FINDING_LINES;

    for (uint32_t i = 0; findings && i < findings->holding && left > 0; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->severity < SEVERITY_WARNING || finding->subject.pid != proc->pid ||
            (finding->subject.start_ticks && finding->subject.start_ticks != proc->start_ticks))
            continue;
        connection_draw_finding(finding, text);
        left--;
    }
}

static void draw_process(const struct split *split, const struct picture *picture,
                         const struct proc *proc, struct page *text)
{
    const struct frame *frame = picture->frame;
    const char *user =
        proc->uid == UINT32_MAX ? NULL : frame_host_user_name(frame, proc->host, proc->uid);
    char words[32];

    page_printf(text, ROLE_STRONG, "%s %d", proc->comm, proc->pid);
    text->col += 2;
    page_printf(text, ROLE_NORMAL, "%s", user ? user : "");
    if (proc->group < frame->group_count)
        page_printf(text, ROLE_NORMAL, "  %s  %s", frame->groups[proc->group].unit,
                    frame->groups[proc->group].container);
    page_line(text);
    page_paragraph(text, 1, ROLE_DIM, proc->command_line[0] ? proc->command_line : proc->exe);
    draw_process_findings(picture, proc, text);
    if (proc->start_ns) {
        text_age(words, sizeof(words), picture->context.now_ns - proc->start_ns);
        page_item(text, 1, "age", ROLE_NORMAL, words);
    }
    snprintf(words, sizeof(words), "%u", proc->sockets);
    page_item(text, 1, "sockets", ROLE_NORMAL, words);
    page_line(text);
    connection_draw_rates(&split->series.series, picture, plot_rows(text->canvas), text);
}

static void draw_group(const struct split *split, const struct picture *picture, struct page *text)
{
    page_text(text, ROLE_STRONG, split->title);
    page_line(text);
    struct split_group group = split_group_count(&split->group, picture);
    split_group_draw_states(&group, text);
    connection_draw_rates(&split->series.series, picture, plot_rows(text->canvas), text);
    page_line(text);
    split_group_draw_rows(&group, picture, text);
}

static void draw_events(const struct split *split, const struct picture *picture, struct page *text)
{
    if (split->events.count == 0)
        return;
    page_line(text);
    page_text(text, ROLE_ACCENT, "last events");
    page_line(text);
    recent_events_draw(&split->events, picture, text->canvas, text->row);
}

void split_draw(struct split *split, const struct picture *picture, const struct canvas *canvas)
{
    static const struct page_scroll top = {0};
    struct page text;

    if (!picture->frame)
        return;
    split->drawn = *canvas;
    page_begin(&text, canvas, &top);
    const struct proc *proc =
        split->process.pid
            ? frame_find_host_proc(picture->frame, split->process.host, split->process.pid)
            : NULL;
    if (split->connection.serial)
        draw_connection(split, picture, &text);
    else if (proc)
        draw_process(split, picture, proc, &text);
    else if (split->group.kind)
        draw_group(split, picture, &text);
    else
        page_text(&text, ROLE_DIM, "no row is under the cursor");
    if (split->connection.serial || proc)
        draw_events(split, picture, &text);
}
