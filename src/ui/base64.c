/* base64: bytes as letters. */
#include "ui/base64.h"

#include <stdint.h>

size_t base64_encode(char *out, const unsigned char *bytes, size_t length)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t three = (uint32_t)bytes[i] << 16;
        three |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= left > 2 ? bytes[i + 2] : 0;
        for (unsigned n = 0; n < 4; n++)
            out[at++] = n <= left ? DIGITS[three >> (18 - 6 * n) & 63] : '=';
    }
    return at;
}
