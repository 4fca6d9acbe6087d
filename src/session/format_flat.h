/* Private to format_*.c: a quick look at lines of the plainest kind, as we write them: one object
 * of ASCII without escapes, of whole numbers, short lists. All else is left to the library. A tenth
 * of the library's time: seeking reads 100,000 lines. */
#ifndef TCPLENS_SESSION_FORMAT_FLAT_H
#define TCPLENS_SESSION_FORMAT_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAT_MEMBERS_MAX 160u

enum flat_type { FLAT_NULL, FLAT_TRUE, FLAT_FALSE, FLAT_INTEGER, FLAT_TEXT, FLAT_OTHER };

struct flat_member {
    const char *key, *text; /* text: of FLAT_TEXT without quotes; of FLAT_OTHER with its brackets */
    uint32_t text_length;
    uint16_t key_length;
    uint8_t type; /* enum flat_type */
    int64_t integer;
};

struct flat {
    struct flat_member members[FLAT_MEMBERS_MAX];
    uint32_t count, hint; /* hint: keys are mostly asked for in their order */
    uint64_t seen[2];     /* a bit for first letter and length of each key: most keys are absent */
};

/* False: not of that kind, or not well formed; the library will tell. */
bool flat_parse(struct flat *flat, const char *text, size_t length);
const struct flat_member *flat_find(struct flat *flat, const char *key);
/* The numbers of a list, at most `most`; false if it is anything else. */
bool flat_numbers(const struct flat_member *member, uint32_t *numbers, uint32_t most,
                  uint32_t *count);

#endif
