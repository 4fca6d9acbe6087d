/* script: keys as people write them: "jj<Enter>", "<F9>", "/port 443<Enter>". A name in angle
 * brackets is that of the help page (Enter Esc Tab Space Up PgDn F4), <C-x> is Ctrl and x, <lt> the
 * bracket itself; all else stands for itself. <Frame> is no key but the next frame. Pure. */
#ifndef TCPLENS_UI_KEY_SCRIPT_H
#define TCPLENS_UI_KEY_SCRIPT_H

#include "ui/key/key.h"

enum key_script_step {
    KEY_SCRIPT_KEY,
    KEY_SCRIPT_FRAME, /* wait for the next frame */
    KEY_SCRIPT_END,
    KEY_SCRIPT_BAD /* no such name; *at stays on its bracket */
};

/* The step at byte *at, which then is behind it. */
enum key_script_step key_script_next(const char *script, size_t *at, struct key *key);

#endif
