/* dialog_signal: which signal goes to which process, both chosen and confirmed here. The processes
 * were frozen before it opened; nothing moves while it is open. */
#include "core/text/text.h"
#include "ui/prompt.h"
#include "ui/screen/acts.h"
#include "ui/scroll.h"
#include "ui/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIALOG_COLS  71
#define OTHERS_SHOWN 4
#define FRAME_ROWS   3 /* edges and the line of keys */

static const struct hit_key KEYS[] = {{"Tab other process", KEY_CODE_TAB},
                                      {"Enter send", KEY_CODE_ENTER},
                                      {"Esc cancel", KEY_CODE_ESCAPE}};
#define KEY_COUNT (sizeof(KEYS) / sizeof(KEYS[0]))

struct signal_dialog {
    struct pane pane;
    struct signal_request *request;
    uint32_t at;        /* process chosen */
    uint32_t signal;    /* index in acts->signals */
    uint32_t top;       /* first signal shown */
    struct canvas list; /* of the signals, as last drawn */
    struct prompt typed;
    bool mistyped;
};

static uint32_t find_signal(const struct screen_acts *acts, const char *name)
{
    for (uint32_t i = 0; i < acts->signal_count; i++)
        if (strcmp(acts->signals[i].name, name) == 0)
            return i;
    return 0;
}

static int signal_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                       const void *argument)
{
    struct signal_dialog *dialog = calloc(1, sizeof(*dialog));
    if (!dialog)
        return -ENOMEM;
    dialog->pane = (struct pane){ops, screen};
    dialog->request = (struct signal_request *)(uintptr_t)argument; /* we own it from now on */
    if (screen_acts_outlived(screen, &dialog->request->processes[0]))
        dialog->signal = find_signal(dialog->request->acts, "KILL");
    prompt_init(&dialog->typed);
    *pane = &dialog->pane;
    return 0;
}

static void signal_close(struct pane *pane)
{
    struct signal_dialog *dialog = (struct signal_dialog *)pane;
    signal_request_free(dialog->request);
    prompt_done(&dialog->typed);
    free(dialog);
}

static void signal_update(struct pane *pane, const struct picture *picture)
{
    (void)pane;
    (void)picture;
}

static const struct acts_process *chosen(const struct signal_dialog *dialog)
{
    return &dialog->request->processes[dialog->at];
}

static bool wants_name(const struct signal_dialog *dialog)
{
    return !dialog->request->of_rows && chosen(dialog)->guard[0];
}

/* The start time distinguishes it from another process of this pid: the place is shortened first.
 */
static void draw_target(const struct signal_dialog *dialog, const struct canvas *canvas, int row)
{
    const struct act_process_facts *facts = &dialog->request->facts[dialog->at];
    char place[sizeof(facts->place) + 4];
    int col = canvas_text(canvas, row, 0, ROLE_STRONG, chosen(dialog)->name);
    col = canvas_printf(canvas, row, col, ROLE_NORMAL, "  pid %d  ", chosen(dialog)->pid);
    int cells = canvas->cols - col - (int)text_width(facts->started) - 2;
    if (cells > 1) {
        text_cut(place, sizeof(place), facts->place, (size_t)cells, "…");
        col = canvas_text(canvas, row, col, ROLE_NORMAL, place);
        col += facts->place[0] ? 2 : 0;
    }
    canvas_text(canvas, row, col, ROLE_DIM, facts->started);
}

static int draw_one(const struct signal_dialog *dialog, const struct canvas *canvas)
{
    const struct signal_request *request = dialog->request;
    const struct act_process_facts *facts = &request->facts[dialog->at];
    int row = 0;
    draw_target(dialog, canvas, row++);
    const char *const sockets = facts->sockets == 1 ? "" : "s";
    if (facts->established > 0)
        canvas_printf(canvas, row++, 0, ROLE_NORMAL,
                      "holds %u socket%s; %u established connection%s will break", facts->sockets,
                      sockets, facts->established, facts->established == 1 ? "" : "s");
    else
        canvas_printf(canvas, row++, 0, ROLE_NORMAL,
                      "holds %u socket%s; none is an established connection", facts->sockets,
                      sockets);
    size_t others = request->count - 1, shown = 0;
    for (size_t i = 0; i < request->count && shown < OTHERS_SHOWN; i++) {
        if (i == dialog->at)
            continue;
        canvas_printf(canvas, row++, 0, ROLE_NORMAL,
                      request->of_group ? "also listens there: pid %d %s (keeps running)"
                                        : "also holds this socket: pid %d %s (keeps it open)",
                      request->processes[i].pid, request->processes[i].name);
        shown++;
    }
    if (others > shown)
        canvas_printf(canvas, row++, 0, ROLE_DIM, "and %zu more", others - shown + request->more);
    return row;
}

static int draw_all(const struct signal_dialog *dialog, const struct canvas *canvas)
{
    const struct signal_request *request = dialog->request;
    int row = 0;
    canvas_printf(canvas, row++, 0, ROLE_STRONG, "%zu process%s of %zu %s",
                  request->count + request->more, request->count + request->more == 1 ? "" : "es",
                  request->rows, request->called);
    if (request->hidden > 0)
        canvas_printf(canvas, row++, 0, ROLE_NOTICE,
                      "%zu of these connections %s not shown: the "
                      "filter hides %s",
                      request->hidden, request->hidden == 1 ? "is" : "are",
                      request->hidden == 1 ? "it" : "them");
    size_t shown = 0;
    for (; shown < request->count && shown < OTHERS_SHOWN; shown++)
        canvas_printf(canvas, row++, 2, ROLE_NORMAL, "%s %d  holds %u, %u established",
                      request->processes[shown].name, request->processes[shown].pid,
                      request->facts[shown].sockets, request->facts[shown].established);
    if (request->count > shown)
        canvas_printf(canvas, row++, 2, ROLE_DIM, "and %zu more", request->count - shown);
    if (request->more > 0)
        canvas_printf(canvas, row++, 2, ROLE_NOTICE, "%zu are too many: they are left out",
                      request->more);
    return row;
}

static int draw_guard(const struct signal_dialog *dialog, const struct canvas *canvas, int row)
{
    if (!wants_name(dialog))
        return row;
    canvas_text(canvas, row++, 0, ROLE_TROUBLE, chosen(dialog)->guard);
    int col = canvas_printf(canvas, row, 0, dialog->mistyped ? ROLE_NOTICE : ROLE_NORMAL,
                            "Type \"%s\" to confirm: ", chosen(dialog)->name);
    prompt_draw(&dialog->typed, canvas, row, col, canvas->cols - col, ROLE_STRONG);
    return row + 1;
}

static void draw_signals(struct signal_dialog *dialog, const struct canvas *canvas)
{
    const struct screen_acts *acts = dialog->request->acts;
    table_scroll(&dialog->signal, &dialog->top, (uint32_t)acts->signal_count,
                 canvas->rows > 0 ? (uint32_t)canvas->rows : 1);
    for (int row = 0; row < canvas->rows; row++) {
        size_t at = dialog->top + (uint32_t)row;
        if (at >= acts->signal_count)
            break;
        unsigned layer = at == dialog->signal ? STYLE_SELECTED : 0;
        if (layer)
            canvas_focus(canvas, row, 0);
        canvas_fill(canvas, row, 0, canvas->cols, ROLE_NORMAL | layer);
        int col = canvas_printf(canvas, row, 0, ROLE_STRONG | layer, "  %2d %-5s",
                                acts->signals[at].number, acts->signals[at].name);
        canvas_text(canvas, row, col + 2, ROLE_DIM | layer, acts->signals[at].help);
    }
}

static int rows_of(const struct signal_dialog *dialog)
{
    const struct signal_request *request = dialog->request;
    int others = (int)(request->of_rows ? request->count : request->count - 1);
    int rows = FRAME_ROWS + (request->of_rows ? 1 : 2) + (int)request->acts->signal_count;
    rows += others > OTHERS_SHOWN ? OTHERS_SHOWN + 1 : others;
    rows += (request->left_out > 0) + (wants_name(dialog) ? 2 : 0);
    if (request->of_rows)
        rows += (request->hidden > 0) + (request->more > 0);
    return rows;
}

static void signal_draw(struct pane *pane, const struct picture *picture,
                        const struct canvas *canvas)
{
    struct signal_dialog *dialog = (struct signal_dialog *)pane;
    const struct signal_request *request = dialog->request;
    (void)picture;
    struct canvas box = canvas_middle(canvas, rows_of(dialog), DIALOG_COLS);
    struct canvas inside = canvas_box(&box, ROLE_BORDER, "Kill");
    int row = request->of_rows ? draw_all(dialog, &inside) : draw_one(dialog, &inside);
    if (request->left_out > 0)
        canvas_printf(&inside, row++, 0, ROLE_NOTICE, "left out: %s%s", request->why_left_out,
                      request->left_out > 1 ? ", and others" : "");
    row = draw_guard(dialog, &inside, row);
    dialog->list = canvas_part(&inside, row, 0, inside.rows - row - 1, inside.cols);
    draw_signals(dialog, &dialog->list);
    const size_t first = request->of_socket && request->count > 1 ? 0 : 1;
    hit_draw_keys(pane->screen, &inside, inside.rows - 1, inside.cols, KEYS + first,
                  KEY_COUNT - first);
}

/* Sends to all of a set, or to the chosen one. */
static void send(struct signal_dialog *dialog)
{
    struct signal_request *request = dialog->request;
    const struct acts_signal *signal = &request->acts->signals[dialog->signal];
    size_t first = request->of_rows ? 0 : dialog->at;
    size_t last = request->of_rows ? request->count : first + 1, sent = 0, failed = 0;
    struct acts_process done[ACT_PROCESSES];
    char why[ACTS_TEXT_MAX] = "", text[ACTS_TEXT_MAX];
    for (size_t i = first; i < last; i++) {
        struct acts_process *process = &request->processes[i];
        if (request->acts->signal(process, signal->number, text) == 0) {
            done[sent++] = *process;
            process->descriptor = -1;
        } else if (failed++ == 0) {
            memcpy(why, text, sizeof(why));
        }
    }
    if (sent > 0)
        screen_acts_watch(dialog->pane.screen, done, sent, signal);
    if (failed > 1)
        screen_say(dialog->pane.screen, ROLE_TROUBLE, "%s sent to %zu of %zu processes: %s",
                   signal->name, sent, last - first, why);
    else if (failed == 1)
        screen_say(dialog->pane.screen, ROLE_TROUBLE, "%s", why);
}

/* False: there is no other one. */
static bool choose_process(struct signal_dialog *dialog, int step)
{
    const struct signal_request *request = dialog->request;
    if (!request->of_socket || request->count < 2)
        return false;
    size_t count = request->count;
    dialog->at = (uint32_t)((dialog->at + count + (size_t)step) % count);
    prompt_set(&dialog->typed, "");
    dialog->mistyped = false;
    return true;
}

static void choose_signal(struct signal_dialog *dialog, int step)
{
    uint32_t count = (uint32_t)dialog->request->acts->signal_count;
    if (step < 0 ? dialog->signal > 0 : dialog->signal + 1 < count)
        dialog->signal = (uint32_t)((int)dialog->signal + step);
}

static void confirm(struct signal_dialog *dialog)
{
    if (wants_name(dialog) && strcmp(dialog->typed.text, chosen(dialog)->name) != 0) {
        dialog->mistyped = true;
        return;
    }
    send(dialog);
    screen_back(dialog->pane.screen);
}

static bool unused(struct pane *pane)
{
    screen_hold_enter(pane->screen);
    return false;
}

static bool signal_key(struct pane *pane, const struct key *key)
{
    struct signal_dialog *dialog = (struct signal_dialog *)pane;
    bool types = wants_name(dialog);
    if (key->code == KEY_CODE_ENTER)
        confirm(dialog);
    else if (key->code == KEY_CODE_ESCAPE)
        screen_back(pane->screen);
    else if (key->code == KEY_CODE_UP || (key->code == 'k' && !types))
        choose_signal(dialog, -1);
    else if (key->code == KEY_CODE_DOWN || (key->code == 'j' && !types))
        choose_signal(dialog, 1);
    else if (key->code == KEY_CODE_TAB || (key->code == KEY_CODE_RIGHT && !types))
        return choose_process(dialog, 1);
    else if (key->code == KEY_CODE_BACK_TAB || (key->code == KEY_CODE_LEFT && !types))
        return choose_process(dialog, -1);
    else if (types)
        return prompt_key(&dialog->typed, key) != PROMPT_IGNORED;
    else
        return unused(pane);
    return true;
}

/* A press chooses a signal, but sends nothing. */
static bool signal_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct signal_dialog *dialog = (struct signal_dialog *)pane;
    const int line = key->row - dialog->list.top;
    int64_t rows;
    (void)row;
    (void)col;
    if (scroll_wheel(key, &rows))
        choose_signal(dialog, rows < 0 ? -1 : 1);
    else if (key->code == KEY_CODE_MOUSE_PRESS && line >= 0 && line < dialog->list.rows &&
             dialog->top + (uint32_t)line < dialog->request->acts->signal_count)
        dialog->signal = dialog->top + (uint32_t)line;
    return true;
}

const struct pane_ops PANE_SIGNAL = {
    .title = "Kill",
    .harmful = true,
    .floating = true,
    .open = signal_open,
    .close = signal_close,
    .update = signal_update,
    .draw = signal_draw,
    .key = signal_key,
    .mouse = signal_mouse,
};
