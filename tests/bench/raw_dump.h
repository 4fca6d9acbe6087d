/* raw_dump: the floor: a dump of what tcplens asks for, of which only the message boundaries are
 * read. Two dumps, one a family, as ss makes them: tcplens itself makes one of both. */
#ifndef TCPLENS_BENCH_RAW_DUMP_H
#define TCPLENS_BENCH_RAW_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a new socket, both families; ends the program on failure. *cpu_ns: user and system of this
 * thread. Returns the rows. */
uint32_t raw_dump(size_t buffer_size, bool detail, int64_t *cpu_ns);

#endif
