/* host_names against a name server of our own: bounds, expiry, and answers that are no names. */
#include "dns_stub.h"
#include "ui/host_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_NS 1000000000LL

struct scene {
    int server;
    struct host_names *names;
};

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    uint16_t port = 0;
    char servers[40];

    scene->server = dns_stub_open(&port);
    assert_true(scene->server >= 0);
    snprintf(servers, sizeof servers, "127.0.0.1:%u", port);
    assert_int_equal(host_names_new(&scene->names, servers), 0);
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;

    host_names_free(scene->names);
    close(scene->server);
    free(scene);
    return 0;
}

static struct addr test_net(unsigned n)
{
    return (struct addr){{198, (uint8_t)(18 + (n >> 16 & 1)), (uint8_t)(n >> 8), (uint8_t)n}};
}

static const char *find(struct scene *scene, unsigned n)
{
    struct addr addr = test_net(n);
    return host_names_find(scene->names, &addr, FAMILY_INET, clock_ns());
}

static void pump(struct scene *scene)
{
    struct pollfd waits[HOST_NAMES_DESCRIPTORS];
    int timeout_ms = 20;
    size_t count = host_names_descriptors(scene->names, waits, &timeout_ms);
    int ready = poll(waits, count, timeout_ms);
    host_names_pump(scene->names, waits, ready > 0 ? count : 0, clock_ns());
}

static void wait_idle(struct scene *scene)
{
    int64_t deadline = clock_ns() + 10 * SECOND_NS;

    while (host_names_counts(scene->names).under_way > 0 && clock_ns() < deadline)
        pump(scene);
    assert_int_equal(host_names_counts(scene->names).under_way, 0);
}

static void read_question(struct scene *scene, struct dns_question *question)
{
    int64_t deadline = clock_ns() + 5 * SECOND_NS;

    while (!dns_stub_read(scene->server, question)) {
        assert_true(clock_ns() < deadline);
        pump(scene);
    }
}

static void test_name_comes_after_being_asked_for(void **state)
{
    struct scene *scene = *state;
    struct dns_question question;

    assert_false(dns_stub_read(scene->server, &question)); /* nothing is sent before */
    assert_null(find(scene, 5));
    assert_null(find(scene, 5));
    read_question(scene, &question);
    assert_string_equal(question.name, "5.0.18.198.in-addr.arpa");
    dns_stub_answer_name(scene->server, &question, "lb-5.example.net");
    wait_idle(scene);
    assert_string_equal(find(scene, 5), "lb-5.example.net");
    assert_int_equal(host_names_counts(scene->names).asked, 1);
}

static void test_mapped_address_is_asked_as_ipv4(void **state)
{
    struct scene *scene = *state;
    struct dns_question question;
    struct addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 198, 18, 0, 9}};

    host_names_find(scene->names, &addr, FAMILY_INET6, clock_ns());
    read_question(scene, &question);
    assert_string_equal(question.name, "9.0.18.198.in-addr.arpa");
}

static void test_no_name_is_remembered_for_a_while(void **state)
{
    struct scene *scene = *state;
    struct dns_question question;
    struct addr addr = test_net(7);
    int64_t now = clock_ns();

    assert_null(find(scene, 7));
    read_question(scene, &question);
    dns_stub_answer(scene->server, &question, NULL, 0);
    wait_idle(scene);
    assert_null(host_names_find(scene->names, &addr, FAMILY_INET, now + 30 * SECOND_NS));
    assert_int_equal(host_names_counts(scene->names).asked, 1);
    assert_null(host_names_find(scene->names, &addr, FAMILY_INET, now + 3600 * SECOND_NS));
    assert_int_equal(host_names_counts(scene->names).asked, 2);
}

static void test_silence_bounds_what_is_under_way(void **state)
{
    struct scene *scene = *state;

    for (unsigned n = 0; n < 20000; n++)
        assert_null(find(scene, n));
    assert_int_equal(host_names_counts(scene->names).under_way, 32);
    assert_int_equal(host_names_counts(scene->names).asked, 32);
    /* and ending with all of them under way does not wait: the teardown */
}

static void test_cache_is_bounded_and_gives_way(void **state)
{
    struct scene *scene = *state;
    struct addr addr;
    int64_t now = clock_ns();

    host_names_free(scene->names); /* a server that cannot be reached answers at once */
    assert_int_equal(host_names_new(&scene->names, "127.0.0.1:1"), 0);
    for (unsigned n = 0; n < 20000; n++) {
        addr = test_net(n);
        host_names_find(scene->names, &addr, FAMILY_INET, now);
        if (host_names_counts(scene->names).under_way == 32)
            wait_idle(scene);
    }
    uint64_t asked = host_names_counts(scene->names).asked;
    assert_true(asked <= 4096);
    wait_idle(scene);
    now = clock_ns() + 11 * SECOND_NS;
    for (unsigned n = 100000; n < 100010; n++) {
        addr = test_net(n);
        host_names_find(scene->names, &addr, FAMILY_INET, now);
    }
    assert_int_equal(host_names_counts(scene->names).asked, asked + 10);
}

static void test_hostile_answers_are_no_names(void **state)
{
    static const struct {
        const char *labels;
        size_t size;
    } HOSTILE[] = {
        {"\x0a"
         "a\x1b[31mevil",
         11},
        {"\x05"
         "a\x00"
         "bcd",
         6},
        {"\x05"
         "a b.c",
         6},
        {"\x02"
         "10\x01"
         "0\x01"
         "0\x01"
         "5",
         9},
        {"\x06"
         "\xe2\x80\xae"
         "abc",
         7},
        {"\x05"
         "-rfff",
         6},
        {"\x04"
         "a:22",
         5},
        {"\xc0\x0c\x01", 3}, /* a pointer into the question, then rubbish */
        {"\x3f", 1},         /* a label longer than the message */
    };
    struct scene *scene = *state;
    struct dns_question question;

    for (unsigned n = 0; n < sizeof HOSTILE / sizeof *HOSTILE; n++) {
        find(scene, n);
        read_question(scene, &question);
        dns_stub_answer(scene->server, &question, HOSTILE[n].labels, HOSTILE[n].size);
        wait_idle(scene);
        const char *name = find(scene, n);
        if (name)
            assert_true(host_name_is_sound(name));
        if (n < 7)
            assert_null(name);
        while (dns_stub_read(scene->server, &question)) /* what was asked again */
            continue;
    }
}

static void test_soundness(void **state)
{
    char label[300];

    (void)state;
    assert_true(host_name_is_sound("lb-140-82-121-5.github.com"));
    assert_true(host_name_is_sound("_x.example.net"));
    assert_true(host_name_is_sound("1e100.net"));
    assert_false(host_name_is_sound(""));
    assert_false(host_name_is_sound("10.0.0.5"));
    assert_false(host_name_is_sound("a..b"));
    assert_false(host_name_is_sound(".a"));
    assert_false(host_name_is_sound("a b"));
    assert_false(host_name_is_sound("caf\xc3\xa9.example"));
    memset(label, 'a', sizeof label);
    label[254] = '\0';
    assert_false(host_name_is_sound(label));
    label[253] = '\0';
    assert_true(host_name_is_sound(label));
}

static void test_what_has_no_name_is_not_asked_for(void **state)
{
    struct scene *scene = *state;
    struct addr any = {{0}}, link_local = {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

    assert_null(host_names_find(scene->names, &any, FAMILY_INET, clock_ns()));
    assert_null(host_names_find(scene->names, &link_local, FAMILY_INET6, clock_ns()));
    assert_int_equal(host_names_counts(scene->names).asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_name_comes_after_being_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(test_mapped_address_is_asked_as_ipv4, begin, end),
        cmocka_unit_test_setup_teardown(test_no_name_is_remembered_for_a_while, begin, end),
        cmocka_unit_test_setup_teardown(test_silence_bounds_what_is_under_way, begin, end),
        cmocka_unit_test_setup_teardown(test_cache_is_bounded_and_gives_way, begin, end),
        cmocka_unit_test_setup_teardown(test_hostile_answers_are_no_names, begin, end),
        cmocka_unit_test_setup_teardown(test_what_has_no_name_is_not_asked_for, begin, end),
        cmocka_unit_test(test_soundness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
