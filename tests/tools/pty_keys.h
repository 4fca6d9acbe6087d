/* pty_keys: key names to libvterm keys and mouse reports. Private to pty_screen. */
#ifndef TCPLENS_TOOLS_PTY_KEYS_H
#define TCPLENS_TOOLS_PTY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <vterm.h>

enum pty_mouse_button {
    PTY_MOUSE_LEFT = 0,
    PTY_MOUSE_RIGHT = 2,
    PTY_MOUSE_WHEEL_UP = 64,
    PTY_MOUSE_WHEEL_DOWN = 65
};

/* Writes an SGR mouse report (press, and release unless it is the wheel); returns its length. */
size_t pty_mouse_report(enum pty_mouse_button button, int row, int col, char *report, size_t size);

/* Sends the key that stands between < and >. Bytes leave through the terminal's output callback, or
 * through send. False when there is no such key. */
bool pty_keys_send_named(VTerm *terminal, const char *name, size_t length,
                         void (*send)(const char *bytes, size_t size, void *user), void *user);

#endif
