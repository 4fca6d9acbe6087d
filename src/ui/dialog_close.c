/* dialog_close: confirms closing one connection or all of a set. Closes the frozen rows, by cookie;
 * nothing moves while it is open. */
#include "core/text/text.h"
#include "ui/prompt.h"
#include "ui/screen/acts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIALOG_COLS 71
#define ROWS_SHOWN  8
#define FRAME_ROWS  3  /* edges and the line of keys */
#define BESIDE_ENDS 18 /* edges, state and separators */
#define WORD        "close"
#define LINE_MAX    320

static const struct hit_key KEYS[] = {{"Enter close", KEY_CODE_ENTER},
                                      {"Esc cancel", KEY_CODE_ESCAPE}};

struct close_dialog {
    struct pane pane;
    struct close_request *request;
    struct prompt typed;
    bool mistyped;
};

static int close_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                      const void *argument)
{
    struct close_dialog *dialog = calloc(1, sizeof(*dialog));
    if (!dialog)
        return -ENOMEM;
    dialog->pane = (struct pane){ops, screen};
    dialog->request = (struct close_request *)(uintptr_t)argument; /* we own it from now on */
    prompt_init(&dialog->typed);
    *pane = &dialog->pane;
    return 0;
}

static void close_close(struct pane *pane)
{
    struct close_dialog *dialog = (struct close_dialog *)pane;
    close_request_free(dialog->request);
    prompt_done(&dialog->typed);
    free(dialog);
}

static void close_update(struct pane *pane, const struct picture *picture)
{
    (void)pane;
    (void)picture;
}

static struct column_context context_of(const struct close_dialog *dialog,
                                        const struct picture *picture)
{
    struct column_context context = picture->context;
    context.frame = dialog->request->frame;
    return context;
}

static void holders_text(const struct column_context *context, const struct conn *conn, char *out,
                         size_t size)
{
    column_format(column_find("owners", 6), context, conn, out, size);
    if (!out[0])
        column_format(column_find("process", 7), context, conn, out, size);
}

/* Of the rest, and of what is no socket any more, the kernel sends nothing (tcp_abort, Linux 6.18). */
static bool sends_reset(const struct conn *conn)
{
    const uint32_t states = STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT) |
                            STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2);

    return (states & STATE_BIT(conn->state)) &&
           (conn->state != STATE_FIN_WAIT_2 || (conn->known & KNOWN_INODE));
}

static const char *consequence_of_row(const struct conn *conn)
{
    if (conn->state == STATE_LISTEN)
        return "Accepted connections stay open; those that wait are reset.";
    if (conn->state == STATE_TIME_WAIT)
        return "It only waits for late segments; the kernel removes it.";
    if (conn->state == STATE_SYN_SENT)
        return "Its connect() fails with ECONNABORTED; nothing is sent to the peer.";
    if (!sends_reset(conn))
        return "The kernel forgets it; nothing is sent to the peer.";
    if (conn->owner_word == OWNER_PROCESS)
        return "The peer gets a reset; the process sees ECONNABORTED and runs on.";
    return "The peer gets a reset.";
}

/* What closing it means. */
static void consequence(const struct close_request *request, const struct conn *conn,
                        char out[LINE_MAX])
{
    char subflow[CONN_SUBFLOW_MAX];
    conn_subflow_text(conn, frame_detail(request->frame, conn), subflow);
    if (subflow[0])
        snprintf(out, LINE_MAX, "Closes %s.", subflow);
    else
        snprintf(out, LINE_MAX, "%s", consequence_of_row(conn));
}

static int draw_one(const struct column_context *context, const struct close_request *request,
                    const struct canvas *canvas)
{
    const struct conn *conn = &request->conns[0];
    char text[LINE_MAX];
    int row = 0;
    act_ends_text(context, conn, text, sizeof(text));
    int col = canvas_text(canvas, row, 0, ROLE_STRONG, text);
    canvas_text(canvas, row++, col + 2, (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role,
                TCP_STATES[conn->state].short_name);
    holders_text(context, conn, text, sizeof(text));
    canvas_field(canvas, row++, 0, canvas->cols, false, ROLE_NORMAL, text);
    consequence(request, conn, text);
    canvas_text(canvas, row++, 0, ROLE_NORMAL, text);
    return row;
}

static size_t count_subflows(const struct close_request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->count; i++)
        count += (request->conns[i].known & KNOWN_SUBFLOW) != 0;
    return count;
}

static size_t count_resets(const struct close_request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->count; i++)
        count += sends_reset(&request->conns[i]);
    return count;
}

static int draw_many(const struct column_context *context, const struct close_request *request,
                     const struct canvas *canvas)
{
    char ends[LINE_MAX], holders[LINE_MAX];
    int row = 0;
    if (request->hidden > 0)
        canvas_printf(canvas, row++, 0, ROLE_NOTICE,
                      "the first %zu %s hidden by the filter:", request->hidden,
                      request->hidden == 1 ? "is" : "are");
    size_t shown = 0;
    for (; shown < request->count && shown < ROWS_SHOWN; shown++) {
        const struct conn *conn = &request->conns[shown];
        act_ends_text(context, conn, ends, sizeof(ends));
        holders_text(context, conn, holders, sizeof(holders));
        int col = canvas_printf(canvas, row, 0, shown < request->hidden ? ROLE_NOTICE : ROLE_NORMAL,
                                "%-10s %s  ", TCP_STATES[conn->state].short_name, ends);
        canvas_field(canvas, row++, col, canvas->cols - col, false, ROLE_DIM, holders);
    }
    if (request->count > shown)
        canvas_printf(canvas, row++, 0, ROLE_DIM, "and %zu more", request->count - shown);
    const size_t resets = count_resets(request);
    if (resets == request->count)
        canvas_text(canvas, row++, 0, ROLE_NORMAL,
                    "Their peers get resets; the processes keep running.");
    else
        canvas_printf(canvas, row++, 0, ROLE_NORMAL,
                      "%zu peer%s a reset; the processes keep running.", resets,
                      resets == 1 ? " gets" : "s get");
    const size_t subflows = count_subflows(request);
    if (subflows > 0)
        canvas_printf(canvas, row++, 0, ROLE_NORMAL, "%zu %s of MPTCP: %s.", subflows,
                      subflows == 1 ? "is a subflow" : "are subflows",
                      subflows == 1 ? "that connection stays" : "those connections stay");
    return row;
}

static int draw_guard(const struct close_dialog *dialog, const struct canvas *canvas, int row)
{
    const struct close_request *request = dialog->request;
    if (!request->guard[0])
        return row;
    if (request->count > 1)
        canvas_printf(canvas, row++, 0, ROLE_TROUBLE, "of %zu of them: %s", request->guarded,
                      request->guard);
    else
        canvas_text(canvas, row++, 0, ROLE_TROUBLE, request->guard);
    int col = canvas_printf(canvas, row, 0, dialog->mistyped ? ROLE_NOTICE : ROLE_NORMAL,
                            "Type \"%s\" to confirm: ", WORD);
    prompt_draw(&dialog->typed, canvas, row, col, canvas->cols - col, ROLE_STRONG);
    return row + 1;
}

static int rows_of(const struct close_request *request)
{
    int rows = FRAME_ROWS + (request->guard[0] ? 2 : 0) + (request->left_out > 0);
    if (request->count == 1)
        return rows + 3;
    size_t shown = request->count < ROWS_SHOWN ? request->count : ROWS_SHOWN + 1;
    return rows + (int)shown + 1 + (request->hidden > 0) + (count_subflows(request) > 0);
}

/* Wide enough for both ends and what follows: two IPv6 addresses are the widest, and a truncated
 * port would mean another connection. */
static int cols_of(const struct column_context *context, const struct close_request *request)
{
    char ends[LINE_MAX];
    int cols = DIALOG_COLS;
    for (size_t i = 0; i < request->count && i < ROWS_SHOWN; i++) {
        act_ends_text(context, &request->conns[i], ends, sizeof(ends));
        int wide = (int)text_width(ends) + BESIDE_ENDS;
        cols = wide > cols ? wide : cols;
    }
    return cols;
}

static void close_draw(struct pane *pane, const struct picture *picture,
                       const struct canvas *canvas)
{
    struct close_dialog *dialog = (struct close_dialog *)pane;
    const struct close_request *request = dialog->request;
    const struct column_context context = context_of(dialog, picture);
    char title[64] = "Close connection";
    if (request->count > 1)
        snprintf(title, sizeof(title), "Close %zu connections", request->count);
    else if (request->conns[0].state == STATE_LISTEN)
        snprintf(title, sizeof(title), "Close a listener");
    else if (request->guard[0])
        snprintf(title, sizeof(title), "Close: this ends a session");
    struct canvas box = canvas_middle(canvas, rows_of(request), cols_of(&context, request));
    struct canvas inside = canvas_box(&box, ROLE_BORDER, title);
    int row = request->count > 1 ? draw_many(&context, request, &inside)
                                 : draw_one(&context, request, &inside);
    if (request->left_out > 0)
        canvas_printf(&inside, row++, 0, ROLE_NOTICE, "%zu left out: %s", request->left_out,
                      request->why_left_out);
    draw_guard(dialog, &inside, row);
    hit_draw_keys(pane->screen, &inside, inside.rows - 1, inside.cols, KEYS, 2);
}

static void say_one(struct close_dialog *dialog, const struct conn *conn, int error,
                    const char *text)
{
    const struct column_context context = context_of(dialog, screen_picture(dialog->pane.screen));
    char ends[LINE_MAX];
    act_ends_text(&context, conn, ends, sizeof(ends));
    screen_say(dialog->pane.screen, error ? ROLE_TROUBLE : ROLE_GOOD, "%s: %s", ends, text);
}

/* Closing one end of a connection within this machine closes the other end too. */
static void say_many(struct screen *screen, size_t count, size_t closed, size_t gone,
                     const char *why)
{
    char also[48] = "";
    if (gone > 0)
        snprintf(also, sizeof(also), ", %zu already closed", gone);
    if (closed + gone == count)
        screen_say(screen, ROLE_GOOD, "%zu closed%s", closed, also);
    else
        screen_say(screen, ROLE_TROUBLE, "%zu of %zu closed%s; of another: %s", closed, count, also,
                   why);
}

static void act(struct close_dialog *dialog)
{
    struct close_request *request = dialog->request;
    struct screen *screen = dialog->pane.screen;
    char text[ACTS_TEXT_MAX], why[ACTS_TEXT_MAX] = "";
    size_t closed = 0, gone = 0;
    for (size_t i = 0; i < request->count; i++) {
        const struct conn *conn = &request->conns[i];
        int error = request->acts->close(conn, text);
        if (request->count == 1)
            say_one(dialog, conn, error, text);
        else if (error == -ENOENT && conn->state != STATE_LISTEN)
            gone++;
        else if (error && !why[0])
            memcpy(why, text, sizeof(why));
        closed += error == 0;
    }
    if (request->count > 1)
        say_many(screen, request->count, closed, gone, why);
}

static void confirm(struct close_dialog *dialog)
{
    if (dialog->request->guard[0] && strcmp(dialog->typed.text, WORD) != 0) {
        dialog->mistyped = true;
        return;
    }
    act(dialog);
    screen_back(dialog->pane.screen);
}

static bool unused(struct pane *pane)
{
    screen_hold_enter(pane->screen);
    return false;
}

static bool close_key(struct pane *pane, const struct key *key)
{
    struct close_dialog *dialog = (struct close_dialog *)pane;
    if (key->code == KEY_CODE_ENTER)
        confirm(dialog);
    else if (key->code == KEY_CODE_ESCAPE)
        screen_back(pane->screen);
    else if (dialog->request->guard[0])
        return prompt_key(&dialog->typed, key) != PROMPT_IGNORED;
    else
        return unused(pane);
    return true;
}

const struct pane_ops PANE_CLOSE = {
    .title = "Close",
    .harmful = true,
    .floating = true,
    .open = close_open,
    .close = close_close,
    .update = close_update,
    .draw = close_draw,
    .key = close_key,
};
