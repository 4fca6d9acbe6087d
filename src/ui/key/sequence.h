/* sequence: the meaning of complete sequences: tables of the common keys as sent by xterm, VTE,
 * PuTTY, rxvt, the Linux console, screen, tmux and kitty. With a modifier they are not keys of
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
    unsigned event; /* kitty: 1 press, 2 repeat, 3 release; 0 = not sent */
    size_t count;
};

/* text: everything between CSI and the final byte. False: not a sequence of a key. */
bool key_csi_parse(struct key_csi *csi, const unsigned char *text, size_t length, char final);
/* KEY_CODE_NONE: no key of ours. */
void key_of_csi(const struct key_csi *csi, struct key *key);
uint32_t key_of_ss3(unsigned char final);
uint32_t key_of_console(unsigned char last); /* CSI [ last */
uint32_t key_of_control(unsigned char byte);
/* The three bytes of an old mouse report. */
void key_of_report(const unsigned char report[3], struct key *key);

bool key_csi_begins_paste(const struct key_csi *csi);

#endif
