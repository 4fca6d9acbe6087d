/* Notes: what an events source reported about connections since the last frame, one note a connection,
 * found by cookie or tuple. Used by track only. Pure. */
#ifndef TCPLENS_CORE_NOTE_H
#define TCPLENS_CORE_NOTE_H

#include "base/hash_index.h"
#include "core/event.h"

struct note {
    uint64_t cookie;
    struct tuple tuple;
    uint32_t netns;
    uint8_t state;     /* enum tcp_state, as reported; DELETE-TCB = its close */
    uint8_t from;      /* the one before */
    bool opened;       /* its opening was reported, at opened_ns, opened_mono_ns */
    bool has_totals;   /* final counters below */
    bool matched;      /* with a row, in the frame being tracked */
    uint8_t frames;    /* frames tracked since */
    int64_t opened_ns; /* wall clock, of then */
    int64_t opened_mono_ns;
    int64_t changed_ns; /* of the last change reported, by the wall clock of that time */
    int64_t changed_mono_ns;
    int64_t age_ns; /* of the connection when it closed; -1 = not reported */
    uint64_t in_bytes, out_bytes;
    uint32_t rtt_us, retrans;
    uint32_t uid; /* UINT32_MAX = unknown */
    int32_t pid;  /* 0 = unknown */
    uint64_t owner_start_ticks;
    char name[EVENT_NAME_MAX];
};

struct notes {
    struct note *notes; /* in the order in which their connections were first reported */
    uint32_t count, capacity;
    struct hash_index by_cookie, by_tuple;
};

void notes_init(struct notes *notes);
void notes_done(struct notes *notes);
int notes_add(struct notes *notes, const struct event *event); /* 0 or -ENOMEM */
/* The note of a row; NULL where there is none. By tuple only where cookies cannot be used: the row
 * has none, or is the remainder of a closed socket. If a frame has shown its cookie before
 * (cookie_stands), events have the same one: a different cookie with that tuple is another
 * connection. */
struct note *notes_find(const struct notes *notes, const struct conn *conn, bool cookie_stands);
/* Removes those for which `keep` is false. */
void notes_sift(struct notes *notes, bool (*keep)(const struct note *note));

#endif
