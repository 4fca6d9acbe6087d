/* What redaction makes of addresses, names and rows. */
#include "core/redact.h"
#include "tuple.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const char *event_text(struct redaction *redaction, const char *address)
{
    static char text[ADDR_TEXT_MAX];
    struct event event = {.kind = EVENT_OPEN, .uid = UINT32_MAX};

    unit_parse_addr(address, &event.tuple.remote, &event.tuple.family);
    redact_event(redaction, &event);
    addr_format(text, sizeof text, &event.tuple.remote, event.tuple.family, NULL);
    return text;
}

static void addresses_stay_in_their_class(void **state)
{
    static const struct {
        const char *from, *to;
    } CASES[] = {
        {"127.0.0.53", "127.0.0.53"},
        {"0.0.0.0", "0.0.0.0"},
        {"::1", "::1"},
        {"::", "::"},
        {"224.0.0.1", "224.0.0.1"},
        {"10.1.2.3", "10.99.0.1"},
        {"10.1.2.4", "10.99.0.2"},
        {"172.20.1.1", "172.16.0.1"},
        {"192.168.178.20", "192.168.0.1"},
        {"100.100.1.1", "100.64.0.1"},
        {"169.254.9.9", "169.254.0.1"},
        {"8.8.8.8", "203.0.113.1"},
        {"9.9.9.9", "203.0.113.2"},
        {"8.8.8.8", "203.0.113.1"}, /* the same again */
        {"10.1.2.4", "10.99.0.2"},
        {"fe80::1234", "fe80::1"},
        {"fdab::1", "fd00::1"},
        {"2a00:1450:4001::5", "2001:db8::1"},
        {"2a00:1450:4001::6", "2001:db8::2"},
        {"::ffff:8.8.8.8", "::ffff:203.0.113.1"}, /* the same host */
    };
    struct redaction *redaction = redaction_new();
    (void)state;
    assert_non_null(redaction);
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++)
        assert_string_equal(event_text(redaction, CASES[i].from), CASES[i].to);
    redaction_free(redaction);
}

/* Beyond the networks of documentation there are others: still one to one. */
static void many_public_addresses_stay_apart(void **state)
{
    enum { COUNT = 2000 };
    static struct addr seen[COUNT];
    struct redaction *redaction = redaction_new();
    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct event event = {.kind = EVENT_OPEN, .tuple = {.family = FAMILY_INET}};
        event.tuple.remote = (struct addr){{45, (uint8_t)(i >> 8), (uint8_t)i, 1}};
        redact_event(redaction, &event);
        seen[i] = event.tuple.remote;
        for (uint32_t before = 0; before < i; before++)
            if (addr_compare(&seen[before], &seen[i]) == 0)
                fail_msg("the %u. and the %u. are the same", before, i);
    }
    redaction_free(redaction);
}

static void a_frame_has_no_true_names(void **state)
{
    struct redaction *redaction = redaction_new();
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    (void)state;
    struct conn *conn = frame_add_conn(frame);
    conn->uid = 1234;
    conn->tuple.family = FAMILY_INET;
    struct proc *proc = frame_add_proc(frame);
    *proc = (struct proc){.pid = 5,
                          .uid = 33,
                          .comm = "java",
                          .exe = "/home/ann/bin/java",
                          .command_line = "java -Dpassword=secret",
                          .title = "java: ann@192.0.2.7 idle"};
    struct group *group = frame_add_group(frame);
    *group = (struct group){1, "/a/user@1234.service", "user@1234.service", "docker:4f2a"};
    frame_add_user(frame, 0, "root");
    frame_add_user(frame, 33, "www-data");
    frame_add_user(frame, 1234, "ann");
    frame_add_interface(frame, 1, 1, "lo");
    frame_add_interface(frame, 1, 2, "wg-acme");
    struct frame_netns *netns = frame_add_netns(frame, 7);
    netns->name = "prod";
    netns->container = "podman:web";
    netns->pod = "cart";
    netns->pod_namespace = "shop";
    frame->host = "web1.example";

    struct frame *copy = frame_copy(pool, frame);
    assert_non_null(copy);
    assert_ptr_not_equal(copy->procs[0].title, frame->procs[0].title);
    redact_frame(redaction, copy);
    assert_string_equal(copy->host, "host1");
    assert_int_equal(copy->conns[0].uid, 1001);
    assert_string_equal(copy->procs[0].comm, "java");
    assert_string_equal(copy->procs[0].exe, "/…/java");
    assert_string_equal(copy->procs[0].command_line, "java …");
    assert_string_equal(copy->procs[0].title, "java …");
    assert_string_equal(copy->groups[0].unit, "unit1.service");
    assert_string_equal(copy->groups[0].container, "docker:container1");
    assert_string_equal(copy->groups[0].path, "/cgroup1");
    assert_int_equal(copy->user_count, 3);
    assert_string_equal(copy->users[0].name, "root");
    assert_int_equal(copy->users[1].uid, 101);
    assert_string_equal(copy->users[1].name, "system1");
    assert_int_equal(copy->users[2].uid, 1001);
    assert_string_equal(copy->users[2].name, "user1");
    assert_int_equal(copy->procs[0].uid, 101);
    assert_string_equal(copy->interfaces[0].name, "lo");
    assert_string_equal(copy->interfaces[1].name, "if1");
    assert_string_equal(copy->namespaces[0].name, "netns1");
    assert_string_equal(copy->namespaces[0].container, "podman:container2");
    assert_string_equal(copy->namespaces[0].pod, "pod1");
    assert_string_equal(copy->namespaces[0].pod_namespace, "namespace1");

    assert_string_equal(frame->host, "web1.example"); /* the frame itself is as it was */
    assert_string_equal(frame->users[2].name, "ann");
    assert_string_equal(frame->groups[0].unit, "user@1234.service");
    frame_release(copy);
    frame_release(frame);
    frame_pool_release(pool);
    redaction_free(redaction);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses_stay_in_their_class),
                                       cmocka_unit_test(many_public_addresses_stay_apart),
                                       cmocka_unit_test(a_frame_has_no_true_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
