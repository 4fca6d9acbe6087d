/* key_sequences: what terminals send for real keys, and of themselves: each with the key that it
 * means here. Collected from terminfo 6.4 and the manuals of the terminals. */
#ifndef TCPLENS_UI_KEY_SEQUENCES_H
#define TCPLENS_UI_KEY_SEQUENCES_H

#include "ui/key/key.h"

struct key_sequence {
    const char *terminal, *name, *bytes;
    uint32_t code; /* KEY_CODE_NONE: no key of ours */
};

extern const struct key_sequence KEY_SEQUENCES[];
extern const size_t key_sequence_count;

#endif
