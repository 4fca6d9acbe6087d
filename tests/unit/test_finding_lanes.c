/* Findings where several network namespaces are shown: each is judged by its own rows, counters and
 * settings, and each finding names its namespace. */
#include "core/finding/finding_json.h"
#include "finding_scene.h"

#define WEB_NETNS   4026532401u
#define YOUNG_NETNS 4026532402u

struct world {
    struct scene scene;
    struct host_facts web;
};

static void world_begin(struct world *world)
{
    scene_begin(&world->scene);
    world->web = world->scene.facts;
    world->web.netns = WEB_NETNS;
    host_fact_forget(&world->web, FACT_MEM_PRESSURE); /* of the first namespace only */
    host_fact_forget(&world->web, FACT_MEM_HIGH);
    host_fact_forget(&world->web, FACT_MAX_ORPHANS);
}

static void world_end(struct world *world)
{
    scene_end(&world->scene);
}

static struct frame_netns *add_netns(struct frame *frame, uint32_t key, const char *name)
{
    struct frame_netns *netns = frame_add_netns(frame, key);

    assert_non_null(netns);
    netns->id = netns->cookie = key;
    netns->inode = key;
    netns->name = name;
    return netns;
}

static void world_frame(struct world *world)
{
    struct frame *frame = scene_frame(&world->scene);

    struct frame_netns *own = add_netns(frame, SCENE_NETNS, "host");
    own->is_own = own->is_host = true;
    add_netns(frame, WEB_NETNS, "web");
}

static void world_show(struct world *world)
{
    struct frame *frame = world->scene.frame;
    struct frame_netns *own = frame_add_netns(frame, SCENE_NETNS);
    static struct host_facts facts, web;

    facts = world->scene.facts;
    web = world->web;
    facts.mono_ns = web.mono_ns = frame->mono_ns;
    own->facts = &facts;
    frame_add_netns(frame, WEB_NETNS)->facts = &web;
    scene_show(&world->scene);
}

static struct conn *in_web(struct conn *conn)
{
    conn->netns = WEB_NETNS;
    return conn;
}

/* The same port is listened on in both. */
static void show_queues(struct world *world, uint32_t own, uint32_t web)
{
    struct scene *scene = &world->scene;

    world_frame(world);
    scene_listener(scene, 8080, own, 128);
    in_web(scene_listener(scene, 8080, web, 128));
    for (uint32_t i = 0; i < own + web; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 8080, 9, (uint16_t)(2000 + i));
        scene_no_owner(conn, OWNER_LISTENER);
        scene_age(scene, conn, 1);
        if (i >= own)
            in_web(conn);
    }
    world_show(world);
}

static void trouble_of_another_namespace_is_found_and_named(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    for (int i = 0; i < 3; i++) {
        show_queues(&world, 3, 129);
        host_fact_set(&world.web, FACT_LISTEN_OVERFLOWS, (uint64_t)i + 1);
    }
    const struct finding *finding =
        scene_expect(&world.scene, "accept-queue-full", SEVERITY_WARNING, 130);
    assert_int_equal(finding->subject.netns, WEB_NETNS);
    assert_string_equal(finding->subject.netns_name, "web");
    assert_memory_equal(finding->title, "web: ", 5);
    assert_memory_equal(finding->filter, "netns 4026532401 and (", 22);
    world_end(&world);
}

static void trouble_of_ours_is_named_as_before_and_its_rows_are_ours(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 129, 3);
    const struct finding *finding =
        scene_expect(&world.scene, "accept-queue-full", SEVERITY_WARNING, 130);
    assert_string_equal(finding->subject.netns_name, "");
    assert_int_equal(finding->subject.netns, SCENE_NETNS);
    world_end(&world);
}

static void the_same_trouble_in_both_is_two_findings(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 129, 129);
    uint32_t count, found = 0, ids = 0;
    const struct finding *const *list = finding_engine_list(world.scene.engine, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(list[i]->detector->id, "accept-queue-full") != 0)
            continue;
        found++;
        assert_int_not_equal(list[i]->id, ids);
        ids = list[i]->id;
        assert_int_equal(scene_rows_of(&world.scene, list[i]), 130);
    }
    assert_int_equal(found, 2);
    world_end(&world);
}

/* Rows of one namespace and counters of another would be a finding of neither. */
static void counters_of_one_prove_nothing_in_another(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    for (int i = 0; i < 8; i++) {
        show_queues(&world, 3, 3);
        host_fact_set(&world.web, FACT_TW_OVERFLOW, (uint64_t)i * 100);
    }
    const struct finding *finding = scene_find(&world.scene, "tw-overflow");
    assert_non_null(finding);
    assert_int_equal(finding->subject.netns, WEB_NETNS);
    assert_int_equal(finding->subject.kind, SUBJECT_NETNS);
    char subject[SUBJECT_TEXT_MAX];
    subject_format(&finding->subject, subject, sizeof(subject));
    assert_string_equal(subject, "network namespace web");
    world_end(&world);
}

static void what_all_namespaces_share_is_looked_at_once(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    host_fact_set(&world.scene.facts, FACT_TCP_MEM_PAGES, 140000);
    host_fact_set(&world.web, FACT_TCP_MEM_PAGES, 140000);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 3, 3);
    uint32_t count, found = 0;
    const struct finding *const *list = finding_engine_list(world.scene.engine, &count);
    for (uint32_t i = 0; i < count; i++)
        found += strcmp(list[i]->detector->id, "tcp-memory") == 0;
    assert_int_equal(found, 1);
    assert_int_equal(scene_check(&world.scene, "tcp-memory")->verdict, VERDICT_FINDING);
    world_end(&world);
}

static void what_cannot_be_checked_in_some_says_in_how_many(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    host_fact_forget(&world.web, FACT_TW_OVERFLOW);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 3, 3);
    const struct finding_check *check = scene_check(&world.scene, "tw-overflow");
    assert_int_equal(check->verdict, VERDICT_NOT_CHECKED);
    assert_non_null(strstr(check->reason, "in 1 of 2 network namespaces: "));
    world_end(&world);
}

/* Reasons are not cut, and a namespace that has just appeared makes no detector of the others young. */
static void a_young_namespace_leaves_the_others_checked(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    world.scene.has_process = true; /* it is no log */
    host_fact_forget(&world.web, FACT_SOMAXCONN);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 3, 3);
    assert_int_equal(scene_check(&world.scene, "limited-by-program")->verdict, VERDICT_OK);
    world_frame(&world);
    add_netns(world.scene.frame, YOUNG_NETNS, "young");
    world_show(&world);
    const struct finding_check *learning = scene_check(&world.scene, "limited-by-program");
    assert_int_equal(learning->verdict, VERDICT_OK);
    assert_int_equal(learning->learning_in, 1);
    assert_int_equal(learning->learning_of, 3);
    struct buffer text;
    buffer_init(&text);
    finding_learning_text(&text, "", finding_engine_checks(world.scene.engine));
    assert_non_null(strstr(text.data, " still learning in up to 1 of 3 network namespaces"));
    json_checks(&text, finding_engine_checks(world.scene.engine), 0, &(struct other_netns){0});
    assert_non_null(strstr(text.data, "{\"finding\":\"limited-by-program\",\"netns\":1,\"of\":3}"));
    buffer_done(&text);
    const struct finding_check *check = scene_check(&world.scene, "backlog-capped");
    assert_int_equal(check->verdict, VERDICT_NOT_CHECKED);
    assert_string_equal(check->reason, "in 2 of 3 network namespaces: net.core.somaxconn is not "
                                       "readable here, or not in this kernel");
    world_end(&world);
}

/* Only the first namespace shows it. */
static void the_limit_of_memory_is_that_of_the_machine(void **state)
{
    struct world world;
    struct scene *scene = &world.scene;
    (void)state;
    world_begin(&world);
    host_fact_forget(&world.web, FACT_MEM_PRESSURE);
    host_fact_forget(&world.web, FACT_PAGE_SIZE);
    for (int i = 0; i < 3; i++) {
        world_frame(&world);
        struct conn *conn = in_web(scene_row(scene, STATE_ESTABLISHED, 40000, 2, 80));
        conn->send_queue = 1000;
        scene_info(scene, conn, "rtt", 100);
        scene->frame->details[conn->detail].meminfo_count = 9;
        scene->frame->details[conn->detail].meminfo[5] = 300u << 20;
        world_show(&world);
    }
    const struct finding *finding = scene_expect(scene, "buffer-hogs", SEVERITY_WARNING, 1);
    assert_int_equal(finding->subject.netns, WEB_NETNS);
    assert_null(scene_find(scene, "tcp-memory"));
    world_end(&world);
}

/* What the whole machine lacks explains what a container suffers. */
static void a_cause_in_the_host_explains_what_a_container_suffers(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    host_fact_set(&world.scene.facts, FACT_TCP_MEM_PAGES, 140000);
    for (int i = 0; i < 16; i++) {
        show_queues(&world, 3, 3);
        host_fact_set(&world.web, FACT_RCV_PRUNED, (uint64_t)(i + 1) * 100);
    }
    const struct finding *drops = scene_find(&world.scene, "receive-drops");
    const struct finding *memory = scene_find(&world.scene, "tcp-memory");
    assert_non_null(drops);
    assert_non_null(memory);
    assert_int_equal(drops->subject.netns, WEB_NETNS);
    assert_int_equal(drops->because[0], memory->id);
    world_end(&world);
}

/* A client gets no answer in our namespace, as the accept queue is full in the other one. */
static void show_both_ends(struct world *world, bool beside)
{
    struct scene *scene = &world->scene;

    world_frame(world);
    in_web(scene_listener(scene, 8080, 129, 128));
    for (uint32_t i = 0; i < 129; i++) {
        struct conn *conn =
            in_web(scene_row(scene, STATE_ESTABLISHED, 8080, 9, (uint16_t)(2000 + i)));
        scene_no_owner(conn, OWNER_LISTENER);
        scene_age(scene, conn, 1);
    }
    const struct addr server = scene->frame->conns[1].tuple.local;
    for (uint32_t i = 0; i < 5; i++) {
        struct conn *conn = scene_row(scene, STATE_SYN_SENT, (uint16_t)(40000 + i), 0, 8080);
        conn->tuple.local.bytes[3] = 9;
        conn->tuple.remote = server;
        conn->tuple.remote.bytes[3] = (uint8_t)(server.bytes[3] + beside);
        scene_timer(conn, TIMER_ON, 4);
    }
    world_show(world);
}

static void no_answer_is_explained_by_the_full_queue_at_the_other_end(void **state)
{
    (void)state;
    for (int beside = 0; beside < 2; beside++) {
        struct world world;
        world_begin(&world);
        for (int i = 0; i < 6; i++)
            show_both_ends(&world, beside);
        const struct finding *silent = scene_find(&world.scene, "connect-timeout");
        const struct finding *full = scene_find(&world.scene, "accept-queue-full");
        assert_non_null(silent);
        assert_non_null(full);
        assert_int_equal(silent->because[0], beside ? 0 : full->id);
        assert_int_equal(silent->open[0] == NULL, !beside);
        world_end(&world);
    }
}

/* Its findings go with it; it may come back as another. */
static void a_namespace_that_ends_takes_its_findings_with_it(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world);
    for (int i = 0; i < 3; i++)
        show_queues(&world, 3, 129);
    assert_non_null(scene_find(&world.scene, "accept-queue-full"));
    struct frame *frame = scene_frame(&world.scene);
    add_netns(frame, SCENE_NETNS, "host")->is_own = true;
    scene_listener(&world.scene, 8080, 3, 128);
    scene_show(&world.scene);
    assert_null(scene_find(&world.scene, "accept-queue-full"));
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_of_another_namespace_is_found_and_named),
        cmocka_unit_test(trouble_of_ours_is_named_as_before_and_its_rows_are_ours),
        cmocka_unit_test(the_same_trouble_in_both_is_two_findings),
        cmocka_unit_test(counters_of_one_prove_nothing_in_another),
        cmocka_unit_test(what_all_namespaces_share_is_looked_at_once),
        cmocka_unit_test(what_cannot_be_checked_in_some_says_in_how_many),
        cmocka_unit_test(a_young_namespace_leaves_the_others_checked),
        cmocka_unit_test(the_limit_of_memory_is_that_of_the_machine),
        cmocka_unit_test(a_cause_in_the_host_explains_what_a_container_suffers),
        cmocka_unit_test(no_answer_is_explained_by_the_full_queue_at_the_other_end),
        cmocka_unit_test(a_namespace_that_ends_takes_its_findings_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
