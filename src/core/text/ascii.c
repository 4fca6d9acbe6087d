/* ASCII replacements of similar characters. */
#include "core/text/text.h"

struct ascii_form {
    uint32_t first, last;
    char form;
};

static const struct ascii_form ASCII_FORMS[] = {
    {0x2500, 0x2501, '-'}, /* lines of boxes */
    {0x2502, 0x2503, '|'}, {0x250c, 0x254b, '+'}, {0x2550, 0x2550, '='}, {0x2551, 0x2551, '|'},
    {0x2552, 0x2570, '+'}, {0x250a, 0x250a, ':'}, {0x2581, 0x2581, '_'}, /* lower blocks */
    {0x2582, 0x2582, '.'}, {0x2583, 0x2583, ':'}, {0x2584, 0x2584, '-'}, {0x2585, 0x2585, '='},
    {0x2586, 0x2586, '+'}, {0x2587, 0x2587, '*'}, {0x2588, 0x2588, '#'}, {0x2591, 0x2591, '.'},
    {0x2592, 0x2592, ':'}, {0x2593, 0x2593, '='}, {0x2589, 0x258b, '*'}, /* left blocks */
    {0x258c, 0x258d, '='}, {0x258e, 0x258f, '-'}, {0x25b2, 0x25b4, '^'}, {0x25b6, 0x25b8, '>'},
    {0x25bc, 0x25be, 'v'}, {0x25c0, 0x25c2, '<'}, {0x25cf, 0x25cf, '*'}, {0x2190, 0x2190, '<'},
    {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'}, {0x2013, 0x2014, '-'},
    {0x00b1, 0x00b1, '+'}, {0x2039, 0x2039, '<'}, {0x203a, 0x203a, '>'}, {0x2026, 0x2026, '~'},
    {0x00b7, 0x00b7, '.'}, {0x221e, 0x221e, '-'}, {0x23ce, 0x23ce, '<'}, {0x23f8, 0x23f8, '='},
};

char text_ascii_form(uint32_t code)
{
    if (code < 0x80)
        return (char)code;
    for (size_t i = 0; i < sizeof(ASCII_FORMS) / sizeof(ASCII_FORMS[0]); i++)
        if (code >= ASCII_FORMS[i].first && code <= ASCII_FORMS[i].last)
            return ASCII_FORMS[i].form;
    return '?';
}

size_t text_make_ascii(char *text, size_t length)
{
    size_t kept = 0;

    for (size_t at = 0; at < length;) {
        uint32_t code;
        unsigned cells;
        if ((unsigned char)text[at] < 0x80) {
            text[kept++] = text[at++];
            continue;
        }
        at += text_next(text + at, &code, &cells);
        for (unsigned i = 0; i < cells; i++)
            text[kept++] = text_ascii_form(code);
    }
    text[kept] = '\0';
    return kept;
}
