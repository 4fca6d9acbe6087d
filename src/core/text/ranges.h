/* Which code points safe text may hold, and how many cells each takes. Private to text.c. */
#ifndef TCPLENS_CORE_TEXT_RANGES_H
#define TCPLENS_CORE_TEXT_RANGES_H

#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_CELLS = 3,  /* mask: 0, 1 or 2 cells */
    TEXT_REFUSED = 4 /* never in safe text; its cells are what a terminal may take for it at most */
};

/* First code point of each range in bits 8 and up, its class in bits 0 to 7; sorted, gapless. */
extern const uint32_t TEXT_RANGES[];
extern const size_t text_range_count;

#endif
