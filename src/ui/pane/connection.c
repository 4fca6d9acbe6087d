/* pane_connection: the page of one connection. Stays open after its end, and says so. */
#include "ui/connection/connection.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdlib.h>

#define FINDING_LINES 3
#define PLOT_LEAST    2 /* rows of a plot */
#define PLOT_MOST     12
#define TEXT_ROWS     15 /* rows that should be visible besides two rows of plots */

struct connection_page {
    struct pane pane;
    struct connection_model model;
    struct page_scroll scroll;
    bool unfolded;  /* groups of zeros */
    bool has_zeros; /* there are groups of zeros */
};

static int connection_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                           const void *argument)
{
    struct connection_page *page = calloc(1, sizeof(*page));
    if (!page)
        return -ENOMEM;
    page->pane = (struct pane){ops, screen};
    connection_begin(&page->model, screen_picture(screen), argument);
    *pane = &page->pane;
    return 0;
}

static void connection_close(struct pane *pane)
{
    struct connection_page *page = (struct connection_page *)pane;
    connection_end(&page->model);
    free(page);
}

static void connection_update(struct pane *pane, const struct picture *picture)
{
    connection_follow(&((struct connection_page *)pane)->model, picture);
}

static int plot_rows(const struct canvas *canvas)
{
    const int rows = (canvas->rows - TEXT_ROWS) / 4 * 2; /* even: one of them is mirrored */
    return rows < PLOT_LEAST ? PLOT_LEAST : rows > PLOT_MOST ? PLOT_MOST : rows;
}

static void draw_instrument(const struct connection_model *model,
                            const struct column_context *context, const struct picture *picture,
                            struct page *text)
{
    connection_draw_plots(model, context, picture, plot_rows(text->canvas), text);
    connection_draw_held(model, text);
}

static void draw_facts(struct connection_page *page, const struct column_context *context,
                       struct page *text)
{
    const struct connection_model *model = &page->model;

    connection_draw_settings(context, &model->conn, text);
    page_line(text);
    if (frame_detail(model->frame, &model->conn))
        page->has_zeros = connection_draw_info(context, &model->conn, page->unfolded, text);
    else
        page_item(text, 1, "tcp_info", ROLE_DIM, connection_lack(model));
}

/* For a connection that does not exist yet: its identity, without later values. */
static void connection_draw(struct pane *pane, const struct picture *picture,
                            const struct canvas *canvas)
{
    struct connection_page *page = (struct connection_page *)pane;
    const struct connection_model *model = &page->model;
    const struct column_context context = connection_context(model, picture);
    struct page text;

    page_begin(&text, canvas, &page->scroll);
    connection_draw_ends(model, &context, &text);
    connection_draw_findings(model, picture, FINDING_LINES, &text);
    if (connection_carries(&model->conn) && !model->not_yet)
        draw_instrument(model, &context, picture, &text);
    connection_draw_lifeline(model, picture, &text);
    connection_draw_history(model, picture, &text);
    page_line(&text);
    connection_draw_owner(&context, &model->conn, &text);
    connection_draw_other_end(model, &text);
    page->has_zeros = false;
    connection_draw_age(model, &context, &text);
    if (!model->not_yet)
        draw_facts(page, &context, &text);
    page_end(&text, &page->scroll);
}

static const struct conn *connection_selection(const struct pane *pane,
                                               const struct picture *picture)
{
    return connection_row(&((const struct connection_page *)pane)->model, picture);
}

static bool connection_command(struct pane *pane, const struct command *command)
{
    struct connection_page *page = (struct connection_page *)pane;
    const struct conn *conn;

    if (command->id == COMMAND_FOLD) {
        page->unfolded = !page->unfolded;
        if (!page->has_zeros)
            screen_say(pane->screen, ROLE_NOTICE, "there is no group of zeros to show or fold");
        return true;
    }
    if (command->id == COMMAND_EVENTS_OF) { /* also after its end */
        const struct event_subject subject = event_subject_of_conn(&page->model.conn);
        screen_open_page(pane->screen, &PANE_EVENTS_OF, &subject);
        return true;
    }
    if (command->id != COMMAND_OPEN)
        return page_scroll_command(&page->scroll, command);
    conn = connection_selection(pane, screen_picture(pane->screen));
    if (conn)
        pages_open_owner(pane->screen, conn);
    return true;
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
    const struct connection_model *model = &((const struct connection_page *)pane)->model;
    if (model->ended)
        return;
    wish->page.cookie = model->conn.cookie;
    wish->page.netns = model->conn.netns;
}

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "the process that holds it"},
    {"e", "its events, also after it has closed"},
    {"z", "show / fold groups of zeros"},
    {"[ ]", "one frame back / forward: plots end at the frame shown"},
    {NULL, NULL}};

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
    .keys = KEYS_HERE,
};
