/* Searches of a log and of the history, by what only the rows of events know, against looking
 * through all their frames. */
#include "unit.h"

#include "core/event_match.h"
#include "core/filter/filter.h"
#include "demo_log.h"
#include "source/log/replay.h"
#include "source/past/past.h"

#include <errno.h>

#define FRAMES 150 /* three keyframes */
#define NEEDS  (NEED_OWNER | NEED_PROCESS | NEED_GROUP)
#define STARTS 12 /* frames from which is searched, each way */

struct search {
    struct source *source;
    struct frame *const *frames;
    uint32_t count;
    struct event_ring *ring;
    struct filter *filter;
    struct event_match match;
    struct frame_pool *pool;
};

static bool accepts(struct search *search, const struct event *event, const struct frame *frame)
{
    const struct column_context context = {.frame = frame};
    return event->kind != EVENT_LOST &&
           event_match_accepts(&search->match, filter_accepts, search->filter, &context, event);
}

static bool matches(void *data, const struct event *event, const struct frame *frame)
{
    assert_non_null(frame);
    return accepts(data, event, frame);
}

static bool frame_matches(struct search *search, const struct frame *frame)
{
    struct event event;
    uint64_t lost;

    for (uint64_t at = frame->first_event; at < frame->next_event;)
        if (event_ring_read(search->ring, &at, &event, 1, &lost) == 1 &&
            accepts(search, &event, frame))
            return true;
    return false;
}

/* The frame that a search from `start` on should find; `count` = none. */
static uint32_t expected(struct search *search, uint32_t start, bool backward)
{
    for (uint32_t i = 1; i < search->count; i++) {
        if (backward ? i > start : start + i >= search->count)
            break;
        const uint32_t at = backward ? start - i : start + i;
        if (frame_matches(search, search->frames[at]))
            return at;
    }
    return search->count;
}

static void go_to(struct search *search, uint32_t index)
{
    const struct wish everything = {.state_bits = 0};
    struct frame *frame = frame_new(search->pool);

    assert_int_equal(
        search->source->ops->travel->seek(search->source, search->frames[index]->wall_ns), 0);
    assert_int_equal(source_next(search->source, frame, &everything), 0);
    assert_true(frame->wall_ns == search->frames[index]->wall_ns);
    frame_release(frame);
}

static bool check_from(struct search *search, uint32_t start, bool backward)
{
    const struct source_travel *travel = search->source->ops->travel;
    const struct source_search wanted = {
        .match = matches, .data = search, .backward = backward, .with_rows = true};
    const uint32_t index = expected(search, start, backward);
    int64_t found = 0, reached;
    int result;

    go_to(search, start);
    event_match_done(&search->match);
    assert_int_equal(travel->search_begin(search->source, &wanted), 0);
    do
        result = travel->search_step(search->source, 100, &found, &reached);
    while (result == 1);
    event_match_done(&search->match);
    assert_int_equal(result, index == search->count ? -ENODATA : 0);
    if (index < search->count)
        assert_true(found == search->frames[index]->wall_ns);
    return index < search->count;
}

static void check_filter(struct search *search, const char *text)
{
    struct filter_error error;
    unsigned found[2] = {0, 0};

    if (filter_parse(&search->filter, text, NULL, &error))
        fail_msg("%s: %s", text, error.message);
    assert_true(filter_needs_rows(search->filter));
    for (uint32_t i = 0; i < STARTS; i++)
        for (int backward = 0; backward < 2; backward++)
            found[backward] += check_from(search, i * (search->count - 1) / (STARTS - 1), backward);
    if (!found[0] || !found[1])
        fail_msg("%s: nothing to be found", text);
    filter_free(search->filter);
}

static void check(struct source *source, const struct demo_log *log)
{
    static const char *const TEXTS[] = {"rtt > 2ms", "unit *.service and changed", "user www-data",
                                        "cwnd > 9 and to established", "not rtt > 1ms"};
    struct search search = {.source = source,
                            .frames = log->frames,
                            .count = log->count,
                            .ring = collector_events(log->collector),
                            .pool = frame_pool_new()};

    for (size_t i = 0; i < UNIT_COUNT(TEXTS); i++)
        check_filter(&search, TEXTS[i]);
    frame_pool_release(search.pool);
}

static void of_a_log(void **state)
{
    struct source *source = NULL;
    struct demo_log log;
    char why[200] = "";

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 100, NEEDS);
    demo_log_make(&log, FRAMES);
    if (replay_open(&source, log.path, why, sizeof(why)))
        fail_msg("%s", why);
    check(source, &log);
    source_close(source);
    demo_log_done(&log);
}

static void of_the_history(void **state)
{
    struct source *source = NULL;
    struct past *past = NULL;
    struct demo_log log;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 100, NEEDS);
    demo_log_make(&log, FRAMES);
    assert_int_equal(past_new(&past, 64u << 20), 0);
    assert_int_equal(past_open(&source, past, collector_events(log.collector)), 0);
    for (uint32_t i = 0; i < log.count; i++)
        assert_int_equal(past_add(past, log.frames[i]), 0);
    check(source, &log);
    source_close(source);
    past_free(past);
    demo_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_a_log),
                                       cmocka_unit_test(of_the_history)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
