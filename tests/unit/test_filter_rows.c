/* What a filter accepts: conditions on rows of one frame with every kind of owner, what is unknown,
 * and the kernel's bytecode against the evaluation here. */
#include "bytecode_machine.h"
#include "filter_rows.h"
#include "tuple.h"
#include "unit.h"

#include <stdio.h>

struct scene {
    struct frame_pool *pool;
    struct frame *frame;
    struct column_context context;
    struct lookup lookup;
};

/* Rows of the frame, by place. */
enum { SHARED, LISTENER, LAST, UNKNOWN, MAPPED, TIMED, GHOST, OPENED, ROW_COUNT };
#define ROW(name) (1u << (name))

static uint32_t add_proc(struct frame *frame, int32_t pid, const char *comm, const char *exe)
{
    struct proc *proc = frame_add_proc(frame);
    *proc = (struct proc){.pid = pid, .group = CONN_NO_INDEX, .uid = UINT32_MAX};
    proc->comm = frame_copy_text(frame, comm);
    proc->exe = frame_copy_text(frame, exe);
    proc->command_line = "";
    return frame->proc_count - 1;
}

static struct conn *add_row(struct frame *frame, enum tcp_state state, const char *local,
                            uint16_t local_port, const char *remote, uint16_t remote_port)
{
    struct conn *conn = frame_add_conn(frame);

    conn->serial = frame->live_count;
    conn->state = (uint8_t)state;
    unit_set_tuple(&conn->tuple, local, local_port, remote, remote_port);
    return conn;
}

/* Held by nginx and by a worker that was handed it; its socket's group is /web. */
static void add_shared(struct frame *frame)
{
    struct conn *conn = add_row(frame, STATE_ESTABLISHED, "10.0.0.5", 443, "192.168.1.20", 40000);
    struct group *group = frame_add_group(frame);

    *group = (struct group){77, "/web", "nginx.service", "docker:4f2a"};
    conn->owners = frame->owner_ref_count;
    conn->owner = add_proc(frame, 100, "nginx", "/usr/sbin/nginx");
    assert_int_equal(frame_add_owner_ref(frame, conn->owner), 0);
    assert_int_equal(frame_add_owner_ref(frame, add_proc(frame, 205, "worker", "/opt/worker")), 0);
    conn->owner_count = 2;
    conn->owner_word = OWNER_PROCESS;
    conn->group = 0;
    conn->cgroup_id = 77;
    conn->uid = 33;
    conn->cookie = 0x1f;
    conn->rtt_us = 60000;
    conn->retrans = 0;
    conn->sent_10s = 1000;
    conn->retrans_10s = 51;
    conn->known = KNOWN_CGROUP | KNOWN_UID | KNOWN_RTT | KNOWN_INFO | KNOWN_QUEUES | KNOWN_RATES |
                  KNOWN_BYTES_IN | KNOWN_BYTES_OUT;
    conn->receive_queue = 1500;
    conn_set_rates(conn, 2000000, 0);
}

static void add_rows(struct frame *frame)
{
    struct conn *conn;

    add_shared(frame);
    conn = add_row(frame, STATE_LISTEN, "::", 22, "::", 0);
    conn->known = KNOWN_UID | KNOWN_AUTOBOUND;
    conn->owner_word = OWNER_HIDDEN;
    conn = add_row(frame, STATE_FIN_WAIT_2, "10.1.2.3", 5432, "10.0.0.5", 8080);
    conn->owner = add_proc(frame, 300, "psql", "");
    conn->owner_word = OWNER_LAST;
    conn = add_row(frame, STATE_ESTABLISHED, "127.0.0.1", 80, "127.0.0.1", 40001);
    conn->detail = 0;
    conn->netns = 4026532100;
    frame_add_detail(frame)->has_mark = 1;
    frame->details[0].mark = 0x13;
    conn = add_row(frame, STATE_SYN_SENT, "::ffff:10.0.0.5", 40002, "::ffff:10.0.0.9", 443);
    conn->tuple.scope = 1;
    conn = add_row(frame, STATE_TIME_WAIT, "fe80::1", 40003, "2001:db8::7", 443);
    conn->tuple.scope = 2;
    conn = add_row(frame, STATE_DELETE_TCB, "10.0.0.5", 40004, "10.9.9.9", 25);
    conn->mark = MARK_CLOSED;
    conn->from = STATE_LAST_ACK;
    conn = add_row(frame, STATE_ESTABLISHED, "10.0.0.5", 40005, "10.9.9.9", 25);
    conn->mark = MARK_OPENED;
    conn = add_row(frame, STATE_CLOSE_WAIT, "10.0.0.5", 40006, "10.9.9.9", 25);
    conn->mark = MARK_CHANGED;
    conn->from = STATE_ESTABLISHED;
}

static const char *host_name(void *data, const struct addr *addr, uint8_t family)
{
    (void)data;
    return family == FAMILY_INET && addr->bytes[0] == 192 ? "Printer.example" : NULL;
}

static int make_scene(void **state)
{
    static struct scene scene;

    scene.pool = frame_pool_new();
    scene.frame = frame_new(scene.pool);
    add_rows(scene.frame);
    scene.frame->number = 1;
    assert_int_equal(frame_add_user(scene.frame, 33, "www-data"), 0);
    assert_int_equal(frame_add_user(scene.frame, 0, "root"), 0);
    assert_int_equal(frame_add_interface(scene.frame, 0, 1, "lo"), 0);
    assert_int_equal(frame_add_interface(scene.frame, 0, 2, "eth0"), 0);
    struct frame_netns *netns = frame_add_netns(scene.frame, 4026532100);
    netns->inode = netns->key;
    netns->kind = NETNS_KIND_POD;
    netns->name = "shop/web-1";
    netns->container = "docker:77aa";
    netns->pod = "web-1";
    scene.lookup = (struct lookup){.host = host_name};
    scene.context = (struct column_context){.frame = scene.frame, .lookup = &scene.lookup};
    *state = &scene;
    return 0;
}

static int free_scene(void **state)
{
    struct scene *scene = *state;

    frame_release(scene->frame);
    frame_pool_release(scene->pool);
    return 0;
}

static uint32_t accepted(const struct scene *scene, const char *text)
{
    struct filter *filter = NULL;
    struct filter_error error;
    uint32_t rows = 0;

    if (filter_parse(&filter, text, &ROW_NAMES, &error))
        fail_msg("\"%s\": %s", text, error.message);
    for (uint32_t i = 0; i < scene->frame->conn_count; i++)
        if (filter_accepts(filter, &scene->context, &scene->frame->conns[i]))
            rows |= 1u << i;
    filter_free(filter);
    return rows;
}

enum { CHANGED = ROW_COUNT };
#define ALL ((1u << (ROW_COUNT + 1)) - 1)

struct expectation {
    const char *text;
    uint32_t rows;
};

static const struct expectation EXPECTED[] = {
    {"", ALL},
    {"netns shop/*", ROW(UNKNOWN)},
    {"netns != host", ROW(UNKNOWN)}, /* of the others it is unknown */
    {"netns 4026532100", ROW(UNKNOWN)},
    {"pod web-1 netns_kind pod", ROW(UNKNOWN)},
    {"container docker:77*", ROW(UNKNOWN)}, /* of no process: that of its namespace */
    /* addresses */
    {"src 10.0.0.5", ROW(SHARED) | ROW(MAPPED) | ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"src ::ffff:10.0.0.5", ROW(MAPPED)},
    {"src 10.0.0.0/15",
     ROW(SHARED) | ROW(LAST) | ROW(MAPPED) | ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"dst 10.9.9.9:25 new", ROW(OPENED)},
    {"src fe80::/10", ROW(TIMED)},
    {"src [::]/0", ROW(LISTENER) | ROW(MAPPED) | ROW(TIMED)},
    {"src 0.0.0.0/0", ALL & ~(ROW(LISTENER) | ROW(TIMED))},
    {"src != 0.0.0.0/0", ROW(LISTENER) | ROW(TIMED)},
    {"host home", ROW(UNKNOWN)},
    {"host 10.0.0.9", ROW(MAPPED)},
    {"host != 10.0.0.5", ROW(LISTENER) | ROW(UNKNOWN) | ROW(TIMED)},
    {"src inet6:*", ROW(LISTENER) | ROW(MAPPED) | ROW(TIMED)},
    {"dport 443 or src inet:*:80", ROW(UNKNOWN)}, /* as in ss: the whole filter is narrowed */
    /* ports */
    {"port 443", ROW(SHARED) | ROW(MAPPED) | ROW(TIMED)},
    {"port != 443 sport < 1000", ROW(LISTENER) | ROW(UNKNOWN)},
    {"not port 443 sport < 1000", ROW(LISTENER) | ROW(UNKNOWN)},
    {"dport 0", ROW(LISTENER)},
    {"sport >= 40003 sport <= 40004", ROW(TIMED) | ROW(GHOST)},
    {"sport gt 40003 sport lt 40005", ROW(GHOST)},
    /* one port between two limits, not one for each */
    {"port >= 400 and port <= 500", ROW(SHARED) | ROW(MAPPED) | ROW(TIMED)},
    {"port >= 100 port <= 400", 0},
    {"port <= 5432 dst 10.0.0.0/8 port > 5431", ROW(LAST)},
    {"not ( port > 23 and port < 50000 )", ROW(LISTENER)},
    {"port > 90 and ( port < 50 or port = 80 )",
     ROW(UNKNOWN) | ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"port > 100 port < 500 and port > 40002 port < 40004", ROW(TIMED)},
    {"port >= 400 and port <= 500 and sport < 1000", ROW(SHARED)},
    /* precedence: ( a or b ) and c */
    {"sport 443 or dport 443 and src fe80::1", ROW(TIMED)},
    {"sport 443 or ( dport 443 and src fe80::1 )", ROW(SHARED) | ROW(TIMED)},
    /* states; a row that has just left is what it was, too */
    {"state listening", ROW(LISTENER)},
    {"state last-ack", ROW(GHOST)},
    {"( state last-ack )", ROW(GHOST)},
    {"state delete-tcb", ROW(GHOST)},
    {"state bucket", ROW(TIMED)},
    {"exclude established exclude listening exclude last-ack exclude delete-tcb",
     ROW(LAST) | ROW(MAPPED) | ROW(TIMED) | ROW(CHANGED)},
    {"dport 25 and state = established", ROW(OPENED)},
    {"dport 25 exclude established", ROW(GHOST) | ROW(CHANGED)},
    /* ss's others: != is not = */
    {"dev lo", ROW(MAPPED)},
    {"dev = 2", ROW(TIMED)},
    {"not dev lo dev != eth0 sport > 1000 dport 25", ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"cgroup /web", ROW(SHARED)},
    {"cgroup != /web sport 22", ROW(LISTENER)},
    {"fwmark 0x13", ROW(UNKNOWN)},
    {"fwmark 0x3/0xf", ROW(UNKNOWN)},
    {"fwmark != 0x13 sport 22", ROW(LISTENER)},
    {"fwmark 0x1/0xf", 0},
    {"autobound", ROW(LISTENER)},
    /* every process that holds it */
    {"pid 100", ROW(SHARED)},
    {"pid 205", ROW(SHARED)},
    {"pid > 200", ROW(SHARED)},
    {"pid != 205", 0},
    {"pid != 1", ROW(SHARED)},
    {"pid 300", 0}, /* held it before, holds nothing now */
    {"proc worker", ROW(SHARED)},
    {"proc NGINX", ROW(SHARED)},
    {"proc psql", ROW(LAST)},
    {"proc != worker", ROW(LAST)},
    {"proc != nothing", ROW(SHARED) | ROW(LAST)},
    {"exe /opt/*", ROW(SHARED)},
    {"exe /sbin/", ROW(SHARED)}, /* a regex */
    {"exe nginx", 0},
    {"proc ?ork*r", ROW(SHARED)},
    {"proc \"ngin*\"", 0},
    {"proc /^(psql|nginx)$/", ROW(SHARED) | ROW(LAST)},
    {"owners > 1", ROW(SHARED)},
    {"owner hidden", ROW(LISTENER)},
    {"owner last", ROW(LAST)},
    {"user www-data", ROW(SHARED)},
    {"user root", ROW(LISTENER)},
    {"user 33", ROW(SHARED)},
    {"uid 0", ROW(LISTENER)},
    {"unit nginx.*", ROW(SHARED)},
    {"container docker:*", ROW(SHARED) | ROW(UNKNOWN)},
    {"cookie 1f", ROW(SHARED)},
    {"family inet6", ROW(LISTENER) | ROW(MAPPED) | ROW(TIMED)},
    {"local 10.1.*", ROW(LAST)},
    /* numbers with units; what is unknown satisfies no comparison, and not negates that */
    {"rtt > 50ms", ROW(SHARED)},
    {"rtt = 60000us", ROW(SHARED)},
    {"rtt <= 0.06s", ROW(SHARED)},
    {"rtt < 1d", ROW(SHARED)},
    {"not rtt > 50ms", ALL & ~ROW(SHARED)},
    {"rtt != 1ms", ROW(SHARED)},
    {"retrans = 0", ROW(SHARED)},
    {"retrans_10s > 5", ROW(SHARED)},
    {"retrans_10s = 5.1%", ROW(SHARED)},
    {"retrans_10s > 5.1 or retrans_10s = 0", 0},
    {"recvq >= 1.5k", ROW(SHARED)},
    {"recvq >= 1.5KiB", 0},
    {"in > 1M", ROW(SHARED)},
    {"in > 2MB", 0},
    {"out = 0", ROW(SHARED)},
    /* marks and steps */
    {"new", ROW(OPENED)},
    {"changed", ROW(CHANGED)},
    {"gone", ROW(GHOST)},
    {"from established", ROW(CHANGED)},
    {"from last-ack to delete-tcb", ROW(GHOST)},
    {"to close-wait", ROW(CHANGED)},
    /* two columns compared: what is not known of one satisfies nothing */
    {"recvq > sendq", ROW(SHARED)},
    {"recvq<=sendq", 0},
    {"not recvq > sendq", ALL & ~ROW(SHARED)},
    {"in > out", ROW(SHARED)},

    /* counted */
    {"count(dport 25) > 2", ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"count(dport 25) > 3", 0},
    {"count( dport 25 by state ) = 1", ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"count(raddr 10.9.9.9 by raddr) = 3 and state est", ROW(OPENED)},
    {"count(state est by pid) >= 1", ROW(SHARED)}, /* of the others the owner is unknown */
    {"not count(dport 25) > 2 and dport 25", 0},
    {"count(nginx or psql by proc) = 1", ROW(SHARED) | ROW(LAST)},
    {"count", 0}, /* a word like any other */

    /* bare words */
    {"nginx", ROW(SHARED)},
    {"WORKER", ROW(SHARED)},
    {"psq", ROW(LAST)},
    {"www", ROW(SHARED)},
    {"docker", ROW(SHARED)},
    {"printer", ROW(SHARED)},
    {"ssh", ROW(LISTENER)},
    {"https", ROW(SHARED) | ROW(MAPPED) | ROW(TIMED)},
    {"192.168", ROW(SHARED)},
    {"%eth0", ROW(TIMED)},
    {"2001:db8", ROW(TIMED)},
    {":25", ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"::", ROW(LISTENER) | ROW(MAPPED) | ROW(TIMED)},
    {"]:443", ROW(MAPPED) | ROW(TIMED)},
    {"db8::7", ROW(TIMED)},
    {"ffff:10.0.0", ROW(MAPPED)},
    {"10.9.9.9:25", ROW(GHOST) | ROW(OPENED) | ROW(CHANGED)},
    {"[2001:db8::7]:443", ROW(TIMED)},
    {"[::]:22", ROW(LISTENER)},
    {"27.0.0.1", ROW(UNKNOWN)},
    {"5432", ROW(LAST)},
    /* a number is a whole port or a pid, and part of nothing */
    {"4000", 0},
    {"40000", ROW(SHARED)},
    {":40000", ROW(SHARED)},
    {"205", ROW(SHARED)},
    {":205", 0},
    {"300", ROW(LAST)},
    {"192", 0},
    {"\"4000\"", ALL & ~(ROW(LISTENER) | ROW(LAST))},
    {"\"192\"", ROW(SHARED)},
    {"192.", ROW(SHARED)},
    {"10.9.9.9:2", 0},
    {"nothing-is-called-so", 0},
    {"LISTEN", ROW(LISTENER)},
    {"listening", 0},
    {"li", 0}, /* too short for a state */
};

static void conditions(void **state)
{
    for (size_t i = 0; i < UNIT_COUNT(EXPECTED); i++) {
        const uint32_t rows = accepted(*state, EXPECTED[i].text);
        if (rows != EXPECTED[i].rows)
            fail_msg("\"%s\" accepts 0x%03x, expected 0x%03x", EXPECTED[i].text, rows,
                     EXPECTED[i].rows);
    }
}

/* The ports of a bare word are counted out when it is parsed: against the plain search. */
static void a_number_is_found_in_ports(void **state)
{
    static const char *const WORDS[] = {"0",     "00", "80",   "443", "65535",
                                        "65536", "6",  "1000", "05"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(WORDS); i++) {
        const struct frame frame = {0};
        const struct column_context context = {.frame = &frame};
        struct filter *filter = NULL;
        char quoted[16];
        snprintf(quoted, sizeof quoted, "\"%s\"", WORDS[i]); /* without quotes it is one number */
        assert_int_equal(filter_parse(&filter, quoted, NULL, NULL), 0);
        for (unsigned port = 0; port <= UINT16_MAX; port++) {
            struct conn conn = row_make(1); /* :: to ::, in whose text there is no digit */
            char text[8];
            conn.tuple.local_port = (uint16_t)port;
            conn.tuple.remote_port = 0;
            snprintf(text, sizeof text, "%u", port);
            const bool found = port != 0 && strstr(text, WORDS[i]);
            if (filter_accepts(filter, &context, &conn) != found)
                fail_msg("\"%s\", port %u", WORDS[i], port);
        }
        filter_free(filter);
    }
}

static const char *const EXACT_TERMS[] = {
    "dst 10.0.0.0/8",
    "src 127.0.0.1",
    "src 0.0.0.0/0",
    "dst [::/0]",
    "dst [2001:db8::/32]",
    "dst fe80::1:443",
    "src [::1]:22",
    "host 10.0.0.5",
    "host home",
    "host :443",
    "dst :80",
    "src != 10.0.0.5",
    "host != 127.0.0.1",
    "dport 443",
    "sport > 80",
    "dport < 8080",
    "port >= 5432",
    "port != 443",
    "port <= 22",
    "port >= 23 and port <= 443",
    "( port < 5433 and port > 80 )",
    "sport != 80",
    "dev lo",
    "dev != eth0",
    "dst [::ffff:0:0/96]",
    "host != home",
    "src 10.1.2.3:80",
};
static const char *const OTHER_TERMS[] = {
    "state established", "new",         "rtt > 1s", "proc x", "autobound",
    "fwmark 1",          "cgroup /web", "22",       "dst *",
};

static void put_term(char *text, uint64_t *seed, bool only_exact)
{
    if (unit_random(seed) % 4 == 0)
        strcat(text, "not ");
    if (!only_exact && unit_random(seed) % 4 == 0)
        strcat(text, OTHER_TERMS[unit_random(seed) % UNIT_COUNT(OTHER_TERMS)]);
    else
        strcat(text, EXACT_TERMS[unit_random(seed) % UNIT_COUNT(EXACT_TERMS)]);
}

static void put_expression(char *text, uint64_t *seed, unsigned depth, bool only_exact)
{
    static const char *const JOINTS[] = {" and ", " or ", " "};
    const unsigned terms = 1 + (unsigned)(unit_random(seed) % 4);

    for (unsigned i = 0; i < terms; i++) {
        if (i)
            strcat(text, JOINTS[unit_random(seed) % 3]);
        if (depth && unit_random(seed) % 4 == 0) {
            strcat(text, unit_random(seed) % 2 ? "not ( " : "( ");
            put_expression(text, seed, depth - 1, only_exact);
            strcat(text, " )");
        } else {
            put_term(text, seed, only_exact);
        }
    }
}

static void check_bytecode(const char *text, uint64_t *seed, bool only_exact)
{
    const struct frame frame = {0};
    const struct column_context context = {.frame = &frame};
    struct filter *filter = NULL;
    struct filter_error error;
    struct buffer code;

    if (filter_parse(&filter, text, &ROW_NAMES, &error))
        fail_msg("\"%s\": %s", text, error.message);
    buffer_init(&code);
    assert_int_equal(filter_bytecode(filter, &code), 0);
    if (only_exact)
        assert_true(code.length > 0);
    if (!machine_audit(code.data, code.length))
        fail_msg("the kernel would refuse \"%s\"", text);
    for (unsigned i = 0; i < 60; i++) {
        const struct conn conn = row_make(unit_random(seed));
        if (conn_is_ghost(&conn) && tuple_lacks_remote_port(&conn.tuple))
            continue; /* an event's: the kernel has no such row */
        struct machine_socket socket = machine_socket_of(&conn);
        socket.port_locked = true;
        const bool here = filter_accepts(filter, &context, &conn);
        const bool there = machine_run(code.data, code.length, &socket);
        if (here && !there)
            fail_msg("the kernel would keep back a row of \"%s\"", text);
        if (only_exact && here != there)
            fail_msg("the kernel would let through a row not of \"%s\"", text);
    }
    buffer_done(&code);
    filter_free(filter);
}

static void the_kernel_says_the_same(void **state)
{
    uint64_t seed = 11;

    (void)state;
    for (unsigned round = 0; round < 6000; round++) {
        char text[4096] = "( "; /* a leading state would be a set */
        text[round % 2 ? sizeof "( " - 1 : 0] = '\0';
        put_expression(text, &seed, 3, round % 2 == 0);
        strcat(text, round % 2 ? " )" : "");
        check_bytecode(text, &seed, round % 2 == 0);
    }
}

static void what_the_kernel_cannot_say_is_not_pushed(void **state)
{
    static const char *const TEXTS[] = {"",
                                        "state established",
                                        "nginx",
                                        "rtt > 1s",
                                        "dport 1 or nginx",
                                        "not ( dport 1 nginx )",
                                        "dst *",
                                        "cgroup /web",
                                        "fwmark 1",
                                        "in > out",
                                        "dport 1 and count(dport 1) > 2"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(TEXTS); i++) {
        struct filter *filter = NULL;
        struct buffer code;
        assert_int_equal(filter_parse(&filter, TEXTS[i], &ROW_NAMES, NULL), 0);
        buffer_init(&code);
        assert_int_equal(filter_bytecode(filter, &code), 0);
        assert_int_equal(code.length, 0);
        buffer_done(&code);
        filter_free(filter);
    }
}

/* What the kernel leaves out could not be counted. */
static void all_rows_are_wanted_to_count(void **state)
{
    struct filter *filter = NULL;

    (void)state;
    assert_int_equal(
        filter_parse(&filter, "state est src inet:10.0.0.1 count(new) > 1", &ROW_NAMES, NULL), 0);
    assert_int_equal(filter_states(filter), STATE_ALL_BITS);
    assert_int_equal(filter_family(filter), 0);
    assert_false(filter_needs_dump_only(filter));
    assert_true(filter_needs_rows(filter));
    filter_free(filter);
    assert_int_equal(filter_parse(&filter, "count(rtt > 1ms by unit) > 1", &ROW_NAMES, NULL), 0);
    assert_true((filter_needs(filter) & NEED_GROUP) != 0);
    filter_free(filter);
}

static void the_bytecode_of_autobound(void **state)
{
    struct machine_socket socket = {.family = AF_INET, .port_locked = true};
    struct buffer code;

    (void)state;
    buffer_init(&code);
    filter_autobound_bytecode(&code);
    assert_true(machine_audit(code.data, code.length));
    assert_false(machine_run(code.data, code.length, &socket));
    socket.port_locked = false;
    assert_true(machine_run(code.data, code.length, &socket));
    buffer_done(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(a_number_is_found_in_ports),
        cmocka_unit_test(the_kernel_says_the_same),
        cmocka_unit_test(what_the_kernel_cannot_say_is_not_pushed),
        cmocka_unit_test(all_rows_are_wanted_to_count),
        cmocka_unit_test(the_bytecode_of_autobound),
    };
    return cmocka_run_group_tests(tests, make_scene, free_scene);
}
