/* pane_connection: the page of one connection. Follows it by its serial through all its states, and
 * stays, saying so, when it has ended. */
#include "ui/connection_page.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int connection_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                           const void *argument)
{
    const struct conn *conn = argument;
    const struct picture *picture = screen_picture(screen);
    struct connection_page *page = calloc(1, sizeof(*page));
    if (!page)
        return -ENOMEM;
    page->pane = (struct pane){ops, screen};
    page->serial = page->series.subject.serial = conn->serial;
    page->conn = *conn;
    page->frame = frame_reference(picture->frame);
    page->ended = conn_is_ghost(conn);
    page->ended_ns = page->ended ? conn->changed_ns : 0;
    page->states.cursor = picture->events ? event_ring_oldest(picture->events) : 0;
    *pane = &page->pane;
    return 0;
}

static void connection_close(struct pane *pane)
{
    struct connection_page *page = (struct connection_page *)pane;
    frame_release(page->frame);
    free(page);
}

/* A ghost is the row as it ended; the page shows what it was before. */
static void follow(struct connection_page *page, const struct picture *picture)
{
    const struct conn *conn = frame_find_serial(picture->frame, page->serial);
    bool ghost = conn && conn_is_ghost(conn);
    if (ghost)
        page->ended_ns = conn->changed_ns;
    page->ended = !conn || ghost;
    if (!conn || (ghost && page->frame))
        return;
    frame_release(page->frame);
    page->frame = frame_reference(picture->frame);
    page->conn = *conn;
}

static void connection_update(struct pane *pane, const struct picture *picture)
{
    struct connection_page *page = (struct connection_page *)pane;
    if (!picture->frame)
        return;
    if (picture->frame != page->frame)
        follow(page, picture);
    connection_states_read(&page->states, picture, &page->conn);
    const struct connection_states *states = &page->states;
    if (page->ended && states->count > 0 &&
        states->items[states->count - 1].state == STATE_DELETE_TCB)
        page->ended_ns = states->items[states->count - 1].wall_ns;
    page_series_update(&page->series, picture);
}

static struct column_context context_of(const struct connection_page *page,
                                        const struct picture *picture)
{
    struct column_context context = picture->context;
    context.frame = page->frame;
    context.now_ns = page->ended ? page->frame->wall_ns : picture->context.now_ns;
    return context;
}

/* The present state, of a connection that is older than all events. */
static void add_present(struct connection_states *states, const struct frame *frame,
                        const struct conn *conn)
{
    const bool known = (conn->known & KNOWN_STATE_SINCE) != 0;
    if (states->count > 0)
        return;
    states->items[states->count++] = (struct connection_state){
        .wall_ns = known ? conn->state_since_ns : 0,
        .mono_ns = known ? frame->mono_ns - (frame->wall_ns - conn->state_since_ns) : 0,
        .state = conn->state,
        .exact = true};
}

static void connection_draw(struct pane *pane, const struct picture *picture,
                            const struct canvas *canvas)
{
    struct connection_page *page = (struct connection_page *)pane;
    const struct column_context context = context_of(page, picture);
    struct page text;
    page_begin(&text, canvas, &page->scroll);
    connection_text_draw(page, &context, &text);
    page_line(&text);
    connection_info_draw(&context, &page->conn, &text);
    struct connection_states states = page->states;
    add_present(&states, page->frame, &page->conn);
    connection_states_draw(&states, &text, picture->frame->mono_ns);
    page_end(&text, &page->scroll);
}

static const struct conn *connection_selection(const struct pane *pane,
                                               const struct picture *picture)
{
    const struct connection_page *page = (const struct connection_page *)pane;
    if (page->ended || !picture->frame)
        return NULL;
    return frame_find_serial(picture->frame, page->serial);
}

static bool connection_command(struct pane *pane, const struct command *command)
{
    struct connection_page *page = (struct connection_page *)pane;
    if (command->id == COMMAND_OPEN) {
        const struct conn *conn = connection_selection(pane, screen_picture(pane->screen));
        if (conn)
            pages_open_owner(pane->screen, conn);
        return true;
    }
    return page_scroll_command(&page->scroll, command);
}

static bool connection_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    (void)row;
    (void)col;
    return page_scroll_mouse(&((struct connection_page *)pane)->scroll, key);
}

static uint32_t connection_needs(const struct pane *pane)
{
    (void)pane;
    return NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_NAME;
}

static void connection_wish(const struct pane *pane, struct wish *wish)
{
    const struct connection_page *page = (const struct connection_page *)pane;
    if (page->ended)
        return;
    wish->page.cookie = page->conn.cookie;
    wish->page.netns = page->conn.netns;
}

const struct pane_ops PANE_CONNECTION = {
    .title = "Connection",
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = connection_open,
    .close = connection_close,
    .update = connection_update,
    .draw = connection_draw,
    .command = connection_command,
    .mouse = connection_mouse,
    .needs = connection_needs,
    .wish = connection_wish,
    .selection = connection_selection,
};
