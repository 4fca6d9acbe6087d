/* learned: sequences of this terminal for some keys, from terminfo. Pure. */
#ifndef TCPLENS_UI_KEY_LEARNED_H
#define TCPLENS_UI_KEY_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SEQUENCE_MAX 32
#define KEY_LEARNED_MAX  40

struct key_learned_row {
    char sequence[KEY_SEQUENCE_MAX];
    uint32_t code;
};

struct key_learned {
    struct key_learned_row rows[KEY_LEARNED_MAX];
    size_t count;
};

/* NULL, "", plain text and too long sequences are ignored. */
void key_learned_add(struct key_learned *learned, const char *sequence, uint32_t code);
/* The row with exactly these bytes (exact), or one that begins with them; NULL: none. */
const struct key_learned_row *key_learned_find(const struct key_learned *learned,
                                               const unsigned char *bytes, size_t length,
                                               bool exact);

#endif
