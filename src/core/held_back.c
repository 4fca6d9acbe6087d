/* held_back: growth of the kernel's three clocks between two samples. */
#include "core/held_back.h"

#define CLOCKS                                                                                     \
    (SERIES_BIT(SERIES_BUSY) | SERIES_BIT(SERIES_RWND_LIMITED) | SERIES_BIT(SERIES_SNDBUF_LIMITED))
#define NS_PER_US 1000u
#define PERMILLE  1000u

const char *const HELD_BY_NAMES[HELD_BY_COUNT] = {[HELD_BY_NETWORK] = "network",
                                                  [HELD_BY_RECEIVER] = "receiver",
                                                  [HELD_BY_SEND_BUFFER] = "send buffer",
                                                  [HELD_BY_PROGRAM] = "program"};

static bool has_clocks(const struct series_sample *sample)
{
    return (sample->known & CLOCKS) == CLOCKS;
}

static uint64_t growth(const struct series_sample *from, const struct series_sample *to,
                       enum series_value value)
{
    return to->values[value] > from->values[value] ? to->values[value] - from->values[value] : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The clocks have the resolution of a tick, and are read slightly after the frame's time: their
 * growth may exceed the elapsed time. */
static void share(const struct series_sample *from, const struct series_sample *to,
                  struct held_back *held)
{
    const uint64_t passed = (uint64_t)(to->mono_ns - from->mono_ns) / NS_PER_US;
    const uint64_t busy = growth(from, to, SERIES_BUSY);
    const uint64_t whole = busy > passed ? busy : passed;
    const uint64_t receiver = least(growth(from, to, SERIES_RWND_LIMITED), busy);
    const uint64_t buffer = least(growth(from, to, SERIES_SNDBUF_LIMITED), busy - receiver);
    const uint64_t parts[HELD_BY_COUNT] = {[HELD_BY_NETWORK] = busy - receiver - buffer,
                                           [HELD_BY_RECEIVER] = receiver,
                                           [HELD_BY_SEND_BUFFER] = buffer,
                                           [HELD_BY_PROGRAM] = whole - busy};

    held->span_ns = to->mono_ns - from->mono_ns;
    for (int i = 0; i < HELD_BY_COUNT; i++)
        held->permille[i] = whole ? (uint32_t)((parts[i] * PERMILLE + whole / 2) / whole) : 0;
}

bool held_back_of(const struct series *series, int64_t window_ns, struct held_back *held)
{
    const struct series_sample *last = NULL, *first = NULL;

    for (uint32_t i = series->count; i-- > 0;) {
        const struct series_sample *sample = &series->samples[i];
        if (!has_clocks(sample))
            continue;
        if (!last)
            last = sample;
        if (sample->mono_ns < last->mono_ns - window_ns)
            break;
        first = sample;
    }
    if (!last || first == last)
        return false;
    share(first, last, held);
    return true;
}
