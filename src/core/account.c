/* Accounts: the rules by which each byte is counted once. */
#include "core/account.h"

#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <string.h>

#define LEFT_FOR_NS (10 * SECOND_NS) /* how long a row that left is kept until its end comes */
/* How late the message of an end may come, by a work queue of the kernel that may wait for the
 * teardown of network namespaces. Not longer than LEFT_FOR_NS: a row that moved data since then is
 * kept until its end. */
#define LATE_NS LEFT_FOR_NS

void account_done(struct account *account)
{
    endings_done(&account->endings);
    map_done(&account->readings);
    hash_index_done(&account->flow_index);
    lately_rows_done(&account->lately);
    lately_rows_done(&account->lately_before);
}

int account_note_end(struct account *account, const struct socket_end *end)
{
    return end->cookie ? endings_note(&account->endings, end) : 0;
}

/* --- totals --- */

static void count(struct account *account, const struct conn *whose, const struct tuple *tuple,
                  const struct counters *grown)
{
    if (account->sink.carried && counters_any(grown))
        account->sink.carried(account->sink.data, account->next, whose, tuple, grown);
    struct totals *totals = &account->next->totals;
    totals->in_interval += grown->in_bytes;
    totals->out_interval += counters_out(grown);
    totals->sent_interval += grown->bytes_sent;
    totals->retrans_interval += grown->bytes_retrans;
}

enum { SEGMENT_FACTS = 3 };
static const enum host_fact SEGMENTS[SEGMENT_FACTS] = {FACT_IN_SEGS, FACT_OUT_SEGS,
                                                       FACT_RETRANS_SEGS};

static bool has_segments(const struct host_facts *facts)
{
    for (size_t i = 0; i < SEGMENT_FACTS; i++)
        if (!facts || !host_fact_known(facts, SEGMENTS[i]))
            return false;
    return true;
}

/* False: a counter is unknown in one of them. */
static bool add_growth(const struct host_facts *before, const struct host_facts *now,
                       uint64_t grown[SEGMENT_FACTS])
{
    if (!has_segments(before) || !has_segments(now))
        return false;
    for (size_t i = 0; i < SEGMENT_FACTS; i++)
        grown[i] += counters_grown_by(host_fact(before, SEGMENTS[i]), host_fact(now, SEGMENTS[i]));
    return true;
}

static const struct frame_netns *find_same(const struct frame *frame,
                                           const struct frame_netns *netns)
{
    for (uint32_t i = 0; i < frame->namespace_count; i++) {
        const struct frame_netns *found = &frame->namespaces[i];
        if (netns->id ? found->id == netns->id : found->key == netns->key)
            return found;
    }
    return NULL;
}

/* A source may have the counters of the frame only (demo). */
static bool has_counters_of_each(const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->namespace_count; i++)
        if (frame->namespaces[i].facts)
            return frame->namespace_count > 1;
    return false;
}

/* Of all that are shown and have counters; what a new one counted before it was seen is not of this
 * frame. False: ours has none, or no other. */
static bool add_namespaces(const struct frame *previous, const struct frame *next,
                           uint64_t grown[SEGMENT_FACTS])
{
    bool any = false;

    for (uint32_t i = 0; i < next->namespace_count; i++) {
        const struct frame_netns *now = &next->namespaces[i], *before = find_same(previous, now);
        const bool counts =
            before ? add_growth(before->facts, now->facts, grown) : has_segments(now->facts);
        if (!counts && now->is_own)
            return false;
        any |= counts;
    }
    return any;
}

/* Growth of the counters of the network namespaces. */
static void count_segments(const struct frame *previous, struct frame *next)
{
    struct totals *totals = &next->totals;
    uint64_t grown[SEGMENT_FACTS] = {0};

    if (has_counters_of_each(next))
        totals->segs_known = add_namespaces(previous, next, grown);
    else if (previous->netns == next->netns)
        totals->segs_known = add_growth(previous->facts, next->facts, grown);
    if (!totals->segs_known)
        return;
    totals->segs_in = grown[0];
    totals->segs_out = grown[1];
    totals->segs_retrans = grown[2];
}

/* --- flows --- */

static uint32_t flow_hash(const struct conn *conn)
{
    uint64_t hash = tuple_hash(&conn->tuple);
    return hash_number(hash ^ ((uint64_t)conn->owner << 32 | conn->group));
}

static bool flow_is(const struct conn *a, const struct conn *b)
{
    return tuple_equal(&a->tuple, &b->tuple) && a->netns == b->netns && a->owner == b->owner &&
           a->owner_word == b->owner_word && a->group == b->group && a->known == b->known &&
           a->uid == b->uid;
}

static struct flow *flow_find(const struct account *account, const struct conn *key, uint32_t hash)
{
    struct hash_cursor cursor;
    for (uint32_t i = hash_index_first(&account->flow_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&account->flow_index, &cursor)) {
        if (flow_is(&account->next->flows[i].conn, key))
            return &account->next->flows[i];
    }
    return NULL;
}

static struct flow *flow_add(struct account *account, const struct conn *key, uint32_t hash)
{
    struct frame *next = account->next;
    if (hash_index_reserve(&account->flow_index, next->flow_count + 1))
        return NULL;
    struct flow *flow = frame_add_flow(next);
    if (!flow)
        return NULL;
    (void)hash_index_add(&account->flow_index, hash, next->flow_count - 1);
    flow->conn = *key;
    return flow;
}

/* For connections to a port of ours that port matters, not the peer's, which differs each time; for
 * those that we opened it is the other way round. */
static void flow_tuple(const struct account *account, const struct tuple *of, struct tuple *tuple)
{
    *tuple = *of;
    if (port_set_has(&account->listening, of->local_port)) {
        tuple->remote_port = 0;
        return;
    }
    tuple->local_port = 0;
    memset(&tuple->local, 0, sizeof(tuple->local));
}

/* A key without an owner. */
static struct conn flow_key(const struct account *account, const struct tuple *tuple,
                            uint32_t netns)
{
    struct flow blank;
    flow_clear(&blank);
    struct conn key = blank.conn;
    key.netns = netns;
    flow_tuple(account, tuple, &key.tuple);
    return key;
}

static struct flow *flow_take(struct account *account, const struct conn *key)
{
    uint32_t hash = flow_hash(key);
    struct flow *flow = flow_find(account, key, hash);
    if (flow)
        return flow;
    struct conn rest = *key;
    if (account->next->flow_count >= ACCOUNT_FLOWS_MOST) {
        const struct tuple unknown = {.family = FAMILY_INET};
        rest = flow_key(account, &unknown, key->netns);
        hash = flow_hash(&rest);
        flow = flow_find(account, &rest, hash);
    }
    if (flow)
        return flow;
    rest.serial = ++account->flow_serial;
    flow = flow_add(account, &rest, hash);
    if (!flow)
        account->error = -ENOMEM;
    return flow;
}

/* lately may be NULL. */
static void flow_put(struct account *account, const struct conn *key, const struct in_out *bytes,
                     const struct in_out *rates, const struct lately *lately)
{
    if (!bytes->in && !bytes->out && !rates->in && !rates->out && !lately)
        return;
    struct flow *flow = flow_take(account, key);
    if (!flow)
        return;
    flow->in_bytes += bytes->in;
    flow->out_bytes += bytes->out;
    conn_set_rates(&flow->conn, conn_in_rate(&flow->conn) + rates->in,
                   conn_out_rate(&flow->conn) + rates->out);
    if (!lately)
        return;
    lately_merge(&flow->lately, lately);
    lately_show(&flow->lately, &flow->conn);
}

static void carry_flow(struct account *account, const struct flow *before)
{
    struct flow faded = *before;
    lately_age(&faded.lately, account->slots_passed);
    lately_show(&faded.lately, &faded.conn);
    if (!flow_fade(&faded, account->elapsed_ns))
        return;
    ghost_copy_place(account->copier, &faded.conn, &before->conn);
    struct flow *flow = flow_add(account, &faded.conn, flow_hash(&faded.conn));
    if (flow)
        flow->lately = faded.lately;
    else
        account->error = -ENOMEM;
}

/* The owner of a row that closed before it was found may be in its end. */
static void key_take_owner(struct account *account, struct conn *key, const struct socket_end *end)
{
    if (key->owner != CONN_NO_INDEX || !end->pid)
        return;
    key->owner_word = OWNER_LAST;
    key->owner = ghost_named_proc(account->next, end->pid, end->owner_start_ticks, end->name,
                                  &account->last_owner);
}

/* The flow key of a row of previous. */
static struct conn key_of_row(struct account *account, const struct conn *row)
{
    struct conn key = flow_key(account, &row->tuple, row->netns);
    ghost_copy_place(account->copier, &key, row);
    key.owner_word = row->owner_word == OWNER_PROCESS ? (uint8_t)OWNER_LAST : row->owner_word;
    if (row->known & KNOWN_UID) {
        key.known |= KNOWN_UID;
        key.uid = row->uid;
    }
    return key;
}

static struct conn key_of_end(struct account *account, const struct socket_end *end)
{
    struct conn key = flow_key(account, &end->tuple, end->netns);
    if (end->uid != UINT32_MAX) {
        key.known |= KNOWN_UID;
        key.uid = end->uid;
    }
    key_take_owner(account, &key, end);
    return key;
}

/* --- what was sent lately --- */

/* When a row of previous was read, as partial frames read only some rows. */
static int64_t read_ns_of(const struct account *account, const struct conn *previous)
{
    const struct frame *frame = account->previous;
    const int64_t all_ns = frame->all_ns ? frame->all_ns : frame->mono_ns;
    const uint32_t later_ms =
        frame->all_ns ? map_find(&account->readings, previous->cookie) : MAP_NONE;

    return later_ms == MAP_NONE ? all_ns : all_ns + (int64_t)later_ms * MILLISECOND_NS;
}

/* What a row of previous sent lately, as of next; false: nothing. */
static bool lately_of(const struct account *account, const struct conn *previous,
                      struct lately *lately)
{
    if (!previous->sent_10s)
        return false;
    const uint32_t row = (uint32_t)(previous - account->previous->conns);
    *lately = *lately_rows_find(&account->lately_before, row);
    lately_age(lately, account->some_stand
                           ? lately_passed(read_ns_of(account, previous), account->next->mono_ns)
                           : account->slots_passed);
    return true;
}

/* Adds what a row of next sent since its row in previous, if it has one. */
static void row_sent(struct account *account, const struct conn *previous, struct conn *conn,
                     const struct counters *grown)
{
    struct lately lately = {0};
    const bool any = previous && lately_of(account, previous, &lately);

    if (!any && !grown->bytes_sent)
        return;
    lately_add(&lately, grown);
    const uint32_t row = (uint32_t)(conn - account->next->conns);
    struct lately *added = lately_rows_add(&account->lately, row);
    if (!added) {
        account->error = -ENOMEM;
        return;
    }
    *added = lately;
    lately_show(&lately, conn);
}

/* Time since the last reading of a row that is read now, or has closed. previous NULL: since the
 * last frame, as its opening would have been reported. */
static int64_t elapsed_alone(const struct account *account, const struct conn *previous)
{
    return previous ? account->next->mono_ns - read_ns_of(account, previous) : account->elapsed_ns;
}

/* Time since the rows of its namespace were read for the last frame. */
static int64_t elapsed_of(struct account *account, const struct conn *previous,
                          const struct conn *conn)
{
    if (account->some_stand)
        return elapsed_alone(account, previous);
    netns_time_of(&account->time, account->previous, account->next, conn->netns,
                  netns_rows_of(conn));
    return account->time.elapsed_ns;
}

/* --- rows that left --- */

/* Its end was not reported yet: remember what was counted of it until then. */
static void await_end(struct account *account, const struct conn *row)
{
    if (!account->ends_come || !row->cookie)
        return;
    struct ending *ending = endings_take(&account->endings, row->cookie, row->netns);
    if (!ending) {
        account->error = -ENOMEM;
        return;
    }
    ending->left = true;
    ending->counted = counters_of(row);
    ending->end.tuple = row->tuple;
    ending->end.mono_ns = account->next->mono_ns;
    if (row->known & KNOWN_UID)
        ending->end.uid = row->uid;
    const struct proc *owner = frame_owner(account->previous, row);
    if (!owner)
        return;
    ending->end.pid = owner->pid;
    ending->end.owner_start_ticks = owner->start_ticks;
    size_t length = strlen(owner->comm);
    if (length < sizeof(ending->end.name))
        memcpy(ending->end.name, owner->comm, length + 1);
}

void account_left(struct account *account, const struct conn *previous)
{
    const struct counters counted = counters_of(previous);
    struct counters grown = {0};

    if (!counters_known(previous))
        return;
    struct ending *ending = endings_find(&account->endings, previous->cookie, previous->netns);
    if (ending && ending->ended) {
        grown = counters_grown(&counted, &ending->end.counters);
        ending->done = true;
    } else {
        await_end(account, previous);
    }
    const bool rates = (previous->known & KNOWN_RATES) != 0;
    const int64_t elapsed_ns = elapsed_of(account, previous, previous);
    const struct in_out bytes = {grown.in_bytes, counters_out(&grown)};
    const struct in_out faded = {
        rates_step(rates ? conn_in_rate(previous) : 0, bytes.in, elapsed_ns),
        rates_step(rates ? conn_out_rate(previous) : 0, bytes.out, elapsed_ns)};
    const struct in_out nothing = {0};
    struct lately lately = {0};
    const bool sent = lately_of(account, previous, &lately) || grown.bytes_sent;
    if (!bytes.in && !bytes.out && !faded.in && !faded.out && !sent)
        return;
    struct conn key = key_of_row(account, previous);
    if (ending && ending->ended)
        key_take_owner(account, &key, &ending->end);
    count(account, &key, &previous->tuple, &grown);
    lately_add(&lately, &grown);
    flow_put(account, &key, &bytes, elapsed_ns < 1000 ? &nothing : &faded, sent ? &lately : NULL);
}

/* --- rows --- */

static struct ending *mark_live(struct account *account, const struct conn *conn)
{
    struct ending *ending = endings_find(&account->endings, conn->cookie, conn->netns);
    if (ending)
        ending->live = true;
    return ending;
}

/* The socket ended and was reused: its counters started again. */
static void count_former_life(struct account *account, struct ending *ending,
                              const struct conn *previous)
{
    const struct counters counted = counters_of(previous);
    const struct counters grown = counters_grown(&counted, &ending->end.counters);
    const struct in_out bytes = {grown.in_bytes, counters_out(&grown)};
    const struct in_out rates = {rates_step(0, bytes.in, account->elapsed_ns),
                                 rates_step(0, bytes.out, account->elapsed_ns)};
    const struct conn key = key_of_row(account, previous);
    struct lately lately = {0};

    ending->done = true;
    count(account, &key, &previous->tuple, &grown);
    lately_add(&lately, &grown);
    flow_put(account, &key, &bytes, &rates, &lately);
}

static void see_port(struct account *account, const struct conn *conn)
{
    const uint16_t port = conn->tuple.local_port;
    if (conn->state == STATE_LISTEN)
        port_set_add(&account->coming, port);
}

/* Counts what a new row carried, less `counted`. */
static void begin_row(struct account *account, struct conn *conn, const struct counters *counted)
{
    const struct counters now = counters_of(conn);
    const struct counters grown = counters_grown(counted, &now);
    const struct in_out bytes = {grown.in_bytes, counters_out(&grown)};
    count(account, conn, &conn->tuple, &grown);
    row_sent(account, NULL, conn, &grown);
    rates_begin(conn, &bytes, elapsed_of(account, NULL, conn));
}

/* A row without counters, since it cannot have carried anything yet. */
static bool is_before_data(const struct conn *conn)
{
    return conn->state == STATE_SYN_RECEIVED || conn->state == STATE_CLOSED;
}

/* Notes when a row was read that others were not. */
static void note_reading(struct account *account, const struct conn *conn)
{
    const struct frame *next = account->next;
    const int64_t later_ns = next->mono_ns - next->all_ns;

    if (next->all_ns && conn->cookie &&
        map_put(&account->readings, conn->cookie, (uint32_t)(later_ns / MILLISECOND_NS)))
        account->error = -ENOMEM;
}

void account_standing_row(struct account *account, const struct conn *previous, struct conn *conn)
{
    see_port(account, conn);
    if (account->endings.count)
        (void)mark_live(account, conn);
    if (!conn->sent_10s)
        return;
    struct lately *kept =
        lately_rows_add(&account->lately, (uint32_t)(conn - account->next->conns));
    if (!kept) {
        account->error = -ENOMEM;
        conn->sent_10s = conn->retrans_10s = 0;
        return;
    }
    const uint32_t row = (uint32_t)(previous - account->previous->conns);
    *kept = *lately_rows_find(&account->lately_before, row);
}

static void count_row(struct account *account, const struct conn *previous, struct conn *conn)
{
    const struct counters nothing_yet = {0};
    struct in_out rest;

    see_port(account, conn);
    conn->sent_10s = conn->retrans_10s = 0;
    if (!counters_known(conn)) {
        account_left(account, previous);
        return;
    }
    struct ending *ending = mark_live(account, conn);
    if (!counters_known(previous)) {
        if (is_before_data(previous))
            begin_row(account, conn, &nothing_yet);
        return;
    }
    const struct counters before = counters_of(previous), now = counters_of(conn);
    const struct counters grown = counters_grown(&before, &now);
    count(account, conn, &conn->tuple, &grown);
    row_sent(account, previous, conn, &grown);
    if (ending && ending->ended &&
        (now.in_bytes < before.in_bytes || now.bytes_sent < before.bytes_sent))
        count_former_life(account, ending, previous);
    rates_update(previous, conn, elapsed_of(account, previous, conn), &rest);
    if (!rest.in && !rest.out)
        return;
    const struct in_out nothing = {0};
    const struct conn key = key_of_row(account, previous);
    flow_put(account, &key, &nothing, &rest, NULL);
}

void account_row(struct account *account, const struct conn *previous, struct conn *conn)
{
    count_row(account, previous, conn);
    note_reading(account, conn);
}

void account_new_row(struct account *account, struct conn *conn)
{
    const struct counters nothing_yet = {0};

    note_reading(account, conn);
    see_port(account, conn);
    conn->sent_10s = conn->retrans_10s = 0;
    if (!counters_known(conn))
        return;
    struct ending *ending = mark_live(account, conn);
    if (ending && ending->left) { /* a dump skipped it */
        begin_row(account, conn, &ending->counted);
        ending->left = false;
        ending->done = !ending->ended;
    } else if (account->previous && (conn->known & KNOWN_OPENED)) {
        begin_row(account, conn, &nothing_yet);
    }
}

/* --- the whole --- */

static void begin_lately(struct account *account)
{
    const struct lately_rows before = account->lately;
    account->lately = account->lately_before;
    account->lately.count = 0;
    account->lately_before = before;
}

void account_begin(struct account *account, struct ghost_copier *copier,
                   const struct frame *previous, struct frame *next)
{
    account->copier = copier;
    account->previous = previous;
    account->next = next;
    account->time.known = false;
    account->some_stand = next->all_ns || (previous && previous->all_ns);
    account->slots_passed = previous ? lately_passed(previous->mono_ns, next->mono_ns) : 0;
    begin_lately(account);
    account->elapsed_ns = previous ? next->mono_ns - previous->mono_ns : 0;
    account->last_owner = CONN_NO_INDEX;
    account->ends_come = next->events && strcmp(next->events, "none") != 0;
    account->error = hash_index_begin(&account->flow_index, previous ? previous->flow_count : 0);
    account->coming = (struct port_set){0};
    if (!previous) {
        account->began_ns = next->mono_ns;
        return;
    }
    count_segments(previous, next);
    next->totals.in_total = previous->totals.in_total;
    next->totals.out_total = previous->totals.out_total;
    for (uint32_t i = 0; i < previous->flow_count; i++)
        carry_flow(account, &previous->flows[i]);
}

/* A socket without a row in the last frame or shortly before is either that young, or its traffic
 * was counted long ago and its descriptor is closed only now. One that lived between the last two
 * frames counts as young too: on a busy machine its message comes after both. */
static bool is_young(const struct account *account, const struct socket_end *end)
{
    if (end->began)
        return true;
    const int64_t moved_ns = end->mono_ns - end->idle_ns;
    return end->idle_ns >= 0 && moved_ns >= account->began_ns &&
           moved_ns >= account->previous->mono_ns - LATE_NS;
}

static void count_end(struct account *account, const struct ending *ending)
{
    struct counters grown = ending->end.counters;
    if (ending->left)
        grown = counters_grown(&ending->counted, &ending->end.counters);
    else if (!is_young(account, &ending->end))
        return;
    if (!counters_any(&grown))
        return;
    const struct in_out bytes = {grown.in_bytes, counters_out(&grown)};
    const struct in_out rates = {rates_step(0, bytes.in, account->elapsed_ns),
                                 rates_step(0, bytes.out, account->elapsed_ns)};
    const struct conn key = key_of_end(account, &ending->end);
    struct lately lately = {0};
    count(account, &key, &ending->end.tuple, &grown);
    lately_add(&lately, &grown);
    flow_put(account, &key, &bytes, &rates, &lately);
}

void account_finish(struct account *account)
{
    struct endings *endings = &account->endings;
    struct totals *totals = &account->next->totals;

    for (uint32_t i = 0; i < endings->count; i++) {
        struct ending *ending = &endings->list[i];
        const bool old = account->next->mono_ns - ending->end.mono_ns > LEFT_FOR_NS;
        /* dumped before it ended: wait for the next frame */
        if (ending->done || (ending->live && !old))
            continue;
        if (ending->ended && !ending->live && account->previous)
            count_end(account, ending);
        ending->done = ending->ended || old;
    }
    endings_sift(endings);
    if (!account->next->all_ns)
        map_clear(&account->readings);
    account->listening = account->coming;
    totals->in_total += totals->in_interval;
    totals->out_total += totals->out_interval;
    totals_add_flows(totals, account->next);
}
