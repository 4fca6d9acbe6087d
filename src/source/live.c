/* live: the running kernel as a source: netlink, or procnet where there is no sock_diag, and
 * owners. diag.c decodes messages, diff and track interpret changes. */
#include "source/live.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "core/text/text.h"
#include "source/ahead.h"
#include "source/bound.h"
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
#include "source/seen.h"
#include "source/still.h"
#include "source/system_names.h"
#include "source/turns.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE     128
#define FAILURES_MOST 3u /* failed look-ups in succession after which the rest is not tried */

struct live {
    struct source source;    /* first */
    struct netlink *netlink; /* NULL: procnet */
    struct owners *owners;   /* NULL: /proc cannot be opened */
    struct frame_pool *scratch;
    struct system_names *names;
    struct host_reader *host_facts; /* NULL: not used */
    struct netns_others *others;    /* NULL: not counted */
    struct row_index index;         /* of the scratch frame */
    struct live_filter filter;
    struct bound bound;
    struct ahead ahead;
    uint32_t ahead_rows;
    struct seen seen;
    struct still still;
    struct turns turns;        /* .places NULL: only our namespace is shown */
    const struct frame *owned; /* the frame whose owners are being looked up */
    uint32_t state_bits;       /* of the last wish */
    struct netns netns;
    uint64_t number;
    char *proc_root;
    char host[TEXT_CLEAN_MAX(HOST_NAME_MAX)];
};

/* The state of confirm. */
struct search {
    struct live *live;
    const struct frame *previous;
    struct frame *next;
    const struct diff *diff;
    uint32_t *found;
    uint32_t count;
    struct map dumped; /* namespaces and families whose listeners were dumped again */
    int error;         /* why a row could not be looked up, 0 = none */
    uint32_t failures; /* in succession */
};

/* Errors that are temporary; any other answer of a kernel, a sandbox or an emulation means "no
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

    for (uint32_t i = 0; i < frame->live_count; i++)
        frame->conns[i].netns = live->netns.inode;
    return result;
}

static int read_procnet(struct live *live, struct frame *frame, const struct wish *wish)
{
    if (live_filter_needs_netlink(&live->filter)) {
        snprintf(frame->missing.text, sizeof(frame->missing.text),
                 "autobound: only the kernel can test it, by sock_diag, which is missing here");
        return -EOPNOTSUPP;
    }
    return read_procnet_rows(live, frame, wish);
}

static int read_own(struct live *live, struct frame *frame, const struct wish *wish)
{
    if (!live->netlink)
        return read_procnet(live, frame, wish);
    const struct wish asked = bound_wish(&live->bound, frame, live->turns.last, wish);
    int result = live_filter_dump(&live->filter, live->netlink, live->scratch, frame, &asked);
    if (result == 0 && asked.state_bits != wish->state_bits)
        result = bound_keep(&live->bound, frame, live->turns.last, live->netns.inode);
    if (result < 0 && !is_for_now(result)) {
        netlink_close(live->netlink);
        live->netlink = NULL;
        frame->missing = (struct missing){0};
        return read_procnet(live, frame, wish);
    }
    return result;
}

/* Rows of our namespace, if no other is shown. */
static int read_own_rows(struct live *live, struct frame *frame, const struct wish *wish)
{
    const struct frame *last = live->turns.last;

    if (!live->netlink || live->filter.filter)
        return read_own(live, frame, wish);
    if (still_read(&live->still, live->netlink, live->host_facts, frame, last, wish))
        return bound_keep(&live->bound, frame, last, live->netns.inode);
    const int result = read_own(live, frame, wish);
    still_note_dump(&live->still, frame, wish);
    return result;
}

/* Our namespace, if no other is shown. */
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
    netns->read_ns = frame->all_ns ? frame->all_ns : frame->mono_ns;
    netns->bound_ns = live->netlink ? live->bound.asked_ns : 0;
    return 0;
}

static int read_places(struct live *live, struct frame *frame, const struct wish *wish)
{
    int result = places_list(live->turns.places, frame, live->turns.last);

    if (result)
        return result;
    if (frame->namespace_count == 1) {
        frame->netns = frame->namespaces[0].key;
        frame->netns_is_host = frame->namespaces[0].is_host;
    }
    for (uint32_t i = 0; i < frame->namespace_count && result == 0; i++) {
        struct frame_netns *netns = &frame->namespaces[i];
        if (!netns->is_own)
            continue;
        result = read_own(live, frame, wish);
        netns->read_ns = frame->mono_ns;
        netns->bound_ns = live->netlink ? live->bound.asked_ns : 0;
    }
    live->turns.enters = live->netlink != NULL;
    return result ? result : turns_read(&live->turns, frame, wish);
}

static void begin_frame(struct live *live, struct frame *frame, const struct wish *wish)
{
    live->state_bits = wish->state_bits;
    frame->number = ++live->number;
    frame->wall_ns = clock_wall_ns();
    frame->mono_ns = clock_mono_ns();
    frame->host = frame_copy_text(frame, live->host);
    frame->netns = live->netns.inode;
    frame->netns_is_host = live->netns.is_host;
}

static int read_kernel(struct live *live, struct frame *frame, const struct wish *wish)
{
    begin_frame(live, frame, wish);
    if (live->turns.places)
        return read_places(live, frame, wish);
    const int result = read_own_rows(live, frame, wish);
    return result ? result : add_own_netns(live, frame);
}

/* The netlink for look-ups in a namespace: 0; -ENOENT: the namespace is gone; -EOPNOTSUPP: not
 * possible; other -errno: not now. */
static int netlink_of(struct live *live, const struct frame *next, uint32_t key,
                      struct netlink **netlink)
{
    const struct frame_netns *netns = frame_find_netns(next, key);

    if (live->turns.places && !netns)
        return -ENOENT;
    *netlink = live->netlink; /* /proc/net/tcp has no exact look-up */
    if (!*netlink || (netns && netns->reach != NETNS_REACH_ENTER))
        return -EOPNOTSUPP;
    return live->turns.places && !netns->is_own ? places_enter(live->turns.places, netns, netlink)
                                                : 0;
}

static void read_own_facts(struct live *live, struct frame *frame)
{
    struct host_facts *facts = frame_add_facts(frame);
    struct frame_netns *own = frame_add_netns(frame, live->netns.inode); /* it exists */

    if (!facts || !own)
        return;
    facts->netns = live->netns.inode;
    host_reader_read(live->host_facts, facts, frame->mono_ns);
    own->facts = facts;
}

/* For every namespace that is shown; the frame's own facts are those of ours, or of the only
 * one. */
static int read_host_facts(struct live *live, struct frame *frame)
{
    if (frame_find_netns(frame, live->netns.inode))
        read_own_facts(live, frame);
    const int result = live->turns.places ? places_facts(live->turns.places, frame) : 0;
    if (!frame->facts && frame->namespace_count == 1)
        frame->facts = frame->namespaces[0].facts;
    return result;
}

/* Completes a frame whose rows could be read. */
static int finish_frame(struct live *live, struct frame *frame, const struct wish *wish, int result)
{
    frame->dump_ns = clock_mono_ns() - frame->mono_ns;
    if (result == 0)
        result = system_names_fill(live->names, frame);
    if (result == 0 && (wish->needs & NEED_HOST_FACTS))
        result = read_host_facts(live, frame);
    if (result == 0 && live->others)
        netns_others_count(live->others, frame);
    if (result == 0)
        live_filter_drop(&live->filter, frame);
    return result;
}

/* Prepares the first frame only: later ones are as large as that; and only without a filter, which
 * few rows pass. */
static void begin_first(struct live *live, struct frame *frame, const struct wish *wish)
{
    if (live->filter.filter || !(wish->state_bits & STATE_BIT(STATE_ESTABLISHED)))
        return;
    expected_rows_reserve(frame, live->proc_root, wish->needs & NEED_DETAIL);
    ahead_begin(&live->ahead, frame, live->owners, wish, live->ahead_rows);
}

static int live_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct live *live = (struct live *)source;
    ahead_end(&live->ahead);
    if (live->owners)
        owners_drop_ahead(live->owners); /* of a frame that was not made */
    if (live->number == 0)
        begin_first(live, frame, wish);
    return finish_frame(live, frame, wish, read_kernel(live, frame, wish));
}

static int live_refresh(struct source *source, struct frame *frame, const struct wish *wish,
                        const struct source_news *news, uint32_t count, struct row_copies *copies)
{
    struct live *live = (struct live *)source;

    if (!live->netlink || live->turns.places || live->filter.filter || !live->turns.last ||
        !(wish->state_bits & STATE_BIT(STATE_LISTEN)))
        return -EOPNOTSUPP;
    begin_frame(live, frame, wish);
    const struct seen_wish seen_wish = {.wish = wish,
                                        .news = news,
                                        .news_count = count,
                                        .keep_owners = live->owners && owners_are_wanted(wish)};
    int result = seen_read(&live->seen, live->netlink, frame, live->turns.last, &seen_wish);
    if (result == 0)
        result = add_own_netns(live, frame);
    *copies = (struct row_copies){.origins = live->seen.origins, .calm = live->seen.calm};
    return finish_frame(live, frame, wish, result);
}

/* Appends a row to next, unless it left the wanted states, which counts as closed. */
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

/* A row that could not be looked up stays unchanged: a late close is better than a false one. */
static int keep_copy(struct search *search, uint32_t previous, int error)
{
    const struct conn *conn = &search->previous->conns[previous];
    search->error = error;
    if (!(search->live->state_bits & STATE_BIT(conn->state)))
        return 0;
    search->found[search->count++] = previous;
    return turns_copy_row(search->next, search->previous, conn);
}

/* As netlink_of(), for a row of previous. */
static int netlink_of_row(struct search *search, uint32_t previous, struct netlink **netlink)
{
    const uint32_t key = search->previous->conns[previous].netns;
    if (!frame_same_netns(search->previous, search->next, key))
        return -ENOENT;
    return netlink_of(search->live, search->next, key, netlink);
}

static int look_up(struct search *search, uint32_t previous)
{
    struct netlink *netlink;
    struct conn conn;
    int result = netlink_of_row(search, previous, &netlink);
    if (result == -ENOENT || result == -EOPNOTSUPP)
        return 0;
    if (result || search->failures >= FAILURES_MOST)
        return keep_copy(search, previous, result ? result : search->error);
    result = netlink_lookup(netlink, &search->previous->conns[previous], &conn);
    if (result == 0 || result == -ENOENT)
        search->failures = 0;
    if (result == 0)
        return keep_row(search, previous, &conn);
    if (result == -ENOENT)
        return 0;
    search->failures++;
    return keep_copy(search, previous, result);
}

/* Vanished rows of this namespace and family that only a dump can find. */
static bool is_dumped(const struct search *search, const struct change *change,
                      const struct conn *like)
{
    if (change->kind != CHANGE_CLOSED)
        return false;
    const struct conn *conn = &search->previous->conns[change->previous];
    return !netlink_can_look_up(conn) && conn->tuple.family == like->tuple.family &&
           conn->netns == like->netns;
}

static int join_dump(struct search *search, const struct frame *frame, const struct conn *like,
                     int error)
{
    struct row_index *index = &search->live->index;
    int result = row_index_fill(index, frame->conns, frame->live_count);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < search->diff->change_count && result == 0; i++) {
        const struct change *change = &search->diff->changes[i];
        if (!is_dumped(search, change, like))
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

/* Looks up all rows that need the same dump as this one of previous. */
static int search_by_dump(struct search *search, uint32_t previous)
{
    const struct conn *like = &search->previous->conns[previous];
    struct netlink *netlink;
    int error = netlink_of_row(search, previous, &netlink);
    if (error == -ENOENT || error == -EOPNOTSUPP)
        return 0;
    struct frame *frame = frame_new(search->live->scratch);
    if (!frame)
        return -ENOMEM;
    if (!error)
        error = netlink_dump_states(netlink, frame, like->tuple.family,
                                    STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED));
    int result = join_dump(search, frame, like, error);
    frame_release(frame);
    return result;
}

/* Notes its namespace and family; false: already noted. */
static bool is_first_of_its_dump(struct search *search, uint32_t previous)
{
    const struct conn *conn = &search->previous->conns[previous];
    const uint64_t key = (uint64_t)conn->netns << 8 | conn->tuple.family;
    return map_find(&search->dumped, key) == MAP_NONE && map_put(&search->dumped, key, 1) == 0;
}

static int search_all(struct search *search)
{
    int result = 0;
    for (uint32_t i = 0; i < search->diff->change_count && result == 0; i++) {
        const struct change *change = &search->diff->changes[i];
        if (change->kind != CHANGE_CLOSED)
            continue;
        const struct conn *conn = &search->previous->conns[change->previous];
        if (netlink_can_look_up(conn))
            result = look_up(search, change->previous);
        else if (is_first_of_its_dump(search, change->previous))
            result = search_by_dump(search, change->previous);
    }
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
    int result = search_all(&search);
    map_done(&search.dumped);
    if (search.live->turns.places)
        places_leave(search.live->turns.places);
    if (search.error)
        netlink_mark_missing(next, "look-up of vanished rows", -search.error,
                             "showing them as they were");
    *count = search.count;
    return result;
}

/* A filter, a class or a family may have left out the listener of a connection that is not accepted
 * yet. */
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

/* If a family cannot be read, the owners of its connections stay unknown. */
static struct frame *read_listeners(struct live *live, const struct frame *next)
{
    static const struct wish wish = {.state_bits = STATE_BIT(STATE_LISTEN),
                                     .families = WISH_INET | WISH_INET6};
    struct frame *frame = frame_new(live->scratch);
    if (!frame)
        return NULL;
    for (uint32_t i = 0; live->netlink && i < next->namespace_count; i++) {
        struct netlink *netlink;
        if (netlink_of(live, next, next->namespaces[i].key, &netlink))
            continue;
        (void)netlink_dump_states(netlink, frame, FAMILY_INET, wish.state_bits);
        (void)netlink_dump_states(netlink, frame, FAMILY_INET6, wish.state_bits);
    }
    if (!live->netlink)
        (void)read_procnet_rows(live, frame, &wish);
    return frame;
}

/* Listeners and bound sockets are not looked up: they do not end by themselves. */
static bool is_open(void *context, const struct conn *conn)
{
    struct live *live = context;
    struct netlink *netlink;
    struct conn now;

    if (!netlink_can_look_up(conn))
        return true;
    int result = netlink_of(live, live->owned, conn->netns, &netlink);
    if (result)
        return result != -ENOENT;
    result = netlink_lookup(netlink, conn, &now);
    if (result)
        return result != -ENOENT;
    return (now.known & KNOWN_INODE) && now.inode == conn->inode;
}

static int live_find_owners(struct source *source, const struct frame *previous, struct frame *next,
                            const struct diff *diff, const struct wish *wish)
{
    struct live *live = (struct live *)source;
    ahead_end(&live->ahead);
    if (live->turns.places || !live->filter.filter)
        turns_remember(&live->turns, next);
    if (live->filter.filter && next->live_count == 0)
        return 0; /* no process can hold it any more */
    if (!live->owners) {
        next->missing.reasons |= MISSING_PROC;
        return 0;
    }
    struct frame *listeners = lacks_listeners(live, next, wish) ? read_listeners(live, next) : NULL;
    live->owned = next;
    int result = owners_apply(live->owners, previous, next, listeners, diff, wish);
    live->owned = NULL;
    frame_release(listeners);
    if (live->turns.places)
        places_leave(live->turns.places);
    if (result == 0)
        result = system_names_fill_processes(live->names, next);
    return result;
}

static int live_name_ghosts(struct source *source, struct frame *next)
{
    return system_names_fill_ghosts(((struct live *)source)->names, next);
}

static void live_use_walk(struct source *source, const struct owner_walk *walk)
{
    const struct live *live = (struct live *)source;
    if (live->owners)
        owners_use_walk(live->owners, walk);
}

static void live_use_rows(struct source *source, const struct row_walk *walk)
{
    struct live *live = (struct live *)source;
    live->turns.held.walk = *walk;
}

static void live_touched(struct source *source, const uint32_t *netns, uint32_t count)
{
    const struct live *live = (struct live *)source;
    if (live->turns.places)
        places_touch(live->turns.places, netns, count);
}

static void live_close(struct source *source)
{
    struct live *live = (struct live *)source;
    ahead_end(&live->ahead);
    owners_close(live->owners);
    places_close(live->turns.places);
    turns_done(&live->turns);
    bound_done(&live->bound);
    seen_done(&live->seen);
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

static int live_process(struct source *source, int32_t pid, uint64_t start_ticks,
                        struct process_facts *facts)
{
    const struct live *live = (const struct live *)source;

    return process_facts_read(live->proc_root, pid, start_ticks, facts);
}

static const struct source_ops LIVE_OPS = {.name = "live",
                                           .is_live = true,
                                           .next = live_next,
                                           .refresh = live_refresh,
                                           .confirm = live_confirm,
                                           .find_owners = live_find_owners,
                                           .name_ghosts = live_name_ghosts,
                                           .use_walk = live_use_walk,
                                           .use_rows = live_use_rows,
                                           .touched = live_touched,
                                           .process = live_process,
                                           .close = live_close};

static void read_facts(struct live *live)
{
    char host[HOST_NAME_MAX + 1] = "";
    netns_own(&live->netns);
    if (gethostname(host, sizeof(host) - 1) == 0)
        text_clean(live->host, sizeof(live->host), host, strlen(host));
}

/* sock_diag, or a /proc/net/tcp that can be read. What only fails now (no descriptor, out of memory) is
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
    live->ahead = AHEAD_NONE;
    live->proc_root = strdup(settings->proc_root ? settings->proc_root : "/proc");
    live->scratch = frame_pool_new();
    if (!live->proc_root || !live->scratch)
        goto fail;
    read_facts(live);
    if (system_names_new(&live->names, NULL, NULL) < 0)
        goto fail;
    system_names_use_nss(live->names);
    live->host_facts = host_reader_new(live->proc_root);
    if (!live->host_facts)
        goto fail;
    result = live_filter_init(&live->filter, settings->filter, live->proc_root, text);
    if (result < 0)
        goto fail;
    result = open_kernel(live, settings->no_sock_diag, text);
    if (result < 0)
        goto fail;
    if (settings->netns)
        result = places_open(&live->turns.places, live->proc_root, settings->netns, text);
    else
        live->others = netns_others_new(live->proc_root);
    if (result < 0)
        goto fail;
    live->turns.reads_all = settings->reads_all;
    live->ahead_rows = settings->ahead_rows ? settings->ahead_rows : AHEAD_ROWS_LEAST;
    live->bound.rows = settings->bound_rows ? settings->bound_rows : BOUND_ROWS;
    live->turns.walks = settings->walks;
    live->turns.filter = &live->filter;
    live->turns.scratch = live->scratch;
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
