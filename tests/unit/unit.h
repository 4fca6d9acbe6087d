/* What every unit test needs: cmocka with the headers that it needs, and random numbers that are
 * the same in every run. Independent of what is tested. */
#ifndef TCPLENS_UNIT_UNIT_H
#define TCPLENS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64: start with any seed. */
static inline uint64_t unit_random(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* For tests of what the kernel of a little-endian machine wrote in its own byte order. */
#define UNIT_SKIP_IF_BIG_ENDIAN()                                                                  \
    do {                                                                                           \
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)                                                \
            skip();                                                                                \
    } while (0)

/* Less than `most`: a size or an index. */
static inline size_t unit_random_below(uint64_t *seed, size_t most)
{
    return (size_t)(unit_random(seed) % most);
}

static inline void unit_random_bytes(uint64_t *seed, void *bytes, size_t length)
{
    unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        at[i] = (unsigned char)unit_random(seed);
}

#endif
