/* Writes frames and events to a log file: keyframes, chunks of zstd, gaps where something could not
 * be written, rotation. For one thread. Independent of any clock: times come with the frames. */
#ifndef TCPLENS_SESSION_LOG_WRITER_H
#define TCPLENS_SESSION_LOG_WRITER_H

#include "core/event_match.h"
#include "core/event_place.h"
#include "session/format/format.h"
#include "session/log/file.h"
#include "session/log/pack.h"

struct log_settings {
    const char *path; /* "-": standard output */
    struct session_view view;
    struct session_head head; /* wall_ns and start_ns are set by the writer */
    uint64_t rotate_bytes;    /* 0 = no */
    int64_t rotate_ns;        /* 0 = no */
    unsigned keep;            /* rotated files, 0 = all */
};

struct log_stats {
    uint64_t bytes;  /* of this recording, in all files */
    uint64_t frames; /* written, without those lost in a file that was removed */
    uint64_t events;
    uint64_t missed_frames, missed_events; /* reported in gap lines, or to be in the next one */
    bool at_most; /* those events: some of them the log's filter might have left out */
    uint64_t files;
    char trouble[160];  /* why nothing is written now, "" = it is */
    char incident[200]; /* the last one that was overcome, "" = none */
    unsigned incidents;
    char name[NAME_MAX + 1];
};

struct log_writer {
    struct log_settings settings;
    struct log_file file;
    struct session_state state;
    struct event_match match;
    struct event_places places;
    struct finding_steps *steps; /* of the findings in the log; NULL: out of memory */
    struct buffer lines;
    struct log_packer packer;
    struct zst_keys keys;
    struct log_stats stats;
    struct session_gap gap;       /* reason "" = none is due */
    struct session_counts counts; /* events of the present frame */
    const struct event **ordered; /* those events by time */
    uint32_t ordered_capacity;
    uint64_t last_number; /* of the last frame written, or the one before the first */
    int64_t key_mono_ns, opened_mono_ns, last_wall_ns, last_mono_ns, tried_mono_ns;
    int64_t
        unrotated_mono_ns; /* when a rotation failed last; 0 = none has since the file was opened */
    uint64_t file_bytes, file_frames, file_events; /* of this recording in the open file */
    /* lost with removed files, not yet in a gap line */
    uint64_t gone_frames, gone_events;
    uint64_t gap_frames, gap_events; /* in gap lines */
    bool begun;
    uint64_t key_bytes, since_key_bytes; /* bytes of lines, in the last keyframe and since */
    bool need_key, failing;
};

int log_writer_open(struct log_writer *writer, const struct log_settings *settings, char *why,
                    size_t size);
/* One log frame: events, what changed, frame line. `lost`: events overwritten in the ring before
 * they were read, since the last frame that was written. 0; -EPIPE: the pipe's reader has closed
 * it; other -errno: nothing was written (the frame is counted in a gap line once writing works
 * again; the caller keeps the events). After a failure a second passes before the next try. */
int log_writer_frame(struct log_writer *writer, const struct frame *frame,
                     const struct event *events, uint32_t count, uint64_t lost);
/* Notes that something is missing from here on: "suspended". */
void log_writer_note_gap(struct log_writer *writer, const char *reason);
/* Answers the reader of a pipe, after the lines of the last frame. 0 or -errno; -EAGAIN: nothing
 * has been written yet. */
int log_writer_clock(struct log_writer *writer, const struct session_clock *clock);
/* Tries the next frame at once, whatever failed before. */
void log_writer_retry(struct log_writer *writer);
int log_writer_reopen(struct log_writer *writer);
/* Writes a line for each finding that still holds, and an index if the file can have one. The stats
 * stay valid. */
void log_writer_close(struct log_writer *writer);

#endif
