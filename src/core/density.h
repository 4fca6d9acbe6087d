/* density: how much happened when, in equal parts of a stretch of time, for a time bar. Pure
 * data. */
#ifndef TCPLENS_CORE_DENSITY_H
#define TCPLENS_CORE_DENSITY_H

#include <stdint.h>

enum density_layer {
    DENSITY_EVENTS,        /* opens, transitions, closes */
    DENSITY_RETRANSMITTED, /* bytes */
    DENSITY_BYTES,         /* received and sent */
    DENSITY_CLOSE_WAIT,    /* rows, at most */
    DENSITY_DROPS,         /* ListenDrops */
    DENSITY_LAYERS
};

struct density_part {
    uint64_t values[DENSITY_LAYERS];
    uint8_t known; /* a bit for each layer that a frame in it reports */
};

/* Adds up, except for rows, where the largest number counts. */
static inline void density_add(struct density_part *part, enum density_layer layer, uint64_t value)
{
    uint64_t *sum = &part->values[layer];

    part->known |= (uint8_t)(1u << layer);
    if (layer == DENSITY_CLOSE_WAIT)
        *sum = value > *sum ? value : *sum;
    else
        *sum = value < UINT64_MAX - *sum ? *sum + value : UINT64_MAX;
}

static inline void density_join(struct density_part *part, const struct density_part *other)
{
    for (int layer = 0; layer < DENSITY_LAYERS; layer++)
        if (other->known >> layer & 1)
            density_add(part, (enum density_layer)layer, other->values[layer]);
}

/* What is to be filled in; `parts` remain the caller's. */
struct density {
    struct density_part *parts;
    uint32_t count;
    /* Called with the begin of a finding, each time it is read; NULL: not wanted. */
    void (*found)(void *data, int64_t since_ns, uint8_t severity);
    void *data;
};

#endif
