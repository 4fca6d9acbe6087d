/* Addresses print as RFC 5952 asks, agree with inet_ntop() and inet_pton(), and parse back. */
#include "core/addr.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct addr make(const char *text, uint8_t *family)
{
    struct addr addr;
    memset(&addr, 0xee, sizeof(addr));
    assert_int_equal(addr_parse(text, strlen(text), &addr, family, NULL), 0);
    return addr;
}

static void prints_as(const char *text, const char *expected)
{
    char out[ADDR_TEXT_MAX];
    uint8_t family;
    struct addr addr = make(text, &family);
    assert_int_equal(addr_format(out, sizeof(out), &addr, family, NULL), strlen(expected));
    assert_string_equal(out, expected);
}

static void text_is_that_of_rfc_5952(void **unused)
{
    (void)unused;
    prints_as("0.0.0.0", "0.0.0.0");
    prints_as("255.1.20.0", "255.1.20.0");
    prints_as("0:0:0:0:0:0:0:0", "::");
    prints_as("0:0:0:0:0:0:0:1", "::1");
    prints_as("2001:0db8::0001", "2001:db8::1");
    prints_as("2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
    prints_as("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    prints_as("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    prints_as("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    prints_as("2001:DB8:AbCd::", "2001:db8:abcd::");
    prints_as("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    prints_as("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    prints_as("[fe80::1]", "fe80::1");
    prints_as("::FFFF:10.0.0.5", "::ffff:10.0.0.5");
    prints_as("::ffff:a00:5", "::ffff:10.0.0.5");
    prints_as("64:ff9b::1.2.3.4", "64:ff9b::102:304");
}

static void wrong_text_is_refused(void **unused)
{
    static const char *const wrong[] = {
        "",
        ":",
        ":::",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.04",
        "1.2.3.",
        "1..2.3",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x1.2.3.4",
        "1:2",
        "12345::",
        "1::2::3",
        "1:::2",
        ":1:2:3",
        "1:2:3:4:5:6:7:",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "g::",
        "::1.2.3",
        "::1.2.3.4:5",
        "::1.2.3.4.5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "[::1",
        "::1]",
        "[1.2.3.4]",
        "[]",
        "fe80::1%",
        "fe80::1%0123456789abcdef",
        "%eth0",
        "::1/64",
        "1.2.3.4/8",
        "*",
    };
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct addr addr = {.bytes = {1, 2, 3}};
        uint8_t family = 77;
        char interface[16] = "untouched";
        int result = addr_parse(wrong[i], strlen(wrong[i]), &addr, &family, interface);
        if (result != -EINVAL)
            fail_msg("\"%s\" was taken for an address", wrong[i]);
        assert_int_equal(family, 77);
        assert_int_equal(addr.bytes[2], 3);
        assert_string_equal(interface, "untouched");
    }
}

/* Zero groups are made frequent, so that every form of "::" comes up. */
static struct addr random_addr(uint64_t *seed, uint8_t family)
{
    struct addr addr = {0};
    if (family == FAMILY_INET) {
        unit_random_bytes(seed, addr.bytes, 4);
        return addr;
    }
    for (unsigned i = 0; i < 16; i += 2)
        if (unit_random(seed) % 2 != 0)
            unit_random_bytes(seed, addr.bytes + i, 2);
    if (unit_random(seed) % 16 == 0) {
        memset(addr.bytes, 0, 10);
        memset(addr.bytes + 10, 0xff, 2);
    }
    return addr;
}

/* glibc still prints the deprecated ::a.b.c.d with dots; of two longest runs of zeros musl may shorten the second. */
static bool prints_as_rfc_5952_says(const char *text)
{
#ifdef __GLIBC__
    return strncmp(text, "::", 2) != 0 || strchr(text, '.') == NULL;
#else
    return strstr(text, "::") == NULL;
#endif
}

static void random_addresses_agree_with_libc(void **unused)
{
    uint64_t seed = 5;
    (void)unused;
    for (unsigned i = 0; i < 50000; i++) {
        uint8_t family = i % 4 == 0 ? FAMILY_INET : FAMILY_INET6, parsed_family;
        struct addr addr = random_addr(&seed, family), parsed, libc = {0};
        char out[ADDR_TEXT_MAX], expected[INET6_ADDRSTRLEN];
        int domain = family == FAMILY_INET ? AF_INET : AF_INET6;
        size_t length = addr_format(out, sizeof(out), &addr, family, NULL);
        assert_int_equal(addr_parse(out, length, &parsed, &parsed_family, NULL), 0);
        assert_int_equal(parsed_family, family);
        assert_memory_equal(&parsed, &addr, sizeof(addr));
        assert_int_equal(inet_pton(domain, out, libc.bytes), 1);
        assert_memory_equal(&libc, &addr, sizeof(addr));
        inet_ntop(domain, addr.bytes, expected, sizeof(expected));
        if (prints_as_rfc_5952_says(expected))
            assert_string_equal(out, expected);
    }
}

/* Text near to an address: what we take, libc takes, with the same bytes, and the other way. */
static void random_text_is_judged_as_by_libc(void **unused)
{
    static const char letters[] = "0123fFaA:::...19";
    uint64_t seed = 6;
    unsigned taken = 0;
    (void)unused;
    for (unsigned i = 0; i < 300000; i++) {
        char text[12];
        size_t length = 1 + unit_random_below(&seed, sizeof(text) - 1);
        for (size_t k = 0; k < length; k++)
            text[k] = letters[unit_random(&seed) % (sizeof(letters) - 1)];
        text[length] = '\0';
        struct addr ours = {0}, theirs = {0};
        uint8_t family = 0;
        bool is_ours = addr_parse(text, length, &ours, &family, NULL) == 0;
        bool is_theirs =
            inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, theirs.bytes) == 1;
        if (is_ours != is_theirs)
            fail_msg("\"%s\": ours %d, libc's %d", text, is_ours, is_theirs);
        if (is_ours)
            assert_memory_equal(&ours, &theirs, sizeof(ours));
        taken += is_ours;
    }
    assert_true(taken > 100);
}

static void interface_goes_with_its_address(void **unused)
{
    struct addr addr;
    uint8_t family;
    char interface[16], out[ADDR_TEXT_MAX];
    static const char *const texts[] = {"fe80::1%eth0", "fe80::1%012345678901234", "10.0.0.1%lo"};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        assert_int_equal(addr_parse(texts[i], strlen(texts[i]), &addr, &family, interface), 0);
        addr_format(out, sizeof(out), &addr, family, interface);
        assert_string_equal(out, texts[i]);
    }
    assert_int_equal(addr_parse("[fe80::1%eth0]", 14, &addr, &family, interface), 0);
    assert_string_equal(interface, "eth0");
    assert_int_equal(addr_parse("::1", 3, &addr, &family, interface), 0);
    assert_string_equal(interface, "");
}

static void endpoint_is(const char *text, const char *interface, uint16_t port,
                        const char *port_text, const char *expected)
{
    char out[ADDR_TEXT_MAX + 32];
    uint8_t family;
    struct addr addr = make(text, &family);
    size_t length =
        addr_format_endpoint(out, sizeof(out), &addr, family, interface, port, port_text);
    assert_string_equal(out, expected);
    assert_int_equal(length, strlen(expected));
}

static void endpoints_read_as_ss_shows_them(void **unused)
{
    (void)unused;
    endpoint_is("10.0.0.5", NULL, 443, NULL, "10.0.0.5:443");
    endpoint_is("10.0.0.5", NULL, 443, "https", "10.0.0.5:https");
    endpoint_is("::1", NULL, 65535, NULL, "[::1]:65535");
    endpoint_is("fe80::1", "eth0", 22, NULL, "[fe80::1%eth0]:22");
    endpoint_is("::ffff:10.0.0.5", NULL, 1, NULL, "[::ffff:10.0.0.5]:1");
    endpoint_is("0.0.0.0", NULL, 22, NULL, "*:22");
    endpoint_is("::", NULL, 0, NULL, "*:*");
    endpoint_is("::", NULL, 22, NULL, "[::]:22");
    endpoint_is("0.0.0.0", "lo", 53, NULL, "*%lo:53");
    endpoint_is("10.0.0.5", NULL, 0, "ignored", "10.0.0.5:*");
}

static void end_is(const struct tuple *tuple, bool remote, const char *expected)
{
    char out[ADDR_TEXT_MAX + 32];
    assert_int_equal(tuple_format_end(out, sizeof(out), tuple, remote, "eth0", NULL),
                     strlen(expected));
    assert_string_equal(out, expected);
}

static void what_a_tuple_lacks_is_a_question(void **unused)
{
    uint8_t family;
    struct tuple tuple = {.local = make("10.0.0.5", &family),
                          .remote = make("10.0.0.9", &family),
                          .local_port = 4000,
                          .remote_port = 443,
                          .family = FAMILY_INET};
    (void)unused;
    end_is(&tuple, false, "10.0.0.5:4000");
    end_is(&tuple, true, "10.0.0.9:443");
    tuple.remote_port = 0;
    assert_true(tuple_lacks_remote_port(&tuple) && !tuple_lacks_local(&tuple));
    end_is(&tuple, false, "10.0.0.5:4000");
    end_is(&tuple, true, "10.0.0.9:?");
    tuple.local = (struct addr){{0}};
    assert_true(tuple_lacks_local(&tuple));
    end_is(&tuple, false, "?:4000");
    tuple.remote = (struct addr){{0}}; /* a listener: any address, no peer */
    assert_false(tuple_lacks_remote_port(&tuple) || tuple_lacks_local(&tuple));
    end_is(&tuple, false, "*:4000");
    tuple = (struct tuple){.local = make("fe80::1", &family),
                           .remote = make("2001:db8::1", &family),
                           .local_port = 1,
                           .family = FAMILY_INET6};
    end_is(&tuple, false, "[fe80::1%eth0]:1");
    end_is(&tuple, true, "[2001:db8::1]:?");
}

static void short_room_cuts_and_ends(void **unused)
{
    char out[64];
    uint8_t family;
    struct addr addr = make("2001:db8::1", &family);
    (void)unused;
    for (size_t size = 1; size < sizeof(out); size++) {
        memset(out, 'x', sizeof(out));
        size_t length = addr_format_endpoint(out, size, &addr, family, "eth0", 443, NULL);
        assert_true(length < size);
        assert_int_equal(out[length], '\0');
        assert_memory_equal(out, "[2001:db8::1%eth0]:443", length);
        for (size_t i = size; i < sizeof(out); i++)
            assert_int_equal(out[i], 'x');
    }
    assert_int_equal(addr_format(out, 0, &addr, family, NULL), 0);
}

static void kinds_are_distinguished(void **unused)
{
    uint8_t family;
    struct addr addr = make("::ffff:127.0.0.1", &family);
    (void)unused;
    assert_true(addr_is_mapped(&addr, family));
    assert_true(addr_is_loopback(&addr, family));
    assert_false(addr_is_zero(&addr));
    addr = make("127.255.255.254", &family);
    assert_true(addr_is_loopback(&addr, family));
    assert_false(addr_is_mapped(&addr, family));
    addr = make("::1", &family);
    assert_true(addr_is_loopback(&addr, family));
    addr = make("::2", &family);
    assert_false(addr_is_loopback(&addr, family));
    addr = make("7f00::", &family);
    assert_false(addr_is_loopback(&addr, family));
    addr = make("febf::1", &family);
    assert_true(addr_is_link_local(&addr, family));
    addr = make("fec0::1", &family);
    assert_false(addr_is_link_local(&addr, family));
    addr = make("254.128.0.1", &family);
    assert_false(addr_is_link_local(&addr, family));
    addr = make("::", &family);
    assert_true(addr_is_zero(&addr));
}

static void prefixes_hold_to_their_last_bit(void **unused)
{
    uint64_t seed = 7;
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        struct addr addr = random_addr(&seed, FAMILY_INET6), other = addr;
        unsigned bit = (unsigned)(unit_random(&seed) % 128);
        other.bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
        assert_true(addr_in_prefix(&addr, &addr, 128));
        assert_true(addr_in_prefix(&other, &addr, bit));
        assert_false(addr_in_prefix(&other, &addr, bit + 1));
        assert_true(addr_in_prefix(&other, &addr, 0));
        assert_int_equal(addr_compare(&addr, &other) > 0, addr_compare(&other, &addr) < 0);
        assert_int_not_equal(addr_compare(&addr, &other), 0);
    }
}

static void every_part_of_a_tuple_counts(void **unused)
{
    struct tuple tuple = {
        .family = FAMILY_INET6, .local_port = 80, .remote_port = 4000, .scope = 2};
    struct tuple other;
    uint64_t hash = tuple_hash(&tuple);
    (void)unused;
    tuple.local.bytes[15] = 1;
    assert_true(tuple_hash(&tuple) != hash);
    hash = tuple_hash(&tuple);
    for (size_t i = 0; i < sizeof(tuple); i++) {
        memcpy(&other, &tuple, sizeof(tuple));
        assert_true(tuple_equal(&tuple, &other));
        assert_true(tuple_hash(&other) == hash);
        ((unsigned char *)&other)[i] ^= 0x10;
        assert_false(tuple_equal(&tuple, &other));
        assert_true(tuple_hash(&other) != hash);
    }
}

/* One client to one server: only the client's port differs. Buckets must fill evenly. */
static void hashes_of_neighbours_spread(void **unused)
{
    enum { BUCKETS = 1024, TUPLES = 32768 };
    unsigned counts[BUCKETS] = {0};
    struct tuple tuple = {.family = FAMILY_INET, .local_port = 443};
    (void)unused;
    for (unsigned i = 0; i < TUPLES; i++) {
        tuple.remote_port = (uint16_t)(1024 + i);
        counts[tuple_hash(&tuple) % BUCKETS]++;
    }
    for (unsigned i = 0; i < BUCKETS; i++)
        assert_in_range(counts[i], 4, 96);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_that_of_rfc_5952),
        cmocka_unit_test(wrong_text_is_refused),
        cmocka_unit_test(random_addresses_agree_with_libc),
        cmocka_unit_test(random_text_is_judged_as_by_libc),
        cmocka_unit_test(interface_goes_with_its_address),
        cmocka_unit_test(endpoints_read_as_ss_shows_them),
        cmocka_unit_test(what_a_tuple_lacks_is_a_question),
        cmocka_unit_test(short_room_cuts_and_ends),
        cmocka_unit_test(kinds_are_distinguished),
        cmocka_unit_test(prefixes_hold_to_their_last_bit),
        cmocka_unit_test(every_part_of_a_tuple_counts),
        cmocka_unit_test(hashes_of_neighbours_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
