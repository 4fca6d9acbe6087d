/* Frames and their pool: arrays grow while a frame is filled, and are reused after it is released.
 * The pool has a mutex, the reference count is atomic; everything else belongs to the thread that
 * fills the frame, and does not change once it is published. */
#include "core/frame.h"

#include "base/grow.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum array {
    CONNS,
    PROCS,
    GROUPS,
    DETAILS,
    OWNER_REFS,
    USERS,
    INTERFACES,
    FLOWS,
    NAMESPACES,
    ARRAY_COUNT
};

#define SPARE_MAX    8u  /* released frames kept */
#define FIRST_ROWS   64u /* smallest capacity of an array */
#define FILL_AHEAD   4u  /* rows */
#define CACHE_LINE   64u
#define SHRINK_FLOOR 4096u /* arrays up to this size are never given back */
#define SPARE_TAKES  16u   /* a spare frame unused for this many new ones is freed */

struct frame_pool {
    pthread_mutex_t mutex;
    struct frame *spare[SPARE_MAX];
    uint32_t spare_count;
    /* new frames since a spare one was freed, and the minimum of spare ones since then */
    uint32_t takes, idle;
    uint32_t out; /* frames that are referenced */
    /* its owner released it: freed when the last frame comes back */
    bool released;
    uint32_t expected[ARRAY_COUNT]; /* expected elements of a new frame, from earlier frames */
    size_t expected_text;
};

/* One array of a frame, to treat all alike. */
struct array_view {
    void *data;
    uint32_t *count, *capacity;
    size_t size;
};

static struct array_view frame_array(struct frame *f, enum array array)
{
    switch (array) {
    case CONNS:
        return (struct array_view){f->conns, &f->conn_count, &f->conn_capacity, sizeof(*f->conns)};
    case PROCS:
        return (struct array_view){f->procs, &f->proc_count, &f->proc_capacity, sizeof(*f->procs)};
    case GROUPS:
        return (struct array_view){f->groups, &f->group_count, &f->group_capacity,
                                   sizeof(*f->groups)};
    case DETAILS:
        return (struct array_view){f->details, &f->detail_count, &f->detail_capacity,
                                   sizeof(*f->details)};
    case OWNER_REFS:
        return (struct array_view){f->owner_refs, &f->owner_ref_count, &f->owner_ref_capacity,
                                   sizeof(*f->owner_refs)};
    case USERS:
        return (struct array_view){f->users, &f->user_count, &f->user_capacity, sizeof(*f->users)};
    case FLOWS:
        return (struct array_view){f->flows, &f->flow_count, &f->flow_capacity, sizeof(*f->flows)};
    case NAMESPACES:
        return (struct array_view){f->namespaces, &f->namespace_count, &f->namespace_capacity,
                                   sizeof(*f->namespaces)};
    case INTERFACES:
    case ARRAY_COUNT:
        break;
    }
    return (struct array_view){f->interfaces, &f->interface_count, &f->interface_capacity,
                               sizeof(*f->interfaces)};
}

static void frame_put_array(struct frame *f, enum array array, void *data, uint32_t capacity)
{
    *frame_array(f, array).capacity = capacity;
    switch (array) {
    case CONNS:
        f->conns = data;
        return;
    case PROCS:
        f->procs = data;
        return;
    case GROUPS:
        f->groups = data;
        return;
    case DETAILS:
        f->details = data;
        return;
    case OWNER_REFS:
        f->owner_refs = data;
        return;
    case USERS:
        f->users = data;
        return;
    case FLOWS:
        f->flows = data;
        return;
    case NAMESPACES:
        f->namespaces = data;
        return;
    case INTERFACES:
    case ARRAY_COUNT:
        break;
    }
    f->interfaces = data;
}

/* A zeroed element at the end of the array, or NULL. */
static void *frame_grow(struct frame *frame, enum array array)
{
    struct array_view view = frame_array(frame, array);
    if (*view.count == *view.capacity) {
        if (*view.capacity > UINT32_MAX / 2)
            return NULL;
        uint32_t capacity = *view.capacity ? *view.capacity * 2 : FIRST_ROWS;
        void *data = realloc(view.data, capacity * view.size);
        if (!data)
            return NULL;
        frame_put_array(frame, array, data, capacity);
        view.data = data;
    }
    void *element = (char *)view.data + *view.count * view.size;
    ++*view.count;
    return memset(element, 0, view.size);
}

/* Room for `count` elements in an array whose content is unused; failure is ignored, as the array
 * grows when necessary. */
static void frame_expect(struct frame *frame, enum array array, uint32_t count)
{
    struct array_view view = frame_array(frame, array);
    if (count <= *view.capacity)
        return;
    void *data = malloc(count * view.size);
    if (!data)
        return;
    free(view.data);
    frame_put_array(frame, array, data, count);
}

void frame_reserve(struct frame *frame, uint32_t rows, bool with_details)
{
    if (frame->conn_count || frame->detail_count)
        return;
    frame_expect(frame, CONNS, rows);
    if (with_details)
        frame_expect(frame, DETAILS, rows);
}

static void frame_clear(struct frame *frame)
{
    struct frame kept = {.conns = frame->conns,
                         .procs = frame->procs,
                         .owner_refs = frame->owner_refs,
                         .groups = frame->groups,
                         .details = frame->details,
                         .users = frame->users,
                         .interfaces = frame->interfaces,
                         .flows = frame->flows,
                         .namespaces = frame->namespaces};
    size_t picture = offsetof(struct frame, number);

    memset((char *)frame + picture, 0, sizeof(*frame) - picture);
    frame->conns = kept.conns;
    frame->procs = kept.procs;
    frame->owner_refs = kept.owner_refs;
    frame->groups = kept.groups;
    frame->details = kept.details;
    frame->users = kept.users;
    frame->interfaces = kept.interfaces;
    frame->flows = kept.flows;
    frame->namespaces = kept.namespaces;
    frame->host = "";
    frame->source = "";
    frame->events = frame->events_why = frame->owners_why = NULL;
    frame->cost.cpu_permille = UINT32_MAX;
    arena_reset(&frame->arena);
}

static void frame_destroy(struct frame *frame)
{
    if (!frame)
        return;
    for (int array = 0; array < ARRAY_COUNT; array++)
        free(frame_array(frame, (enum array)array).data);
    arena_done(&frame->arena);
    free(frame);
}

struct frame_pool *frame_pool_new(void)
{
    struct frame_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    if (pthread_mutex_init(&pool->mutex, NULL) != 0) {
        free(pool);
        return NULL;
    }
    return pool;
}

static void pool_destroy(struct frame_pool *pool)
{
    for (uint32_t i = 0; i < pool->spare_count; i++)
        frame_destroy(pool->spare[i]);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void frame_pool_release(struct frame_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->released = true;
    bool last = pool->out == 0;
    pthread_mutex_unlock(&pool->mutex);
    if (last)
        pool_destroy(pool);
}

static struct frame *frame_make(struct frame_pool *pool)
{
    struct frame *frame = calloc(1, sizeof(*frame));
    if (!frame)
        return NULL;
    frame->pool = pool;
    arena_init(&frame->arena);
    return frame;
}

/* A surplus frame, once needed because of a late reader: with many rows it is expensive to keep.
 * NULL: none. The lock is held. */
static struct frame *take_idle(struct frame_pool *pool)
{
    if (pool->takes == 0 || pool->spare_count < pool->idle)
        pool->idle = pool->spare_count;
    if (++pool->takes < SPARE_TAKES)
        return NULL;
    pool->takes = 0;
    if (pool->idle == 0)
        return NULL;
    struct frame *idle = pool->spare[0];
    pool->spare[0] = pool->spare[--pool->spare_count];
    return idle;
}

struct frame *frame_new(struct frame_pool *pool)
{
    uint32_t expected[ARRAY_COUNT];

    pthread_mutex_lock(&pool->mutex);
    struct frame *frame = pool->spare_count ? pool->spare[--pool->spare_count] : frame_make(pool);
    struct frame *idle = take_idle(pool);
    pool->out += frame != NULL;
    memcpy(expected, pool->expected, sizeof(expected));
    pthread_mutex_unlock(&pool->mutex);
    frame_destroy(idle);

    if (!frame)
        return NULL;
    frame_clear(frame);
    for (int array = 0; array < ARRAY_COUNT; array++)
        frame_expect(frame, (enum array)array, expected[array]);
    atomic_init(&frame->references, 1);
    return frame;
}

static bool copy_arrays(struct frame *copy, const struct frame *frame)
{
    for (int i = 0; i < ARRAY_COUNT; i++) {
        const struct array_view from = frame_array((struct frame *)(uintptr_t)frame, (enum array)i);
        frame_expect(copy, (enum array)i, *from.count);
        const struct array_view to = frame_array(copy, (enum array)i);
        if (*to.capacity < *from.count)
            return false;
        if (*from.count > 0)
            memcpy(to.data, from.data, *from.count * from.size);
        *to.count = *from.count;
    }
    return true;
}

static void copy_texts(struct frame *copy)
{
    for (uint32_t i = 0; i < copy->proc_count; i++)
        frame_copy_proc_texts(copy, &copy->procs[i]);
    for (uint32_t i = 0; i < copy->group_count; i++) {
        struct group *group = &copy->groups[i];
        group->path = frame_copy_text(copy, group->path);
        group->unit = frame_copy_text(copy, group->unit);
        group->container = frame_copy_text(copy, group->container);
    }
    for (uint32_t i = 0; i < copy->user_count; i++)
        copy->users[i].name = frame_copy_text(copy, copy->users[i].name);
    for (uint32_t i = 0; i < copy->interface_count; i++)
        copy->interfaces[i].name = frame_copy_text(copy, copy->interfaces[i].name);
}

static struct host_facts *copy_facts(struct frame *copy, const struct host_facts *facts)
{
    struct host_facts *own = facts ? arena_alloc(&copy->arena, sizeof(*own)) : NULL;
    if (own)
        *own = *facts;
    return own;
}

static void copy_namespaces(struct frame *copy)
{
    for (uint32_t i = 0; i < copy->namespace_count; i++) {
        struct frame_netns *netns = &copy->namespaces[i];
        netns->name = frame_copy_text(copy, netns->name);
        netns->container = frame_copy_text(copy, netns->container);
        netns->pod = frame_copy_text(copy, netns->pod);
        netns->pod_namespace = frame_copy_text(copy, netns->pod_namespace);
        netns->why = frame_copy_text(copy, netns->why);
        netns->facts = copy_facts(copy, netns->facts);
    }
}

static void copy_hosts(struct frame *copy, const struct frame *frame)
{
    if (frame_add_hosts(copy, frame->host_count))
        return;
    for (uint32_t i = 0; i < frame->host_count; i++) {
        struct frame_host *host = &copy->hosts[i];
        *host = frame->hosts[i];
        host->name = frame_copy_text(copy, host->name);
        host->place = frame_copy_text(copy, host->place);
        host->why = frame_copy_text(copy, host->why);
        host->version = frame_copy_text(copy, host->version);
        host->events = frame_copy_text(copy, host->events);
    }
}

struct frame *frame_copy(struct frame_pool *pool, const struct frame *frame)
{
    struct frame *copy = frame_new(pool);
    if (!copy)
        return NULL;
    if (!copy_arrays(copy, frame)) {
        frame_release(copy);
        return NULL;
    }
    struct frame plain = *copy; /* its own arrays, counts and management */
    const size_t picture = offsetof(struct frame, number);
    memcpy((char *)copy + picture, (const char *)frame + picture, sizeof(*frame) - picture);
    copy->conns = plain.conns;
    copy->procs = plain.procs;
    copy->owner_refs = plain.owner_refs;
    copy->groups = plain.groups;
    copy->details = plain.details;
    copy->flows = plain.flows;
    copy->users = plain.users;
    copy->interfaces = plain.interfaces;
    copy->namespaces = plain.namespaces;
    copy_texts(copy);
    copy_namespaces(copy);
    copy->hosts = NULL;
    copy->host_count = 0;
    copy_hosts(copy, frame);
    copy->host = frame_copy_text(copy, frame->host);
    copy->source = frame_copy_text(copy, frame->source);
    copy->events = frame->events ? frame_copy_text(copy, frame->events) : NULL;
    copy->events_why = frame->events_why ? frame_copy_text(copy, frame->events_why) : NULL;
    copy->owners_why = frame->owners_why ? frame_copy_text(copy, frame->owners_why) : NULL;
    copy->facts = copy_facts(copy, frame->facts);
    copy->findings = NULL;
    return copy;
}

struct frame *frame_reference(struct frame *frame)
{
    atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
    return frame;
}

/* Frees arrays far larger than frames now need, as after a flood of connections. */
static void frame_shrink(struct frame *frame, const struct frame_pool *pool)
{
    for (int i = 0; i < ARRAY_COUNT; i++) {
        struct array_view view = frame_array(frame, (enum array)i);
        if (*view.capacity > SHRINK_FLOOR && *view.capacity / 4 > pool->expected[i]) {
            free(view.data);
            *view.count = 0;
            frame_put_array(frame, (enum array)i, NULL, 0);
        }
    }
    if (frame->arena.total > (size_t)SHRINK_FLOOR * 64 &&
        frame->arena.total / 4 > pool->expected_text)
        arena_done(&frame->arena);
}

/* The expected size follows growth at once and shrinks slowly, so that varying sizes do not cause
 * reallocation. */
static void pool_learn(struct frame_pool *pool, struct frame *frame)
{
    for (int i = 0; i < ARRAY_COUNT; i++) {
        uint32_t count = *frame_array(frame, (enum array)i).count;
        uint32_t faded = pool->expected[i] - pool->expected[i] / 32;
        pool->expected[i] = count > faded ? count : faded;
    }
    size_t text = frame->arena.total;
    size_t faded = pool->expected_text - pool->expected_text / 32;
    pool->expected_text = text > faded ? text : faded;
}

void frame_release(struct frame *frame)
{
    if (!frame)
        return;
    if (atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) != 1)
        return;

    struct frame_pool *pool = frame->pool;
    struct frame *surplus = NULL;

    pthread_mutex_lock(&pool->mutex);
    pool_learn(pool, frame);
    frame_shrink(frame, pool);
    if (pool->spare_count < SPARE_MAX && !pool->released)
        pool->spare[pool->spare_count++] = frame;
    else
        surplus = frame;
    pool->out--;
    bool last = pool->released && pool->out == 0;
    pthread_mutex_unlock(&pool->mutex);

    frame_destroy(surplus);
    if (last)
        pool_destroy(pool);
}

static struct conn *conn_clear(struct conn *conn)
{
    if (!conn)
        return NULL;
    conn->owner = conn->owners = conn->group = conn->detail = CONN_NO_INDEX;
    return conn;
}

/* The next rows are not in the cache: a large dump fills memory line by line. */
static void fetch_for_writing(const struct frame *frame)
{
    uint32_t ahead = frame->conn_count + FILL_AHEAD;

    if (ahead >= frame->conn_capacity)
        return;
    for (size_t at = 0; at < sizeof(*frame->conns); at += CACHE_LINE)
        __builtin_prefetch((const char *)&frame->conns[ahead] + at, 1);
}

struct conn *frame_add_conn(struct frame *frame)
{
    struct conn *conn = frame_grow(frame, CONNS);

    fetch_for_writing(frame);
    frame->live_count += conn != NULL;
    return conn_clear(conn);
}

struct conn *frame_add_copies(struct frame *frame, const struct conn *rows, uint32_t count)
{
    const uint32_t first = frame->conn_count;

    if (GROW(frame->conns, frame->conn_capacity, first + count))
        return NULL;
    memcpy(frame->conns + first, rows, count * sizeof(*rows));
    frame->conn_count += count;
    frame->live_count += count;
    return frame->conns + first;
}

struct conn *frame_add_ghost(struct frame *frame)
{
    return conn_clear(frame_grow(frame, CONNS));
}

struct proc *frame_add_proc(struct frame *frame)
{
    struct proc *proc = frame_grow(frame, PROCS);
    if (!proc)
        return NULL;
    proc->uid = UINT32_MAX;
    proc->group = CONN_NO_INDEX;
    proc->cpu_permille = UINT32_MAX;
    proc->comm = proc->exe = proc->command_line = proc->title = proc->serves = "";
    return proc;
}

struct group *frame_add_group(struct frame *frame)
{
    struct group *group = frame_grow(frame, GROUPS);
    if (!group)
        return NULL;
    group->path = group->unit = group->container = "";
    return group;
}

void flow_clear(struct flow *flow)
{
    memset(flow, 0, sizeof(*flow)); /* padding too: the history compares bytes */
    conn_clear(&flow->conn);
    flow->conn.state = STATE_DELETE_TCB;
    flow->conn.from = STATE_ESTABLISHED;
    flow->conn.offload = OFFLOAD_UNKNOWN;
    flow->conn.known = KNOWN_RATES;
}

struct flow *frame_add_flow(struct frame *frame)
{
    struct flow *flow = frame_grow(frame, FLOWS);
    if (!flow)
        return NULL;
    flow_clear(flow);
    return flow;
}

struct conn_detail *frame_add_detail(struct frame *frame)
{
    return frame_grow(frame, DETAILS);
}

int frame_add_owner_ref(struct frame *frame, uint32_t proc_index)
{
    uint32_t *reference = frame_grow(frame, OWNER_REFS);
    if (!reference)
        return -ENOMEM;
    *reference = proc_index;
    return 0;
}

/* Index of the first user that is not before that one. */
static uint32_t user_place(const struct frame *frame, uint32_t host, uint32_t uid)
{
    const uint64_t wanted = (uint64_t)host << 32 | uid;
    uint32_t low = 0, high = frame->user_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct user *user = &frame->users[middle];
        if (((uint64_t)user->host << 32 | user->uid) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int frame_add_host_user(struct frame *frame, uint32_t host, uint32_t uid, const char *name)
{
    uint32_t place = user_place(frame, host, uid);
    if (place < frame->user_count && frame->users[place].uid == uid &&
        frame->users[place].host == host)
        return 0;
    const char *copy = frame_copy_text(frame, name);
    if (!frame_grow(frame, USERS))
        return -ENOMEM;
    struct user *user = frame->users + place;
    memmove(user + 1, user, (frame->user_count - 1 - place) * sizeof(*user));
    *user = (struct user){.host = host, .uid = uid, .name = copy};
    return 0;
}

int frame_add_user(struct frame *frame, uint32_t uid, const char *name)
{
    return frame_add_host_user(frame, 0, uid, name);
}

int frame_add_interface(struct frame *frame, uint32_t netns, uint32_t index, const char *name)
{
    if (frame_interface_name(frame, netns, index))
        return 0;
    const char *copy = frame_copy_text(frame, name);
    struct interface *interface = frame_grow(frame, INTERFACES);
    if (!interface)
        return -ENOMEM;
    *interface = (struct interface){.netns = netns, .index = index, .name = copy};
    return 0;
}

/* Index of the first namespace whose key is not below `key`. */
static uint32_t netns_place(const struct frame *frame, uint32_t key)
{
    uint32_t low = 0, high = frame->namespace_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (frame->namespaces[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct frame_netns *frame_add_netns(struct frame *frame, uint32_t key)
{
    uint32_t place = netns_place(frame, key);
    if (place < frame->namespace_count && frame->namespaces[place].key == key)
        return &frame->namespaces[place];
    if (!frame_grow(frame, NAMESPACES))
        return NULL;
    struct frame_netns *netns = frame->namespaces + place;
    memmove(netns + 1, netns, (frame->namespace_count - 1 - place) * sizeof(*netns));
    *netns = (struct frame_netns){
        .key = key, .name = "", .container = "", .pod = "", .pod_namespace = "", .why = ""};
    return netns;
}

int frame_add_hosts(struct frame *frame, uint32_t count)
{
    struct frame_host *hosts = count ? arena_alloc(&frame->arena, count * sizeof(*hosts)) : NULL;

    if (count && !hosts)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        hosts[i] = (struct frame_host){
            .number = i + 1, .name = "", .place = "", .why = "", .version = "", .events = ""};
    frame->hosts = hosts;
    frame->host_count = count;
    return 0;
}

struct host_facts *frame_add_facts(struct frame *frame)
{
    frame->facts = arena_alloc(&frame->arena, sizeof(*frame->facts));
    if (frame->facts)
        *frame->facts = (struct host_facts){.netns = frame->netns};
    return frame->facts;
}

void frame_lacks_memory(struct frame *frame)
{
    frame->missing.reasons |= MISSING_MEMORY;
    if (!frame->missing.text[0])
        snprintf(frame->missing.text, sizeof(frame->missing.text), "%s", FRAME_LACKS_MEMORY);
}

const char *frame_copy_text(struct frame *frame, const char *text)
{
    if (!text || !*text)
        return "";
    const char *copy = arena_copy(&frame->arena, text, strlen(text));
    return copy ? copy : "";
}

void frame_copy_proc_texts(struct frame *frame, struct proc *proc)
{
    const char **const texts[] = {&proc->comm, &proc->exe, &proc->command_line, &proc->title,
                                  &proc->serves};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = frame_copy_text(frame, *texts[i]);
}
