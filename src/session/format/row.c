/* Row and sample lines: differences from the state are written into lines and into the state; a
 * line takes effect as a whole or not at all. An unchanged row costs a few comparisons of memory
 * and no bytes. */
#include "base/clock.h"
#include "core/json/json.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOGGED_INFO_MAX   4096u /* far more than any kernel sends */
#define TICK_TOLERANCE_NS (100 * (int64_t)MILLISECOND_NS)

static const struct session_key KEYS[] = {
    {"id", .help = "number of the row, or of the process, in this session"},
    {"left", .help = "it is no longer there"},
    SESSION_TUPLE_KEYS,
    {"ifname", .help = "its name"},
    {"user", .help = "name of uid"},
    {"proc", .help = "number of the process that owns it"},
    {"procs", .help = "numbers of all that hold it"},
    {"detail", .help = "tcp_info and the rest follow; null: no more"},
    {"mib_state", .help = "1 to 12"},
    {"out_bytes", .help = "payload sent"},
    {"pid", .help = "process id"},
    {"comm", .help = "process name"},
    {"exe", .help = "executable"},
    {"owners", .help = "all holders"},
    {"unit", .help = "systemd unit"},
    {"container", .help = "container"},
    {"cgroup", .help = "path of the control group"},
};
const struct session_keys session_row_keys = SESSION_KEYS(KEYS);

/* --- writing --- */

static bool off_by(uint32_t was, uint32_t is, int64_t grown_ms, int64_t tolerance_ms)
{
    int64_t expected = (int64_t)was + grown_ms;
    if (expected < 0)
        expected = 0;
    int64_t difference = expected - (int64_t)is;
    return difference > tolerance_ms || difference < -tolerance_ms;
}

/* True if a reader that advances the ticking facts of `row` would get one wrong. */
static bool ticks_differ(const struct session_pass *pass, const struct session_row *row,
                         const struct conn *conn)
{
    int64_t passed = (pass->frame->wall_ns - row->tick_wall_ns) / MILLISECOND_NS;
    int64_t tolerance = (TICK_TOLERANCE_NS + pass->frame->dump_ns) / MILLISECOND_NS;
    const struct conn *was = &row->conn;

    if (((conn->known ^ was->known) & (KNOWN_LAST_DATA | KNOWN_TIMER)) || conn->timer != was->timer)
        return true;
    if ((conn->known & KNOWN_LAST_DATA) &&
        (off_by(was->last_data_sent_ms, conn->last_data_sent_ms, passed, tolerance) ||
         off_by(was->last_data_received_ms, conn->last_data_received_ms, passed, tolerance)))
        return true;
    return (conn->known & KNOWN_TIMER) && conn->timer &&
           off_by(was->timer_ms, conn->timer_ms, -passed, tolerance);
}

static bool info_ticks_differ(const struct session_pass *pass, const struct session_row *row,
                              const struct conn_detail *detail)
{
    int64_t passed = (pass->frame->wall_ns - row->tick_wall_ns) / MILLISECOND_NS;
    int64_t tolerance = (TICK_TOLERANCE_NS + pass->frame->dump_ns) / MILLISECOND_NS;

    for (size_t i = 0; i < tcp_info_count; i++) {
        uint64_t was = 0, is = 0;
        if (!info_ticks((unsigned)i))
            continue;
        bool had = info_value(&TCP_INFO[i], row->detail->info, row->detail->info_length, &was);
        bool has = info_value(&TCP_INFO[i], detail->info, detail->info_length, &is);
        if (had != has || (has && off_by((uint32_t)was, (uint32_t)is, passed, tolerance)))
            return true;
    }
    return false;
}

static void put_row_keys(const struct session_pass *pass, const struct conn *was,
                         const struct conn *is, bool ticks)
{
    const struct fact_list *keys = &pass->state->logged.rows;
    struct buffer *buffer = pass->buffer;

    for (size_t i = 0; i < keys->count; i++) {
        const struct fact *key = &keys->list[i];
        bool had = fact_is_known(key, was);
        bool has = fact_is_known(key, is);
        if (fact_ticks(key) && !ticks)
            continue;
        if (had && !has)
            json_member_null(buffer, key->key);
        else if (has && fact_applies(key, is) &&
                 (!had || fact_ticks(key) || !fact_applies(key, was) ||
                  fact_number(key, was) != fact_number(key, is)))
            put_key(buffer, key, is);
    }
}

/* For people who read the lines; ignored by the reader of the log. */
static void put_for_people(const struct session_pass *pass, const struct conn *conn)
{
    static const char *const ids[] = {"mib_state", "out_bytes", "pid", "proc", "exe", "owners"};
    struct buffer *buffer = pass->buffer;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const struct column *column = column_find(ids[i], strlen(ids[i]));
        struct column_value value;
        if (!column || !column_get(column, &pass->context, conn, &value))
            continue;
        if (column->put_json) {
            buffer_append(buffer, column->json_member, column->json_member_length);
            column->put_json(buffer, &pass->context, conn);
        } else if (column->type == TYPE_TEXT) {
            json_member_text(buffer, column->json, value.text);
        } else {
            json_member_signed(buffer, column->json, value.number);
        }
    }
}

static uint32_t proc_number(const struct session_pass *pass, uint32_t index)
{
    return index < pass->frame->proc_count ? pass->state->proc_ids[index] : 0;
}

/* Numbers of the processes that hold the row into pass->holders. */
static uint32_t find_holders(struct session_pass *pass, const struct conn *conn)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < conn->owner_count && count < SESSION_HOLDERS_MAX; i++) {
        const struct proc *proc = frame_holder(pass->frame, conn, i);
        if (proc)
            pass->holders[count++] = proc_number(pass, (uint32_t)(proc - pass->frame->procs));
    }
    return count;
}

static bool holders_differ(const struct session_pass *pass, const struct session_row *row,
                           uint32_t count)
{
    return row->conn.owner_count != count ||
           (count && memcmp(row->holders, pass->holders, count * sizeof(*row->holders)) != 0);
}

static void put_holders(const struct session_pass *pass, const struct session_row *row,
                        uint32_t owner, uint32_t count)
{
    struct buffer *buffer = pass->buffer;

    if (owner != row->owner && owner)
        json_member_number(buffer, "proc", owner);
    else if (owner != row->owner)
        json_member_null(buffer, "proc");
    if (!holders_differ(pass, row, count))
        return;
    buffer_text(buffer, ",\"procs\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_char(buffer, ',');
        buffer_unsigned(buffer, pass->holders[i]);
    }
    buffer_char(buffer, ']');
}

static void put_info(struct buffer *buffer, const struct conn_detail *before,
                     const struct conn_detail *now, bool ticks)
{
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        uint64_t was = 0, is = 0;
        const bool tick = info_ticks((unsigned)i);
        if (info_in_row((unsigned)i) || (tick && !ticks))
            continue;
        bool had = before && info_value(field, before->info, before->info_length, &was);
        bool has = info_value(field, now->info, now->info_length, &is);
        if (has && (!had || was != is || (tick && ticks)))
            json_member_number(buffer, field->json, is);
        else if (had && !has)
            json_member_null(buffer, field->json);
    }
}

static bool detail_key_differs(const struct fact *key, const struct conn_detail *before,
                               const struct conn_detail *now)
{
    if (key->form == FACT_TEXT)
        return strcmp(fact_text(key, before), fact_text(key, now)) != 0;
    return fact_number(key, before) != fact_number(key, now);
}

/* What changed between two details, or all of one (before NULL); ticks: ticking facts too. */
static void put_detail(struct buffer *buffer, const struct fact_list *keys,
                       const struct conn_detail *before, const struct conn_detail *now, bool ticks)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct fact *key = &keys->list[i];
        bool had = before && fact_is_known(key, before);
        bool has = fact_is_known(key, now);
        if (has && (!had || detail_key_differs(key, before, now)))
            put_key(buffer, key, now);
        else if (had && !has)
            json_member_null(buffer, key->key);
    }
    put_info(buffer, before, now, ticks);
}

static int keep_detail(struct session_row *row, const struct conn_detail *detail, bool ticks)
{
    if (!detail) {
        free(row->detail);
        row->detail = NULL;
        return 0;
    }
    bool added = !row->detail;
    struct conn_detail *copy = added ? malloc(sizeof(*copy)) : row->detail;
    if (!copy)
        return -ENOMEM;
    struct conn_detail old = added ? *detail : *copy;
    *copy = *detail;
    for (size_t i = 0; i < tcp_info_count && !ticks; i++) {
        if (info_ticks((unsigned)i))
            memcpy(copy->info + TCP_INFO[i].offset, old.info + TCP_INFO[i].offset,
                   TCP_INFO[i].size);
    }
    row->detail = copy;
    return 0;
}

static int keep_row(struct session_pass *pass, struct session_row *row, const struct conn *conn,
                    uint32_t owner, uint32_t count, bool ticks)
{
    struct conn was = row->conn;
    int error = session_row_set_holders(row, pass->holders, count);
    if (error)
        return error;
    row->conn = *conn;
    row->conn.owner_count = (uint16_t)count;
    row->owner = owner;
    row->group = session_group_number(pass, conn->group);
    if (ticks) {
        row->tick_wall_ns = pass->frame->wall_ns;
        return 0;
    }
    row->conn.timer_ms = was.timer_ms;
    row->conn.last_data_sent_ms = was.last_data_sent_ms;
    row->conn.last_data_received_ms = was.last_data_received_ms;
    return 0;
}

static void put_detail_change(const struct session_pass *pass, const struct session_row *row,
                              const struct conn_detail *detail, bool ticks)
{
    if (detail && !row->detail)
        json_member_true(pass->buffer, "detail");
    else if (!detail && row->detail)
        json_member_null(pass->buffer, "detail");
    if (detail)
        put_detail(pass->buffer, &pass->state->logged.details, row->detail, detail, ticks);
}

static bool detail_differs(const struct session_row *row, const struct conn_detail *detail)
{
    return !detail != !row->detail || (detail && memcmp(detail, row->detail, sizeof(*detail)) != 0);
}

static int write_row(struct session_pass *pass, const struct conn *conn)
{
    struct session_state *state = pass->state;
    const struct conn_detail *detail = frame_detail(pass->frame, conn);
    struct session_row *row = session_find_row(state, conn->serial);
    bool added = !row;
    if (added)
        row = session_take_row(state, conn->serial);
    if (!row)
        return -ENOMEM;
    row->stamp = state->stamp;

    uint32_t owner = proc_number(pass, conn->owner),
             group = session_group_number(pass, conn->group);
    uint32_t count = find_holders(pass, conn);
    struct conn compared = *conn;
    compared.owner_count = (uint16_t)count;
    bool ticks = added || ticks_differ(pass, row, conn) || !detail != !row->detail ||
                 (detail && info_ticks_differ(pass, row, detail));
    bool owned = owner != row->owner || holders_differ(pass, row, count);
    if (!ticks && !owned && group == row->group && !detail_differs(row, detail) &&
        logged_facts_equal(&state->logged, &row->conn, &compared))
        return 0;

    struct buffer *buffer = pass->buffer;
    size_t start = buffer->length;
    begin_line(buffer, added ? RECORD_ROW : RECORD_SAMPLE, state->seq + 1, pass->frame->wall_ns);
    json_member_number(buffer, "id", conn->serial);
    size_t empty = buffer->length;
    if (added || memcmp(&row->conn.tuple, &conn->tuple, sizeof(conn->tuple)) != 0)
        session_put_tuple(pass, conn->netns, &conn->tuple);
    put_row_keys(pass, &row->conn, conn, ticks);
    if ((conn->known & ~row->conn.known & KNOWN_UID) || (added && (conn->known & KNOWN_UID)))
        json_member_text_if(buffer, "user",
                            frame_host_user_name(pass->frame,
                                                 frame_host_number(pass->frame, conn->netns),
                                                 conn->uid));
    put_holders(pass, row, owner, count);
    if (group != row->group)
        session_put_group(buffer, state, row->group, group);
    put_detail_change(pass, row, detail, ticks);
    if (added || (owned && buffer->length != empty))
        put_for_people(pass, conn);
    bool nothing = buffer->length == empty && !added && !buffer->failed;
    int error = keep_detail(row, detail, ticks);
    if (!error)
        error = keep_row(pass, row, conn, owner, count, ticks);
    if (nothing) {
        buffer->length = start;
    } else {
        state->seq++;
        end_line(buffer);
    }
    return error;
}

static void write_left(struct session_pass *pass, enum record_kind kind, uint64_t id)
{
    begin_line(pass->buffer, kind, ++pass->state->seq, pass->frame->wall_ns);
    json_member_number(pass->buffer, "id", id);
    json_member_true(pass->buffer, "left");
    end_line(pass->buffer);
}

int session_write_rows(struct session_pass *pass)
{
    const struct frame *frame = pass->frame;
    struct session_state *state = pass->state;
    const struct session_view *view = pass->view;

    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!conn->serial ||
            (view->accept && !view->accept(view->accept_data, &pass->context, conn)))
            continue;
        int error = write_row(pass, conn);
        if (error)
            return error;
        pass->rows++;
        pass->ghosts += i >= frame->live_count;
    }
    for (uint32_t i = state->row_count; i-- > 0;) {
        if (state->rows[i].stamp == state->stamp)
            continue;
        write_left(pass, RECORD_SAMPLE, state->rows[i].conn.serial);
        session_drop_row(state, state->rows[i].conn.serial);
    }
    for (uint32_t i = state->proc_count; i-- > 0;) {
        if (state->procs[i].stamp == state->stamp)
            continue;
        write_left(pass, RECORD_PROC, state->procs[i].id);
        map_remove(&state->proc_by_id, session_proc_identity(&state->procs[i].proc));
        session_drop_proc(state, state->procs[i].id);
    }
    return 0;
}

/* --- reading --- */

/* The row as changed by a line, before that takes effect. */
struct row_work {
    struct conn conn;
    struct conn_detail detail;
    bool has_detail, ticked;
    uint32_t owner, group, holder_count;
    bool new_holders;
    uint32_t holders[SESSION_HOLDERS_MAX];
};

/* Sets a field without a key to its value for "unknown" (UINT64_MAX for wide fields without another
 * one, core/info.h). */
static void reset_info_field(struct conn_detail *detail, const struct info_field *field)
{
    bool always_known = field->unset == UINT64_MAX && field->size < sizeof(uint64_t);
    info_set(field, detail->info, always_known ? 0 : field->unset);
}

static void reset_detail(struct conn_detail *detail)
{
    memset(detail, 0, sizeof(*detail));
    for (size_t i = 0; i < tcp_info_count; i++)
        reset_info_field(detail, &TCP_INFO[i]);
}

static uint64_t most_of_field(const struct info_field *field)
{
    if (field->bits)
        return (1u << field->bits) - 1u;
    return field->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * field->size) - 1;
}

static void get_detail(struct get *get, struct conn_detail *detail)
{
    uint64_t value = 0;

    const struct fact_list *keys = &get->state->logged.details;
    for (size_t i = 0; i < keys->count; i++)
        get_key(get, &keys->list[i], detail);
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        if (info_in_row((unsigned)i))
            continue;
        if (get_null(get, field->json))
            reset_info_field(detail, field);
        else if (get_number(get, field->json, most_of_field(field), &value))
            info_set(field, detail->info, value);
    }
    if (detail->info_length > LOGGED_INFO_MAX)
        get_fail(get, "tcp_info_bytes", "out of range");
    if (detail->info_length > CONN_INFO_MAX) /* fields of newer kernels are unknown here */
        detail->info_length = CONN_INFO_MAX;
    if (detail->meminfo_count > sizeof(detail->meminfo) / sizeof(detail->meminfo[0]))
        get_fail(get, "meminfo_count", "out of range");
}

/* Facts that follow from others (keys.c). */
static void settle(struct conn *conn)
{
    if (!(conn->known & KNOWN_ULP)) {
        conn->ulp = ULP_UNKNOWN;
        conn->offload = OFFLOAD_UNKNOWN;
    } else if (conn->ulp == ULP_UNKNOWN) {
        conn->ulp = ULP_ABSENT;
    }
    if (!(conn->known & KNOWN_TIMER))
        conn->timer_ms = conn->timer_retrans = 0;
}

static void get_holders(struct get *get, struct row_work *work)
{
    uint64_t number = 0;

    if (get_number(get, "proc", UINT32_MAX, &number))
        work->owner = (uint32_t)number;
    else if (get_null(get, "proc"))
        work->owner = 0;
    if (get_list(get, "procs", work->holders, SESSION_HOLDERS_MAX, &work->holder_count))
        work->new_holders = true;
}

static void get_row(struct get *get, struct row_work *work)
{
    struct conn *conn = &work->conn;
    const struct fact_list *keys = &get->state->logged.rows;

    get_tuple(get, &conn->tuple);
    for (size_t i = 0; i < keys->count; i++) {
        const struct fact *key = &keys->list[i];
        if (!flat_may_have(get->flat, key->key, key->key_length))
            continue;
        get_key(get, key, conn);
        work->ticked = work->ticked || (fact_ticks(key) && get_is_there(get, key->key));
    }
    settle(conn);
    get_holders(get, work);
    if (get_null(get, "detail"))
        work->has_detail = false;
    if (get_flag(get, "detail")) {
        work->has_detail = true;
        reset_detail(&work->detail);
    }
    if (work->has_detail) {
        get_detail(get, &work->detail);
        work->ticked = work->ticked || get_is_there(get, "last_ack_sent_ms") ||
                       get_is_there(get, "last_ack_recv_ms");
    }
    if (conn->state == STATE_NONE)
        get_fail(get, "state", "missing");
    else if (!conn->tuple.family)
        get_fail(get, "family", "missing");
    if (get->error)
        return;
    work->group = session_get_group(get, work->group);
    if (conn->known & KNOWN_UID)
        get_name(get, &get->state->users, "user", conn->uid);
    if (conn->tuple.scope)
        get_name(get, &get->state->interfaces, "ifname",
                 (uint64_t)conn->netns << 32 | conn->tuple.scope);
}

static void commit_row(struct get *get, struct session_row *row, struct row_work *work,
                       int64_t wall_ns)
{
    if (!row)
        row = session_take_row(get->state, work->conn.serial);
    if (!row) {
        get->error = -ENOMEM;
        return;
    }
    if (work->new_holders && session_row_set_holders(row, work->holders, work->holder_count))
        get->error = -ENOMEM;
    if (work->has_detail && !row->detail)
        row->detail = malloc(sizeof(*row->detail));
    if (work->has_detail && !row->detail)
        get->error = -ENOMEM;
    if (get->error)
        return;
    uint16_t holder_count = row->conn.owner_count;
    row->conn = work->conn;
    row->conn.owner_count = holder_count;
    row->owner = work->owner;
    row->group = work->group;
    if (work->has_detail) {
        *row->detail = work->detail;
    } else {
        free(row->detail);
        row->detail = NULL;
    }
    if (work->ticked)
        row->tick_wall_ns = wall_ns;
}

/* The starting point for a line: for a sample the row as known, for a row nothing. */
static void begin_work(struct row_work *work, const struct session_row *row)
{
    work->conn = row->conn;
    work->owner = row->owner;
    work->group = row->group;
    work->has_detail = row->detail != NULL;
    work->ticked = false;
    work->holder_count = 0;
    if (row->detail)
        work->detail = *row->detail;
}

void session_read_row(struct get *get, struct session_line *line)
{
    const bool sample = line->kind == RECORD_SAMPLE;
    struct row_work work;
    uint64_t serial = 0;

    get_number(get, "id", INT64_MAX, &serial);
    if (!serial)
        get_fail(get, "id", "missing");
    if (get->error)
        return;
    if (get_flag(get, "left")) {
        session_drop_row(get->state, serial);
        return;
    }
    struct session_row *row = session_find_row(get->state, serial);
    if (sample && !row)
        return; /* the line that introduced it was lost: the next keyframe has it */
    if (sample) {
        begin_work(&work, row);
    } else {
        struct session_row fresh = {.conn = {.serial = serial}};
        session_row_reset(&fresh);
        begin_work(&work, &fresh);
    }
    work.new_holders = !sample;
    get_row(get, &work);
    if (!get->error)
        commit_row(get, row, &work, line->wall_ns);
}
