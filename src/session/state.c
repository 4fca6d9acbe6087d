/* The state behind a session log: growing, bounded tables of rows, processes, groups and names.
 * Independent of how a line is written or read. */
#include "session/state.h"

#include "base/grow.h"
#include "core/finding/finding.h"
#include "core/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 64u

void session_state_init(struct session_state *state)
{
    *state = (struct session_state){.next_proc = 1};
    arena_init(&state->words);
    logged_facts_gather(&state->logged);
}

static void names_clear(struct session_names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        free(names->list[i].name);
    names->count = 0;
    map_clear(&names->index_of);
}

void session_row_done(struct session_row *row)
{
    free(row->holders);
    free(row->detail);
    row->holders = NULL;
    row->detail = NULL;
}

static void proc_done(struct session_state *state, struct session_proc *proc)
{
    const char *texts[] = {proc->proc.comm, proc->proc.exe, proc->proc.command_line};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!texts[i])
            continue;
        state->text_bytes -= strlen(texts[i]) + 1;
        free((void *)(uintptr_t)texts[i]);
    }
}

void session_netns_done(struct session_state *state, struct frame_netns *netns)
{
    const char *texts[] = {netns->name, netns->container, netns->pod, netns->pod_namespace};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!texts[i])
            continue;
        state->text_bytes -= strlen(texts[i]) + 1;
        free((void *)(uintptr_t)texts[i]);
    }
}

void session_state_clear(struct session_state *state)
{
    for (uint32_t i = 0; i < state->namespace_count; i++)
        session_netns_done(state, &state->namespaces[i]);
    state->namespace_count = 0;
    for (uint32_t i = 0; i < state->row_count; i++)
        session_row_done(&state->rows[i]);
    for (uint32_t i = 0; i < state->proc_count; i++)
        proc_done(state, &state->procs[i]);
    for (uint32_t i = 0; i < state->group_count; i++) {
        free(state->groups[i].path);
        free(state->groups[i].unit);
        free(state->groups[i].container);
    }
    names_clear(&state->users);
    names_clear(&state->interfaces);
    map_clear(&state->row_of);
    map_clear(&state->proc_of);
    map_clear(&state->proc_by_id);
    map_clear(&state->group_of);
    map_clear(&state->flow_of);
    state->row_count = state->proc_count = state->group_count = state->flow_count = 0;
    state->text_bytes = 0;
    state->facts = (struct host_facts){0};
    state->stamp = 0;
    state->next_proc = 1;
}

void session_state_done(struct session_state *state)
{
    session_state_clear(state);
    map_done(&state->row_of);
    map_done(&state->proc_of);
    map_done(&state->proc_by_id);
    map_done(&state->group_of);
    map_done(&state->flow_of);
    map_done(&state->users.index_of);
    map_done(&state->interfaces.index_of);
    free(state->rows);
    free(state->procs);
    free(state->groups);
    free(state->flows);
    free(state->namespaces);
    free(state->users.list);
    free(state->interfaces.list);
    free(state->proc_ids);
    free(state->group_ids);
    free(state->word_list);
    map_done(&state->places);
    free(state->place_list);
    free(state->detector_list);
    arena_done(&state->words);
    session_state_init(state);
}

void session_row_reset(struct session_row *row)
{
    uint64_t serial = row->conn.serial;
    session_row_done(row);
    *row = (struct session_row){.group = CONN_NO_INDEX};
    row->conn.serial = serial;
    row->conn.owner_word = OWNER_PROCESS;
    row->conn.offload = OFFLOAD_UNKNOWN;
    row->conn.owner = row->conn.owners = CONN_NO_INDEX;
    row->conn.group = row->conn.detail = CONN_NO_INDEX;
}

int session_row_set_holders(struct session_row *row, const uint32_t *holders, uint32_t count)
{
    uint32_t *copy = NULL;
    if (count > SESSION_HOLDERS_MAX)
        count = SESSION_HOLDERS_MAX;
    if (count) {
        copy = malloc(count * sizeof(*copy));
        if (!copy)
            return -ENOMEM;
        memcpy(copy, holders, count * sizeof(*copy));
    }
    free(row->holders);
    row->holders = copy;
    row->conn.owner_count = (uint16_t)count;
    return 0;
}

struct session_row *session_find_row(const struct session_state *state, uint64_t serial)
{
    uint32_t index = map_find(&state->row_of, serial);
    return index == MAP_NONE ? NULL : &state->rows[index];
}

struct session_row *session_take_row(struct session_state *state, uint64_t serial)
{
    struct session_row *row = session_find_row(state, serial);
    if (row)
        return row;
    if (state->row_count == SESSION_ROWS_MAX ||
        GROW(state->rows, state->row_capacity, state->row_count + 1) ||
        map_put(&state->row_of, serial, state->row_count))
        return NULL;
    row = &state->rows[state->row_count++];
    *row = (struct session_row){.conn = {.serial = serial}};
    session_row_reset(row);
    return row;
}

void session_drop_row(struct session_state *state, uint64_t serial)
{
    uint32_t index = map_find(&state->row_of, serial);
    if (index == MAP_NONE)
        return;
    session_row_done(&state->rows[index]);
    map_remove(&state->row_of, serial);
    uint32_t last = --state->row_count;
    if (index == last)
        return;
    state->rows[index] = state->rows[last];
    /* The key is there already: no memory is needed. */
    (void)map_put(&state->row_of, state->rows[index].conn.serial, index);
}

struct session_proc *session_find_proc(const struct session_state *state, uint32_t id)
{
    uint32_t index = map_find(&state->proc_of, id);
    return index == MAP_NONE ? NULL : &state->procs[index];
}

struct session_proc *session_take_proc(struct session_state *state, uint32_t id)
{
    struct session_proc *proc = session_find_proc(state, id);
    if (proc)
        return proc;
    if (state->proc_count == SESSION_PROCS_MAX ||
        GROW(state->procs, state->proc_capacity, state->proc_count + 1) ||
        map_put(&state->proc_of, id, state->proc_count))
        return NULL;
    proc = &state->procs[state->proc_count++];
    *proc = (struct session_proc){.id = id, .group = CONN_NO_INDEX};
    proc->proc.uid = proc->proc.cpu_permille = UINT32_MAX;
    return proc;
}

void session_drop_proc(struct session_state *state, uint32_t id)
{
    uint32_t index = map_find(&state->proc_of, id);
    if (index == MAP_NONE)
        return;
    proc_done(state, &state->procs[index]);
    map_remove(&state->proc_of, id);
    uint32_t last = --state->proc_count;
    if (index == last)
        return;
    state->procs[index] = state->procs[last];
    (void)map_put(&state->proc_of, state->procs[index].id, index);
}

struct session_flow *session_take_flow(struct session_state *state, uint64_t serial)
{
    uint32_t index = map_find(&state->flow_of, serial);
    if (index != MAP_NONE)
        return &state->flows[index];
    if (state->flow_count >= SESSION_FLOWS_MAX ||
        GROW(state->flows, state->flow_capacity, state->flow_count + 1) ||
        map_put(&state->flow_of, serial, state->flow_count))
        return NULL;
    struct session_flow *flow = &state->flows[state->flow_count++];
    *flow = (struct session_flow){.group = CONN_NO_INDEX};
    flow_clear(&flow->flow);
    flow->flow.conn.serial = serial;
    flow->flow.conn.owner_word = OWNER_PROCESS; /* as in rows */
    return flow;
}

void session_drop_flow(struct session_state *state, uint32_t index)
{
    struct session_flow *flow = &state->flows[index];
    map_remove(&state->flow_of, flow->flow.conn.serial);
    *flow = state->flows[--state->flow_count];
    if (index < state->flow_count)
        (void)map_put(&state->flow_of, flow->flow.conn.serial, index); /* replaces */
}

/* A log may contain any time: the difference wraps rather than overflows. */
int64_t session_elapsed_ns(const struct session_state *state, int64_t mono_ns)
{
    return (int64_t)((uint64_t)mono_ns - (uint64_t)state->mono_ns);
}

void session_fade_flows(struct session_state *state, int64_t mono_ns)
{
    const int64_t elapsed_ns = session_elapsed_ns(state, mono_ns);
    for (uint32_t i = state->flow_count; i-- > 0;) {
        struct session_flow *flow = &state->flows[i];
        if (flow->stamp == state->flow_stamp)
            continue;
        if (!flow_fade(&flow->flow, elapsed_ns))
            session_drop_flow(state, i);
    }
    state->mono_ns = mono_ns;
    state->flow_stamp++;
}

int session_set_text(struct session_state *state, char **text, const char *value)
{
    size_t size = strlen(value) + 1;
    if (state->text_bytes + size > SESSION_TEXT_MAX)
        return -E2BIG;
    char *copy = malloc(size);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, value, size);
    if (*text)
        state->text_bytes -= strlen(*text) + 1;
    state->text_bytes += size;
    free(*text);
    *text = copy;
    return 0;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

static bool group_is(const struct session_group *group, const char *path, const char *unit,
                     const char *container)
{
    return !strcmp(group->path, path) && !strcmp(group->unit, unit) &&
           !strcmp(group->container, container);
}

static uint32_t add_group(struct session_state *state, uint64_t key, const char *path,
                          const char *unit, const char *container)
{
    uint64_t text_bytes = state->text_bytes;
    struct session_group group = {0};

    if (state->group_count == SESSION_GROUPS_MAX ||
        GROW(state->groups, state->group_capacity, state->group_count + 1))
        return CONN_NO_INDEX;
    if (session_set_text(state, &group.path, path) || session_set_text(state, &group.unit, unit) ||
        session_set_text(state, &group.container, container) ||
        map_put(&state->group_of, key, state->group_count)) {
        free(group.path);
        free(group.unit);
        free(group.container);
        state->text_bytes = text_bytes;
        return CONN_NO_INDEX;
    }
    state->groups[state->group_count] = group;
    return state->group_count++;
}

uint32_t session_take_group(struct session_state *state, const char *path, const char *unit,
                            const char *container)
{
    uint64_t hash = hash_text(hash_text(hash_text(0xcbf29ce484222325u, path), unit), container);
    uint64_t key = hash | 1;

    for (;; key += 2) {
        uint32_t index = map_find(&state->group_of, key);
        if (index == MAP_NONE)
            return add_group(state, key, path, unit, container);
        if (group_is(&state->groups[index], path, unit, container))
            return index;
    }
}

int session_learn_name(struct session_state *state, struct session_names *names, uint64_t number,
                       const char *name)
{
    uint32_t index = map_find(&names->index_of, number + 1);
    if (index != MAP_NONE) {
        if (!strcmp(names->list[index].name, name))
            return 0;
        int error = session_set_text(state, &names->list[index].name, name);
        return error == -E2BIG ? 0 : error;
    }
    struct session_name added = {.number = number};
    if (names->count == SESSION_NAMES_MAX)
        return 0;
    if (GROW(names->list, names->capacity, names->count + 1))
        return -ENOMEM;
    int error = session_set_text(state, &added.name, name);
    if (error)
        return error == -E2BIG ? 0 : error;
    error = map_put(&names->index_of, number + 1, names->count);
    if (error) {
        state->text_bytes -= strlen(name) + 1;
        free(added.name);
        return error;
    }
    names->list[names->count++] = added;
    return 0;
}

const char *session_take_word(struct session_state *state, const char *text)
{
    for (uint32_t i = 0; i < state->word_count; i++)
        if (strcmp(state->word_list[i], text) == 0)
            return state->word_list[i];
    if (state->word_count == SESSION_WORDS_MAX ||
        GROW(state->word_list, state->word_capacity, state->word_count + 1))
        return "";
    const char *copy = arena_copy(&state->words, text, strlen(text));
    if (copy)
        state->word_list[state->word_count++] = copy;
    return copy ? copy : "";
}

static bool is_place(const struct event_place *place, const char *user, const char *unit,
                     const char *container)
{
    return strcmp(place->unit, unit) == 0 && strcmp(place->user, user) == 0 &&
           strcmp(place->container, container) == 0;
}

static const struct event_place *add_place(struct session_state *state, uint64_t key,
                                           const char *user, const char *unit,
                                           const char *container)
{
    struct event_place *place = arena_alloc(&state->words, sizeof(*place));

    if (!place || GROW(state->place_list, state->place_capacity, state->place_count + 1))
        return NULL;
    *place =
        (struct event_place){.user = arena_copy(&state->words, user, strlen(user)),
                             .unit = arena_copy(&state->words, unit, strlen(unit)),
                             .container = arena_copy(&state->words, container, strlen(container))};
    if (!place->user || !place->unit || !place->container ||
        map_put(&state->places, key, state->place_count))
        return NULL;
    state->place_list[state->place_count++] = place;
    return place;
}

const struct event_place *session_take_place(struct session_state *state, const char *user,
                                             const char *unit, const char *container)
{
    const uint64_t hash =
        hash_text(hash_text(hash_text(0xcbf29ce484222325u, user), unit), container) | 1;

    if (!user[0] && !unit[0] && !container[0])
        return NULL;
    for (uint64_t key = hash;; key += 2) {
        const uint32_t index = map_find(&state->places, key);
        if (index == MAP_NONE)
            return state->place_count < SESSION_PLACES_MAX
                       ? add_place(state, key, user, unit, container)
                       : NULL;
        if (is_place(state->place_list[index], user, unit, container))
            return state->place_list[index];
    }
}

const struct detector *session_take_detector(struct session_state *state, const char *id)
{
    for (size_t i = 0; i < detector_count; i++)
        if (strcmp(DETECTORS[i]->id, id) == 0)
            return DETECTORS[i];
    for (uint32_t i = 0; i < state->detector_count; i++)
        if (strcmp(state->detector_list[i]->id, id) == 0)
            return state->detector_list[i];
    if (state->detector_count == SESSION_WORDS_MAX ||
        GROW(state->detector_list, state->detector_capacity, state->detector_count + 1))
        return NULL;
    struct detector *detector = arena_alloc(&state->words, sizeof(*detector));
    if (!detector)
        return NULL;
    *detector = (struct detector){.id = session_take_word(state, id), .section = "", .title = ""};
    state->detector_list[state->detector_count++] = detector;
    return detector;
}
