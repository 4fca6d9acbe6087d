/* base64 (RFC 4648), for the clipboard. */
#ifndef TCPLENS_UI_BASE64_H
#define TCPLENS_UI_BASE64_H

#include <stddef.h>

/* Writes (length + 2) / 3 * 4 characters, no NUL, and returns how many. */
size_t base64_encode(char *out, const unsigned char *bytes, size_t length);

#endif
