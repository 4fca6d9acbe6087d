/* Processes: what each of them carries. */
#include "core/text/text.h"
#include "ui/group/pane.h"
#include "ui/pages.h"

#include <stdio.h>

static void process_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    const struct proc *proc = group_proc(picture, row);

    snprintf(out, size, "%s", proc ? proc->comm : owner_word_name(row->owner_word));
}

static const struct group_fact PROCESS = {
    .title = "PROCESS", .help = "name of the process, or why there is none", .text = process_text};

static uint64_t pid_key(const struct picture *picture, const struct grouping_row *row)
{
    const struct proc *proc = group_proc(picture, row);
    return proc ? (uint64_t)proc->pid : UINT64_MAX;
}

static void pid_text(const struct picture *picture, const struct grouping_row *row, char *out,
                     size_t size)
{
    const struct proc *proc = group_proc(picture, row);
    if (proc)
        snprintf(out, size, "%d", proc->pid);
    else
        snprintf(out, size, "%s", "–");
}

static const struct group_fact PID = {
    .title = "PID", .help = "process id", .right = true, .key = pid_key, .text = pid_text};

static uint64_t held_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->rows - row->before;
}

static void held_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    text_count(out, size, held_key(picture, row));
}

static const struct group_fact HELD = {.title = "CONNS",
                                       .help = "sockets that it holds, listening ones too",
                                       .right = true,
                                       .descending = true,
                                       .key = held_key,
                                       .text = held_text};

static uint64_t before_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->before;
}

static void before_text(const struct picture *picture, const struct grouping_row *row, char *out,
                        size_t size)
{
    text_count(out, size, before_key(picture, row));
}

static const struct group_fact BEFORE = {.title = "BEFORE",
                                         .help =
                                             "connections that it held before, mostly TIME-WAIT",
                                         .right = true,
                                         .descending = true,
                                         .key = before_key,
                                         .text = before_text};

static void command_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    const struct proc *proc = group_proc(picture, row);
    const char *known = proc && proc->exe ? proc->exe : "";

    if (picture->context.with_args && proc && proc->command_line && proc->command_line[0])
        known = proc->command_line;

    text_cut(out, size, known, size - 1, "…");
}

static const struct group_fact COMMAND = {
    .title = "COMMAND", .help = "its executable; key A: with arguments", .text = command_text};

static const struct group_column COLUMNS[] = {
    {&PROCESS, .width = 18, .min_width = 8, .grow = 2},
    {&PID, .width = 7},
    {&GROUP_USER, .width = 10, .min_width = 6, .grow = 1, .leave = 5},
    {&GROUP_UNIT, .width = 21, .min_width = 8, .grow = 2, .leave = 8},
    {&HELD, .width = 6},
    {&GROUP_ESTABLISHED, .width = 6, .leave = 3},
    {&GROUP_LISTENING, .width = 6, .leave = 6},
    {&GROUP_CLOSE_WAIT, .width = 7, .leave = 4},
    {&GROUP_TIME_WAIT, .width = 6, .leave = 9},
    {&GROUP_IN, .width = 5, .leave = 1},
    {&GROUP_OUT, .width = 5, .leave = 1},
    {&GROUP_RETRANSMITTED_SHARE, .width = 6, .leave = 7},
    {&BEFORE, .width = 6, .leave = 12},
    {&GROUP_RETRANSMITTED, .width = 8, .leave = 11},
    {&GROUP_OPENED, .width = 5, .leave = 2},
    {&GROUP_OLDEST, .width = 6, .leave = 10},
    {&COMMAND, .width = 24, .min_width = 12, .grow = 3, .leave = 8},
};

/* If the process is unknown, opens the rows of the group. */
static void process_open(struct screen *screen, const struct grouping_row *row)
{
    if (row->proc != CONN_NO_INDEX)
        pages_open_process(screen, &screen_picture(screen)->frame->procs[row->proc]);
    else
        group_open_members(screen, &GROUPING_PROCESSES, row);
}

static bool is_subject(const struct picture *picture, const struct grouping_row *row,
                       const struct finding_subject *subject)
{
    const struct frame *frame = picture->frame;

    return row->proc < frame->proc_count && subject->pid == frame->procs[row->proc].pid &&
           subject->start_ticks == frame->procs[row->proc].start_ticks &&
           frame_host_number(frame, subject->netns) == frame->procs[row->proc].host;
}

const struct group_view GROUP_PROCESSES = {
    .kind = &GROUPING_PROCESSES,
    .columns = COLUMNS,
    .count = sizeof COLUMNS / sizeof *COLUMNS,
    .sort = 4,
    .needs = NEED_OWNER | NEED_GROUP | NEED_PROCESS_USER | NEED_EXECUTABLE,
    .trees = true,
    .empty = "no process holds a TCP socket",
    .is_subject = is_subject,
    .process = group_proc,
    .open = process_open,
};

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "the page of the process, with its connections"},
    {"t", "toggle tree / list (@ goes to a time)"},
    {"Space", "fold / unfold a tree; its first row is the sum"},
    {"F9", "signal the process"},
    {NULL, NULL}};

const struct pane_ops PANE_PROCESSES = GROUP_PANE_WITH(&GROUP_PROCESSES, .open = group_pane_open,
                                                       .keys = KEYS_HERE, .key = group_pane_key);
