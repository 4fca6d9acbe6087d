/* sequence: tables of what terminals send. */
#include "ui/key/sequence.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define MODIFIER_CONTROL 4u
#define MODIFIER_LOCKS   (64u | 128u) /* kitty: Caps Lock, Num Lock */
#define EVENT_RELEASE    3u
#define PARAMETER_MOST   0x110000u
#define TILDE_OTHER      27u /* xterm's modifyOtherKeys: CSI 27 ; modifier ; character ~ */
#define TILDE_PASTE      200u
#define PRIVATE_FIRST    0xe000u /* kitty: keys that are not characters */
#define PRIVATE_LAST     0xf8ffu
#define REPORT_BASE      32

struct letter {
    unsigned char final;
    uint32_t code;
};

struct number {
    unsigned number;
    uint32_t code;
};

/* CSI letter, CSI 1 letter. */
static const struct letter CSI_LETTERS[] = {
    {'A', KEY_CODE_UP},   {'B', KEY_CODE_DOWN}, {'C', KEY_CODE_RIGHT},    {'D', KEY_CODE_LEFT},
    {'F', KEY_CODE_END},  {'H', KEY_CODE_HOME}, {'P', KEY_CODE_F(1)},     {'Q', KEY_CODE_F(2)},
    {'R', KEY_CODE_F(3)}, {'S', KEY_CODE_F(4)}, {'Z', KEY_CODE_BACK_TAB},
};

/* SS3 letter; p to y and their neighbours are the keypad in application mode. */
static const struct letter SS3_LETTERS[] = {
    {'A', KEY_CODE_UP},
    {'B', KEY_CODE_DOWN},
    {'C', KEY_CODE_RIGHT},
    {'D', KEY_CODE_LEFT},
    {'F', KEY_CODE_END},
    {'H', KEY_CODE_HOME},
    {'P', KEY_CODE_F(1)},
    {'Q', KEY_CODE_F(2)},
    {'R', KEY_CODE_F(3)},
    {'S', KEY_CODE_F(4)},
    {'I', KEY_CODE_TAB},
    {' ', ' '},
    {'M', KEY_CODE_ENTER},
    {'X', '='},
    {'j', '*'},
    {'k', '+'},
    {'l', ','},
    {'m', '-'},
    {'n', '.'},
    {'o', '/'},
    {'p', '0'},
    {'q', '1'},
    {'r', '2'},
    {'s', '3'},
    {'t', '4'},
    {'u', '5'},
    {'v', '6'},
    {'w', '7'},
    {'x', '8'},
    {'y', '9'},
};

/* CSI [ letter. */
static const struct letter CONSOLE_LETTERS[] = {
    {'A', KEY_CODE_F(1)}, {'B', KEY_CODE_F(2)}, {'C', KEY_CODE_F(3)},
    {'D', KEY_CODE_F(4)}, {'E', KEY_CODE_F(5)},
};

/* CSI number ~ */
static const struct number TILDES[] = {
    {1, KEY_CODE_HOME},    {2, KEY_CODE_INSERT},    {3, KEY_CODE_DELETE}, {4, KEY_CODE_END},
    {5, KEY_CODE_PAGE_UP}, {6, KEY_CODE_PAGE_DOWN}, {7, KEY_CODE_HOME},   {8, KEY_CODE_END},
    {11, KEY_CODE_F(1)},   {12, KEY_CODE_F(2)},     {13, KEY_CODE_F(3)},  {14, KEY_CODE_F(4)},
    {15, KEY_CODE_F(5)},   {17, KEY_CODE_F(6)},     {18, KEY_CODE_F(7)},  {19, KEY_CODE_F(8)},
    {20, KEY_CODE_F(9)},   {21, KEY_CODE_F(10)},    {23, KEY_CODE_F(11)}, {24, KEY_CODE_F(12)},
};

/* CSI number u, where the number is no character: kitty's keypad, and controls by their code. */
static const struct number KITTY_KEYS[] = {
    {9, KEY_CODE_TAB},
    {13, KEY_CODE_ENTER},
    {27, KEY_CODE_ESCAPE},
    {127, KEY_CODE_BACKSPACE},
    {57414, KEY_CODE_ENTER},
    {57417, KEY_CODE_LEFT},
    {57418, KEY_CODE_RIGHT},
    {57419, KEY_CODE_UP},
    {57420, KEY_CODE_DOWN},
    {57421, KEY_CODE_PAGE_UP},
    {57422, KEY_CODE_PAGE_DOWN},
    {57423, KEY_CODE_HOME},
    {57424, KEY_CODE_END},
    {57425, KEY_CODE_INSERT},
    {57426, KEY_CODE_DELETE},
    {57399, '0'},
    {57400, '1'},
    {57401, '2'},
    {57402, '3'},
    {57403, '4'},
    {57404, '5'},
    {57405, '6'},
    {57406, '7'},
    {57407, '8'},
    {57408, '9'},
    {57409, '.'},
    {57410, '/'},
    {57411, '*'},
    {57412, '-'},
    {57413, '+'},
};

static const struct letter CONTROLS[] = {
    {'\n', KEY_CODE_ENTER}, {'\b', KEY_CODE_BACKSPACE}, {127, KEY_CODE_BACKSPACE}};

/* Buttons of both forms of mouse reports, without modifiers. */
static const struct number BUTTONS[] = {{0, KEY_CODE_MOUSE_PRESS},
                                        {2, KEY_CODE_MOUSE_RIGHT},
                                        {64, KEY_CODE_WHEEL_UP},
                                        {65, KEY_CODE_WHEEL_DOWN}};

static uint32_t find_letter(const struct letter *table, size_t count, unsigned char final)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].final == final)
            return table[i].code;
    return KEY_CODE_NONE;
}

static uint32_t find_number(const struct number *table, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].code;
    return KEY_CODE_NONE;
}

/* One parameter with what follows it after colons, of which the first is the event of the second
 * parameter. */
static size_t read_parameter(struct key_csi *csi, const unsigned char *text, size_t length)
{
    unsigned values[2] = {0, 0};
    size_t at = 0, value = 0;
    for (; at < length && text[at] != ';' && text[at] >= '0' && text[at] <= ';'; at++) {
        if (text[at] == ':')
            value++;
        else if (value < 2)
            values[value] = values[value] * 10 + (unsigned)(text[at] - '0');
        if (value < 2 && values[value] > PARAMETER_MOST)
            values[value] = PARAMETER_MOST;
    }
    if (csi->count == 1)
        csi->event = values[1];
    if (csi->count < KEY_CSI_PARAMETERS)
        csi->parameters[csi->count] = values[0];
    csi->count++;
    return at;
}

bool key_csi_parse(struct key_csi *csi, const unsigned char *text, size_t length, char final)
{
    size_t at = 0;
    *csi = (struct key_csi){.final = final};
    if (at < length && text[at] >= '<' && text[at] <= '?')
        csi->marker = (char)text[at++];
    while (at < length && text[at] >= '0' && text[at] <= ';') {
        at += read_parameter(csi, text + at, length - at);
        at += at < length && text[at] == ';';
    }
    for (; at < length && text[at] >= 0x20 && text[at] <= 0x2f; at++)
        csi->intermediate = (char)text[at];
    return at == length && csi->count <= KEY_CSI_PARAMETERS;
}

static unsigned modifiers_of(const struct key_csi *csi, size_t at)
{
    const unsigned value = csi->count > at ? csi->parameters[at] : 0;
    return value > 0 ? (value - 1) & ~MODIFIER_LOCKS : 0;
}

/* A character with its modifiers, as a key. */
static uint32_t key_of_character(unsigned character, unsigned modifiers)
{
    const bool letter = character >= 'a' && character <= 'z';
    if (modifiers == MODIFIER_CONTROL && letter && !strchr("himj", (int)character))
        return KEY_CODE_CONTROL(character - 'a' + 'A');
    if (modifiers == 1 && character == KEY_CODE_TAB)
        return KEY_CODE_BACK_TAB;
    if (modifiers != 0)
        return KEY_CODE_NONE;
    const uint32_t named = find_number(KITTY_KEYS, COUNT(KITTY_KEYS), character);
    if (named != KEY_CODE_NONE)
        return named;
    const bool text = character >= ' ' && character < KEY_CODE_NAMED &&
                      (character < 0x7f || character > 0x9f) &&
                      (character < PRIVATE_FIRST || character > PRIVATE_LAST) &&
                      (character < 0xd800 || character > 0xdfff);
    return text ? character : KEY_CODE_NONE;
}

static uint32_t key_of_tilde(const struct key_csi *csi)
{
    if (csi->parameters[0] == TILDE_OTHER && csi->count == 3)
        return key_of_character(csi->parameters[2], modifiers_of(csi, 1));
    if (modifiers_of(csi, 1) != 0)
        return KEY_CODE_NONE;
    return find_number(TILDES, COUNT(TILDES), csi->parameters[0]);
}

static uint32_t key_of_letter(const struct key_csi *csi)
{
    if (csi->parameters[0] > 1 || csi->count > 2 || modifiers_of(csi, 1) != 0)
        return KEY_CODE_NONE;
    return find_letter(CSI_LETTERS, COUNT(CSI_LETTERS), (unsigned char)csi->final);
}

/* CSI < button ; column ; row M, or m when released. */
static void key_of_mouse(const struct key_csi *csi, struct key *key)
{
    if (csi->final != 'M' || csi->count != 3 || csi->parameters[1] == 0 || csi->parameters[2] == 0)
        return;
    key->code = find_number(BUTTONS, COUNT(BUTTONS), csi->parameters[0]);
    key->row = (int)csi->parameters[2] - 1;
    key->col = (int)csi->parameters[1] - 1;
}

void key_of_report(const unsigned char report[3], struct key *key)
{
    *key = (struct key){.code = KEY_CODE_NONE};
    if (report[0] < REPORT_BASE || report[1] <= REPORT_BASE || report[2] <= REPORT_BASE)
        return;
    key->code = find_number(BUTTONS, COUNT(BUTTONS), report[0] - REPORT_BASE);
    key->row = report[2] - REPORT_BASE - 1;
    key->col = report[1] - REPORT_BASE - 1;
}

void key_of_csi(const struct key_csi *csi, struct key *key)
{
    *key = (struct key){.code = KEY_CODE_NONE};
    if (csi->marker == '<' && !csi->intermediate)
        key_of_mouse(csi, key);
    if (csi->marker || csi->intermediate || csi->event == EVENT_RELEASE)
        return;
    if (csi->final == '~')
        key->code = key_of_tilde(csi);
    else if (csi->final == 'u')
        key->code = key_of_character(csi->parameters[0], modifiers_of(csi, 1));
    else
        key->code = key_of_letter(csi);
}

bool key_csi_begins_paste(const struct key_csi *csi)
{
    return !csi->marker && !csi->intermediate && csi->final == '~' && csi->count == 1 &&
           csi->parameters[0] == TILDE_PASTE;
}

uint32_t key_of_ss3(unsigned char final)
{
    return find_letter(SS3_LETTERS, COUNT(SS3_LETTERS), final);
}

uint32_t key_of_console(unsigned char last)
{
    return find_letter(CONSOLE_LETTERS, COUNT(CONSOLE_LETTERS), last);
}

uint32_t key_of_control(unsigned char byte)
{
    const uint32_t code = find_letter(CONTROLS, COUNT(CONTROLS), byte);
    return code != KEY_CODE_NONE ? code : byte;
}
