/* utf8: UTF-8 byte by byte, as keys come in. Pure. */
#ifndef TCPLENS_UI_KEY_UTF8_H
#define TCPLENS_UI_KEY_UTF8_H

#include <stdint.h>

struct key_utf8_reader {
    uint32_t code, least; /* so far; the smallest valid one of this length */
    unsigned more;        /* bytes still expected, 0: no sequence begun */
};

enum key_utf8_result {
    KEY_UTF8_MORE,
    KEY_UTF8_DONE, /* code is the character, 0 if invalid */
    KEY_UTF8_BAD   /* the byte does not continue it; the sequence is dropped */
};

enum key_utf8_result key_utf8_begin(struct key_utf8_reader *reader, unsigned char lead);
enum key_utf8_result key_utf8_take(struct key_utf8_reader *reader, unsigned char byte);

#endif
