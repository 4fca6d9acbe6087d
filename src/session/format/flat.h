/* Private to format_*.c: a quick look at lines of the plainest kind, as we write them: one object
 * of ASCII without escapes, of plain numbers, short lists. All else is left to the library. A tenth
 * of the library's time: seeking reads 100,000 lines. */
#ifndef TCPLENS_SESSION_FORMAT_FLAT_H
#define TCPLENS_SESSION_FORMAT_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAT_MEMBERS_MAX 160u
#define FLAT_DECIMAL_MAX 30u  /* characters of a number with decimals */
#define FLAT_SLOTS       256u /* a power of two, more than members and than a byte counts */

enum flat_type {
    FLAT_NULL,
    FLAT_TRUE,
    FLAT_FALSE,
    FLAT_INTEGER,
    FLAT_DECIMAL,
    FLAT_TEXT,
    FLAT_OTHER
};

struct flat_member {
    const char *key;
    const char *text; /* without quotes; of FLAT_DECIMAL and FLAT_OTHER the whole of it */
    uint32_t text_length;
    uint16_t key_length;
    uint8_t type; /* enum flat_type */
    int64_t integer;
};

struct flat {
    struct flat_member members[FLAT_MEMBERS_MAX];
    uint32_t count;
    uint8_t slots[FLAT_SLOTS]; /* by hash of the key: its number and 1; most asked for are absent */
    const char *asked; /* the key asked for last, and what was found: it is asked for again */
    const struct flat_member *answer;
};

/* False: not of that kind, a key twice, or not well formed; the library will tell. */
bool flat_parse(struct flat *flat, const char *text, size_t length);
/* `key` is known by its address: a text that stays as it is. */
const struct flat_member *flat_find(struct flat *flat, const char *key);
/* The numbers of a list, at most `most`; false if it is anything else. */
bool flat_numbers(const struct flat_member *member, uint32_t *numbers, uint32_t most,
                  uint32_t *count);

#endif
