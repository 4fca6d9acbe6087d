/* facts: facts of groups that several views share, as text and as sort keys. */
#include "ui/group/facts.h"

#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

#define WINDOW_S 3 /* GROUPING_WINDOW_NS */

const struct proc *group_proc(const struct picture *picture, const struct grouping_row *row)
{
    return row->proc == CONN_NO_INDEX ? NULL : &picture->frame->procs[row->proc];
}

const struct conn *group_conn(const struct picture *picture, const struct grouping_row *row)
{
    return grouping_conn(row, picture->frame);
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void per_second(char *out, size_t size, uint32_t in_window)
{
    if (in_window > 0 && in_window < WINDOW_S * 10)
        snprintf(out, size, "%u.%u", in_window / WINDOW_S, in_window % WINDOW_S * 10 / WINDOW_S);
    else
        text_count(out, size, in_window / WINDOW_S);
}

/* The user of a socket is that of its creator, from which the process may differ: shown only if
 * there is no process. */
static uint32_t user_of(const struct picture *picture, const struct grouping_row *row)
{
    const struct proc *proc = group_proc(picture, row);
    const struct conn *conn = group_conn(picture, row);

    if (proc)
        return proc->uid;
    return conn->known & KNOWN_UID ? conn->uid : UINT32_MAX;
}

static uint32_t host_of(const struct picture *picture, const struct grouping_row *row)
{
    const struct proc *proc = group_proc(picture, row);
    return proc ? proc->host : frame_host_number(picture->frame, group_conn(picture, row)->netns);
}

static void user_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const uint32_t uid = user_of(picture, row);
    const char *name =
        uid == UINT32_MAX ? NULL : frame_host_user_name(picture->frame, host_of(picture, row), uid);
    if (name)
        copy(out, size, name);
    else if (uid != UINT32_MAX)
        snprintf(out, size, "%u", uid);
    else
        out[0] = '\0';
}

const struct group_fact GROUP_USER = {.title = "USER",
                                      .help =
                                          "user of the process; of the socket where there is none",
                                      .text = user_text};

static void unit_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct frame *frame = picture->frame;
    const struct proc *proc = group_proc(picture, row);
    const struct group *group = proc && proc->group != CONN_NO_INDEX
                                    ? &frame->groups[proc->group]
                                    : frame_group(frame, group_conn(picture, row));
    if (!group)
        out[0] = '\0';
    else
        copy(out, size, group->container[0] ? group->container : group->unit);
}

const struct group_fact GROUP_UNIT = {
    .title = "UNIT", .help = "systemd unit or container of the process", .text = unit_text};

#define COUNT_FACT(NAME, heading, field, what, beside)                                             \
    static uint64_t field##_key(const struct picture *picture, const struct grouping_row *row)     \
    {                                                                                              \
        (void)picture;                                                                             \
        return row->field;                                                                         \
    }                                                                                              \
    static void field##_text(const struct picture *picture, const struct grouping_row *row,        \
                             char *out, size_t size)                                               \
    {                                                                                              \
        (void)picture;                                                                             \
        text_count(out, size, row->field);                                                         \
    }                                                                                              \
    const struct group_fact NAME = {.title = heading,                                              \
                                    .help = what,                                                  \
                                    .right = true,                                                 \
                                    .counted = true,                                               \
                                    .descending = true,                                            \
                                    .key = field##_key,                                            \
                                    .text = field##_text,                                          \
                                    .spark = (beside)}

COUNT_FACT(GROUP_CONNS, "CONNS", rows, "connections and listening sockets", GROUP_SPARK_NONE);
COUNT_FACT(GROUP_ESTABLISHED, "ESTAB", established, "established connections", GROUP_SPARK_NONE);
COUNT_FACT(GROUP_LISTENING, "LISTEN", listening, "listening sockets", GROUP_SPARK_NONE);
COUNT_FACT(GROUP_TIME_WAIT, "TIME-W", time_wait,
           "connections in TIME-WAIT, which no process holds any more", GROUP_SPARK_NONE);
COUNT_FACT(GROUP_IN, "IN/s", in_bytes_per_s, "bytes received a second", GROUP_SPARK_IN);
COUNT_FACT(GROUP_OUT, "OUT/s", out_bytes_per_s, "bytes sent a second, without retransmitted ones",
           GROUP_SPARK_OUT);
COUNT_FACT(GROUP_RETRANSMITTED, "RETRSEGS", retrans,
           "segments retransmitted by its open connections", GROUP_SPARK_NONE);

/* 0: nothing was sent, which sorts below no retransmissions. */
static uint64_t share_key(const struct picture *picture, const struct grouping_row *row)
{
    int64_t share;

    (void)picture;
    return conn_share(row->retrans_10s, row->sent_10s, &share) ? (uint64_t)share + 1 : 0;
}

static void share_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    int64_t share;

    (void)picture;
    if (conn_share(row->retrans_10s, row->sent_10s, &share))
        text_share(out, size, share);
    else
        out[0] = '\0';
}

static bool share_alarms(const struct grouping_row *row)
{
    return conn_share_is_high(row->retrans_10s, row->sent_10s);
}

const struct group_fact GROUP_RETRANSMITTED_SHARE = {
    .title = "RETR",
    .help = "retransmitted share of the bytes sent in the last 10 s",
    .right = true,
    .counted = true,
    .descending = true,
    .alarms = share_alarms,
    .key = share_key,
    .text = share_text};

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

const struct group_fact GROUP_OPENED = {.title = "NEW/s",
                                        .help = "connections opened a second, over the last 3 s",
                                        .right = true,
                                        .descending = true,
                                        .key = opened_key,
                                        .text = opened_text};

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

const struct group_fact GROUP_ACCEPTED = {.title = "ACCEPTED/s",
                                          .help =
                                              "connections accepted a second, over the last 3 s",
                                          .right = true,
                                          .descending = true,
                                          .key = accepted_key,
                                          .text = accepted_text};

static uint64_t close_wait_key(const struct picture *picture, const struct grouping_row *row)
{
    (void)picture;
    return row->close_wait;
}

/* Pads the place of the trend's mark, so that the numbers align. */
static void close_wait_text(const struct picture *picture, const struct grouping_row *row,
                            char *out, size_t size)
{
    char count[16];

    (void)picture;
    text_count(count, sizeof(count), row->close_wait);
    snprintf(out, size, "%s %s", count, grouping_close_wait_grows(row) ? "▲" : " ");
}

const struct group_fact GROUP_CLOSE_WAIT = {
    .title = "CLOSE-W",
    .help = "connections in CLOSE-WAIT: the program has not closed them; ▲ they grow",
    .right = true,
    .descending = true,
    .key = close_wait_key,
    .text = close_wait_text};

static uint64_t oldest_key(const struct picture *picture, const struct grouping_row *row)
{
    return row->oldest_ns && row->oldest_ns < picture->context.now_ns
               ? (uint64_t)(picture->context.now_ns - row->oldest_ns)
               : 0;
}

/* As AGE of a connection with the same bounds; blank if only the upper one is known. */
static void oldest_text(const struct picture *picture, const struct grouping_row *row, char *out,
                        size_t size)
{
    struct conn oldest = {.known = KNOWN_CREATED_MAX,
                          .created_min_ns = row->oldest_min_ns,
                          .created_max_ns = row->oldest_ns};

    out[0] = '\0';
    if (!row->oldest_ns)
        return;
    if (!row->oldest_open)
        oldest.known |= KNOWN_CREATED_MIN;
    column_format(column_find("age", strlen("age")), &picture->context, &oldest, out, size);
}

const struct group_fact GROUP_OLDEST = {.title = "OLDEST",
                                        .help = "age of the oldest",
                                        .right = true,
                                        .descending = true,
                                        .key = oldest_key,
                                        .text = oldest_text};

uint64_t group_end_key(const struct picture *picture, const struct grouping_row *row,
                       const char *id)
{
    uint64_t key = UINT64_MAX;
    (void)column_sort_key(column_find(id, strlen(id)), &picture->context, group_conn(picture, row),
                          &key);
    return key;
}

uint64_t group_findings_count(const struct picture *picture, const struct grouping_row *row,
                              group_is_subject *is_subject)
{
    const struct frame_findings *findings = picture->frame->findings;
    uint64_t count = 0;

    for (uint32_t i = 0; findings && i < findings->holding; i++)
        count += is_subject(picture, row, &findings->list[i].subject);
    return count;
}

void group_findings_text(const struct picture *picture, const struct grouping_row *row,
                         group_is_subject *is_subject, char *out, size_t size)
{
    const struct frame_findings *findings = picture->frame->findings;
    const uint64_t count = group_findings_count(picture, row, is_subject);

    out[0] = '\0';
    if (!findings) /* no detectors ran */
        return;
    snprintf(out, size, "%llu", (unsigned long long)count);
    for (uint32_t i = 0; i < findings->holding && count; i++) {
        if (!is_subject(picture, row, &findings->list[i].subject))
            continue;
        snprintf(out, size, "%llu  %s", (unsigned long long)count, findings->list[i].detector->id);
        return;
    }
}
