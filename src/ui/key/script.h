/* script: keys as people write them: "jj<Enter>", "<F9>", "/port 443<Enter>". Names in angle
 * brackets are those of the help page (Enter Esc Tab Space Up PgDn F4), <C-x> is Ctrl-X, <lt> the
 * bracket itself; all other characters are literal. <Frame> is not a key but waits for the next
 * frame. Pure. */
#ifndef TCPLENS_UI_KEY_SCRIPT_H
#define TCPLENS_UI_KEY_SCRIPT_H

#include "ui/key/key.h"

enum key_script_step {
    KEY_SCRIPT_KEY,
    KEY_SCRIPT_FRAME, /* wait for the next frame */
    KEY_SCRIPT_END,
    KEY_SCRIPT_BAD /* no such name; *at stays on its bracket */
};

/* The step at byte *at, which moves past it. */
enum key_script_step key_script_next(const char *script, size_t *at, struct key *key);

#endif
