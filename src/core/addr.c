/* Addresses, ports and the 4-tuple: compared, printed, parsed. Names of interfaces and ports are
 * passed in. */
#include "core/addr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { INET_BYTES = 4, INET6_BYTES = 16, INET6_GROUPS = 8, INET6_TEXT = 40, INTERFACE_MAX = 16 };

static const uint8_t MAPPED_PREFIX[12] = {[10] = 0xff, [11] = 0xff};

bool tuple_equal(const struct tuple *a, const struct tuple *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* Mixing step of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t tuple_hash(const struct tuple *tuple)
{
    _Static_assert(sizeof(struct tuple) == 44, "tuples are hashed as 5 words and a half");
    const unsigned char *bytes = (const unsigned char *)tuple;
    uint64_t hash = 0x9e3779b97f4a7c15u;
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= sizeof(*tuple); i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof(word));
        hash = mix(hash ^ word) + 0x9e3779b97f4a7c15u;
    }
    uint32_t rest;
    memcpy(&rest, bytes + i, sizeof(rest));
    return mix(hash ^ rest);
}

bool addr_is_zero(const struct addr *addr)
{
    static const struct addr zero;
    return memcmp(addr, &zero, sizeof(zero)) == 0;
}

bool addr_is_mapped(const struct addr *addr, uint8_t family)
{
    return family == FAMILY_INET6 && memcmp(addr->bytes, MAPPED_PREFIX, sizeof(MAPPED_PREFIX)) == 0;
}

bool addr_is_link_local(const struct addr *addr, uint8_t family)
{
    return family == FAMILY_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool addr_is_private(const struct addr *addr, uint8_t family)
{
    const uint8_t *b = addr->bytes;

    if (addr_is_mapped(addr, family))
        b += sizeof(MAPPED_PREFIX);
    else if (family == FAMILY_INET6)
        return (b[0] & 0xfe) == 0xfc || addr_is_link_local(addr, family);
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254);
}

bool addr_is_loopback(const struct addr *addr, uint8_t family)
{
    static const struct addr loopback6 = {.bytes = {[15] = 1}};
    if (family == FAMILY_INET)
        return addr->bytes[0] == 127;
    if (addr_is_mapped(addr, family))
        return addr->bytes[12] == 127;
    return memcmp(addr, &loopback6, sizeof(loopback6)) == 0;
}

/* A bounded output: what does not fit is dropped. */
struct writer {
    char *at, *end; /* `end` is kept for the NUL */
};

static void put_char(struct writer *writer, char c)
{
    if (writer->at < writer->end)
        *writer->at++ = c;
}

static void put_text(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++)
        put_char(writer, *text);
}

static void put_decimal(struct writer *writer, unsigned value)
{
    char digits[10];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = start; i < sizeof(digits); i++)
        put_char(writer, digits[i]);
}

static void put_bytes(struct writer *writer, const char *bytes, size_t length)
{
    const size_t room = (size_t)(writer->end - writer->at);
    if (length > room)
        length = room;
    memcpy(writer->at, bytes, length);
    writer->at += length;
}

/* These write without bounds checks: 15 and 39 bytes at most. They format the addresses of up to
 * 200,000 rows, for lists and searches. */
static char *write_inet(char *out, const uint8_t *bytes)
{
    for (unsigned i = 0; i < INET_BYTES; i++) {
        const unsigned value = bytes[i];
        if (i != 0)
            *out++ = '.';
        if (value >= 100)
            *out++ = (char)('0' + value / 100);
        if (value >= 10)
            *out++ = (char)('0' + value / 10 % 10);
        *out++ = (char)('0' + value % 10);
    }
    return out;
}

static char *write_hex(char *out, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    if (group >= 0x1000)
        *out++ = digits[group >> 12];
    if (group >= 0x100)
        *out++ = digits[group >> 8 & 0xfu];
    if (group >= 0x10)
        *out++ = digits[group >> 4 & 0xfu];
    *out++ = digits[group & 0xfu];
    return out;
}

/* The run of zero groups that "::" stands for: the longest, the first of equals, never a single
 * one (RFC 5952, 4.2). Length 0 if there is none. */
static unsigned find_zero_run(const unsigned *groups, unsigned *length)
{
    unsigned best = 0, best_length = 0;
    for (unsigned i = 0; i < INET6_GROUPS;) {
        unsigned end = i;
        while (end < INET6_GROUPS && groups[end] == 0)
            end++;
        if (end - i > best_length) {
            best = i;
            best_length = end - i;
        }
        i = end + 1;
    }
    *length = best_length > 1 ? best_length : 0;
    return best;
}

static char *write_inet6(char *out, const uint8_t *bytes)
{
    unsigned groups[INET6_GROUPS], run_length;
    for (unsigned i = 0; i < INET6_GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    const unsigned run = find_zero_run(groups, &run_length);
    for (unsigned i = 0; i < INET6_GROUPS; i++) {
        if (run_length != 0 && i == run) {
            *out++ = ':';
            *out++ = ':';
            i += run_length - 1;
            continue;
        }
        if (i != 0 && !(run_length != 0 && i == run + run_length))
            *out++ = ':';
        out = write_hex(out, groups[i]);
    }
    return out;
}

static void put_addr(struct writer *writer, const struct addr *addr, uint8_t family,
                     const char *interface)
{
    static const char mapped[] = "::ffff:";
    char text[INET6_TEXT], *end;
    if (family == FAMILY_INET) {
        end = write_inet(text, addr->bytes);
    } else if (addr_is_mapped(addr, family)) {
        memcpy(text, mapped, sizeof(mapped) - 1);
        end = write_inet(text + sizeof(mapped) - 1, addr->bytes + sizeof(MAPPED_PREFIX));
    } else {
        end = write_inet6(text, addr->bytes);
    }
    put_bytes(writer, text, (size_t)(end - text));
    if (interface != NULL) {
        put_char(writer, '%');
        put_text(writer, interface);
    }
}

static size_t finish(struct writer *writer, const char *out)
{
    *writer->at = '\0';
    return (size_t)(writer->at - out);
}

size_t addr_format(char *out, size_t size, const struct addr *addr, uint8_t family,
                   const char *interface)
{
    if (size == 0)
        return 0;
    struct writer writer = {out, out + size - 1};
    put_addr(&writer, addr, family, interface);
    return finish(&writer, out);
}

/* All of an endpoint's text comes from these. NOLINTNEXTLINE(readability-function-size) */
size_t addr_format_endpoint(char *out, size_t size, const struct addr *addr, uint8_t family,
                            const char *interface, uint16_t port, const char *port_text)
{
    if (size == 0)
        return 0;
    struct writer writer = {out, out + size - 1};
    const bool nowhere = addr_is_zero(addr) && port == 0;
    const bool wildcard = addr_is_zero(addr) && (nowhere || family == FAMILY_INET);
    const bool brackets = family == FAMILY_INET6 && !wildcard;
    if (brackets)
        put_char(&writer, '[');
    if (!wildcard) {
        put_addr(&writer, addr, family, interface);
    } else {
        put_char(&writer, '*');
        if (interface != NULL) {
            put_char(&writer, '%');
            put_text(&writer, interface);
        }
    }
    put_text(&writer, brackets ? "]:" : ":");
    if (port == 0)
        put_char(&writer, '*');
    else if (port_text != NULL)
        put_text(&writer, port_text);
    else
        put_decimal(&writer, port);
    return finish(&writer, out);
}

bool tuple_lacks_remote_port(const struct tuple *tuple)
{
    return tuple->remote_port == 0 && !addr_is_zero(&tuple->remote);
}

bool tuple_lacks_local(const struct tuple *tuple)
{
    return tuple_lacks_remote_port(tuple) && addr_is_zero(&tuple->local);
}

size_t tuple_format_end(char *out, size_t size, const struct tuple *tuple, bool remote,
                        const char *interface, const char *port_text)
{
    const struct addr *addr = remote ? &tuple->remote : &tuple->local;
    const char *shown = addr_is_link_local(addr, tuple->family) ? interface : NULL;
    uint16_t port = remote ? tuple->remote_port : tuple->local_port;
    int length = 0;

    if (!remote && tuple_lacks_local(tuple)) {
        length = port_text ? snprintf(out, size, "?:%s", port_text)
                           : snprintf(out, size, "?:%u", (unsigned)port);
        return length > 0 ? (size_t)length : 0;
    }
    if (remote && tuple_lacks_remote_port(tuple)) {
        port = 1; /* any number but that of "*" */
        port_text = "?";
    }
    return addr_format_endpoint(out, size, addr, tuple->family, shown, port, port_text);
}

/* Four decimal numbers without leading zeros, as inet_pton() takes them. */
static int parse_inet(const char *text, size_t length, uint8_t *bytes)
{
    uint8_t parsed[INET_BYTES];
    size_t at = 0;
    for (unsigned i = 0; i < INET_BYTES; i++) {
        if (i != 0 && (at == length || text[at++] != '.'))
            return -EINVAL;
        size_t start = at;
        unsigned value = 0;
        while (at < length && at - start < 3 && text[at] >= '0' && text[at] <= '9')
            value = value * 10 + (unsigned)(text[at++] - '0');
        if (at == start || value > 255 || (text[start] == '0' && at - start > 1))
            return -EINVAL;
        parsed[i] = (uint8_t)value;
    }
    if (at != length)
        return -EINVAL;
    memcpy(bytes, parsed, sizeof(parsed));
    return 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One group of up to four hex digits: digits used, 0 if there is none. */
static size_t parse_group(const char *text, size_t length, unsigned *group)
{
    size_t used = 0;
    unsigned value = 0;
    while (used < length && used < 4 && hex_value(text[used]) >= 0)
        value = value << 4 | (unsigned)hex_value(text[used++]);
    *group = value;
    return used;
}

/* Groups of the address up to "::" or the end are written to `bytes`; returns how many bytes, or
 * -EINVAL. `*used` is where it stopped. A dotted IPv4 address may be the last of them. */
static int parse_groups(const char *text, size_t length, uint8_t *bytes, int room, size_t *used)
{
    int count = 0;
    size_t at = 0;
    while (at < length) {
        unsigned group;
        size_t digits = parse_group(text + at, length - at, &group);
        if (digits == 0)
            return -EINVAL;
        if (at + digits < length && text[at + digits] == '.') {
            if (room - count < INET_BYTES || parse_inet(text + at, length - at, bytes + count) != 0)
                return -EINVAL;
            *used = length;
            return count + INET_BYTES;
        }
        if (room - count < 2)
            return -EINVAL;
        bytes[count++] = (uint8_t)(group >> 8);
        bytes[count++] = (uint8_t)group;
        at += digits;
        if (at == length || (at + 1 < length && text[at] == ':' && text[at + 1] == ':'))
            break;
        if (text[at++] != ':' || at == length)
            return -EINVAL;
    }
    *used = at;
    return count;
}

static int parse_inet6(const char *text, size_t length, uint8_t *bytes)
{
    uint8_t head[INET6_BYTES] = {0}, tail[INET6_BYTES] = {0};
    size_t used = 0, tail_used = 0;
    int head_count = 0;
    if (length < 2)
        return -EINVAL;
    if (text[0] != ':' || text[1] != ':')
        head_count = parse_groups(text, length, head, INET6_BYTES, &used);
    if (head_count < 0)
        return -EINVAL;
    if (used == length) {
        if (head_count != INET6_BYTES)
            return -EINVAL;
        memcpy(bytes, head, sizeof(head));
        return 0;
    }
    if (head_count > INET6_BYTES - 2) /* "::" stands for one group at least */
        return -EINVAL;
    text += used + 2;
    length -= used + 2;
    int tail_count = parse_groups(text, length, tail, INET6_BYTES - 2 - head_count, &tail_used);
    if (tail_count < 0 || tail_used != length)
        return -EINVAL;
    memcpy(head + INET6_BYTES - tail_count, tail, (size_t)tail_count);
    memcpy(bytes, head, sizeof(head));
    return 0;
}

/* Splits "%name" off; an interface name is 1 to 15 bytes. */
static int split_interface(const char *text, size_t *length, const char **name, size_t *name_length)
{
    const char *percent = memchr(text, '%', *length);
    *name = NULL;
    *name_length = 0;
    if (percent == NULL)
        return 0;
    *name = percent + 1;
    *name_length = *length - (size_t)(percent + 1 - text);
    *length = (size_t)(percent - text);
    bool is_good = *name_length != 0 && *name_length < INTERFACE_MAX &&
                   memchr(*name, '\0', *name_length) == NULL;
    return is_good ? 0 : -EINVAL;
}

int addr_parse(const char *text, size_t length, struct addr *addr, uint8_t *family, char *interface)
{
    struct addr parsed = {0};
    uint8_t parsed_family = FAMILY_INET6;
    const char *name;
    size_t name_length;
    bool brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (brackets) {
        text++;
        length -= 2;
    }
    int error = split_interface(text, &length, &name, &name_length);
    if (error != 0)
        return error;
    if (memchr(text, ':', length) != NULL) {
        error = parse_inet6(text, length, parsed.bytes);
    } else {
        parsed_family = FAMILY_INET;
        error = brackets ? -EINVAL : parse_inet(text, length, parsed.bytes);
    }
    if (error != 0)
        return error;
    *addr = parsed;
    *family = parsed_family;
    if (interface != NULL) {
        if (name_length != 0)
            memcpy(interface, name, name_length);
        interface[name_length] = '\0';
    }
    return 0;
}

bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned bits)
{
    if (bits > 8 * INET6_BYTES)
        bits = 8 * INET6_BYTES;
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(addr->bytes, prefix->bytes, whole) != 0)
        return false;
    return rest == 0 || (addr->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
