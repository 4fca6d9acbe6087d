/* Safe text is safe, whatever comes in; nothing is ever wider than asked; times go there and back.
 */
#include "core/text/ranges.h"
#include "core/text/text.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MARK[] = "\u2026";

static const char *clean(const char *raw, size_t length)
{
    static char out[4096];
    assert_true(TEXT_CLEAN_MAX(length) <= sizeof(out));
    size_t written = text_clean(out, sizeof(out), raw, length);
    assert_int_equal(out[written], '\0');
    assert_int_equal(strlen(out), written);
    return out;
}

#define assert_clean(raw, expected) assert_string_equal(clean(raw, sizeof(raw) - 1), expected)

static size_t encode(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(0xf00u >> length | code);
    return length;
}

/* What text_clean() wrote, back to what it was given. */
static size_t restore(char *raw, const char *text)
{
    size_t length = 0;
    while (*text != '\0') {
        unsigned byte;
        char rest;
        if (sscanf(text, "\\x%2x%c", &byte, &rest) >= 1 &&
            strspn(text + 2, "0123456789abcdefABCDEF") >= 2 &&
            (byte < 0x20 || byte >= 0x7f || byte == '\\')) {
            raw[length++] = (char)byte;
            text += 4;
        } else {
            raw[length++] = *text++;
        }
    }
    return length;
}

/* Whole characters of one or two cells, none of them refused. */
static void assert_safe(const char *text)
{
    while (*text != '\0') {
        uint32_t code;
        unsigned cells;
        size_t used = text_next(text, &code, &cells);
        assert_in_range(cells, 1, 2);
        assert_true(code >= 0x20 && (code < 0x7f || code > 0x9f));
        assert_true(used > 1 || code < 0x80);
        text += used;
    }
}

static void known_text_is_cleaned_so(void **unused)
{
    (void)unused;
    assert_clean("", "");
    assert_clean("nginx: worker", "nginx: worker");
    assert_clean("a\0b", "a\\x00b");
    assert_clean("\x1b[31mred", "\\x1b[31mred");
    assert_clean("tab\there\x7f", "tab\\x09here\\x7f");
    assert_clean("caf\u00e9 \u65e5\u672c", "caf\u00e9 \u65e5\u672c");
    assert_clean("c1 \xc2\x9b", "c1 \\xc2\\x9b");
    assert_clean("bad \xff\xc3", "bad \\xff\\xc3");
    assert_clean("overlong \xc0\xaf \xe0\x80\xaf", "overlong \\xc0\\xaf \\xe0\\x80\\xaf");
    assert_clean("surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80");
    assert_clean("too far \xf4\x90\x80\x80", "too far \\xf4\\x90\\x80\\x80");
    assert_clean("bidi \u202egpj", "bidi \\xe2\\x80\\xaegpj");
    assert_clean("zero\u200bwidth", "zero\\xe2\\x80\\x8bwidth");
    assert_clean("e\u0301", "e\\xcc\\x81");
    assert_clean("\u2028", "\\xe2\\x80\\xa8");
    assert_clean("\ue0b0", "\\xee\\x82\\xb0");
    assert_clean("\U0001f600", "\U0001f600");
    assert_clean("\U0001f1e9\U0001f1ea", "\\xf0\\x9f\\x87\\xa9\\xf0\\x9f\\x87\\xaa");
    assert_clean("\U0010ffff", "\\xf4\\x8f\\xbf\\xbf");
    assert_clean("\u4dc0\u3248", "\\xe4\\xb7\\x80\\xe3\\x89\\x88");
}

static void a_backslash_stays_unless_it_would_mislead(void **unused)
{
    (void)unused;
    assert_clean("C:\\dir\\x", "C:\\dir\\x");
    assert_clean("\\x1", "\\x1");
    assert_clean("\\x1g", "\\x1g");
    assert_clean("\\x1b", "\\x5cx1b");
    assert_clean("\\xAB", "\\x5cxAB");
    assert_clean("\\\\x00", "\\\\x5cx00");
    assert_clean("\\\x01", "\\\\x01");
    assert_clean("\\x5cx1b", "\\x5cx5cx1b");
    assert_clean("app@a\\x2db.service", "app@a\\x2db.service"); /* no byte that we escape */
    assert_clean("\\x20\\x7E\\x7f", "\\x20\\x7E\\x5cx7f");
}

static void every_byte_and_every_code_point_becomes_safe(void **unused)
{
    char raw[8], back[32];
    (void)unused;
    for (unsigned byte = 0; byte < 256; byte++) {
        raw[0] = (char)byte;
        assert_safe(clean(raw, 1));
        assert_int_equal(strlen(clean(raw, 1)), byte >= 0x20 && byte < 0x7f ? 1 : 4);
    }
    for (uint32_t code = 0; code < 0x110000; code++) {
        size_t length = encode(raw, code);
        const char *text = clean(raw, length);
        assert_safe(text);
        assert_int_equal(restore(back, text), length);
        assert_memory_equal(back, raw, length);
    }
}

/* Neighbouring rows of the table differ, and begin where the one before ends. */
static void the_table_is_in_order(void **unused)
{
    (void)unused;
    assert_int_equal(TEXT_RANGES[0] >> 8, 0);
    for (size_t i = 1; i < text_range_count; i++) {
        assert_true(TEXT_RANGES[i - 1] >> 8 < TEXT_RANGES[i] >> 8);
        assert_true((TEXT_RANGES[i - 1] & 0xff) != (TEXT_RANGES[i] & 0xff));
    }
    for (size_t i = 0; i < text_range_count; i++)
        assert_true((TEXT_RANGES[i] & TEXT_REFUSED) != 0 || (TEXT_RANGES[i] & TEXT_CELLS) != 0);
}

/* Bytes, some of them making good characters, some looking like our escapes. */
static size_t random_raw(uint64_t *seed, char *raw, size_t most)
{
    static const char *const pieces[] = {"\\",       "x",          "\\x",    "5c",     "4",
                                         "a",        "\u00e9",     "\u65e5", "\u0301", "\u202e",
                                         "\xe6\x97", "\U0001f600", " ",      "nginx",  "\x1b["};
    size_t length = 0, wanted = unit_random_below(seed, most - 8);
    while (length < wanted) {
        if (unit_random(seed) % 3 == 0) {
            raw[length++] = (char)unit_random(seed);
            continue;
        }
        const char *piece = pieces[unit_random(seed) % UNIT_COUNT(pieces)];
        memcpy(raw + length, piece, strlen(piece));
        length += strlen(piece);
    }
    return length;
}

/* What can be restored cannot have collapsed with anything else. */
static void two_names_never_collapse(void **unused)
{
    char raw[48], back[256];
    uint64_t seed = 11;
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        size_t length = random_raw(&seed, raw, sizeof(raw));
        const char *text = clean(raw, length);
        assert_safe(text);
        assert_int_equal(restore(back, text), length);
        assert_memory_equal(back, raw, length);
    }
}

static void safe_text_without_escapes_stays(void **unused)
{
    char raw[48], once[256];
    uint64_t seed = 12;
    unsigned kept = 0;
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        size_t length = random_raw(&seed, raw, 16);
        size_t written = text_clean(once, sizeof(once), raw, length);
        if (strstr(once, "\\x") != NULL)
            continue;
        assert_int_equal(written, length);
        assert_string_equal(clean(once, written), once);
        kept++;
    }
    assert_true(kept > 1000);
}

/* Cut at any size, the text is a beginning of the whole one, at a border of character or escape. */
static void short_room_never_halves(void **unused)
{
    char raw[48], whole[256], part[256];
    uint64_t seed = 13;
    (void)unused;
    for (unsigned i = 0; i < 3000; i++) {
        size_t length = random_raw(&seed, raw, sizeof(raw));
        size_t full = text_clean(whole, sizeof(whole), raw, length);
        for (size_t size = 1; size <= full + 1; size++) {
            memset(part, 'Z', sizeof(part));
            size_t written = text_clean(part, size, raw, length);
            assert_true(written < size && written + 16 >= size);
            assert_int_equal(part[written], '\0');
            assert_int_equal(part[size], 'Z');
            assert_memory_equal(part, whole, written);
            assert_safe(part);
            char back[256];
            size_t restored = restore(back, part);
            assert_true(restored <= length);
            assert_memory_equal(back, raw, restored);
        }
    }
    part[0] = 'Z';
    assert_int_equal(text_clean(part, 0, "x", 1), 0);
    assert_int_equal(part[0], 'Z');
}

static void widths_are_cells(void **unused)
{
    uint32_t code;
    unsigned cells;
    (void)unused;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("plain"), 5);
    assert_int_equal(text_width("\u00e9\u2026\u25b8"), 3);
    assert_int_equal(text_width("\u65e5\u672c\uff21\U0001f600\uac00"), 10);
    assert_int_equal(text_width("e\u0301"), 1);
    assert_int_equal(text_width("\xff\xe6\x97"), 3);
    assert_int_equal(text_next("\xe6\x97", &code, &cells), 1);
    assert_int_equal(code, 0xfffd);
    assert_int_equal(cells, 1);
    assert_int_equal(text_next("\u65e5", &code, &cells), 3);
    assert_int_equal(code, 0x65e5);
    assert_int_equal(cells, 2);
    assert_int_equal(text_fit("\u65e5\u672c", 3), 3);
    assert_int_equal(text_fit("abc", 2), 2);
    assert_int_equal(text_fit("abc", 9), 3);
}

static void cut_is(const char *text, size_t cells, const char *end, const char *middle)
{
    char out[64];
    size_t used = text_cut(out, sizeof(out), text, cells, "\u2026");
    assert_string_equal(out, end);
    assert_int_equal(used, text_width(out));
    used = text_cut_middle(out, sizeof(out), text, cells, "\u2026");
    assert_string_equal(out, middle);
    assert_int_equal(used, text_width(out));
}

static void known_text_is_cut_so(void **unused)
{
    (void)unused;
    cut_is("abcdef", 6, "abcdef", "abcdef");
    cut_is("abcdef", 5, "abcd\u2026", "ab\u2026ef");
    cut_is("abcdef", 4, "abc\u2026", "ab\u2026f");
    cut_is("abcdef", 2, "a\u2026", "a\u2026");
    cut_is("abcdef", 1, "\u2026", "\u2026");
    cut_is("abcdef", 0, "", "");
    cut_is("", 3, "", "");
    cut_is("\u65e5\u672c\u8a9e", 6, "\u65e5\u672c\u8a9e", "\u65e5\u672c\u8a9e");
    cut_is("\u65e5\u672c\u8a9e", 5, "\u65e5\u672c\u2026", "\u65e5\u2026\u8a9e");
    cut_is("\u65e5\u672c\u8a9e", 4, "\u65e5\u2026", "\u65e5\u2026");
}

typedef size_t cut_function(char *out, size_t size, const char *text, size_t cells,
                            const char *mark);

static void assert_nothing_joins_the_mark(const char *text)
{
    uint32_t code;
    unsigned cells = 1;
    const char *mark = strstr(text, MARK);
    assert_non_null(mark);
    if (mark[3] != '\0')
        text_next(mark + 3, &code, &cells);
    assert_int_not_equal(cells, 0);
}

/* Any bytes at all, any room: never wider than asked, never behind the room, marked if cut. */
static void check_cut(cut_function *cut, const char *text, size_t size, size_t cells)
{
    char out[256];
    memset(out, 'Z', sizeof(out));
    size_t used = cut(out, size, text, cells, MARK);
    assert_true(used <= cells);
    assert_int_equal(text_width(out), used);
    assert_true(strlen(out) < size);
    assert_int_equal(out[size], 'Z');
    if (text_width(text) <= cells && strlen(text) < size)
        assert_string_equal(out, text);
    else if (cells > 0 && size > 3 && strlen(text) != text_fit(text, cells))
        assert_nothing_joins_the_mark(out);
}

static void a_cut_is_never_wider_than_asked(void **unused)
{
    char raw[64];
    uint64_t seed = 14;
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        size_t length = random_raw(&seed, raw, sizeof(raw));
        raw[length] = '\0';
        for (unsigned k = 0; k < 8; k++) {
            size_t cells = unit_random_below(&seed, 40), size = 1 + unit_random_below(&seed, 100);
            check_cut(text_cut, raw, size, cells);
            check_cut(text_cut_middle, raw, size, cells);
        }
    }
}

/* The same of safe text: what comes out is safe text too. */
static void a_cut_of_safe_text_is_safe(void **unused)
{
    char raw[48], out[256];
    uint64_t seed = 15;
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        const char *text = clean(raw, random_raw(&seed, raw, sizeof(raw)));
        size_t cells = unit_random_below(&seed, 40);
        text_cut(out, sizeof(out), text, cells, "\u2026");
        assert_safe(out);
        text_cut_middle(out, sizeof(out), text, cells, "\u2026");
        assert_safe(out);
        size_t bytes = text_fit(text, cells);
        memcpy(out, text, bytes);
        out[bytes] = '\0';
        assert_safe(out);
    }
}

static void cleaned_again_it_stays(void **state)
{
    static const char raw[] = "a\x1b[m \\x1b \xff";
    char once[64], twice[64], fresh[64];

    (void)state;
    const size_t length = text_clean(once, sizeof once, raw, sizeof raw - 1);
    assert_int_equal(text_clean_again(twice, sizeof twice, once, length), length);
    assert_string_equal(twice, once);
    text_clean_again(fresh, sizeof fresh, raw, sizeof raw - 1);
    assert_string_equal(fresh, "a\\x1b[m \\x1b \\xff");
}

/* As wide as before, whatever it is made of. */
static void ascii_takes_the_same_cells(void **state)
{
    static const char *const PAIRS[][2] = {
        {"plain, \\xff", "plain, \\xff"},
        {"caf\xc3\xa9", "caf?"},
        {"\xe6\xbc\xa2|", "??|"},
        {"\xe2\x94\x82\xe2\x96\xb8\xe2\x80\xa6\xe2\x80\x93", "|>~-"},
        {"\xf0\x9f\x98\x80", "??"},
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(PAIRS); i++) {
        char text[64];
        strcpy(text, PAIRS[i][0]);
        const size_t cells = text_width(text);
        const size_t length = text_make_ascii(text, strlen(text));
        assert_string_equal(text, PAIRS[i][1]);
        assert_int_equal(length, strlen(text));
        assert_int_equal(length, cells);
    }
    assert_int_equal(text_ascii_form(0x25bc), 'v');
    assert_int_equal(text_ascii_form(0x4e2d), '?');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_text_is_cleaned_so),
        cmocka_unit_test(a_backslash_stays_unless_it_would_mislead),
        cmocka_unit_test(every_byte_and_every_code_point_becomes_safe),
        cmocka_unit_test(the_table_is_in_order),
        cmocka_unit_test(two_names_never_collapse),
        cmocka_unit_test(safe_text_without_escapes_stays),
        cmocka_unit_test(short_room_never_halves),
        cmocka_unit_test(widths_are_cells),
        cmocka_unit_test(known_text_is_cut_so),
        cmocka_unit_test(a_cut_is_never_wider_than_asked),
        cmocka_unit_test(a_cut_of_safe_text_is_safe),
        cmocka_unit_test(cleaned_again_it_stays),
        cmocka_unit_test(ascii_takes_the_same_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
