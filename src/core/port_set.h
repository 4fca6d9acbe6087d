/* A set of ports. Pure. All zero: empty. */
#ifndef TCPLENS_CORE_PORT_SET_H
#define TCPLENS_CORE_PORT_SET_H

#include "core/frame.h"

#include <stdbool.h>
#include <stdint.h>

struct port_set {
    uint8_t bits[UINT16_MAX / 8 + 1]; /* a bit a port */
};

static inline void port_set_add(struct port_set *set, uint16_t port)
{
    set->bits[port / 8] |= (uint8_t)(1u << port % 8);
}

static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
    return set->bits[port / 8] >> port % 8 & 1;
}

/* Sets exactly the local ports of the live listeners of a frame. */
void port_set_of_listeners(struct port_set *set, const struct frame *frame);

#endif
