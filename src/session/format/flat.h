/* Reading one line of a log: a JSON object (RFC 8259) whose members are found by key. Nothing is
 * copied: members point into the line. Values in lists and objects are checked at once and read
 * when they are looked up. Seeking reads 100,000 lines, so this must be quick. Pure. */
#ifndef TCPLENS_SESSION_FORMAT_FLAT_H
#define TCPLENS_SESSION_FORMAT_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAT_MEMBERS_MAX 240u
#define FLAT_SLOTS       256u /* a power of two, more than FLAT_MEMBERS_MAX and than a byte can number */
#define FLAT_DEPTH_MAX   128u  /* nesting of lists and objects */
#define FLAT_KEYS_MAX    1024u /* bytes of keys that are written with escapes */

enum flat_type {
    FLAT_NULL,
    FLAT_TRUE,
    FLAT_FALSE,
    FLAT_INTEGER,
    FLAT_REAL,
    FLAT_TEXT,
    FLAT_LIST,
    FLAT_OBJECT
};

struct flat_member {
    const char *key;  /* without quotes */
    const char *text; /* of FLAT_TEXT: without quotes, likewise; of lists and objects the whole */
    uint32_t key_length, text_length;
    uint8_t type;     /* enum flat_type */
    bool key_escaped; /* was written with a backslash */
    bool escaped;     /* has one */
    union {
        int64_t integer;
        double real;
    };
};

struct flat {
    struct flat_member members[FLAT_MEMBERS_MAX];
    uint32_t count;
    /* by hash of the key: its number and 1; most look-ups are for absent keys */
    uint8_t slots[FLAT_SLOTS];
    char keys[FLAT_KEYS_MAX]; /* decoded keys that were written with escapes */
    uint32_t keys_length;
    const char *last_key; /* the last look-up and its result: callers often repeat it at once */
    const struct flat_member *last;
};

/* False: not one whole JSON object, a whole number beyond 64 bits, or beyond the bounds above. Of
 * members with the same key the last counts. */
bool flat_parse(struct flat *flat, const char *text, size_t length);
static inline uint32_t flat_hash(const char *key, size_t length)
{
    size_t three_quarters = length - length / 4 - (length > 0);

    if (!length)
        return 0;
    return (uint32_t)length * 11u + (unsigned char)key[0] * 7u +
           (unsigned char)key[three_quarters] * 31u + (unsigned char)key[length / 2] * 5u;
}

/* False if there is no such member; true if there may be one. A row has fifty keys, a line about
 * ten of them. */
static inline bool flat_may_have(const struct flat *flat, const char *key, size_t length)
{
    return flat->slots[flat_hash(key, length) % FLAT_SLOTS] != 0;
}

/* `key` is cached by its address: it must be a string that never changes. */
const struct flat_member *flat_find(struct flat *flat, const char *key);

/* The text of a string, its escapes resolved, cut to what fits with a NUL. Returns its length. */
size_t flat_text(const struct flat_member *member, char *out, size_t size);

/* The values in a list or an object of a line that was parsed; keys of objects as they are written:
 *
 *     struct flat_items items = flat_items(member);
 *     while (flat_next(&items, &item)) */
struct flat_items {
    const char *at, *end;
    bool keyed;
};
struct flat_items flat_items(const struct flat_member *member); /* none if it is neither */
bool flat_next(struct flat_items *items, struct flat_member *item);

#endif
