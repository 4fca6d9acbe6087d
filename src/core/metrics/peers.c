/* The busiest peers, chosen by what they carried lately. */
#include "core/metrics/peers.h"

#include "base/grow.h"
#include "base/hash.h"
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 4096u
#define IDLE_TURNS     20u /* after this many without traffic another peer may take the series */

void peers_done(struct peers *peers)
{
    free(peers->list);
    hash_index_done(&peers->index);
}

static uint32_t hash_of(const struct addr *address, uint8_t family)
{
    return (uint32_t)hash_bytes(address, sizeof(*address), HASH_SEED + family);
}

static struct peer *find_peer(const struct peers *peers, const struct addr *address, uint8_t family)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&peers->index, hash_of(address, family), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&peers->index, &cursor)) {
        struct peer *peer = &peers->list[i];
        if (peer->family == family && addr_compare(&peer->address, address) == 0)
            return peer;
    }
    return NULL;
}

/* NULL: there are too many, or out of memory. */
static struct peer *add_peer(struct peers *peers, const struct addr *address, uint8_t family)
{
    if (peers->count - peers->shown >= CANDIDATES_MAX ||
        GROW(peers->list, peers->capacity, peers->count + 1) ||
        hash_index_add(&peers->index, hash_of(address, family), peers->count))
        return NULL;
    struct peer *peer = &peers->list[peers->count++];
    *peer = (struct peer){.address = *address, .family = family};
    return peer;
}

void peers_count(struct peers *peers, const struct addr *address, uint8_t family,
                 const struct counters *grown)
{
    if (!peers->wanted)
        return;
    struct peer *peer = find_peer(peers, address, family);
    if (!peer)
        peer = add_peer(peers, address, family);
    if (peer)
        peer->lately += grown->in_bytes + counters_out(grown);
    counters_add(peer && peer->shown ? &peer->carried : &peers->other, grown);
}

static int compare_busiest(const void *a, const void *b)
{
    const struct peer *left = a, *right = b;

    if (left->lately != right->lately)
        return left->lately < right->lately ? 1 : -1;
    const int order = addr_compare(&left->address, &right->address);
    return order ? order : left->family - right->family;
}

/* Shown peers stay if they are busy, or have been idle only briefly. */
static void age_shown(struct peers *peers)
{
    for (uint32_t i = 0; i < peers->shown; i++)
        peers->list[i].idle = peers->list[i].lately ? 0 : peers->list[i].idle + 1;
}

/* The place of a peer that has been idle longest, and for long enough; peers->shown: none. */
static uint32_t place_to_reuse(const struct peers *peers)
{
    uint32_t found = peers->shown;

    for (uint32_t i = 0; i < peers->shown; i++) {
        const uint32_t most = found < peers->shown ? peers->list[found].idle : IDLE_TURNS - 1;
        if (peers->list[i].idle > most)
            found = i;
    }
    return found;
}

static bool promote(struct peers *peers, const struct peer *candidate)
{
    uint32_t place = peers->shown;

    if (peers->shown == peers->wanted) {
        place = place_to_reuse(peers);
        if (place == peers->shown)
            return false;
        counters_add(&peers->other, &peers->list[place].carried);
    } else {
        peers->shown++;
    }
    peers->list[place] =
        (struct peer){.address = candidate->address, .family = candidate->family, .shown = true};
    return true;
}

/* Used when out of memory for the index. */
static void forget_shown(struct peers *peers)
{
    for (uint32_t i = 0; i < peers->shown; i++)
        counters_add(&peers->other, &peers->list[i].carried);
    peers->count = peers->shown = 0;
}

void peers_choose(struct peers *peers)
{
    const uint32_t first = peers->shown, end = peers->count;

    if (!peers->wanted)
        return;
    age_shown(peers);
    if (end > first)
        sort_items(peers->list + first, end - first, sizeof(*peers->list), compare_busiest);
    for (uint32_t i = first; i < end; i++) {
        const struct peer candidate = peers->list[i];
        if (!candidate.lately || !promote(peers, &candidate))
            break;
    }
    peers->count = peers->shown; /* candidates start again */
    if (hash_index_begin(&peers->index, peers->count))
        forget_shown(peers);
    for (uint32_t i = 0; i < peers->count; i++) {
        peers->list[i].lately = 0;
        (void)hash_index_add(&peers->index, hash_of(&peers->list[i].address, peers->list[i].family),
                             i);
    }
}
