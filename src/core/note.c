/* Notes of what was told between frames: a growing array and two open hash tables over it.
 * Independent of frames. */
#include "core/note.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_NOTE UINT32_MAX

void notes_init(struct notes *notes)
{
    *notes = (struct notes){0};
}

void notes_done(struct notes *notes)
{
    free(notes->notes);
    free(notes->slots);
    notes_init(notes);
}

static uint32_t cookie_slot(const struct notes *notes, uint64_t cookie)
{
    return (uint32_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (notes->slot_count - 1);
}

static uint32_t tuple_slot(const struct notes *notes, const struct tuple *tuple)
{
    return (uint32_t)(tuple_hash(tuple) >> 32) & (notes->slot_count - 1);
}

/* Slot of the cookie: taken by its note, or free for it. */
static uint32_t *find_cookie(const struct notes *notes, uint64_t cookie, uint32_t netns)
{
    uint32_t at = cookie_slot(notes, cookie);
    for (;; at = (at + 1) & (notes->slot_count - 1)) {
        uint32_t *slot = &notes->slots[at];
        if (*slot == NO_NOTE)
            return slot;
        const struct note *note = &notes->notes[*slot];
        if (note->cookie == cookie && note->netns == netns)
            return slot;
    }
}

static uint32_t *find_tuple(const struct notes *notes, const struct tuple *tuple, uint32_t netns)
{
    uint32_t at = tuple_slot(notes, tuple);
    for (;; at = (at + 1) & (notes->slot_count - 1)) {
        uint32_t *slot = &notes->slots[notes->slot_count + at];
        if (*slot == NO_NOTE)
            return slot;
        const struct note *note = &notes->notes[*slot];
        if (note->netns == netns && tuple_equal(&note->tuple, tuple))
            return slot;
    }
}

static void notes_index(struct notes *notes, uint32_t i)
{
    const struct note *note = &notes->notes[i];
    if (note->cookie)
        *find_cookie(notes, note->cookie, note->netns) = i;
    uint32_t *slot = find_tuple(notes, &note->tuple, note->netns);
    notes->tuples += *slot == NO_NOTE;
    *slot = i;
}

static void notes_reindex(struct notes *notes)
{
    memset(notes->slots, 0xff, 2 * (size_t)notes->slot_count * sizeof(*notes->slots));
    notes->tuples = 0;
    for (uint32_t i = 0; i < notes->count; i++)
        notes_index(notes, i);
}

/* A note has another tuple now: connect() tells of a socket before it has its local port
 * (tcp_v4_connect in net/ipv4/tcp_ipv4.c, Linux 6.18). The slot of the tuple it left stays in use
 * until there are too many of them. */
static void notes_move(struct notes *notes, uint32_t i)
{
    if (notes->tuples > notes->slot_count / 4 * 3)
        notes_reindex(notes);
    else
        notes_index(notes, i);
}

static int notes_grow(struct notes *notes)
{
    if (notes->capacity > UINT32_MAX / 8)
        return -ENOMEM;
    uint32_t capacity = notes->capacity ? notes->capacity * 2 : 256;
    uint32_t *slots = malloc(4 * (size_t)capacity * sizeof(*slots));
    struct note *grown = realloc(notes->notes, capacity * sizeof(*grown));
    if (grown) {
        notes->notes = grown;
    }
    if (!slots || !grown) {
        free(slots);
        return -ENOMEM;
    }
    free(notes->slots);
    notes->slots = slots;
    notes->slot_count = 2 * capacity;
    notes->capacity = capacity;
    notes_reindex(notes);
    return 0;
}

static void note_fill(struct note *note, const struct event *event)
{
    note->frames = 0;
    note->from = event->from;
    note->told = event->kind == EVENT_CLOSE ? STATE_DELETE_TCB : event->to;
    note->changed_ns = event->wall_ns;
    note->changed_mono_ns = event->mono_ns;
    if (event->kind == EVENT_OPEN) {
        note->opened = true;
        note->opened_ns = event->wall_ns;
        note->opened_mono_ns = event->mono_ns;
    }
    if (event->kind == EVENT_CLOSE && event->has_duration)
        note->age_ns = event->duration_ns;
    if (event->has_totals) {
        note->has_totals = true;
        note->in_bytes = event->in_bytes;
        note->out_bytes = event->out_bytes;
        note->rtt_us = event->rtt_us;
        note->retrans = event->retrans;
    }
    if (event->uid != UINT32_MAX)
        note->uid = event->uid;
    if (event->pid) {
        note->pid = event->pid;
        note->owner_start_ticks = event->owner_start_ticks;
        memcpy(note->name, event->name, sizeof(note->name));
        note->name[sizeof(note->name) - 1] = '\0';
    }
}

static uint32_t notes_find_event(const struct notes *notes, const struct event *event)
{
    if (notes->count == 0)
        return NO_NOTE;
    return event->cookie ? *find_cookie(notes, event->cookie, event->netns)
                         : *find_tuple(notes, &event->tuple, event->netns);
}

int notes_add(struct notes *notes, const struct event *event)
{
    uint32_t known = notes_find_event(notes, event);
    if (known != NO_NOTE) {
        struct note *note = &notes->notes[known];
        bool moved = !tuple_equal(&note->tuple, &event->tuple);
        note->tuple = event->tuple;
        note_fill(note, event);
        if (moved)
            notes_move(notes, known);
        return 0;
    }
    if (notes->count == notes->capacity) {
        int error = notes_grow(notes);
        if (error)
            return error;
    }
    struct note *note = &notes->notes[notes->count];
    *note = (struct note){.cookie = event->cookie,
                          .tuple = event->tuple,
                          .netns = event->netns,
                          .uid = UINT32_MAX,
                          .age_ns = -1};
    note_fill(note, event);
    notes_index(notes, notes->count++);
    return 0;
}

struct note *notes_find(const struct notes *notes, const struct conn *conn, bool cookie_stands)
{
    if (notes->count == 0)
        return NULL;
    uint32_t found = NO_NOTE;
    if (conn->cookie)
        found = *find_cookie(notes, conn->cookie, conn->netns);
    if (found == NO_NOTE) {
        found = *find_tuple(notes, &conn->tuple, conn->netns);
        if (found == NO_NOTE)
            return NULL;
        const struct note *note = &notes->notes[found];
        bool lazy = note->told == STATE_TIME_WAIT || note->told == STATE_FIN_WAIT_2;
        bool left = lazy && conn->state == STATE_TIME_WAIT && !cookie_stands;
        if (conn->cookie && note->cookie && !left)
            return NULL;
    }
    return &notes->notes[found];
}

void notes_sift(struct notes *notes, bool (*keep)(const struct note *note))
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < notes->count; i++) {
        if (!keep(&notes->notes[i]))
            continue;
        if (kept != i)
            notes->notes[kept] = notes->notes[i];
        kept++;
    }
    if (notes->count == 0)
        return;
    notes->count = kept;
    notes_reindex(notes);
}
