/* Who talks to whom: a listener decides the direction, and a connection counts once. */
#include "core/topology.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct addr WEB = {{10, 0, 0, 1}}, APP = {{10, 0, 0, 2}}, CLIENT = {{192, 0, 2, 9}};

struct scene {
    struct frame_pool *pool;
    struct frame *frame;
};

static uint32_t add_program(struct frame *frame, const char *comm, const char *unit)
{
    struct group *group = frame_add_group(frame);

    assert_non_null(group);
    group->unit = unit;
    struct proc *proc = frame_add_proc(frame);
    assert_non_null(proc);
    proc->comm = comm;
    proc->group = frame->group_count - 1;
    return frame->proc_count - 1;
}

static struct conn *add(struct frame *frame, uint8_t state, uint32_t program,
                        const struct addr *local, uint16_t local_port, const struct addr *remote,
                        uint16_t remote_port)
{
    struct conn *conn = frame_add_conn(frame);

    assert_non_null(conn);
    conn->state = state;
    conn->netns = 1;
    conn->cookie = frame->conn_count;
    conn->owner_word = OWNER_PROCESS;
    conn->owner = program;
    conn->group = program;
    conn->tuple = (struct tuple){.family = FAMILY_INET,
                                 .local = *local,
                                 .local_port = local_port,
                                 .remote_port = remote_port};
    if (remote)
        conn->tuple.remote = *remote;
    return conn;
}

/* A client outside, a proxy that it connects to, an application behind that. */
static struct scene make_scene(void)
{
    struct scene scene = {.pool = frame_pool_new()};

    scene.frame = frame_new(scene.pool);
    assert_non_null(scene.frame);
    const uint32_t proxy = add_program(scene.frame, "nginx", "nginx.service");
    const uint32_t app = add_program(scene.frame, "java", "app.service");
    add(scene.frame, STATE_LISTEN, proxy, &WEB, 443, NULL, 0);
    add(scene.frame, STATE_LISTEN, app, &APP, 8080, NULL, 0);
    for (uint16_t n = 0; n < 3; n++) {
        struct conn *conn =
            add(scene.frame, STATE_ESTABLISHED, proxy, &WEB, 443, &CLIENT, (uint16_t)(50000 + n));
        conn->known = KNOWN_RTT | KNOWN_RATES | KNOWN_BYTES_OUT;
        conn->rtt_us = 1000u * (n + 1u);
        conn_set_rates(conn, 10, 1000);
        conn->bytes_sent = 1000;
        conn->bytes_retrans = n == 0 ? 30 : 0;
    }
    for (uint16_t n = 0; n < 2; n++) { /* both ends are here */
        add(scene.frame, STATE_ESTABLISHED, proxy, &WEB, (uint16_t)(40000 + n), &APP, 8080);
        add(scene.frame, STATE_ESTABLISHED, app, &APP, 8080, &WEB, (uint16_t)(40000 + n));
    }
    add(scene.frame, STATE_TIME_WAIT, proxy, &WEB, 41000, &APP, 8080);
    return scene;
}

static void end_scene(struct scene *scene)
{
    frame_release(scene->frame);
    frame_pool_release(scene->pool);
}

static struct topology build(const struct scene *scene, const struct topology_wish *wish)
{
    struct topology made = {.node_count = 0};
    const struct column_context context = {.frame = scene->frame};

    assert_int_equal(topology_build(&made, &context, wish), 0);
    return made;
}

static const struct topology_edge *edge_to(const struct topology *made, const char *name)
{
    for (uint32_t i = 0; i < made->edge_count; i++)
        if (strcmp(made->nodes[made->edges[i].to].name, name) == 0)
            return &made->edges[i];
    fail_msg("nothing leads to %s", name);
    return NULL;
}

static void test_direction_and_counts(void **state)
{
    struct scene scene = make_scene();
    struct topology made = build(&scene, &(struct topology_wish){.by = TOPOLOGY_UNIT});

    (void)state;
    assert_int_equal(made.edge_count, 2);
    const struct topology_edge *edge = edge_to(&made, "nginx.service");
    assert_string_equal(made.nodes[edge->from].name, "192.0.2.9");
    assert_int_equal(made.nodes[edge->from].outside, TOPOLOGY_CLIENT);
    assert_int_equal(edge->port, 443);
    assert_int_equal(edge->connections, 3);
    assert_int_equal(edge->sent_per_s, 30); /* what the client sends, we receive */
    assert_int_equal(edge->received_per_s, 3000);
    assert_int_equal(edge->rtt_p50_us, 2000);
    assert_int_equal(edge->sent, 3000);
    assert_int_equal(edge->retrans, 30);
    edge = edge_to(&made, "app.service");
    assert_string_equal(made.nodes[edge->from].name, "nginx.service");
    assert_int_equal(edge->port, 8080);
    assert_int_equal(edge->connections, 2); /* not four */
    topology_done(&made);
    end_scene(&scene);
}

static void test_by(void **state)
{
    struct scene scene = make_scene();
    struct topology made = build(&scene, &(struct topology_wish){.by = TOPOLOGY_PROCESS});

    (void)state;
    assert_string_equal(made.nodes[edge_to(&made, "java")->from].name, "nginx");
    topology_done(&made);
    end_scene(&scene);
}

static const struct detector DETECTOR = {.id = "x"};

static void put_text(const struct topology *topology, struct buffer *out)
{
    topology_text(topology, true, out);
}

static void test_findings_colour_what_leads_there(void **state)
{
    struct scene scene = make_scene();
    struct finding full = {.detector = &DETECTOR,
                           .severity = SEVERITY_CRITICAL,
                           .title = "it is full",
                           .filter = "sport = :8080 and state listening"};
    struct finding slow = {.detector = &DETECTOR,
                           .severity = SEVERITY_WARNING,
                           .title = "it is slow",
                           .filter = "dport = :8080"};
    struct finding over = {.detector = &DETECTOR,
                           .severity = SEVERITY_CRITICAL,
                           .ended_ns = 1,
                           .title = "it was lost",
                           .filter = "sport = :443"};
    const struct finding *const list[] = {&slow, &full, &over};
    struct topology made =
        build(&scene, &(struct topology_wish){.findings = list, .finding_count = 3});

    (void)state;
    const struct topology_edge *edge = edge_to(&made, "app.service");
    assert_int_equal(edge->severity, SEVERITY_CRITICAL);
    assert_string_equal(edge->finding, "it is full");
    assert_string_equal(made.nodes[edge->to].finding, "it is full");
    assert_int_equal(edge_to(&made, "nginx.service")->severity, SEVERITY_NONE);
    static const struct {
        void (*write)(const struct topology *topology, struct buffer *out);
        const char *of_edge, *of_node;
    } FORMS[] = {
        {topology_dot, "\\n! critical: it is full\", color=red",
         "app.service\\n! critical: it is full\""},
        {topology_mermaid, "<br/>! critical: it is full\"| n",
         "app.service<br/>! critical: it is full\"]"},
        {topology_json, "\"severity\":\"critical\",\"finding\":\"it is full\"",
         "\"name\":\"app.service\""},
        {put_text, "! critical: it is full", "! app.service: critical: it is full"},
    };
    for (size_t i = 0; i < UNIT_COUNT(FORMS); i++) {
        struct buffer out;
        buffer_init(&out);
        FORMS[i].write(&made, &out);
        assert_non_null(strstr(out.data, FORMS[i].of_edge));
        assert_non_null(strstr(out.data, FORMS[i].of_node));
        assert_null(strstr(out.data, "it was lost"));
        buffer_done(&out);
    }
    topology_done(&made);
    end_scene(&scene);
}

static void test_many_addresses_share_a_node(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    for (uint8_t n = 0; n < 100; n++) {
        const struct addr from = {{198, 51, 100, n}};
        add(scene.frame, STATE_ESTABLISHED, 0, &WEB, 443, &from, 1000);
    }
    struct topology made = build(&scene, &(struct topology_wish){.by = TOPOLOGY_UNIT});
    uint32_t connections = 0;
    for (uint32_t i = 0; i < made.edge_count; i++)
        connections += made.edges[i].port == 443 ? made.edges[i].connections : 0;
    assert_int_equal(connections, 103);
    assert_true(made.node_count < 40);
    topology_done(&made);
    end_scene(&scene);
}

/* No name ends its quotes. */
static void test_names_are_quoted(void **state)
{
    struct scene scene = make_scene();
    struct buffer out;

    (void)state;
    scene.frame->groups[0].unit = "a\"]; x -> y [label=\"\\";
    struct topology made = build(&scene, &(struct topology_wish){.by = TOPOLOGY_UNIT});
    buffer_init(&out);
    topology_dot(&made, &out);
    assert_non_null(strstr(out.data, "\"a\\\"]; x -> y [label=\\\"\\\\\""));
    buffer_clear(&out);
    topology_mermaid(&made, &out);
    assert_non_null(strstr(out.data, "a#34;#93;#59; x -#62; y"));
    buffer_clear(&out);
    topology_json(&made, &out);
    assert_non_null(strstr(out.data, "\"name\":\"a\\\"]; x -> y [label=\\\"\\\\\""));
    buffer_clear(&out);
    topology_text(&made, true, &out);
    assert_non_null(strstr(out.data, "app.service :8080  2 connections"));
    assert_non_null(strstr(out.data, "out 30B/s in 3.0kB/s"));
    buffer_done(&out);
    topology_done(&made);
    end_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direction_and_counts),
        cmocka_unit_test(test_by),
        cmocka_unit_test(test_findings_colour_what_leads_there),
        cmocka_unit_test(test_many_addresses_share_a_node),
        cmocka_unit_test(test_names_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
