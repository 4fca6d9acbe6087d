/* Words for numbers: each enumeration that is written in JSON, filters, the session log or on the
 * screen has one table, declared with it. Pure. */
#ifndef TCPLENS_CORE_WORDS_H
#define TCPLENS_CORE_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct words {
    const char *const *list; /* NULL or "": no word for this number */
    uint16_t count;
    uint16_t first; /* number of list[0] */
    uint16_t step;  /* distance of words in pointers, 0 = 1; for words in a table of structs */
};

/* Words in an array, by number. */
#define WORDS(array)                                                                               \
    {                                                                                              \
        .list = (array), .count = sizeof(array) / sizeof((array)[0])                               \
    }

/* NULL: no word for this number. */
static inline const char *words_name(const struct words *words, uint64_t number)
{
    uint64_t at = number - words->first;

    if (at >= words->count)
        return NULL;
    const char *name = words->list[at * (words->step ? words->step : 1u)];
    return name && name[0] ? name : NULL;
}

/* The number of a word, -1 if there is none. */
static inline int words_find(const struct words *words, const char *word, size_t length)
{
    for (unsigned i = words->first; i < words->first + words->count; i++) {
        const char *name = words_name(words, i);

        if (name && strlen(name) == length && memcmp(name, word, length) == 0)
            return (int)i;
    }
    return -1;
}

#endif
