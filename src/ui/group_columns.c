/* group_columns: facts of groups as text and sort keys. Knows no drawing. */
#include "ui/group_columns.h"

#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

#define WINDOW_S 3 /* GROUPING_WINDOW_NS */

static const struct proc *proc_of(const struct picture *picture, const struct grouping_row *row)
{
    return row->proc == CONN_NO_INDEX ? NULL : &picture->frame->procs[row->proc];
}

static const struct conn *conn_of(const struct picture *picture, const struct grouping_row *row)
{
    return grouping_conn(row, picture->frame);
}

#define HOLDERS_CELLS 14 /* of a long name with a count behind it the name is cut */

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

/* 0 stands only where it was counted; "" = not known. */
static void put_count(char *out, size_t size, uint64_t value)
{
    text_count(out, size, value);
}

static void per_second(char *out, size_t size, uint32_t in_window)
{
    if (in_window > 0 && in_window < WINDOW_S * 10)
        snprintf(out, size, "%u.%u", in_window / WINDOW_S, in_window % WINDOW_S * 10 / WINDOW_S);
    else
        put_count(out, size, in_window / WINDOW_S);
}

static void process_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    const struct proc *proc = proc_of(picture, row);
    const char *word = owner_word_name(row->owner_word);

    if (proc)
        copy(out, size, proc->comm);
    else
        copy(out, size, word);
}

static void holders_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    const struct proc *proc = proc_of(picture, row);
    char count[16], name[64];

    if (!proc || row->proc_count < 2) {
        process_text(picture, row, out, size);
        return;
    }
    const int cells = snprintf(count, sizeof count, " (%u)", row->proc_count);
    text_cut(name, sizeof name, proc->comm, (size_t)(HOLDERS_CELLS - cells), "…");
    snprintf(out, size, "%s%s", name, count);
}

static uint64_t pid_key(const struct picture *picture, const struct grouping_row *row)
{
    const struct proc *proc = proc_of(picture, row);
    return proc ? (uint64_t)proc->pid : UINT64_MAX;
}

static void pid_text(const struct picture *picture, const struct grouping_row *row, char *out,
                     size_t size)
{
    const struct proc *proc = proc_of(picture, row);
    if (proc)
        snprintf(out, size, "%d", proc->pid);
    else
        copy(out, size, "–");
}

/* The user of a socket is its creator's, which the process may have ceased to be: it stands only
 * where there is no process. */
static uint32_t user_of(const struct picture *picture, const struct grouping_row *row)
{
    const struct proc *proc = proc_of(picture, row);
    const struct conn *conn = conn_of(picture, row);

    if (proc)
        return proc->uid;
    return conn->known & KNOWN_UID ? conn->uid : UINT32_MAX;
}

static void user_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const uint32_t uid = user_of(picture, row);
    const char *name = uid == UINT32_MAX ? NULL : frame_user_name(picture->frame, uid);
    if (name)
        copy(out, size, name);
    else if (uid != UINT32_MAX)
        snprintf(out, size, "%u", uid);
    else
        out[0] = '\0';
}

static void unit_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct frame *frame = picture->frame;
    const struct proc *proc = proc_of(picture, row);
    const struct group *group = proc && proc->group != CONN_NO_INDEX
                                    ? &frame->groups[proc->group]
                                    : frame_group(frame, conn_of(picture, row));
    if (!group)
        out[0] = '\0';
    else
        copy(out, size, group->container[0] ? group->container : group->unit);
}

#define COUNT_COLUMN(name, field)                                                                  \
    static uint64_t name##_key(const struct picture *picture, const struct grouping_row *row)      \
    {                                                                                              \
        (void)picture;                                                                             \
        return row->field;                                                                         \
    }                                                                                              \
    static void name##_text(const struct picture *picture, const struct grouping_row *row,         \
                            char *out, size_t size)                                                \
    {                                                                                              \
        (void)picture;                                                                             \
        put_count(out, size, row->field);                                                          \
    }

COUNT_COLUMN(rows, rows)
COUNT_COLUMN(established, established)
COUNT_COLUMN(listening, listening)
COUNT_COLUMN(time_wait, time_wait)
COUNT_COLUMN(in, in_bytes_per_s)
COUNT_COLUMN(out, out_bytes_per_s)
COUNT_COLUMN(retrans, retrans)

static uint64_t opened_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->opened;
}

static void opened_text(const struct picture *picture, const struct grouping_row *row, char *out,
                        size_t size)
{
    (void)picture;
    per_second(out, size, row->opened);
}

static uint64_t accepted_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->accepted;
}

static void accepted_text(const struct picture *picture, const struct grouping_row *row, char *out,
                          size_t size)
{
    (void)picture;
    per_second(out, size, row->accepted);
}

static uint64_t close_wait_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->close_wait;
}

/* Blank where the trend's mark would be, so that the figures stand in line. */
static void close_wait_text(const struct picture *picture, const struct grouping_row *row,
                            char *out, size_t size)
{
    char count[16];

    (void)picture;
    put_count(count, sizeof(count), row->close_wait);
    snprintf(out, size, "%s %s", count, grouping_close_wait_grows(row) ? "▲" : " ");
}

static uint64_t oldest_key(const struct picture *picture, const struct grouping_row *row)
{
    return row->oldest_ns && row->oldest_ns < picture->now_ns
               ? (uint64_t)(picture->now_ns - row->oldest_ns)
               : 0;
}

/* The oldest is at least as old as the latest moment it can have begun. */
static void oldest_text(const struct picture *picture, const struct grouping_row *row, char *out,
                        size_t size)
{
    if (row->oldest_ns)
        text_age(out, size, (int64_t)oldest_key(picture, row));
    else
        out[0] = '\0';
}

static void local_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    const struct column *column = column_find("local", 5);
    column_format(column, &picture->context, conn_of(picture, row), out, size);
}

/* Addresses by number, as the Connections view has them; equal ones by what is shown. */
static uint64_t end_key(const struct picture *picture, const struct grouping_row *row,
                        const char *id)
{
    uint64_t key = UINT64_MAX;
    (void)column_sort_key(column_find(id, strlen(id)), &picture->context, conn_of(picture, row),
                          &key);
    return key;
}

static uint64_t local_key(const struct picture *picture, const struct grouping_row *row)
{
    return end_key(picture, row, "local");
}

static uint64_t peer_key(const struct picture *picture, const struct grouping_row *row)
{
    return end_key(picture, row, "remote");
}

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
        put_count(out, size, row->drops);
    else
        out[0] = '\0';
}

static void peer_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct conn *conn = conn_of(picture, row);
    const struct lookup *lookup = picture->context.lookup;
    const char *interface = addr_is_link_local(&conn->tuple.remote, conn->tuple.family)
                                ? frame_interface_name(picture->frame, conn->tuple.scope)
                                : NULL;
    const char *name = lookup && lookup->host
                           ? lookup->host(lookup->data, &conn->tuple.remote, conn->tuple.family)
                           : NULL;
    char address[ADDR_TEXT_MAX];

    addr_format(address, sizeof address, &conn->tuple.remote, conn->tuple.family, interface);
    if (name)
        snprintf(out, size, "%s (%s)", name, address);
    else
        copy(out, size, address);
}

static void port_name(const struct picture *picture, uint16_t port, char *out, size_t size)
{
    const struct lookup *lookup = picture->context.lookup;
    const char *name = lookup && lookup->service ? lookup->service(lookup->data, port) : NULL;

    if (name)
        copy(out, size, name);
    else
        snprintf(out, size, "%u", port);
}

static void ports_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", row->inbound ? "↓" : "");
    char name[40];

    for (uint8_t i = 0; i < row->port_count && i < GROUPING_PORTS && used + 1 < size; i++) {
        port_name(picture, row->ports[i], name, sizeof name);
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", name);
    }
    if (row->port_count > GROUPING_PORTS && used + 1 < size)
        snprintf(out + used, size - used, ",…");
}

static uint64_t rtt_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->worst_rtt_us;
}

static void rtt_text(const struct picture *picture, const struct grouping_row *row, char *out,
                     size_t size)
{
    (void)picture;
    if (row->worst_rtt_us)
        text_span(out, size, (int64_t)row->worst_rtt_us * 1000);
    else
        out[0] = '\0';
}

/* Processes of one name count as one here. */
static bool name_stands(const struct picture *picture, const struct grouping_row *row, uint32_t at)
{
    const struct proc *procs = picture->frame->procs;

    for (uint32_t i = 0; i < at; i++)
        if (strcmp(procs[row->procs[i]].comm, procs[row->procs[at]].comm) == 0)
            return true;
    return false;
}

static void names_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < row->proc_count && i < GROUPING_NAMES && used + 1 < size; i++)
        if (!name_stands(picture, row, i))
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
                                     picture->frame->procs[row->procs[i]].comm);
    if (row->proc_count > GROUPING_NAMES && used + 1 < size)
        snprintf(out + used, size - used, ", …");
    if (row->proc_count == 0)
        copy(out, size, owner_word_name(row->owner_word));
}

static uint64_t full_key(const struct picture *picture, const struct grouping_row *row)
{
    if (!row->full_since_ns)
        return row->full;
    return (uint64_t)(picture->now_ns - row->full_since_ns) + 1;
}

static void full_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    char age[16];

    snprintf(out, size, "%s", row->full ? "full" : "");
    if (!row->full_since_ns)
        return;
    text_age(age, sizeof age, picture->now_ns - row->full_since_ns);
    snprintf(out, size, "%s%s", row->full_seen ? "" : ">", age);
}

static const struct group_column PROCESS_COLUMNS[] = {
    {"PROCESS", 18, 8, 2, 0, false, false, false, NULL, process_text},
    {"PID", 7, 0, 0, 0, true, false, false, pid_key, pid_text},
    {"USER", 10, 6, 1, 5, false, false, false, NULL, user_text},
    {"UNIT", 21, 8, 2, 8, false, false, false, NULL, unit_text},
    {"CONNS", 6, 0, 0, 0, true, true, false, rows_key, rows_text},
    {"ESTAB", 6, 0, 0, 3, true, true, false, established_key, established_text},
    {"LISTEN", 6, 0, 0, 6, true, true, false, listening_key, listening_text},
    {"CLOSE-W", 7, 0, 0, 4, true, true, false, close_wait_key, close_wait_text},
    {"TIME-W", 6, 0, 0, 9, true, true, false, time_wait_key, time_wait_text},
    {"IN/s", 5, 0, 0, 1, true, true, false, in_key, in_text},
    {"OUT/s", 5, 0, 0, 1, true, true, false, out_key, out_text},
    {"RETR", 5, 0, 0, 7, true, true, false, retrans_key, retrans_text},
    {"NEW/s", 5, 0, 0, 2, true, true, false, opened_key, opened_text},
    {"OLDEST", 6, 0, 0, 10, true, true, false, oldest_key, oldest_text},
};

static const struct group_column LISTENER_COLUMNS[] = {
    {"LOCAL", 24, 14, 2, 0, false, false, false, local_key, local_text},
    {"PROCESS", HOLDERS_CELLS, 8, 1, 0, false, false, false, NULL, holders_text},
    {"USER", 10, 6, 0, 6, false, false, false, NULL, user_text},
    {"UNIT", 16, 8, 1, 8, false, false, false, NULL, unit_text},
    {"QUEUE", 21, 12, 0, 0, false, true, true, queue_key, queue_text},
    {"FULL", 6, 0, 0, 4, true, true, false, full_key, full_text},
    {"BACKLOG", 7, 0, 0, 2, true, true, false, backlog_key, backlog_text},
    {"ACCEPTED/s", 10, 0, 0, 3, true, true, false, accepted_key, accepted_text},
    {"DROPS", 5, 0, 0, 5, true, true, false, drops_key, drops_text},
    {"CONNS", 6, 0, 0, 1, true, true, false, rows_key, rows_text},
    {"IN/s", 5, 0, 0, 9, true, true, false, in_key, in_text},
    {"OUT/s", 5, 0, 0, 9, true, true, false, out_key, out_text},
    {"SINCE", 6, 0, 0, 7, true, true, false, oldest_key, oldest_text},
};

static const struct group_column PEER_COLUMNS[] = {
    {"PEER", 32, 15, 3, 0, false, false, false, peer_key, peer_text},
    {"PORTS", 14, 8, 1, 2, false, false, false, NULL, ports_text},
    {"CONNS", 6, 0, 0, 0, true, true, false, rows_key, rows_text},
    {"ESTAB", 6, 0, 0, 4, true, true, false, established_key, established_text},
    {"CLOSE-W", 7, 0, 0, 6, true, true, false, close_wait_key, close_wait_text},
    {"TIME-W", 6, 0, 0, 9, true, true, false, time_wait_key, time_wait_text},
    {"IN/s", 5, 0, 0, 0, true, true, false, in_key, in_text},
    {"OUT/s", 5, 0, 0, 0, true, true, false, out_key, out_text},
    {"RTT worst", 9, 0, 0, 5, true, true, false, rtt_key, rtt_text},
    {"RETR", 5, 0, 0, 7, true, true, false, retrans_key, retrans_text},
    {"NEW/s", 5, 0, 0, 3, true, true, false, opened_key, opened_text},
    {"PROCESSES", 16, 8, 1, 1, false, false, false, NULL, names_text},
};

#define COLUMNS(table, sort, needs)                                                                \
    {                                                                                              \
        table, sizeof(table) / sizeof *(table), sort, needs                                        \
    }

const struct group_columns GROUP_COLUMNS[] = {
    [GROUPING_PROCESSES] = COLUMNS(PROCESS_COLUMNS, 4, NEED_OWNER | NEED_GROUP | NEED_PROCESS_USER),
    [GROUPING_LISTENERS] =
        COLUMNS(LISTENER_COLUMNS, 4, NEED_OWNER | NEED_GROUP | NEED_PROCESS_USER),
    [GROUPING_PEERS] = COLUMNS(PEER_COLUMNS, 2, NEED_OWNER),
};
