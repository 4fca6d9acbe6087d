/* script: names of keys to keys. */
#include "ui/key/script.h"

#include "ui/key/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES 15

static const struct {
    const char *name;
    uint32_t code;
} NAMES[] = {
    {"Enter", KEY_CODE_ENTER},
    {"Esc", KEY_CODE_ESCAPE},
    {"Tab", KEY_CODE_TAB},
    {"S-Tab", KEY_CODE_BACK_TAB},
    {"BS", KEY_CODE_BACKSPACE},
    {"Del", KEY_CODE_DELETE},
    {"Ins", KEY_CODE_INSERT},
    {"Space", ' '},
    {"lt", '<'},
    {"Up", KEY_CODE_UP},
    {"Down", KEY_CODE_DOWN},
    {"Left", KEY_CODE_LEFT},
    {"Right", KEY_CODE_RIGHT},
    {"Home", KEY_CODE_HOME},
    {"End", KEY_CODE_END},
    {"PgUp", KEY_CODE_PAGE_UP},
    {"PgDn", KEY_CODE_PAGE_DOWN},
};

static uint32_t code_of(const char *name)
{
    unsigned number;
    char rest;

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcasecmp(NAMES[i].name, name) == 0)
            return NAMES[i].code;
    if (sscanf(name, "F%u%c", &number, &rest) == 1 && number >= 1 && number <= 12)
        return KEY_CODE_F(number);
    if (strlen(name) == 3 && strncasecmp(name, "C-", 2) == 0)
        return (uint32_t)(name[2] & 0x1f);
    return KEY_CODE_NONE;
}

static enum key_script_step named(const char *script, size_t *at, struct key *key)
{
    const char *begin = script + *at + 1, *end = strchr(begin, '>');
    char name[NAME_MAX_BYTES + 1];

    if (!end || end == begin || end - begin > NAME_MAX_BYTES)
        return KEY_SCRIPT_BAD;
    snprintf(name, sizeof name, "%.*s", (int)(end - begin), begin);
    const bool frame = strcasecmp(name, "Frame") == 0;
    key->code = frame ? KEY_CODE_NONE : code_of(name);
    if (!frame && key->code == KEY_CODE_NONE)
        return KEY_SCRIPT_BAD;
    *at = (size_t)(end + 1 - script);
    return frame ? KEY_SCRIPT_FRAME : KEY_SCRIPT_KEY;
}

static enum key_script_step character(const char *script, size_t *at, struct key *key)
{
    struct key_utf8_reader reader;
    enum key_utf8_result result = key_utf8_begin(&reader, (unsigned char)script[(*at)++]);

    while (result == KEY_UTF8_MORE && script[*at])
        result = key_utf8_take(&reader, (unsigned char)script[(*at)++]);
    key->code = reader.code;
    return result == KEY_UTF8_DONE && reader.code ? KEY_SCRIPT_KEY : KEY_SCRIPT_BAD;
}

enum key_script_step key_script_next(const char *script, size_t *at, struct key *key)
{
    *key = (struct key){.code = KEY_CODE_NONE};
    if (!script[*at])
        return KEY_SCRIPT_END;
    if (script[*at] == '<')
        return named(script, at, key);
    if ((unsigned char)script[*at] >= 0x80)
        return character(script, at, key);
    key->code = (unsigned char)script[(*at)++];
    return KEY_SCRIPT_KEY;
}
