/* The filter language: what is understood, how it is printed again, and what is said of what is
 * not. What a filter accepts is tested in test_filter_rows.c. */
#include "core/filter/filter.h"
#include "filter_rows.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *print_of(const struct filter *filter)
{
    struct buffer out;

    buffer_init(&out);
    filter_print(filter, &out);
    buffer_char(&out, '\0');
    assert_int_equal(out.failed, 0);
    return out.data;
}

static struct filter *parse(const char *text)
{
    struct filter *filter = NULL;
    struct filter_error error = {0};
    const int result = filter_parse(&filter, text, &ROW_NAMES, &error);

    if (result)
        fail_msg("\"%s\": %s (column %zu)", text, error.message, error.column);
    return filter;
}

static void check_print(const char *text, const char *expected)
{
    struct filter *filter = parse(text);
    char *printed = print_of(filter);

    if (strcmp(printed, expected) != 0)
        fail_msg("\"%s\" prints \"%s\", not \"%s\"", text, printed, expected);
    struct filter *again = parse(printed);
    assert_true(filter_equal(filter, again));
    free(printed);
    filter_free(again);
    filter_free(filter);
}

struct printed {
    const char *text, *canonical;
};

static const struct printed PRINTED[] = {
    {"accept_queue>backlog", "accept_queue > backlog"},
    {"count(state close-wait by pid)>10 port 443",
     "count( state = close-wait by pid ) > 10 and port = :443"},
    {"", ""},
    {"   \t", ""},
    /* equal precedence, grouped to the left */
    {"port >= 5 port < 9", "port >= :5 and port < :9"},
    {"port < 9 and dport 2 and port > 5", "( port < :9 and port > :5 ) and dport = :2"},
    {"not (port >= 5 and port <= 9)", "not ( port >= :5 and port <= :9 )"},
    {"port >= 5 or port <= 9", "port >= :5 or port <= :9"},
    {"sport >= 5 and port <= 9", "sport >= :5 and port <= :9"},
    {"port 1 or port 2 and port 3", "( port = :1 or port = :2 ) and port = :3"},
    {"port 1 and port 2 or port 3", "( port = :1 and port = :2 ) or port = :3"},
    {"port 1 or ( port 2 and port 3 )", "port = :1 or ( port = :2 and port = :3 )"},
    {"port 1 port 2 or port 3 port 4",
     "( ( port = :1 and port = :2 ) or port = :3 ) and port = :4"},
    {"not port 1 and port 2", "not port = :1 and port = :2"},
    {"not ( port 1 and port 2 )", "not ( port = :1 and port = :2 )"},
    {"not not port 1", "not not port = :1"},
    {"!(port 1)", "not port = :1"},
    {"port 1 & port 2 && port 3 | port 4 || port 5",
     "( port = :1 and port = :2 and port = :3 ) or port = :4 or port = :5"},
    /* operators in all spellings */
    {"dport eq 22 dport == 22 dport = 22", "dport = :22 and dport = :22 and dport = :22"},
    {"sport ne 22 sport neq 22 sport != 22", "sport != :22 and sport != :22 and sport != :22"},
    {"sport lt 22 sport < 22", "sport < :22 and sport < :22"},
    {"sport le 22 sport leq 22 sport <= 22", "sport <= :22 and sport <= :22 and sport <= :22"},
    {"sport gt 22 sport > 22", "sport > :22 and sport > :22"},
    {"sport ge 22 sport geq 22 sport >= 22", "sport >= :22 and sport >= :22 and sport >= :22"},
    {"sport>=22", "sport >= :22"},
    /* ports */
    {"dport https", "dport = :443"},
    {"dport :ssh", "dport = :22"},
    {"dport 0x1bb", "dport = :443"},
    {"dport *:80", "dport = :80"},
    {"lport 80 rport 80", "sport = :80 and dport = :80"},
    {"sport = inet6:80", "sport = inet6::80"},
    /* hosts */
    {"dst 10.0.0.0/8", "dst = 10.0.0.0/8"},
    {"dst 10.1/16", "dst = 10.1.0.0/16"},
    {"src 10", "src = 10.0.0.0/32"},
    {"dst 10.0.0.1:https", "dst = 10.0.0.1/32:443"},
    {"dst 10.0.0.0/8:443", "dst = 10.0.0.0/8:443"},
    {"dst :443", "dst = *:443"},
    {"dst *:443", "dst = *:443"},
    {"dst *:*", "dst = *"},
    {"dst [::1]", "dst = [::1/128]"},
    {"dst [::1]:443", "dst = [::1/128]:443"},
    {"dst [2001:db8::/32]:443", "dst = [2001:db8::/32]:443"},
    {"dst [2001:db8::]/32", "dst = [2001:db8::/32]"},
    {"dst 2001:db8::/32:443", "dst = [2001:db8::/32]:443"},
    {"dst ::1", "dst = [::1/128]"},
    {"dst fe80::1:443", "dst = [fe80::1/128]:443"}, /* as in ss: the last colon is the port's */
    {"dst 1:2:3:4:5:6:7:8", "dst = [1:2:3:4:5:6:7:8/128]"},
    {"src inet:*:80", "src = inet:*:80"},
    {"host home:80", "host = \"home:80\""},
    {"dst != 10.0.0.0/8", "dst != 10.0.0.0/8"},
    /* states */
    {"state established", "state ESTABLISHED"},
    {"state est state syn-recv", "state SYN-RECEIVED state ESTABLISHED"},
    {"state bucket", "state SYN-RECEIVED state TIME-WAIT"},
    {"exclude all", "exclude all"},
    {"state all", "state all"},
    {"state connected exclude time-wait exclude closing exclude last-ack exclude close-wait "
     "exclude syn-sent exclude syn-recv exclude fin-wait-1",
     "state ESTABLISHED state FIN-WAIT-2"},
    {"state established dport 22", "state ESTABLISHED dport = :22"},
    {"state established and dport 22 or sport 22",
     "state ESTABLISHED ( dport = :22 or sport = :22 )"},
    {"dport 22 state established", "dport = :22 and state = established"},
    {"dport 22 exclude est", "dport = :22 and state != est"},
    {"(state listen) or dport 22", "( state = listen or dport = :22 )"},
    {"state listening ( state big )", "state LISTEN ( state = big )"},
    /* other words of ss */
    {"dev lo dev != 7", "dev = \"lo\" and dev != \"7\""},
    {"fwmark = 0x10 fwmark 3/0xff", "fwmark = 0x10/0xffffffff and fwmark = 0x3/0xff"},
    {"cgroup /web", "cgroup = \"/web\""},
    {"autobound", "autobound"},
    /* columns */
    {"rtt > 50ms", "rtt > 50ms"},
    {"in>1M", "in > 1M"},
    {"pid 12 retrans>0", "pid = 12 and retrans > 0"},
    {"proc nginx", "proc = \"nginx\""},
    {"comm ngin*", "proc = ngin*"},
    {"exe = /^.usr.bin/", "exe = /^.usr.bin/"},
    {"exe /usr/bin/*", "exe = \\/usr/bin/*"},
    {"exe \"/a b/\"", "exe = \"/a b/\""},
    {"proc \\/a/\\ b?", "proc = \\/a/\\ b?"},
    {"user root", "user = \"root\""},
    {"user 1000", "uid = 1000"},
    {"offload offloaded", "offload = \"Offloaded\""},
    {"offload != 0", "offload != \"InHost\""},
    {"offload *ing", "offload = *ing"},
    {"created_min > 2026-11-22T12:16:29Z", "created_min > 2026-11-22T12:16:29Z"},
    {"created_min>=2026-11-22T12:16:29.5+01:00", "created_min >= 2026-11-22T12:16:29.5+01:00"},
    {"created_min < @1795350989.25", "created_min < @1795350989.25"},
    /* marks and steps */
    {"new changed gone", "new and changed and gone"},
    {"from est to closed", "from ESTABLISHED to CLOSED"},
    {"to time-wait", "to TIME-WAIT"},
    /* bare words */
    {"Nginx", "\"nginx\""},
    {"DPort 1 CGroup /web RTT > 1s", "dport = :1 and cgroup = \"/web\" and rtt > 1s"},
    {"\"a \\\"b\\\\\"", "\"a \\\"b\\\\\""},
    {"\"not\" \"and\"", "\"not\" and \"and\""},
    {"a\\ b", "\"a b\""},
    {"443 or :443 or \"443\"", "443 or :443 or \"443\""},
    {"not 70000 0443", "not 70000 and \"0443\""},
    /* an escape of systemd, or of ours: with its backslash doubled, or as it is shown */
    {"unit app@a\\x2db.service", "unit = \"app@a\\\\x2db.service\""},
    {"unit \"app@a\\x2db.service\"", "unit = \"app@a\\\\x2db.service\""},
    {"unit app@a\\\\x2db.service", "unit = \"app@a\\\\x2db.service\""},
    {"unit a\\xyz", "unit = \"axyz\""},
};

static void canonical_text(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(PRINTED); i++)
        check_print(PRINTED[i].text, PRINTED[i].canonical);
}

struct wrong {
    const char *text;
    size_t column, length;
    const char *part; /* of the message */
};

static const struct wrong WRONG[] = {
    {"dport", 5, 0, "needs a port or a service name"},
    {"dport = ", 8, 0, "needs a port"},
    {"dport = foo", 8, 3, "no port or service \"foo\""},
    {"dport 65536", 6, 5, "0 to 65535"},
    {"dport 0443", 6, 4, "no port or service"},
    {"dport 10.0.0.1:80", 6, 11, "no port or service"},
    {"dst 443", 4, 3, "a port is written :443"},
    {"dst 256.0.0.1", 4, 9, "no address"},
    {"dst 10.", 4, 3, "no address"},
    {"dst 10.0.0.0/33", 4, 11, "expected 0 to 32"},
    {"dst [::1/129]", 4, 9, "expected 0 to 128"},
    {"dst [zz]", 4, 4, "no address"},
    {"dst inet6:10.0.0.1", 4, 14, "other address family"},
    {"dst < 10.0.0.1", 4, 1, "= and != only"},
    {"state nosuch", 6, 6, "no state \"nosuch\""},
    {"state close-wiat", 6, 10, "no state \"close-wiat\"; did you mean close-wait?"},
    {"state SYNC-SENT", 6, 9, "did you mean syn-sent?"},
    {"exclude conected", 8, 8, "did you mean connected?"},
    {"from establishd", 5, 10, "did you mean established?"},
    {"state fin", 6, 3, "no state"}, /* two begin so */
    {"state est or dport 2", 10, 2, "parentheses"},
    {"dport 2 or", 10, 0, "expected a condition"},
    {"dport 2 and and dport 3", 12, 3, "expected a condition"},
    {"( dport 2", 0, 1, "not closed"},
    {"dport 2 )", 8, 1, "no parenthesis is open"},
    {"( )", 2, 1, "nothing between"},
    {"not", 3, 0, "expected a condition"},
    {"= 3", 0, 1, "expected a condition"},
    {"prot 443", 0, 4, "unknown word \"prot\"; did you mean"},
    {"stat established", 0, 4, "did you mean state?"},
    {"zzz = 3", 0, 3, "unknown word \"zzz\""},
    {"in/s > 1M", 0, 4, "unknown word \"in/s\"; did you mean in > 1M?"},
    {"rtt > 1s OUT/S>2k", 9, 5, "did you mean out > 2k?"},
    {"recv-q >= 1", 0, 6, "did you mean recvq >= 1?"},
    {"retr > 1", 0, 4, "did you mean retrans_10s > 1?"},
    {"acceptq > 1", 0, 7, "did you mean accept_queue > 1?"},
    {"backlgo > 1", 0, 7, "did you mean backlog > 1?"},
    {"congest = cubic", 0, 7, "did you mean congestion = cubic?"},
    {"netns_nam* = a", 0, 10, "unknown word"},
    {"rtt > 50", 6, 2, "a time with a unit"},
    {"offload max", 8, 3, "offload takes InHost"},
    {"offload = 4", 10, 1, "offload takes InHost"},
    {"rtt > 50", 6, 2, "no unit: rtt takes a time with a unit"},
    {"rtt > 50parsec", 6, 8, "unknown unit \"parsec\""},
    {"rtt", 3, 0, "needs a value"},
    {"retrans > -1", 10, 2, "a number"},
    {"pid x", 4, 1, "pid takes a whole number"},
    {"pid 1.5", 4, 3, "pid takes a whole number"},
    {"uid = 1k", 6, 2, "uid takes a whole number"},
    {"inode > -1", 8, 2, "inode takes a whole number"},
    {"retrans > 99999999T", 10, 9, "too large"},
    {"age < yesterday", 6, 9, "a time with a unit"},
    {"proc < a", 5, 1, "= and != only"},
    {"proc /(/", 5, 3, "bad regex"},
    {"proc /(((((a+)+)+)+)+)+/", 5, 19, "repeats of groups"},
    {"proc /a{9}/", 5, 6, "counted repeats"},
    {"proc /(a)\\1/", 5, 7, "back references"},
    {"proc \"nginx", 5, 6, "not closed"},
    {"dev nosuch0", 4, 7, "no interface"},
    {"fwmark 0x", 7, 2, "bad mark"},
    {"fwmark 1/", 7, 2, "bad mark"},
    {"fwmark > 1", 7, 1, "= and != only"},
    {"from", 4, 0, "needs a state"},
    {"from est to", 11, 0, "needs a state"},
    {"\"\"", 0, 2, "empty word"},
    {"sendq > cwnd", 8, 4, "sendq is bytes, cwnd is a count: they cannot be compared"},
    {"rtt > proc", 6, 4, "proc is a text"},
    {"count(state est)", 16, 0, "count(...) needs a comparison: count(...) > 10"},
    {"count(state est by nothing) > 1", 19, 7, "no column \"nothing\""},
    {"count(state est by) > 1", 18, 1, "by needs a column"},
    {"count(count(new) > 1) > 1", 11, 1, "a count within a count"},
    {"count(new) > many", 13, 4, "count(...) takes a number"},
    {"count(new > 1", 10, 1, "expected"},
    {"count() > 1", 6, 1, "expected a condition"},
};

static void errors_say_where_and_what(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(WRONG); i++) {
        const struct wrong *wrong = &WRONG[i];
        struct filter *filter = (void *)&filter;
        struct filter_error error = {0};

        assert_int_equal(filter_parse(&filter, wrong->text, &ROW_NAMES, &error), -EINVAL);
        assert_ptr_equal(filter, (void *)&filter);
        if (error.column != wrong->column || error.length != wrong->length ||
            !strstr(error.message, wrong->part))
            fail_msg("\"%s\": column %zu length %zu \"%s\"", wrong->text, error.column,
                     error.length, error.message);
    }
}

static void a_typing_slip_is_answered_by_near_words(void **unused)
{
    struct filter *filter = NULL;
    struct filter_error error;

    (void)unused;
    assert_int_equal(filter_parse(&filter, "prot 443", NULL, &error), -EINVAL);
    assert_non_null(strstr(error.message, "port"));
    assert_non_null(strstr(error.message, "proto"));
    assert_non_null(strstr(error.message, "proc"));
}

static void nesting_and_length_are_bounded(void **unused)
{
    struct filter *filter = NULL;
    struct filter_error error;
    char text[5000];

    (void)unused;
    memset(text, '(', sizeof text);
    text[200] = '\0';
    assert_int_equal(filter_parse(&filter, text, NULL, &error), -EINVAL);
    assert_non_null(strstr(error.message, "nested"));
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(filter_parse(&filter, text, NULL, &error), -EINVAL);
    assert_non_null(strstr(error.message, "longer"));
}

/* A chain as long as the text may be: nothing recurses without bound, everything is freed. */
static void long_chains_hold(void **unused)
{
    char text[4097] = "";
    struct buffer code;

    (void)unused;
    for (size_t i = 0; i + 10 < sizeof text; i += 10)
        memcpy(text + i, i % 20 ? "port 1 or " : "port 2 or ", 10);
    text[4090 - 4] = '\0';
    struct filter *filter = parse(text);
    buffer_init(&code);
    assert_int_equal(filter_bytecode(filter, &code), 0);
    assert_true(code.length > 4000);
    buffer_done(&code);
    filter_free(filter);
}

/* Every column id is a field word; no type of column is without its units. */
static void every_column_is_a_field(void **unused)
{
    static const char *const OPERANDS[] = {"1",    "1s", "x", "established", "2026-11-22T12:16:29Z",
                                           "/web", "lo"};

    (void)unused;
    for (size_t i = 0; i < column_count; i++) {
        bool any = false;
        for (size_t k = 0; k < UNIT_COUNT(OPERANDS); k++) {
            char text[200];
            struct filter *filter = NULL;
            struct filter_error error;
            snprintf(text, sizeof text, "%s = %s", columns[i].id, OPERANDS[k]);
            if (filter_parse(&filter, text, &ROW_NAMES, &error) == 0) {
                char *printed = print_of(filter);
                any = true;
                check_print(text, printed);
                free(printed);
            }
            filter_free(filter);
        }
        if (!any)
            fail_msg("column %s takes none of the operands", columns[i].id);
    }
}

static void what_a_filter_asks_for(void **unused)
{
    static const struct {
        const char *text;
        uint32_t needs, states;
        uint8_t family;
        bool target, kernel, admin, mixes;
    } CASES[] = {
        {"", 0, STATE_ALL_BITS, 0, false, false, false, false},
        {"dport 443", 0, STATE_ALL_BITS, 0, true, false, false, false},
        {"proc a", NEED_OWNER, STATE_ALL_BITS, 0, false, false, false, false},
        {"pid 7", NEED_OWNER, STATE_ALL_BITS, 0, true, false, false, false},
        {"cookie 1f", 0, STATE_ALL_BITS, 0, true, false, false, false},
        {"nginx", NEED_OWNER | NEED_GROUP, STATE_ALL_BITS, 0, false, false, false, false},
        {"nginx port 80", NEED_OWNER | NEED_GROUP, STATE_ALL_BITS, 0, false, false, false, false},
        {"state listening", 0, STATE_BIT(STATE_LISTEN), 0, true, false, false, false},
        {"state all", 0, STATE_ALL_BITS, 0, false, false, false, false},
        {"( state all )", 0, STATE_ALL_BITS, 0, false, false, false, false},
        {"dst *", 0, STATE_ALL_BITS, 0, false, false, false, false},
        {"src inet:* or dst inet6:*:1", 0, STATE_ALL_BITS, FAMILY_INET6, false, false, false,
         false},
        {"autobound port 1 or port 2", 0, STATE_ALL_BITS, 0, true, true, false, true},
        {"rtt > 10ms", NEED_EVERY_ROW, STATE_ALL_BITS, 0, false, false, false, false},
        {"not in_bytes > 5 and pid 7", NEED_EVERY_ROW | NEED_OWNER, STATE_ALL_BITS, 0, true, false,
         false, false},
        {"fwmark 1", NEED_DETAIL, STATE_ALL_BITS, 0, false, false, true, false},
    };

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct filter *filter = parse(CASES[i].text);
        if (filter_needs(filter) != CASES[i].needs || filter_states(filter) != CASES[i].states ||
            filter_family(filter) != CASES[i].family ||
            filter_names_target(filter) != CASES[i].target ||
            filter_needs_kernel(filter) != CASES[i].kernel ||
            filter_needs_admin(filter) != CASES[i].admin ||
            filter_mixes_and_or(filter) != CASES[i].mixes)
            fail_msg("\"%s\"", CASES[i].text);
        filter_free(filter);
    }
    assert_true(filter_is_empty(NULL));
}

/* Whatever passes a filter for acts has something that the filter names. */
static void what_names_a_target(void **unused)
{
    static const char *const NAMING[] = {
        "port 22",
        "sport = :22 and state established",
        "src 10.0.0.0/8",
        "dst fc00::/7",
        "dst 0.0.0.0/0:443",
        "pid 7 or pid 8",
        "state close-wait state last-ack",
        "state bucket",
        "exclude connected",
        "not port != 22",
        "not ( port != 22 or in > 0 )",
        "port 22 and not pid 7",
        "in > 1M and ( pid 7 or cookie 1f )",
    };
    static const char *const NAMING_NOTHING[] = {
        "not port 22",
        "port != 22",
        "port > 0",
        "pid > 0",
        "pid != 7",
        "pid >= 1 and pid <= 99999",
        "cookie *",
        "cookie ?*",
        "cookie /./",
        "cookie != 1f",
        "src 0.0.0.0/0",
        "dst ::/0",
        "src 0.0.0.0/1 or src 128.0.0.0/1",
        "not src 10.0.0.1",
        "state big",
        "state connected",
        "state synchronized",
        "exclude listening",
        "( state big )",
        "not state listening",
        "not ( not port 22 or in > 0 ) or in > 0",
        "port 22 or in > 0",
        "not ( port 22 and in > 0 )",
        "not ( port != 22 and in > 0 )",
    };

    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(NAMING) + UNIT_COUNT(NAMING_NOTHING); i++) {
        const bool names = i < UNIT_COUNT(NAMING);
        const char *text = names ? NAMING[i] : NAMING_NOTHING[i - UNIT_COUNT(NAMING)];
        struct filter *filter = parse(text);
        if (filter_names_target(filter) != names)
            fail_msg("\"%s\" is taken for %s", text, names ? "naming nothing" : "naming a target");
        filter_free(filter);
    }
}

/* Words and operands that may follow each other by chance. */
static const char *const PIECES[] = {
    "port",       "443",   "or",     "and",   "not",     "(",       ")",          "dst",
    "10.0.0.0/8", "[::1]", ":80",    "state", "est",     "exclude", "time-wait",  "rtt",
    ">",          "50ms",  "<=",     "!=",    "proc",    "ngin*",   "/a|b/",      "\"x y\"",
    "nginx",      "new",   "from",   "to",    "dev",     "lo",      "fwmark",     "1/3",
    "cgroup",     "/web",  "pid",    "12",    "user",    "root",    "offload",    "offloaded",
    "autobound",  "host",  "home",   "\\(",   "retrans", "inet:",   "inet6:[::]", "sport",
    "8080",       ":25",   "\"22\"", "ge",    "https",   "in",      "1.5M",       "!",
    "&&",         "|",     "age",    "3d",    "unit",
};

static void random_filters_print_and_parse_again(void **unused)
{
    uint64_t seed = 4;
    unsigned good = 0;

    (void)unused;
    for (unsigned round = 0; round < 30000; round++) {
        char text[400] = "";
        const unsigned words = 1 + (unsigned)(unit_random(&seed) % 12);
        for (unsigned i = 0; i < words; i++) {
            strcat(text, PIECES[unit_random(&seed) % UNIT_COUNT(PIECES)]);
            strcat(text, unit_random(&seed) % 8 ? " " : "");
        }
        struct filter *filter = NULL;
        struct filter_error error;
        if (filter_parse(&filter, text, &ROW_NAMES, &error)) {
            assert_true(error.column + error.length <= strlen(text));
            assert_true(error.message[0] != '\0');
            continue;
        }
        good++;
        char *printed = print_of(filter);
        struct filter *again = parse(printed);
        assert_true(filter_equal(filter, again));
        assert_int_equal(filter_states(filter), filter_states(again));
        assert_int_equal(filter_family(filter), filter_family(again));
        for (unsigned row = 0; row < 20; row++) {
            static const struct frame frame;
            const struct column_context context = {.frame = &frame};
            const struct conn conn = row_make(unit_random(&seed));
            assert_int_equal(filter_accepts(filter, &context, &conn),
                             filter_accepts(again, &context, &conn));
        }
        free(printed);
        filter_free(again);
        filter_free(filter);
    }
    assert_true(good > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_text),
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(a_typing_slip_is_answered_by_near_words),
        cmocka_unit_test(nesting_and_length_are_bounded),
        cmocka_unit_test(long_chains_hold),
        cmocka_unit_test(every_column_is_a_field),
        cmocka_unit_test(what_a_filter_asks_for),
        cmocka_unit_test(what_names_a_target),
        cmocka_unit_test(random_filters_print_and_parse_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
