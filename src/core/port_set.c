/* port_set: what a frame listens on. */
#include "core/port_set.h"

void port_set_of_listeners(struct port_set *set, const struct frame *frame)
{
    *set = (struct port_set){0};
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].state == STATE_LISTEN)
            port_set_add(set, frame->conns[i].tuple.local_port);
}
