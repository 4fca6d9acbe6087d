/* Events against filters: each word is tested against the event; facts that it lacks come from its
 * row, whatever the row's state when the event is read. */
#include "core/event_match.h"
#include "core/filter/filter.h"
#include "filter_rows.h"
#include "rows.h"

enum { SERIAL = 7, UNSEEN = 99, OWNER = 100, WORKER = 205 };

struct scene {
    struct frame_pool *pool;
    struct frame *frame;
    struct event_match match;
};

static uint32_t add_proc(struct frame *frame, int32_t pid, const char *comm, uint32_t group)
{
    struct proc *proc = frame_add_proc(frame);
    *proc = (struct proc){.pid = pid, .group = group, .uid = UINT32_MAX, .command_line = ""};
    proc->comm = comm;
    proc->exe = "/usr/bin/known";
    return frame->proc_count - 1;
}

/* A connection that has been ESTABLISHED for long, held by two; a listener before it. */
static int make_scene(void **state)
{
    static struct scene scene;
    struct frame *frame;

    scene = (struct scene){.pool = frame_pool_new()};
    scene.frame = frame = rows_frame(scene.pool, 10);
    rows_add(frame, 1, STATE_LISTEN)->serial = 3;
    struct conn *conn = rows_add(frame, 2, STATE_ESTABLISHED);
    *frame_add_group(frame) = (struct group){77, "/web", "nginx.service", ""};
    *frame_add_group(frame) = (struct group){78, "/job", "job.service", ""};
    conn->serial = SERIAL;
    conn->owner = conn->owners = 0;
    assert_int_equal(frame_add_owner_ref(frame, add_proc(frame, OWNER, "nginx", 0)), 0);
    assert_int_equal(frame_add_owner_ref(frame, add_proc(frame, WORKER, "worker", 0)), 0);
    add_proc(frame, 300, "curl", 1);
    conn->owner_count = 2;
    conn->owner_word = OWNER_PROCESS;
    conn->group = 0;
    conn->uid = 33;
    conn->cgroup_id = 77;
    conn->rtt_us = 60000;
    conn->in_bytes = 5;
    conn->known = KNOWN_UID | KNOWN_CGROUP | KNOWN_RTT | KNOWN_INFO | KNOWN_BYTES_IN |
                  KNOWN_STATE_SINCE | KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
    conn->created_min_ns = conn->created_max_ns = frame->wall_ns - 60 * SECOND;
    conn->state_since_ns = frame->wall_ns - 60 * SECOND;
    conn->detail = 0;
    frame_add_detail(frame)->has_mark = 1;
    frame->details[0].mark = 0x13;
    assert_int_equal(frame_add_user(frame, 33, "www-data"), 0);
    assert_int_equal(frame_add_user(frame, 0, "root"), 0);
    *state = &scene;
    return 0;
}

static int free_scene(void **state)
{
    struct scene *scene = *state;
    event_match_done(&scene->match);
    frame_release(scene->frame);
    frame_pool_release(scene->pool);
    return 0;
}

static struct event event_of(const struct scene *scene, uint64_t serial, enum event_kind kind)
{
    static const uint8_t STEPS[][2] = {[EVENT_OPEN] = {STATE_NONE, STATE_SYN_SENT},
                                       [EVENT_STATE] = {STATE_SYN_SENT, STATE_ESTABLISHED},
                                       [EVENT_CLOSE] = {STATE_ESTABLISHED, STATE_DELETE_TCB}};
    return (struct event){.kind = (uint8_t)kind,
                          .wall_ns = scene->frame->wall_ns - 100,
                          .mono_ns = scene->frame->mono_ns - 100,
                          .from = STEPS[kind][0],
                          .to = STEPS[kind][1],
                          .serial = serial,
                          .uid = UINT32_MAX,
                          .tuple = rows_tuple(2)};
}

static bool accepts(struct scene *scene, const struct event *event, const char *text)
{
    const struct column_context context = {.frame = scene->frame};
    struct filter *filter = NULL;
    struct filter_error error;

    if (filter_parse(&filter, text, &ROW_NAMES, &error))
        fail_msg("\"%s\": %s", text, error.message);
    const bool accepted =
        event_match_accepts(&scene->match, filter_accepts, filter, &context, event);
    filter_free(filter);
    return accepted;
}

#define CHECK(event, text, expected)                                                               \
    do {                                                                                           \
        if (accepts(scene, event, text) != (expected))                                             \
            fail_msg("\"%s\" %s", text, (expected) ? "lacks the event" : "accepts the event");     \
    } while (0)

/* The row is unmarked, and ESTABLISHED since a minute, in each of these. */
static void the_step_is_the_events(void **state)
{
    struct scene *scene = *state;
    const uint64_t serials[] = {SERIAL, UNSEEN, 0};

    for (size_t i = 0; i < 3; i++) {
        const struct event open = event_of(scene, serials[i], EVENT_OPEN);
        const struct event step = event_of(scene, serials[i], EVENT_STATE);
        const struct event end = event_of(scene, serials[i], EVENT_CLOSE);
        CHECK(&step, "from syn-sent", true);
        CHECK(&step, "from syn-sent to established", true);
        CHECK(&step, "from established", false);
        CHECK(&step, "changed", true);
        CHECK(&step, "new or gone", false);
        CHECK(&step, "state established", true);
        CHECK(&step, "not state syn-sent", true);
        CHECK(&open, "new", true);
        CHECK(&open, "state syn-sent", true);
        CHECK(&open, "changed or from syn-sent", false);
        CHECK(&open, "state established", false);
        CHECK(&end, "gone", true);
        CHECK(&end, "from established", true);
        CHECK(&end, "state established", true);
        CHECK(&end, "new or changed", false);
    }
}

static void the_row_knows_the_rest(void **state)
{
    struct scene *scene = *state;
    const struct event step = event_of(scene, SERIAL, EVENT_STATE);
    const struct event unseen = event_of(scene, UNSEEN, EVENT_STATE);
    static const char *const OF_ROW[] = {"rtt > 50ms",    "unit nginx.service",
                                         "proc nginx",    "proc worker",
                                         "pid 205",       "user www-data",
                                         "uid 33",        "fwmark = 0x13",
                                         "in_bytes = 5",  "age > 59s",
                                         "cgroup = /web", "nginx",
                                         "cookie 2",      "netns 1",
                                         "exe *known",    "serial = 7 rtt > 1ms"};

    for (size_t i = 0; i < sizeof OF_ROW / sizeof *OF_ROW; i++) {
        CHECK(&step, OF_ROW[i], true);
        CHECK(&unseen, OF_ROW[i], false);
    }
}

static void totals_and_owner_are_the_events(void **state)
{
    struct scene *scene = *state;
    struct event end = event_of(scene, SERIAL, EVENT_CLOSE);

    end.has_totals = 1;
    end.in_bytes = 9000;
    end.out_bytes = 800;
    end.retrans = 4;
    end.rtt_us = 2000;
    end.uid = 0;
    CHECK(&end, "in_bytes = 9000 out_bytes = 800 retrans = 4 rtt = 2ms", true);
    CHECK(&end, "rtt > 50ms or in_bytes = 5", false);
    CHECK(&end, "user root", true);
    CHECK(&end, "user www-data", false);
    end.pid = 300; /* its owner had changed: the event has the new one */
    strcpy(end.name, "curl");
    CHECK(&end, "proc curl pid = 300", true);
    CHECK(&end, "proc nginx or pid 205", false);
    CHECK(&end, "unit job.service", true);
    CHECK(&end, "unit nginx.service", false);
    end.pid = WORKER; /* one of the holders: the others hold it too */
    CHECK(&end, "proc nginx", true);
    end.pid = 301; /* a process that is not in the frame */
    strcpy(end.name, "wget");
    CHECK(&end, "proc wget", true);
    CHECK(&end, "proc nginx or exe *known", false);
    end.pid = OWNER; /* the number is another process's by now */
    end.owner_start_ticks = 5;
    strcpy(end.name, "wget");
    CHECK(&end, "proc wget", true);
    CHECK(&end, "proc nginx", false);
}

static void durations_are_the_events(void **state)
{
    struct scene *scene = *state;
    struct event step = event_of(scene, SERIAL, EVENT_STATE);
    struct event end = event_of(scene, SERIAL, EVENT_CLOSE);
    struct event open = event_of(scene, UNSEEN, EVENT_OPEN);

    CHECK(&step, "state_age > 0s or state_age = 0s", false); /* how long it tried is unknown */
    step.has_duration = 1;
    step.duration_ns = 3 * SECOND;
    CHECK(&step, "state_age = 3s", true);
    CHECK(&step, "state_age < 3s", false);
    CHECK(&end, "state_age > 59s", true); /* the row is still in the state that the close ends */
    end.has_duration = 1;
    end.duration_ns = 5 * SECOND;
    CHECK(&end, "age = 5s", true);
    open.exact = 1;
    CHECK(&open, "age < 1ms", true);
}

static void what_was_lost_is_always_accepted(void **state)
{
    struct scene *scene = *state;
    const struct event lost = {.kind = EVENT_LOST, .lost = 3};
    CHECK(&lost, "port 1", true);
}

/* The memory of a frame becomes another frame's: its rows are looked up again. */
static void another_frame_has_other_rows(void **state)
{
    struct scene *scene = *state;
    const struct event step = event_of(scene, SERIAL, EVENT_STATE);

    CHECK(&step, "rtt > 50ms", true);
    scene->frame->conns[1].serial = UNSEEN;
    scene->frame->number++;
    CHECK(&step, "rtt > 50ms", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_step_is_the_events, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(the_row_knows_the_rest, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(totals_and_owner_are_the_events, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(durations_are_the_events, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(what_was_lost_is_always_accepted, make_scene, free_scene),
        cmocka_unit_test_setup_teardown(another_frame_has_other_rows, make_scene, free_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
