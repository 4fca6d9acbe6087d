/* page_series: samples of the frames that are shown; after a jump, of the frames before. */
#include "ui/page_series.h"

/* Rows of all frames read, to limit the work for a large history: 0.4 us each. */
#define ROWS_MOST    3000000u
#define FRAMES_LEAST 8u

static uint32_t frames_wanted(const struct page_series *own, const struct frame *frame)
{
    const uint32_t wanted = own->frames > 0 ? own->frames : SERIES_PAGE;
    const uint32_t most = ROWS_MOST / (frame->conn_count + 1);

    return wanted < most ? wanted : most > FRAMES_LEAST ? most : FRAMES_LEAST;
}

static void send_query(struct page_series *own, const struct picture *picture)
{
    const struct frame *frame = picture->frame;
    const struct screen_transport *transport = picture->transport;
    const struct series_query wanted = {.reader = own->reader,
                                        .frames = frames_wanted(own, frame),
                                        .subject = own->subject,
                                        .before_wall_ns = frame->wall_ns,
                                        .before_mono_ns = frame->mono_ns,
                                        .before_number = frame->number,
                                        .interval_ns = frame->cost.interval_ns};

    own->query = transport ? transport->series(transport->data, &wanted) : 0;
}

static void take_answer(struct page_series *own, const struct picture *picture)
{
    const struct screen_transport *transport = picture->transport;
    struct series older;

    if (own->query == 0 || !transport->series_read(transport->data, own->query, &older))
        return;
    series_prepend(&own->series, &older);
    own->query = 0;
}

/* After going back some frames: enough samples remain. */
static bool is_filled(const struct page_series *own, const struct frame *frame)
{
    const struct series *series = &own->series;
    return series->count >= frames_wanted(own, frame) &&
           series->samples[series->count - 1].number + 1 == frame->number;
}

/* The next frame adds a sample; for any other frame, those before it are read. */
static void take_frame(struct page_series *own, const struct picture *picture)
{
    const struct frame *frame = picture->frame;
    const bool next = own->number != 0 && frame->number == own->number + 1;
    struct series_sample sample;

    series_cut(&own->series, frame->mono_ns);
    if (frame->number > own->number + SERIES_MOST) /* no sample is left */
        own->series.count = 0;
    const bool follows = next || is_filled(own, frame);
    if (series_take(&own->subject, frame, &sample))
        series_append(&own->series, &sample);
    own->number = frame->number;
    if (!follows)
        send_query(own, picture);
}

void page_series_update(struct page_series *own, const struct picture *picture)
{
    if (!picture->frame)
        return;
    if (picture->frame->number != own->number)
        take_frame(own, picture);
    take_answer(own, picture);
}

void page_series_spark(struct page *page, int cells, unsigned style,
                       const struct page_series *series, enum series_value value)
{
    uint64_t values[SERIES_MOST];
    const size_t count = series_values(&series->series, value, values);

    page_spark(page, cells, style, values, count);
}
