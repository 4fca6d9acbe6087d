/* log_copy: writes the log that another machine's recorder sends to a file, each line unchanged.
 * After each head line there is a `host` line with the collecting host and, where lines are
 * missing, a gap line; neither has a number, since they are not part of that recording. Rotates
 * where a keyframe begins. One thread. */
#ifndef TCPLENS_SESSION_LOG_COPY_H
#define TCPLENS_SESSION_LOG_COPY_H

#include "session/log/writer.h"

struct log_copy_settings {
    const char *path;
    uint64_t rotate_bytes; /* 0 = no */
    int64_t rotate_ns;     /* 0 = no */
    unsigned keep;         /* rotated files, 0 = all */
};

struct log_copy {
    struct log_copy_settings settings;
    struct log_file file;
    struct log_packer packer;
    struct buffer lines;  /* not in the file yet */
    struct buffer out;    /* the same with lines of ours */
    size_t head_length;   /* of the head line that `lines` begin with; 0 = none */
    int64_t head_wall_ns; /* and its time */
    struct zst_keys keys;
    struct log_stats stats;
    struct session_host host;     /* written after the next head line */
    bool host_differs;            /* `host` differs from what was written last */
    struct session_gap gap;       /* reason "": none is due */
    struct session_counts counts; /* of `lines` */
    uint32_t frames;              /* frame lines in `lines` */
    /* of this run, in the open file */
    uint64_t file_bytes, file_frames, file_events;
    int64_t last_wall_ns, interval_ns; /* of the last frame line, by the host's clock */
    int64_t opened_ns, tried_ns;       /* mono */
    int64_t unrotated_ns; /* when a rotation failed last; 0 = none has since the file was opened */
    bool needs_head;      /* lines are useless before the next keyframe */
    bool has_begun;       /* a head line is in the file */
    bool failing;
    bool reader_left; /* of a pipe: nothing more is written */
};

/* 0 or -errno with one line of why. */
int log_copy_open(struct log_copy *copy, const struct log_copy_settings *settings, char *why,
                  size_t size);
/* The next line, parsed and as text. What cannot be written is counted, and reported by a gap line
 * before the next keyframe. */
void log_copy_line(struct log_copy *copy, const struct session_line *line, const char *text,
                   size_t length, int64_t mono_ns);
/* Sets the host of the log and the offset of its clock. */
void log_copy_set_host(struct log_copy *copy, const struct session_host *host, int64_t mono_ns);
/* The stream ended: writes what was received of its last frame, and notes a gap. */
void log_copy_lose(struct log_copy *copy, const char *reason, int64_t mono_ns);
/* Writes what waits for the next frame, a last gap line, and an index. wall_ns: our clock, for a
 * log without any line of the host. The stats stay. */
void log_copy_close(struct log_copy *copy, int64_t wall_ns);

#endif
