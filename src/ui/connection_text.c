/* connection_text: the lines of the connection page that every connection has: endpoints, owner,
 * age, traffic, timer. Drawn in SCREENS "Connection page". */
#include "core/text/text.h"
#include "ui/connection_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WIDE_COLS    110 /* from here on traffic, time and window stand side by side */
#define SECOND_BLOCK 49
#define THIRD_BLOCK  97
#define SPARK_CELLS  16
#define SHORT_SPARK  10
#define LABEL_CELLS  7
#define ITEM_GAP     3

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

/* "(lb-140-82-121-5, https)": names for what stands there in numbers. */
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

static void state_text(const struct connection_page *page, const struct column_context *context,
                       char *out, size_t size)
{
    const struct conn *conn = &page->conn;
    char clock[24], spent[16];
    if (page->ended && page->ended_ns) {
        page_clock(clock, sizeof(clock), page->ended_ns, false);
        snprintf(out, size, "closed at %s", clock);
    } else if (page->ended) {
        snprintf(out, size, "closed");
    } else if (conn->known & KNOWN_STATE_SINCE) {
        text_age(spent, sizeof(spent), context->now_ns - conn->state_since_ns);
        snprintf(out, size, "%s for %s", TCP_STATES[conn->state].short_name, spent);
    } else {
        snprintf(out, size, "%s", TCP_STATES[conn->state].short_name);
    }
}

static void draw_ends(const struct connection_page *page, const struct column_context *context,
                      struct page *text)
{
    const struct conn *conn = &page->conn;
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
    state_text(page, context, state, sizeof(state));
    unsigned role = page->ended ? (unsigned)ROLE_CLOSED
                                : (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role;
    if (text->col + 2 + (int)text_width(state) >= text->canvas->cols) {
        page_line(text);
        page_text(text, role, state);
    } else {
        page_right(text, role, state);
    }
    page_line(text);
}

static void draw_owner(const struct column_context *context, const struct conn *conn,
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

static void created_text(const struct conn *conn, const struct age *age, char *out, size_t size)
{
    char least[24], most[24];
    page_clock(least, sizeof(least), conn->created_min_ns, age->exact);
    page_clock(most, sizeof(most), conn->created_max_ns, age->exact);
    if (age->exact)
        snprintf(out, size, "exact, opened %s", most);
    else if ((conn->known & KNOWN_CREATED_MIN) && (conn->known & KNOWN_CREATED_MAX))
        snprintf(out, size, "opened between %s and %s", least, most);
    else if (conn->known & KNOWN_CREATED_MAX)
        snprintf(out, size, "at least, opened before %s", most);
    else
        snprintf(out, size, "at most, opened after %s", least);
}

static void draw_age(const struct column_context *context, const struct conn *conn,
                     struct page *text)
{
    const int indent = 1 + LABEL_CELLS;
    char words[128], since[96];
    struct age age;
    page_text(text, ROLE_DIM, "age    ");
    column_text(context, conn, "age", words, sizeof(words));
    if (column_age(context, conn, &age)) {
        created_text(conn, &age, since, sizeof(since));
        page_printf(text, ROLE_NORMAL, "%s %s", words, since);
        text->col += ITEM_GAP;
    }
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
    page_line(text);
}

/* To the cell where a block begins, or to a line of its own where there is no room. */
static void to_block(struct page *text, int col)
{
    if (text->canvas->cols >= WIDE_COLS)
        text->col = col;
    else if (text->col > 1)
        page_line(text);
}

static void draw_traffic(const struct page_series *series, const char *label, unsigned role,
                         const struct conn *conn, bool in, struct page *text)
{
    char words[32];
    page_text(text, ROLE_DIM, label);
    page_series_spark(text, SPARK_CELLS, role, series, in ? SERIES_IN : SERIES_OUT);
    text->col++;
    if (conn->known & KNOWN_RATES) {
        page_rate(words, sizeof(words), in ? conn_in_rate(conn) : conn_out_rate(conn));
        page_printf(text, ROLE_STRONG, "%9s", words);
    } else {
        text->col += 9;
    }
    if (conn->known & (in ? KNOWN_BYTES_IN : KNOWN_BYTES_OUT)) {
        page_bytes(words, sizeof(words), in ? conn->in_bytes : conn_out_bytes(conn));
        page_printf(text, ROLE_NORMAL, "%10s", words);
        page_text(text, ROLE_DIM, " total");
    }
}

static void draw_rtt(const struct connection_page *page, const struct column_context *context,
                     struct page *text)
{
    static const struct {
        const char *field, *label;
    } MORE[] = {{"min_rtt", "min"}, {"rttvar", "var"}};
    char words[24];
    uint64_t value;
    page_text(text, ROLE_DIM, "rtt  ");
    page_series_spark(text, SHORT_SPARK, ROLE_NORMAL, &page->series, SERIES_RTT);
    text->col++;
    if (page->conn.known & KNOWN_RTT) {
        text_span(words, sizeof(words), (int64_t)page->conn.rtt_us * 1000);
        page_text(text, ROLE_STRONG, words);
        text->col++;
    }
    for (size_t i = 0; i < sizeof(MORE) / sizeof(MORE[0]); i++) {
        if (!connection_info_value(context, &page->conn, MORE[i].field, &value))
            continue;
        text_span(words, sizeof(words), (int64_t)value * 1000);
        page_printf(text, ROLE_DIM, " %s %s", MORE[i].label, words);
    }
}

static void draw_cwnd(const struct connection_page *page, struct page *text)
{
    page_text(text, ROLE_DIM, "cwnd ");
    page_series_spark(text, SHORT_SPARK, ROLE_NORMAL, &page->series, SERIES_CWND);
    if (page->conn.known & KNOWN_INFO)
        page_printf(text, ROLE_STRONG, " %u", page->conn.cwnd);
}

static void draw_losses(const struct column_context *context, const struct conn *conn,
                        struct page *text)
{
    static const char *const FIELDS[][2] = {
        {"total_retrans", "retransmitted"}, {"lost", "lost"}, {"reordering", "reordering"}};
    char words[24];
    uint64_t value;
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        if (!connection_info_value(context, conn, FIELDS[i][0], &value))
            continue;
        bool wrong = value > 0 && i < 2;
        snprintf(words, sizeof(words), "%" PRIu64, value);
        page_item(text, text->col, FIELDS[i][1], wrong ? ROLE_NOTICE : ROLE_NORMAL, words);
    }
}

static void draw_threshold(const struct column_context *context, const struct conn *conn,
                           struct page *text)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);
    char words[24];
    uint64_t value;
    if (!detail)
        return;
    if (connection_info_value(context, conn, "snd_ssthresh", &value))
        snprintf(words, sizeof(words), "%" PRIu64, value);
    else
        snprintf(words, sizeof(words), "∞"); /* TCP_INFINITE_SSTHRESH: still in slow start */
    page_item(text, text->col, "ssthresh", ROLE_NORMAL, words);
    if (connection_info_value(context, conn, "snd_mss", &value)) {
        snprintf(words, sizeof(words), "%" PRIu64, value);
        page_item(text, text->col, "mss", ROLE_NORMAL, words);
    }
}

static void draw_flow(const struct connection_page *page, const struct column_context *context,
                      struct page *text)
{
    const struct conn *conn = &page->conn;
    draw_traffic(&page->series, "in  ", ROLE_IN, conn, true, text);
    to_block(text, SECOND_BLOCK);
    draw_rtt(page, context, text);
    to_block(text, THIRD_BLOCK);
    draw_cwnd(page, text);
    page_line(text);
    draw_traffic(&page->series, "out ", ROLE_OUT, conn, false, text);
    to_block(text, SECOND_BLOCK);
    draw_losses(context, conn, text);
    to_block(text, THIRD_BLOCK);
    draw_threshold(context, conn, text);
    page_line(text);
}

static void options_text(const struct column_context *context, const struct conn *conn, char *out,
                         size_t size)
{
    uint64_t options = 0, send = 0, receive = 0;
    size_t length = 0;
    out[0] = '\0';
    if (!connection_info_value(context, conn, "options", &options))
        return;
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (options & OPTIONS[i].bit)
            snprintf(out + length, size - length, "%s%s", length ? " " : "", OPTIONS[i].name);
        length = strlen(out);
    }
    connection_info_value(context, conn, "snd_wscale", &send);
    connection_info_value(context, conn, "rcv_wscale", &receive);
    if (options & OPTION_WSCALE)
        snprintf(out + length, size - length, "%swscale %u,%u", length ? " " : "", (unsigned)send,
                 (unsigned)receive);
    if (!out[0])
        snprintf(out, size, "none");
}

static void draw_queues(const struct conn *conn, struct page *text)
{
    char words[32];
    if (!(conn->known & KNOWN_QUEUES))
        return;
    bool listens = conn->state == STATE_LISTEN;
    snprintf(words, sizeof(words), "%u", conn->receive_queue);
    page_item(text, 1, listens ? "accept queue" : "queue in", ROLE_NORMAL, words);
    snprintf(words, sizeof(words), "%u", conn->send_queue);
    if (!(conn->known & KNOWN_NO_BACKLOG))
        page_item(text, 1, listens ? "of" : "out", ROLE_NORMAL, words);
    if (conn->known & KNOWN_DROPS) {
        snprintf(words, sizeof(words), "%u", conn->drops);
        page_item(text, 1, listens ? "dropped segments" : "drops",
                  conn->drops > 0 && !listens ? ROLE_NOTICE : ROLE_NORMAL, words);
    }
}

static void draw_settings(const struct column_context *context, const struct conn *conn,
                          struct page *text)
{
    char words[96], left[24];
    draw_queues(conn, text);
    if (conn->timer_ms < 60000)
        text_span(left, sizeof(left), (int64_t)conn->timer_ms * 1000000);
    else
        text_age(left, sizeof(left), (int64_t)conn->timer_ms * 1000000);
    bool timed =
        (conn->known & KNOWN_TIMER) && conn->timer > 0 && words_name(&TIMER_LABELS, conn->timer);
    if (timed) {
        snprintf(words, sizeof(words), "%s %s", words_name(&TIMER_LABELS, conn->timer), left);
        page_item(text, 1, "timer", ROLE_NORMAL, words);
    }
    column_text(context, conn, "congestion", words, sizeof(words));
    if (words[0])
        page_item(text, 1, "congestion", ROLE_NORMAL, words);
    options_text(context, conn, words, sizeof(words));
    if (words[0] && conn->state != STATE_LISTEN)
        page_item(text, 1, "options", ROLE_NORMAL, words);
    page_line(text);
}

void connection_text_draw(const struct connection_page *page, const struct column_context *context,
                          struct page *text)
{
    const struct conn *conn = &page->conn;
    draw_ends(page, context, text);
    draw_owner(context, conn, text);
    draw_age(context, conn, text);
    page_line(text);
    if (conn->state != STATE_LISTEN && conn->state != STATE_CLOSED)
        draw_flow(page, context, text);
    draw_settings(context, conn, text);
}
