/* Reading rows, samples and processes into the state. A line takes effect as a whole or not at all.
 * Must not know the other kinds of lines. */
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 4096

/* A row as a line leaves it, before it takes effect. */
struct row_work {
    struct conn conn;
    struct conn_detail detail;
    bool has_detail, ticked;
    uint32_t owner, group, holder_count;
    bool new_holders;
    uint32_t holders[SESSION_HOLDERS_MAX];
};

/* What a field holds that has no key: its value for "not known", which is UINT64_MAX for the wide
 * ones that have no other (core/info.h). */
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
    if (detail->info_length > CONN_INFO_MAX)
        get_fail(get, "tcp_info_bytes", "out of range");
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

uint32_t session_get_group(struct get *get, uint32_t group)
{
    static const char *const keys[] = {"cgroup", "unit", "container"};
    char texts[3][TEXT_SIZE] = {"", "", ""};
    bool any = false;

    for (size_t i = 0; i < 3; i++)
        any = get_is_there(get, keys[i]) || any;
    if (!any)
        return group;
    if (group < get->state->group_count) {
        const struct session_group *was = &get->state->groups[group];
        const char *olds[] = {was->path, was->unit, was->container};
        for (size_t i = 0; i < 3; i++) {
            if (!get_null(get, keys[i]))
                strncat(texts[i], olds[i], TEXT_SIZE - 1);
        }
    }
    for (size_t i = 0; i < 3; i++)
        get_text(get, keys[i], texts[i], TEXT_SIZE);
    if (get->error || (!texts[0][0] && !texts[1][0] && !texts[2][0]))
        return CONN_NO_INDEX;
    return session_take_group(get->state, texts[0], texts[1], texts[2]);
}

static void learn_name(struct get *get, struct session_names *names, const char *key,
                       uint32_t number)
{
    char name[TEXT_SIZE];
    if (get_text(get, key, name, sizeof(name)) && name[0] &&
        session_learn_name(get->state, names, number, name))
        get->error = -ENOMEM;
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
        learn_name(get, &get->state->users, "user", conn->uid);
    if (conn->tuple.scope)
        learn_name(get, &get->state->interfaces, "ifname", conn->tuple.scope);
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

/* What the line changes: a sample what is known of its row, a row nothing. */
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

void read_row(struct get *get, bool sample, int64_t wall_ns)
{
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
        commit_row(get, row, &work, wall_ns);
}

static void get_proc_text(struct get *get, const char *key, const char **known)
{
    char text[TEXT_SIZE];

    text[0] = '\0';
    if (!get_text(get, key, text, sizeof(text)) && !get_null(get, key))
        return;
    int error = session_set_text(get->state, (char **)(uintptr_t)known, text);
    if (error == -E2BIG)
        get_fail(get, key, "the log holds too much text");
    else if (error)
        get->error = error;
}

void read_proc(struct get *get)
{
    uint64_t id = 0;
    struct proc copy = {.uid = UINT32_MAX, .cpu_permille = UINT32_MAX};

    if (!get_number(get, "id", UINT32_MAX - 1, &id) || !id)
        get_fail(get, "id", "missing");
    if (get->error)
        return;
    if (get_flag(get, "left")) {
        session_drop_proc(get->state, (uint32_t)id);
        return;
    }
    struct session_proc *known = session_find_proc(get->state, (uint32_t)id);
    if (known)
        copy = known->proc;
    for (size_t i = 0; i < session_proc_key_count; i++)
        get_key(get, &SESSION_PROC_KEYS[i], &copy);
    if (get->error)
        return;
    uint32_t group = session_get_group(get, known ? known->group : CONN_NO_INDEX);
    known = session_take_proc(get->state, (uint32_t)id);
    if (!known)
        get->error = -ENOMEM;
    if (get->error)
        return;
    copy.comm = known->proc.comm;
    copy.exe = known->proc.exe;
    copy.command_line = known->proc.command_line;
    known->proc = copy;
    known->group = group;
    get_proc_text(get, "comm", &known->proc.comm);
    get_proc_text(get, "exe", &known->proc.exe);
    get_proc_text(get, "args", &known->proc.command_line);
    if (copy.uid != UINT32_MAX)
        learn_name(get, &get->state->users, "user", copy.uid);
}
