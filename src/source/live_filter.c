/* Filters of one dump: the kernel's part by bytecode, autobound by a second dump, the rest once the
 * rows are read. */
#include "source/live_filter.h"

#include "source/row_index.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_SIZE 128

static bool has_net_admin(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    return data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}

/* Ports that the kernel chooses from. To the kernel accepted sockets look like autobound ones, but
 * they have the listener's port: the range distinguishes the two, as in ss. The kernel's default if
 * /proc is not readable. */
static void read_port_range(struct live_filter *live, const char *proc_root)
{
    char path[PATH_MAX];
    unsigned first = 32768, last = 60999;

    snprintf(path, sizeof path, "%s/sys/net/ipv4/ip_local_port_range", proc_root);
    FILE *file = fopen(path, "re");
    if (file) {
        unsigned low, high;
        if (fscanf(file, "%5u %5u", &low, &high) == 2) {
            first = low;
            last = high;
        }
        fclose(file);
    }
    live->first_port = (uint16_t)(first < UINT16_MAX ? first : UINT16_MAX);
    live->last_port = (uint16_t)(last < UINT16_MAX ? last : UINT16_MAX);
}

int live_filter_init(struct live_filter *live, const struct filter *filter, const char *proc_root,
                     char *text)
{
    *live = (struct live_filter){.filter = filter_is_empty(filter) ? NULL : filter};
    buffer_init(&live->code);
    buffer_init(&live->autobound_code);
    if (!live->filter)
        return 0;
    if (filter_needs_admin(filter) && !has_net_admin()) {
        snprintf(text, TEXT_SIZE,
                 "fwmark: the kernel shows marks only with CAP_NET_ADMIN: run as root");
        return -EPERM;
    }
    live->drops = filter_needs_dump_only(filter);
    filter_autobound_bytecode(&live->autobound_code);
    read_port_range(live, proc_root);
    const int result = filter_bytecode(filter, &live->code);
    if (result == -E2BIG) /* too long for the kernel: tested only here */
        buffer_clear(&live->code);
    return result == -E2BIG ? 0 : result;
}

void live_filter_done(struct live_filter *live)
{
    buffer_done(&live->code);
    buffer_done(&live->autobound_code);
}

bool live_filter_needs_netlink(const struct live_filter *live)
{
    return filter_needs_kernel(live->filter);
}

static void mark_autobound(const struct live_filter *live, struct frame *frame,
                           const struct frame *dumped, const struct row_index *index)
{
    for (uint32_t i = 0; i < dumped->live_count; i++) {
        const uint16_t port = dumped->conns[i].tuple.local_port;
        const uint32_t row = row_index_find(index, frame->conns, dumped->conns[i].cookie);
        if (row != CONN_NO_INDEX && port >= live->first_port && port <= live->last_port)
            frame->conns[row].known |= KNOWN_AUTOBOUND;
    }
}

static int join_autobound(const struct live_filter *live, struct frame *frame,
                          const struct frame *dumped)
{
    struct row_index index = {0};
    const int result = row_index_fill(&index, frame->conns, frame->live_count);

    if (result == 0)
        mark_autobound(live, frame, dumped, &index);
    row_index_done(&index);
    return result;
}

/* Dumps the rows for which the kernel chose the port, and joins them by cookie. */
static int find_autobound(const struct live_filter *live, struct netlink *netlink,
                          struct frame_pool *scratch, struct frame *frame, const struct wish *wish)
{
    const struct netlink_bytecode code = {live->autobound_code.data, live->autobound_code.length};
    const struct wish bare = {.state_bits = wish->state_bits, .families = wish->families};
    struct frame *dumped = frame_new(scratch);

    if (!dumped)
        return -ENOMEM;
    int result = netlink_dump(netlink, dumped, &bare, &code);
    if (result == 0 && dumped->missing.reasons & MISSING_DUMP_PART)
        frame->missing = dumped->missing;
    if (result == 0)
        result = join_autobound(live, frame, dumped);
    frame_release(dumped);
    return result;
}

static struct wish narrow(const struct filter *filter, const struct wish *wish)
{
    struct wish narrowed = *wish;
    const uint8_t family = filter_family(filter);

    narrowed.state_bits &= filter_states(filter);
    const unsigned families = family == FAMILY_INET6 ? WISH_INET6 : WISH_INET;

    if (family)
        narrowed.families = (uint8_t)(narrowed.families & families);
    return narrowed;
}

/* An old kernel refuses unknown operations (devices before Linux 4.16): then all rows are read. */
static int dump_filtered(const struct live_filter *live, struct netlink *netlink,
                         struct frame *frame, const struct wish *wish)
{
    const struct netlink_bytecode code = {live->code.data, live->code.length};
    const uint32_t rows = frame->live_count, details = frame->detail_count;
    const int result = netlink_dump(netlink, frame, wish, code.length ? &code : NULL);

    if (code.length == 0 || (result != -EINVAL && frame->missing.error != EINVAL))
        return result;
    frame->missing = (struct missing){0};
    frame->live_count = frame->conn_count = rows;
    frame->detail_count = details;
    return netlink_dump(netlink, frame, wish, NULL);
}

int live_filter_dump(const struct live_filter *live, struct netlink *netlink,
                     struct frame_pool *scratch, struct frame *frame, const struct wish *wish)
{
    const struct wish narrowed = narrow(live->filter, wish);
    int result = 0;

    if (state_kernel_mask(narrowed.state_bits) == 0 || narrowed.families == 0)
        return 0; /* no row can be accepted */
    result = dump_filtered(live, netlink, frame, &narrowed);
    if (result == 0 && filter_needs_kernel(live->filter))
        result = find_autobound(live, netlink, scratch, frame, &narrowed);
    return result;
}

void live_filter_drop(const struct live_filter *live, struct frame *frame)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    uint32_t kept = 0;

    if (!live->drops)
        return;
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (filter_accepts(live->filter, &context, &frame->conns[i]))
            frame->conns[kept++] = frame->conns[i];
    frame->live_count = frame->conn_count = kept;
}
