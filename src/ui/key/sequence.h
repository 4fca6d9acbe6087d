/* sequence: what complete sequences mean: tables of the common keys as xterm, VTE, PuTTY, rxvt,
 * the Linux console, screen, tmux and kitty send them, plain; with a modifier they are no keys of
 * ours. Pure. */
#ifndef TCPLENS_UI_KEY_SEQUENCE_H
#define TCPLENS_UI_KEY_SEQUENCE_H

#include "ui/key/key.h"

#define KEY_CSI_PARAMETERS 4

struct key_csi {
    char marker;       /* < = > ? before the parameters, or 0 */
    char intermediate; /* the last of them, or 0 */
    char final;
    unsigned parameters[KEY_CSI_PARAMETERS];
    unsigned event; /* kitty: 1 press, 2 repeat, 3 release; 0 is not said */
    size_t count;
};

/* text: all between CSI and the final byte. False: it is none that a key sends. */
bool key_csi_parse(struct key_csi *csi, const unsigned char *text, size_t length, char final);
/* KEY_CODE_NONE: no key of ours. */
void key_of_csi(const struct key_csi *csi, struct key *key);
uint32_t key_of_ss3(unsigned char final);
uint32_t key_of_console(unsigned char last); /* CSI [ last */
uint32_t key_of_control(unsigned char byte);
/* The three bytes of a mouse report of old. */
void key_of_report(const unsigned char report[3], struct key *key);

bool key_csi_begins_paste(const struct key_csi *csi);

#endif
