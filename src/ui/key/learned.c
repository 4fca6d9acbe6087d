/* learned: a short list, looked through. */
#include "ui/key/learned.h"

#include <string.h>

void key_learned_add(struct key_learned *learned, const char *sequence, uint32_t code)
{
    const unsigned char first = sequence ? (unsigned char)sequence[0] : '\0';
    if (first == '\0' || (first >= ' ' && first < 127) || strlen(sequence) >= KEY_SEQUENCE_MAX ||
        learned->count == KEY_LEARNED_MAX)
        return;
    struct key_learned_row *row = &learned->rows[learned->count++];
    memcpy(row->sequence, sequence, strlen(sequence) + 1);
    row->code = code;
}

const struct key_learned_row *key_learned_find(const struct key_learned *learned,
                                               const unsigned char *bytes, size_t length,
                                               bool exact)
{
    for (size_t i = 0; i < learned->count; i++) {
        const size_t whole = strlen(learned->rows[i].sequence);
        if ((exact ? whole == length : whole > length) &&
            memcmp(learned->rows[i].sequence, bytes, length) == 0)
            return &learned->rows[i];
    }
    return NULL;
}
