/* Network namespaces: facts of each, one line where any changed; and, in frame lines, those that
 * were not read for the frame. */
#include "base/grow.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct session_key KEYS[] = {
    {"netns", .help = "number of the network namespace, as in its rows: the inode"},
    {"left", .help = "it is no longer there"},
    {"inode", .help = "0: not readable; absent: `netns`"},
    {"netns_cookie", .help = "never that of another"},
    {"netns_name", .help = "name"},
    {"netns_kind", .help = "host, named, docker, podman, pod, process, ..."},
    {"container", .help = "container"},
    {"pod", .help = "Kubernetes pod"},
    {"pod_namespace", .help = "Kubernetes namespace of that pod"},
    {"reach", .help = "enter: by sock_diag; proc: by /proc/PID/net, without counters; none"},
    {"own", .help = "tcplens ran in it"},
    {"host", .help = "it is that of the machine's process 1"},
    {"other_user", .help = "the process in it is of another user namespace than tcplens was: a "
                           "container without root"},
    {"pid", .help = "a process in it"},
    {"processes", .help = "how many are in it"},
};
const struct session_keys session_netns_keys = SESSION_KEYS(KEYS);

static const struct session_key NAMESPACE_KEYS[] = {
    {"netns", .help = "its number, as in `netns` lines"},
    {"netns_name", .help = "its name"},
    {"left", .help = "it ended, or is no longer seen; absent: it appeared"},
};
const struct session_keys session_namespace_keys = SESSION_KEYS(NAMESPACE_KEYS);

/* --- the state --- */

static void text_members(struct frame_netns *netns, const char **members[4])
{
    members[0] = &netns->name;
    members[1] = &netns->container;
    members[2] = &netns->pod;
    members[3] = &netns->pod_namespace;
}

static uint32_t place_of(const struct session_state *state, uint32_t key)
{
    uint32_t low = 0, high = state->namespace_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (state->namespaces[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct session_state *state, uint32_t place, uint32_t key)
{
    return place < state->namespace_count && state->namespaces[place].key == key;
}

/* Found or added; NULL when there are too many, or out of memory. */
static struct frame_netns *take(struct session_state *state, uint32_t key)
{
    const uint32_t place = place_of(state, key);

    if (is_at(state, place, key))
        return &state->namespaces[place];
    if (state->namespace_count == SESSION_NETNS_MAX ||
        GROW(state->namespaces, state->namespace_capacity, state->namespace_count + 1))
        return NULL;
    struct frame_netns *netns = state->namespaces + place;
    memmove(netns + 1, netns, (state->namespace_count++ - place) * sizeof(*netns));
    *netns = (struct frame_netns){.key = key};
    return netns;
}

static void drop(struct session_state *state, uint32_t place)
{
    struct frame_netns *netns = state->namespaces + place;

    session_netns_done(state, netns);
    memmove(netns, netns + 1, (--state->namespace_count - place) * sizeof(*netns));
}

/* Everything but the texts, which are owned by the state. */
static void set_numbers(struct frame_netns *to, const struct frame_netns *from)
{
    const struct frame_netns texts = *to;

    *to = *from;
    to->name = texts.name;
    to->container = texts.container;
    to->pod = texts.pod;
    to->pod_namespace = texts.pod_namespace;
    to->why = NULL;
    to->facts = NULL;
}

/* 0 or -ENOMEM; a text beyond the limit stays unchanged. */
static int set_texts(struct session_state *state, struct frame_netns *to, struct frame_netns *from)
{
    const char **old[4], **new[4];
    int error = 0;

    text_members(to, old);
    text_members(from, new);
    for (size_t i = 0; i < 4 && error != -ENOMEM; i++) {
        char *text = (char *)(uintptr_t)*old[i];
        const char *value = *new[i] ? *new[i] : "";
        if (!text || strcmp(text, value) != 0)
            error = session_set_text(state, &text, value);
        *old[i] = text;
    }
    return error == -ENOMEM ? error : 0;
}

/* --- writing --- */

static bool text_differs(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

static bool differs(const struct frame_netns *a, const struct frame_netns *b)
{
    return a->cookie != b->cookie || a->inode != b->inode || a->kind != b->kind ||
           a->reach != b->reach || a->is_own != b->is_own || a->is_host != b->is_host ||
           a->other_user != b->other_user || a->pid != b->pid || a->processes != b->processes ||
           text_differs(a->name, b->name) || text_differs(a->container, b->container) ||
           text_differs(a->pod, b->pod) || text_differs(a->pod_namespace, b->pod_namespace);
}

static void put_netns(struct buffer *buffer, const struct frame_netns *netns)
{
    if (netns->inode != netns->key)
        json_member_number(buffer, "inode", netns->inode);
    if (netns->cookie)
        buffer_printf(buffer, ",\"netns_cookie\":\"%llx\"", (unsigned long long)netns->cookie);
    json_member_text_if(buffer, "netns_name", netns->name);
    json_member_text_if(buffer, "netns_kind", words_name(&NETNS_KIND_WORDS, netns->kind));
    json_member_text_if(buffer, "container", netns->container);
    json_member_text_if(buffer, "pod", netns->pod);
    json_member_text_if(buffer, "pod_namespace", netns->pod_namespace);
    json_member_text_if(buffer, "reach", words_name(&NETNS_REACH_WORDS, netns->reach));
    if (netns->is_own)
        json_member_true(buffer, "own");
    if (netns->is_host)
        json_member_true(buffer, "host");
    if (netns->other_user)
        json_member_true(buffer, "other_user");
    if (netns->pid)
        json_member_number(buffer, "pid", (uint64_t)netns->pid);
    if (netns->processes)
        json_member_number(buffer, "processes", netns->processes);
}

static int write_netns(struct session_pass *pass, struct frame_netns *netns)
{
    struct session_state *state = pass->state;
    const uint32_t place = place_of(state, netns->key);

    if (is_at(state, place, netns->key) && !differs(&state->namespaces[place], netns))
        return 0;
    struct frame_netns *known = take(state, netns->key);
    if (!known)
        return state->namespace_count == SESSION_NETNS_MAX ? 0 : -ENOMEM;
    set_numbers(known, netns);
    begin_line(pass->buffer, RECORD_NETNS, ++state->seq, pass->frame->wall_ns);
    json_member_number(pass->buffer, "netns", netns->key);
    put_netns(pass->buffer, netns);
    end_line(pass->buffer);
    return set_texts(state, known, netns);
}

int session_write_namespaces(struct session_pass *pass)
{
    struct session_state *state = pass->state;
    const struct frame *frame = pass->frame;
    int error = 0;

    for (uint32_t i = state->namespace_count; i-- > 0;) {
        const uint32_t key = state->namespaces[i].key;
        if (frame_find_netns(frame, key))
            continue;
        begin_line(pass->buffer, RECORD_NETNS, ++state->seq, frame->wall_ns);
        json_member_number(pass->buffer, "netns", key);
        json_member_true(pass->buffer, "left");
        end_line(pass->buffer);
        drop(state, i);
    }
    for (uint32_t i = 0; i < frame->namespace_count && !error; i++)
        error = write_netns(pass, &frame->namespaces[i]);
    return error;
}

void session_put_unread(struct buffer *buffer, const struct frame *frame)
{
    bool first = true;

    for (uint32_t i = 0; i < frame->namespace_count; i++) {
        if (frame->namespaces[i].read_ns >= frame->mono_ns)
            continue;
        buffer_printf(buffer, "%s%u", first ? ",\"netns_unread\":[" : ",",
                      frame->namespaces[i].key);
        first = false;
    }
    if (!first)
        buffer_char(buffer, ']');
}

/* --- reading --- */

static uint8_t get_word(struct get *get, const char *key, const struct words *words)
{
    char word[32] = "";

    get_text(get, key, word, sizeof(word));
    const int found = word[0] ? words_find(words, word, strlen(word)) : 0;
    return found > 0 ? (uint8_t)found : 0; /* a kind of a newer version: the general one */
}

static void read_numbers(struct get *get, struct frame_netns *read)
{
    const bool has_inode = get_is_there(get, "inode");

    read->inode = has_inode ? get_u32(get, "inode") : read->key;
    get_hex(get, "netns_cookie", &read->cookie);
    read->id = read->cookie;
    read->kind = get_word(get, "netns_kind", &NETNS_KIND_WORDS);
    read->reach = get_word(get, "reach", &NETNS_REACH_WORDS);
    read->is_own = get_flag(get, "own");
    read->is_host = get_flag(get, "host");
    read->other_user = get_flag(get, "other_user");
    const uint32_t pid = get_u32(get, "pid");
    read->pid = pid <= INT32_MAX ? (int32_t)pid : 0;
    read->processes = get_u32(get, "processes");
}

void session_read_netns(struct get *get, struct session_line *line)
{
    struct session_state *state = get->state;
    struct frame_netns read = {.key = get_u32(get, "netns")};
    const uint32_t place = place_of(state, read.key);
    char name[NETNS_NAME_MAX] = "", container[256] = "", pod[256] = "", pod_namespace[256] = "";

    (void)line;
    if (get->error)
        return;
    if (get_flag(get, "left")) {
        if (is_at(state, place, read.key))
            drop(state, place);
        return;
    }
    read_numbers(get, &read);
    get_text(get, "netns_name", name, sizeof(name));
    get_text(get, "container", container, sizeof(container));
    get_text(get, "pod", pod, sizeof(pod));
    get_text(get, "pod_namespace", pod_namespace, sizeof(pod_namespace));
    read.name = name;
    read.container = container;
    read.pod = pod;
    read.pod_namespace = pod_namespace;
    struct frame_netns *known = get->error ? NULL : take(state, read.key);
    if (!known)
        return;
    read.read_ns = known->read_ns;
    set_numbers(known, &read);
    if (set_texts(state, known, &read))
        get->error = -ENOMEM;
}

void session_read_namespace(struct get *get, struct session_line *line)
{
    struct event *event = &line->event;

    *event = (struct event){.kind = EVENT_NETNS,
                            .origin = EVENT_FROM_LOG,
                            .wall_ns = line->wall_ns,
                            .uid = UINT32_MAX,
                            .netns = get_u32(get, "netns"),
                            .left = get_flag(get, "left")};
    get_text(get, "netns_name", event->text, sizeof(event->text));
}

void session_read_unread(struct get *get, int64_t mono_ns)
{
    struct session_state *state = get->state;
    struct flat_items items = get_items(get, "netns_unread", FLAT_LIST);
    struct flat_member item = {.type = FLAT_NULL};
    bool more = flat_next(&items, &item);

    for (uint32_t i = 0; i < state->namespace_count; i++) {
        struct frame_netns *netns = &state->namespaces[i];
        while (more && item.type == FLAT_INTEGER && item.integer < (int64_t)netns->key)
            more = flat_next(&items, &item);
        if (!more || item.type != FLAT_INTEGER || item.integer != (int64_t)netns->key)
            netns->read_ns = mono_ns;
    }
}

int session_build_namespaces(const struct session_state *state, struct frame *frame)
{
    for (uint32_t i = 0; i < state->namespace_count; i++) {
        const struct frame_netns *known = &state->namespaces[i];
        struct frame_netns *netns = frame_add_netns(frame, known->key);
        if (!netns)
            return -ENOMEM;
        *netns = *known;
        netns->name = frame_copy_text(frame, known->name);
        netns->container = frame_copy_text(frame, known->container);
        netns->pod = frame_copy_text(frame, known->pod);
        netns->pod_namespace = frame_copy_text(frame, known->pod_namespace);
        netns->why = "";
    }
    return 0;
}
