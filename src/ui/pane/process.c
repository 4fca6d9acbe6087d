/* pane_process: the page of one process: its facts, ancestors, traffic and connections. Stays open
 * after the process has exited, and says so. */
#include "core/text/text.h"
#include "ui/conn_table.h"
#include "ui/page_series.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANCESTORS_MAX 16
#define SPARK_CELLS   18
#define HEAD_ROWS     5 /* at most; the table has at least three */
#define TABLE_ROWS    3

struct process_page {
    struct pane pane;
    struct process_identity identity;
    struct frame *frame; /* the last one that has the process: kept for when it has exited */
    bool exited;
    struct grouping_member member;
    struct conn_table table;
    struct page_series series;
    struct grouping_row sums; /* of its sockets */
    uint64_t sampled;         /* number of the frame counted last */
    int head;                 /* rows above the table, as drawn last */
};

static int process_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                        const void *argument)
{
    struct process_page *page = calloc(1, sizeof(*page));
    if (!page)
        return -ENOMEM;
    page->pane = (struct pane){ops, screen};
    page->identity = *(const struct process_identity *)argument;
    page->member = (struct grouping_member){
        &GROUPING_PROCESSES,
        grouping_process_key(&(struct proc){.host = page->identity.host,
                                            .pid = page->identity.pid,
                                            .start_ticks = page->identity.start_ticks})};
    page->series.subject.member = page->member;
    page->frame = frame_reference(screen_picture(screen)->frame);
    const int error = conn_table_init(&page->table, screen_settings(screen));
    if (error) {
        PANE_PROCESS.close(&page->pane);
        return error;
    }
    *pane = &page->pane;
    return 0;
}

static void process_close(struct pane *pane)
{
    struct process_page *page = (struct process_page *)pane;
    frame_release(page->frame);
    conn_table_done(&page->table);
    free(page);
}

static const struct proc *find(const struct frame *frame, const struct process_identity *identity)
{
    const struct proc *proc =
        frame ? frame_find_host_proc(frame, identity->host, identity->pid) : NULL;
    return pages_is_process(proc, identity) ? proc : NULL;
}

static void count_frame(struct process_page *page, const struct picture *picture)
{
    const struct frame *frame = picture->frame;
    if (page->sampled == frame->number)
        return;
    page->sums = (struct grouping_row){0};
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->owner_word != OWNER_PROCESS ||
            !grouping_accepts(&page->member, &picture->context, conn))
            continue;
        grouping_count_row(&page->sums, &picture->context, conn);
    }
    for (uint32_t i = 0; i < frame->flow_count; i++) {
        const struct conn *flow = &frame->flows[i].conn;
        if (grouping_accepts(&page->member, &picture->context, flow))
            grouping_count_flow(&page->sums, flow);
    }
    page->sampled = frame->number;
}

static void process_update(struct pane *pane, const struct picture *picture)
{
    struct process_page *page = (struct process_page *)pane;
    conn_table_update(&page->table, picture, grouping_accepts, &page->member);
    if (!picture->frame)
        return;
    page_series_update(&page->series, picture);
    const struct proc *proc = find(picture->frame, &page->identity);
    page->exited = !proc || proc->gone;
    if (page->exited)
        return;
    frame_release(page->frame);
    page->frame = frame_reference(picture->frame);
    count_frame(page, picture);
}

static void draw_identity(const struct process_page *page, const struct proc *proc,
                          struct page *text)
{
    const struct frame *frame = page->frame;
    const char *user =
        proc->uid == UINT32_MAX ? NULL : frame_host_user_name(frame, proc->host, proc->uid);
    const struct group *group =
        proc->group < frame->group_count ? &frame->groups[proc->group] : NULL;
    page_text(text, ROLE_STRONG, proc->comm);
    page_printf(text, ROLE_NORMAL, "  pid %d", proc->pid);
    if (user)
        page_printf(text, ROLE_NORMAL, "  %s", user);
    else if (proc->uid != UINT32_MAX)
        page_printf(text, ROLE_NORMAL, "  uid %u", proc->uid);
    if (group && group->unit[0])
        page_printf(text, ROLE_NORMAL, "  %s", group->unit);
    if (group) {
        page_text(text, ROLE_DIM, "  container ");
        page_text(text, ROLE_NORMAL, group->container[0] ? group->container : "–");
    }
    if (page->exited)
        page_right(text, ROLE_CLOSED, "it has exited");
    page_line(text);
}

static void draw_command(const struct picture *picture, const struct proc *proc, struct page *text)
{
    char clock[PAGE_MOMENT_MAX], age[16], started[64] = "", line[512];
    const char *command = proc->command_line[0] ? proc->command_line : proc->exe;
    if (proc->start_ns) {
        page_moment(clock, proc->start_ns, picture->context.now_ns, false);
        text_age(age, sizeof(age), picture->context.now_ns - proc->start_ns);
        snprintf(started, sizeof(started), "started %s (%s ago)", clock, age);
    }
    int cells = text->canvas->cols - 5 - (int)text_width(started);
    if (cells > 8) {
        text_cut(line, sizeof(line), command, (size_t)cells, "…");
        page_text(text, ROLE_NORMAL, line);
    }
    page_right(text, ROLE_DIM, started);
    page_line(text);
}

/* "init 1 ▸ systemd 1 ▸ java 2210": as far as they are known. */
static void ancestors_text(const struct frame *frame, const struct proc *proc, char *out,
                           size_t size)
{
    const struct proc *line[ANCESTORS_MAX];
    size_t count = 0, length = 0;
    for (; proc && count < ANCESTORS_MAX;
         proc = frame_find_host_proc(frame, proc->host, proc->parent)) {
        line[count++] = proc;
        if (proc->parent <= 0)
            break;
    }
    out[0] = '\0';
    for (size_t i = count; i > 0 && length + 1 < size; i--) {
        snprintf(out + length, size - length, "%s%s %d", length ? " ▸ " : "", line[i - 1]->comm,
                 line[i - 1]->pid);
        length = strlen(out);
    }
}

static void draw_facts(const struct process_page *page, const struct proc *proc, struct page *text)
{
    char words[32], ancestors[600];
    if (proc->cpu_permille != UINT32_MAX) {
        snprintf(words, sizeof(words), "%u.%u%%", proc->cpu_permille / 10, proc->cpu_permille % 10);
        page_item(text, 1, "cpu", ROLE_STRONG, words);
    }
    if (proc->memory_bytes) {
        page_bytes(words, sizeof(words), proc->memory_bytes);
        page_item(text, 1, "mem", ROLE_NORMAL, words);
    }
    const struct {
        const char *label;
        uint32_t value;
    } counts[] = {{"threads", proc->threads}, {"files", proc->files}, {"sockets", page->sums.rows}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (!counts[i].value)
            continue;
        snprintf(words, sizeof(words), "%u", counts[i].value);
        page_item(text, 1, counts[i].label, ROLE_NORMAL, words);
    }
    ancestors_text(page->frame, proc, ancestors, sizeof(ancestors));
    if (text->col + (int)text_width(ancestors) >= text->canvas->cols)
        page_line(text);
    page_text(text, ROLE_DIM, ancestors);
    page_line(text);
}

/* Shows since when CLOSE-WAIT has been growing. */
static void draw_close_wait(const struct process_page *page, const struct picture *picture,
                            struct page *text)
{
    const struct grouping_row *sums = &page->sums;
    const bool grows = grouping_close_wait_grows(sums);
    char count[16], since[16];
    if (!sums->close_wait)
        return;
    snprintf(count, sizeof(count), "%u", sums->close_wait);
    page_item(text, 1, "CLOSE-WAIT", grows ? ROLE_TROUBLE : ROLE_NORMAL, count);
    if (!grows)
        return;
    text_span(since, sizeof(since), picture->context.now_ns - sums->close_wait_since_ns);
    text->col -= PAGE_ITEM_GAP;
    page_printf(text, ROLE_TROUBLE, ", growing for %s%s", sums->close_wait_older ? "over " : "",
                since);
}

static void draw_flow(const struct process_page *page, const struct picture *picture,
                      struct page *text)
{
    char words[32];
    page_text(text, ROLE_DIM, "in  ");
    page_series_spark(text, SPARK_CELLS, ROLE_IN, &page->series, SERIES_IN);
    page_rate(words, sizeof(words), page->sums.in_bytes_per_s);
    page_printf(text, ROLE_STRONG, " %9s", words);
    page_text(text, ROLE_DIM, "   out ");
    page_series_spark(text, SPARK_CELLS, ROLE_OUT, &page->series, SERIES_OUT);
    page_rate(words, sizeof(words), page->sums.out_bytes_per_s);
    page_printf(text, ROLE_STRONG, " %9s   ", words);
    draw_close_wait(page, picture, text);
    page_line(text);
}

static void process_draw(struct pane *pane, const struct picture *picture,
                         const struct canvas *canvas)
{
    struct process_page *page = (struct process_page *)pane;
    const struct proc *proc = find(page->frame, &page->identity);
    const struct page_scroll top = {0};
    struct page text;
    int room = canvas->rows - TABLE_ROWS;
    struct canvas head =
        canvas_part(canvas, 0, 0, room < HEAD_ROWS ? room : HEAD_ROWS, canvas->cols);
    page_begin(&text, &head, &top);
    if (proc) {
        draw_identity(page, proc, &text);
        draw_command(picture, proc, &text);
        draw_facts(page, proc, &text);
        draw_flow(page, picture, &text);
    } else {
        page_printf(&text, ROLE_NOTICE, "pid %d: not read yet", page->identity.pid);
        page_line(&text);
    }
    page->head = text.row < head.rows ? text.row : head.rows;
    struct canvas rows =
        canvas_part(canvas, page->head, 0, canvas->rows - page->head, canvas->cols);
    conn_table_draw(&page->table, picture, &rows);
}

static bool process_command(struct pane *pane, const struct command *command)
{
    return conn_table_command(&((struct process_page *)pane)->table, pane->screen, command);
}

static bool process_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct process_page *page = (struct process_page *)pane;
    if (row < page->head && key->code == KEY_CODE_MOUSE_PRESS)
        return false;
    return conn_table_mouse(&page->table, pane->screen, key, row - page->head, col);
}

static uint32_t process_needs(const struct pane *pane)
{
    const struct process_page *page = (const struct process_page *)pane;
    return conn_table_needs(&page->table) | NEED_OWNER | NEED_PROCESS | NEED_GROUP |
           NEED_EVERY_ROW; /* sums and graphs */
}

static void process_seen(const struct pane *pane, const struct picture *picture, struct wish *wish)
{
    conn_table_seen(&((const struct process_page *)pane)->table, picture, wish);
}

static void process_wish(const struct pane *pane, struct wish *wish)
{
    wish->page_pid = ((const struct process_page *)pane)->identity.pid;
}

static const struct conn *process_selection(const struct pane *pane, const struct picture *picture)
{
    return conn_table_selection(&((const struct process_page *)pane)->table, picture);
}

static const struct proc *process_process(const struct pane *pane, const struct picture *picture)
{
    const struct process_page *page = (const struct process_page *)pane;
    const struct proc *proc = find(picture->frame, &page->identity);
    return proc && !proc->gone ? proc : NULL;
}

static bool process_help(const struct pane *pane, size_t n, const char **title, const char **help)
{
    return list_help(&((const struct process_page *)pane)->table.list, n, title, help);
}

const struct pane_ops PANE_PROCESS = {
    .title = "Process",
    .lacks = COMMAND_CHOICE,
    .open = process_open,
    .close = process_close,
    .update = process_update,
    .draw = process_draw,
    .command = process_command,
    .mouse = process_mouse,
    .needs = process_needs,
    .seen = process_seen,
    .wish = process_wish,
    .selection = process_selection,
    .process = process_process,
    .keys = CONN_TABLE_KEYS,
    .column_help = process_help,
};
