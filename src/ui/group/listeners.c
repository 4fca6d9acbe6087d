/* Listeners: accept queues, and their holders. */
#include "core/text/text.h"
#include "ui/group/pane.h"
#include "ui/menu.h"
#include "ui/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDERS_CELLS 14 /* a long name is truncated to show the count after it */

static uint64_t local_key(const struct picture *picture, const struct grouping_row *row)
{
    return group_end_key(picture, row, "local");
}

static void local_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    const struct column *column = column_find("local", 5);
    column_format(column, &picture->context, group_conn(picture, row), out, size);
}

static const struct group_fact LOCAL = {.title = "LOCAL",
                                        .help = "address and port listened on",
                                        .key = local_key,
                                        .address = true,
                                        .text = local_text};

static void holders_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    const struct proc *proc = group_proc(picture, row);
    char count[16], name[64];

    if (!proc || row->proc_count < 2) {
        snprintf(out, size, "%s", proc ? proc->comm : owner_word_name(row->owner_word));
        return;
    }
    const int cells = snprintf(count, sizeof count, " (%u)", row->proc_count);
    text_cut(name, sizeof name, proc->comm, (size_t)(HOLDERS_CELLS - cells), "…");
    snprintf(out, size, "%s%s", name, count);
}

static const struct group_fact HOLDERS = {.title = "PROCESS",
                                          .help =
                                              "the process that holds the socket; (4): one of four",
                                          .text = holders_text};

static uint64_t queue_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return grouping_queue_permille(row);
}

static void queue_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    (void)picture;
    if (row->has_backlog)
        snprintf(out, size, "%3u%%", grouping_queue_permille(row) / 10);
    else
        out[0] = '\0';
}

static const struct group_fact QUEUE = {.title = "QUEUE",
                                        .help =
                                            "connections that wait for accept(), of the backlog",
                                        .descending = true,
                                        .bar = true,
                                        .key = queue_key,
                                        .text = queue_text};

static uint64_t full_key(const struct picture *picture, const struct grouping_row *row)
{
    if (!row->full_since_ns)
        return row->full;
    return (uint64_t)(picture->context.now_ns - row->full_since_ns) + 1;
}

static void full_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    char age[16];

    snprintf(out, size, "%s", row->full ? "full" : "");
    if (!row->full_since_ns)
        return;
    text_age(age, sizeof age, picture->context.now_ns - row->full_since_ns);
    snprintf(out, size, "%s%s", row->full_seen ? "" : ">", age);
}

static const struct group_fact FULL = {.title = "FULL",
                                       .help = "how long the accept queue has been full",
                                       .right = true,
                                       .descending = true,
                                       .key = full_key,
                                       .text = full_text};

static uint64_t backlog_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->backlog;
}

static void backlog_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    (void)picture;
    if (row->has_backlog)
        snprintf(out, size, "%u", row->backlog);
    else
        out[0] = '\0';
}

static const struct group_fact BACKLOG = {
    .title = "BACKLOG",
    .help = "length of the accept queue, as set by listen() and somaxconn",
    .right = true,
    .descending = true,
    .key = backlog_key,
    .text = backlog_text};

static uint64_t drops_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->drops;
}

static void drops_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    (void)picture;
    if (row->has_drops)
        text_count(out, size, row->drops);
    else
        out[0] = '\0';
}

static const struct group_fact DROPS = {.title = "DROPS",
                                        .help = "segments dropped at this socket since it listens",
                                        .right = true,
                                        .descending = true,
                                        .key = drops_key,
                                        .text = drops_text};

static const struct group_column COLUMNS[] = {
    {&LOCAL, .width = 24, .min_width = 14, .grow = 2},
    {&HOLDERS, .width = HOLDERS_CELLS, .min_width = 8, .grow = 1},
    {&GROUP_USER, .width = 10, .min_width = 6, .leave = 6},
    {&GROUP_UNIT, .width = 16, .min_width = 8, .grow = 1, .leave = 8},
    {&QUEUE, .width = 21, .min_width = 12},
    {&FULL, .width = 6, .leave = 4},
    {&BACKLOG, .width = 7, .leave = 2},
    {&GROUP_ACCEPTED, .width = 10, .leave = 3},
    {&DROPS, .width = 5, .leave = 5},
    {&GROUP_CONNS, .width = 6, .leave = 1},
    {&GROUP_IN, .width = 5, .leave = 9},
    {&GROUP_OUT, .width = 5, .leave = 9},
    {&GROUP_OLDEST, .width = 6, .leave = 7, .title = "SINCE"},
};

static bool is_full(const struct grouping_row *row)
{
    return row->full;
}

/* The choices of Enter. Rows are looked up by key and serial, as there may be a new frame. */
struct offer {
    struct menu menu;
    struct screen *screen;
    struct tuple tuple;
    uint64_t key, serial;
    bool several; /* processes */
    char connections[48], holders[64];
};

static void open_connections(const struct offer *offer)
{
    const struct tuple *tuple = &offer->tuple;
    char address[ADDR_TEXT_MAX], filter[ADDR_TEXT_MAX + 48];

    addr_format(address, sizeof address, &tuple->local, tuple->family, NULL);
    if (addr_is_zero(&tuple->local))
        snprintf(filter, sizeof filter, "state connected and sport %s:%u",
                 tuple->family == FAMILY_INET6 ? "inet6" : "inet", tuple->local_port);
    else
        snprintf(filter, sizeof filter,
                 tuple->family == FAMILY_INET6 ? "state connected and src [%s]:%u"
                                               : "state connected and src %s:%u",
                 address, tuple->local_port);
    screen_drill(offer->screen, VIEW_CONNECTIONS, filter);
}

static void open_holders(const struct offer *offer)
{
    const struct conn *conn =
        frame_find_serial(screen_picture(offer->screen)->frame, offer->serial);

    if (offer->several)
        screen_open_page(offer->screen, &PANE_HOLDERS,
                         &(struct socket_set){.listener = offer->key});
    else if (conn)
        pages_open_owner(offer->screen, conn);
}

static void open_socket(const struct offer *offer)
{
    const struct conn *conn =
        frame_find_serial(screen_picture(offer->screen)->frame, offer->serial);

    if (conn)
        pages_open_connection(offer->screen, conn);
}

static const struct {
    const char *name;
    void (*open)(const struct offer *offer);
} OFFERS[] = {
    {"Connections", open_connections}, {"Processes", open_holders}, {"Socket", open_socket}};

static const char *offer_name(void *data, size_t item, const char **help)
{
    const struct offer *offer = data;
    const char *const helps[] = {offer->connections, offer->holders,
                                 "its queue, drops, times and options"};

    *help = helps[item];
    return OFFERS[item].name;
}

static void offer_choose(void *data, size_t item)
{
    OFFERS[item].open(data);
}

static void listener_open(struct screen *screen, const struct grouping_row *row)
{
    const struct picture *picture = screen_picture(screen);
    const struct conn *conn = grouping_conn(row, picture->frame);
    struct offer *offer = calloc(1, sizeof *offer);
    char names[32];

    if (!offer)
        return;
    *offer = (struct offer){.screen = screen,
                            .tuple = conn->tuple,
                            .key = row->key,
                            .serial = conn->serial,
                            .several = row->proc_count > 1};
    snprintf(offer->connections, sizeof offer->connections, "%u at this port: list them",
             row->rows);
    holders_text(picture, row, names, sizeof names);
    snprintf(offer->holders, sizeof offer->holders, "that hold it: %s", names);
    offer->menu = (struct menu){.title = "Listener",
                                .count = sizeof OFFERS / sizeof *OFFERS,
                                .name = offer_name,
                                .choose = offer_choose,
                                .done = free,
                                .data = offer};
    if (screen_open_page(screen, &PANE_MENU, &offer->menu) != 0)
        free(offer);
}

static bool is_subject(const struct picture *picture, const struct grouping_row *row,
                       const struct finding_subject *subject)
{
    const struct tuple *tuple = &grouping_conn(row, picture->frame)->tuple;

    return subject->kind == SUBJECT_LISTENER && subject->port == tuple->local_port &&
           subject->family == tuple->family && addr_compare(&subject->address, &tuple->local) == 0;
}

static const struct group_view VIEW = {
    .kind = &GROUPING_LISTENERS,
    .columns = COLUMNS,
    .count = sizeof COLUMNS / sizeof *COLUMNS,
    .sort = 4,
    .needs = NEED_OWNER | NEED_GROUP | NEED_PROCESS_USER,
    .empty = "nothing listens",
    .alarms = is_full,
    .is_subject = is_subject,
    .selection = group_conn,
    .open = listener_open,
};

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "its connections, its processes, or the socket"},
    {"F8 F9", "close the listening socket; signal its process"},
    {NULL, NULL}};

const struct pane_ops PANE_LISTENERS =
    GROUP_PANE_WITH(&VIEW, .open = group_pane_open, .keys = KEYS_HERE);
