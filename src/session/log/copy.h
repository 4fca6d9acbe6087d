/* log_copy: writes the log that another machine's recorder sends to a file, line by line as it is:
 * nothing is read and written anew. Behind each head line stands who collected it (a `host` line)
 * and, where lines are missing here, a gap line; both have no number, since they are no part of that
 * recording. Rotates where a keyframe begins. One thread. */
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
    struct buffer lines;  /* that are not in the file yet */
    struct buffer out;    /* the same with lines of ours */
    size_t head_length;   /* of the head line that they begin with; 0 = there is none */
    int64_t head_wall_ns; /* and its time */
    struct zst_keys keys;
    struct log_stats stats;
    struct session_host host;          /* as it is written behind the next head line */
    bool host_differs;                 /* from what was written last */
    struct session_gap gap;            /* reason "": none is due */
    struct session_counts counts;      /* of `lines` */
    uint32_t frames;                   /* frame lines in `lines` */
    uint64_t file_bytes, file_frames;  /* of this run in the open file */
    int64_t last_wall_ns, interval_ns; /* of the last frame line, by the host's clock */
    int64_t opened_ns, tried_ns;       /* mono */
    bool needs_head;                   /* lines are of no use before the next keyframe */
    bool has_begun;                    /* a head line is in the file */
    bool failing;
    bool reader_left; /* of a pipe: nothing is written any more */
};

/* 0 or -errno with one line of why. */
int log_copy_open(struct log_copy *copy, const struct log_copy_settings *settings, char *why,
                  size_t size);
/* The next line, as it was read and as it is. What cannot be written is counted, and named by a gap
 * line before the next keyframe. */
void log_copy_line(struct log_copy *copy, const struct session_line *line, const char *text,
                   size_t length, int64_t mono_ns);
/* Whose log it is; its clock against ours. */
void log_copy_set_host(struct log_copy *copy, const struct session_host *host, int64_t mono_ns);
/* The stream ended: what came of its last frame is written, and a gap is due. */
void log_copy_lose(struct log_copy *copy, const char *reason, int64_t mono_ns);
/* What waits for the next frame is written, a last gap line, and an index. wall_ns: ours, for a log
 * without any line of the host. The stats stay. */
void log_copy_close(struct log_copy *copy, int64_t wall_ns);

#endif
