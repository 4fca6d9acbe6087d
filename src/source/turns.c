/* turns: see turns.h. */
#include "source/turns.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/grow.h"
#include "core/column/column.h"
#include "source/procnet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROC_PATH_MAX   256
#define FIRST_FRAME_NS  (SECOND_NS / 4) /* of CPU, for namespaces beside ours */
#define LEAST_BUDGET_NS (5 * MILLISECOND_NS)
#define URGENT_MORE     2 /* budgets for what is new, and where something happened */
#define CHECK_BUDGET_NS (5 * MILLISECOND_NS) /* with a walk: what it lacks is looked for in turn */
#define WALK_ROW_NS     1000LL               /* of a walk that was not measured */
#define DUMP_NS         200000LL
#define WALK_AGAIN      64u /* frames: what a walk costs may have changed */

/* How the rows of a namespace came into the frame. */
enum way {
    WAY_UNREAD = 0, /* they are those of the frame before */
    WAY_DUMPED,
    WAY_HELD,   /* by the walk; that nothing else is there is known */
    WAY_PARTLY, /* by the walk; what no process has open is as it was */
};

/* One frame at work. */
struct reading {
    struct turns *turns;
    struct frame *frame;
    const struct wish *wish;
    int64_t began_ns, budget_ns; /* CPU that other namespaces may cost */
    bool walked;
    uint32_t by_proc, unread, partly;
};

void turns_done(struct turns *turns)
{
    held_done(&turns->held);
    row_index_done(&turns->index);
    frame_release(turns->last);
    free(turns->ways);
    free(turns->drop);
}

void turns_remember(struct turns *turns, struct frame *frame)
{
    frame_release(turns->last);
    turns->last = frame_reference(frame);
}

/* --- budgets --- */

static bool is_urgent(const struct turns *turns, const struct frame_netns *netns)
{
    return turns->last && (!frame_find_netns(turns->last, netns->key) || !netns->read_ns ||
                           places_is_touched(turns->places, netns->key));
}

static bool is_within(const struct reading *reading, int64_t budget_ns)
{
    const int64_t spent_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - reading->began_ns;

    return reading->turns->reads_all || spent_ns < budget_ns;
}

static bool is_its_turn(const struct reading *reading, const struct frame_netns *netns)
{
    return is_within(reading,
                     reading->budget_ns * (is_urgent(reading->turns, netns) ? URGENT_MORE : 1));
}

/* Half of what a frame may cost: the other half is for all that is done with the rows. */
static int64_t budget_of(const struct turns *turns, const struct wish *wish)
{
    const int64_t half_ns = wish->interval_ns / 200 * wish->budget_percent;

    if (wish->budget_percent == 0)
        return INT64_MAX / URGENT_MORE;
    if (!turns->last)
        return half_ns > FIRST_FRAME_NS ? half_ns : FIRST_FRAME_NS;
    return half_ns > LEAST_BUDGET_NS ? half_ns : LEAST_BUDGET_NS;
}

/* --- by a dump --- */

/* State, addresses and queues: of any namespace for anybody. */
static int read_by_proc(const struct reading *reading, struct frame_netns *netns)
{
    struct frame *frame = reading->frame;
    const struct missing missing = frame->missing;
    const char *source = frame->source;
    const uint32_t own = frame->netns;
    char path[PROC_PATH_MAX];
    int result = places_proc(reading->turns->places, netns, path, sizeof(path));

    if (result)
        return result;
    frame->netns = netns->key;
    result = procnet_dump(path, frame, reading->wish);
    frame->netns = own;
    frame->source = source;
    frame->missing = missing;
    netns->reach = NETNS_REACH_PROC;
    return result;
}

static int dump_in(const struct reading *reading, struct frame_netns *netns)
{
    struct turns *turns = reading->turns;
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct netlink *netlink;
    int result = -EPERM;

    if (turns->enters && netns->reach == NETNS_REACH_ENTER)
        result = places_enter(turns->places, netns, &netlink);
    if (result == -EPERM || result == -EACCES)
        return read_by_proc(reading, netns);
    if (result == 0)
        result =
            live_filter_dump(turns->filter, netlink, turns->scratch, reading->frame, reading->wish);
    const int64_t cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
    turns->dump_ns += (cost_ns - turns->dump_ns) / (turns->dump_ns ? 8 : 1);
    return result;
}

static int read_other(const struct reading *reading, struct frame_netns *netns)
{
    const struct turns *turns = reading->turns;

    if (live_filter_needs_netlink(turns->filter))
        return -EOPNOTSUPP; /* autobound: the range of ports that is known is ours */
    if (!places_has_sockets(turns->places, netns, reading->wish->state_bits))
        return 0;
    return dump_in(reading, netns);
}

/* One that could not be read keeps its rows; one that ended meanwhile is no longer
 * listed for the next frame. */
static void leave_unread(struct reading *reading, struct frame_netns *netns, int error)
{
    netns->why = error == -EAGAIN  ? "not its turn"
                 : error == -ESRCH ? "the process by which it was known ended"
                                   : frame_copy_text(reading->frame, error_text(error));
    reading->unread++;
}

static int read_whole(struct reading *reading, struct frame_netns *netns, uint8_t *way)
{
    struct frame *frame = reading->frame;
    const int64_t began_ns = clock_mono_ns();
    const uint32_t rows = frame->live_count;
    const int result = is_its_turn(reading, netns) ? read_other(reading, netns) : -EAGAIN;

    if (result == -ENOMEM)
        return result;
    if (result) {
        frame->live_count = frame->conn_count = rows;
        leave_unread(reading, netns, result);
        return 0;
    }
    netns->read_ns = netns->rest_ns = began_ns;
    reading->by_proc += netns->reach == NETNS_REACH_PROC;
    *way = WAY_DUMPED;
    return 0;
}

/* --- by the walk --- */

/* Sockets that the kernel counts in it are all held. SYN-RECEIVED it does not count. */
static bool is_all_held(const struct reading *reading, const struct frame_netns *netns)
{
    const struct held_place *place =
        &reading->turns->held.places[netns - reading->frame->namespaces];
    uint32_t sockets;

    return !place->lacks && places_count_sockets(reading->turns->places, netns, &sockets) == 0 &&
           sockets == place->hashed;
}

static bool may_look_for_rest(const struct reading *reading, const struct frame_netns *netns)
{
    const struct held_place *place =
        &reading->turns->held.places[netns - reading->frame->namespaces];
    const bool first = place->lacks || is_urgent(reading->turns, netns);

    return first ? is_its_turn(reading, netns) : is_within(reading, CHECK_BUDGET_NS);
}

/* What is held is in the frame already; what else there is takes a dump, of everything. */
static int read_rest(struct reading *reading, struct frame_netns *netns, uint8_t *way)
{
    struct frame *frame = reading->frame;
    const int64_t began_ns = clock_mono_ns();
    const uint32_t rows = frame->live_count;
    int result = -EAGAIN;

    if (may_look_for_rest(reading, netns)) {
        *way = is_all_held(reading, netns) ? WAY_HELD : WAY_UNREAD;
        result = *way == WAY_HELD ? 0 : dump_in(reading, netns);
        if (result == 0 && *way == WAY_UNREAD)
            *way = WAY_DUMPED;
    }
    if (result == -ENOMEM)
        return result;
    if (result == 0) {
        netns->read_ns = netns->rest_ns = began_ns;
        return 0;
    }
    frame->live_count = frame->conn_count = rows;
    if (!netns->rest_ns) { /* what is found in it later would seem to have opened meanwhile */
        leave_unread(reading, netns, result);
        return 0;
    }
    netns->read_ns = frame->mono_ns;
    *way = WAY_PARTLY;
    reading->partly++;
    return 0;
}

/* Namespaces other than ours with rows in the frame before. */
static uint32_t count_busy(struct turns *turns)
{
    const struct frame *last = turns->last;
    const struct frame_netns *netns = NULL;
    uint32_t count = 0;

    if (GROW(turns->drop, turns->drop_capacity, last->namespace_count))
        return 0;
    memset(turns->drop, 0, last->namespace_count * sizeof(*turns->drop));
    for (uint32_t i = 0; i < last->live_count; i++) {
        if (netns && netns->key == last->conns[i].netns)
            continue;
        netns = frame_find_netns(last, last->conns[i].netns);
        if (!netns || netns->is_own || turns->drop[netns - last->namespaces])
            continue;
        turns->drop[netns - last->namespaces] = true;
        count++;
    }
    return count;
}

static bool wants_all(const struct wish *wish)
{
    const uint32_t hashed =
        STATE_ALL_BITS & ~STATE_BIT(STATE_CLOSED) & ~STATE_BIT(STATE_DELETE_TCB);

    return (wish->state_bits & hashed) == hashed && wish->families == (WISH_INET | WISH_INET6) &&
           !(wish->needs & NEED_DETAIL);
}

/* A walk costs by the socket, dumps by the namespace and by all sockets of the machine. */
static bool walk_pays(struct turns *turns, const struct wish *wish)
{
    const struct held *held = &turns->held;

    if (!held->walk.walk || !turns->last || turns->reads_all || !turns->enters ||
        turns->filter->filter || !wants_all(wish))
        return false;
    if (turns->walks)
        return true;
    const int64_t dumps_ns = count_busy(turns) * (turns->dump_ns ? turns->dump_ns : DUMP_NS);
    int64_t walk_ns = turns->last->live_count * WALK_ROW_NS;
    if (held->cost_ns && turns->unwalked < WALK_AGAIN)
        walk_ns = held->cost_ns;
    return dumps_ns > walk_ns;
}

static int walk(struct reading *reading)
{
    struct turns *turns = reading->turns;

    if (!walk_pays(turns, reading->wish)) {
        turns->unwalked++;
        return 0;
    }
    const int error =
        held_read(&turns->held, turns->places, reading->frame, turns->last, reading->wish);
    reading->walked = error == 0;
    turns->unwalked = 0;
    return error == -ENOMEM ? error : 0;
}

/* --- rows of the frame before --- */

int turns_copy_row(struct frame *to, const struct frame *from, const struct conn *conn)
{
    const uint32_t scope = conn->tuple.scope;
    const char *name = scope ? frame_interface_name(from, conn->netns, scope) : NULL;
    const struct conn_detail *detail = frame_detail(from, conn);
    struct conn *copy = frame_add_conn(to);
    struct conn_detail *copied = detail ? frame_add_detail(to) : NULL;

    if (!copy || (detail && !copied) ||
        (name && frame_add_interface(to, conn->netns, scope, name) < 0) ||
        ((conn->known & KNOWN_UID) && frame_add_user(to, conn->uid, "") < 0))
        return -ENOMEM;
    *copy = *conn;
    copy->owner = copy->owners = copy->group = copy->detail = CONN_NO_INDEX;
    copy->owner_count = 0;
    copy->owner_word = OWNER_UNKNOWN;
    copy->unit_from = UNIT_FROM_NOTHING;
    copy->mark = MARK_NONE;
    if (copied) {
        *copied = *detail;
        copy->detail = to->detail_count - 1;
    }
    return 0;
}

/* A row of the frame before stands for what was not read: any row, or one that no process had open
 * and none has by now. */
static bool stands(struct reading *reading, const struct frame_netns *netns,
                   const struct conn *conn)
{
    struct turns *turns = reading->turns;
    const uint8_t way = turns->ways[netns - reading->frame->namespaces];

    if (way == WAY_UNREAD && netns->why[0])
        return frame_same_netns(turns->last, reading->frame, conn->netns);
    return way == WAY_PARTLY && conn_is_unheld(conn) &&
           row_index_find(&turns->index, reading->frame->conns, conn->cookie) == CONN_NO_INDEX &&
           frame_same_netns(turns->last, reading->frame, conn->netns);
}

static int keep_unread(struct reading *reading)
{
    const struct frame *last = reading->turns->last;
    struct frame *frame = reading->frame;
    const struct frame_netns *netns = NULL;
    int result = 0;

    if (!last || !(reading->unread || reading->partly))
        return 0;
    if (reading->partly)
        result = row_index_fill(&reading->turns->index, frame->conns, frame->live_count);
    for (uint32_t i = 0; i < last->live_count && result == 0; i++) {
        const struct conn *conn = &last->conns[i];
        if (!netns || netns->key != conn->netns)
            netns = frame_find_netns(frame, conn->netns);
        if (netns && !netns->is_own && (reading->wish->state_bits & STATE_BIT(conn->state)) &&
            stands(reading, netns, conn))
            result = turns_copy_row(frame, last, conn);
    }
    return result;
}

/* Rows by the walk of what a dump gave too, or of what is not to be shown yet. */
static int drop_walked(struct reading *reading)
{
    struct turns *turns = reading->turns;
    const uint32_t count = reading->frame->namespace_count;

    if (!reading->walked)
        return 0;
    if (GROW(turns->drop, turns->drop_capacity, count))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        turns->drop[i] = turns->ways[i] <= WAY_DUMPED;
    held_drop(&turns->held, reading->frame, turns->drop);
    return 0;
}

/* --- all of them --- */

static void note(const struct reading *reading)
{
    struct missing *missing = &reading->frame->missing;
    const uint32_t count = reading->frame->namespace_count;

    if (count && !reading->unread && !reading->by_proc && !reading->partly)
        return;
    missing->reasons |= MISSING_NETNS;
    if (missing->text[0])
        return;
    if (!count)
        snprintf(missing->text, sizeof(missing->text),
                 "the network namespace no longer exists, or nothing names it");
    else if (reading->unread)
        snprintf(missing->text, sizeof(missing->text),
                 "%u of %u network namespaces read in this frame; the others as they were",
                 count - reading->unread, count);
    else if (reading->partly)
        snprintf(missing->text, sizeof(missing->text),
                 "sockets without a process: %u of %u network namespaces read in this frame",
                 count - reading->partly, count);
    else
        snprintf(
            missing->text, sizeof(missing->text),
            "%u of %u network namespaces may not be entered (CAP_SYS_ADMIN): no counters there",
            reading->by_proc, count);
}

static int read_each(struct reading *reading, const uint32_t *order)
{
    struct frame *frame = reading->frame;
    int result = 0;

    for (uint32_t i = 0; i < frame->namespace_count && result == 0; i++) {
        struct frame_netns *netns = &frame->namespaces[order[i]];
        uint8_t *way = &reading->turns->ways[order[i]];
        if (netns->is_own)
            continue;
        result = reading->walked && netns->reach == NETNS_REACH_ENTER
                     ? read_rest(reading, netns, way)
                     : read_whole(reading, netns, way);
    }
    return result;
}

int turns_read(struct turns *turns, struct frame *frame, const struct wish *wish)
{
    struct reading reading = {
        .turns = turns, .frame = frame, .wish = wish, .budget_ns = budget_of(turns, wish)};
    const uint32_t *order = places_order(turns->places, frame);

    if (!order || GROW(turns->ways, turns->way_capacity, frame->namespace_count + 1))
        return -ENOMEM;
    memset(turns->ways, 0, frame->namespace_count * sizeof(*turns->ways));
    int result = walk(&reading);
    reading.began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (result == 0)
        result = read_each(&reading, order);
    places_leave(turns->places);
    if (result == 0)
        result = drop_walked(&reading);
    if (result == 0)
        result = keep_unread(&reading);
    note(&reading);
    return result;
}
