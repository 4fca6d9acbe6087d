/* recent: the heat of a view, and its queries. */
#include "ui/group/recent.h"

#include "base/clock.h"
#include "ui/transport.h"

#define SLICE_NS  (10 * SECOND_NS)
#define ROWS_MOST 2000000u /* rows of all frames read, to limit the work for a large history */

void recent_done(struct recent *recent)
{
    heat_release(recent->heat);
    heat_release(recent->older);
    *recent = (struct recent){.heat = NULL};
}

static int64_t slice_of(const struct frame *frame)
{
    return frame->cost.interval_ns > SLICE_NS ? frame->cost.interval_ns : SLICE_NS;
}

static uint32_t frames_wanted(const struct frame *frame)
{
    const int64_t step_ns = frame->cost.interval_ns > 0 ? frame->cost.interval_ns : SECOND_NS;
    const int64_t all = slice_of(frame) * (int64_t)HEAT_SLICES / step_ns;
    const uint32_t most = ROWS_MOST / (frame->conn_count + 1);
    const uint32_t wanted = all < (int64_t)SERIES_MOST ? (uint32_t)all : SERIES_MOST;

    return wanted < most ? wanted : most;
}

static void send_query(struct recent *recent, const struct grouping_kind *kind,
                       const struct picture *picture)
{
    const struct screen_transport *transport = picture->transport;
    const struct frame *frame = picture->frame;

    heat_release(recent->older);
    recent->older = transport ? heat_new(kind, slice_of(frame)) : NULL;
    recent->query = 0;
    if (!recent->older)
        return;
    const struct series_query query = {.reader = SERIES_OF_HEAT,
                                       .frames = frames_wanted(frame),
                                       .heat = heat_reference(recent->older),
                                       .before_wall_ns = frame->wall_ns,
                                       .before_mono_ns = frame->mono_ns,
                                       .before_number = frame->number,
                                       .interval_ns = frame->cost.interval_ns};
    recent->query = transport->series(transport->data, &query);
}

static void take_answer(struct recent *recent, const struct picture *picture)
{
    const struct screen_transport *transport = picture->transport;

    if (recent->query == 0 || !transport->series_read(transport->data, recent->query, NULL))
        return;
    heat_merge(recent->heat, recent->older);
    heat_release(recent->older);
    recent->older = NULL;
    recent->query = 0;
}

void recent_update(struct recent *recent, const struct grouping_kind *kind,
                   const struct picture *picture)
{
    const struct frame *frame = picture->frame;

    if (!frame)
        return;
    if (frame->number != recent->number) {
        const bool follows = recent->number != 0 && frame->number == recent->number + 1;
        if (!recent->heat)
            recent->heat = heat_new(kind, slice_of(frame));
        if (!recent->heat)
            return;
        if (!follows)
            send_query(recent, kind, picture);
        heat_take(recent->heat, frame);
        recent->number = frame->number;
    }
    take_answer(recent, picture);
}

void recent_draw(const struct recent *recent, const struct picture *picture, uint64_t key,
                 const struct canvas *canvas, int row, int col, int cells, unsigned layer)
{
    static const struct {
        const char *glyph;
        unsigned role;
    } LEVELS[] = {[HEAT_UNKNOWN] = {" ", ROLE_DIM},
                  [HEAT_QUIET] = {"▁", ROLE_DIM},
                  [HEAT_WARM] = {"▂", ROLE_NORMAL},
                  [HEAT_HIGH] = {"▅", ROLE_NOTICE},
                  [HEAT_STALLED] = {"█", ROLE_TROUBLE}};
    uint8_t levels[HEAT_SLICES];
    const int shown = cells < (int)HEAT_SLICES ? cells : (int)HEAT_SLICES;

    if (!recent->heat)
        return;
    heat_read(recent->heat, key, picture->frame->mono_ns, levels);
    for (int i = 0; i < shown; i++) {
        const uint8_t level = levels[(int)HEAT_SLICES - shown + i];
        canvas_text(canvas, row, col + cells - shown + i, LEVELS[level].role | layer,
                    LEVELS[level].glyph);
    }
}
