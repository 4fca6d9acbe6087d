/* Process lines and groups: what differs from the state, and back. Independent of rows. */
#include "base/grow.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <string.h>

#define TEXT_SIZE 4096

#define NUMBER(member) .of = FACT_OF_OTHER, FACT_NUMBER_AT(, proc, member)

const struct fact SESSION_PROC_KEYS[] = {
    {"pid", .of = FACT_OF_OTHER, FACT_SIGNED_AT(, proc, pid)},
    {"parent", .of = FACT_OF_OTHER, FACT_SIGNED_AT(, proc, parent)},
    {"start_ticks", NUMBER(start_ticks)}, /* with pid: the identity */
    {"start", .of = FACT_OF_OTHER, FACT_TIME_AT(, proc, start_ns)},
    {"uid", NUMBER(uid), .absent = UINT32_MAX},
    {"cpu_permille", NUMBER(cpu_permille), .absent = UINT32_MAX}, /* of one core */
    {"threads", NUMBER(threads)},
    {"files", NUMBER(files)},
    {"memory_bytes", NUMBER(memory_bytes)},
    {"sockets", NUMBER(sockets)},
    {"kernel_thread", .of = FACT_OF_OTHER, FACT_FLAG_AT(, proc, kernel_thread)},
    {"exited", .of = FACT_OF_OTHER, FACT_FLAG_AT(, proc, gone)}, /* but a row still refers to it */
};
const size_t session_proc_key_count = sizeof(SESSION_PROC_KEYS) / sizeof(SESSION_PROC_KEYS[0]);

static const struct session_key KEYS[] = {
    {"id", .help = "number of the row, or of the process, in this session"},
    {"left", .help = "it is no longer there"},
    {"user", .help = "name of uid"},
    {"comm", .help = "process name"},
    {"exe", .help = "executable"},
    {"unit", .help = "systemd unit"},
    {"container", .help = "container"},
    {"cgroup", .help = "path of the control group"},
    {"args", .help = "command line, with --with-args only"},
};
const struct session_keys session_proc_keys = SESSION_KEYS(KEYS);

/* --- writing --- */

void session_put_group(struct buffer *buffer, const struct session_state *state, uint32_t before,
                       uint32_t now)
{
    static char nothing[] = "";
    const struct session_group none = {nothing, nothing, nothing};
    const struct session_group *was = before < state->group_count ? &state->groups[before] : &none;
    const struct session_group *is = now < state->group_count ? &state->groups[now] : &none;
    const char *names[] = {"unit", "container", "cgroup"};
    const char *olds[] = {was->unit, was->container, was->path};
    const char *news[] = {is->unit, is->container, is->path};

    for (size_t i = 0; i < 3; i++) {
        if (news[i][0])
            json_member_text(buffer, names[i], news[i]);
        else if (olds[i][0])
            json_member_null(buffer, names[i]);
    }
}

uint32_t session_group_number(const struct session_pass *pass, uint32_t index)
{
    return index < pass->frame->group_count ? pass->state->group_ids[index] : CONN_NO_INDEX;
}

/* pid below 2^22 (PID_MAX_LIMIT of linux/threads.h), ticks below 2^42: over a thousand years. */
uint64_t session_proc_identity(const struct proc *proc)
{
    return (uint64_t)(uint32_t)proc->pid << 42 | (proc->start_ticks & ((UINT64_C(1) << 42) - 1));
}

static struct session_proc *take_proc(struct session_state *state, const struct proc *proc,
                                      bool *added)
{
    uint32_t id = map_find(&state->proc_by_id, session_proc_identity(proc));
    *added = id == MAP_NONE;
    if (id != MAP_NONE)
        return session_find_proc(state, id);
    struct session_proc *taken = session_take_proc(state, state->next_proc);
    if (!taken || map_put(&state->proc_by_id, session_proc_identity(proc), taken->id))
        return NULL;
    state->next_proc++;
    return taken;
}

static bool text_differs(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

static int put_proc_text(struct session_pass *pass, const char *key, const char **known,
                         const char *now)
{
    if (!text_differs(*known, now))
        return 0;
    if (now[0])
        json_member_text(pass->buffer, key, now);
    else
        json_member_null(pass->buffer, key);
    return session_set_text(pass->state, (char **)(uintptr_t)known, now);
}

static int put_proc_texts(struct session_pass *pass, struct session_proc *known,
                          const struct proc *proc)
{
    int error = put_proc_text(pass, "comm", &known->proc.comm, proc->comm);
    if (!error)
        error = put_proc_text(pass, "exe", &known->proc.exe, proc->exe);
    if (!error && pass->view->with_args)
        error = put_proc_text(pass, "args", &known->proc.command_line, proc->command_line);
    return error;
}

static void put_proc_keys(struct buffer *buffer, const struct proc *was, const struct proc *is)
{
    for (size_t i = 0; i < session_proc_key_count; i++) {
        const struct fact *key = &SESSION_PROC_KEYS[i];
        uint64_t value = fact_number(key, is);
        if (value == fact_number(key, was))
            continue;
        if (value == key->absent)
            json_member_null(buffer, key->key);
        else
            put_key(buffer, key, is);
    }
}

static int write_proc(struct session_pass *pass, const struct proc *proc, uint32_t *id)
{
    struct buffer *buffer = pass->buffer;
    bool added;
    struct session_proc *known = take_proc(pass->state, proc, &added);
    if (!known)
        return -ENOMEM;
    size_t start = buffer->length;
    begin_line(buffer, RECORD_PROC, pass->state->seq + 1, pass->frame->wall_ns);
    json_member_number(buffer, "id", known->id);
    size_t empty = buffer->length;

    put_proc_keys(buffer, &known->proc, proc);
    if (proc->uid != UINT32_MAX && proc->uid != known->proc.uid)
        json_member_text_if(buffer, "user",
                            frame_host_user_name(pass->frame, proc->host, proc->uid));
    int error = put_proc_texts(pass, known, proc);
    uint32_t group = session_group_number(pass, proc->group);
    if (group != known->group)
        session_put_group(buffer, pass->state, known->group, group);

    struct proc copy = *proc;
    copy.comm = known->proc.comm;
    copy.exe = known->proc.exe;
    copy.command_line = known->proc.command_line;
    known->proc = copy;
    known->group = group;
    known->stamp = pass->state->stamp;
    *id = known->id;
    if (buffer->length == empty && !added && !buffer->failed) {
        buffer->length = start;
    } else {
        pass->state->seq++;
        end_line(buffer);
    }
    return error;
}

int session_write_procs(struct session_pass *pass)
{
    struct session_state *state = pass->state;
    const struct frame *frame = pass->frame;
    int error = GROW(state->group_ids, state->group_id_capacity, frame->group_count);
    if (!error)
        error = GROW(state->proc_ids, state->proc_id_capacity, frame->proc_count);
    for (uint32_t i = 0; i < frame->group_count && !error; i++)
        state->group_ids[i] = session_take_group(state, frame->groups[i].path,
                                                 frame->groups[i].unit, frame->groups[i].container);
    for (uint32_t i = 0; i < frame->proc_count && !error; i++)
        error = write_proc(pass, &frame->procs[i], &state->proc_ids[i]);
    return error;
}

/* --- reading --- */

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

void session_read_proc(struct get *get, struct session_line *line)
{
    (void)line;
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
        get_name(get, &get->state->users, "user", copy.uid);
}
