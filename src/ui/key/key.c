/* key: names of keys. Pure; independent of curses. */
#include "ui/key/key.h"

#include <stdio.h>
#include <string.h>

struct key_label {
    uint32_t code;
    const char *name, *ascii;
};

static const struct key_label KEY_LABELS[] = {
    {KEY_CODE_TAB, "Tab", "Tab"},
    {KEY_CODE_ENTER, "⏎", "Enter"},
    {KEY_CODE_ESCAPE, "Esc", "Esc"},
    {' ', "Space", "Space"},
    {KEY_CODE_UP, "↑", "Up"},
    {KEY_CODE_DOWN, "↓", "Down"},
    {KEY_CODE_LEFT, "←", "Left"},
    {KEY_CODE_RIGHT, "→", "Right"},
    {KEY_CODE_HOME, "Home", "Home"},
    {KEY_CODE_END, "End", "End"},
    {KEY_CODE_PAGE_UP, "PgUp", "PgUp"},
    {KEY_CODE_PAGE_DOWN, "PgDn", "PgDn"},
    {KEY_CODE_INSERT, "Ins", "Ins"},
    {KEY_CODE_DELETE, "Del", "Del"},
    {KEY_CODE_BACKSPACE, "Backspace", "Backspace"},
    {KEY_CODE_BACK_TAB, "Shift-Tab", "Shift-Tab"},
};

bool key_is_mouse(const struct key *key)
{
    return key->code >= KEY_CODE_MOUSE_PRESS && key->code <= KEY_CODE_WHEEL_DOWN;
}

static size_t encode(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char LEADS[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(LEADS[length] | code);
    return length;
}

size_t key_utf8(char out[5], uint32_t code)
{
    size_t length = code < KEY_CODE_NAMED ? encode(out, code) : 0;
    out[length] = '\0';
    return length;
}

size_t key_text(char *out, size_t size, uint32_t code, bool ascii)
{
    int length = 0;
    for (size_t i = 0; i < sizeof(KEY_LABELS) / sizeof(KEY_LABELS[0]); i++) {
        if (KEY_LABELS[i].code == code) {
            length = snprintf(out, size, "%s", ascii ? KEY_LABELS[i].ascii : KEY_LABELS[i].name);
            return (size_t)length;
        }
    }
    char text[5];
    if (code >= KEY_CODE_F1 && code <= KEY_CODE_F12)
        length = snprintf(out, size, "F%u", (unsigned)(code - KEY_CODE_F1 + 1));
    else if (code < 32)
        length = snprintf(out, size, "^%c", (char)(code + 64));
    else if (key_utf8(text, code) > 0)
        length = snprintf(out, size, "%s", text);
    return (size_t)length;
}
