/* Groupings: every row is counted where it belongs, and what is remembered follows the group. */
#include "core/grouping/grouping.h"
#include "core/grouping/tree.h"
#include "tuple.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define NOW_NS 1000000000000LL

struct scene {
    struct frame_pool *pool;
    struct frame *frame;
    struct grouping grouping;
    struct column_context context;
};

static void scene_begin(struct scene *scene)
{
    scene->pool = frame_pool_new();
    scene->frame = frame_new(scene->pool);
    scene->context = (struct column_context){.frame = scene->frame, .now_ns = NOW_NS};
    grouping_init(&scene->grouping);
}

static void scene_end(struct scene *scene)
{
    grouping_done(&scene->grouping);
    frame_release(scene->frame);
    frame_pool_release(scene->pool);
}

static struct conn *add(struct scene *scene, uint8_t state, const char *local, uint16_t local_port,
                        const char *remote, uint16_t remote_port)
{
    struct conn *conn = frame_add_conn(scene->frame);

    conn->state = state;
    conn->cookie = scene->frame->conn_count;
    conn->serial = scene->frame->conn_count;
    unit_set_tuple(&conn->tuple, local, local_port, remote, remote_port);
    return conn;
}

static uint32_t add_process(struct scene *scene, int32_t pid, const char *name)
{
    struct proc *proc = frame_add_proc(scene->frame);

    proc->pid = pid;
    proc->start_ticks = (uint64_t)pid * 10;
    proc->comm = name;
    proc->exe = proc->command_line = "";
    proc->group = CONN_NO_INDEX;
    return scene->frame->proc_count - 1;
}

static void hold(struct scene *scene, struct conn *conn, const uint32_t *procs, uint16_t count)
{
    conn->owner_word = OWNER_PROCESS;
    conn->owner = procs[0];
    conn->owners = scene->frame->owner_ref_count;
    conn->owner_count = count;
    for (uint16_t i = 0; i < count; i++)
        assert_int_equal(frame_add_owner_ref(scene->frame, procs[i]), 0);
}

static const struct grouping_row *row_of_proc(const struct scene *scene, uint32_t proc)
{
    for (uint32_t i = 0; i < scene->grouping.count; i++)
        if (scene->grouping.rows[i].proc == proc)
            return &scene->grouping.rows[i];
    return NULL;
}

/* 16 sockets of one port, each held by all of six processes: six, not 96. */
static void test_holders_are_counted_once(void **state)
{
    struct scene scene;
    uint32_t procs[6];
    (void)state;

    scene_begin(&scene);
    for (uint32_t i = 0; i < 6; i++)
        procs[i] = add_process(&scene, (int32_t)(10 + i), "nginx");
    for (int i = 0; i < 16; i++)
        hold(&scene, add(&scene, STATE_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0), procs, 6);
    hold(&scene, add(&scene, STATE_LISTEN, "0.0.0.0", 81, "0.0.0.0", 0), procs, 3);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(
            grouping_update(&scene.grouping, &GROUPING_LISTENERS, &scene.context, NULL, NULL), 0);
        assert_int_equal(scene.grouping.count, 2);
        assert_int_equal(scene.grouping.rows[0].sockets, 16);
        assert_int_equal(scene.grouping.rows[0].proc_count, 6);
        assert_int_equal(scene.grouping.rows[1].proc_count, 3);
    }
    scene_end(&scene);
}

static void test_processes(void **state)
{
    struct scene scene;
    (void)state;

    scene_begin(&scene);
    const uint32_t parent = add_process(&scene, 10, "nginx"),
                   child = add_process(&scene, 11, "nginx");
    hold(&scene, add(&scene, STATE_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0),
         (uint32_t[]){parent, child}, 2);
    struct conn *established = add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1000);
    hold(&scene, established, (uint32_t[]){child}, 1);
    conn_set_rates(established, 300, 50);
    hold(&scene, add(&scene, STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2", 1001),
         (uint32_t[]){child}, 1);
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 22, "10.0.0.9", 5)->owner_word = OWNER_HIDDEN;

    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_PROCESSES, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.count, 3);
    const struct grouping_row *row = row_of_proc(&scene, child);
    assert_int_equal(row->rows, 3);
    assert_int_equal(row->listening, 1);
    assert_int_equal(row->established, 1);
    assert_int_equal(row->time_wait, 0);
    assert_int_equal(row->close_wait, 1);
    assert_int_equal(row->in_bytes_per_s, 300);
    assert_int_equal(row->out_bytes_per_s, 50);
    assert_int_equal(row_of_proc(&scene, parent)->rows, 1);
    assert_int_equal(row_of_proc(&scene, CONN_NO_INDEX)->owner_word, OWNER_HIDDEN);

    /* each row is a member of the groups that counted it, and of no other */
    for (uint32_t g = 0; g < scene.grouping.count; g++) {
        const struct grouping_member member = {&GROUPING_PROCESSES, scene.grouping.rows[g].key};
        uint32_t members = 0;
        for (uint32_t i = 0; i < scene.frame->live_count; i++)
            members += grouping_accepts(&member, &scene.context, &scene.frame->conns[i]);
        assert_int_equal(members, scene.grouping.rows[g].rows);
    }
    scene_end(&scene);
}

/* Rows without a process, in frames that number their groups each in its own way. */
static void test_ownerless_group_keeps_its_key(void **state)
{
    static const struct {
        uint64_t id;
        const char *path;
    } groups[] = {{7, "/a.service"}, {8, "/b.service"}, {0, "/a.service"}, {0, "/b.service"}};
    const uint32_t count = sizeof(groups) / sizeof(groups[0]);
    uint64_t keys[4];
    (void)state;

    for (uint32_t turn = 0; turn < count; turn++) {
        struct scene scene;
        scene_begin(&scene);
        for (uint32_t i = 0; i < count; i++) {
            struct group *group = frame_add_group(scene.frame);
            *group = (struct group){.id = groups[(i + turn) % count].id,
                                    .path = groups[(i + turn) % count].path,
                                    .unit = "",
                                    .container = ""};
        }
        for (uint32_t i = 0; i < count; i++) {
            struct conn *conn = add(&scene, STATE_ESTABLISHED, "10.0.0.1", 22, "10.0.0.9", 5);
            conn->owner_word = OWNER_HIDDEN;
            conn->group = (i + count - turn) % count;
        }
        assert_int_equal(
            grouping_update(&scene.grouping, &GROUPING_PROCESSES, &scene.context, NULL, NULL), 0);
        assert_int_equal(scene.grouping.count, count);
        for (uint32_t i = 0; i < count; i++) {
            if (turn == 0)
                keys[i] = scene.grouping.rows[i].key;
            assert_int_equal(scene.grouping.rows[i].key, keys[i]);
        }
        scene_end(&scene);
    }
}

/* What waits for its third segment, or for accept(), is no accepted connection. */
static void test_accepted(void **state)
{
    struct scene scene;
    (void)state;

    scene_begin(&scene);
    add(&scene, STATE_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0);
    struct conn *rows[] = {add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1000),
                           add(&scene, STATE_SYN_RECEIVED, "10.0.0.1", 80, "10.0.0.2", 1001),
                           add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1002)};
    for (size_t i = 0; i < 3; i++) {
        rows[i]->known |= KNOWN_CREATED_MIN;
        rows[i]->created_min_ns = NOW_NS - 1000000000;
    }
    rows[2]->owner_word = OWNER_LISTENER;
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_LISTENERS, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.rows[0].opened, 3);
    assert_int_equal(scene.grouping.rows[0].accepted, 1);
    scene_end(&scene);
}

/* CLOSE-WAIT grows where some stay in it and others come; passing through it is no growth. */
static void test_close_wait_trend(void **state)
{
    static const struct {
        int64_t first_s, other_s; /* in CLOSE-WAIT for so long; 0 = unknown */
        uint16_t others;
        bool grows;
    } CASES[] = {{1, 2, 3, false}, {11, 59, 3, true}, {0, 3, 3, true},
                 {0, 3, 2, false}, {0, 0, 3, false},  {61, 62, 3, false}};
    (void)state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct scene scene;
        scene_begin(&scene);
        for (uint16_t n = 0; n <= CASES[i].others; n++) {
            const int64_t seconds = n == 0 ? CASES[i].first_s : CASES[i].other_s;
            struct conn *row =
                add(&scene, STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.2", (uint16_t)(1000 + n));
            row->known |= seconds ? KNOWN_STATE_SINCE : 0;
            row->state_since_ns = NOW_NS - seconds * 1000000000;
        }
        add(&scene, STATE_TIME_WAIT, "10.0.0.1", 80, "10.0.0.2", 2000);
        assert_int_equal(
            grouping_update(&scene.grouping, &GROUPING_PEERS, &scene.context, NULL, NULL), 0);
        assert_int_equal(scene.grouping.rows[0].close_wait, CASES[i].others + 1);
        assert_int_equal(scene.grouping.rows[0].time_wait, 1);
        assert_int_equal(grouping_close_wait_grows(&scene.grouping.rows[0]), CASES[i].grows);
        scene_end(&scene);
    }
}

static void test_listeners(void **state)
{
    struct scene scene;
    (void)state;

    scene_begin(&scene);
    for (int i = 0; i < 2; i++) { /* two sockets of one SO_REUSEPORT group */
        struct conn *listener = add(&scene, STATE_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0);
        listener->known = KNOWN_QUEUES;
        listener->receive_queue = 10;
        listener->send_queue = 10;
        listener->full_since_ns = NOW_NS - 5 - i; /* as track says */
        listener->known |= i == 0 ? KNOWN_FULL_BEGAN : 0;
    }
    add(&scene, STATE_LISTEN, "10.0.0.1", 80, "0.0.0.0", 0);
    add(&scene, STATE_LISTEN, "::", 80, "::", 0);
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1000);
    add(&scene, STATE_ESTABLISHED, "10.0.0.7", 80, "10.0.0.2", 1001);
    add(&scene, STATE_ESTABLISHED, "::ffff:10.0.0.7", 80, "::ffff:10.0.0.2", 1002);
    add(&scene, STATE_ESTABLISHED, "10.0.0.7", 4444, "10.0.0.2", 80); /* ours, not taken here */

    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_LISTENERS, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.count, 3);
    const struct grouping_row *rows = scene.grouping.rows;
    assert_int_equal(rows[0].sockets, 2);
    assert_int_equal(rows[0].queue, 20);
    assert_int_equal(rows[0].backlog, 20);
    assert_int_equal(grouping_queue_permille(&rows[0]), 1000);
    assert_int_equal(rows[0].rows, 1); /* the exact address wins over the wildcard */
    assert_int_equal(rows[1].rows, 1);
    assert_int_equal(rows[2].rows, 1);              /* [::] takes v4-mapped ones */
    assert_true(rows[0].full && rows[0].full_seen); /* since the last of them filled */
    assert_int_equal(rows[0].full_since_ns, NOW_NS - 5);
    assert_int_equal(rows[1].full_since_ns, 0);
    assert_false(rows[1].full);

    scene.frame->conns[0].receive_queue = 0;
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_LISTENERS, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.rows[0].full_since_ns, 0);
    assert_false(scene.grouping.rows[0].full);
    scene_end(&scene);
}

static void test_peers(void **state)
{
    struct scene scene;
    (void)state;

    scene_begin(&scene);
    add(&scene, STATE_LISTEN, "0.0.0.0", 443, "0.0.0.0", 0);
    struct conn *inbound = add(&scene, STATE_ESTABLISHED, "10.0.0.1", 443, "10.0.0.2", 1000);
    inbound->known = KNOWN_RTT | KNOWN_CREATED_MIN;
    inbound->rtt_us = 70;
    inbound->created_min_ns = NOW_NS - 1; /* just opened */
    add(&scene, STATE_TIME_WAIT, "10.0.0.1", 443, "10.0.0.2", 1001);
    for (uint16_t port = 1; port <= 5; port++)
        add(&scene, STATE_ESTABLISHED, "10.0.0.1", (uint16_t)(50000 + port), "10.0.0.3", port);

    assert_int_equal(grouping_update(&scene.grouping, &GROUPING_PEERS, &scene.context, NULL, NULL),
                     0);
    assert_int_equal(scene.grouping.count, 2); /* the listener has no peer */
    const struct grouping_row *rows = scene.grouping.rows;
    assert_true(rows[0].inbound);
    assert_int_equal(rows[0].port_count, 1);
    assert_int_equal(rows[0].ports[0], 443);
    assert_int_equal(rows[0].worst_rtt_us, 70);
    assert_int_equal(rows[0].opened, 1);
    assert_false(rows[1].inbound);
    assert_int_equal(rows[1].rows, 5);
    assert_true(rows[1].port_count > GROUPING_PORTS);
    scene_end(&scene);
}

static struct conn *timed(struct conn *conn, uint8_t timer, uint8_t tries)
{
    conn->known |= KNOWN_TIMER;
    conn->timer = timer;
    conn->timer_retrans = tries;
    return conn;
}

/* One port of a host that swallows everything, beside one that answers. */
static void test_peer_ports(void **state)
{
    struct scene scene;
    (void)state;

    scene_begin(&scene);
    add(&scene, STATE_LISTEN, "0.0.0.0", 443, "0.0.0.0", 0);
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 443, "10.0.0.3", 40000); /* it connects to us */
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50001, "10.0.0.3", 80);
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50002, "10.0.0.3", 80);
    timed(add(&scene, STATE_SYN_SENT, "10.0.0.1", 50003, "10.0.0.3", 9200), 1, 2);
    timed(add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50004, "10.0.0.3", 9200), 4, 3);
    timed(add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50005, "10.0.0.3", 9200), 1, 0);
    timed(add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50006, "10.0.0.3", 80), 2, 4); /* keepalive */
    /* A peer that does not read answers each probe: there are no tries. */
    timed(add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50007, "10.0.0.4", 80), 4, 0);
    timed(add(&scene, STATE_ESTABLISHED, "10.0.0.1", 50008, "10.0.0.4", 80), 0, 0);
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_PEER_PORTS, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.count, 4);
    const struct grouping_row *rows = scene.grouping.rows;
    assert_int_equal(rows[3].rows, 2);
    assert_int_equal(rows[3].stalled, 1);
    assert_true(rows[0].inbound);
    assert_int_equal(rows[1].rows, 3);
    assert_int_equal(rows[1].stalled, 0);
    assert_int_equal(rows[2].rows, 3);
    assert_int_equal(rows[2].stalled, 2);
    for (uint32_t row = 0; row < 3; row++) {
        const struct grouping_member member = {&GROUPING_PEER_PORTS, rows[row].key};
        uint32_t members = 0;
        for (uint32_t i = 0; i < scene.frame->live_count; i++)
            members += grouping_accepts(&member, &scene.context, &scene.frame->conns[i]);
        assert_int_equal(members, rows[row].rows);
    }
    assert_int_equal(grouping_update(&scene.grouping, &GROUPING_PEERS, &scene.context, NULL, NULL),
                     0);
    assert_int_equal(scene.grouping.count, 2);
    assert_int_equal(scene.grouping.rows[0].stalled, 2);
    scene_end(&scene);
}

/* Many groups: every row is found again in exactly one of them. */
static void test_many(void **state)
{
    struct scene scene;
    char remote[32];
    uint32_t sum = 0;
    (void)state;

    scene_begin(&scene);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(remote, sizeof remote, "10.%u.%u.%u", i % 7, i % 251, i % 101);
        add(&scene, STATE_ESTABLISHED, "10.0.0.1", (uint16_t)(1024 + i % 60000), remote, 80);
    }
    assert_int_equal(grouping_update(&scene.grouping, &GROUPING_PEERS, &scene.context, NULL, NULL),
                     0);
    for (uint32_t i = 0; i < scene.grouping.count; i++)
        sum += scene.grouping.rows[i].rows;
    assert_int_equal(sum, 20000);
    const uint32_t count = scene.grouping.count;
    assert_int_equal(grouping_update(&scene.grouping, &GROUPING_PEERS, &scene.context, NULL, NULL),
                     0);
    assert_int_equal(scene.grouping.count, count);
    scene_end(&scene);
}

static void rows_are_gathered_by_their_network_namespace(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 40000)->netns = 7;
    add(&scene, STATE_LISTEN, "10.0.0.1", 80, "0.0.0.0", 0)->netns = 9;
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 40000)->netns = 9;
    add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 40001); /* of none that is known */
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_NAMESPACES, &scene.context, NULL, NULL), 0);
    assert_int_equal(scene.grouping.count, 2);
    assert_int_equal(scene.grouping.rows[0].rows, 1);
    assert_int_equal(scene.grouping.rows[1].rows, 2);
    assert_int_equal(scene.grouping.rows[1].listening, 1);
    const struct grouping_member member = {&GROUPING_NAMESPACES, scene.grouping.rows[1].key};
    assert_false(grouping_accepts(&member, &scene.context, &scene.frame->conns[0]));
    assert_true(grouping_accepts(&member, &scene.context, &scene.frame->conns[2]));
    scene_end(&scene);
}

/* master 10 with the workers 11 and 12, of which 12 started 13; 20 alone; 30, whose parent holds
 * nothing; 40 under a process that is younger than itself: its pid was used again. */
static void test_trees_count_each_socket_once(void **state)
{
    struct scene scene;
    struct grouping_tree tree = {0};
    (void)state;

    scene_begin(&scene);
    uint32_t procs[7];
    static const int32_t PIDS[] = {10, 11, 12, 13, 20, 30, 40};
    static const int32_t PARENTS[] = {1, 10, 10, 12, 1, 29, 41};
    for (int i = 0; i < 7; i++) {
        procs[i] = add_process(&scene, PIDS[i], "nginx");
        scene.frame->procs[procs[i]].parent = PARENTS[i];
    }
    const uint32_t younger = add_process(&scene, 41, "sh");
    hold(&scene, add(&scene, STATE_LISTEN, "0.0.0.0", 80, "0.0.0.0", 0), procs, 4); /* shared */
    for (int i = 1; i < 7; i++)
        hold(&scene,
             add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", (uint16_t)(1000 + i)),
             &procs[i], 1);
    hold(&scene, add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 2000), &younger, 1);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(
            grouping_update(&scene.grouping, &GROUPING_PROCESSES, &scene.context, NULL, NULL), 0);
        assert_int_equal(grouping_tree_update(&tree, &scene.grouping, &scene.context, NULL, NULL),
                         0);
        const struct grouping_row *rows = scene.grouping.rows;
        const uint32_t root = (uint32_t)(row_of_proc(&scene, procs[0]) - rows);
        for (int i = 0; i < 4; i++)
            assert_int_equal(tree.roots[row_of_proc(&scene, procs[i]) - rows], root);
        assert_int_equal(tree.members[root], 4);
        assert_int_equal(rows[root].rows, 4); /* not 7: the listener is one */
        assert_int_equal(rows[root].listening, 1);
        assert_int_equal(rows[root].established, 3);
        assert_int_equal(row_of_proc(&scene, procs[1])->rows, 2); /* its own, in the tree as well */
        for (int i = 4; i < 7; i++) {
            const uint32_t alone = (uint32_t)(row_of_proc(&scene, procs[i]) - rows);
            assert_int_equal(tree.roots[alone], alone);
            assert_int_equal(tree.members[alone], 1);
            assert_int_equal(rows[alone].rows, 1);
        }
    }
    grouping_tree_done(&tree);
    scene_end(&scene);
}

/* The age of the oldest is a figure only while every row has both bounds. */
static void test_age_of_the_oldest(void **state)
{
    struct scene scene;
    struct conn *rows[3];
    (void)state;

    scene_begin(&scene);
    const uint32_t proc = add_process(&scene, 10, "nginx");
    for (uint16_t i = 0; i < 3; i++) {
        rows[i] = add(&scene, STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", (uint16_t)(100 + i));
        rows[i]->known |= KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
        rows[i]->created_min_ns = NOW_NS - 100 * (i + 1);
        rows[i]->created_max_ns = NOW_NS - 10 * (3 - i);
        hold(&scene, rows[i], &proc, 1);
    }
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_PROCESSES, &scene.context, NULL, NULL), 0);
    assert_int_equal(row_of_proc(&scene, proc)->oldest_ns, NOW_NS - 30);
    assert_int_equal(row_of_proc(&scene, proc)->oldest_min_ns, NOW_NS - 300);
    assert_false(row_of_proc(&scene, proc)->oldest_open);
    rows[1]->known &= ~(uint32_t)KNOWN_CREATED_MIN;
    assert_int_equal(
        grouping_update(&scene.grouping, &GROUPING_PROCESSES, &scene.context, NULL, NULL), 0);
    assert_true(row_of_proc(&scene, proc)->oldest_open);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_gathered_by_their_network_namespace),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_trees_count_each_socket_once),
        cmocka_unit_test(test_holders_are_counted_once),
        cmocka_unit_test(test_ownerless_group_keeps_its_key),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_close_wait_trend),
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_peer_ports),
        cmocka_unit_test(test_age_of_the_oldest),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
