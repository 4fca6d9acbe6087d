/* The keys of a terminal: its bytes read without waiting, and decoded. */
#ifndef TCPLENS_UI_TERM_KEYS_H
#define TCPLENS_UI_TERM_KEYS_H

#include "ui/key/decode.h"

#define TERM_BYTES_MAX 256 /* read at once */

struct term_keys {
    struct key_decoder decoder;
    unsigned char bytes[TERM_BYTES_MAX];
    size_t count, at;
    int64_t read_ns; /* when they were read */
};

/* terminfo's names of what a terminal sends; most of it is known without (key/sequence.c). */
struct term_key_name {
    const char *capability;
    uint32_t code;
};

extern const struct term_key_name TERM_KEYS[];
extern const size_t term_key_count;

/* False: no key (more) now. */
bool term_keys_next(struct term_keys *keys, int descriptor, struct key *key);

#endif
