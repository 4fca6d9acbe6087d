/* The event ring: a power-of-two array behind a mutex. Numbers only grow; the slot is the number
 * modulo capacity, so that the numbers alone show what was overwritten. */
#include "core/event.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RING_MAX (1u << 24)

static const char *const KINDS[] = {NULL, "open", "state", "close", "gap", "namespace"};
const struct words EVENT_KIND_WORDS = WORDS(KINDS);
static const char *const ORIGINS[] = {"frame", "destroy", "bpf", NULL};
const struct words EVENT_ORIGIN_WORDS = WORDS(ORIGINS);

#define PAIRS(pairs, member)                                                                       \
    {                                                                                              \
        .list = &(pairs)[0].member, .count = sizeof(pairs) / sizeof((pairs)[0]), .step = 2         \
    }

static const struct {
    const char *word, *label;
} ENDS[] = {[END_CLOSED] = {"closed", ""},
            [END_GIVEN_UP] = {"given-up", "given up"},
            [END_RESET_BY_PEER] = {"reset-by-peer", "reset by peer"},
            [END_RESET_BY_US] = {"reset-by-us", "reset by us"},
            [END_REFUSED] = {"refused", "refused"},
            [END_REJECTED] = {"rejected", "rejected (ICMP)"},
            [END_TIMED_OUT] = {"timed-out", "timed out"},
            [END_UNREACHABLE] = {"unreachable", "unreachable"},
            [END_FAILED] = {"failed", "failed"}};
const struct words EVENT_END_WORDS = PAIRS(ENDS, word);
const struct words EVENT_END_LABELS = PAIRS(ENDS, label);

static const struct {
    const char *word, *label;
} RESETS[] = {[RESET_WHY_OTHER] = {"segment", "segment did not fit"},
              [RESET_WHY_UNREAD] = {"unread", "data unread"},
              [RESET_WHY_LINGER] = {"linger", "SO_LINGER 0"},
              [RESET_WHY_DISCONNECT] = {"disconnect", "disconnected"},
              [RESET_WHY_DATA_AFTER_CLOSE] = {"data-after-close", "data after close"},
              [RESET_WHY_MEMORY] = {"memory", "memory"},
              [RESET_WHY_KEEPALIVE] = {"keepalive", "keepalive"},
              [RESET_WHY_ENDED] = {"ended", "ended from outside"}};
const struct words EVENT_RESET_WORDS = PAIRS(RESETS, word);
const struct words EVENT_RESET_LABELS = PAIRS(RESETS, label);

/* By number of include/uapi/asm-generic/errno*.h: what ends connections. */
static const char *const ERRORS[] = {
    [1] = "EPERM",       [12] = "ENOMEM",       [13] = "EACCES",        [22] = "EINVAL",
    [32] = "EPIPE",      [71] = "EPROTO",       [90] = "EMSGSIZE",      [92] = "ENOPROTOOPT",
    [95] = "EOPNOTSUPP", [97] = "EAFNOSUPPORT", [98] = "EADDRINUSE",    [99] = "EADDRNOTAVAIL",
    [100] = "ENETDOWN",  [101] = "ENETUNREACH", [103] = "ECONNABORTED", [104] = "ECONNRESET",
    [105] = "ENOBUFS",   [107] = "ENOTCONN",    [110] = "ETIMEDOUT",    [111] = "ECONNREFUSED",
    [112] = "EHOSTDOWN", [113] = "EHOSTUNREACH"};
const struct words EVENT_ERROR_WORDS = WORDS(ERRORS);

size_t event_end_text(char *out, size_t size, const struct event *event)
{
    const char *end = words_name(&EVENT_END_LABELS, event->end);
    const char *why = words_name(&EVENT_RESET_LABELS, event->reset_why);
    const char *error = words_name(&EVENT_ERROR_WORDS, event->error);
    const bool says_more = event->end == END_UNREACHABLE || event->end == END_FAILED;

    out[0] = '\0';
    if (!end)
        return 0;
    why = why ? why : says_more ? error : NULL;
    return (size_t)snprintf(out, size, why ? "%s: %s" : "%s", end, why);
}

size_t event_netns_text(char *out, size_t size, const struct event *event)
{
    return (size_t)snprintf(out, size, "network namespace %s%s(%u) %s", event->text,
                            event->text[0] ? " " : "", event->netns,
                            event->left ? "ended" : "appeared");
}

struct event_ring {
    pthread_mutex_t mutex;
    uint64_t next;  /* number of the next event */
    uint64_t first; /* lower numbers never were in this ring: it began, or was restarted, here */
    uint64_t kept;  /* lower numbers were overwritten before it grew */
    uint64_t mask;  /* capacity - 1 */
    struct event *slots;
    void (*change)(void *data, struct event *event); /* NULL: none */
    void *change_data;
};

struct event_ring *event_ring_new(uint32_t capacity)
{
    uint32_t size = 1;
    while (size < capacity && size < RING_MAX)
        size *= 2;

    struct event_ring *ring = calloc(1, sizeof(*ring));
    if (!ring)
        return NULL;
    ring->slots = calloc(size, sizeof(*ring->slots)); /* zero pages are allocated when written */
    if (!ring->slots || pthread_mutex_init(&ring->mutex, NULL) != 0) {
        free(ring->slots);
        free(ring);
        return NULL;
    }
    ring->mask = size - 1;
    ring->first = ring->next = 1;
    return ring;
}

void event_ring_free(struct event_ring *ring)
{
    if (!ring)
        return;
    pthread_mutex_destroy(&ring->mutex);
    free(ring->slots);
    free(ring);
}

/* Lowest number still there; the mutex is held. */
static uint64_t oldest_locked(const struct event_ring *ring)
{
    uint64_t capacity = ring->mask + 1;
    uint64_t oldest = ring->next - ring->first > capacity ? ring->next - capacity : ring->first;
    return oldest > ring->kept ? oldest : ring->kept;
}

/* The mutex is held. */
static int grow_locked(struct event_ring *ring, uint32_t count)
{
    uint64_t size = ring->mask + 1;
    while (size < count && size < RING_MAX)
        size *= 2;
    struct event *slots = size >= count ? calloc((size_t)size, sizeof(*slots)) : NULL;
    if (!slots)
        return -ENOMEM;
    ring->kept = oldest_locked(ring);
    for (uint64_t at = ring->kept; at < ring->next; at++)
        slots[at & (size - 1)] = ring->slots[at & ring->mask];
    free(ring->slots);
    ring->slots = slots;
    ring->mask = size - 1;
    return 0;
}

int event_ring_reserve(struct event_ring *ring, uint32_t count)
{
    pthread_mutex_lock(&ring->mutex);
    const int error = count > ring->mask + 1 ? grow_locked(ring, count) : 0;
    pthread_mutex_unlock(&ring->mutex);
    return error;
}

void event_ring_set_change(struct event_ring *ring, void (*change)(void *data, struct event *event),
                           void *data)
{
    ring->change = change;
    ring->change_data = data;
}

uint64_t event_ring_push(struct event_ring *ring, const struct event *event)
{
    pthread_mutex_lock(&ring->mutex);
    uint64_t number = ring->next++;
    struct event *slot = &ring->slots[number & ring->mask];
    *slot = *event;
    slot->number = number;
    if (ring->change)
        ring->change(ring->change_data, slot);
    pthread_mutex_unlock(&ring->mutex);
    return number;
}

uint64_t event_ring_next(struct event_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    uint64_t next = ring->next;
    pthread_mutex_unlock(&ring->mutex);
    return next;
}

uint64_t event_ring_oldest(struct event_ring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    uint64_t oldest = oldest_locked(ring);
    pthread_mutex_unlock(&ring->mutex);
    return oldest;
}

uint32_t event_ring_read(struct event_ring *ring, uint64_t *cursor, struct event *events,
                         uint32_t count, uint64_t *lost)
{
    uint32_t copied = 0;

    pthread_mutex_lock(&ring->mutex);
    uint64_t oldest = oldest_locked(ring);
    uint64_t at = *cursor;
    /* A cursor outside of [first, next] is from before a restart: it begins at first, and lost
     * nothing. */
    if (at < ring->first || at > ring->next)
        at = ring->first;
    *lost = at < oldest ? oldest - at : 0;
    at += *lost;
    for (; copied < count && at < ring->next; at++)
        events[copied++] = ring->slots[at & ring->mask];
    pthread_mutex_unlock(&ring->mutex);

    *cursor = at;
    return copied;
}

void event_ring_restart(struct event_ring *ring, uint64_t next)
{
    pthread_mutex_lock(&ring->mutex);
    ring->first = ring->next = next;
    ring->kept = 0;
    pthread_mutex_unlock(&ring->mutex);
}
