/* columns[]: the table is whole, every getter leaves the unknown alone, and facts look on the
 * screen as SCREENS 1 draws them. */
#include "facts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

static void ids_and_keys_are_unique_and_lower_case(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < column_count; i++) {
        const struct column *column = &columns[i];

        for (const char *c = column->id; *c; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(column->id, columns[j].id);
            if (column->json && columns[j].json)
                assert_string_not_equal(column->json, columns[j].json);
        }
    }
}

static void table_rows_are_whole(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < column_count; i++) {
        const struct column *column = &columns[i];
        char member[COLUMN_MEMBER_MAX + 8];

        assert_non_null(column->title);
        assert_true(strlen(column->help) > 3);
        assert_true(column->value || column->fact.of || column->argument);
        assert_true(column->width >= column->min_width && column->min_width > 0);
        assert_true(column->type != TYPE_DURATION || column->unit_ns > 0);
        assert_ptr_equal(column_find(column->id, strlen(column->id)), column);
        if (!column->json)
            continue;
        snprintf(member, sizeof(member), ",\"%s\":", column->json);
        assert_int_equal(column->json_member_length, strlen(member));
        assert_memory_equal(column->json_member, member, strlen(member));
    }
}

/* json.c writes them in one piece, which begins with a comma and ends before the last column. */
static void columns_of_an_owner_follow_each_other(void **unused)
{
    unsigned pieces = 0;

    (void)unused;
    assert_false(columns[0].of_owner || columns[column_count - 1].of_owner);
    for (size_t i = 1; i < column_count; i++)
        pieces += columns[i].of_owner && !columns[i - 1].of_owner;
    assert_int_equal(pieces, 1);
}

static uint32_t needs(const char *id)
{
    return column_find(id, strlen(id))->needs;
}

static void facts_say_what_they_need(void **unused)
{
    (void)unused;
    assert_int_equal(needs("state"), NEED_NOTHING);
    assert_int_equal(needs("rtt"), NEED_NOTHING);
    assert_int_equal(needs("uid"), NEED_NOTHING);
    assert_int_equal(needs("pid"), NEED_OWNER);
    assert_int_equal(needs("exe"), NEED_OWNER | NEED_EXECUTABLE);
    assert_int_equal(needs("unit"), NEED_OWNER | NEED_GROUP);
    assert_int_equal(needs("min_rtt"), NEED_DETAIL);
    assert_int_equal(needs("congestion"), NEED_DETAIL);
    assert_int_equal(needs("remote"), NEED_HOST_NAME);
}

static void every_field_of_tcp_info_has_a_column(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < tcp_info_count; i++) {
        size_t found = 0;

        for (size_t j = 0; j < column_count; j++)
            found += columns[j].json && !strcmp(columns[j].json, TCP_INFO[i].json);
        /* that is the column state */
        assert_int_equal(found, strcmp(TCP_INFO[i].name, "state") != 0);
    }
}

static const char *const KNOWN_OF_BARE[] = {"state", "mib_state", "proto", "family",
                                            "local", "remote",    "laddr", "lport",
                                            "raddr", "rport",     "owner", "serial"};

static bool is_known_of_bare(const char *id)
{
    for (size_t i = 0; i < UNIT_COUNT(KNOWN_OF_BARE); i++) {
        if (!strcmp(KNOWN_OF_BARE[i], id))
            return true;
    }
    return false;
}

static void the_unknown_is_never_shown_as_zero(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);

    (void)unused;
    for (size_t i = 0; i < column_count; i++) {
        struct column_value value = {.number = 4711};
        bool known = column_get(&columns[i], &context, conn, &value);
        const char *text = facts_format(columns[i].id, &context, conn);

        if (known != is_known_of_bare(columns[i].id))
            fail_msg("%s is %s", columns[i].id, known ? "known" : "not known");
        if (!known) {
            assert_int_equal(value.number, 4711);
            assert_string_equal(text, strcmp(columns[i].id, "process") ? "" : "…");
        }
    }
    frame_release(frame);
}

static void every_fact_of_a_full_row_is_known(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);

    (void)unused;
    conn->mark = MARK_CHANGED;
    conn->from = STATE_SYN_SENT;
    struct frame_netns *netns = frame_add_netns(frame, conn->netns);
    netns->inode = conn->netns;
    netns->name = netns->pod = netns->pod_namespace = "web";
    netns->host = 1;
    assert_int_equal(frame_add_hosts(frame, 1), 0);
    frame->hosts[0].name = "web1";
    assert_int_equal(frame_add_host_user(frame, 1, 1000, "ann"), 0);
    for (size_t i = 0; i < column_count; i++) {
        struct column_value value;
        bool known = column_get(&columns[i], &context, conn, &value);
        bool is_for_others = !strcmp(columns[i].id, "accept_queue") ||
                             !strcmp(columns[i].id, "backlog") || !strcmp(columns[i].id, "owner");

        if (known == is_for_others)
            fail_msg("%s is %s", columns[i].id, known ? "known" : "not known");
    }
    frame_release(frame);
}

/* One whose inode cannot be read has a key nevertheless, which is meaningless elsewhere. */
static void a_namespace_may_be_without_a_number(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);
    struct column_value value;

    (void)unused;
    assert_true(column_get(column_find("netns", 5), &context, conn, &value));
    struct frame_netns *netns = frame_add_netns(frame, conn->netns);
    assert_false(column_get(column_find("netns", 5), &context, conn, &value));
    assert_false(column_get(column_find("netns_name", 10), &context, conn, &value));
    netns->name = "web";
    assert_string_equal(facts_format("netns", &context, conn), "web");
    assert_true(column_get(column_find("netns_name", 10), &context, conn, &value));
    netns->inode = 4026532401; /* its number in place of a name */
    netns->name = "4026532401";
    assert_false(column_get(column_find("netns_name", 10), &context, conn, &value));
    frame_release(frame);
}

static void facts_look_as_drawn(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);

    (void)unused;
    assert_string_equal(facts_format("state", &context, conn), "ESTAB");
    assert_string_equal(facts_format("local", &context, conn), "10.0.0.5:52344");
    assert_string_equal(facts_format("remote", &context, conn), "140.82.121.5:443");
    assert_string_equal(facts_format("process", &context, conn), "java [docker:4f2a91c03b7e]");
    assert_string_equal(facts_format("pid", &context, conn), "2210");
    assert_string_equal(facts_format("user", &context, conn), "ann");
    assert_string_equal(facts_format("age", &context, conn), "0:02");
    assert_string_equal(facts_format("in", &context, conn), "1.2M");
    assert_string_equal(facts_format("out", &context, conn), "30k");
    assert_string_equal(facts_format("rtt", &context, conn), "12ms");
    assert_string_equal(facts_format("retrans", &context, conn), "1");
    assert_string_equal(facts_format("retrans_10s", &context, conn), "5.1 %");
    assert_string_equal(facts_format("cookie", &context, conn), "4f21");
    assert_string_equal(facts_format("inode", &context, conn), "88123");
    assert_string_equal(facts_format("offload", &context, conn), "tls-hw rx+tx");
    assert_string_equal(facts_format("owners", &context, conn), "java 2210");
    assert_string_equal(facts_format("out_bytes", &context, conn), "2.0k");
    frame_release(frame);
}

static const char *service(void *data, uint16_t port)
{
    (void)data;
    return port == 443 ? "https" : NULL;
}

static const char *host(void *data, const struct addr *addr, uint8_t family)
{
    (void)data;
    (void)family;
    return addr->bytes[0] == 140 ? "lb-140-82-121-5" : NULL;
}

static void names_from_outside_are_used(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);
    struct lookup lookup = {.service = service};

    (void)unused;
    context.lookup = &lookup;
    assert_string_equal(facts_format("remote", &context, conn), "140.82.121.5:https");
    assert_string_equal(facts_format("rport", &context, conn), "https");
    lookup.host = host;
    assert_string_equal(facts_format("remote", &context, conn), "lb-140-82-121-5:https");
    frame_release(frame);
}

static void a_listener_has_no_remote_and_other_queues(void **unused)
{
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "nginx");
    struct column_context context = facts_context(frame);
    struct column_value value;

    (void)unused;
    conn->state = STATE_LISTEN;
    conn->receive_queue = 3;
    conn->send_queue = 511;
    conn->tuple.remote_port = 0;
    conn->tuple.remote = (struct addr){{0}};
    assert_string_equal(facts_format("remote", &context, conn), "*");
    assert_string_equal(facts_format("raddr", &context, conn), "");
    assert_string_equal(facts_format("rport", &context, conn), "");
    /* as in ss, but only to the eye: as facts of the row they are no bytes */
    assert_false(column_get(column_find("recvq", 5), &context, conn, &value));
    assert_false(column_get(column_find("sendq", 5), &context, conn, &value));
    assert_string_equal(facts_format("recvq", &context, conn), "3");
    assert_string_equal(facts_format("sendq", &context, conn), "511");
    assert_string_equal(facts_format("accept_queue", &context, conn), "3");
    assert_string_equal(facts_format("backlog", &context, conn), "511");
    assert_string_equal(facts_format("rto", &context, conn), "");
    frame_release(frame);
}

static void words_stand_in_place_of_an_owner(void **unused)
{
    static const struct {
        uint8_t word;
        const char *process, *pid;
    } cases[] = {{OWNER_UNKNOWN, "…", ""},
                 {OWNER_HIDDEN, "hidden", ""},
                 {OWNER_NONE, "none", ""},
                 {OWNER_LAST, "was nginx", "–"},
                 {OWNER_LISTENER, "for nginx", "–"}};
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "nginx");
    struct column_context context = facts_context(frame);

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        conn->owner_word = cases[i].word;
        assert_string_equal(facts_format("process", &context, conn), cases[i].process);
        assert_string_equal(facts_format("pid", &context, conn), cases[i].pid);
    }
    context.ascii = true;
    conn->owner_word = OWNER_UNKNOWN;
    assert_string_equal(facts_format("process", &context, conn), "...");
    frame_release(frame);
}

static void a_unit_is_shown_when_it_says_more(void **unused)
{
    static const struct {
        const char *comm, *unit, *shown;
    } cases[] = {
        {"java", "web.service", "java [web]"}, {"sshd", "ssh.service", "sshd"},
        {"nginx", "nginx.service", "nginx"},   {"firefox", "app-gnome-firefox-1.scope", "firefox"},
        {"bash", "session-3.scope", "bash"},   {"bash", "user@1000.service", "bash"},
        {"systemd", "init.scope", "systemd"},  {"python3", "", "python3"}};
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "");
    struct column_context context = facts_context(frame);

    (void)unused;
    frame->groups[conn->group].container = "";
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        frame->procs[conn->owner].comm = cases[i].comm;
        frame->groups[conn->group].unit = cases[i].unit;
        assert_string_equal(facts_format("process", &context, conn), cases[i].shown);
    }
    frame_release(frame);
}

static void an_age_says_how_sure_it_is(void **unused)
{
    static const int64_t s = 1000000000;
    static const struct {
        uint32_t known;
        int64_t least_s, most_s;
        const char *shown;
    } cases[] = {
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 751, 751, "12:31"},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 751, 800, "~12:31"},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 751, 2000, ">12:31"},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 0, 41, "<0:41"},
        {KNOWN_CREATED_MAX, 751, 0, ">12:31"},
        {KNOWN_CREATED_MAX, 3 * 86400 + 4 * 3600, 0, ">3d 4h"},
        {KNOWN_CREATED_MAX, 5 * 86400 + 18 * 3600, 0, ">5d"}, /* in six cells: less, not cut */
        {KNOWN_CREATED_MIN, 0, 5 * 86400 + 18 * 3600, "<6d"},
        {KNOWN_CREATED_MIN, 0, 9 * 86400 + 18 * 3600, "<10d"},
        {KNOWN_CREATED_MIN | KNOWN_CREATED_MAX, 5 * 86400 + 18 * 3600, 5 * 86400 + 18 * 3600,
         "5d 18h"},
        {KNOWN_CREATED_MIN, 0, 751, "<12:31"},
        {KNOWN_CREATED_MAX, 0, 0, ""},
        {0, 751, 751, ""},
    };
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_bare(frame);
    struct column_context context = facts_context(frame);

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        conn->known = cases[i].known;
        conn->created_max_ns = FACTS_NOW_NS - cases[i].least_s * s;
        conn->created_min_ns = FACTS_NOW_NS - cases[i].most_s * s;
        assert_string_equal(facts_format("age", &context, conn), cases[i].shown);
    }
    frame_release(frame);
}

static void lists_are_parsed_and_refused(void **unused)
{
    uint16_t list[4];
    size_t count = 0;
    const char *bad = NULL;

    (void)unused;
    assert_int_equal(columns_parse("state,RTT,rtt_us", list, 4, &count, &bad), 0);
    assert_int_equal(count, 3);
    assert_string_equal(columns[list[1]].id, "rtt");
    assert_string_equal(columns[list[2]].id, "rtt");
    assert_int_equal(columns_parse("state,rrt", list, 4, &count, &bad), -EINVAL);
    assert_string_equal(bad, "rrt");
    assert_int_equal(count, 3);
    assert_int_equal(columns_parse("", list, 4, &count, &bad), -EINVAL);
    assert_int_equal(columns_parse("state,", list, 4, &count, &bad), -EINVAL);
    assert_int_equal(columns_parse("pid,pid,pid,pid,pid", list, 4, &count, &bad), -EINVAL);
}

static void default_lists_are_columns(void **unused)
{
    uint16_t list[COLUMN_LIST_MAX], parts[COLUMN_LIST_MAX];
    size_t count, part_count;
    const char *bad;

    (void)unused;
    assert_int_equal(columns_parse(COLUMNS_SCREEN, list, COLUMN_LIST_MAX, &count, &bad), 0);
    assert_int_equal(columns_parse(COLUMNS_LIST, list, COLUMN_LIST_MAX, &count, &bad), 0);
    assert_int_equal(columns_expand(list, count, parts, COLUMN_LIST_MAX, &part_count), 0);
    for (size_t i = 0; i < part_count; i++)
        assert_non_null(columns[parts[i]].json);
}

static void near_words_are_suggested(void **unused)
{
    char near[96];

    (void)unused;
    column_suggest("rrt", near, sizeof(near));
    assert_non_null(strstr(near, "rtt"));
    column_suggest("locl", near, sizeof(near));
    assert_non_null(strstr(near, "local"));
    column_suggest("zzzzzzzzz", near, sizeof(near));
    assert_string_equal(near, "");
}

static void sort_keys_follow_the_values(void **unused)
{
    static const uint32_t rtts[] = {1, 12100, 4000000000u};
    struct frame *frame = facts_new_frame();
    struct conn *conn = facts_add_full(frame, "java");
    struct column_context context = facts_context(frame);
    const struct column *rtt = column_find("rtt", 3);
    uint64_t key = 0, previous = 0;

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(rtts); i++) {
        conn->rtt_us = rtts[i];
        assert_true(column_sort_key(rtt, &context, conn, &key));
        assert_true(key > previous);
        previous = key;
    }
    conn->known &= ~(uint32_t)KNOWN_RTT;
    assert_false(column_sort_key(rtt, &context, conn, &key));
    frame_release(frame);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_ends(const struct tuple *a, const struct tuple *b)
{
    const int bytes = addr_compare(&a->remote, &b->remote);

    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (bytes)
        return bytes < 0 ? -1 : 1;
    return compare_numbers(a->remote_port, b->remote_port);
}

/* Keys never contradict the order of bytes, and where they are whole they say all of it. */
static void ends_sort_by_family_bytes_and_port(void **unused)
{
    static const struct tuple tuples[] = {
        {.family = FAMILY_INET, .remote = {{1, 2, 3, 4}}, .remote_port = 80},
        {.family = FAMILY_INET, .remote = {{1, 2, 3, 4}}, .remote_port = 65535},
        {.family = FAMILY_INET, .remote = {{1, 2, 3, 5}}, .remote_port = 1},
        {.family = FAMILY_INET, .remote = {{255, 255, 255, 255}}, .remote_port = 9},
        {.family = FAMILY_INET6, .remote = {{[15] = 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[15] = 1}}, .remote_port = 81},
        {.family = FAMILY_INET6, .remote = {{[12] = 255, 255, 255, 255}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[11] = 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[10] = 0xff, 0xfe, 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[10] = 0xff, 0xff, 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[10] = 0xff, 0xff, 1}}, .remote_port = 90},
        {.family = FAMILY_INET6, .remote = {{[10] = 0xff, 0xff, 255}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{[9] = 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{0x20, 1, [15] = 1}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{0x20, 1, [15] = 2}}, .remote_port = 80},
        {.family = FAMILY_INET6, .remote = {{0xff, 2, [15] = 2}}, .remote_port = 80},
    };
    struct frame *frame = facts_new_frame();
    struct column_context context = facts_context(frame);
    const struct column *remote = column_find("remote", 6);

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(tuples); i++)
        for (size_t j = 0; j < UNIT_COUNT(tuples); j++) {
            const struct conn a = {.tuple = tuples[i]}, b = {.tuple = tuples[j]};
            const int expected = compare_ends(&a.tuple, &b.tuple);
            uint64_t key_a, key_b;
            assert_true(column_sort_key(remote, &context, &a, &key_a));
            assert_true(column_sort_key(remote, &context, &b, &key_b));
            const int order = compare_numbers(key_a, key_b);
            assert_true(order == 0 || order == expected);
            if (order == 0 && column_key_is_whole(remote, key_a))
                assert_int_equal(expected, 0);
            if (order == 0)
                assert_true(column_compare(remote, &context, &a, &b) * expected > 0 || i == j);
        }
    frame_release(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_keys_are_unique_and_lower_case),
        cmocka_unit_test(table_rows_are_whole),
        cmocka_unit_test(columns_of_an_owner_follow_each_other),
        cmocka_unit_test(facts_say_what_they_need),
        cmocka_unit_test(every_field_of_tcp_info_has_a_column),
        cmocka_unit_test(the_unknown_is_never_shown_as_zero),
        cmocka_unit_test(every_fact_of_a_full_row_is_known),
        cmocka_unit_test(a_namespace_may_be_without_a_number),
        cmocka_unit_test(facts_look_as_drawn),
        cmocka_unit_test(names_from_outside_are_used),
        cmocka_unit_test(a_listener_has_no_remote_and_other_queues),
        cmocka_unit_test(words_stand_in_place_of_an_owner),
        cmocka_unit_test(a_unit_is_shown_when_it_says_more),
        cmocka_unit_test(an_age_says_how_sure_it_is),
        cmocka_unit_test(lists_are_parsed_and_refused),
        cmocka_unit_test(default_lists_are_columns),
        cmocka_unit_test(near_words_are_suggested),
        cmocka_unit_test(sort_keys_follow_the_values),
        cmocka_unit_test(ends_sort_by_family_bytes_and_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
