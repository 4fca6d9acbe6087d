/* Members of a JSON object from an untrusted file: types, ranges, words and text are checked here,
 * once. Independent of what a line means. */
#include "session/format/get.h"

#include "core/text/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_MOST 9.0e12

void get_fail(struct get *get, const char *key, const char *what)
{
    if (get->error)
        return;
    get->error = -EINVAL;
    snprintf(get->why, get->why_size, "%s: %s", key, what);
}

/* NULL if absent or null. */
static const struct flat_member *member(const struct get *get, const char *key)
{
    const struct flat_member *found = flat_find(get->flat, key);
    return found && found->type != FLAT_NULL ? found : NULL;
}

bool get_is_there(const struct get *get, const char *key)
{
    return flat_find(get->flat, key) != NULL;
}

bool get_null(const struct get *get, const char *key)
{
    const struct flat_member *found = flat_find(get->flat, key);
    return found && found->type == FLAT_NULL;
}

bool get_signed(struct get *get, const char *key, int64_t *value)
{
    const struct flat_member *found = member(get, key);
    if (!found)
        return false;
    if (found->type != FLAT_INTEGER) {
        get_fail(get, key, "not a whole number");
        return false;
    }
    *value = found->integer;
    return true;
}

bool get_number(struct get *get, const char *key, uint64_t most, uint64_t *value)
{
    int64_t number;
    if (!get_signed(get, key, &number))
        return false;
    if (number < 0 || (uint64_t)number > most) {
        get_fail(get, key, "out of range");
        return false;
    }
    /* INT64_MAX is the largest number in JSON: it stands for the kernel's infinity. */
    *value = number == INT64_MAX && most == UINT64_MAX ? UINT64_MAX : (uint64_t)number;
    return true;
}

/* Its text has *length bytes and no NUL; valid until the next call. */
static const char *get_string(struct get *get, const char *key, size_t *length)
{
    const struct flat_member *found = member(get, key);
    if (!found)
        return NULL;
    if (found->type != FLAT_TEXT) {
        get_fail(get, key, "not a text");
        return NULL;
    }
    *length = found->text_length;
    if (!found->escaped)
        return found->text;
    *length = flat_text(found, get->scratch, sizeof(get->scratch));
    return get->scratch;
}

bool get_time(struct get *get, const char *key, int64_t *wall_ns)
{
    size_t length;
    const char *text = get_string(get, key, &length);
    if (!text)
        return false;
    if (text_parse_rfc3339(text, length, wall_ns)) {
        get_fail(get, key, "not a time like 2026-11-22T12:16:31.104Z");
        return false;
    }
    return true;
}

bool get_flag(struct get *get, const char *key)
{
    const struct flat_member *found = flat_find(get->flat, key);
    return found && found->type == FLAT_TRUE;
}

static bool is_escape(const char *at, const char *end)
{
    return end - at >= 4 && at[0] == '\\' && at[1] == 'x' && isxdigit((unsigned char)at[2]) &&
           isxdigit((unsigned char)at[3]);
}

/* Text in a log that we wrote is safe already and keeps its escapes; anything else is made safe, as
 * it may come from outside. */
static void clean_again(char *out, size_t size, const char *text, size_t length)
{
    const char *end = text + length;
    size_t used = 0;

    out[0] = '\0';
    while (text < end && used + 1 < size) {
        const char *stop = text;
        while (stop < end && !is_escape(stop, end))
            stop++;
        used += text_clean(out + used, size - used, text, (size_t)(stop - text));
        if (stop == end || size - used < 5)
            break;
        memcpy(out + used, stop, 4);
        used += 4;
        out[used] = '\0';
        text = stop + 4;
    }
}

bool get_text(struct get *get, const char *key, char *text, size_t size)
{
    size_t length;
    const char *found = get_string(get, key, &length);
    if (!found)
        return false;
    clean_again(text, size, found, length < GET_TEXT_MAX ? length : GET_TEXT_MAX);
    return true;
}

bool get_state(struct get *get, const char *key, uint8_t *state)
{
    size_t length;
    const char *found = get_string(get, key, &length);
    if (!found)
        return false;
    enum tcp_state named = state_from_name(found, length);
    if (named == STATE_NONE) {
        get_fail(get, key, "not a TCP state");
        return false;
    }
    *state = (uint8_t)named;
    return true;
}

bool get_hex(struct get *get, const char *key, uint64_t *value)
{
    size_t length;
    const char *found = get_string(get, key, &length);
    if (!found)
        return false;
    char digits[17];
    bool fits = length > 0 && length < sizeof(digits);
    memcpy(digits, found, fits ? length : 0);
    digits[fits ? length : 0] = '\0';
    if (!fits || strspn(digits, "0123456789abcdefABCDEF") != length) {
        get_fail(get, key, "not a hexadecimal number");
        return false;
    }
    *value = strtoull(digits, NULL, 16);
    return true;
}

bool get_ms(struct get *get, const char *key, int64_t *ns)
{
    const struct flat_member *found = member(get, key);
    if (!found)
        return false;
    double ms = found->type == FLAT_REAL      ? found->real
                : found->type == FLAT_INTEGER ? (double)found->integer
                                              : -1;
    if (!(ms >= 0 && ms < MS_MOST)) {
        get_fail(get, key, "not a number of milliseconds");
        return false;
    }
    *ns = (int64_t)(ms * 1000 + 0.5) * 1000; /* written to the microsecond */
    return true;
}

bool get_list(struct get *get, const char *key, uint32_t *numbers, uint32_t most, uint32_t *count)
{
    const struct flat_member *list = member(get, key);
    struct flat_member item;

    *count = 0;
    if (!list)
        return false;
    bool good = list->type == FLAT_LIST;
    struct flat_items items = flat_items(list);
    while (good && flat_next(&items, &item)) {
        good = *count < most && item.type == FLAT_INTEGER && item.integer > 0 &&
               item.integer < UINT32_MAX;
        if (good)
            numbers[(*count)++] = (uint32_t)item.integer;
    }
    if (!good)
        get_fail(get, key, "not a list of processes, or too long");
    return good;
}

struct flat_items get_items(struct get *get, const char *key, enum flat_type type)
{
    const struct flat_member *found = member(get, key);

    if (found && found->type != type)
        get_fail(get, key, type == FLAT_OBJECT ? "no object" : "no list");
    return found && found->type == type ? flat_items(found) : (struct flat_items){0};
}

static void get_address(struct get *get, const char *key, uint8_t family, struct addr *addr)
{
    size_t length;
    uint8_t found_family = 0;
    struct addr parsed = {{0}};
    const char *found = get_string(get, key, &length);
    if (!found)
        return;
    if (addr_parse(found, length, &parsed, &found_family, NULL) || found_family != family)
        get_fail(get, key, "not an address of its family");
    else
        *addr = parsed;
}

bool get_tuple(struct get *get, struct tuple *tuple)
{
    struct tuple made = {0};
    uint64_t number = 0;
    size_t length;
    const char *family = get_string(get, "family", &length);
    if (!family)
        return false;
    if ((length != 4 && length != 5) || memcmp(family, "inet6", length) != 0) {
        get_fail(get, "family", "neither inet nor inet6");
        return false;
    }
    made.family = length == 5 ? FAMILY_INET6 : FAMILY_INET;
    get_address(get, "laddr", made.family, &made.local);
    get_address(get, "raddr", made.family, &made.remote);
    if (get_number(get, "lport", UINT16_MAX, &number))
        made.local_port = (uint16_t)number;
    if (get_number(get, "rport", UINT16_MAX, &number))
        made.remote_port = (uint16_t)number;
    if (get_number(get, "ifindex", UINT32_MAX, &number))
        made.scope = (uint32_t)number;
    if (get->error)
        return false;
    *tuple = made;
    return true;
}

static bool get_word(struct get *get, const struct fact *key, uint64_t *value)
{
    size_t length;
    const char *found = get_string(get, key->key, &length);
    if (!found)
        return false;
    int number = words_find(key->words, found, length);
    if (number >= 0) {
        *value = (uint64_t)number;
        return true;
    }
    get_fail(get, key->key, "no such word");
    return false;
}

void get_key(struct get *get, const struct fact *key, void *base)
{
    uint64_t value = 0;
    int64_t wall_ns = 0, number = 0;
    bool got = false;

    if (!get_is_there(get, key->key))
        return;
    if (get_null(get, key->key)) {
        fact_forget(key, base);
        return;
    }
    switch ((enum fact_form)key->form) {
    case FACT_SIGNED:
        got = get_signed(get, key->key, &number);
        if (got && (number < 0 || (uint64_t)number > fact_most(key) / 2))
            get_fail(get, key->key, "out of range");
        value = (uint64_t)number;
        break;
    case FACT_TIME:
        got = get_time(get, key->key, &wall_ns);
        value = (uint64_t)wall_ns;
        break;
    case FACT_WORD:
        got = get_word(get, key, &value);
        break;
    case FACT_FLAG:
        got = get_flag(get, key->key);
        value = 1;
        break;
    case FACT_HEX:
        got = get_hex(get, key->key, &value);
        break;
    case FACT_TEXT:
        get_text(get, key->key, (char *)base + key->offset, key->size);
        return;
    case FACT_NUMBER:
    case FACT_TICK_UP:
    case FACT_TICK_DOWN:
        got = get_number(get, key->key, key->high ? UINT64_MAX : fact_most(key), &value);
        break;
    }
    if (got && !get->error)
        fact_set(key, base, value);
}

uint32_t get_u32(struct get *get, const char *key)
{
    uint64_t value = 0;
    get_number(get, key, UINT32_MAX, &value);
    return (uint32_t)value;
}

uint64_t get_u64(struct get *get, const char *key)
{
    uint64_t value = 0;
    get_number(get, key, UINT64_MAX, &value);
    return value;
}

int64_t get_ns(struct get *get, const char *key)
{
    int64_t value = 0;
    if (get_signed(get, key, &value) && value < 0)
        get_fail(get, key, "out of range");
    return value;
}

void get_name(struct get *get, struct session_names *names, const char *key, uint64_t number)
{
    char name[4096];
    if (get_text(get, key, name, sizeof(name)) && name[0] &&
        session_learn_name(get->state, names, number, name))
        get->error = -ENOMEM;
}
