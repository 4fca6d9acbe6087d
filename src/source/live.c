/* live: the running kernel as a source: netlink, or procnet where there is no sock_diag, and
 * owners. The format of messages is diag.c, what a change means diff and track.
 */
#include "source/live.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/text/text.h"
#include "source/expected_rows.h"
#include "source/host_facts.h"
#include "source/live_filter.h"
#include "source/netns/netlink.h"
#include "source/netns/netns.h"
#include "source/netns/others.h"
#include "source/owners/owners.h"
#include "source/proc_view.h"
#include "source/procnet.h"
#include "source/row_index.h"
#include "source/system_names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE     128
#define FAILURES_MOST 3u /* look-ups in a row that may fail before the rest is not looked up */

struct live {
    struct source source;    /* first */
    struct netlink *netlink; /* NULL: procnet */
    struct owners *owners;   /* NULL: /proc cannot be opened */
    struct frame_pool *scratch;
    struct system_names *names;
    struct host_reader *host_facts; /* NULL: of no use here */
    struct netns_others *others;    /* NULL: not counted */
    struct row_index index;         /* of the scratch frame */
    struct live_filter filter;
    uint32_t state_bits; /* of the last wish */
    struct netns netns;
    uint64_t number;
    char *proc_root;
    char host[TEXT_CLEAN_MAX(HOST_NAME_MAX)];
};

/* What confirm works on. */
struct search {
    struct live *live;
    const struct frame *previous;
    struct frame *next;
    const struct diff *diff;
    uint32_t *found;
    uint32_t count;
    int error;         /* why a row could not be looked up, 0 = none */
    uint32_t failures; /* in a row */
};

/* Errors that mean "not now"; whatever else a kernel, a sandbox or an emulation answers means "no
 * sock_diag here" (ECONNREFUSED: there is netlink, and no sock_diag in the kernel). */
static bool is_for_now(int error)
{
    static const int FOR_NOW[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR, EBUSY};
    for (size_t i = 0; i < sizeof(FOR_NOW) / sizeof(FOR_NOW[0]); i++)
        if (error == -FOR_NOW[i])
            return true;
    return false;
}

static int read_procnet_rows(const struct live *live, struct frame *frame, const struct wish *wish)
{
    const int result = procnet_dump(live->proc_root, frame, wish);

    frame->netns = live->netns.inode;
    for (uint32_t i = 0; i < frame->live_count; i++)
        frame->conns[i].netns = live->netns.inode;
    return result;
}

static int read_procnet(struct live *live, struct frame *frame, const struct wish *wish)
{
    if (live_filter_needs_netlink(&live->filter)) {
        snprintf(frame->missing.text, sizeof(frame->missing.text),
                 "autobound: there is no sock_diag here, and nothing else can tell");
        return -EOPNOTSUPP;
    }
    return read_procnet_rows(live, frame, wish);
}

static int read_kernel(struct live *live, struct frame *frame, const struct wish *wish)
{
    live->state_bits = wish->state_bits;
    frame->number = ++live->number;
    frame->wall_ns = clock_wall_ns();
    frame->mono_ns = clock_mono_ns();
    frame->host = frame_copy_text(frame, live->host);
    frame->netns_is_host = live->netns.is_host;
    if (!live->netlink)
        return read_procnet(live, frame, wish);
    int result = live_filter_dump(&live->filter, live->netlink, live->scratch, frame, wish);
    if (result < 0 && !is_for_now(result)) {
        netlink_close(live->netlink);
        live->netlink = NULL;
        frame->missing = (struct missing){0};
        return read_procnet(live, frame, wish);
    }
    return result;
}

/* Ours, which every frame shows that shows no other. */
static int add_own_netns(const struct live *live, struct frame *frame)
{
    struct frame_netns *netns = frame_add_netns(frame, live->netns.inode);

    if (!netns)
        return -ENOMEM;
    netns->id = netns->cookie = live->netns.cookie;
    netns->inode = live->netns.inode;
    netns->is_own = true;
    netns->is_host = live->netns.is_host;
    netns->kind = netns->is_host ? NETNS_KIND_HOST : NETNS_KIND_PROCESS;
    netns->name = netns->is_host ? "host" : "";
    netns->reach = live->netlink ? NETNS_REACH_ENTER : NETNS_REACH_PROC;
    netns->read_ns = frame->mono_ns;
    return 0;
}

static void read_host_facts(struct live *live, struct frame *frame)
{
    struct host_facts *facts = frame_add_facts(frame);

    if (!facts)
        return;
    facts->netns = live->netns.inode;
    host_reader_read(live->host_facts, facts, frame->mono_ns);
}

static int live_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct live *live = (struct live *)source;
    /* The frames after the first one are as large as that was; few rows pass a filter. */
    if (live->number == 0 && !live->filter.filter &&
        (wish->state_bits & STATE_BIT(STATE_ESTABLISHED)))
        expected_rows_reserve(frame, live->proc_root, wish->needs & NEED_DETAIL);
    int result = read_kernel(live, frame, wish);
    frame->dump_ns = clock_mono_ns() - frame->mono_ns;
    if (result == 0)
        result = add_own_netns(live, frame);
    if (result == 0)
        result = system_names_fill(live->names, frame);
    if (result == 0 && (wish->needs & NEED_HOST_FACTS))
        read_host_facts(live, frame);
    if (result == 0 && live->others)
        netns_others_count(live->others, frame);
    if (result == 0)
        live_filter_drop(&live->filter, frame);
    return result;
}

static bool is_found_by_dump(const struct conn *conn)
{
    return STATE_BIT(conn->state) & (STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED));
}

/* Appends a row of next; one that has left the states wanted is closed for us. */
static int keep_row(struct search *search, uint32_t previous, const struct conn *conn)
{
    struct frame *next = search->next;
    uint32_t scope = conn->tuple.scope;
    if (!(search->live->state_bits & STATE_BIT(conn->state)))
        return 0;
    if (scope && !frame_interface_name(next, conn->netns, scope)) {
        const char *name = frame_interface_name(search->previous, conn->netns, scope);
        if (name && frame_add_interface(next, conn->netns, scope, name) < 0)
            return -ENOMEM;
    }
    struct conn *kept = frame_add_conn(next);
    if (!kept)
        return -ENOMEM;
    *kept = *conn;
    search->found[search->count++] = previous;
    return 0;
}

/* A row that could not be looked up stays as it was: better late than a false close. */
static int keep_copy(struct search *search, uint32_t previous, int error)
{
    struct conn copy = search->previous->conns[previous];
    copy.owner = copy.owners = copy.group = copy.detail = CONN_NO_INDEX;
    copy.owner_count = 0;
    copy.owner_word = OWNER_UNKNOWN;
    copy.unit_from = UNIT_FROM_NOTHING;
    copy.mark = MARK_NONE;
    search->error = error;
    return keep_row(search, previous, &copy);
}

static int look_up(struct search *search, uint32_t previous)
{
    struct conn conn;
    if (search->failures >= FAILURES_MOST)
        return keep_copy(search, previous, search->error);
    int result = netlink_lookup(search->live->netlink, &search->previous->conns[previous], &conn);
    if (result == 0 || result == -ENOENT)
        search->failures = 0;
    if (result == 0)
        return keep_row(search, previous, &conn);
    if (result == -ENOENT)
        return 0;
    search->failures++;
    return keep_copy(search, previous, result);
}

/* Closed rows of this family that only a dump can find. */
static bool is_dumped(const struct search *search, const struct change *change, uint8_t family)
{
    if (change->kind != CHANGE_CLOSED)
        return false;
    const struct conn *conn = &search->previous->conns[change->previous];
    return is_found_by_dump(conn) && conn->tuple.family == family;
}

static int join_dump(struct search *search, const struct frame *frame, uint8_t family, int error)
{
    struct row_index *index = &search->live->index;
    int result = row_index_fill(index, frame->conns, frame->live_count);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < search->diff->change_count && result == 0; i++) {
        const struct change *change = &search->diff->changes[i];
        if (!is_dumped(search, change, family))
            continue;
        uint64_t cookie = search->previous->conns[change->previous].cookie;
        uint32_t row = row_index_find(index, frame->conns, cookie);
        if (row != CONN_NO_INDEX)
            result = keep_row(search, change->previous, &frame->conns[row]);
        else if (error)
            result = keep_copy(search, change->previous, error);
    }
    return result;
}

static int search_by_dump(struct search *search, uint8_t family)
{
    struct live *live = search->live;
    struct frame *frame = frame_new(live->scratch);
    if (!frame)
        return -ENOMEM;
    int error = netlink_dump_states(live->netlink, frame, family,
                                    STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED));
    int result = join_dump(search, frame, family, error);
    frame_release(frame);
    return result;
}

static int search_all(struct search *search)
{
    bool dump[2] = {false, false};
    int result = 0;
    for (uint32_t i = 0; i < search->diff->change_count && result == 0; i++) {
        const struct change *change = &search->diff->changes[i];
        if (change->kind != CHANGE_CLOSED)
            continue;
        const struct conn *conn = &search->previous->conns[change->previous];
        if (is_found_by_dump(conn))
            dump[conn->tuple.family == FAMILY_INET6] = true;
        else
            result = look_up(search, change->previous);
    }
    if (result == 0 && dump[0])
        result = search_by_dump(search, FAMILY_INET);
    if (result == 0 && dump[1])
        result = search_by_dump(search, FAMILY_INET6);
    return result;
}

static int live_confirm(struct source *source, const struct frame *previous, struct frame *next,
                        const struct diff *diff, uint32_t *found, uint32_t *count)
{
    struct search search = {.live = (struct live *)source,
                            .previous = previous,
                            .next = next,
                            .diff = diff,
                            .found = found};
    *count = 0;
    if (!search.live->netlink) /* /proc/net/tcp has no exact look-up */
        return 0;
    int result = search_all(&search);
    if (search.error)
        netlink_mark_missing(next, "look-up of vanished rows", -search.error,
                             "showing them as they were");
    *count = search.count;
    return result;
}

/* A connection may wait to be accepted at a listener that a filter, a class or a family has left
 * out. */
static bool lacks_listeners(const struct live *live, const struct frame *frame,
                            const struct wish *wish)
{
    const bool has_all = !live->filter.filter && (wish->state_bits & STATE_BIT(STATE_LISTEN)) &&
                         wish->families == (WISH_INET | WISH_INET6);
    for (uint32_t i = 0; !has_all && i < frame->live_count; i++)
        if (conn_is_unaccepted(&frame->conns[i]))
            return true;
    return false;
}

/* A family that cannot be read leaves the owners of its connections unknown, as before. */
static struct frame *read_listeners(struct live *live)
{
    static const struct wish wish = {.state_bits = STATE_BIT(STATE_LISTEN),
                                     .families = WISH_INET | WISH_INET6};
    struct frame *frame = frame_new(live->scratch);
    if (!frame)
        return NULL;
    if (live->netlink) {
        (void)netlink_dump_states(live->netlink, frame, FAMILY_INET, wish.state_bits);
        (void)netlink_dump_states(live->netlink, frame, FAMILY_INET6, wish.state_bits);
    } else {
        (void)read_procnet_rows(live, frame, &wish);
    }
    return frame;
}

/* Listeners and bound sockets are not looked up: those do not end by themselves. */
static bool is_open(void *context, const struct conn *conn)
{
    const struct live *live = context;
    struct conn now;

    if (!live->netlink || is_found_by_dump(conn))
        return true;
    const int result = netlink_lookup(live->netlink, conn, &now);
    if (result)
        return result != -ENOENT;
    return (now.known & KNOWN_INODE) && now.inode == conn->inode;
}

static int live_find_owners(struct source *source, const struct frame *previous, struct frame *next,
                            const struct diff *diff, const struct wish *wish)
{
    struct live *live = (struct live *)source;
    if (live->filter.filter && next->live_count == 0)
        return 0; /* nothing is left to be held by anybody */
    if (!live->owners) {
        next->missing.reasons |= MISSING_PROC;
        return 0;
    }
    struct frame *listeners = lacks_listeners(live, next, wish) ? read_listeners(live) : NULL;
    int result = owners_apply(live->owners, previous, next, listeners, diff, wish);
    frame_release(listeners);
    if (result == 0)
        result = system_names_fill_processes(live->names, next);
    return result;
}

static void live_use_walk(struct source *source, const struct owner_walk *walk)
{
    const struct live *live = (struct live *)source;
    if (live->owners)
        owners_use_walk(live->owners, walk);
}

static void live_close(struct source *source)
{
    struct live *live = (struct live *)source;
    owners_close(live->owners);
    netlink_close(live->netlink);
    live_filter_done(&live->filter);
    system_names_free(live->names);
    host_reader_free(live->host_facts);
    netns_others_free(live->others);
    row_index_done(&live->index);
    if (live->scratch)
        frame_pool_release(live->scratch);
    free(live->proc_root);
    free(live);
}

static const struct source_ops LIVE_OPS = {.name = "live",
                                           .is_live = true,
                                           .next = live_next,
                                           .confirm = live_confirm,
                                           .find_owners = live_find_owners,
                                           .use_walk = live_use_walk,
                                           .close = live_close};

static void read_facts(struct live *live)
{
    char host[HOST_NAME_MAX + 1] = "";
    netns_own(&live->netns);
    if (gethostname(host, sizeof(host) - 1) == 0)
        text_clean(live->host, sizeof(live->host), host, strlen(host));
}

/* sock_diag, or a /proc/net/tcp that can be read. What only fails now (no descriptor, no memory) is
 * no reason to do with fewer facts until the end. */
static int open_kernel(struct live *live, bool no_sock_diag, char *text)
{
    int result = no_sock_diag ? -EPROTONOSUPPORT : netlink_open(&live->netlink, &live->netns);
    if (result == 0)
        return 0;
    if (is_for_now(result)) {
        snprintf(text, TEXT_SIZE, "sock_diag: %s", error_text(result));
        return result;
    }
    const int error = procnet_open_error(live->proc_root);
    if (error == 0)
        return 0;
    snprintf(text, TEXT_SIZE, "no sock_diag (%s)", strerror(-result));
    const size_t length = strlen(text);
    snprintf(text + length, TEXT_SIZE - length, ", no /proc/net/tcp (%s): is /proc mounted?",
             strerror(-error));
    return result;
}

int live_open(struct source **source, const struct live_settings *settings, char *text)
{
    struct live *live = calloc(1, sizeof(*live));
    int result = -ENOMEM;
    snprintf(text, TEXT_SIZE, "out of memory");
    if (!live)
        return -ENOMEM;
    live->source.ops = &LIVE_OPS;
    live->proc_root = strdup(settings->proc_root ? settings->proc_root : "/proc");
    live->scratch = frame_pool_new();
    if (!live->proc_root || !live->scratch)
        goto fail;
    read_facts(live);
    if (system_names_new(&live->names, NULL, NULL) < 0)
        goto fail;
    live->host_facts = host_reader_new(live->proc_root);
    if (!live->host_facts)
        goto fail;
    result = live_filter_init(&live->filter, settings->filter, live->proc_root, text);
    if (result < 0)
        goto fail;
    result = open_kernel(live, settings->no_sock_diag, text);
    if (result < 0)
        goto fail;
    live->others = netns_others_new(live->proc_root);
    result = owners_open(&live->owners, live->proc_root);
    if (result == -ENOMEM)
        goto fail;
    if (result == 0)
        owners_use_check(live->owners, &(struct owner_check){is_open, live});
    *source = &live->source;
    return 0;
fail:
    live_close(&live->source);
    return result;
}
