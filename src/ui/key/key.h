/* A key or a mouse event as the screen sees it, and the names keys have in help and footer. Pure:
 * key/decode.c decodes into it. */
#ifndef TCPLENS_UI_KEY_KEY_H
#define TCPLENS_UI_KEY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Codes below KEY_CODE_NAMED are Unicode code points; controls keep their ASCII value, so that
 * Ctrl-L is KEY_CODE_CONTROL('L'). */
#define KEY_CODE_CONTROL(letter) ((uint32_t)(letter)-64u)

#define KEY_CODE_F(n) ((uint32_t)KEY_CODE_F1 + (uint32_t)(n)-1u)

enum key_code {
    KEY_CODE_NONE = 0,
    KEY_CODE_TAB = 9,
    KEY_CODE_ENTER = 13,
    KEY_CODE_ESCAPE = 27,
    KEY_CODE_NAMED = 0x110000,
    KEY_CODE_UP,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_INSERT,
    KEY_CODE_DELETE,
    KEY_CODE_BACKSPACE,
    KEY_CODE_BACK_TAB,
    KEY_CODE_F1,
    KEY_CODE_F12 = KEY_CODE_F1 + 11,
    KEY_CODE_MOUSE_PRESS, /* left button, with row and col of the screen */
    KEY_CODE_MOUSE_RIGHT,
    KEY_CODE_WHEEL_UP,
    KEY_CODE_WHEEL_DOWN
};

struct key {
    uint32_t code;
    int row, col; /* mouse only */
    bool twice;   /* mouse: a press soon after another one at the same place */
    bool pasted;  /* text for a prompt, never a command; line breaks and tabs are blanks */
};

bool key_is_mouse(const struct key *key);
/* The character of a key as UTF-8; returns its length, 0 for a named key. */
size_t key_utf8(char out[5], uint32_t code);
/* A key's name for people: "F9", "PgUp", "^L", "Space", "q". ascii: no UTF-8 in it. */
size_t key_text(char *out, size_t size, uint32_t code, bool ascii);

#endif
