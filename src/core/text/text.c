/* Text from outside made safe, measured and cut. Independent of locales, columns or terminals. */
#include "core/text/text.h"

#include "core/text/ranges.h"

#include <string.h>

#define CODE_BAD 0xFFFDu

static unsigned classify(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f)
        return 1;
    size_t low = 0, high = text_range_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (TEXT_RANGES[middle] >> 8 <= code)
            low = middle;
        else
            high = middle;
    }
    return TEXT_RANGES[low] & 0xffu;
}

/* Length of the sequence that a lead byte begins, and its smallest code point; 0 if it is not a
 * lead byte. */
static unsigned lead_length(unsigned char lead, uint32_t *least)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        *least = 0x80;
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *least = 0x800;
        return 3;
    }
    *least = 0x10000;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* One character of strict UTF-8 out of `length` bytes (at least one): the bytes it takes, or 0 if
 * the first byte does not begin one. Reads no byte after the first invalid one, so that a NUL stops
 * it. */
static size_t decode(const unsigned char *bytes, size_t length, uint32_t *code)
{
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    uint32_t least;
    unsigned wanted = lead_length(bytes[0], &least);
    if (wanted == 0 || wanted > length)
        return 0;
    uint32_t value = bytes[0] & (0x7fu >> wanted);
    for (unsigned i = 1; i < wanted; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return wanted;
}

/* -1: none */
static int hex_value(unsigned char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* True for an escape that we would write; not "\x2d", as '-' needs none. */
static bool reads_as_escape(const unsigned char *bytes, size_t length)
{
    if (length < 4 || bytes[0] != '\\' || bytes[1] != 'x' || hex_value(bytes[2]) < 0 ||
        hex_value(bytes[3]) < 0)
        return false;
    const int byte = hex_value(bytes[2]) * 16 + hex_value(bytes[3]);
    return byte < 0x20 || byte >= 0x7f || byte == '\\';
}

static void write_escape(char *out, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 0xf];
}

/* Length of a run of plain bytes, which nearly all names consist of. */
static size_t plain_run(const unsigned char *bytes, size_t length)
{
    size_t run = 0;
    while (run < length && bytes[run] >= 0x20 && bytes[run] < 0x7f && bytes[run] != '\\')
        run++;
    return run;
}

static size_t clean(char *out, size_t size, const char *raw, size_t length, bool keep_escapes)
{
    const unsigned char *bytes = (const unsigned char *)raw;
    size_t written = 0, at = 0;
    if (size == 0)
        return 0;
    const size_t room = size - 1;
    while (at < length) {
        size_t run = plain_run(bytes + at, length - at);
        if (run > room - written)
            run = room - written;
        memcpy(out + written, bytes + at, run);
        written += run;
        at += run;
        if (at == length || written == room)
            break;
        uint32_t code = 0;
        size_t used = decode(bytes + at, length - at, &code);
        bool is_safe = used != 0 && (classify(code) & TEXT_REFUSED) == 0 &&
                       (keep_escapes || !reads_as_escape(bytes + at, length - at));
        if (used == 0)
            used = 1;
        if ((is_safe ? used : 4 * used) > room - written)
            break;
        for (size_t i = 0; i < used && !is_safe; i++, written += 4)
            write_escape(out + written, bytes[at + i]);
        if (is_safe) {
            memcpy(out + written, bytes + at, used);
            written += used;
        }
        at += used;
    }
    out[written] = '\0';
    return written;
}

size_t text_clean(char *out, size_t size, const char *raw, size_t length)
{
    return clean(out, size, raw, length, false);
}

size_t text_clean_again(char *out, size_t size, const char *text, size_t length)
{
    return clean(out, size, text, length, true);
}

size_t text_next(const char *text, uint32_t *code, unsigned *cells)
{
    size_t used = decode((const unsigned char *)text, 4, code);
    if (used == 0) {
        *code = CODE_BAD;
        *cells = 1;
        return 1;
    }
    *cells = classify(*code) & TEXT_CELLS;
    return used;
}

static bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* Bytes of `text`, whole characters only, that fit in `cells` cells and `room` bytes. */
static size_t fit(const char *text, size_t cells, size_t room, size_t *cells_used)
{
    size_t at = 0, width = 0;
    while (text[at] != '\0') {
        if (is_plain(text[at]) && width < cells && at < room) { /* the common case */
            width++;
            at++;
            continue;
        }
        uint32_t code;
        unsigned wide;
        size_t used = text_next(text + at, &code, &wide);
        if (wide > cells - width || used > room - at)
            break;
        width += wide;
        at += used;
    }
    *cells_used = width;
    return at;
}

uint64_t text_key(const char *text)
{
    uint64_t key = 0;

    for (size_t i = 0; i < sizeof(key); i++) {
        key = key << 8 | (uint8_t)*text;
        text += *text != '\0';
    }
    return key;
}

size_t text_width(const char *text)
{
    size_t cells;
    fit(text, SIZE_MAX, SIZE_MAX, &cells);
    return cells;
}

size_t text_fit(const char *text, size_t cells)
{
    size_t used;
    return fit(text, cells, SIZE_MAX, &used);
}

/* The last characters of `text` that fit in `cells` cells and `room` bytes. It must not begin with
 * a character of width 0, which would join the one before. */
static const char *find_end(const char *text, size_t cells, size_t room)
{
    size_t left = text_width(text), bytes = strlen(text);
    unsigned wide = 0;
    uint32_t code;
    while (*text != '\0') {
        size_t used = text_next(text, &code, &wide);
        if (left <= cells && bytes <= room && wide != 0)
            break;
        text += used;
        bytes -= used;
        left -= wide;
    }
    return text;
}

/* The room beside the mark is used for the beginning, or half each for beginning and end. */
static size_t cut(char *out, size_t size, const char *text, size_t cells, const char *mark,
                  bool in_middle)
{
    size_t used, end_used;
    if (size == 0)
        return 0;
    size_t bytes = fit(text, cells, size - 1, &used);
    const bool is_whole = text[bytes] == '\0';
    const size_t mark_cells = is_whole ? 0 : text_width(mark), mark_bytes = strlen(mark);
    if (is_whole || mark_cells > cells || mark_bytes > size - 1) {
        memcpy(out, text, bytes);
        out[bytes] = '\0';
        return used;
    }
    size_t left = cells - mark_cells, room = size - 1 - mark_bytes;
    const char *end = text + strlen(text);
    if (in_middle)
        end = find_end(text, left / 2, room / 2);
    size_t end_bytes = strlen(end);
    end_used = text_width(end);
    bytes = fit(text, left - end_used, room - end_bytes, &used);
    memcpy(out, text, bytes);
    memcpy(out + bytes, mark, mark_bytes);
    memcpy(out + bytes + mark_bytes, end, end_bytes + 1);
    return used + mark_cells + end_used;
}

size_t text_cut(char *out, size_t size, const char *text, size_t cells, const char *mark)
{
    return cut(out, size, text, cells, mark, false);
}

size_t text_cut_middle(char *out, size_t size, const char *text, size_t cells, const char *mark)
{
    return cut(out, size, text, cells, mark, true);
}
