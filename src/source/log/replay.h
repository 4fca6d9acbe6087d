/* replay: a session log as a source of frames, equal to those that were recorded. One thread at a
 * time. Seeks by keyframes; opens its file once, and needs no privilege after that. */
#ifndef TCPLENS_SOURCE_LOG_REPLAY_H
#define TCPLENS_SOURCE_LOG_REPLAY_H

#include "core/event.h"
#include "core/finding/steps.h"
#include "session/format/format.h"
#include "session/log/reader.h"
#include "source/source.h"

#include <stddef.h>

/* `path` "-": standard input. 0 or -errno with one line of why. The functions below take only
 * sources that come from here. */
int replay_open(struct source **source, const char *path, char *why, size_t size);
/* The same for a descriptor, which is taken over; name: for messages. */
int replay_open_descriptor(struct source **source, int descriptor, const char *name, char *why,
                           size_t size);
/* The ring that gets events as frames are read; NULL = none. */
void replay_set_ring(struct source *source, struct event_ring *ring);

/* Reading, however far the next frame is, stops with -EINTR once `interrupted` returns true. */
void replay_set_interrupt(struct source *source, bool (*interrupted)(void *data), void *data);

/* Gets each line that could be read, parsed and as text; NULL = none. */
void replay_set_tap(struct source *source,
                    void (*tap)(void *data, const struct session_line *line,
                                const struct log_text *text),
                    void *data);

/* source_next returns the frame after the last one: -ENODATA at the end (a file that grows may have
 * more later), -EAGAIN while a pipe has nothing (poll replay_descriptor), -errno with
 * frame->missing.text. A log without frame lines puts its events into the ring, with -EAGAIN where
 * there are many and -ENODATA at the end. Frames near damage have MISSING_LOG. */

/* The finding lines of the last frame returned; after -ENODATA those after it. Valid until the next
 * call. */
const struct finding_step *replay_findings(const struct source *source, uint32_t *count);
/* The recording of the last frame returned contains finding lines. False for a redacted log: their
 * texts contain names. */
bool replay_has_findings(const struct source *source);

/* Time of the frame that the next source_next returns; errors as source_next. */
int replay_peek(struct source *source, int64_t *wall_ns);
/* The next source_next returns the last frame at or before wall_ns, or the first one. */
int replay_seek(struct source *source, int64_t wall_ns);
/* The next source_next returns the frame before the last one returned; -ENODATA: that was the
 * first. */
int replay_step_back(struct source *source);
/* Forgets the last frame returned: a search starts at the beginning. */
void replay_forget_given(struct source *source);
/* Times of the first and the last frame. -ENODATA: there is none; -ESPIPE: a pipe. */
int replay_span(struct source *source, int64_t *first_ns, int64_t *last_ns);
/* When the recording of the last head line began; 0 = unknown. */
int64_t replay_start(const struct source *source);
/* From the last head line, "" = unknown: the machine; the version of the recording tcplens. */
const char *replay_host(const struct source *source);
const char *replay_version(const struct source *source);
/* From the last host line: set if the log was collected from another machine. */
const struct session_host *replay_collected(const struct source *source);
/* Why something is missing between the last frame returned and the next one, from a gap line; "" =
 * unknown. */
const char *replay_gap_reason(const struct source *source);
/* The recorder's refresh interval; 0 = unknown. */
int64_t replay_interval(const struct source *source);
uint64_t replay_bytes(const struct source *source); /* read so far */
int replay_descriptor(const struct source *source);
bool replay_is_pipe(const struct source *source);
/* One line about damage so far, "" = none. */
const char *replay_damage(const struct source *source);
/* There are bytes at the end that are not a whole line or frame. */
bool replay_is_torn(const struct source *source);
/* Damage or an incomplete end in what was read; "" = none. */
const char *replay_fault(const struct source *source);

/* Searches for an event, in slices so that it can be cancelled: from the last frame returned,
 * forward or backward. */
int replay_search_begin(struct source *source, const struct source_search *search);
/* 1: more to do; 0: found, *wall_ns is the time of its frame (for replay_seek); -ENODATA: there is
 * none; -errno. *reached_ns: how far it has got. */
int replay_search_step(struct source *source, unsigned lines, int64_t *wall_ns,
                       int64_t *reached_ns);

/* Counts events from from_ns to to_ns in equal parts, in slices; fills in as it reads. */
int replay_density_begin(struct source *source, int64_t from_ns, int64_t to_ns,
                         const struct density *density);
int replay_density_step(struct source *source, unsigned lines); /* 1 more, 0 done, -errno */

#endif
