/* Frame lines, and frames from the state of a log. Must not know how rows are written. */
#include "session/format/write.h"

#include <errno.h>
#include <string.h>

#define NS_PER_MS 1000000

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

static void put_totals(struct buffer *buffer, const struct totals *totals)
{
    put_number(buffer, "marked_opened", totals->opened);
    put_number(buffer, "marked_changed", totals->changed);
    put_number(buffer, "marked_closed", totals->closed);
    put_number(buffer, "in_interval_bytes", totals->in_interval);
    put_number(buffer, "out_interval_bytes", totals->out_interval);
    put_number(buffer, "in_total_bytes", totals->in_total);
    put_number(buffer, "out_total_bytes", totals->out_total);
    if (totals->segs_known) {
        put_number(buffer, "in_interval_segs", totals->segs_in);
        put_number(buffer, "out_interval_segs", totals->segs_out);
        put_number(buffer, "retrans_interval_segs", totals->segs_retrans);
    }
    put_number(buffer, "sent_interval_bytes", totals->sent_interval);
    put_number(buffer, "retrans_interval_bytes", totals->retrans_interval);
}

static void put_missing_facts(struct buffer *buffer, const struct missing *missing)
{
    put_missing(buffer, missing);
    if (missing->error)
        put_signed(buffer, "missing_errno", missing->error);
    if (missing->hidden_users)
        put_number(buffer, "hidden_users", missing->hidden_users);
    if (missing->hidden_rows)
        put_number(buffer, "hidden_rows", missing->hidden_rows);
    if (missing->events_lost)
        put_number(buffer, "events_lost", missing->events_lost);
    put_text_if(buffer, "missing_text", missing->text);
}

static void put_cost(struct buffer *buffer, const struct frame_cost *cost)
{
    put_signed(buffer, "cost_cpu_ns", cost->cpu_ns);
    put_signed(buffer, "cost_wall_ns", cost->wall_ns);
    put_signed(buffer, "interval_ns", cost->interval_ns);
    if (cost->stretched)
        put_true(buffer, "stretched");
    if (cost->cpu_permille != UINT32_MAX)
        put_number(buffer, "cpu_permille", cost->cpu_permille);
}

static void write_frame_line(const struct session_pass *pass, const struct session_counts *counts,
                             bool key)
{
    struct buffer *buffer = pass->buffer;
    const struct frame *frame = pass->frame;

    begin_line(buffer, RECORD_FRAME, frame->wall_ns);
    put_number(buffer, "number", frame->number);
    if (key)
        put_true(buffer, "key");
    put_signed(buffer, "mono_ns", frame->mono_ns);
    put_signed(buffer, "dump_ns", frame->dump_ns);
    if (frame->netns)
        put_number(buffer, "netns", frame->netns);
    if (frame->netns_is_host)
        put_true(buffer, "netns_is_host");
    put_number(buffer, "rows", pass->rows);
    put_number(buffer, "ghosts", pass->ghosts);
    put_number(buffer, "opens", counts->opened);
    put_number(buffer, "transitions", counts->changed);
    put_number(buffer, "closes", counts->closed);
    put_totals(buffer, &frame->totals);
    session_put_facts(pass);
    put_missing_facts(buffer, &frame->missing);
    put_cost(buffer, &frame->cost);
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
    int error = session_write_procs(&pass);
    if (!error)
        error = session_write_rows(&pass);
    if (!error)
        error = session_write_flows(&pass);
    if (error)
        return error;
    write_frame_line(&pass, counts, key);
    return buffer->failed;
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
        error = frame_add_user(frame, state->users.list[i].number, state->users.list[i].name);
    for (uint32_t i = 0; i < state->interfaces.count && !error; i++)
        error = frame_add_interface(frame, state->interfaces.list[i].number,
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
    int64_t passed_ms = passed_ns / NS_PER_MS;
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
    frame->totals.in_interval = line->in_interval;
    frame->totals.out_interval = line->out_interval;
    frame->totals.in_total = line->in_total;
    frame->totals.out_total = line->out_total;
    frame->totals.segs_known = line->segs_known;
    frame->totals.segs_in = line->segs_in;
    frame->totals.segs_out = line->segs_out;
    frame->totals.segs_retrans = line->segs_retrans;
    frame->totals.sent_interval = line->sent_interval;
    frame->totals.retrans_interval = line->retrans_interval;
    frame->totals.opened = line->marks_opened;
    frame->totals.changed = line->marks_changed;
    frame->totals.closed = line->marks_closed;
}

static int build_around(const struct session_state *state, const struct session_frame *line,
                        struct frame *frame)
{
    build_line(line, frame);
    frame->source = "log";
    int error = session_build_facts(state, frame);
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
