/* Moves to frames of a log: by time, by position, back by one. Only kind and time of lines are
 * read. */
#include "source/log/lines.h"

#include <errno.h>

static void forget(struct replay *replay)
{
    session_state_clear(&replay->state);
    replay->pending_count = replay->step_count = replay->holding_count = 0;
    replay->steps_whole = true;
    replay->has_frame = replay->ready = replay->stale = replay->gap = replay->gap_line = false;
    replay->damaged = false;
    replay->sequence = (struct sequence){0};
    replay->at = (struct replay_position){.place = log_reader_place(replay->reader)};
    if (replay->ring)
        event_ring_restart(replay->ring, event_ring_next(replay->ring));
}

/* True for a line of a frame after wall_ns, or of another stretch, where the clock may have been
 * set back. Events may be older than their frame. */
static bool is_later(const struct log_text *text, int64_t wall_ns, int64_t before_ns)
{
    enum record_kind kind;
    int64_t time;

    if (session_peek_line(text->text, text->length, &kind, &time) != 0)
        return false;
    if (time <= wall_ns)
        return kind == RECORD_HEAD && time < before_ns;
    return kind != RECORD_OPEN && kind != RECORD_STATE && kind != RECORD_CLOSE &&
           kind != RECORD_NAMESPACE;
}

/* Reads up to the last frame line at or before wall_ns, but at least one. */
static int read_to_time(struct replay *replay, int64_t wall_ns)
{
    for (;;) {
        struct log_text text;
        enum record_kind kind = RECORD_NONE;
        int error = replay_next_text(replay, &text);
        if (error)
            return error == -ENODATA && replay->has_frame ? 0 : error;
        if (replay->has_frame && is_later(&text, wall_ns, replay->frame.wall_ns)) {
            log_reader_again(replay->reader);
            return 0;
        }
        error = replay_read_line(replay, &text, &kind);
        if (error)
            return error;
        if (kind == RECORD_FRAME && replay->frame.wall_ns > wall_ns)
            return 0; /* the first frame is later than that */
    }
}

/* Goes to the frame at that position, reading the frames in between. */
static int go_to(struct replay *replay, struct replay_position position)
{
    int error = log_reader_go(replay->reader, position.place);

    if (error)
        return error;
    forget(replay);
    for (uint32_t i = 0; i < position.frames && !error; i++)
        error = replay_read_to_frame(replay);
    replay->ready = !error;
    return error;
}

int replay_peek(struct source *source, int64_t *wall_ns)
{
    struct replay *replay = replay_of(source);
    int error = replay->ready ? 0 : replay_read_to_frame(replay);

    if (error)
        return error;
    replay->ready = true;
    *wall_ns = replay->frame.wall_ns;
    return 0;
}

/* The number of frames in the stretch from `place` to `end`. */
static int count_frames(struct replay *replay, uint64_t end, uint32_t *count)
{
    struct replay_position at = {.place = log_reader_place(replay->reader)};
    struct log_text text;
    int error = 0;

    *count = 0;
    while (!error) {
        enum record_kind kind;
        int64_t wall_ns;
        error = log_reader_next(replay->reader, &text);
        if (error == -EBADMSG)
            error = 0;
        else if (!error && session_peek_line(text.text, text.length, &kind, &wall_ns) == 0) {
            replay_count_line(&at, replay->reader, kind);
            if (kind == RECORD_HEAD && at.place >= end)
                return 0;
            *count = at.frames;
        }
    }
    return error == -ENODATA ? 0 : error;
}

/* The last frame before the stretch that begins at `place`; 1: there is none. */
static int find_last_before(struct replay *replay, uint64_t place, struct replay_position *found)
{
    for (;;) {
        struct replay_position at = {.place = place};
        int error = log_reader_seek_before(replay->reader, &at.place);
        if (error)
            return error == -ENODATA ? 1 : error;
        error = count_frames(replay, place, &at.frames);
        if (error)
            return error;
        *found = at;
        if (at.frames)
            return 0;
        place = at.place; /* a recording that ended before its first frame line */
    }
}

/* The log ends within a frame: the one before that is its last. */
static int go_to_last_whole(struct replay *replay)
{
    struct replay_position to = replay->at;

    replay->torn = true;
    if (to.frames || find_last_before(replay, log_reader_place(replay->reader), &to) == 0)
        return go_to(replay, to);
    return -ENODATA;
}

int replay_seek(struct source *source, int64_t wall_ns)
{
    struct replay *replay = replay_of(source);

    if (replay->found_ns != INT64_MIN && replay->found_ns == wall_ns) {
        replay->found_ns = INT64_MIN;
        return go_to(replay, replay->found);
    }
    int error = log_reader_seek(replay->reader, wall_ns);
    if (error)
        return error;
    forget(replay);
    error = read_to_time(replay, wall_ns);
    if (error == -ENODATA)
        return go_to_last_whole(replay);
    replay->ready = !error;
    return error;
}

int replay_step_back(struct source *source)
{
    struct replay *replay = replay_of(source);
    struct replay_position to = replay->given;
    int first = 0;

    if (replay->given_ns == INT64_MIN)
        return -ENODATA;
    if (!log_reader_seekable(replay->reader))
        return -ESPIPE;
    if (to.frames > 1)
        to.frames--;
    else
        first = find_last_before(replay, to.place, &to);
    int error = first < 0 ? first : go_to(replay, first ? replay->given : to);
    return error ? error : first ? -ENODATA : 0; /* return the first one again */
}

int replay_span(struct source *source, int64_t *first_ns, int64_t *last_ns)
{
    struct replay *replay = replay_of(source);
    struct replay_scan scan = {.reader = NULL};
    struct log_text text;
    enum record_kind kind;
    int error = replay_scan_open(replay, &scan);

    if (!error)
        error = log_reader_last_time(scan.reader, last_ns);
    if (!error)
        error = log_reader_seek(scan.reader, INT64_MIN);
    while (!error) {
        error = log_reader_next(scan.reader, &text);
        if (!error && session_peek_line(text.text, text.length, &kind, first_ns) == 0 &&
            kind == RECORD_FRAME)
            break;
        error = error == -EBADMSG ? 0 : error;
    }
    if (!error && *last_ns < *first_ns) { /* the clock was set back */
        const int64_t earlier_ns = *last_ns;
        *last_ns = *first_ns;
        *first_ns = earlier_ns;
    }
    replay_scan_done(&scan);
    return error;
}
