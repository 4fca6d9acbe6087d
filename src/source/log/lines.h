/* replay_lines: a log being replayed, line by line up to the next frame. */
#ifndef TCPLENS_SOURCE_LOG_LINES_H
#define TCPLENS_SOURCE_LOG_LINES_H

#include "session/format/format.h"
#include "session/log/reader.h"
#include "source/log/replay.h"
#include "source/log/scan.h"
#include "source/log/sequence.h"

struct replay {
    struct source source; /* first */
    struct log_reader *reader;
    struct session_state state;
    struct session_head head;
    struct session_frame frame; /* the last frame line */
    struct event_ring *ring;
    struct event *pending; /* events read since that line */
    uint32_t pending_count, pending_capacity;
    struct finding_step *steps; /* finding lines since the frame line before `frame` */
    uint32_t step_count, step_capacity;
    struct finding *holding; /* by all of them: what began and has not ended */
    uint32_t holding_count, holding_capacity;
    bool steps_whole; /* they are of `frame`: the next one starts a new list */
    bool has_frame;   /* frame and state go together: nothing was read since */
    bool ready;       /* `frame` is the next one to return */
    bool stale;       /* damage since the last keyframe */
    bool unchecked;   /* nothing could be read when it was opened */
    bool torn;        /* the log ends within a frame */
    bool framed;      /* a frame line was read; else there are only events */
    bool damaged;     /* damage since the last frame line */
    bool gap_line;    /* a gap line was read since the last frame line */
    bool gap;         /* there is a gap right before `frame` */
    struct sequence sequence;
    char damage[200];
    void (*tap)(void *data, const struct session_line *line, const struct log_text *text);
    void *tap_data;
    struct session_host collected;   /* from the last host line; name "": none */
    char gap_reason[128];            /* from the last gap line */
    bool (*interrupted)(void *data); /* NULL = never */
    void *interrupt_data;
    uint32_t looked;
    int64_t before_mono_ns;           /* of the frame line before `frame`, 0 = none */
    int64_t given_ns;                 /* wall_ns of the last frame returned, INT64_MIN = none */
    struct replay_position at, given; /* of the last frame line read, of the last frame returned */
    /* the result of a search, at found_ns: a seek to that time goes there */
    struct replay_position found;
    int64_t found_ns; /* INT64_MIN: nothing */
    uint64_t first_event;
    struct replay_scan search, density;
};

static inline struct replay *replay_of(struct source *source)
{
    return (struct replay *)source;
}

/* The next line's text; damage is noted and skipped. */
int replay_next_text(struct replay *replay, struct log_text *text);
/* One line. 0 with its kind; -errno of the reader. A line with errors is noted. */
int replay_read_line(struct replay *replay, const struct log_text *text, enum record_kind *kind);
int replay_read_to_frame(struct replay *replay);
/* Counts a head or frame line that was just read. */
void replay_count_line(struct replay_position *at, const struct log_reader *reader,
                       enum record_kind kind);
#endif
