/* The kernel's files of counters: read by name, unknown stays unknown. */
#include "core/host_facts.h"
#include "unit.h"

#include <string.h>

static void parse(struct host_facts *facts, enum fact_file file, const char *text)
{
    host_facts_parse(facts, file, text, strlen(text));
}

static void counters_are_found_by_name_in_any_order(void **state)
{
    struct host_facts facts = {0};
    (void)state;
    parse(&facts, FACT_FILE_NETSTAT,
          "TcpExt: ListenDrops Nonsense ListenOverflows\nTcpExt: 7 9 5\n"
          "IpExt: ListenDrops\nIpExt: 99\n");
    assert_int_equal(host_fact(&facts, FACT_LISTEN_DROPS), 7);
    assert_int_equal(host_fact(&facts, FACT_LISTEN_OVERFLOWS), 5);
    assert_false(host_fact_known(&facts, FACT_SYN_RETRANS));
    parse(&facts, FACT_FILE_SNMP,
          "Tcp: MaxConn OutSegs RetransSegs\nTcp: -1 18446744073709551615 3\n");
    assert_true(host_fact(&facts, FACT_OUT_SEGS) == UINT64_MAX);
    assert_int_equal(host_fact(&facts, FACT_RETRANS_SEGS), 3);
}

static void what_is_torn_or_no_number_stays_unknown(void **state)
{
    struct host_facts facts = {0};
    (void)state;
    parse(&facts, FACT_FILE_NETSTAT, "TcpExt: ListenDrops ListenOverflows\nTcpExt: 12");
    assert_int_equal(host_fact(&facts, FACT_LISTEN_DROPS), 12);
    assert_false(host_fact_known(&facts, FACT_LISTEN_OVERFLOWS));
    parse(&facts, FACT_FILE_SNMP, "Tcp: OutSegs RetransSegs\nTcp: x 99999999999999999999\n");
    assert_false(host_fact_known(&facts, FACT_OUT_SEGS));
    assert_false(host_fact_known(&facts, FACT_RETRANS_SEGS));
    parse(&facts, FACT_FILE_SOCKSTAT, "");
    assert_false(host_fact_known(&facts, FACT_TCP_INUSE));
}

static void sockstat_is_read_by_its_lines(void **state)
{
    struct host_facts facts = {0};
    (void)state;
    parse(&facts, FACT_FILE_SOCKSTAT,
          "sockets: used 16\nTCP: inuse 3 orphan 1 tw 9 alloc 5 mem 256\nUDP: inuse 8 mem 4\n");
    assert_int_equal(host_fact(&facts, FACT_TCP_INUSE), 3);
    assert_int_equal(host_fact(&facts, FACT_TCP_ORPHAN), 1);
    assert_int_equal(host_fact(&facts, FACT_TCP_TW), 9);
    assert_int_equal(host_fact(&facts, FACT_TCP_MEM_PAGES), 256);
    parse(&facts, FACT_FILE_SNMP6, "Ip6InReceives \t1\nIcmp6InPktTooBigs  \t4\n");
    assert_int_equal(host_fact(&facts, FACT_IN6_TOO_BIG), 4);
}

static void lines_of_cpus_are_summed(void **state)
{
    struct host_facts facts = {0};
    (void)state;
    parse(&facts, FACT_FILE_CONNTRACK,
          "entries insert_failed drop\n0000000f 00000001 0000000a\n0000000f 00000002 00000001\n");
    assert_int_equal(host_fact(&facts, FACT_CONNTRACK_INSERT_FAILED), 3);
    assert_int_equal(host_fact(&facts, FACT_CONNTRACK_DROP), 11);
    parse(&facts, FACT_FILE_SOFTNET, "00009e10 00000002 00000001\n0000c99f 00000001 00000010\n");
    assert_int_equal(host_fact(&facts, FACT_SOFTNET_DROPPED), 3);
    assert_int_equal(host_fact(&facts, FACT_SOFTNET_SQUEEZED), 17);
}

static void sysctls_are_read_by_column(void **state)
{
    struct host_facts facts = {0};
    (void)state;
    assert_int_equal(host_facts_local_ports(&facts), 0);
    host_facts_parse_sysctl(&facts, FACT_PORT_FIRST, "40000\t40199\n", 12);
    host_facts_parse_sysctl(&facts, FACT_PORT_LAST, "40000\t40199\n", 12);
    assert_int_equal(host_facts_local_ports(&facts), 200);
    host_facts_parse_sysctl(&facts, FACT_MEM_HIGH, "1\t2\n", 4);
    assert_false(host_fact_known(&facts, FACT_MEM_HIGH));
}

static void reserved_ports_are_taken_off(void **state)
{
    struct host_facts facts = {0};
    const char *text = "8080,40010-40019,40100\n";
    (void)state;
    host_fact_set(&facts, FACT_PORT_FIRST, 40000);
    host_fact_set(&facts, FACT_PORT_LAST, 40199);
    host_facts_parse_reserved(&facts, text, strlen(text));
    assert_int_equal(host_facts_local_ports(&facts), 189);
    assert_true(host_facts_is_reserved(&facts, 40015));
    assert_true(host_facts_is_reserved(&facts, 8080));
    assert_false(host_facts_is_reserved(&facts, 40020));
    host_facts_parse_reserved(&facts, "99999", 5);
    assert_int_equal(facts.reserved_count, 0);
    assert_int_equal(host_facts_local_ports(&facts), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_found_by_name_in_any_order),
        cmocka_unit_test(what_is_torn_or_no_number_stays_unknown),
        cmocka_unit_test(sockstat_is_read_by_its_lines),
        cmocka_unit_test(lines_of_cpus_are_summed),
        cmocka_unit_test(sysctls_are_read_by_column),
        cmocka_unit_test(reserved_ports_are_taken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
