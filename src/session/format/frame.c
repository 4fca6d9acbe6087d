/* Frame lines, and frames from the state of a log. Independent of how rows are written. */
#include "base/clock.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <string.h>

#define NUMBER(member) FACT_NUMBER_AT(, session_frame, member), .of = FACT_OF_OTHER
#define NS(member)     FACT_SIGNED_AT(, session_frame, member), ALWAYS, .of = FACT_OF_OTHER
#define FLAG(member)   FACT_FLAG_AT(, session_frame, member), .of = FACT_OF_OTHER
#define ALWAYS         .absent = UINT64_MAX
#define SEGMENTS(member)                                                                           \
    NUMBER(member), .flag = (uint16_t)offsetof(struct session_frame, totals.segs_known) + 1

const struct fact SESSION_FRAME_KEYS[] = {
    {"number", NUMBER(number), ALWAYS},
    {"key", FLAG(key)},
    {"mono_ns", NS(mono_ns)},
    {"dump_ns", NS(dump_ns)},
    {"netns", NUMBER(netns)},
    {"netns_is_host", FLAG(netns_is_host)},
    {"rows", NUMBER(rows), ALWAYS},
    {"ghosts", NUMBER(ghosts), ALWAYS},
    {"close_wait", NUMBER(close_wait), .absent = UINT32_MAX},
    {"opens", NUMBER(counts.opened), ALWAYS}, /* event lines since the frame before */
    {"transitions", NUMBER(counts.changed), ALWAYS},
    {"closes", NUMBER(counts.closed), ALWAYS},
    {"findings", NUMBER(counts.findings), ALWAYS},
    {"marked_opened", NUMBER(totals.opened), ALWAYS}, /* rows, against the frame before */
    {"marked_changed", NUMBER(totals.changed), ALWAYS},
    {"marked_closed", NUMBER(totals.closed), ALWAYS},
    {"in_interval_bytes", NUMBER(totals.in_interval), ALWAYS},
    {"out_interval_bytes", NUMBER(totals.out_interval), ALWAYS},
    {"in_total_bytes", NUMBER(totals.in_total), ALWAYS},
    {"out_total_bytes", NUMBER(totals.out_total), ALWAYS},
    {"in_interval_segs", SEGMENTS(totals.segs_in)},
    {"out_interval_segs", SEGMENTS(totals.segs_out)},
    {"retrans_interval_segs", SEGMENTS(totals.segs_retrans)},
    {"sent_interval_bytes", NUMBER(totals.sent_interval), ALWAYS},
    {"retrans_interval_bytes", NUMBER(totals.retrans_interval), ALWAYS},
    {"traces_bind", FLAG(traces_bind)},
    {"traces_connect", FLAG(traces_connect)},
    {"hidden_users", NUMBER(missing.hidden_users)},
    {"hidden_rows", NUMBER(missing.hidden_rows)},
    {"events_lost", NUMBER(missing.events_lost)},
    {"missing_text", FACT_TEXT_AT(, session_frame, missing.text), .of = FACT_OF_OTHER},
    {"cost_cpu_ns", NS(cost.cpu_ns)},
    {"cost_wall_ns", NS(cost.wall_ns)},
    {"interval_ns", NS(cost.interval_ns)}, /* in force */
    {"stretched", FLAG(cost.stretched)},
    {"cpu_permille", NUMBER(cost.cpu_permille), .absent = UINT32_MAX},
};
const size_t session_frame_key_count = sizeof(SESSION_FRAME_KEYS) / sizeof(SESSION_FRAME_KEYS[0]);

static const struct session_key KEYS[] = {
    {"missing", .help = "what the frame lacks"},
    {"missing_errno", .help = "why"},
    {"netns_unread", .help = "namespaces whose rows are those of an earlier frame"},
    {"facts", .help = "counters of the network namespace that changed"},
};
const struct session_keys session_frame_keys = SESSION_KEYS(KEYS);

/* --- writing --- */

static void put_missing(struct buffer *buffer, const struct missing *missing)
{
    bool first = true;

    if (!missing->reasons)
        return;
    buffer_text(buffer, ",\"missing\":[");
    for (size_t i = 0; i < MISSING_WORDS.count; i++) {
        if (!(missing->reasons & 1u << i))
            continue;
        buffer_printf(buffer, "%s\"%s\"", first ? "" : ",", words_name(&MISSING_WORDS, i));
        first = false;
    }
    buffer_char(buffer, ']');
}

static void write_frame_line(const struct session_pass *pass, const struct session_counts *counts,
                             bool key)
{
    struct buffer *buffer = pass->buffer;
    const struct frame *frame = pass->frame;
    const struct host_facts *facts = frame->facts;
    const struct session_frame line = {.number = frame->number,
                                       .key = key,
                                       .mono_ns = frame->mono_ns,
                                       .dump_ns = frame->dump_ns,
                                       .netns = frame->netns,
                                       .netns_is_host = frame->netns_is_host,
                                       .rows = pass->rows,
                                       .ghosts = pass->ghosts,
                                       .close_wait = frame->totals.states[STATE_CLOSE_WAIT],
                                       .traces_bind = facts && facts->bind_failures.known,
                                       .traces_connect = facts && facts->connect_failures.known,
                                       .counts = *counts,
                                       .totals = frame->totals,
                                       .missing = frame->missing,
                                       .cost = frame->cost};

    begin_line(buffer, RECORD_FRAME, ++pass->state->seq, frame->wall_ns);
    for (size_t i = 0; i < session_frame_key_count; i++) {
        if (fact_is_known(&SESSION_FRAME_KEYS[i], &line))
            put_key(buffer, &SESSION_FRAME_KEYS[i], &line);
    }
    put_missing(buffer, &line.missing);
    if (line.missing.error)
        json_member_signed(buffer, "missing_errno", line.missing.error);
    session_put_facts(pass);
    session_put_unread(buffer, frame);
    end_line(buffer);
}

int session_write_frame(struct buffer *buffer, struct session_state *state,
                        const struct frame *frame, const struct session_view *view,
                        const struct session_counts *counts, bool key)
{
    struct session_pass pass = {.buffer = buffer,
                                .state = state,
                                .frame = frame,
                                .view = view,
                                .context = {.frame = frame, .now_ns = frame->wall_ns}};

    state->stamp++;
    int error = session_write_namespaces(&pass);
    if (!error)
        error = session_write_procs(&pass);
    if (!error)
        error = session_write_rows(&pass);
    if (!error)
        error = session_write_flows(&pass);
    if (error)
        return error;
    session_write_failures(&pass);
    write_frame_line(&pass, counts, key);
    return buffer->failed;
}

/* --- reading --- */

static uint32_t get_reasons(struct get *get)
{
    struct flat_items items = get_items(get, "missing", FLAT_LIST);
    struct flat_member item;
    uint32_t reasons = 0;

    while (flat_next(&items, &item)) {
        int bit =
            item.type == FLAT_TEXT ? words_find(&MISSING_WORDS, item.text, item.text_length) : -1;
        if (bit >= 0)
            reasons |= 1u << bit;
    }
    return reasons;
}

static void read_missing(struct get *get, struct missing *missing)
{
    int64_t error = 0;

    missing->reasons = get_reasons(get);
    if (get_signed(get, "missing_errno", &error) && (error < -4096 || error > 4096))
        get_fail(get, "missing_errno", "out of range");
    missing->error = (int)error;
}

void session_read_frame(struct get *get, struct session_line *line)
{
    struct session_frame *frame = &line->frame;

    *frame = (struct session_frame){
        .wall_ns = line->wall_ns, .close_wait = UINT32_MAX, .cost.cpu_permille = UINT32_MAX};
    for (size_t i = 0; i < session_frame_key_count; i++)
        get_key(get, &SESSION_FRAME_KEYS[i], frame);
    read_missing(get, &frame->missing);
    read_facts(get);
    session_read_unread(get, frame->mono_ns);
    if (!get->error)
        session_fade_flows(get->state, frame->mono_ns);
}

/* --- building --- */

static uint32_t tick_up(uint32_t was, int64_t passed_ms)
{
    int64_t now = (int64_t)was + passed_ms;
    return now < 0 ? 0 : now > UINT32_MAX ? UINT32_MAX : (uint32_t)now;
}

/* What the row itself has of tcp_info, and what ticks in it. */
static void complete_detail(struct conn_detail *detail, const struct conn *conn, int64_t passed_ms)
{
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        const struct fact *in_row = info_in_row((unsigned)i);
        uint64_t value = 0;
        if ((size_t)field->offset + field->size > detail->info_length)
            continue;
        if (in_row)
            info_set(field, detail->info, fact_number(in_row, conn));
        else if (info_ticks((unsigned)i) &&
                 info_value(field, detail->info, detail->info_length, &value))
            info_set(field, detail->info, tick_up((uint32_t)value, passed_ms));
    }
    if (detail->meminfo_count > MEMINFO_DROPS)
        detail->meminfo[MEMINFO_DROPS] = conn->drops;
}

static int build_groups(const struct session_state *state, struct frame *frame)
{
    for (uint32_t i = 0; i < state->group_count; i++) {
        struct group *group = frame_add_group(frame);
        if (!group)
            return -ENOMEM;
        group->path = frame_copy_text(frame, state->groups[i].path);
        group->unit = frame_copy_text(frame, state->groups[i].unit);
        group->container = frame_copy_text(frame, state->groups[i].container);
    }
    return 0;
}

static const char *copy_text(struct frame *frame, const char *text)
{
    return text && text[0] ? frame_copy_text(frame, text) : "";
}

static int build_procs(const struct session_state *state, struct frame *frame)
{
    for (uint32_t i = 0; i < state->proc_count; i++) {
        const struct session_proc *known = &state->procs[i];
        struct proc *proc = frame_add_proc(frame);
        if (!proc)
            return -ENOMEM;
        *proc = known->proc;
        proc->group = known->group;
        proc->comm = copy_text(frame, known->proc.comm);
        proc->exe = copy_text(frame, known->proc.exe);
        proc->command_line = copy_text(frame, known->proc.command_line);
    }
    return 0;
}

static int build_names(const struct session_state *state, struct frame *frame)
{
    int error = 0;
    for (uint32_t i = 0; i < state->users.count && !error; i++)
        error =
            frame_add_user(frame, (uint32_t)state->users.list[i].number, state->users.list[i].name);
    for (uint32_t i = 0; i < state->interfaces.count && !error; i++)
        error = frame_add_interface(frame, (uint32_t)(state->interfaces.list[i].number >> 32),
                                    (uint32_t)state->interfaces.list[i].number,
                                    state->interfaces.list[i].name);
    return error;
}

static int build_owners(const struct session_state *state, const struct session_row *row,
                        struct frame *frame, struct conn *conn)
{
    conn->owner = map_find(&state->proc_of, row->owner);
    conn->owners = CONN_NO_INDEX;
    conn->owner_count = 0;
    for (uint32_t i = 0; i < row->conn.owner_count; i++) {
        uint32_t index = map_find(&state->proc_of, row->holders[i]);
        if (index == MAP_NONE)
            continue;
        if (!conn->owner_count)
            conn->owners = frame->owner_ref_count;
        int error = frame_add_owner_ref(frame, index);
        if (error)
            return error;
        conn->owner_count++;
    }
    return 0;
}

static int build_row(const struct session_state *state, const struct session_row *row,
                     struct frame *frame)
{
    bool ghost = conn_is_ghost(&row->conn);
    struct conn *conn = ghost ? frame_add_ghost(frame) : frame_add_conn(frame);
    /* Times of a log may be any: the difference wraps rather than overflows. */
    int64_t passed_ns = (int64_t)((uint64_t)frame->wall_ns - (uint64_t)row->tick_wall_ns);
    int64_t passed_ms = passed_ns / MILLISECOND_NS;
    if (!conn)
        return -ENOMEM;

    *conn = row->conn;
    conn->group = row->group;
    conn->detail = CONN_NO_INDEX;
    if (conn->known & KNOWN_LAST_DATA) {
        conn->last_data_sent_ms = tick_up(conn->last_data_sent_ms, passed_ms);
        conn->last_data_received_ms = tick_up(conn->last_data_received_ms, passed_ms);
    }
    if ((conn->known & KNOWN_TIMER) && conn->timer)
        conn->timer_ms = tick_up(conn->timer_ms, -passed_ms);
    if (row->detail) {
        struct conn_detail *detail = frame_add_detail(frame);
        if (!detail)
            return -ENOMEM;
        *detail = *row->detail;
        complete_detail(detail, conn, passed_ms);
        conn->detail = frame->detail_count - 1;
    }
    return build_owners(state, row, frame, conn);
}

static void build_line(const struct session_frame *line, struct frame *frame)
{
    frame->number = line->number;
    frame->wall_ns = line->wall_ns;
    frame->mono_ns = line->mono_ns;
    frame->dump_ns = line->dump_ns;
    frame->netns = line->netns;
    frame->netns_is_host = line->netns_is_host;
    frame->missing = line->missing;
    frame->cost = line->cost;
    frame->totals = line->totals;
}

static int build_around(const struct session_state *state, const struct session_frame *line,
                        struct frame *frame)
{
    build_line(line, frame);
    frame->source = "log";
    int error = session_build_facts(state, line, frame);
    if (!error)
        error = session_build_namespaces(state, frame);
    if (!error)
        error = build_groups(state, frame);
    if (!error)
        error = build_procs(state, frame);
    return error ? error : build_names(state, frame);
}

int session_build_frame(const struct session_state *state, const struct session_frame *line,
                        const struct session_head *head, struct frame *frame)
{
    frame->host = copy_text(frame, head->host);
    int error = build_around(state, line, frame);
    for (unsigned pass = 0; pass < 2; pass++) { /* live rows, then ghosts */
        for (uint32_t i = 0; i < state->row_count && !error; i++) {
            if (conn_is_ghost(&state->rows[i].conn) == (pass == 1))
                error = build_row(state, &state->rows[i], frame);
        }
    }
    if (!error)
        error = session_build_flows(state, frame);
    if (!error)
        frame_count_totals(frame);
    return error;
}

int session_build_event_rows(const struct session_state *state, const struct session_frame *line,
                             const struct event *events, uint32_t count, struct frame *frame)
{
    int error = build_around(state, line, frame);

    frame->host = "";
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < count && !error; i++) {
            const struct session_row *row = session_find_row(state, events[i].serial);
            if (row && conn_is_ghost(&row->conn) == (pass == 1))
                error = build_row(state, row, frame);
        }
    }
    return error;
}
