/* pty_keys: the names of keys. Must not know the pty. */
#include "pty_keys.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    VTermKey key;
    VTermModifier modifier;
} KEYS[] = {
    {"Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE},   {"Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE},
    {"Tab", VTERM_KEY_TAB, VTERM_MOD_NONE},       {"S-Tab", VTERM_KEY_TAB, VTERM_MOD_SHIFT},
    {"BS", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE},  {"Del", VTERM_KEY_DEL, VTERM_MOD_NONE},
    {"Ins", VTERM_KEY_INS, VTERM_MOD_NONE},       {"Up", VTERM_KEY_UP, VTERM_MOD_NONE},
    {"Down", VTERM_KEY_DOWN, VTERM_MOD_NONE},     {"Left", VTERM_KEY_LEFT, VTERM_MOD_NONE},
    {"Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE},   {"Home", VTERM_KEY_HOME, VTERM_MOD_NONE},
    {"End", VTERM_KEY_END, VTERM_MOD_NONE},       {"PgUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE},
    {"PgDn", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE},
};

static const struct {
    const char *name;
    enum pty_mouse_button button;
} BUTTONS[] = {
    {"Click", PTY_MOUSE_LEFT},
    {"RightClick", PTY_MOUSE_RIGHT},
    {"WheelUp", PTY_MOUSE_WHEEL_UP},
    {"WheelDown", PTY_MOUSE_WHEEL_DOWN},
};

size_t pty_mouse_report(enum pty_mouse_button button, int row, int col, char *report, size_t size)
{
    bool wheel = button == PTY_MOUSE_WHEEL_UP || button == PTY_MOUSE_WHEEL_DOWN;
    int length = snprintf(report, size, "\x1b[<%d;%d;%dM", (int)button, col + 1, row + 1);
    if (!wheel)
        length += snprintf(report + length, size - (size_t)length, "\x1b[<%d;%d;%dm", (int)button,
                           col + 1, row + 1);
    return (size_t)length;
}

typedef void send_function(const char *bytes, size_t size, void *user);

static bool send_mouse(const char *name, send_function *send, void *user)
{
    char report[64];
    const char *colon = strchr(name, ':');
    int row, col;
    if (!colon || sscanf(colon + 1, "%d,%d", &row, &col) != 2)
        return false;
    for (size_t i = 0; i < sizeof(BUTTONS) / sizeof(BUTTONS[0]); i++) {
        size_t length = strlen(BUTTONS[i].name);
        if (length == (size_t)(colon - name) && memcmp(name, BUTTONS[i].name, length) == 0) {
            send(report, pty_mouse_report(BUTTONS[i].button, row, col, report, sizeof(report)),
                 user);
            return true;
        }
    }
    return false;
}

static bool send_plain(const char *name, send_function *send, void *user)
{
    if (strcmp(name, "Space") == 0 || strcmp(name, "lt") == 0) {
        send(name[0] == 'S' ? " " : "<", 1, user);
        return true;
    }
    if (strlen(name) != 3 || name[1] != '-')
        return false;
    char control = (char)(name[2] & 0x1f);
    char meta[2] = {'\x1b', name[2]};
    if (name[0] == 'C')
        send(&control, 1, user);
    else if (name[0] == 'M')
        send(meta, 2, user);
    return name[0] == 'C' || name[0] == 'M';
}

bool pty_keys_send_named(VTerm *terminal, const char *name, size_t length, send_function *send,
                         void *user)
{
    char word[32];
    int number;
    if (length == 0 || length >= sizeof(word))
        return false;
    memcpy(word, name, length);
    word[length] = '\0';
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++)
        if (strcmp(word, KEYS[i].name) == 0) {
            vterm_keyboard_key(terminal, KEYS[i].key, KEYS[i].modifier);
            return true;
        }
    if (sscanf(word, "F%d", &number) == 1 && number >= 1 && number <= 12) {
        vterm_keyboard_key(terminal, (VTermKey)VTERM_KEY_FUNCTION(number), VTERM_MOD_NONE);
        return true;
    }
    return send_plain(word, send, user) || send_mouse(word, send, user);
}
