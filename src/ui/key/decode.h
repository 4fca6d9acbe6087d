/* decode: the bytes of a terminal as keys. A state machine over the grammar of what terminals send
 * (ECMA-48: CSI and SS3 sequences, strings; UTF-8; bracketed paste; mouse reports): a sequence that
 * is not a key of ours is ignored as a whole, wherever reads split it. Pure: time is passed in. */
#ifndef TCPLENS_UI_KEY_DECODE_H
#define TCPLENS_UI_KEY_DECODE_H

#include "ui/key/key.h"
#include "ui/key/learned.h"
#include "ui/key/utf8.h"

#define KEY_READY_MAX 16

enum key_state {
    KEY_STATE_GROUND,
    KEY_STATE_ESCAPE,  /* ESC, or ESC ESC: a key, Alt with the next one, or a sequence */
    KEY_STATE_LATE,    /* [ or O soon after ESC became a key: a sequence split there, or a key */
    KEY_STATE_LEARNED, /* the beginning of a learned sequence outside the grammar */
    KEY_STATE_CSI,
    KEY_STATE_CONSOLE, /* CSI [ and one more: F1 to F5 of the Linux console */
    KEY_STATE_REPORT,  /* CSI M and three more: an old mouse report */
    KEY_STATE_SS3,
    KEY_STATE_STRING,     /* DCS, OSC, SOS, PM, APC up to ST or BEL */
    KEY_STATE_TERMINATOR, /* ESC in it: half of ST */
    KEY_STATE_UTF8,
    KEY_STATE_PASTE,
    KEY_STATE_PASTED, /* bytes right after a paste are not keys either */
    KEY_STATE_COUNT
};

enum key_background { KEY_BACKGROUND_UNKNOWN, KEY_BACKGROUND_DARK, KEY_BACKGROUND_LIGHT };

struct key_decoder {
    enum key_state state;
    unsigned char sequence[KEY_SEQUENCE_MAX];
    size_t length; /* of the sequence so far; may exceed the buffer */
    bool alt;      /* it began with ESC ESC */
    int64_t since_ns, late_until_ns;
    struct key_utf8_reader utf8;
    size_t marker;   /* bytes of a paste's end, or of the next one's begin, seen so far */
    bool any, blank; /* of the paste: text was given; blanks are due before more */
    struct key ready[KEY_READY_MAX];
    size_t ready_count, ready_at;
    struct key_learned learned;
    enum key_background background; /* from the terminal's report (OSC 11), which is never a key */
};

void key_decoder_init(struct key_decoder *decoder);
/* Adds the sequence of this terminal for a key (terminfo), which overrides the tables. NULL, "",
 * plain text and too long sequences are ignored. */
void key_decoder_learn(struct key_decoder *decoder, const char *sequence, uint32_t code);

/* Takes a byte that was read at now_ns (monotonic; the same for all bytes of one read: a character
 * read together with ESC has Alt); to be followed by key_decoder_next until that is false. */
void key_decoder_feed(struct key_decoder *decoder, unsigned char byte, int64_t now_ns);
bool key_decoder_next(struct key_decoder *decoder, struct key *key);

/* To be called when nothing more can be read: after some time an incomplete sequence becomes a key
 * (a lone ESC) or is dropped. Followed by key_decoder_next as well. */
void key_decoder_expire(struct key_decoder *decoder, int64_t now_ns);
/* When to call it, INT64_MAX if nothing is incomplete. */
int64_t key_decoder_deadline_ns(const struct key_decoder *decoder);

#endif
