/* connection_info: facts shown only on the page of a connection: every field of tcp_info by a
 * readable name with its unit, socket memory, options. Unreported ones are left out. */
#include "core/info.h"
#include "base/clock.h"
#include "core/text/text.h"
#include "ui/connection/connection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INFO_GROUP_FIELDS 24
#define INDENT            11
#define NS_PER_US         1000

struct info_group {
    const char *title; /* NULL: shown in the lines above */
    struct {
        uint8_t field;     /* place in TCP_INFO + 1; 0 after the last */
        const char *label; /* label below this title; NULL = that of TCP_INFO */
    } fields[INFO_GROUP_FIELDS];
};
#define FIELD(name, label)                                                                         \
    {                                                                                              \
        INFO_##name + 1, label                                                                     \
    }

/* clang-format off */
/* The part of the page in which a field is shown; fields not listed here come under "other". */
static const struct info_group INFO_GROUPS[] = {
    {NULL,
     {FIELD(state, NULL), FIELD(rtt, NULL), FIELD(rttvar, NULL), FIELD(min_rtt, NULL),
      FIELD(snd_cwnd, NULL), FIELD(snd_ssthresh, NULL), FIELD(snd_mss, NULL),
      FIELD(options, NULL), FIELD(snd_wscale, NULL), FIELD(rcv_wscale, NULL)}},
    {"sending",
     {FIELD(bytes_sent, "sent"), FIELD(bytes_acked, "acknowledged"), FIELD(segs_out, "in all"),
      FIELD(data_segs_out, "with data"), FIELD(delivered, "delivered"),
      FIELD(unacked, "in flight"), FIELD(notsent_bytes, "waiting"),
      FIELD(pacing_rate, "pacing"), FIELD(max_pacing_rate, "pacing limit"),
      FIELD(delivery_rate, "delivery"), FIELD(delivery_rate_app_limited, "app limited"),
      FIELD(busy_time, "busy"), FIELD(rwnd_limited, "window limited"),
      FIELD(sndbuf_limited, "send buffer limited"), FIELD(snd_wnd, "peer's window"),
      FIELD(rto, "timeout"), FIELD(reordering, "reordering"),
      FIELD(last_data_sent, "last data, ago"), FIELD(last_ack_sent, "last ACK, ago")}},
    {"receiving",
     {FIELD(bytes_received, "received"), FIELD(segs_in, "in all"),
      FIELD(data_segs_in, "with data"), FIELD(rcv_ooopack, "out of order"),
      FIELD(rcv_wnd, "window"), FIELD(rcv_ssthresh, "window clamp"),
      FIELD(rcv_space, "buffer wanted"), FIELD(rcv_mss, "mss"), FIELD(rcv_rtt, "rtt"),
      FIELD(ato, "delayed ACK"), FIELD(last_data_recv, "last data, ago"),
      FIELD(last_ack_recv, "last ACK, ago")}},
    {"loss",
     {FIELD(ca_state, "state"), FIELD(total_retrans, "retransmitted"),
      FIELD(bytes_retrans, "in bytes"), FIELD(retrans, "retransmitted now"),
      FIELD(lost, "thought lost"), FIELD(sacked, "SACKed"), FIELD(fackets, "FACKed"),
      FIELD(dsack_dups, "duplicate SACKs"), FIELD(reord_seen, "reorderings"),
      FIELD(retransmits, "timeouts in a row"), FIELD(probes, "probes"),
      FIELD(backoff, "backoff"), FIELD(total_rto, "timeouts"),
      FIELD(total_rto_recoveries, "recovered"), FIELD(total_rto_time, "recovering")}},
    {"CE, ECT",
     {FIELD(delivered_ce, "delivered with CE"), FIELD(received_ce, "received with CE"),
      FIELD(delivered_ce_bytes, "delivered CE"), FIELD(delivered_e0_bytes, "ECT(0)"),
      FIELD(delivered_e1_bytes, "ECT(1)"), FIELD(received_ce_bytes, "received CE"),
      FIELD(received_e0_bytes, "ECT(0)"), FIELD(received_e1_bytes, "ECT(1)"),
      FIELD(accecn_fail_mode, "AccECN failure"), FIELD(accecn_opt_seen, "AccECN option")}},
    {"socket",
     {FIELD(pmtu, "path MTU"), FIELD(advmss, "advertised mss"), FIELD(rehash, "flow rehashed"),
      FIELD(fastopen_client_fail, "fast open failure")}},
};
/* clang-format on */
#define INFO_GROUP_COUNT (sizeof(INFO_GROUPS) / sizeof(INFO_GROUPS[0]))

/* Facts of a socket outside tcp_info, where known, by column. */
static const char *const SOCKET_FACTS[] = {"shutdown", "tls_version", "tls_cipher", "mptcp_token",
                                           "tos",      "tclass",      "fwmark",     "class_id"};
static const char *const MEMORY_FACTS[] = {"rmem_alloc", "rcvbuf",    "wmem_alloc", "wmem_queued",
                                           "sndbuf",     "fwd_alloc", "optmem",     "sock_backlog"};

/* Before any data, these are times since boot. */
static bool is_filled(const struct conn *conn, unsigned field)
{
    const bool since =
        field == INFO_last_data_sent || field == INFO_last_ack_sent || field == INFO_last_data_recv;

    return info_is_filled(conn, field) && (!since || (conn->known & KNOWN_LAST_DATA));
}

bool connection_info_value(const struct column_context *context, const struct conn *conn,
                           unsigned field, uint64_t *value)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    return detail && is_filled(conn, field) &&
           info_value(&TCP_INFO[field], detail->info, detail->info_length, value);
}

/* enum tcp_ca_state of include/uapi/linux/tcp.h */
static void congestion_state_text(char *out, size_t size, uint64_t value)
{
    static const char *const NAMES[] = {"open", "disorder", "cwr", "recovery", "loss"};
    if (value < sizeof(NAMES) / sizeof(NAMES[0]))
        snprintf(out, size, "%s", NAMES[value]);
    else
        snprintf(out, size, "%" PRIu64, value);
}

static void field_text(char *out, size_t size, const struct info_field *field, uint64_t value)
{
    switch ((enum info_unit)field->unit) {
    case INFO_BYTES:
        page_bytes(out, size, value);
        return;
    case INFO_BYTES_PER_S:
        if (value == UINT64_MAX) /* sk_max_pacing_rate is unset */
            snprintf(out, size, "none");
        else
            page_rate(out, size, value);
        return;
    case INFO_US:
        text_span(out, size, (int64_t)(value * NS_PER_US));
        break;
    case INFO_MS:
        text_span(out, size, (int64_t)(value * MILLISECOND_NS));
        break;
    case INFO_SEGMENTS:
        page_segments(out, size, value);
        return;
    case INFO_COUNT:
    case INFO_FLAGS:
        if (field == &TCP_INFO[INFO_ca_state])
            congestion_state_text(out, size, value);
        else if (field->bits == 1)
            snprintf(out, size, "%s", value ? "yes" : "no");
        else
            snprintf(out, size, "%" PRIu64, value);
        return;
    }
    if (value == 0)
        snprintf(out, size, "0 ms");
}

/* What a group is drawn with. */
struct drawing {
    const struct column_context *context;
    const struct conn *conn;
    struct page *text;
    const char *title;
    bool titled; /* the title has been drawn */
};

static void draw_title(struct drawing *own)
{
    if (own->titled)
        return;
    own->titled = true;
    page_text(own->text, ROLE_ACCENT, own->title);
    own->text->col = INDENT;
}

static void draw_field(struct drawing *own, unsigned field, const char *label)
{
    char words[48] = "";
    uint64_t value;

    if (!connection_info_value(own->context, own->conn, field, &value))
        return;
    draw_title(own);
    field_text(words, sizeof(words), &TCP_INFO[field], value);
    page_item(own->text, INDENT, label ? label : TCP_INFO[field].label,
              value ? ROLE_NORMAL : ROLE_DIM, words);
}

static void draw_column(struct drawing *own, const char *id)
{
    const struct column *column = column_find(id, strlen(id));
    struct column_value value;
    char words[64] = "";

    if (!column || column_format(column, own->context, own->conn, words, sizeof(words)) == 0)
        return;
    if (column->type == TYPE_BYTES && column_get(column, own->context, own->conn, &value))
        page_bytes(words, sizeof(words), (uint64_t)value.number);
    draw_title(own);
    page_item(own->text, INDENT, column->label, ROLE_NORMAL, words);
}

static void end_group(struct drawing *own)
{
    if (own->titled)
        page_line(own->text);
}

static bool is_grouped(unsigned field)
{
    for (size_t i = 0; i < INFO_GROUP_COUNT; i++)
        for (size_t n = 0; n < INFO_GROUP_FIELDS && INFO_GROUPS[i].fields[n].field; n++)
            if (INFO_GROUPS[i].fields[n].field == field + 1)
                return true;
    return false;
}

/* True if all known values are 0. */
static bool holds_zeros(const struct drawing *own, const struct info_group *group)
{
    bool any = false;
    uint64_t value;

    for (size_t n = 0; n < INFO_GROUP_FIELDS && group->fields[n].field; n++) {
        if (!connection_info_value(own->context, own->conn, group->fields[n].field - 1u, &value))
            continue;
        if (value)
            return false;
        any = true;
    }
    return any;
}

static void draw_fields(struct drawing *own, const struct info_group *group)
{
    for (size_t n = 0; n < INFO_GROUP_FIELDS && group->fields[n].field; n++)
        draw_field(own, group->fields[n].field - 1u, group->fields[n].label);
}

/* True: it has only zeros. */
static bool draw_group(struct drawing own, const struct info_group *group, bool unfolded)
{
    const bool zeros = holds_zeros(&own, group);

    own.title = group->title;
    if (unfolded || !zeros) {
        draw_fields(&own, group);
    } else {
        draw_title(&own);
        page_text(own.text, ROLE_DIM, "none");
    }
    end_group(&own);
    return zeros;
}

static void draw_others(struct drawing own)
{
    own.title = "other";
    for (unsigned i = 0; i < tcp_info_count; i++)
        if (!is_grouped(i))
            draw_field(&own, i, NULL);
    end_group(&own);
}

static void draw_columns(struct drawing *own, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        draw_column(own, ids[i]);
    end_group(own);
}

bool connection_draw_info(const struct column_context *context, const struct conn *conn,
                          bool unfolded, struct page *text)
{
    const struct info_group *last = &INFO_GROUPS[INFO_GROUP_COUNT - 1];
    struct drawing memory = {.context = context, .conn = conn, .text = text, .title = "memory"};
    struct drawing socket = memory;
    bool zeros = false;

    for (const struct info_group *group = INFO_GROUPS; group < last; group++)
        if (group->title)
            zeros |= draw_group(memory, group, unfolded);
    draw_others(memory);
    draw_columns(&memory, MEMORY_FACTS, sizeof(MEMORY_FACTS) / sizeof(MEMORY_FACTS[0]));
    socket.title = last->title;
    draw_fields(&socket, last);
    draw_columns(&socket, SOCKET_FACTS, sizeof(SOCKET_FACTS) / sizeof(SOCKET_FACTS[0]));
    return zeros;
}
