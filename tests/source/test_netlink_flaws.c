/* netlink: datagrams of a dump that are cut short, lost, of somebody else, of no sense or errors: once, they are dumped
 * again and the frame is whole; always, it says what it lacks, and the next one is whole again. */
#include "netlink_scene.h"
#include "source/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#define PAIRS  20
#define ALWAYS UINT32_MAX

/* What becomes of a datagram: its length now, or -1 with errno. */
typedef ssize_t spoil_function(void *bytes, ssize_t length, int error);

static struct {
    spoil_function *spoil;
    int error;
    uint32_t times; /* left */
} flaw;

ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size);

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size)
{
    const ssize_t got = __real_mnl_socket_recvfrom(socket, bytes, size);
    if (got < 0 || flaw.times == 0)
        return got;
    flaw.times -= flaw.times != ALWAYS;
    return flaw.spoil(bytes, got, flaw.error);
}

static ssize_t fail_with(void *bytes, ssize_t length, int error)
{
    (void)bytes;
    (void)length;
    errno = error;
    return -1;
}

static ssize_t cut(void *bytes, ssize_t length, int error)
{
    (void)bytes;
    (void)error;
    return length - 4;
}

static ssize_t shorten_message(void *bytes, ssize_t length, int error)
{
    (void)error;
    ((struct nlmsghdr *)bytes)->nlmsg_len = 3;
    return length;
}

static ssize_t interrupt(void *bytes, ssize_t length, int error)
{
    (void)error;
    ((struct nlmsghdr *)bytes)->nlmsg_flags |= NLM_F_DUMP_INTR;
    return length;
}

/* In its place this message, with the number of an error. */
static ssize_t replace(void *bytes, uint16_t type, int error)
{
    struct nlmsghdr *header = bytes;
    header->nlmsg_type = type;
    header->nlmsg_len = NLMSG_LENGTH(sizeof(struct nlmsgerr));
    memset(mnl_nlmsg_get_payload(header), 0, sizeof(struct nlmsgerr));
    memcpy(mnl_nlmsg_get_payload(header), &error, sizeof(error));
    return (ssize_t)header->nlmsg_len;
}

static ssize_t finish_with_error(void *bytes, ssize_t length, int error)
{
    (void)length;
    return replace(bytes, NLMSG_DONE, -error);
}

static ssize_t answer_error(void *bytes, ssize_t length, int error)
{
    (void)length;
    return replace(bytes, NLMSG_ERROR, -error);
}

static ssize_t overrun(void *bytes, ssize_t length, int error)
{
    (void)length;
    return replace(bytes, NLMSG_OVERRUN, -error);
}

static ssize_t garble_row(void *bytes, ssize_t length, int error)
{
    struct nlmsghdr *header = bytes;
    (void)error;
    if (header->nlmsg_type == TCPDIAG_GETSOCK || header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
        memset(mnl_nlmsg_get_payload(header), 0xff, sizeof(struct inet_diag_msg));
    return length;
}

static const struct {
    const char *name;
    spoil_function *spoil;
    int error;
    int reported; /* where it is always so */
    const char *words;
} FLAWS[] = {
    {"cut short (MSG_TRUNC)", fail_with, ENOSPC, ENOSPC, "(ENOSPC)"},
    {"receive buffer overrun", fail_with, ENOBUFS, ENOBUFS, "(ENOBUFS)"},
    {"no answer", fail_with, EAGAIN, EAGAIN, "(EAGAIN)"},
    {"datagram without its end", cut, 0, EBADMSG, "(EBADMSG)"},
    {"message without a length", shorten_message, 0, EBADMSG, "(EBADMSG)"},
    {"row of no sense", garble_row, 0, EBADMSG, "(EBADMSG)"},
    {"DUMP_INTR", interrupt, 0, EINTR, "(EINTR)"},
    {"OVERRUN", overrun, 0, ENOBUFS, "(ENOBUFS)"},
    {"DONE with an error", finish_with_error, EIO, EIO,
     "failed: I"}, /* Input/output error, I/O error */
    {"ERROR", answer_error, EBUSY, EBUSY, "(EBUSY)"},
};

static struct pair pairs[PAIRS];

static void arm(size_t number, uint32_t times)
{
    flaw.spoil = FLAWS[number].spoil;
    flaw.error = FLAWS[number].error;
    flaw.times = times;
}

/* Each end of each pair once. */
static void check_whole(const struct frame *frame)
{
    unsigned found = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        const uint64_t cookies[] = {net_cookie(pairs[i].client), net_cookie(pairs[i].server)};
        for (uint32_t row = 0; row < frame->live_count; row++)
            found +=
                frame->conns[row].cookie == cookies[0] || frame->conns[row].cookie == cookies[1];
    }
    assert_int_equal(found, 2 * PAIRS);
    assert_int_equal(frame->missing.reasons & MISSING_DUMP_PART, 0);
}

static void once_it_is_dumped_again(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(FLAWS); i++) {
        for (uint32_t times = 1; times <= 2; times++) {
            arm(i, times);
            struct frame *frame = dump(STATE_ALL_BITS, 0);
            if (flaw.times != 0)
                fail_msg("%s: not read", FLAWS[i].name);
            check_whole(frame);
            frame_release(frame);
        }
    }
}

static void always_the_frame_says_so(void **unused)
{
    const struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(FLAWS); i++) {
        struct frame *frame = frame_new(pool);
        assert_non_null(frame);
        arm(i, ALWAYS);
        const int result = netlink_dump(netlink, frame, &wish, NULL);
        flaw.times = 0;
        if ((result && result != -FLAWS[i].reported) || frame->missing.error != FLAWS[i].reported ||
            !(frame->missing.reasons & MISSING_DUMP_PART) ||
            !strstr(frame->missing.text, FLAWS[i].words))
            fail_msg("%s: %d, %s", FLAWS[i].name, result, frame->missing.text);
        print_message("%s: %s\n", FLAWS[i].name, frame->missing.text);
        frame_release(frame);
        frame = dump(STATE_ALL_BITS, 0);
        check_whole(frame);
        frame_release(frame);
    }
}

/* Left by somebody else's dump, or for somebody else. */
static ssize_t disown_sequence(void *bytes, ssize_t length, int error)
{
    const ssize_t made = replace(bytes, NLMSG_DONE, error);
    (void)length;
    ((struct nlmsghdr *)bytes)->nlmsg_seq += 1000;
    return made;
}

static ssize_t disown_port(void *bytes, ssize_t length, int error)
{
    const ssize_t made = replace(bytes, NLMSG_DONE, error);
    (void)length;
    ((struct nlmsghdr *)bytes)->nlmsg_pid += 1000;
    return made;
}

/* The end of another dump does not end this one: what is read after it counts. */
static void the_end_of_another_dump_is_none(void **unused)
{
    static spoil_function *const OTHERS[] = {disown_sequence, disown_port};
    const struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        struct frame *frame = frame_new(pool);
        flaw.spoil = OTHERS[i];
        flaw.error = -EIO;
        flaw.times =
            1; /* the rows of that datagram are lost with it; that the kernel does not do */
        assert_int_equal(netlink_dump(netlink, frame, &wish, NULL), 0);
        assert_int_equal(frame->missing.error, 0);
        frame_release(frame);
    }
}

static int open_scene(void **unused)
{
    const int error = netlink_scene_open(unused);
    for (unsigned i = 0; i < PAIRS && !error; i++)
        pairs[i] = make_pair(AF_INET);
    return error;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_it_is_dumped_again),
        cmocka_unit_test(always_the_frame_says_so),
        cmocka_unit_test(the_end_of_another_dump_is_none),
    };
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, open_scene, netlink_scene_close);
}
