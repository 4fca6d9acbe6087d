/* Label sets: interned units and containers, an index by place, port and role. */
#include "core/metrics/sets.h"

#include "base/grow.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX METRIC_SETS_MAX

const struct histogram_bounds CONNECT_BOUNDS = {
    {0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 3, 7, 15}};
const struct histogram_bounds LIFETIME_BOUNDS = {
    {0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60, 600, 3600, 86400}};
const struct histogram_bounds RTT_BOUNDS = {
    {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}};

void histogram_observe(struct histogram *histogram, const struct histogram_bounds *bounds,
                       double seconds)
{
    unsigned i = 0;

    while (i < HISTOGRAM_BOUNDS_MAX && bounds->bounds[i] > 0 && seconds > bounds->bounds[i])
        i++;
    if (i == HISTOGRAM_BOUNDS_MAX || bounds->bounds[i] <= 0)
        i = HISTOGRAM_BOUNDS_MAX;
    histogram->buckets[i]++;
    histogram->count++;
    histogram->sum += seconds;
}

static void free_place(struct place *place)
{
    free(place->netns);
    free(place->unit);
    free(place->container);
}

static uint32_t add_place(struct sets *sets, const char *netns, const char *unit,
                          const char *container)
{
    if (GROW(sets->places, sets->place_capacity, sets->place_count + 1))
        return 0;
    struct place place = {strdup(netns), strdup(unit), strdup(container)};
    if (!place.netns || !place.unit || !place.container) {
        free_place(&place);
        return 0;
    }
    sets->places[sets->place_count] = place;
    return sets->place_count++;
}

uint32_t sets_place(struct sets *sets, const char *netns, const char *unit, const char *container)
{
    for (uint32_t i = 0; i < sets->place_count; i++) {
        const struct place *known = &sets->places[i];
        if (strcmp(known->unit, unit) == 0 && strcmp(known->container, container) == 0 &&
            strcmp(known->netns, netns) == 0)
            return i;
    }
    return sets->place_count < PLACES_MAX ? add_place(sets, netns, unit, container) : 0;
}

static uint32_t set_hash(uint32_t place, uint32_t port, bool served)
{
    return hash_number((uint64_t)place << 33 | (uint64_t)port << 1 | served);
}

static int add_set(struct sets *sets, uint32_t place, uint32_t port, bool served)
{
    if (GROW(sets->list, sets->capacity, sets->count + 1) ||
        hash_index_add(&sets->index, set_hash(place, port, served), sets->count))
        return -ENOMEM;
    sets->list[sets->count++] = (struct label_set){.place = place, .port = port, .served = served};
    return 0;
}

uint32_t sets_find(struct sets *sets, uint32_t place, uint32_t port, bool served)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&sets->index, set_hash(place, port, served), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&sets->index, &cursor)) {
        const struct label_set *set = &sets->list[i];
        if (set->place == place && set->port == port && set->served == served)
            return i;
    }
    if (sets->count < METRIC_SETS_MAX && add_set(sets, place, port, served) == 0)
        return sets->count - 1;
    sets->folded++;
    return SET_OTHER;
}

int sets_init(struct sets *sets)
{
    *sets = (struct sets){0};
    (void)add_place(sets, "", "", "");
    return sets->place_count == 1 ? add_set(sets, 0, PORT_OTHER, false) : -ENOMEM;
}

void sets_done(struct sets *sets)
{
    for (uint32_t i = 0; i < sets->place_count; i++)
        free_place(&sets->places[i]);
    free(sets->places);
    free(sets->list);
    hash_index_done(&sets->index);
}
