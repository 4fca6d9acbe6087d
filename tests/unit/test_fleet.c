/* The frames of several hosts as one: nothing of one host can be taken for another's. */
#include "core/column/column.h"
#include "core/event_place.h"
#include "core/filter/filter.h"
#include "core/fleet.h"
#include "core/host_shell.h"
#include "core/other_end.h"
#include "unit.h"

#include <string.h>

#define NETNS 4026531840u

struct scene {
    struct frame_pool *pool;
    struct frame *hosts[2], *whole;
    struct fleet_keys keys[2];
    struct fleet_part parts[2];
    uint32_t next_key;
};

static const struct addr A = {{10, 0, 0, 1}}, B = {{10, 0, 0, 2}};

static struct conn *add_end(struct frame *frame, const struct addr *local, uint16_t local_port,
                            const struct addr *remote, uint16_t remote_port)
{
    struct conn *conn = frame_add_conn(frame);

    assert_non_null(conn);
    conn->state = STATE_ESTABLISHED;
    conn->netns = NETNS;
    conn->cookie = 7; /* of both */
    conn->serial = 1;
    conn->known = KNOWN_UID | KNOWN_CREATED_MAX;
    conn->uid = 1000;
    conn->created_max_ns = 5000;
    conn->tuple = (struct tuple){.family = FAMILY_INET,
                                 .local = *local,
                                 .remote = *remote,
                                 .local_port = local_port,
                                 .remote_port = remote_port};
    conn->owner_word = OWNER_PROCESS;
    conn->owner = conn->owners = 0;
    conn->owner_count = 1;
    conn->group = 0;
    return conn;
}

/* Each has a process 100 of a user 1000, who has another name on each. */
static struct frame *make_host(struct scene *scene, const char *user, const char *comm)
{
    struct frame *frame = frame_new(scene->pool);

    assert_non_null(frame);
    frame->netns = NETNS;
    frame->netns_is_host = true;
    frame->wall_ns = 10000;
    frame->mono_ns = 500;
    struct group *group = frame_add_group(frame);
    group->unit = frame_copy_text(frame, comm);
    struct proc *proc = frame_add_proc(frame);
    proc->pid = 100;
    proc->uid = 1000;
    proc->group = 0;
    proc->comm = frame_copy_text(frame, comm);
    assert_int_equal(frame_add_owner_ref(frame, 0), 0);
    assert_int_equal(frame_add_user(frame, 1000, user), 0);
    return frame;
}

static void merge(struct scene *scene)
{
    frame_release(scene->whole);
    scene->whole = frame_new(scene->pool);
    assert_non_null(scene->whole);
    assert_int_equal(fleet_merge(scene->whole, scene->parts, 2), 0);
}

static struct scene make_scene(void)
{
    static const char *const NAMES[] = {"web", "db"};
    struct scene scene = {.pool = frame_pool_new()};

    scene.hosts[0] = make_host(&scene, "ann", "client");
    scene.hosts[1] = make_host(&scene, "bob", "postgres");
    add_end(scene.hosts[0], &A, 40000, &B, 5432);
    struct conn *ghost = frame_add_ghost(scene.hosts[0]);
    ghost->state = STATE_DELETE_TCB;
    ghost->netns = NETNS;
    ghost->serial = 2;
    add_end(scene.hosts[1], &B, 5432, &A, 40000);
    for (uint32_t i = 0; i < 2; i++)
        scene.parts[i] = (struct fleet_part){.frame = scene.hosts[i],
                                             .host = {.number = i + 1,
                                                      .state = HOST_OK,
                                                      .name = NAMES[i],
                                                      .place = "",
                                                      .why = "",
                                                      .version = "",
                                                      .events = ""},
                                             .wall_shift_ns = i ? 1000 : 0,
                                             .is_new = true};
    return scene;
}

/* Keys point into the scene, which must not move from here on. */
static void begin(struct scene *scene)
{
    for (int i = 0; i < 2; i++) {
        scene->keys[i].next = &scene->next_key;
        scene->parts[i].keys = &scene->keys[i];
    }
    merge(scene);
}

static void end_scene(struct scene *scene)
{
    frame_release(scene->whole);
    for (int i = 0; i < 2; i++) {
        frame_release(scene->hosts[i]);
        fleet_keys_done(&scene->keys[i]);
    }
    frame_pool_release(scene->pool);
}

static void test_rows_keep_their_host(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    begin(&scene);
    const struct frame *whole = scene.whole;
    assert_int_equal(whole->live_count, 2);
    assert_int_equal(whole->conn_count, 3); /* the ghost comes behind the rows of all */
    assert_true(conn_is_ghost(&whole->conns[2]));
    const struct conn *here = &whole->conns[0], *there = &whole->conns[1];
    assert_false(conn_same(here, there));
    assert_true(here->netns != there->netns);
    assert_true(here->serial != there->serial);
    assert_string_equal(frame_host_of(whole, here->netns)->name, "web");
    assert_string_equal(frame_host_of(whole, there->netns)->name, "db");
    assert_int_equal(frame_find_netns(whole, here->netns)->inode, NETNS);
    assert_string_equal(frame_owner(whole, there)->comm, "postgres");
    assert_string_equal(frame_holder(whole, there, 0)->comm, "postgres");
    assert_string_equal(frame_group(whole, there)->unit, "postgres");
    assert_string_equal(frame_find_host_proc(whole, 1, 100)->comm, "client");
    assert_string_equal(frame_host_user_name(whole, 1, 1000), "ann");
    assert_string_equal(frame_host_user_name(whole, 2, 1000), "bob");
    assert_int_equal(here->created_max_ns, 5000);
    assert_int_equal(there->created_max_ns, 6000); /* by our clock */
    end_scene(&scene);
}

static void test_names_stay_from_frame_to_frame(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    begin(&scene);
    const struct conn before = scene.whole->conns[1];
    scene.parts[0].host.state = HOST_LOST;
    scene.parts[0].frame = NULL; /* it has nothing to show: the other's rows are the same */
    merge(&scene);
    assert_int_equal(scene.whole->live_count, 1);
    assert_true(conn_same(&before, &scene.whole->conns[0]));
    assert_int_equal(before.serial, scene.whole->conns[0].serial);
    assert_true(scene.whole->missing.reasons & MISSING_HOSTS);
    /* another recording has its own numbers: no row of the previous one */
    scene.parts[1].generation = 1;
    merge(&scene);
    assert_true(before.serial != scene.whole->conns[0].serial);
    end_scene(&scene);
}

static void test_columns(void **state)
{
    struct scene scene = make_scene();
    struct column_value value;

    (void)state;
    begin(&scene);
    const struct column_context context = {.frame = scene.whole};
    assert_true(column_get(column_find("host", 4), &context, &scene.whole->conns[1], &value));
    assert_string_equal(value.text, "db");
    assert_true(column_get(column_find("user", 4), &context, &scene.whole->conns[1], &value));
    assert_string_equal(value.text, "bob");
    assert_true(column_get(column_find("netns", 5), &context, &scene.whole->conns[1], &value));
    assert_int_equal(value.number, NETNS);
    const struct column_context alone = {.frame = scene.hosts[1]};
    assert_false(column_get(column_find("host", 4), &alone, &scene.hosts[1]->conns[0], &value));
    end_scene(&scene);
}

/* Which of the two rows it accepts: bit 0 that of web, bit 1 that of db; -1: it is no filter. */
static int accepted(const struct scene *scene, const char *text, bool several)
{
    const struct filter_names names = {.several_hosts = several};
    const struct column_context context = {.frame = scene->whole};
    struct filter_error error;
    struct filter *filter = NULL;
    int rows = 0;

    if (filter_parse(&filter, text, &names, &error) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        rows |= filter_accepts(filter, &context, &scene->whole->conns[i]) << i;
    filter_free(filter);
    return rows;
}

static void test_a_host_in_a_filter_is_a_machine_or_an_address(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    begin(&scene);
    assert_int_equal(accepted(&scene, "host web", true), 1);
    assert_int_equal(accepted(&scene, "host = db", true), 2);
    assert_int_equal(accepted(&scene, "host != db", true), 1);
    assert_int_equal(accepted(&scene, "host \"db\" and port 5432", true), 2);
    assert_int_equal(accepted(&scene, "host 10.0.0.1", true), 3);
    assert_int_equal(accepted(&scene, "host 10.0.0.0/24", true), 3);
    assert_int_equal(accepted(&scene, "host \"10.0.0.1\"", true), 0); /* a machine of that name */
    assert_int_equal(accepted(&scene, "src 10.0.0.1", true), 1);
    assert_int_equal(accepted(&scene, "host 10.0.0.300", true), -1);
    assert_int_equal(accepted(&scene, "host web", false), -1); /* one machine: a slip */
    end_scene(&scene);
}

static void test_the_other_end_is_on_the_other_host(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    begin(&scene);
    assert_ptr_equal(other_end_of(scene.whole, &scene.whole->conns[0], NULL),
                     &scene.whole->conns[1]);
    assert_ptr_equal(other_end_of(scene.whole, &scene.whole->conns[1], NULL),
                     &scene.whole->conns[0]);
    end_scene(&scene);
}

static void test_events(void **state)
{
    struct scene scene = make_scene();
    struct event_places places = {0};
    struct event event = {
        .kind = EVENT_OPEN, .wall_ns = 100, .netns = NETNS, .serial = 1, .pid = 100, .uid = 1000};

    (void)state;
    begin(&scene);
    fleet_move_event(&event, &scene.parts[1]);
    assert_int_equal(event.wall_ns, 1100);
    assert_int_equal(event.netns, scene.whole->conns[1].netns);
    assert_int_equal(event.serial, scene.whole->conns[1].serial);
    const struct event_place place = event_places_find(&places, scene.whole, &event);
    assert_string_equal(place.host, "db");
    assert_string_equal(place.user, "bob");
    assert_string_equal(place.unit, "postgres");
    assert_int_equal(place.netns, NETNS);
    assert_int_equal(place.clock_error_ns, 0);
    event_places_done(&places);
    end_scene(&scene);
}

/* What is about no connection is of a host, too; its namespace may be in no frame any more. */
static void test_events_without_a_connection(void **state)
{
    static const uint8_t KINDS[] = {EVENT_LOST, EVENT_NETNS};
    struct scene scene = make_scene();
    struct event_places places = {0};

    (void)state;
    scene.parts[1].host.skew_known = true;
    scene.parts[1].host.skew_error_ns = 250000;
    begin(&scene);
    for (size_t i = 0; i < UNIT_COUNT(KINDS); i++) {
        struct event event = {.kind = KINDS[i], .netns = 77, .uid = UINT32_MAX};
        fleet_move_event(&event, &scene.parts[1]);
        const struct event_place place = event_places_find(&places, scene.whole, &event);
        assert_string_equal(place.host, "db");
        assert_int_equal(place.netns, 77);
        assert_int_equal(place.clock_error_ns, 250000);
    }
    event_places_done(&places);
    end_scene(&scene);
}

/* When a namespace was read is said by our clock. */
static void test_times_of_namespaces(void **state)
{
    struct scene scene = make_scene();
    struct frame_netns *listed = frame_add_netns(scene.hosts[1], NETNS);

    (void)state;
    listed->read_ns = 100;
    listed->rest_ns = 200;
    listed->bound_ns = 300;
    scene.parts[1].mono_shift_ns = 5000;
    begin(&scene);
    const struct frame_netns *netns = frame_find_netns(scene.whole, scene.whole->conns[1].netns);
    assert_int_equal(netns->read_ns, 5100);
    assert_int_equal(netns->rest_ns, 5200);
    assert_int_equal(netns->bound_ns, 5300);
    end_scene(&scene);
}

static void test_rates_of_a_lost_host_are_no_traffic(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    for (int i = 0; i < 2; i++)
        conn_set_rates(&scene.hosts[i]->conns[0], 1000, 0);
    begin(&scene);
    assert_int_equal(scene.whole->totals.in_bytes_per_s, 2000);
    scene.parts[1].host.state = HOST_LOST;
    merge(&scene);
    assert_int_equal(scene.whole->totals.in_bytes_per_s, 1000);
    assert_int_equal(conn_in_rate(&scene.whole->conns[1]), 1000); /* as it was last */
    end_scene(&scene);
}

/* The command that is shown is one that works: user and port of the host are in it. */
static void test_the_shell_of_a_host(void **state)
{
    static const struct {
        const char *place, *shell;
    } HOSTS[] = {
        {"ssh:web1", "ssh -t web1 "},
        {"ssh:ann@web1", "ssh -t ann@web1 "},
        {"ssh:ann@web1:2222", "ssh -t -p 2222 ann@web1 "},
        {"ssh:[2001:db8::1]:22", "ssh -t -p 22 2001:db8::1 "},
        {"ssh:ann@[2001:db8::1]", "ssh -t ann@2001:db8::1 "},
        {"ssh:2001:db8::1", "ssh -t 2001:db8::1 "},
        {"web-6c8", ""}, /* by a command of the user's */
        {"/var/log/web1.jsonl", ""},
    };
    char shell[HOST_SHELL_MAX];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(HOSTS); i++) {
        const struct frame_host host = {.name = "web1", .place = HOSTS[i].place};
        assert_string_equal(host_shell(&host, true, shell), HOSTS[i].shell);
    }
    const struct frame_host plain = {.name = "web1", .place = "ssh:web1"};
    assert_string_equal(host_shell(&plain, false, shell), "ssh web1 ");
}

static void test_a_copy_has_the_hosts(void **state)
{
    struct scene scene = make_scene();

    (void)state;
    begin(&scene);
    struct frame *copy = frame_copy(scene.pool, scene.whole);
    assert_non_null(copy);
    frame_release(scene.whole);
    scene.whole = NULL;
    assert_int_equal(copy->host_count, 2);
    assert_string_equal(frame_host_of(copy, copy->conns[1].netns)->name, "db");
    frame_release(copy);
    end_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_keep_their_host),
        cmocka_unit_test(test_names_stay_from_frame_to_frame),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_a_host_in_a_filter_is_a_machine_or_an_address),
        cmocka_unit_test(test_the_other_end_is_on_the_other_host),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_events_without_a_connection),
        cmocka_unit_test(test_times_of_namespaces),
        cmocka_unit_test(test_rates_of_a_lost_host_are_no_traffic),
        cmocka_unit_test(test_the_shell_of_a_host),
        cmocka_unit_test(test_a_copy_has_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
