/* past_image: converts a frame to plain arrays with numbers for texts, and back. */
#ifndef TCPLENS_SOURCE_PAST_IMAGE_H
#define TCPLENS_SOURCE_PAST_IMAGE_H

#include "base/hash_index.h"
#include "core/frame.h"
#include "core/json/json.h"

enum past_array {
    PAST_CONNS,
    PAST_PROCS,
    PAST_GROUPS,
    PAST_DETAILS,
    PAST_OWNERS,
    PAST_USERS,
    PAST_INTERFACES,
    PAST_FLOWS,
    PAST_NAMESPACES, /* without their facts */
    PAST_HOSTS,
    PAST_FACTS, /* as 64-bit words: all, or none */
    PAST_ARRAYS
};

/* Texts of the frames from one whole frame to the next, each once; a text's number is its offset in
 * bytes. */
struct past_texts {
    struct buffer bytes;
    struct hash_index places;
};

struct past_head { /* members of a frame other than arrays; texts by number */
    uint64_t number, first_event, next_event;
    int64_t wall_ns, mono_ns, dump_ns, all_ns;
    struct totals totals;
    struct missing missing;
    struct frame_cost cost;
    uint32_t live_count, netns;
    uint32_t netns_is_host;
    uint32_t host, source, events, events_why, owners_why; /* UINT32_MAX = NULL */
    uint32_t counts[PAST_ARRAYS];
    uint32_t text_bytes; /* new in this frame */
};

/* Arrays of the frame's own structs, in which pointers to text hold the text's number. */
struct past_image {
    struct past_head head;
    void *data[PAST_ARRAYS];
    uint32_t capacity[PAST_ARRAYS];
};

extern const size_t PAST_SIZES[PAST_ARRAYS]; /* of an element */

int past_image_reserve(struct past_image *image, enum past_array array, uint32_t count);
void past_image_done(struct past_image *image);

int past_texts_add(struct past_texts *texts, const char *text, uint32_t *place);
void past_texts_reset(struct past_texts *texts);
void past_texts_done(struct past_texts *texts);

/* Rows are not copied: data[PAST_CONNS] of the image stays NULL. */
int past_image_take(struct past_image *image, struct past_texts *texts, const struct frame *frame);
int past_image_give(const struct past_image *image, const char *texts, struct frame *frame);

#endif
