/* Hashes of numbers, bytes and text. Pure. The same on every machine and in every run. */
#ifndef TCPLENS_BASE_HASH_H
#define TCPLENS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of a number, well spread in all bits: cookies and inodes are counted up. */
static inline uint32_t hash_number(uint64_t number)
{
    return (uint32_t)((number ^ number >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* FNV-1a, 64 bit. Chained by handing the hash so far in as `seed`. */
#define HASH_SEED UINT64_C(0xcbf29ce484222325)
uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed);
uint64_t hash_text(const char *text, uint64_t seed); /* with its NUL: "a","b" is not "ab","" */

#endif
