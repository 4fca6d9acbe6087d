/* demo host: counters and settings of the demo's machine, a healthy one. */
#ifndef TCPLENS_SOURCE_DEMO_HOST_H
#define TCPLENS_SOURCE_DEMO_HOST_H

#include "core/host_facts.h"

/* Their values in that frame (1, 2, ...). */
void demo_host_fill(struct host_facts *facts, uint64_t frame);

#endif
