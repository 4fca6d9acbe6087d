/* Heat: the worst state of each group of a grouping in each slice of the last minutes. Passed from
 * the thread that reads the history to the screen: reference-counted, for one thread at a time.
 * Pure. */
#ifndef TCPLENS_CORE_GROUPING_HEAT_H
#define TCPLENS_CORE_GROUPING_HEAT_H

#include "core/grouping/grouping.h"

#define HEAT_SLICES 18u

enum heat_level {
    HEAT_UNKNOWN, /* there was no such group, or no frame */
    HEAT_QUIET,   /* it answers */
    HEAT_WARM,    /* something was retransmitted */
    HEAT_HIGH,    /* much was, or one connection in it stalls */
    HEAT_STALLED  /* all of them do */
};

struct heat;

/* Of this kind of groups; slice_ns: length of a slice. One reference; NULL: out of memory. */
struct heat *heat_new(const struct grouping_kind *kind, int64_t slice_ns);
struct heat *heat_reference(struct heat *heat); /* returns its argument */
void heat_release(struct heat *heat);           /* NULL is fine */
/* The groups of a frame, in order of time. If out of memory, some stay unknown. */
void heat_take(struct heat *heat, const struct frame *frame);
/* Adds the slices of `older` that this one lacks. */
void heat_merge(struct heat *heat, const struct heat *older);
/* enum heat_level of the slices up to now_mono_ns, oldest first. */
void heat_read(const struct heat *heat, uint64_t key, int64_t now_mono_ns,
               uint8_t levels[HEAT_SLICES]);
enum heat_level heat_of(const struct grouping_row *row);

#endif
