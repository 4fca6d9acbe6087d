/* Numbers to decimal digits and back: a frame as text has millions of bytes. In a header so that
 * the loops that write rows inline it. Pure. */
#ifndef TCPLENS_CORE_DIGITS_H
#define TCPLENS_CORE_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_ROOM 32 /* bytes that must be free where a number is written */

/* The eight decimal digits of a number below 10^8, the first in the lowest byte: all at once, since
 * a loop over a varying count of digits costs more in mispredicted branches. */
static inline uint64_t digits_of_eight(uint32_t number)
{
    const uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    const uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
    const uint64_t twos = hundreds + ((fours - 100 * hundreds) << 16);
    const uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);

    return tens + ((twos - 10 * tens) << 8);
}

static inline char *digits_put(char *at, uint64_t digits, unsigned leading)
{
    uint64_t bytes = (digits | UINT64_C(0x3030303030303030)) >> 8 * leading;

    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        bytes = __builtin_bswap64(bytes);
    memcpy(at, &bytes, sizeof(bytes)); /* DIGITS_ROOM leaves space for the excess bytes */
    return at + 8 - leading;
}

static inline char *digits_write(char *at, uint64_t value)
{
    uint64_t digits;

    if (value < 10) { /* half of the numbers in a row */
        *at = (char)('0' + value);
        return at + 1;
    }
    if (value >= 100000000) {
        at = digits_write(at, value / 100000000);
        return digits_put(at, digits_of_eight((uint32_t)(value % 100000000)), 0);
    }
    digits = digits_of_eight((uint32_t)value);
    return digits_put(at, digits, (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8);
}

/* The value of `count` decimal digits, at most 18; -1 if there is another character among them. */
static inline int64_t digits_read(const char *text, size_t count)
{
    int64_t value = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

#endif
