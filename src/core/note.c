/* Notes of events between frames: a growing array and two indexes over it.
 * Independent of frames. */
#include "core/note.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_NOTE HASH_INDEX_NONE

void notes_init(struct notes *notes)
{
    *notes = (struct notes){0};
}

void notes_done(struct notes *notes)
{
    free(notes->notes);
    hash_index_done(&notes->by_cookie);
    hash_index_done(&notes->by_tuple);
    notes_init(notes);
}

static uint32_t cookie_key(uint64_t cookie)
{
    return (uint32_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static uint32_t tuple_key(const struct tuple *tuple)
{
    return (uint32_t)(tuple_hash(tuple) >> 32);
}

static uint32_t find_cookie(const struct notes *notes, uint64_t cookie, uint32_t netns)
{
    struct hash_cursor cursor;
    uint32_t i = hash_index_first(&notes->by_cookie, cookie_key(cookie), &cursor);

    while (i != NO_NOTE && (notes->notes[i].cookie != cookie || notes->notes[i].netns != netns))
        i = hash_index_next(&notes->by_cookie, &cursor);
    return i;
}

/* The latest note with this tuple. */
static uint32_t find_tuple(const struct notes *notes, const struct tuple *tuple, uint32_t netns)
{
    struct hash_cursor cursor;
    uint32_t found = NO_NOTE;

    for (uint32_t i = hash_index_first(&notes->by_tuple, tuple_key(tuple), &cursor); i != NO_NOTE;
         i = hash_index_next(&notes->by_tuple, &cursor)) {
        if (notes->notes[i].netns == netns && tuple_equal(&notes->notes[i].tuple, tuple))
            found = i;
    }
    return found;
}

/* 0 or -ENOMEM: then it is in neither. */
static int notes_index(struct notes *notes, uint32_t i)
{
    const struct note *note = &notes->notes[i];
    int error = hash_index_add(&notes->by_tuple, tuple_key(&note->tuple), i);

    if (!error && note->cookie) {
        error = hash_index_add(&notes->by_cookie, cookie_key(note->cookie), i);
        if (error)
            hash_index_remove(&notes->by_tuple, tuple_key(&note->tuple), i);
    }
    return error;
}

/* Changes a note's tuple: connect() reports a socket before it has its local port (tcp_v4_connect
 * in net/ipv4/tcp_ipv4.c, Linux 6.18). Cannot fail, as it reuses the removed entry's room. */
static void notes_move(struct notes *notes, uint32_t i, const struct tuple *tuple)
{
    struct note *note = &notes->notes[i];

    if (tuple_equal(&note->tuple, tuple)) {
        note->tuple = *tuple;
        return;
    }
    hash_index_remove(&notes->by_tuple, tuple_key(&note->tuple), i);
    note->tuple = *tuple;
    (void)hash_index_add(&notes->by_tuple, tuple_key(tuple), i);
}

static void note_fill(struct note *note, const struct event *event)
{
    note->frames = 0;
    note->from = event->from;
    note->state = event->kind == EVENT_CLOSE ? STATE_DELETE_TCB : event->to;
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
    return event->cookie ? find_cookie(notes, event->cookie, event->netns)
                         : find_tuple(notes, &event->tuple, event->netns);
}

int notes_add(struct notes *notes, const struct event *event)
{
    uint32_t known = notes_find_event(notes, event);
    if (known != NO_NOTE) {
        notes_move(notes, known, &event->tuple);
        note_fill(&notes->notes[known], event);
        return 0;
    }
    if (GROW(notes->notes, notes->capacity, notes->count + 1))
        return -ENOMEM;
    struct note *note = &notes->notes[notes->count];
    *note = (struct note){.cookie = event->cookie,
                          .tuple = event->tuple,
                          .netns = event->netns,
                          .uid = UINT32_MAX,
                          .age_ns = -1};
    note_fill(note, event);
    int error = notes_index(notes, notes->count);
    notes->count += !error;
    return error;
}

struct note *notes_find(const struct notes *notes, const struct conn *conn, bool cookie_stands)
{
    if (notes->count == 0)
        return NULL;
    uint32_t found = NO_NOTE;
    if (conn->cookie)
        found = find_cookie(notes, conn->cookie, conn->netns);
    if (found == NO_NOTE) {
        found = find_tuple(notes, &conn->tuple, conn->netns);
        if (found == NO_NOTE)
            return NULL;
        const struct note *note = &notes->notes[found];
        bool lazy = note->state == STATE_TIME_WAIT || note->state == STATE_FIN_WAIT_2;
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
    if (kept == notes->count)
        return;
    notes->count = kept;
    /* Fewer than before: neither fails. */
    (void)hash_index_begin(&notes->by_cookie, kept);
    (void)hash_index_begin(&notes->by_tuple, kept);
    for (uint32_t i = 0; i < kept; i++)
        (void)notes_index(notes, i);
}
