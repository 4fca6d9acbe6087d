/* demo host: counters and settings of the machine that the demo invents: those of a healthy one. */
#ifndef TCPLENS_SOURCE_DEMO_HOST_H
#define TCPLENS_SOURCE_DEMO_HOST_H

#include "core/host_facts.h"

/* As they stand in that frame (1, 2, ...). */
void demo_host_fill(struct host_facts *facts, uint64_t frame);

#endif
