/* time_offsets: what separates the clocks of our time namespace from those of the machine's first
 * one, which programs in the kernel read. */
#ifndef TCPLENS_SOURCE_BPF_TIME_OFFSETS_H
#define TCPLENS_SOURCE_BPF_TIME_OFFSETS_H

#include <stdint.h>

/* To be added to a time of the kernel. */
struct time_offsets {
    int64_t mono_ns, boot_ns;
};

/* Zeros before Linux 5.5, where there are no time namespaces, and while only children would be in
 * another one. */
struct time_offsets time_offsets_read(void);

#endif
