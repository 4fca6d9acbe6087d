/* still: see still.h. */
#include "source/still.h"

#include "core/column/column.h"
#include "core/host_facts.h"
#include "core/info.h"
#include "source/bound.h"

#include <errno.h>

#define LOOKS      16u
#define PAUSE_MOST 16u

/* --- what was counted --- */

static struct segments count_of_namespace(struct host_reader *reader)
{
    struct host_facts facts = {0};

    host_reader_count_segments(reader, &facts);
    /* OutSegs is without what is sent again, tcpi_segs_out with it. */
    return (struct segments){
        .in = (uint32_t)host_fact(&facts, FACT_IN_SEGS),
        .out = (uint32_t)(host_fact(&facts, FACT_OUT_SEGS) + host_fact(&facts, FACT_RETRANS_SEGS)),
        .is_known = host_fact_known(&facts, FACT_IN_SEGS) &&
                    host_fact_known(&facts, FACT_OUT_SEGS) &&
                    host_fact_known(&facts, FACT_RETRANS_SEGS)};
}

static void add_row(struct segments *sum, const struct conn *conn, const struct conn_detail *detail)
{
    uint64_t in, out;

    if (!(conn->known & KNOWN_INFO) || conn->state == STATE_LISTEN || conn->state == STATE_CLOSED)
        return;
    if (!detail || !info_value(&TCP_INFO[INFO_segs_in], detail->info, detail->info_length, &in) ||
        !info_value(&TCP_INFO[INFO_segs_out], detail->info, detail->info_length, &out)) {
        sum->is_known = false;
        return;
    }
    sum->in += (uint32_t)in;
    sum->out += (uint32_t)out;
}

static struct segments count_of_rows(const struct frame *frame)
{
    struct segments sum = {.is_known = frame->live_count <= STILL_ROWS};

    for (uint32_t i = 0; i < frame->live_count && sum.is_known; i++)
        add_row(&sum, &frame->conns[i], frame_detail(frame, &frame->conns[i]));
    return sum;
}

static bool are_explained(const struct still *still, const struct segments *counted,
                          const struct segments *of_rows)
{
    return counted->is_known && of_rows->is_known &&
           counted->in - still->counted.in == of_rows->in - still->of_rows.in &&
           counted->out - still->counted.out == of_rows->out - still->of_rows.out;
}

static void note(struct still *still, const struct frame *frame, const struct segments *of_rows)
{
    still->of_rows = *of_rows;
    still->mono_ns = frame->mono_ns;
}

/* --- rows --- */

/* One whose state is not wanted any more is left out, as a dump leaves it out. */
static int add_found(struct netlink *netlink, struct frame *frame, const struct netlink_look *look,
                     uint32_t state_bits)
{
    if (look->result)
        return look->result == -ENOENT ? 0 : look->result;
    if (!(state_bits & STATE_BIT(look->found.state)))
        return 0;
    struct conn_detail *detail = frame_add_detail(frame);
    struct conn *conn = frame_add_conn(frame);

    if (!detail || !conn)
        return -ENOMEM;
    *conn = look->found;
    *detail = *look->detail;
    conn->detail = frame->detail_count - 1;
    netlink_settle_row(netlink, frame, conn);
    return 0;
}

static int look_up(struct netlink *netlink, struct frame *frame, struct netlink_look *looks,
                   uint32_t count, uint32_t state_bits)
{
    int error = 0;

    netlink_look_up(netlink, looks, count);
    for (uint32_t i = 0; i < count && !error; i++)
        error = add_found(netlink, frame, &looks[i], state_bits);
    return error;
}

/* Listeners are dumped, and what is only bound stands. */
static int look_up_all(struct netlink *netlink, struct frame *frame, const struct frame *last,
                       const struct wish *wish)
{
    const bool is_lean = !(wish->needs & NEED_DETAIL) && !wish->page.cookie;
    struct netlink_look looks[LOOKS];
    struct conn_detail details[LOOKS];
    uint32_t count = 0;
    int error = 0;

    for (uint32_t i = 0; i < last->live_count && !error; i++) {
        if (!netlink_can_look_up(&last->conns[i]))
            continue;
        looks[count] = (struct netlink_look){
            .wanted = &last->conns[i], .detail = &details[count], .is_lean = is_lean};
        if (++count < LOOKS)
            continue;
        error = look_up(netlink, frame, looks, count, wish->state_bits);
        count = 0;
    }
    return error ? error : look_up(netlink, frame, looks, count, wish->state_bits);
}

static int read_rows(struct netlink *netlink, struct frame *frame, const struct frame *last,
                     const struct wish *wish)
{
    const int error = netlink_dump_listeners(netlink, frame, wish);

    if (error || (frame->missing.reasons & MISSING_DUMP_PART))
        return error ? error : -EAGAIN;
    return look_up_all(netlink, frame, last, wish);
}

/* --- the whole --- */

static bool is_comparable(const struct still *still, const struct frame *last,
                          const struct wish *wish)
{
    return still->of_rows.is_known && still->counted.is_known && last->mono_ns == still->mono_ns &&
           !last->all_ns && last->live_count <= STILL_ROWS &&
           wish->state_bits == still->state_bits && wish->families == still->families &&
           wish->needs == still->needs;
}

static bool is_tried(struct still *still, const struct frame *frame, const struct frame *last,
                     const struct wish *wish)
{
    if (wish->refresh == REFRESH_ALL || wish->all || !(wish->state_bits & STATE_BIT(STATE_LISTEN)))
        return false;
    if (!last || !is_comparable(still, last, wish) || bound_is_page(last, &wish->page) ||
        frame->mono_ns - still->dumped_ns >= STILL_DUMP_NS)
        return false;
    if (still->pause == 0)
        return true;
    still->pause--;
    return false;
}

/* Where there is other traffic, it is tried less and less often. */
static void miss(struct still *still)
{
    still->pause = still->misses < 4 ? 1u << still->misses : PAUSE_MOST;
    still->misses++;
}

static void drop_rows(struct frame *frame)
{
    frame->live_count = frame->conn_count = frame->detail_count = 0;
    frame->missing = (struct missing){0};
}

bool still_read(struct still *still, struct netlink *netlink, struct host_reader *reader,
                struct frame *frame, const struct frame *last, const struct wish *wish)
{
    const bool tried = is_tried(still, frame, last, wish);
    const bool may_be_next =
        wish->refresh != REFRESH_ALL && (!last || last->live_count <= STILL_ROWS);
    const struct segments counted =
        may_be_next ? count_of_namespace(reader) : (struct segments){.is_known = false};
    bool is_read = tried && read_rows(netlink, frame, last, wish) == 0;

    if (is_read) {
        const struct segments of_rows = count_of_rows(frame);
        is_read = are_explained(still, &counted, &of_rows);
        if (is_read)
            note(still, frame, &of_rows);
    }
    still->counted = counted;
    if (is_read)
        still->misses = 0;
    if (tried && !is_read) {
        drop_rows(frame);
        miss(still);
    }
    return is_read;
}

void still_note_dump(struct still *still, const struct frame *frame, const struct wish *wish)
{
    struct segments of_rows = {.is_known = false};

    if (still->counted.is_known && !(frame->missing.reasons & MISSING_DUMP_PART))
        of_rows = count_of_rows(frame);
    note(still, frame, &of_rows);
    still->dumped_ns = frame->mono_ns;
    still->state_bits = wish->state_bits;
    still->families = wish->families;
    still->needs = wish->needs;
}
