/* A strict reader of JSON (RFC 8259) as UTF-8. Independent of keys. */
#include "session/format/flat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at, *end;
    unsigned depth;
};

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
                                        *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word, size_t length)
{
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* --- strings --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits behind "\u". */
static bool take_unit(struct reader *reader, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = reader->at < reader->end ? hex_digit(*reader->at++) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* What follows a backslash. NUL and halves of surrogate pairs are no text. */
static bool take_escape(struct reader *reader, uint32_t *code)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t low;

    if (reader->at == reader->end)
        return false;
    char c = *reader->at++;
    if (c != 'u') {
        const char *name = memchr(names, c, sizeof(names) - 1);
        *code = name ? (unsigned char)values[name - names] : 0;
        return name != NULL;
    }
    if (!take_unit(reader, code) || *code == 0 || (*code >= 0xdc00 && *code < 0xe000))
        return false;
    if (*code < 0xd800 || *code >= 0xe000)
        return true;
    if (!take_word(reader, "\\u", 2) || !take_unit(reader, &low) || low < 0xdc00 || low >= 0xe000)
        return false;
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* The rest of a character of UTF-8 that begins with this byte. */
static bool take_utf8(struct reader *reader, unsigned char first)
{
    unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    uint32_t code = first & (0x3fu >> more);
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

    if (first < 0xc2 || first > 0xf4 || (size_t)(reader->end - reader->at) < more)
        return false;
    for (unsigned i = 0; i < more; i++) {
        unsigned char c = (unsigned char)*reader->at++;
        if ((c & 0xc0) != 0x80)
            return false;
        code = code << 6 | (c & 0x3f);
    }
    return code >= least[more] && code <= 0x10ffff && (code < 0xd800 || code >= 0xe000);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Up to the closing quote; the opening one has been taken. */
static inline __attribute__((always_inline)) bool
take_text(struct reader *reader, const char **text, uint32_t *length, bool *escaped)
{
    uint32_t code;

    *text = reader->at;
    *escaped = false;
    for (;;) {
        const char *at = reader->at, *end = reader->end;
        while (at < end && is_plain((unsigned char)*at))
            at++;
        reader->at = at;
        if (at == end)
            return false;
        unsigned char c = (unsigned char)*reader->at++;
        if (c == '"') {
            *length = (uint32_t)(reader->at - 1 - *text);
            return true;
        }
        if (c == '\\' ? !take_escape(reader, &code) : c < 0x20 || !take_utf8(reader, c))
            return false;
        *escaped = *escaped || c == '\\';
    }
}

static size_t write_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t more = code >= 0x10000 ? 3 : code >= 0x800 ? 2 : 1;
    static const unsigned char firsts[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(firsts[more] | code);
    return more + 1;
}

size_t flat_text(const struct flat_member *member, char *out, size_t size)
{
    struct reader reader = {member->text, member->text + member->text_length, 0};
    size_t used = 0;

    while (reader.at < reader.end && used + 1 < size) {
        uint32_t code = 0;
        char character[4];
        if (*reader.at != '\\') {
            out[used++] = *reader.at++;
            continue;
        }
        reader.at++;
        if (!take_escape(&reader, &code))
            break;
        size_t length = write_utf8(character, code);
        if (used + length + 1 > size)
            break;
        memcpy(out + used, character, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}

/* --- numbers --- */

static size_t take_digits(struct reader *reader)
{
    const char *first = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return (size_t)(reader->at - first);
}

/* Digits to a whole number; false beyond 64 bits. */
static bool make_integer(const char *digits, size_t count, bool negative, int64_t *value)
{
    int64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        int digit = negative ? '0' - digits[i] : digits[i] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *value = number;
    return true;
}

/* The fraction and the exponent, if there are any. */
static bool take_real(struct reader *reader, bool *any)
{
    *any = false;
    if (take(reader, '.')) {
        *any = true;
        if (!take_digits(reader))
            return false;
    }
    if (!take(reader, 'e') && !take(reader, 'E'))
        return true;
    *any = true;
    if (!take(reader, '-'))
        (void)take(reader, '+');
    return take_digits(reader) > 0;
}

static bool take_number(struct reader *reader, struct flat_member *member)
{
    bool is_real, negative = take(reader, '-');
    const char *first = reader->at;
    size_t digits = take_digits(reader);

    if (!digits || (digits > 1 && *first == '0') || !take_real(reader, &is_real))
        return false;
    if (!is_real) {
        member->type = FLAT_INTEGER;
        return make_integer(first, digits, negative, &member->integer);
    }
    member->type = FLAT_REAL;
    if (reader->at == reader->end)
        return false; /* something closes what it is in: where strtod stops, too */
    member->real = strtod(first - negative, NULL);
    return isfinite(member->real);
}

/* --- values --- */

static bool take_value(struct reader *reader, struct flat_member *member);

/* One value of a list, one member of an object. */
static inline __attribute__((always_inline)) bool take_item(struct reader *reader, bool keyed,
                                                            struct flat_member *item)
{
    skip_space(reader);
    if (keyed) {
        if (!take(reader, '"') ||
            !take_text(reader, &item->key, &item->key_length, &item->key_escaped))
            return false;
        skip_space(reader);
        if (!take(reader, ':'))
            return false;
        skip_space(reader);
    }
    if (!take_value(reader, item))
        return false;
    skip_space(reader);
    return true;
}

/* A list or an object whose content is only checked. */
static bool take_nested(struct reader *reader, struct flat_member *member)
{
    bool keyed = *reader->at == '{';
    const char closing = keyed ? '}' : ']';
    struct flat_member item;

    member->type = keyed ? FLAT_OBJECT : FLAT_LIST;
    member->text = reader->at++;
    if (++reader->depth > FLAT_DEPTH_MAX)
        return false;
    skip_space(reader);
    if (!take(reader, closing)) {
        do {
            if (!take_item(reader, keyed, &item))
                return false;
        } while (take(reader, ','));
        if (!take(reader, closing))
            return false;
    }
    reader->depth--;
    member->text_length = (uint32_t)(reader->at - member->text);
    return true;
}

static bool take_value(struct reader *reader, struct flat_member *member)
{
    if (reader->at == reader->end)
        return false;
    switch (*reader->at) {
    case '"':
        reader->at++;
        member->type = FLAT_TEXT;
        return take_text(reader, &member->text, &member->text_length, &member->escaped);
    case 'n':
        member->type = FLAT_NULL;
        return take_word(reader, "null", 4);
    case 't':
        member->type = FLAT_TRUE;
        return take_word(reader, "true", 4);
    case 'f':
        member->type = FLAT_FALSE;
        return take_word(reader, "false", 5);
    case '[':
    case '{':
        return take_nested(reader, member);
    default:
        return take_number(reader, member);
    }
}

struct flat_items flat_items(const struct flat_member *member)
{
    if (member->type != FLAT_LIST && member->type != FLAT_OBJECT)
        return (struct flat_items){0};
    return (struct flat_items){.at = member->text + 1, /* behind the opening bracket */
                               .end = member->text + member->text_length,
                               .keyed = member->type == FLAT_OBJECT};
}

bool flat_next(struct flat_items *items, struct flat_member *item)
{
    struct reader reader = {items->at, items->end, 0};

    if (!take_item(&reader, items->keyed, item))
        return false;
    items->at = reader.at + 1; /* behind the comma or the closing bracket */
    return true;
}

/* --- the members of the line --- */

static bool is_key(const struct flat_member *member, const char *key, size_t length)
{
    return member->key_length == length && memcmp(member->key, key, length) == 0;
}

/* Where the key stands, or the free slot where it belongs. There are more slots than members. */
static uint8_t *find_slot(struct flat *flat, const char *key, size_t length)
{
    uint32_t at = flat_hash(key, length);

    for (;; at++) {
        uint8_t *slot = &flat->slots[at % FLAT_SLOTS];
        if (!*slot || is_key(&flat->members[*slot - 1], key, length))
            return slot;
    }
}

/* Keys are compared without escapes. */
static bool resolve_key(struct flat *flat, struct flat_member *member)
{
    const struct flat_member written = {.text = member->key, .text_length = member->key_length};
    char *out = flat->keys + flat->keys_length;

    if (!member->key_escaped)
        return true;
    if (member->key_length >= FLAT_KEYS_MAX - flat->keys_length)
        return false;
    member->key = out;
    member->key_length = (uint32_t)flat_text(&written, out, FLAT_KEYS_MAX - flat->keys_length);
    flat->keys_length += member->key_length;
    return true;
}

/* A member and its place among the others. */
static bool take_member(struct reader *reader, struct flat *flat)
{
    struct flat_member *member = &flat->members[flat->count];

    if (flat->count == FLAT_MEMBERS_MAX || !take_item(reader, true, member) ||
        !resolve_key(flat, member))
        return false;
    uint8_t *slot = find_slot(flat, member->key, member->key_length);
    if (*slot)
        flat->members[*slot - 1] = *member;
    else
        *slot = (uint8_t)++flat->count;
    return true;
}

bool flat_parse(struct flat *flat, const char *text, size_t length)
{
    struct reader reader = {text, text + length, 1};

    flat->count = flat->keys_length = 0;
    flat->last_key = NULL;
    memset(flat->slots, 0, sizeof(flat->slots));
    skip_space(&reader);
    if (!take(&reader, '{'))
        return false;
    skip_space(&reader);
    if (!take(&reader, '}')) {
        do {
            if (!take_member(&reader, flat))
                return false;
        } while (take(&reader, ','));
        if (!take(&reader, '}'))
            return false;
    }
    skip_space(&reader);
    return reader.at == reader.end;
}

const struct flat_member *flat_find(struct flat *flat, const char *key)
{
    if (key == flat->last_key)
        return flat->last;
    uint8_t slot = *find_slot(flat, key, strlen(key));
    flat->last_key = key;
    flat->last = slot ? &flat->members[slot - 1] : NULL;
    return flat->last;
}
