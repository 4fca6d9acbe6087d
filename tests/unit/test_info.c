/* The table of tcp_info covers the kernel's struct without gap, agrees with its header as far as
 * that goes, and reads structs of every length. */
#include "core/info.h"
#include "unit.h"

#include <linux/tcp.h>
#include <string.h>

#undef TCP_INFO /* the socket option: here it is our table */

enum { INFO_SIZE = 280 }; /* Linux 6.18 */

#define FIELD(field)                                                                               \
    {                                                                                              \
#field, offsetof(struct tcp_info, tcpi_##field),                                           \
            sizeof(((struct tcp_info *)0)->tcpi_##field)                                           \
    }

static const struct {
    const char *name;
    size_t offset, size;
} HEADER_FIELDS[] = {
    FIELD(state),         FIELD(ca_state),
    FIELD(retransmits),   FIELD(probes),
    FIELD(backoff),       FIELD(options),
    FIELD(rto),           FIELD(ato),
    FIELD(snd_mss),       FIELD(rcv_mss),
    FIELD(unacked),       FIELD(sacked),
    FIELD(lost),          FIELD(retrans),
    FIELD(fackets),       FIELD(last_data_sent),
    FIELD(last_ack_sent), FIELD(last_data_recv),
    FIELD(last_ack_recv), FIELD(pmtu),
    FIELD(rcv_ssthresh),  FIELD(rtt),
    FIELD(rttvar),        FIELD(snd_ssthresh),
    FIELD(snd_cwnd),      FIELD(advmss),
    FIELD(reordering),    FIELD(rcv_rtt),
    FIELD(rcv_space),     FIELD(total_retrans),
    FIELD(pacing_rate),   FIELD(max_pacing_rate),
    FIELD(bytes_acked),   FIELD(bytes_received),
    FIELD(segs_out),      FIELD(segs_in),
    FIELD(notsent_bytes), FIELD(min_rtt),
    FIELD(data_segs_in),  FIELD(data_segs_out),
    FIELD(delivery_rate), FIELD(busy_time),
    FIELD(rwnd_limited),  FIELD(sndbuf_limited),
    FIELD(delivered),     FIELD(delivered_ce),
    FIELD(bytes_sent),    FIELD(bytes_retrans),
    FIELD(dsack_dups),    FIELD(reord_seen),
    FIELD(rcv_ooopack),   FIELD(snd_wnd),
};

static void fields_lie_where_the_header_says(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(HEADER_FIELDS); i++) {
        const struct info_field *field = info_field_find(HEADER_FIELDS[i].name);
        if (field == NULL)
            fail_msg("no field %s", HEADER_FIELDS[i].name);
        assert_int_equal(field->offset, HEADER_FIELDS[i].offset);
        assert_int_equal(field->size, HEADER_FIELDS[i].size);
    }
    assert_null(info_field_find(""));
    assert_null(info_field_find("no_such_field"));
}

/* Later than this header may be: as the BTF of Linux 6.18 has them. */
static void newer_fields_lie_where_6_18_has_them(void **unused)
{
    static const struct {
        const char *name;
        unsigned offset, size;
    } newer[] = {
        {"rcv_wnd", 232, 4},
        {"rehash", 236, 4},
        {"total_rto", 240, 2},
        {"total_rto_recoveries", 242, 2},
        {"total_rto_time", 244, 4},
        {"received_ce", 248, 4},
        {"delivered_e1_bytes", 252, 4},
        {"delivered_e0_bytes", 256, 4},
        {"delivered_ce_bytes", 260, 4},
        {"received_e1_bytes", 264, 4},
        {"received_e0_bytes", 268, 4},
        {"received_ce_bytes", 272, 4},
        {"accecn_fail_mode", 276, 2},
        {"accecn_opt_seen", 278, 2},
    };
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(newer); i++) {
        const struct info_field *field = info_field_find(newer[i].name);
        if (field == NULL)
            fail_msg("no field %s", newer[i].name);
        assert_int_equal(field->offset, newer[i].offset);
        assert_int_equal(field->size, newer[i].size);
    }
}

/* Each bit once: bits 3..7 of byte 7 are spare, nothing else. */
static void fields_cover_the_struct_once(void **unused)
{
    uint8_t taken[INFO_SIZE * 8] = {0};
    (void)unused;
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        unsigned bits = field->bits != 0 ? field->bits : 8u * field->size;
        for (unsigned k = 0; k < bits; k++) {
            size_t bit = 8u * field->offset + field->shift + k;
            assert_true(bit < sizeof(taken));
            if (taken[bit]++ != 0)
                fail_msg("%s overlaps", field->name);
        }
    }
    for (size_t bit = 0; bit < sizeof(taken); bit++)
        if (bit / 8 != 7 && taken[bit] == 0)
            fail_msg("nothing at byte %zu", bit / 8);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void keys_are_unique_and_name_their_unit(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        assert_true(field->label[0] != '\0');
        assert_int_equal(ends_with(field->json, "_us"), field->unit == INFO_US);
        assert_int_equal(ends_with(field->json, "_ms"), field->unit == INFO_MS);
        assert_int_equal(ends_with(field->json, "_bytes_per_s"), field->unit == INFO_BYTES_PER_S);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(field->name, TCP_INFO[k].name);
            assert_string_not_equal(field->json, TCP_INFO[k].json);
        }
    }
}

static void value_is(const uint8_t *info, const char *name, uint64_t expected)
{
    uint64_t value = 0;
    assert_true(info_value(info_field_find(name), info, INFO_SIZE, &value));
    assert_true(value == expected);
}

static void values_are_read(void **unused)
{
    uint8_t info[INFO_SIZE] = {0};
    struct tcp_info header = {.tcpi_snd_wscale = 7,
                              .tcpi_rcv_wscale = 9,
                              .tcpi_delivery_rate_app_limited = 1,
                              .tcpi_fastopen_client_fail = 2,
                              .tcpi_rtt = 12345,
                              .tcpi_bytes_received = 0x123456789abcdefu,
                              .tcpi_snd_wnd = UINT32_MAX};
    const uint16_t seen = 0xbeef;
    (void)unused;
    memcpy(info, &header, sizeof(header) < INFO_SIZE ? sizeof(header) : INFO_SIZE);
    memcpy(info + 278, &seen, sizeof(seen));
    value_is(info, "snd_wscale", 7);
    value_is(info, "rcv_wscale", 9);
    value_is(info, "delivery_rate_app_limited", 1);
    value_is(info, "fastopen_client_fail", 2);
    value_is(info, "rtt", 12345);
    value_is(info, "bytes_received", 0x123456789abcdefu);
    value_is(info, "snd_wnd", UINT32_MAX);
    value_is(info, "accecn_opt_seen", 0xbeef);
}

/* Of every length, from an old kernel's to a coming one's: what is whole is known, the rest not. */
static void a_field_is_known_when_it_was_sent(void **unused)
{
    uint8_t info[512];
    (void)unused;
    memset(info, 0x11, sizeof(info));
    for (size_t length = 0; length <= sizeof(info); length++) {
        for (size_t i = 0; i < tcp_info_count; i++) {
            const struct info_field *field = &TCP_INFO[i];
            uint64_t value = UINT64_MAX;
            bool is_sent = (size_t)field->offset + field->size <= length;
            assert_int_equal(info_value(field, info, length, &value), is_sent);
            assert_int_equal(value != UINT64_MAX, is_sent);
        }
    }
}

static void what_is_not_measured_is_not_known(void **unused)
{
    uint8_t info[INFO_SIZE] = {0};
    const uint32_t infinite = 0x7fffffff;
    const uint64_t no_limit = UINT64_MAX;
    uint64_t value = 42;
    (void)unused;
    memcpy(info + offsetof(struct tcp_info, tcpi_snd_ssthresh), &infinite, sizeof(infinite));
    memcpy(info + offsetof(struct tcp_info, tcpi_max_pacing_rate), &no_limit, sizeof(no_limit));
    assert_false(info_value(info_field_find("rtt"), info, sizeof(info), &value));
    assert_false(info_value(info_field_find("snd_ssthresh"), info, sizeof(info), &value));
    assert_false(info_value(info_field_find("max_pacing_rate"), info, sizeof(info), &value));
    assert_int_equal(value, 42);
    assert_true(info_value(info_field_find("total_retrans"), info, sizeof(info), &value));
    assert_int_equal(value, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_lie_where_the_header_says),
        cmocka_unit_test(newer_fields_lie_where_6_18_has_them),
        cmocka_unit_test(fields_cover_the_struct_once),
        cmocka_unit_test(keys_are_unique_and_name_their_unit),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(a_field_is_known_when_it_was_sent),
        cmocka_unit_test(what_is_not_measured_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
