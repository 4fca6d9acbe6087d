/* Flow lines: written where the frame differs from what the state predicts, read, and put into a
 * frame. Independent of rows. */
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <string.h>

static const struct session_key KEYS[] = {
    {"id", .help = "number of the row, or of the process, in this session"},
    {"left", .help = "it is no longer there"},
    SESSION_TUPLE_KEYS,
    {"ifname", .help = "its name"},
    {"proc", .help = "number of the process that owns it"},
    {"out_bytes", .help = "payload sent"},
    {"unit", .help = "systemd unit"},
    {"container", .help = "container"},
    {"cgroup", .help = "path of the control group"},
    {"netns", .help = "network namespace"},
    {"uid", .help = "user"},
    {"in_bytes", .help = "payload received"},
    {"in_bytes_per_s", .help = "smoothed"},
    {"out_bytes_per_s", .help = "smoothed"},
    {"sent_10s_bytes", .help = "sent over the last 10 s"},
    {"retrans_10s_bytes", .help = "of them retransmitted"},
    {"owner", .help = "in place of a process"},
};
const struct session_keys session_flow_keys = SESSION_KEYS(KEYS);
/* Keys that flows share with rows. */
static const char *const ROW_KEYS[] = {"netns",
                                       "uid",
                                       "owner",
                                       "in_bytes_per_s",
                                       "out_bytes_per_s",
                                       "sent_10s_bytes",
                                       "retrans_10s_bytes"};

static bool is_flow_key(const struct fact *key)
{
    for (size_t i = 0; i < sizeof(ROW_KEYS) / sizeof(ROW_KEYS[0]); i++) {
        if (strcmp(key->key, ROW_KEYS[i]) == 0)
            return true;
    }
    return false;
}

/* --- writing --- */

static uint32_t owner_number(const struct session_pass *pass, const struct conn *conn)
{
    return conn->owner < pass->frame->proc_count ? pass->state->proc_ids[conn->owner] : 0;
}

/* True if a reader without a line for it has the same values. */
static bool is_foreseen(const struct session_pass *pass, const struct session_flow *known,
                        const struct flow *flow)
{
    struct flow expected = known->flow;
    if (flow->in_bytes || flow->out_bytes || known->owner != owner_number(pass, &flow->conn) ||
        known->group != session_group_number(pass, flow->conn.group))
        return false;
    (void)flow_fade(&expected, session_elapsed_ns(pass->state, pass->frame->mono_ns));
    return conn_in_rate(&expected.conn) == conn_in_rate(&flow->conn) &&
           conn_out_rate(&expected.conn) == conn_out_rate(&flow->conn) &&
           expected.conn.sent_10s == flow->conn.sent_10s &&
           expected.conn.retrans_10s == flow->conn.retrans_10s;
}

static void put_flow(struct session_pass *pass, const struct flow *flow)
{
    struct buffer *buffer = pass->buffer;
    const uint32_t owner = owner_number(pass, &flow->conn);

    begin_line(buffer, RECORD_FLOW, ++pass->state->seq, pass->frame->wall_ns);
    json_member_number(buffer, "id", flow->conn.serial);
    session_put_tuple(pass, flow->conn.netns, &flow->conn.tuple);
    const struct fact_list *keys = &pass->state->logged.rows;
    for (size_t i = 0; i < keys->count; i++) {
        const struct fact *key = &keys->list[i];
        if (is_flow_key(key) && fact_is_known(key, &flow->conn) &&
            fact_number(key, &flow->conn) != key->absent)
            put_key(buffer, key, &flow->conn);
    }
    if (owner)
        json_member_number(buffer, "proc", owner);
    session_put_group(buffer, pass->state, CONN_NO_INDEX,
                      session_group_number(pass, flow->conn.group));
    json_member_number(buffer, "in_bytes", flow->in_bytes);
    json_member_number(buffer, "out_bytes", flow->out_bytes);
    end_line(buffer);
}

static int write_flow(struct session_pass *pass, const struct flow *flow)
{
    struct session_state *state = pass->state;
    const uint32_t before = state->flow_count;
    struct session_flow *known = session_take_flow(state, flow->conn.serial);
    if (!known)
        return -ENOMEM;
    known->seen = state->stamp;
    if (state->flow_count == before && is_foreseen(pass, known, flow))
        return 0;
    put_flow(pass, flow);
    known->flow = *flow;
    known->owner = owner_number(pass, &flow->conn);
    known->group = session_group_number(pass, flow->conn.group);
    known->stamp = state->flow_stamp;
    return 0;
}

/* Flows that have ended in the frame, while a reader would let them fade on. */
static void write_flows_left(struct session_pass *pass)
{
    struct session_state *state = pass->state;
    for (uint32_t i = state->flow_count; i-- > 0;) {
        struct flow expected = state->flows[i].flow;
        if (state->flows[i].seen == state->stamp)
            continue;
        if (flow_fade(&expected, session_elapsed_ns(state, pass->frame->mono_ns))) {
            begin_line(pass->buffer, RECORD_FLOW, ++state->seq, pass->frame->wall_ns);
            json_member_number(pass->buffer, "id", expected.conn.serial);
            json_member_true(pass->buffer, "left");
            end_line(pass->buffer);
        }
        session_drop_flow(state, i);
    }
}

int session_write_flows(struct session_pass *pass)
{
    const struct frame *frame = pass->frame;
    const struct session_view *view = pass->view;

    for (uint32_t i = 0; i < frame->flow_count; i++) {
        const struct flow *flow = &frame->flows[i];
        if (view->accept && !view->accept(view->accept_data, &pass->context, &flow->conn))
            continue;
        int error = write_flow(pass, flow);
        if (error)
            return error;
    }
    write_flows_left(pass);
    session_fade_flows(pass->state, frame->mono_ns);
    return 0;
}

/* --- reading --- */

void session_read_flow(struct get *get, struct session_line *line)
{
    (void)line;
    uint64_t id = 0, owner = 0;
    struct session_flow fresh = {.group = CONN_NO_INDEX};

    if (!get_number(get, "id", INT64_MAX, &id) || !id)
        get_fail(get, "id", "missing");
    if (get->error)
        return;
    if (get_flag(get, "left")) {
        uint32_t index = map_find(&get->state->flow_of, id);
        if (index != MAP_NONE)
            session_drop_flow(get->state, index);
        return;
    }
    flow_clear(&fresh.flow);
    fresh.flow.conn.serial = id;
    fresh.flow.conn.owner_word = OWNER_PROCESS;
    if (!get_tuple(get, &fresh.flow.conn.tuple))
        get_fail(get, "family", "missing");
    const struct fact_list *keys = &get->state->logged.rows;
    for (size_t i = 0; i < keys->count; i++) {
        if (is_flow_key(&keys->list[i]))
            get_key(get, &keys->list[i], &fresh.flow.conn);
    }
    get_number(get, "in_bytes", UINT64_MAX, &fresh.flow.in_bytes);
    get_number(get, "out_bytes", UINT64_MAX, &fresh.flow.out_bytes);
    if (get_number(get, "proc", UINT32_MAX, &owner))
        fresh.owner = (uint32_t)owner;
    if (get->error)
        return;
    fresh.group = session_get_group(get, CONN_NO_INDEX);
    struct session_flow *known = session_take_flow(get->state, id);
    if (!known) {
        get->error = -ENOMEM;
        return;
    }
    fresh.stamp = get->state->flow_stamp;
    fresh.flow.conn.known |= KNOWN_RATES;
    *known = fresh;
}

int session_build_flows(const struct session_state *state, struct frame *frame)
{
    for (uint32_t i = 0; i < state->flow_count; i++) {
        const struct session_flow *known = &state->flows[i];
        struct flow *flow = frame_add_flow(frame);
        if (!flow)
            return -ENOMEM;
        *flow = known->flow;
        flow->conn.owner = map_find(&state->proc_of, known->owner);
        flow->conn.owners = flow->conn.detail = CONN_NO_INDEX;
        flow->conn.group = known->group;
    }
    return 0;
}
