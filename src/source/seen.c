/* seen: see seen.h. */
#include "source/seen.h"

#include "base/clock.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>

#define TIMER_TIME_WAIT 3 /* conn.timer */
#define LOOKS           64u
#define BLOCK           64u /* rows */

/* One frame at work. */
struct reading {
    struct seen *seen;
    struct netlink *netlink;
    struct frame *frame;
    const struct frame *last;
    const struct wish *wish;
    const struct source_news *news;
    uint32_t most;      /* rows beside the listeners */
    uint32_t passed_ms; /* since the frame before */
    bool keep_owners;
    struct netlink_look looks[LOOKS];
    struct conn wanted[LOOKS];
    uint32_t rows[LOOKS]; /* of the frame that they stand for; CONN_NO_INDEX: of none yet */
    uint32_t look_count;
    struct conn_detail detail; /* of the page's row */
};

void seen_done(struct seen *seen)
{
    map_done(&seen->cookies);
    map_done(&seen->tuples);
    free(seen->dropped);
    free(seen->origins);
    free(seen->calm);
}

/* --- look-ups --- */

static bool is_page(const struct reading *reading, const struct conn *conn)
{
    return reading->wish->page.cookie && conn->cookie == reading->wish->page.cookie;
}

/* It is no copy. */
static void note_read(struct seen *seen, uint32_t row)
{
    seen->origins[row] = CONN_NO_INDEX;
    seen->calm[row] = 0;
}

static int put_row(struct reading *reading, uint32_t row, const struct netlink_look *look)
{
    struct frame *frame = reading->frame;
    struct conn_detail *detail = look->detail ? frame_add_detail(frame) : NULL;
    struct conn *conn = row == CONN_NO_INDEX ? frame_add_conn(frame) : &frame->conns[row];

    if (!conn || (look->detail && !detail))
        return -ENOMEM;
    *conn = look->found;
    conn->known |= KNOWN_READ;
    note_read(reading->seen, (uint32_t)(conn - frame->conns));
    netlink_settle_row(reading->netlink, frame, conn);
    if (!detail)
        return 0;
    *detail = *look->detail;
    conn->detail = frame->detail_count - 1;
    return 0;
}

static int drop_row(struct reading *reading, uint32_t row)
{
    struct seen *seen = reading->seen;

    if (row == CONN_NO_INDEX)
        return 0;
    if (GROW(seen->dropped, seen->dropped_capacity, seen->dropped_count + 1))
        return -ENOMEM;
    seen->dropped[seen->dropped_count++] = row;
    return 0;
}

/* One that could not be looked up stands as it was. */
static int take_look(struct reading *reading, uint32_t row, const struct netlink_look *look)
{
    const bool is_there =
        look->result == 0 && (reading->wish->state_bits & STATE_BIT(look->found.state));

    if (is_there)
        return put_row(reading, row, look);
    if (look->result == 0 || look->result == -ENOENT)
        return drop_row(reading, row);
    netlink_mark_missing(reading->frame, "look-up of rows", -look->result,
                         "showing them as they were");
    return 0;
}

static int look_up(struct reading *reading)
{
    int error = 0;

    netlink_look_up(reading->netlink, reading->looks, reading->look_count);
    for (uint32_t i = 0; i < reading->look_count && !error; i++)
        error = take_look(reading, reading->rows[i], &reading->looks[i]);
    reading->look_count = 0;
    return error;
}

static int look_for(struct reading *reading, const struct conn *wanted, uint32_t row)
{
    const uint32_t at = reading->look_count++;

    reading->wanted[at] = *wanted;
    reading->rows[at] = row;
    reading->looks[at] =
        (struct netlink_look){.wanted = &reading->wanted[at],
                              .detail = is_page(reading, wanted) ? &reading->detail : NULL};
    return reading->look_count == LOOKS ? look_up(reading) : 0;
}

/* --- which rows --- */

static int list_cookies(struct seen *seen, const struct wish *wish, const struct source_news *news,
                        uint32_t news_count)
{
    int error = 0;

    map_clear(&seen->cookies);
    map_clear(&seen->tuples);
    for (uint32_t i = 0; i < wish->seen_count && !error; i++)
        error = map_put(&seen->cookies, wish->seen[i], 0);
    if (wish->page.cookie && !error)
        error = map_put(&seen->cookies, wish->page.cookie, 0);
    for (uint32_t i = 0; i < news_count && !error; i++) {
        error = map_put(&seen->cookies, news[i].cookie, i + 1);
        if (!error)
            error = map_put(&seen->tuples, tuple_hash(&news[i].tuple) | 1, 0);
    }
    return error;
}

/* Its end makes no event: it is looked up when it is due, or where its tuple is used again. */
static bool is_due(const struct reading *reading, const struct conn *conn)
{
    return conn->timer_ms <= reading->passed_ms ||
           map_find(&reading->seen->tuples, tuple_hash(&conn->tuple) | 1) != MAP_NONE;
}

/* Without a socket of its own, or without a process that has it open. */
static bool changes_unreported(const struct reading *reading, const struct conn *conn)
{
    if (conn->state == STATE_TIME_WAIT)
        return is_due(reading, conn);
    return conn->state == STATE_SYN_RECEIVED ||
           (!(conn->known & KNOWN_INODE) &&
            (conn->state == STATE_FIN_WAIT_2 || conn_is_unaccepted(conn)));
}

/* Nothing of it would have to be carried on from this frame to the next. */
static bool is_calm(const struct reading *reading, const struct conn *conn)
{
    const uint32_t calm = STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT) |
                          STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_SYN_SENT) |
                          STATE_BIT(STATE_LAST_ACK) | STATE_BIT(STATE_CLOSING);

    return (calm & STATE_BIT(conn->state)) && reading->keep_owners &&
           conn->owner_word == OWNER_PROCESS && conn->mark == MARK_NONE && !conn->sent_10s &&
           conn->offload != OFFLOAD_UPLOADING && !conn_in_rate(conn) && !conn_out_rate(conn);
}

static void stand(const struct reading *reading, struct conn *copy)
{
    copy->detail = CONN_NO_INDEX;
    if (!reading->keep_owners) {
        copy->owner = copy->owners = copy->group = CONN_NO_INDEX;
        copy->owner_count = 0;
        copy->owner_word = OWNER_UNKNOWN;
        copy->unit_from = UNIT_FROM_NOTHING;
    }
    copy->known &= ~(uint32_t)KNOWN_READ;
    if (copy->timer == TIMER_TIME_WAIT)
        copy->timer_ms -= copy->timer_ms < reading->passed_ms ? copy->timer_ms : reading->passed_ms;
}

/* A socket that was only bound is found under the tuple of its connection. */
static int read_row(struct reading *reading, const struct conn *conn, uint32_t row, uint32_t at)
{
    struct conn wanted = *conn;
    const struct tuple *tuple = at ? &reading->news[at - 1].tuple : NULL;

    if (tuple && conn->state == STATE_CLOSED && tuple->local_port && tuple->remote_port)
        wanted.tuple = *tuple;
    return look_for(reading, &wanted, row);
}

static bool is_to_be_read(struct reading *reading, const struct conn *conn, uint32_t *news)
{
    struct seen *seen = reading->seen;
    const uint32_t at = map_find(&seen->cookies, conn->cookie);

    *news = at == MAP_NONE ? 0 : at;
    if (*news)
        map_remove(&seen->cookies, conn->cookie);
    return at != MAP_NONE || changes_unreported(reading, conn);
}

static int keep_block(struct reading *reading, const struct conn *conns, uint32_t count)
{
    const uint32_t first = reading->frame->live_count;
    struct conn *copies = frame_add_copies(reading->frame, conns, count);
    uint32_t news;
    int error = copies ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < count && !error; i++) {
        stand(reading, &copies[i]);
        reading->seen->origins[first + i] = (uint32_t)(&conns[i] - reading->last->conns);
        reading->seen->calm[first + i] = is_calm(reading, &copies[i]) ? copies[i].state : 0;
    }
    for (uint32_t i = 0; i < count && !error; i++)
        if (is_to_be_read(reading, &conns[i], &news))
            error = read_row(reading, &conns[i], first + i, news);
    return error;
}

/* In blocks that stay in the cache from their copying to their last look. */
static int keep_rows(struct reading *reading)
{
    const struct frame *last = reading->last;
    uint32_t count = 0;
    int error = 0;

    for (uint32_t i = 0; i <= last->live_count && !error; i++) {
        const bool is_kept = i < last->live_count && last->conns[i].state != STATE_LISTEN;
        if (count && (!is_kept || count == BLOCK)) {
            error = keep_block(reading, &last->conns[i - count], count);
            count = 0;
        }
        count += is_kept;
    }
    return error;
}

/* Sockets that are reported and were no row yet. Listeners have been dumped. */
static int add_opened(struct reading *reading, uint32_t news_count)
{
    int error = 0;

    for (uint32_t i = 0; i < news_count && !error; i++) {
        const struct source_news *one = &reading->news[i];
        const struct conn wanted = {.cookie = one->cookie, .tuple = one->tuple};
        if (map_find(&reading->seen->cookies, one->cookie) == i + 1 && one->tuple.local_port &&
            one->tuple.remote_port)
            error = look_for(reading, &wanted, CONN_NO_INDEX);
    }
    return error ? error : look_up(reading);
}

/* --- the whole --- */

static void remove_dropped(struct reading *reading)
{
    struct seen *seen = reading->seen;
    struct frame *frame = reading->frame;
    uint32_t kept = seen->dropped_count ? seen->dropped[0] : 0;

    for (uint32_t i = kept, next = 0; seen->dropped_count && i < frame->live_count; i++) {
        if (next < seen->dropped_count && seen->dropped[next] == i) {
            next++;
            continue;
        }
        seen->origins[kept] = seen->origins[i];
        seen->calm[kept] = seen->calm[i];
        frame->conns[kept++] = frame->conns[i];
    }
    if (seen->dropped_count)
        frame->live_count = frame->conn_count = kept;
}

static int copy_names(struct frame *frame, const struct frame *last)
{
    int error = 0;

    for (uint32_t i = 0; i < last->user_count && !error; i++)
        error = frame_add_user(frame, last->users[i].uid, "");
    for (uint32_t i = 0; i < last->interface_count && !error; i++)
        error = frame_add_interface(frame, last->interfaces[i].netns, last->interfaces[i].index,
                                    last->interfaces[i].name);
    return error;
}

static int read_listeners(struct reading *reading)
{
    struct frame *frame = reading->frame;
    int error = netlink_dump_listeners(reading->netlink, frame, reading->wish);

    if (!error && (frame->missing.reasons & MISSING_DUMP_PART))
        error = -EAGAIN;
    if (GROW(reading->seen->origins, reading->seen->origin_capacity,
             frame->live_count + reading->most) ||
        GROW(reading->seen->calm, reading->seen->calm_capacity, frame->live_count + reading->most))
        error = -ENOMEM;
    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        frame->conns[i].known |= KNOWN_READ;
        note_read(reading->seen, i);
    }
    return error;
}

/* With some room to grow: another block for each new row would cost as much as all the rest. */
static void reserve(struct frame *frame, uint32_t rows)
{
    if (frame->conn_capacity < rows)
        frame_reserve(frame, rows + rows / 32, false);
}

int seen_read(struct seen *seen, struct netlink *netlink, struct frame *frame,
              const struct frame *last, const struct seen_wish *seen_wish)
{
    const struct wish *wish = seen_wish->wish;
    const struct source_news *news = seen_wish->news;
    const uint32_t news_count = seen_wish->news_count;
    struct reading reading = {.seen = seen,
                              .netlink = netlink,
                              .frame = frame,
                              .last = last,
                              .wish = wish,
                              .news = news,
                              .keep_owners = seen_wish->keep_owners,
                              .most = last->live_count + news_count,
                              .passed_ms =
                                  (uint32_t)((frame->mono_ns - last->mono_ns) / MILLISECOND_NS)};
    int error = list_cookies(seen, wish, news, news_count);

    seen->dropped_count = 0;
    reserve(frame, last->live_count + news_count);
    frame->all_ns = last->all_ns ? last->all_ns : last->mono_ns;
    if (!error)
        error = read_listeners(&reading);
    if (!error)
        error = copy_names(frame, last);
    if (!error)
        error = keep_rows(&reading);
    if (!error)
        error = add_opened(&reading, news_count);
    if (!error)
        remove_dropped(&reading);
    return error;
}
