/* connection_info: what only the connection page shows: every field of tcp_info by a readable name
 * with its unit, socket memory, options. What the kernel did not report is left out. */
#include "base/clock.h"
#include "core/info.h"
#include "core/text/text.h"
#include "ui/connection_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INFO_GROUP_FIELDS 24
#define INDENT            11
#define NS_PER_US         1000

struct info_group {
    const char *title; /* NULL: shown in the lines above */
    struct {
        const char *name;
        const char *label; /* said under this title; NULL = as TCP_INFO has it */
    } fields[INFO_GROUP_FIELDS];
};

/* The part of the page in which a field is shown; fields not listed here come under "other". */
static const struct info_group INFO_GROUPS[] = {
    {NULL,
     {{"state", NULL},
      {"rtt", NULL},
      {"rttvar", NULL},
      {"min_rtt", NULL},
      {"snd_cwnd", NULL},
      {"total_retrans", NULL},
      {"lost", NULL},
      {"reordering", NULL},
      {"snd_ssthresh", NULL},
      {"snd_mss", NULL},
      {"options", NULL},
      {"snd_wscale", NULL},
      {"rcv_wscale", NULL}}},
    {"sending",
     {{"bytes_sent", "sent"},
      {"bytes_acked", "acknowledged"},
      {"segs_out", "segments"},
      {"data_segs_out", "with data"},
      {"delivered", "delivered"},
      {"unacked", "in flight"},
      {"notsent_bytes", "waiting"},
      {"pacing_rate", "pacing"},
      {"max_pacing_rate", "pacing limit"},
      {"delivery_rate", "delivery"},
      {"delivery_rate_app_limited", "app limited"},
      {"busy_time", "busy"},
      {"rwnd_limited", "rwnd limited"},
      {"sndbuf_limited", "sndbuf limited"},
      {"snd_wnd", "peer's window"},
      {"last_data_sent", "last data, ago"},
      {"last_ack_sent", "last ACK, ago"}}},
    {"receiving",
     {{"bytes_received", "received"},
      {"segs_in", "segments"},
      {"data_segs_in", "with data"},
      {"rcv_ooopack", "out of order"},
      {"rcv_wnd", "window"},
      {"rcv_ssthresh", "window clamp"},
      {"rcv_space", "buffer wanted"},
      {"rcv_mss", "mss"},
      {"rcv_rtt", "rtt"},
      {"ato", "delayed ACK"},
      {"last_data_recv", "last data, ago"},
      {"last_ack_recv", "last ACK, ago"}}},
    {"loss",
     {{"ca_state", "state"},
      {"retrans", "retransmitted now"},
      {"bytes_retrans", "retransmitted ever"},
      {"sacked", "SACKed"},
      {"fackets", "FACKed"},
      {"dsack_dups", "duplicate SACKs"},
      {"reord_seen", "reorderings"},
      {"retransmits", "timeouts in a row"},
      {"probes", "probes"},
      {"backoff", "backoff"},
      {"rto", "timeout"},
      {"total_rto", "timeouts"},
      {"total_rto_recoveries", "recovered"},
      {"total_rto_time", "recovering"}}},
    {"CE, ECT",
     {{"delivered_ce", "segments delivered with CE"},
      {"received_ce", "received with CE"},
      {"delivered_ce_bytes", "bytes delivered CE"},
      {"delivered_e0_bytes", "ECT(0)"},
      {"delivered_e1_bytes", "ECT(1)"},
      {"received_ce_bytes", "bytes received CE"},
      {"received_e0_bytes", "ECT(0)"},
      {"received_e1_bytes", "ECT(1)"},
      {"accecn_fail_mode", "AccECN failure"},
      {"accecn_opt_seen", "AccECN option"}}},
    {"socket",
     {{"pmtu", "path MTU"},
      {"advmss", "advertised mss"},
      {"rehash", "flow rehashed"},
      {"fastopen_client_fail", "fast open failure"}}},
};
#define INFO_GROUP_COUNT (sizeof(INFO_GROUPS) / sizeof(INFO_GROUPS[0]))

/* Facts of a socket outside tcp_info, where known, by column. */
static const char *const SOCKET_FACTS[] = {"shutdown", "tls_version", "tls_cipher", "tos",
                                           "tclass",   "fwmark",      "class_id"};
static const char *const MEMORY_FACTS[] = {"rmem_alloc", "rcvbuf",    "wmem_alloc", "wmem_queued",
                                           "sndbuf",     "fwd_alloc", "optmem",     "sock_backlog"};

/* tcp_get_info (net/ipv4/tcp.c, Linux 6.18) fills in next to nothing of a listener, and times since
 * boot before there was any data. */
static bool is_filled(const struct conn *conn, const struct info_field *field)
{
    if (conn->state == STATE_LISTEN)
        return false;
    return strncmp(field->name, "last_", 5) != 0 || (conn->known & KNOWN_LAST_DATA);
}

static bool field_value(const struct column_context *context, const struct conn *conn,
                        const struct info_field *field, uint64_t *value)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);
    return detail && field && is_filled(conn, field) &&
           info_value(field, detail->info, detail->info_length, value);
}

bool connection_info_value(const struct column_context *context, const struct conn *conn,
                           const char *name, uint64_t *value)
{
    return field_value(context, conn, info_field_find(name), value);
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
        if (value == UINT64_MAX) /* sk_max_pacing_rate before anybody has set it */
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
    case INFO_COUNT:
    case INFO_SEGMENTS:
    case INFO_FLAGS:
        if (strcmp(field->name, "ca_state") == 0)
            congestion_state_text(out, size, value);
        else if (field->bits == 1)
            snprintf(out, size, "%s", value ? "yes" : "no");
        else
            snprintf(out, size, "%" PRIu64, value);
        return;
    }
    if (value == 0)
        snprintf(out, size, "0");
}

static void draw_title(struct page *text, const char *title, bool *titled)
{
    if (*titled)
        return;
    *titled = true;
    page_text(text, ROLE_ACCENT, title);
    text->col = INDENT;
}

static void draw_field(const struct column_context *context, const struct conn *conn,
                       const struct info_field *field, const char *label, const char *title,
                       bool *titled, struct page *text)
{
    char words[48] = "";
    uint64_t value;
    if (!field_value(context, conn, field, &value))
        return;
    draw_title(text, title, titled);
    field_text(words, sizeof(words), field, value);
    page_item(text, INDENT, label ? label : field->label, value ? ROLE_NORMAL : ROLE_DIM, words);
}

static bool is_grouped(const char *name)
{
    for (size_t i = 0; i < INFO_GROUP_COUNT; i++)
        for (size_t n = 0; n < INFO_GROUP_FIELDS && INFO_GROUPS[i].fields[n].name; n++)
            if (strcmp(INFO_GROUPS[i].fields[n].name, name) == 0)
                return true;
    return false;
}

static void draw_column(const struct column_context *context, const struct conn *conn,
                        const char *id, const char *title, bool *titled, struct page *text)
{
    char words[64] = "";
    const struct column *column = column_find(id, strlen(id));
    if (!column || column_format(column, context, conn, words, sizeof(words)) == 0)
        return;
    struct column_value value;
    if (column->type == TYPE_BYTES && column_get(column, context, conn, &value))
        page_bytes(words, sizeof(words), (uint64_t)value.number);
    draw_title(text, title, titled);
    page_item(text, INDENT, column->label, ROLE_NORMAL, words);
}

static void end_group(struct page *text, bool titled)
{
    if (titled)
        page_line(text);
}

static void draw_others(const struct column_context *context, const struct conn *conn,
                        struct page *text)
{
    bool titled = false;
    for (size_t i = 0; i < tcp_info_count; i++)
        if (!is_grouped(TCP_INFO[i].name))
            draw_field(context, conn, &TCP_INFO[i], NULL, "other", &titled, text);
    end_group(text, titled);
}

static void draw_group(const struct column_context *context, const struct conn *conn,
                       const struct info_group *group, bool *titled, struct page *text)
{
    for (size_t n = 0; n < INFO_GROUP_FIELDS && group->fields[n].name; n++)
        draw_field(context, conn, info_field_find(group->fields[n].name), group->fields[n].label,
                   group->title, titled, text);
}

void connection_info_draw(const struct column_context *context, const struct conn *conn,
                          struct page *text)
{
    bool titled = false;
    for (size_t i = 0; i + 1 < INFO_GROUP_COUNT; i++) {
        titled = false;
        if (INFO_GROUPS[i].title)
            draw_group(context, conn, &INFO_GROUPS[i], &titled, text);
        end_group(text, titled);
    }
    draw_others(context, conn, text);
    titled = false;
    for (size_t i = 0; i < sizeof(MEMORY_FACTS) / sizeof(MEMORY_FACTS[0]); i++)
        draw_column(context, conn, MEMORY_FACTS[i], "memory", &titled, text);
    end_group(text, titled);
    titled = false;
    draw_group(context, conn, &INFO_GROUPS[INFO_GROUP_COUNT - 1], &titled, text);
    for (size_t i = 0; i < sizeof(SOCKET_FACTS) / sizeof(SOCKET_FACTS[0]); i++)
        draw_column(context, conn, SOCKET_FACTS[i], "socket", &titled, text);
    end_group(text, titled);
}
