/* procnet: rows from /proc/net/tcp and tcp6, read in blocks of constant size. Format:
 * net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c (Linux 6.18). */
#include "source/procnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE    (32u * 1024u)
#define REPEATED_ROWS 8u
/* Clock ticks in /proc are USER_HZ (100 a second on every architecture we build for), whatever HZ
 * is. */
#define MS_PER_TICK 10u

struct scan { /* what is left of a line */
    const char *at, *end;
    bool failed;
};

static void skip_spaces(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at == ' ')
        scan->at++;
}

static void expect(struct scan *scan, char c)
{
    if (scan->at < scan->end && *scan->at == c)
        scan->at++;
    else
        scan->failed = true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 16;
}

/* A number of 1 to max_digits digits; otherwise it fails. */
static uint64_t take_number(struct scan *scan, unsigned base, unsigned max_digits)
{
    uint64_t value = 0;
    unsigned digits = 0;
    while (scan->at < scan->end && digit_value(*scan->at) < (int)base) {
        if (++digits > max_digits)
            break;
        value = value * base + (uint64_t)digit_value(*scan->at);
        scan->at++;
    }
    if (digits == 0 || digits > max_digits)
        scan->failed = true;
    return value;
}

static uint32_t saturate(uint64_t value, uint32_t most)
{
    return value < most ? (uint32_t)value : most;
}

/* Each word of an address is a host-order number made of network-order bytes, so its bytes in
 * memory are the address, on little and big endian machines. */
static void take_address(struct scan *scan, uint8_t family, struct addr *addr)
{
    unsigned words = family == FAMILY_INET6 ? 4 : 1;
    for (unsigned i = 0; i < words; i++) {
        const char *start = scan->at;
        uint32_t word = 0;
        for (unsigned digit = 0; digit < 8 && scan->at < scan->end; digit++, scan->at++) {
            int value = digit_value(*scan->at);
            if (value > 15)
                break;
            word = word << 4 | (uint32_t)value;
        }
        if (scan->at - start != 8)
            scan->failed = true;
        memcpy(addr->bytes + (size_t)4 * i, &word, 4);
    }
}

static void take_tuple(struct scan *scan, uint8_t family, struct tuple *tuple)
{
    tuple->family = family;
    skip_spaces(scan);
    take_address(scan, family, &tuple->local);
    expect(scan, ':');
    tuple->local_port = (uint16_t)take_number(scan, 16, 4);
    skip_spaces(scan);
    take_address(scan, family, &tuple->remote);
    expect(scan, ':');
    tuple->remote_port = (uint16_t)take_number(scan, 16, 4);
}

static void take_state(struct scan *scan, struct conn *conn)
{
    skip_spaces(scan);
    conn->kernel_state = (uint8_t)take_number(scan, 16, 2);
    conn->state = (uint8_t)state_from_kernel(conn->kernel_state);
    if (conn->state == STATE_NONE)
        scan->failed = true;
}

/* "tx:rx". A listener's rx is its accept queue, its tx is always 0: the backlog is not reported. */
static void take_queues(struct scan *scan, struct conn *conn)
{
    skip_spaces(scan);
    uint64_t send_queue = take_number(scan, 16, 8);
    expect(scan, ':');
    conn->receive_queue = (uint32_t)take_number(scan, 16, 8);
    conn->known |= KNOWN_QUEUES;
    if (conn->state == STATE_LISTEN)
        conn->known |= KNOWN_NO_BACKLOG;
    else
        conn->send_queue = (uint32_t)send_queue;
}

static void take_timer(struct scan *scan, struct conn *conn)
{
    skip_spaces(scan);
    conn->timer = (uint8_t)take_number(scan, 16, 2);
    expect(scan, ':');
    uint64_t ticks = take_number(scan, 16, 16);
    conn->timer_ms = saturate(ticks, UINT32_MAX / MS_PER_TICK) * MS_PER_TICK;
    conn->known |= KNOWN_TIMER;
}

/* "retrnsmt uid timeout inode": idiag_retrans is, by the timer, the first (retransmissions) or the
 * third (probes without an answer). */
static void take_holder(struct scan *scan, struct conn *conn)
{
    skip_spaces(scan);
    uint64_t retransmits = take_number(scan, 16, 8);
    skip_spaces(scan);
    uint64_t uid = take_number(scan, 10, 10);
    skip_spaces(scan);
    uint64_t probes = take_number(scan, 10, 10);
    skip_spaces(scan);
    uint64_t inode = take_number(scan, 10, 20);

    bool probing = conn->timer == 2 || conn->timer == 4;
    conn->timer_retrans = (uint8_t)saturate(probing ? probes : retransmits, UINT8_MAX);
    if (inode != 0 && inode <= UINT32_MAX) {
        conn->inode = (uint32_t)inode;
        conn->known |= KNOWN_INODE;
    }
    /* Without a socket uid 0 is meaningless, and a SYN-RECEIVED row shows its listener's. */
    bool has_uid = conn->state != STATE_TIME_WAIT && conn->state != STATE_SYN_RECEIVED;
    if (uid <= UINT32_MAX && has_uid && (inode != 0 || uid != 0)) {
        conn->uid = (uint32_t)uid;
        conn->known |= KNOWN_UID;
    }
}

int procnet_parse_line(const char *line, size_t length, uint8_t family, struct conn *conn)
{
    struct scan scan = {line, line + length, false};
    skip_spaces(&scan);
    if (scan.end - scan.at >= 2 && memcmp(scan.at, "sl", 2) == 0)
        return -ENOMSG;

    struct conn row;
    memset(&row, 0, sizeof(row));
    row.owner = row.owners = row.group = row.detail = CONN_NO_INDEX;
    row.offload = OFFLOAD_UNKNOWN;
    take_number(&scan, 10, 10);
    expect(&scan, ':');
    take_tuple(&scan, family, &row.tuple);
    take_state(&scan, &row);
    take_queues(&scan, &row);
    take_timer(&scan, &row);
    take_holder(&scan, &row);
    if (scan.failed || (scan.at < scan.end && *scan.at != ' '))
        return -EBADMSG;
    *conn = row;
    return 0;
}

struct reader { /* the state of reading one file */
    struct frame *frame;
    uint32_t state_bits;
    uint32_t first_row; /* of this file in frame.conns */
    uint32_t malformed;
    uint32_t lines; /* the header included */
    uint8_t family;
};

/* The kernel resumes by counting within a hash bucket, so a socket added to the bucket between two
 * reads makes it repeat the last row. */
static bool is_repeated(const struct reader *reader, const struct conn *conn)
{
    const struct frame *frame = reader->frame;
    uint32_t last = frame->live_count;
    for (uint32_t i = 0; i < REPEATED_ROWS && last > reader->first_row; i++) {
        const struct conn *before = &frame->conns[--last];
        if (before->inode == conn->inode && before->state == conn->state &&
            tuple_equal(&before->tuple, &conn->tuple))
            return true;
    }
    return false;
}

static int take_line(struct reader *reader, const char *line, size_t length)
{
    struct conn row;
    int result = procnet_parse_line(line, length, reader->family, &row);
    reader->lines++;
    if (result == -EBADMSG)
        reader->malformed++;
    if (result || !(reader->state_bits & STATE_BIT(row.state)) || is_repeated(reader, &row))
        return 0;
    struct conn *conn = frame_add_conn(reader->frame);
    if (!conn)
        return -ENOMEM;
    row.netns = reader->frame->netns;
    *conn = row;
    return 0;
}

/* Takes the whole lines of a block; *used gets their length. */
static int take_lines(struct reader *reader, const char *block, size_t length, size_t *used)
{
    size_t at = 0;
    for (;;) {
        const char *end = memchr(block + at, '\n', length - at);
        if (!end)
            break;
        int result = take_line(reader, block + at, (size_t)(end - block) - at);
        if (result)
            return result;
        at = (size_t)(end - block) + 1;
    }
    *used = at;
    return 0;
}

static int read_rows(struct reader *reader, int file)
{
    char block[BLOCK_SIZE];
    size_t kept = 0;
    for (;;) {
        ssize_t got = read(file, block + kept, sizeof(block) - kept);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        size_t used = 0, length = kept + (size_t)got;
        int result = take_lines(reader, block, length, &used);
        if (result)
            return result;
        kept = length - used;
        if (kept == sizeof(block)) { /* not a line: lines have 150 bytes */
            reader->malformed++;
            reader->lines++;
            kept = 0;
        }
        memmove(block, block + used, kept);
    }
    if (kept > 0)
        return take_line(reader, block, kept);
    return reader->lines == 0 ? -ENODATA : 0;
}

/* "/proc/net/tcp could not be read: Permission denied". */
static void put_failure(char *text, size_t size, const char *name, int error)
{
    if (error == -ENODATA)
        snprintf(text, size,
                 "/proc/net/%s is empty, without its header: this kernel does not show connections",
                 name);
    else
        snprintf(text, size, "/proc/net/%s could not be read: %s%s", name, strerror(-error),
                 error == -ENOENT ? " (is /proc mounted?)" : "");
}

static void note_part(struct frame *frame, const char *name, int error, uint32_t malformed)
{
    struct missing *missing = &frame->missing;
    missing->reasons |= MISSING_DUMP_PART;
    if (error) {
        missing->error = -error;
        put_failure(missing->text, sizeof(missing->text), name, error);
    } else {
        snprintf(missing->text, sizeof(missing->text), "%u lines of /proc/net/%s not understood",
                 malformed, name);
    }
}

static void say_nothing_read(struct frame *frame, const char *name, int error)
{
    struct missing *missing = &frame->missing;
    static const char start[] = "no sock_diag, and ";
    memcpy(missing->text, start, sizeof(start));
    put_failure(missing->text + sizeof(start) - 1, sizeof(missing->text) - sizeof(start) + 1, name,
                error);
}

static int read_file(const char *proc_root, const char *name, struct reader *reader)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/net/%s", proc_root, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return -ENAMETOOLONG;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    reader->first_row = reader->frame->live_count;
    int result = read_rows(reader, file);
    close(file);
    if (result == -ENOMEM || (result && reader->lines == 0))
        return result;
    if (result || reader->malformed)
        note_part(reader->frame, name, result, reader->malformed);
    return 0;
}

/* tcp without tcp6 means a kernel without IPv6: if only IPv6 was wanted, that is a valid answer. */
static bool is_answered(const char *proc_root, const struct frame *frame, const struct wish *wish)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/net/tcp", proc_root);
    bool fits = length > 0 && (size_t)length < sizeof(path);
    return fits && !(wish->families & WISH_INET) && (frame->missing.reasons & MISSING_IPV6) &&
           access(path, F_OK) == 0;
}

int procnet_dump(const char *proc_root, struct frame *frame, const struct wish *wish)
{
    static const struct {
        const char *name;
        uint8_t family, wish;
    } files[] = {{"tcp", FAMILY_INET, WISH_INET}, {"tcp6", FAMILY_INET6, WISH_INET6}};
    const char *first = NULL; /* the first that failed */
    int error = 0;
    unsigned wanted = 0, failed = 0;

    frame->source = "/proc/net/tcp";
    frame->missing.reasons |= MISSING_SOCK_DIAG;
    snprintf(frame->missing.text, sizeof(frame->missing.text),
             "no sock_diag here: rows come from /proc/net/tcp, without rates and round-trip times");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!(wish->families & files[i].wish))
            continue;
        struct reader reader = {
            .frame = frame, .state_bits = wish->state_bits, .family = files[i].family};
        int result = read_file(proc_root, files[i].name, &reader);
        if (result == -ENOMEM)
            return result;
        wanted++;
        if (result == 0)
            continue;
        failed++;
        if (result == -ENOENT && files[i].family == FAMILY_INET6)
            frame->missing.reasons |= MISSING_IPV6;
        else
            note_part(frame, files[i].name, result, 0);
        first = first ? first : files[i].name;
        error = error ? error : result;
    }
    if (failed < wanted || is_answered(proc_root, frame, wish))
        return 0;
    say_nothing_read(frame, first, error);
    return error;
}

int procnet_open_error(const char *proc_root)
{
    static const char *const names[] = {"tcp", "tcp6"};
    char path[4096];
    int error = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int length = snprintf(path, sizeof(path), "%s/net/%s", proc_root, names[i]);
        if (length > 0 && (size_t)length < sizeof(path) && access(path, R_OK) == 0)
            return 0;
        error = error ? error : -errno;
    }
    return error;
}
