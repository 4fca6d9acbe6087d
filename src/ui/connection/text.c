/* connection_text: the lines of every connection: endpoints, findings, owner, age, queues,
 * timer. */
#include "core/text/text.h"
#include "base/clock.h"
#include "core/info.h"
#include "core/other_end.h"
#include "ui/connection/connection.h"
#include "ui/finding_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABEL_CELLS 7
#define ITEM_GAP    3

/* enum of tcpi_options, include/uapi/linux/tcp.h */
static const struct {
    unsigned bit;
    const char *name;
} OPTIONS[] = {
    {1u << 0, "ts"},       {1u << 1, "sack"},    {1u << 3, "ecn"},       {1u << 4, "ecn-seen"},
    {1u << 5, "syn-data"}, {1u << 6, "usec-ts"}, {1u << 7, "fast-open"},
};
#define OPTION_WSCALE (1u << 2)

static void column_text(const struct column_context *context, const struct conn *conn,
                        const char *id, char *out, size_t size)
{
    const struct column *column = column_find(id, strlen(id));
    out[0] = '\0';
    if (column)
        column_format(column, context, conn, out, size);
}

static void add_name(char *out, size_t size, const char *name)
{
    size_t length = strlen(out);
    if (name && name[0])
        snprintf(out + length, size - length, "%s%s", length ? ", " : "", name);
}

/* "(lb-140-82-121-5, https)": names for numbers in the line. */
static void peer_names(const struct column_context *context, const struct conn *conn, char *out,
                       size_t size)
{
    const struct lookup *lookup = context->lookup;
    out[0] = '\0';
    if (!lookup || conn->state == STATE_LISTEN)
        return;
    if (lookup->host)
        add_name(out, size, lookup->host(lookup->data, &conn->tuple.remote, conn->tuple.family));
    if (lookup->service && conn->tuple.remote_port)
        add_name(out, size, lookup->service(lookup->data, conn->tuple.remote_port));
}

static void state_text(const struct connection_model *model, const struct column_context *context,
                       char *out, size_t size)
{
    const struct conn *conn = &model->conn;
    char clock[PAGE_MOMENT_MAX], spent[16];
    if (model->not_yet) {
        snprintf(out, size, "not there yet");
    } else if (model->ended && model->ended_ns) {
        page_moment(clock, model->ended_ns, context->now_ns, false);
        snprintf(out, size, "closed at %s", clock);
    } else if (model->ended) {
        snprintf(out, size, "closed");
    } else if (conn->known & KNOWN_STATE_SINCE) {
        text_age(spent, sizeof(spent), context->now_ns - conn->state_since_ns);
        snprintf(out, size, "%s for %s", TCP_STATES[conn->state].short_name, spent);
    } else {
        snprintf(out, size, "%s", TCP_STATES[conn->state].short_name);
    }
}

/* "nginx[3301] web.service" where it fits before the state: on a small screen its own line is out of sight. */
static void draw_whose(const struct column_context *context, const struct conn *conn,
                       const char *state, struct page *text)
{
    const int room = text->canvas->cols - (int)text_width(state) - 3 - text->col;
    const struct proc *owner =
        conn->owner_word == OWNER_PROCESS ? frame_owner(context->frame, conn) : NULL;
    char name[96], unit[96], whose[120];

    column_text(context, conn, "process", name, sizeof(name));
    column_text(context, conn, "unit", unit, sizeof(unit));
    if (owner)
        snprintf(whose, sizeof(whose), "   %s[%d]", owner->comm, owner->pid);
    else
        snprintf(whose, sizeof(whose), "   %s", name);
    if (!whose[3] || (int)text_width(whose) > room)
        return;
    page_text(text, ROLE_NORMAL, whose);
    snprintf(whose, sizeof(whose), " %s", unit);
    if (unit[0] &&
        (int)text_width(whose) + text->col + (int)text_width(state) + 3 <= text->canvas->cols)
        page_text(text, ROLE_DIM, whose);
}

void connection_draw_ends(const struct connection_model *model,
                          const struct column_context *context, struct page *text)
{
    const struct conn *conn = &model->conn;
    struct column_context numbers = *context;
    char local[ADDR_TEXT_MAX + 32], remote[ADDR_TEXT_MAX + 32], names[300], state[64];
    numbers.lookup = NULL;
    column_text(&numbers, conn, "local", local, sizeof(local));
    column_text(&numbers, conn, "remote", remote, sizeof(remote));
    peer_names(context, conn, names, sizeof(names));
    page_text(text, ROLE_STRONG, local);
    if (conn->state != STATE_LISTEN)
        page_printf(text, ROLE_STRONG, " ▸ %s", remote);
    if (names[0])
        page_printf(text, ROLE_DIM, " (%s)", names);
    state_text(model, context, state, sizeof(state));
    draw_whose(context, conn, state, text);
    unsigned role = model->not_yet ? (unsigned)ROLE_DIM
                    : model->ended ? (unsigned)ROLE_CLOSED
                                   : (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role;
    if (text->col + 2 + (int)text_width(state) >= text->canvas->cols) {
        page_line(text);
        page_text(text, role, state);
    } else {
        page_right(text, role, state);
    }
    page_line(text);
}

void connection_draw_finding(const struct finding *finding, struct page *text)
{
    const unsigned role = finding_role((enum finding_severity)finding->severity);

    page_text(text, role, finding->severity == SEVERITY_CRITICAL ? "! " : "~ ");
    page_paragraph(text, 3, role, finding->title);
}

void connection_draw_findings(const struct connection_model *model, const struct picture *picture,
                              int most, struct page *text)
{
    const struct conn *conn = connection_row(model, picture);
    const struct finding *finding;
    uint32_t at = 0;
    int more = 0;

    if (!conn)
        return;
    while ((finding = finding_marks_next(picture->marks, &picture->context, conn, &at)))
        if (most-- > 0)
            connection_draw_finding(finding, text);
        else
            more++;
    if (more == 0)
        return;
    page_printf(text, ROLE_DIM, "  and %d more (! shows all)", more);
    page_line(text);
}

void connection_draw_owner(const struct column_context *context, const struct conn *conn,
                           struct page *text)
{
    char words[512], place[200];
    page_text(text, ROLE_DIM, "owner  ");
    if (conn->owner_word == OWNER_PROCESS)
        column_text(context, conn, "owners", words, sizeof(words));
    else
        column_text(context, conn, "process", words, sizeof(words));
    page_text(text, conn->owner_word == OWNER_PROCESS ? ROLE_NORMAL : ROLE_DIM, words);
    text->col += ITEM_GAP;
    column_text(context, conn, "user", words, sizeof(words));
    if (words[0])
        page_item(text, 1 + LABEL_CELLS, "user", ROLE_NORMAL, words);
    column_text(context, conn, "exe", words, sizeof(words));
    if (words[0])
        page_item(text, 1 + LABEL_CELLS, "module", ROLE_NORMAL, words);
    column_text(context, conn, "serves", place, sizeof(place));
    if (place[0])
        page_item(text, 1 + LABEL_CELLS, "serves", ROLE_NORMAL, place);
    column_text(context, conn, "container", place, sizeof(place));
    if (place[0])
        page_item(text, 1 + LABEL_CELLS, "container", ROLE_NORMAL, place);
    column_text(context, conn, "unit", place, sizeof(place));
    column_text(context, conn, "unit_from", words, sizeof(words));
    if (place[0])
        page_item(text, 1 + LABEL_CELLS,
                  strcmp(words, "socket") == 0 ? "unit (of the socket)" : "unit", ROLE_NORMAL,
                  place);
    page_line(text);
}

static void created_text(const struct conn *conn, const struct age *age, int64_t now_ns, char *out,
                         size_t size)
{
    char least[PAGE_MOMENT_MAX], most[PAGE_MOMENT_MAX];
    page_moment(least, conn->created_min_ns, now_ns, age->exact);
    page_moment(most, conn->created_max_ns, now_ns, age->exact);
    if (age->exact)
        snprintf(out, size, "exact, opened %s", most);
    else if ((conn->known & KNOWN_CREATED_MIN) && (conn->known & KNOWN_CREATED_MAX))
        snprintf(out, size, "opened between %s and %s", least, most);
    else if (conn->known & KNOWN_CREATED_MAX)
        snprintf(out, size, "at least, opened before %s", most);
    else
        snprintf(out, size, "at most, opened after %s", least);
}

static void other_end_text(const struct frame *frame, const struct conn *other, char *out,
                           size_t size)
{
    const struct proc *owner =
        other->owner_word == OWNER_PROCESS ? frame_owner(frame, other) : NULL;
    const struct frame_netns *netns = frame_find_netns(frame, other->netns);
    const struct frame_host *host = frame_host_of(frame, other->netns);
    const bool elsewhere = frame->namespace_count > 1 && netns && !host;
    const char *place = host ? host->name : elsewhere ? netns->name : "";
    char who[EVENT_NAME_MAX + 16] = "";

    if (owner)
        snprintf(who, sizeof(who), "%s[%d]", owner->comm, (int)owner->pid);
    else
        snprintf(who, sizeof(who), "%s", owner_word_name(other->owner_word));
    snprintf(out, size, "%s%s%s, %s", who,
             host        ? " on "
             : elsewhere ? " in "
                         : "",
             place, TCP_STATES[other->state].short_name);
}

/* Facts of the other end: a queue, a loss or a delay often shows at one end only. */
static void draw_other_side(const struct frame *frame, const struct conn *other, struct page *text)
{
    static const struct {
        const char *column, *label;
    } ITEMS[] = {{"recvq", "queue in"}, {"sendq", "out"},      {"in", "in/s"},
                 {"out", "out/s"},      {"rtt", "rtt"},        {"retrans_10s", "retransmitted"},
                 {"timer", "timer"},    {"state_age", "since"}};
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    char words[64];

    page_text(text, ROLE_DIM, "there  ");
    for (size_t i = 0; i < sizeof(ITEMS) / sizeof(ITEMS[0]); i++) {
        column_text(&context, other, ITEMS[i].column, words, sizeof(words));
        if (words[0])
            page_item(text, 1 + LABEL_CELLS, ITEMS[i].label, ROLE_NORMAL, words);
    }
    page_line(text);
}

void connection_draw_other_end(const struct connection_model *model, struct page *text)
{
    uint32_t several = 0;
    char words[300];
    const struct conn *other =
        model->ended ? NULL : other_end_of(model->frame, &model->conn, &several);

    if (!other && !several)
        return;
    page_text(text, ROLE_DIM, "other  ");
    if (other) {
        other_end_text(model->frame, other, words, sizeof(words));
        page_text(text, ROLE_NORMAL, words);
        page_text(text, ROLE_DIM, "   O goes there");
    } else {
        page_printf(text, ROLE_DIM, "one of %u connections of other network namespaces", several);
    }
    page_line(text);
    if (other)
        draw_other_side(model->frame, other, text);
}

/* Of a namespace whose turn it was not: else its figures look like those of this frame. */
static void draw_reading(const struct column_context *context, const struct conn *conn,
                         struct page *text)
{
    const struct frame *frame = context->frame;
    const struct frame_netns *netns = frame_find_netns(frame, conn->netns);
    char age[16], words[32];

    if (!netns || !netns->read_ns || (conn->known & KNOWN_READ) ||
        frame->mono_ns - netns->read_ns < SECOND_NS)
        return;
    text_age(age, sizeof(age), frame->mono_ns - netns->read_ns);
    snprintf(words, sizeof(words), "%s ago", age);
    page_item(text, 1 + LABEL_CELLS, "read", ROLE_NOTICE, words);
}

void connection_draw_age(const struct connection_model *model, const struct column_context *context,
                         struct page *text)
{
    const struct conn *conn = &model->conn;
    const int indent = 1 + LABEL_CELLS;
    char words[128], since[96];
    struct age age;
    page_text(text, ROLE_DIM, "age    ");
    column_text(context, conn, "age", words, sizeof(words));
    if (column_age(context, conn, &age)) {
        created_text(conn, &age, context->now_ns, since, sizeof(since));
        page_printf(text, ROLE_NORMAL, "%s %s", model->not_yet ? "–" : words, since);
    } else {
        page_text(text, ROLE_DIM, "unknown");
    }
    text->col += ITEM_GAP;
    column_text(context, conn, "cookie", words, sizeof(words));
    if (words[0])
        page_item(text, indent, "cookie", ROLE_NORMAL, words);
    column_text(context, conn, "inode", words, sizeof(words));
    if (words[0])
        page_item(text, indent, "inode", ROLE_NORMAL, words);
    if (context->frame->netns_is_host && conn->netns && conn->netns == context->frame->netns)
        page_item(text, indent, "netns", ROLE_NORMAL, "host");
    else if (conn->netns) {
        column_text(context, conn, "netns", words, sizeof(words));
        page_item(text, indent, "netns", ROLE_NORMAL, words);
    }
    const char *offload = conn->known & KNOWN_ULP ? offload_name(conn->offload) : NULL;
    if (offload) {
        const char *fact = offload_fact(conn->ulp, conn->tls_tx, conn->tls_rx);
        snprintf(words, sizeof(words), fact[0] ? "%s (%s)" : "%s", offload, fact);
        page_item(text, indent, "offload", ROLE_NORMAL, words);
    }
    if (!model->ended && !model->not_yet)
        draw_reading(context, conn, text);
    page_line(text);
}

static void options_text(const struct column_context *context, const struct conn *conn, char *out,
                         size_t size)
{
    uint64_t options = 0, send = 0, receive = 0;
    size_t length = 0;
    out[0] = '\0';
    if (!connection_info_value(context, conn, INFO_options, &options))
        return;
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (options & OPTIONS[i].bit)
            snprintf(out + length, size - length, "%s%s", length ? " " : "", OPTIONS[i].name);
        length = strlen(out);
    }
    connection_info_value(context, conn, INFO_snd_wscale, &send);
    connection_info_value(context, conn, INFO_rcv_wscale, &receive);
    if (options & OPTION_WSCALE)
        snprintf(out + length, size - length, "%swscale %u,%u", length ? " " : "", (unsigned)send,
                 (unsigned)receive);
    if (!out[0])
        snprintf(out, size, "none");
}

/* In full, not rounded: small queues matter, too. */
static void queue_text(char *out, size_t size, uint32_t bytes)
{
    const size_t length = text_thousands(out, size, bytes);
    if (length < size)
        snprintf(out + length, size - length, " B");
}

static void draw_accept_queue(const struct conn *conn, struct page *text)
{
    char words[64];
    if (conn->known & KNOWN_NO_BACKLOG)
        snprintf(words, sizeof(words), "%u connections", conn->receive_queue);
    else
        snprintf(words, sizeof(words), "%u of %u connections", conn->receive_queue,
                 conn->send_queue);
    page_item(text, 1, "accept queue",
              !(conn->known & KNOWN_NO_BACKLOG) && conn->receive_queue > conn->send_queue
                  ? ROLE_TROUBLE
                  : ROLE_NORMAL,
              words);
}

static void draw_queues(const struct conn *conn, struct page *text)
{
    const bool listens = conn->state == STATE_LISTEN;
    char words[32];
    if (!(conn->known & KNOWN_QUEUES))
        return;
    if (listens) {
        draw_accept_queue(conn, text);
    } else {
        queue_text(words, sizeof(words), conn->receive_queue);
        page_item(text, 1, "queue in", ROLE_NORMAL, words);
        queue_text(words, sizeof(words), conn->send_queue);
        page_item(text, 1, "out", ROLE_NORMAL, words);
    }
    if (conn->known & KNOWN_DROPS) {
        page_segments(words, sizeof(words), conn->drops);
        page_item(text, 1, "dropped", conn->drops > 0 && !listens ? ROLE_NOTICE : ROLE_NORMAL,
                  words);
    }
}

static void draw_timer(const struct column_context *context, const struct conn *conn,
                       struct page *text)
{
    char words[96], left[24], backoff[32] = "";
    uint64_t doubled;
    if (!(conn->known & KNOWN_TIMER) || conn->timer == 0 || !words_name(&TIMER_LABELS, conn->timer))
        return;
    if (conn->timer_ms < 60000)
        text_span(left, sizeof(left), (int64_t)conn->timer_ms * 1000000);
    else
        text_age(left, sizeof(left), (int64_t)conn->timer_ms * 1000000);
    if (connection_info_value(context, conn, INFO_backoff, &doubled) && doubled)
        snprintf(backoff, sizeof(backoff), ", backoff %u", (unsigned)doubled);
    snprintf(words, sizeof(words), "%s %s%s", words_name(&TIMER_LABELS, conn->timer), left,
             backoff);
    page_item(text, 1, "timer", ROLE_NORMAL, words);
}

void connection_draw_settings(const struct column_context *context, const struct conn *conn,
                              struct page *text)
{
    char words[96];
    draw_queues(conn, text);
    draw_timer(context, conn, text);
    column_text(context, conn, "congestion", words, sizeof(words));
    if (words[0])
        page_item(text, 1, "congestion", ROLE_NORMAL, words);
    options_text(context, conn, words, sizeof(words));
    if (words[0] && conn->state != STATE_LISTEN)
        page_item(text, 1, "options", ROLE_NORMAL, words);
    page_line(text);
}
