/* A strict reader of a small part of JSON. Whatever it does not expect ends it. Must not know keys.
 */
#include "session/format/flat.h"

#include <string.h>

#define DIGITS_MOST 18

struct reader {
    const char *at, *end;
};

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

/* Plain ASCII up to the closing quote; the opening one has been taken. */
static bool take_text(struct reader *reader, const char **text, size_t *length)
{
    *text = reader->at;
    for (; reader->at < reader->end; reader->at++) {
        unsigned char c = (unsigned char)*reader->at;
        if (c == '"') {
            *length = (size_t)(reader->at - *text);
            reader->at++;
            return true;
        }
        if (c < 0x20 || c >= 0x7f || c == '\\')
            return false;
    }
    return false;
}

static bool take_integer(struct reader *reader, int64_t *value)
{
    bool negative = take(reader, '-');
    const char *first = reader->at;
    int64_t number = 0;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        if (reader->at - first == DIGITS_MOST)
            return false; /* may not fit: the library knows */
        number = number * 10 + (*reader->at++ - '0');
    }
    size_t digits = (size_t)(reader->at - first);
    if (!digits || (digits > 1 && *first == '0'))
        return false;
    *value = negative ? -number : number;
    return true;
}

/* A whole number, or one with a few decimals. */
static bool take_number(struct reader *reader, struct flat_member *member)
{
    member->type = FLAT_INTEGER;
    member->text = reader->at;
    if (!take_integer(reader, &member->integer))
        return false;
    if (!take(reader, '.'))
        return true;
    const char *first = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    member->type = FLAT_DECIMAL;
    member->text_length = (uint32_t)(reader->at - member->text);
    return reader->at > first && member->text_length <= FLAT_DECIMAL_MAX;
}

/* A list or an object whose content nobody looks at: to its closing bracket. Only numbers and flat
 * objects of texts and numbers are ours: anything deeper is left to the library. */
static bool take_other(struct reader *reader, struct flat_member *member)
{
    int depth = 0;
    const char *text;
    size_t length;

    member->text = reader->at;
    while (reader->at < reader->end) {
        char c = *reader->at++;
        if (c == '"' && !take_text(reader, &text, &length))
            return false;
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        if (depth > 2 || (c != '"' && !strchr("[]{},:0123456789", c)))
            return false;
        if (!depth) {
            member->text_length = (uint32_t)(reader->at - member->text);
            return true;
        }
    }
    return false;
}

static bool take_value(struct reader *reader, struct flat_member *member)
{
    size_t length = 0;

    if (reader->at == reader->end)
        return false;
    switch (*reader->at) {
    case '"':
        reader->at++;
        member->type = FLAT_TEXT;
        if (!take_text(reader, &member->text, &length))
            return false;
        member->text_length = (uint32_t)length;
        return true;
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
        member->type = FLAT_OTHER;
        return take_other(reader, member);
    default:
        return take_number(reader, member);
    }
}

static bool is_key(const struct flat_member *member, const char *key, size_t length)
{
    return member->key_length == length && memcmp(member->key, key, length) == 0;
}

/* Where the key stands, or the free slot where it belongs. There are more slots than members. */
static uint8_t *find_slot(struct flat *flat, const char *key, size_t length)
{
    size_t three_quarters = length - length / 4 - (length > 0);
    uint32_t at = (uint32_t)length * 11u;

    if (length)
        at += (unsigned char)key[0] * 7u + (unsigned char)key[three_quarters] * 31u +
              (unsigned char)key[length / 2] * 5u;
    for (;; at++) {
        uint8_t *slot = &flat->slots[at % FLAT_SLOTS];
        if (!*slot || is_key(&flat->members[*slot - 1], key, length))
            return slot;
    }
}

/* A member and its place among the others. */
static bool take_member(struct reader *reader, struct flat *flat)
{
    struct flat_member *member = &flat->members[flat->count];
    size_t key_length = 0;

    if (flat->count == FLAT_MEMBERS_MAX || !take(reader, '"') ||
        !take_text(reader, &member->key, &key_length) || key_length > UINT16_MAX ||
        !take(reader, ':') || !take_value(reader, member))
        return false;
    member->key_length = (uint16_t)key_length;
    uint8_t *slot = find_slot(flat, member->key, key_length);
    if (*slot)
        return false;
    *slot = (uint8_t)++flat->count;
    return true;
}

bool flat_parse(struct flat *flat, const char *text, size_t length)
{
    struct reader reader = {text, text + length};

    flat->count = 0;
    flat->asked = NULL;
    memset(flat->slots, 0, sizeof(flat->slots));
    if (!take(&reader, '{'))
        return false;
    do {
        if (!take_member(&reader, flat))
            return false;
    } while (take(&reader, ','));
    return take(&reader, '}') && reader.at == reader.end;
}

const struct flat_member *flat_find(struct flat *flat, const char *key)
{
    if (key == flat->asked)
        return flat->answer;
    uint8_t slot = *find_slot(flat, key, strlen(key));
    flat->asked = key;
    flat->answer = slot ? &flat->members[slot - 1] : NULL;
    return flat->answer;
}

bool flat_numbers(const struct flat_member *member, uint32_t *numbers, uint32_t most,
                  uint32_t *count)
{
    struct reader reader = {member->text, member->text + member->text_length};
    int64_t number;

    *count = 0;
    if (member->type != FLAT_OTHER || !take(&reader, '['))
        return false;
    if (take(&reader, ']'))
        return true;
    do {
        if (*count == most || !take_integer(&reader, &number) || number <= 0 ||
            number >= UINT32_MAX)
            return false;
        numbers[(*count)++] = (uint32_t)number;
    } while (take(&reader, ','));
    return take(&reader, ']');
}
