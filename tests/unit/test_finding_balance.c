/* Detectors of listeners that several processes share. */
#include "finding_scene.h"

#define PORT    8080
#define MEMBERS 5u /* processes 0 to 4: pids 100 to 104 */

/* A frame with five processes, all children of pid 100 or of pid 1. */
static void begin_frame(struct scene *scene, bool family)
{
    struct frame *frame = scene_frame(scene);

    for (uint32_t i = 1; i < MEMBERS; i++) {
        struct proc *proc = frame_add_proc(frame);
        assert_non_null(proc);
        proc->pid = 100 + (int32_t)i;
        proc->parent = family ? 100 : 1;
        proc->start_ticks = 7;
        proc->comm = "worker";
        proc->cpu_permille = UINT32_MAX;
        assert_int_equal(frame_add_owner_ref(frame, i), 0);
    }
    frame->procs[0].parent = 1;
    frame->procs[0].cpu_permille = UINT32_MAX;
}

/* A socket of the port, held by `count` processes from `first` on. */
static struct conn *add_socket(struct scene *scene, uint32_t first, uint32_t count)
{
    struct conn *conn = scene_listener(scene, PORT, 0, 128);

    conn->owner = conn->owners = first;
    conn->owner_count = (uint16_t)count;
    return conn;
}

/* So many connections of the listener, with cookies from `cookie` on. */
static void push_events(struct scene *scene, struct event event, uint64_t cookie, unsigned count)
{
    const uint16_t port = event.tuple.local_port ? event.tuple.local_port : PORT;

    event.netns = SCENE_NETNS;
    event.tuple = (struct tuple){.family = FAMILY_INET,
                                 .local = {.bytes = {10, 0, 0, 1}},
                                 .remote = {.bytes = {10, 0, 0, 9}},
                                 .local_port = port,
                                 .remote_port = 50000};
    for (unsigned i = 0; i < count; i++) {
        event.cookie = cookie + i;
        event_ring_push(scene->ring, &event);
    }
}

static void open_some(struct scene *scene, enum event_origin origin, int32_t pid, uint64_t cookie,
                      unsigned count)
{
    const struct event event = {
        .kind = EVENT_OPEN, .to = STATE_ESTABLISHED, .origin = (uint8_t)origin, .pid = pid};
    push_events(scene, event, cookie, count);
}

static void close_some(struct scene *scene, int32_t pid, uint64_t cookie, unsigned count)
{
    const struct event event = {.kind = EVENT_CLOSE,
                                .from = STATE_LAST_ACK,
                                .to = STATE_DELETE_TCB,
                                .origin = EVENT_FROM_BPF,
                                .pid = pid};
    push_events(scene, event, cookie, count);
}

static void accept_some(struct scene *scene, int32_t pid, unsigned count)
{
    open_some(scene, EVENT_FROM_BPF, pid, 1, count);
}

/* One socket each for four workers, of which worker n accepts accepts[n] connections a second. */
static void show_reuseport(struct scene *scene, int seconds, const unsigned accepts[4])
{
    for (int second = 0; second < seconds; second++) {
        begin_frame(scene, false);
        for (uint32_t worker = 1; worker < MEMBERS; worker++)
            add_socket(scene, worker, 1);
        for (int32_t worker = 0; worker < 4; worker++)
            accept_some(scene, 101 + worker, accepts[worker]);
        scene_show(scene);
    }
}

static void a_socket_that_gets_most_of_the_connections_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_reuseport(&scene, 20, (const unsigned[]){40, 10, 10, 10});
    const struct finding *finding =
        scene_expect(&scene, "reuseport-imbalance", SEVERITY_WARNING, 4);
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    assert_non_null(strstr(finding->title, "worker[101] accepts 57 %"));
    scene_end(&scene);
}

static void what_chance_gives_is_no_imbalance(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_reuseport(&scene, 30, (const unsigned[]){13, 9, 10, 8});
    show_reuseport(&scene, 30, (const unsigned[]){100, 80, 90, 110});
    assert_null(scene_find(&scene, "reuseport-imbalance"));
    assert_int_equal(scene_check(&scene, "reuseport-imbalance")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void a_few_connections_prove_no_imbalance(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_reuseport(&scene, 20, (const unsigned[]){2, 0, 0, 0});
    assert_null(scene_find(&scene, "reuseport-imbalance"));
    scene_end(&scene);
}

/* For the new workers it counts from when they were there. */
static void a_reload_counts_anew(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int second = 0; second < 40; second++) {
        begin_frame(&scene, false);
        for (uint32_t worker = 1; worker < (second < 20 ? 2 : MEMBERS); worker++)
            add_socket(&scene, worker, 1);
        add_socket(&scene, 0, 1);
        accept_some(&scene, 100, second < 20 ? 50 : 20);
        for (int32_t worker = 0; worker < (second < 20 ? 1 : 4); worker++)
            accept_some(&scene, 101 + worker, second < 20 ? 50 : 20);
        scene_show(&scene);
        assert_null(scene_find(&scene, "reuseport-imbalance"));
    }
    scene_end(&scene);
}

static void sockets_of_one_process_are_not_distinguished(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int second = 0; second < 20; second++) {
        begin_frame(&scene, false);
        add_socket(&scene, 1, 1);
        add_socket(&scene, 1, 1);
        add_socket(&scene, 2, 1);
        accept_some(&scene, 101, 40);
        accept_some(&scene, 102, 10);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "reuseport-imbalance"));
    assert_int_equal(scene_check(&scene, "reuseport-imbalance")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

/* At another port one process holds both sockets: what is reported of this one counts. */
static void a_report_beside_what_is_not_distinguished_was_checked(void **state)
{
    const struct event other = {.kind = EVENT_OPEN,
                                .to = STATE_ESTABLISHED,
                                .origin = EVENT_FROM_BPF,
                                .pid = 103,
                                .tuple = {.local_port = PORT + 1}};
    struct scene scene;
    uint8_t before = VERDICT_OK;
    bool found = false;
    (void)state;
    scene_begin(&scene);
    for (int second = 0; second < 20 && !found; second++) {
        if (second > 0)
            before = scene_check(&scene, "reuseport-imbalance")->verdict;
        begin_frame(&scene, false);
        add_socket(&scene, 1, 1);
        add_socket(&scene, 2, 1);
        for (int i = 0; i < 2; i++)
            add_socket(&scene, 3, 1)->tuple.local_port = PORT + 1;
        accept_some(&scene, 101, 60);
        accept_some(&scene, 102, 10);
        push_events(&scene, other, 1, 70);
        scene_show(&scene);
        found = scene_find(&scene, "reuseport-imbalance") != NULL;
    }
    assert_true(found);
    assert_int_equal(before, VERDICT_OK); /* it was reported, and had to hold for a while */
    scene_end(&scene);
}

/* As where a master makes all sockets: each worker accepts from one of them. */
static void sockets_that_all_workers_hold_are_likely_one_each(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int second = 0; second < 20; second++) {
        begin_frame(&scene, true);
        for (uint32_t worker = 1; worker < MEMBERS; worker++)
            add_socket(&scene, 0, MEMBERS);
        for (int32_t worker = 0; worker < 4; worker++)
            accept_some(&scene, 101 + worker, worker == 0 ? 50 : 10);
        scene_show(&scene);
    }
    const struct finding *finding =
        scene_expect(&scene, "reuseport-imbalance", SEVERITY_WARNING, 4);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    scene_end(&scene);
}

/* Two workers: 101 accepts 40 connections a second, 102 ten, and 40 more open of which `origin` reports no
 * process. Where `closer` is one, an event of their end a second later names it. */
static void show_unnamed(struct scene *scene, enum event_origin origin, int32_t closer)
{
    scene_begin(scene);
    for (int second = 0; second < 20; second++) {
        begin_frame(scene, false);
        add_socket(scene, 1, 1);
        add_socket(scene, 2, 1);
        accept_some(scene, 101, 40);
        accept_some(scene, 102, 10);
        open_some(scene, origin, 0, 1000 + 40 * (uint64_t)second, 40);
        if (closer && second > 0)
            close_some(scene, closer, 1000 + 40 * (uint64_t)(second - 1), 40);
        scene_show(scene);
    }
}

static void unknown_acceptors_are_not_guessed(void **state)
{
    struct scene scene;
    (void)state;
    show_unnamed(&scene, EVENT_FROM_BPF, 0);
    const struct finding_check *check = scene_check(&scene, "reuseport-imbalance");
    assert_int_equal(check->verdict, VERDICT_NOT_CHECKED);
    assert_string_equal(check->reason,
                        "of 44 % of the accepted connections the process is not known");
    scene_end(&scene);
}

/* They opened and closed before accept() was traced. */
static void openings_of_frames_say_nothing_of_acceptors(void **state)
{
    struct scene scene;
    (void)state;
    show_unnamed(&scene, EVENT_FROM_FRAME, 0);
    const struct finding *finding =
        scene_expect(&scene, "reuseport-imbalance", SEVERITY_WARNING, 2);
    assert_non_null(strstr(finding->title, "worker[101] accepts 80 %"));
    scene_end(&scene);
}

static void an_acceptor_may_be_named_after_the_opening(void **state)
{
    struct scene scene;
    (void)state;
    show_unnamed(&scene, EVENT_FROM_BPF, 101);
    const struct finding *finding =
        scene_expect(&scene, "reuseport-imbalance", SEVERITY_WARNING, 2);
    assert_non_null(strstr(finding->title, "worker[101] accepts 89 %"));
    scene_end(&scene);
    show_unnamed(&scene, EVENT_FROM_BPF, 102); /* 50 of 90 */
    assert_null(scene_find(&scene, "reuseport-imbalance"));
    assert_int_equal(scene_check(&scene, "reuseport-imbalance")->verdict, VERDICT_OK);
    scene_end(&scene);
}

/* --- one socket, held by processes 0 to 4 --- */

struct shared {
    bool family;  /* processes 1 to 4 are children of process 0 */
    uint32_t cpu; /* of the process that accepts most */
    unsigned accepts[MEMBERS];
};

static void show_shared(struct scene *scene, const struct shared *shared)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < MEMBERS; i++)
        if (shared->accepts[i] > shared->accepts[most])
            most = i;
    for (int second = 0; second < 20; second++) {
        begin_frame(scene, shared->family);
        scene->frame->procs[most].cpu_permille = shared->cpu;
        add_socket(scene, 0, MEMBERS);
        for (uint16_t i = 0; i < 3; i++)
            scene_row(scene, STATE_ESTABLISHED, PORT, 9, (uint16_t)(50000 + i))->owner = most;
        for (uint32_t i = 0; i < 3; i++)
            scene->frame->conns[1 + i].owners = most;
        for (int32_t i = 0; i < (int32_t)MEMBERS; i++)
            accept_some(scene, 100 + i, shared->accepts[i]);
        scene_show(scene);
    }
}

static void a_process_that_accepts_nearly_everything_is_found(void **state)
{
    const struct shared idle = {.cpu = 100, .accepts = {1, 40, 1, 1, 1}};
    const struct shared busy = {.cpu = 950, .accepts = {1, 40, 1, 1, 1}};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_shared(&scene, &idle);
    scene_expect(&scene, "accept-monopoly", SEVERITY_INFO, 3);
    show_shared(&scene, &busy);
    scene_expect(&scene, "accept-monopoly", SEVERITY_WARNING, 3);
    scene_end(&scene);
}

static void expect_no_monopoly(const struct shared *shared)
{
    struct scene scene;

    scene_begin(&scene);
    show_shared(&scene, shared);
    assert_null(scene_find(&scene, "accept-monopoly"));
    scene_end(&scene);
}

static void a_process_that_accepts_for_its_children_is_no_monopoly(void **state)
{
    (void)state;
    expect_no_monopoly(&(struct shared){.family = true, .cpu = 950, .accepts = {40, 0, 0, 0, 0}});
}

static void workers_with_equal_shares_are_no_monopoly(void **state)
{
    (void)state;
    expect_no_monopoly(
        &(struct shared){.family = true, .cpu = 950, .accepts = {0, 20, 15, 10, 12}});
}

static void without_bpf_nothing_is_said_of_acceptors(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int second = 0; second < 3; second++) {
        begin_frame(&scene, false);
        scene.frame->events = "destroy";
        add_socket(&scene, 1, 1);
        add_socket(&scene, 2, 1);
        scene_show(&scene);
    }
    assert_int_equal(scene_check(&scene, "reuseport-imbalance")->verdict, VERDICT_NOT_CHECKED);
    assert_int_equal(scene_check(&scene, "accept-monopoly")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_that_gets_most_of_the_connections_is_found),
        cmocka_unit_test(what_chance_gives_is_no_imbalance),
        cmocka_unit_test(a_few_connections_prove_no_imbalance),
        cmocka_unit_test(a_reload_counts_anew),
        cmocka_unit_test(sockets_of_one_process_are_not_distinguished),
        cmocka_unit_test(a_report_beside_what_is_not_distinguished_was_checked),
        cmocka_unit_test(sockets_that_all_workers_hold_are_likely_one_each),
        cmocka_unit_test(unknown_acceptors_are_not_guessed),
        cmocka_unit_test(openings_of_frames_say_nothing_of_acceptors),
        cmocka_unit_test(an_acceptor_may_be_named_after_the_opening),
        cmocka_unit_test(a_process_that_accepts_nearly_everything_is_found),
        cmocka_unit_test(a_process_that_accepts_for_its_children_is_no_monopoly),
        cmocka_unit_test(workers_with_equal_shares_are_no_monopoly),
        cmocka_unit_test(without_bpf_nothing_is_said_of_acceptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
