/* When a count counts as growing (the mark ▲): by a few, and by a fraction of its former value. */
#ifndef TCPLENS_CORE_TREND_H
#define TCPLENS_CORE_TREND_H

#include <stdbool.h>
#include <stdint.h>

#define TREND_LEAST    3  /* so many more, */
#define TREND_FRACTION 50 /* and one in so many of those before: 2 % */

static inline bool trend_is_rise(uint64_t before, uint64_t now)
{
    return now >= before + TREND_LEAST && now - before >= before / TREND_FRACTION;
}

#endif
