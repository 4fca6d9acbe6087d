/* A scene for tests of detectors: frames made by hand, one a second, each shown to an engine. */
#ifndef TCPLENS_UNIT_FINDING_SCENE_H
#define TCPLENS_UNIT_FINDING_SCENE_H

#include "core/filter/filter.h"
#include "core/finding/finding.h"
#include "core/info.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

#define SCENE_NETNS 4026531840u

struct scene {
    struct finding_settings settings;
    struct finding_engine *engine;
    struct frame_pool *pool;
    struct event_ring *ring;
    struct frame *frame; /* being made, or shown last */
    struct host_facts facts;
    struct process_facts process;
    bool has_process, without_facts;
    int64_t second;
    uint32_t rows;
};

static inline int scene_process(void *data, int32_t pid, uint64_t start_ticks,
                                struct process_facts *facts)
{
    const struct scene *scene = data;
    (void)pid;
    (void)start_ticks;
    *facts = scene->process;
    return 0;
}

static inline void scene_begin(struct scene *scene)
{
    *scene = (struct scene){.pool = frame_pool_new(), .ring = event_ring_new(8192)};
    finding_settings_init(&scene->settings);
    scene->engine = finding_engine_new(&scene->settings);
    assert_non_null(scene->engine);
    scene->facts.netns = SCENE_NETNS;
    for (int fact = 1; fact < FACT_COUNT; fact++)
        host_fact_set(&scene->facts, (enum host_fact)fact, 0);
    host_fact_set(&scene->facts, FACT_PORT_FIRST, 32768);
    host_fact_set(&scene->facts, FACT_PORT_LAST, 60999);
    host_fact_set(&scene->facts, FACT_SOMAXCONN, 4096);
    host_fact_set(&scene->facts, FACT_SYNCOOKIES, 1);
    host_fact_set(&scene->facts, FACT_TIMESTAMPS, 1);
    host_fact_set(&scene->facts, FACT_TW_REUSE, 2);
    host_fact_set(&scene->facts, FACT_MAX_TW_BUCKETS, 262144);
    host_fact_set(&scene->facts, FACT_MAX_ORPHANS, 65536);
    host_fact_set(&scene->facts, FACT_MEM_PRESSURE, 100000);
    host_fact_set(&scene->facts, FACT_MEM_HIGH, 150000);
    host_fact_set(&scene->facts, FACT_CONNTRACK_MAX, 65536);
    host_fact_set(&scene->facts, FACT_FILE_MAX, 100000);
    host_fact_set(&scene->facts, FACT_PAGE_SIZE, 4096);
}

static inline void scene_end(struct scene *scene)
{
    frame_release(scene->frame);
    finding_engine_free(scene->engine);
    event_ring_free(scene->ring);
    frame_pool_release(scene->pool);
}

/* The next frame, a second after the one before, with process 0: "app", pid 100. */
static inline struct frame *scene_frame(struct scene *scene)
{
    frame_release(scene->frame);
    scene->frame = rows_frame(scene->pool, scene->second++);
    scene->frame->netns = SCENE_NETNS;
    scene->frame->events = "bpf";
    scene->rows = 0;
    struct proc *proc = frame_add_proc(scene->frame);
    assert_non_null(proc);
    proc->pid = 100;
    proc->start_ticks = 7;
    proc->comm = "app";
    assert_int_equal(frame_add_owner_ref(scene->frame, 0), 0);
    return scene->frame;
}

static inline struct conn *scene_row(struct scene *scene, enum tcp_state state, uint16_t local_port,
                                     uint8_t remote_host, uint16_t remote_port)
{
    struct conn *conn = rows_add(scene->frame, ++scene->rows, state);

    conn->serial = scene->rows;
    conn->netns = SCENE_NETNS;
    conn->tuple.local_port = local_port;
    conn->tuple.remote_port = remote_port;
    conn->tuple.remote.bytes[3] = remote_host;
    conn->known |= KNOWN_QUEUES | KNOWN_TIMER | KNOWN_LAST_DATA;
    conn->owner_word = OWNER_PROCESS;
    conn->owner = 0;
    conn->owners = 0;
    conn->owner_count = 1;
    if (state == STATE_LISTEN)
        memset(&conn->tuple.remote, 0, sizeof(conn->tuple.remote));
    return conn;
}

static inline struct conn *scene_listener(struct scene *scene, uint16_t port, uint32_t queue,
                                          uint32_t backlog)
{
    struct conn *conn = scene_row(scene, STATE_LISTEN, port, 0, 0);

    conn->receive_queue = queue;
    conn->send_queue = backlog;
    return conn;
}

static inline void scene_no_owner(struct conn *conn, enum owner_word word)
{
    conn->owner_word = (uint8_t)word;
    conn->owners = CONN_NO_INDEX;
    conn->owner_count = 0;
    if (word != OWNER_LISTENER)
        conn->owner = CONN_NO_INDEX;
}

/* It is so old already. */
static inline void scene_age(const struct scene *scene, struct conn *conn, int64_t seconds)
{
    conn->known |= KNOWN_CREATED_MAX | KNOWN_STATE_SINCE;
    conn->created_max_ns = conn->state_since_ns = scene->frame->wall_ns - seconds * SECOND;
}

/* Sets one field of its tcp_info; the others are 0 at first. */
static inline void scene_info(struct scene *scene, struct conn *conn, const char *name,
                              uint64_t value)
{
    const struct info_field *field = info_field_find(name);

    assert_non_null(field);
    if (conn->detail == CONN_NO_INDEX) {
        assert_non_null(frame_add_detail(scene->frame));
        conn->detail = scene->frame->detail_count - 1;
        scene->frame->details[conn->detail].info_length = 280;
        conn->known |= KNOWN_INFO;
    }
    info_set(field, scene->frame->details[conn->detail].info, value);
}

static inline void scene_timer(struct conn *conn, uint8_t timer, uint8_t retrans)
{
    conn->timer = timer;
    conn->timer_retrans = retrans;
}
enum { TIMER_ON = 1, TIMER_KEEPALIVE = 2, TIMER_WAITING = 3, TIMER_PERSIST = 4 };

static inline void scene_count(struct scene *scene, enum host_fact fact, uint64_t more)
{
    host_fact_set(&scene->facts, fact, host_fact(&scene->facts, fact) + more);
}

static inline void scene_show(struct scene *scene)
{
    struct frame *frame = scene->frame;

    if (!scene->without_facts) {
        struct host_facts *facts = frame_add_facts(frame);
        assert_non_null(facts);
        *facts = scene->facts;
        facts->mono_ns = frame->mono_ns;
    }
    frame->first_event = frame->next_event = event_ring_next(scene->ring);
    const struct finding_input input = {.frame = frame,
                                        .ring = scene->ring,
                                        .process = scene->has_process ? scene_process : NULL,
                                        .data = scene};
    assert_int_equal(finding_engine_update(scene->engine, &input), 0);
}

/* The finding of that detector that holds; NULL = there is none. */
static inline const struct finding *scene_find(const struct scene *scene, const char *id)
{
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene->engine, &count);

    for (uint32_t i = 0; i < count; i++)
        if (strcmp(list[i]->detector->id, id) == 0 && list[i]->ended_ns == 0)
            return list[i];
    return NULL;
}

static inline const struct finding_check *scene_check(const struct scene *scene, const char *id)
{
    for (size_t i = 0; i < detector_count; i++)
        if (strcmp(DETECTORS[i]->id, id) == 0)
            return &finding_engine_checks(scene->engine)[i];
    fail_msg("no detector %s", id);
    return NULL;
}

static inline struct filter *scene_filter(const struct scene *scene, const struct finding *finding)
{
    const struct filter_names names = {.several_hosts = scene->frame->host_count > 0};
    struct filter *filter = NULL;
    struct filter_error error;

    if (filter_parse(&filter, finding->filter, &names, &error))
        fail_msg("%s: \"%s\": %s", finding->detector->id, finding->filter, error.message);
    return filter;
}

static inline bool scene_accepts(const struct scene *scene, const struct finding *finding,
                                 const struct conn *conn)
{
    const struct column_context context = {.frame = scene->frame, .now_ns = scene->frame->wall_ns};
    struct filter *filter = scene_filter(scene, finding);
    const bool accepted = filter_accepts(filter, &context, conn);

    filter_free(filter);
    return accepted;
}

/* How many rows of the last frame the finding's filter accepts. */
static inline uint32_t scene_rows_of(const struct scene *scene, const struct finding *finding)
{
    uint32_t accepted = 0;

    for (uint32_t i = 0; i < scene->frame->live_count; i++)
        accepted += scene_accepts(scene, finding, &scene->frame->conns[i]);
    return accepted;
}

/* No detector reports a warning or worse. */
static inline void scene_assert_quiet(const struct scene *scene)
{
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene->engine, &count);

    for (uint32_t i = 0; i < count; i++)
        if (list[i]->severity >= SEVERITY_WARNING)
            fail_msg("%s: %s", list[i]->detector->id, list[i]->title);
}

/* It holds, is that bad, and its filter accepts so many rows. */
static inline const struct finding *scene_expect(const struct scene *scene, const char *id,
                                                 enum finding_severity severity, uint32_t rows)
{
    const struct finding *finding = scene_find(scene, id);

    if (!finding)
        fail_msg("%s: nothing was found", id);
    assert_string_equal(severity_name((enum finding_severity)finding->severity),
                        severity_name(severity));
    assert_int_equal(scene_rows_of(scene, finding), rows);
    assert_int_equal(scene_check(scene, id)->verdict, VERDICT_FINDING);
    return finding;
}

#endif
