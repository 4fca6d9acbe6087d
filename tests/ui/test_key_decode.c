/* Bytes to keys: every sequence that terminals send, cut at every place, with and without a pause
 * there, and every beginning of one: only the key that is meant comes out, or none. */
#include "base/clock.h"
#include "key_sequences.h"
#include "ui/key/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEYS_MAX 64
#define BURST_NS 100000
#define BRISK_NS (20 * MILLISECOND_NS)
#define SLOW_NS  (400 * MILLISECOND_NS)
#define LONG_NS  (20 * SECOND_NS)

struct typing {
    struct key_decoder decoder;
    int64_t now_ns;
    struct key keys[KEYS_MAX];
    size_t count;
};

static void start(struct typing *typing)
{
    key_decoder_init(&typing->decoder);
    typing->now_ns = SECOND_NS;
    typing->count = 0;
}

static void take(struct typing *typing)
{
    struct key key;
    while (key_decoder_next(&typing->decoder, &key)) {
        assert_true(typing->count < KEYS_MAX);
        assert_int_not_equal(key.code, KEY_CODE_NONE);
        typing->keys[typing->count++] = key;
    }
}

static void type(struct typing *typing, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        key_decoder_feed(&typing->decoder, (unsigned char)bytes[i], typing->now_ns);
        take(typing);
    }
    typing->now_ns += BURST_NS;
}

static void type_text(struct typing *typing, const char *text)
{
    type(typing, text, strlen(text));
}

/* As the screen does: whenever the decoder wants to be woken it is. */
static void pass(struct typing *typing, int64_t span_ns)
{
    const int64_t end_ns = typing->now_ns + span_ns;
    while (key_decoder_deadline_ns(&typing->decoder) <= end_ns) {
        typing->now_ns = key_decoder_deadline_ns(&typing->decoder);
        key_decoder_expire(&typing->decoder, typing->now_ns);
        take(typing);
    }
    typing->now_ns = end_ns;
}

static void expect(const struct typing *typing, const uint32_t *codes, size_t count,
                   const struct key_sequence *of, size_t cut)
{
    bool same = typing->count == count;
    for (size_t i = 0; same && i < count; i++)
        same = typing->keys[i].code == codes[i];
    if (!same)
        fail_msg("%s %s cut at %zu: %zu keys, the first 0x%x", of->terminal, of->name, cut,
                 typing->count, typing->count > 0 ? typing->keys[0].code : 0);
}

static void expect_one(const struct typing *typing, const struct key_sequence *of, size_t cut)
{
    expect(typing, &of->code, of->code != KEY_CODE_NONE, of, cut);
}

static void test_whole(void **state)
{
    (void)state;
    assert_true(key_sequence_count >= 200);
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        struct typing typing;
        start(&typing);
        type_text(&typing, of->bytes);
        pass(&typing, LONG_NS);
        expect_one(&typing, of, 0);
        type_text(&typing, "j"); /* nothing of it is left */
        assert_int_equal(typing.keys[typing.count - 1].code, 'j');
    }
}

/* Bytes of a sequence before which a pause makes Esc a key: those of its first ESC, or ESC ESC. */
static size_t escapes(const char *bytes)
{
    return strspn(bytes, "\033");
}

/* Cut after ESC a key with Alt is Esc and that key: what a human types looks the same. */
static bool is_alt(const char *bytes)
{
    return bytes[0] == '\033' && !strchr("[OP]\033", bytes[1]);
}

static void test_cut_anywhere(void **state)
{
    static const int64_t PAUSES[] = {0, BRISK_NS, SLOW_NS};
    (void)state;
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        const size_t length = strlen(of->bytes);
        for (size_t cut = 1; cut < length; cut++) {
            for (size_t p = 0; p < sizeof(PAUSES) / sizeof(PAUSES[0]); p++) {
                const bool after_escape = cut <= escapes(of->bytes);
                if (after_escape && (PAUSES[p] > 0 || is_alt(of->bytes)))
                    continue; /* see test_cut_after_escape */
                struct typing typing;
                start(&typing);
                type(&typing, of->bytes, cut);
                pass(&typing, PAUSES[p]);
                type(&typing, of->bytes + cut, length - cut);
                pass(&typing, LONG_NS);
                expect_one(&typing, of, cut);
            }
        }
    }
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        struct typing typing;
        if (is_alt(of->bytes))
            continue;
        start(&typing);
        for (const char *at = of->bytes; *at; at++) {
            type(&typing, at, 1);
            pass(&typing, (size_t)(at - of->bytes) < escapes(of->bytes) ? 0 : BRISK_NS);
        }
        pass(&typing, LONG_NS);
        expect_one(&typing, of, 0);
    }
}

/* A long pause after ESC: indistinguishable from the key, but what follows is still a sequence. */
static void test_cut_after_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        const size_t length = strlen(of->bytes);
        if (escapes(of->bytes) != 1 || (of->bytes[1] != '[' && of->bytes[1] != 'O'))
            continue;
        const uint32_t codes[] = {KEY_CODE_ESCAPE, of->code};
        struct typing typing;
        start(&typing);
        type(&typing, of->bytes, 1);
        pass(&typing, SLOW_NS);
        type(&typing, of->bytes + 1, length - 1);
        pass(&typing, LONG_NS);
        expect(&typing, codes, of->code != KEY_CODE_NONE ? 2 : 1, of, 1);
    }
}

/* The rest never comes: nothing, but for ESC itself. */
static void test_beginnings(void **state)
{
    static const uint32_t TWICE[] = {KEY_CODE_ESCAPE, KEY_CODE_ESCAPE};
    (void)state;
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        const size_t length = strlen(of->bytes);
        for (size_t cut = 1; cut < length; cut++) {
            struct typing typing;
            start(&typing);
            type(&typing, of->bytes, cut);
            pass(&typing, LONG_NS);
            expect(&typing, TWICE, cut <= escapes(of->bytes) ? cut : 0, of, cut);
            /* and the next key is the next key */
            typing.count = 0;
            type_text(&typing, "\033[6~");
            assert_int_equal(typing.count, 1);
            assert_int_equal(typing.keys[0].code, KEY_CODE_PAGE_DOWN);
        }
    }
}

/* One begun, another one whole behind it: the other one counts. */
static void test_begun_and_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_sequence_count; i++) {
        const struct key_sequence *of = &KEY_SEQUENCES[i];
        const size_t length = strlen(of->bytes);
        for (size_t cut = escapes(of->bytes) + 1; cut < length; cut++) {
            struct typing typing;
            start(&typing);
            type(&typing, of->bytes, cut);
            type_text(&typing, "\033[B");
            pass(&typing, LONG_NS);
            const uint32_t down = KEY_CODE_DOWN;
            expect(&typing, &down, 1, of, cut);
        }
    }
}

static void expect_text(const struct typing *typing, const char *text, bool pasted)
{
    char got[KEYS_MAX * 4 + 1] = "", one[5];
    for (size_t i = 0; i < typing->count; i++) {
        assert_int_equal(typing->keys[i].pasted, pasted);
        assert_true(key_utf8(one, typing->keys[i].code) > 0);
        strcat(got, one);
    }
    assert_string_equal(got, text);
}

static void test_text(void **state)
{
    static const char *const TEXTS[] = {"sport 443", "\303\274\303\233", "\342\202\254",
                                        "\360\237\230\200"};
    struct typing typing;
    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        start(&typing);
        type_text(&typing, TEXTS[i]);
        expect_text(&typing, TEXTS[i], false);
    }
    start(&typing);
    /* none of it is UTF-8: cut, too long, a surrogate, beyond the last, a stray byte */
    type_text(&typing, "\303x\300\257\340\200\257\355\240\200\364\220\200\200\377y");
    pass(&typing, LONG_NS);
    expect_text(&typing, "xy", false);
}

static void test_controls(void **state)
{
    static const uint32_t CODES[] = {KEY_CODE_ENTER, KEY_CODE_ENTER,     KEY_CODE_BACKSPACE,
                                     KEY_CODE_TAB,   KEY_CODE_BACKSPACE, KEY_CODE_CONTROL('L')};
    const struct key_sequence of = {"any", "controls", "\r\n\b\t\177\f", 0};
    struct typing typing;
    (void)state;
    start(&typing);
    type_text(&typing, of.bytes);
    expect(&typing, CODES, 6, &of, 0);
}

/* Esc, then a key, as a human types them, and as a terminal sends Alt. */
static void test_escape_and_keys(void **state)
{
    static const uint32_t CODES[] = {KEY_CODE_ESCAPE, '['};
    const struct key_sequence of = {"any", "Esc and [", "", 0};
    struct typing typing;
    (void)state;
    start(&typing);
    type_text(&typing, "\033");
    pass(&typing, BRISK_NS);
    type_text(&typing, "2");
    assert_int_equal(typing.count, 2);
    assert_int_equal(typing.keys[0].code, KEY_CODE_ESCAPE);
    assert_int_equal(typing.keys[1].code, '2');
    start(&typing);
    type_text(&typing, "\033");
    pass(&typing, SLOW_NS);
    type_text(&typing, "[");
    pass(&typing, SLOW_NS);
    expect(&typing, CODES, 2, &of, 0);
    type_text(&typing, "[");
    assert_int_equal(typing.count, 3);
    start(&typing);
    type_text(&typing, "\033\033");
    pass(&typing, SLOW_NS);
    assert_int_equal(typing.count, 2);
    start(&typing);
    type_text(&typing, "\033\033\033");
    pass(&typing, SLOW_NS);
    assert_int_equal(typing.count, 3);
}

static void test_mouse_place(void **state)
{
    static const char *const REPORTS[] = {"\033[<0;10;5M", "\033[M *%"};
    struct typing typing;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(&typing);
        type_text(&typing, REPORTS[i]);
        assert_int_equal(typing.count, 1);
        assert_int_equal(typing.keys[0].row, 4);
        assert_int_equal(typing.keys[0].col, 9);
    }
    start(&typing);
    type_text(&typing, "\033[<0;0;5M\033[<0;5M\033[<0;99999999999999999999;1;1M");
    assert_int_equal(typing.count, 0);
}

/* What terminfo says goes first, also where the grammar has no such sequence. */
static void test_learned(void **state)
{
    struct typing typing;
    (void)state;
    start(&typing);
    key_decoder_learn(&typing.decoder, "\033A", KEY_CODE_UP);     /* vt52 */
    key_decoder_learn(&typing.decoder, "\033?x", KEY_CODE_F(12)); /* two more bytes */
    key_decoder_learn(&typing.decoder, "\033[M", KEY_CODE_F(1));  /* the console of FreeBSD */
    key_decoder_learn(&typing.decoder, "\001@\r", KEY_CODE_F(2)); /* wyse60 */
    key_decoder_learn(&typing.decoder, "\013", KEY_CODE_PAGE_UP); /* a control */
    key_decoder_learn(&typing.decoder, "text", KEY_CODE_F(3));    /* never */
    key_decoder_learn(&typing.decoder, "", KEY_CODE_F(3));
    key_decoder_learn(&typing.decoder, NULL, KEY_CODE_F(3));
    type_text(&typing, "\033A\033?x\033[M\001@\r\013te");
    const uint32_t codes[] = {
        KEY_CODE_UP, KEY_CODE_F(12), KEY_CODE_F(1), KEY_CODE_F(2), KEY_CODE_PAGE_UP, 't', 'e'};
    const struct key_sequence of = {"terminfo", "learned", "", 0};
    expect(&typing, codes, 7, &of, 0);
    typing.count = 0;
    type_text(&typing, "\001");
    pass(&typing, SLOW_NS); /* the control by itself */
    type_text(&typing, "\001@x\033?y");
    pass(&typing, SLOW_NS);
    assert_int_equal(typing.count, 1);
    assert_int_equal(typing.keys[0].code, KEY_CODE_CONTROL('A'));
}

static void test_paste(void **state)
{
    struct typing typing;
    (void)state;
    start(&typing);
    type_text(&typing, "\033[200~K\r\nq \303\274\t\033[A\033[20\007x\r\033[201~");
    expect_text(&typing, "K q \303\274 [A[20x", true);
    pass(&typing, SLOW_NS);
    typing.count = 0;
    type_text(&typing, "q");
    expect_text(&typing, "q", false);
}

/* What stands behind the end of a paste without a pause was in the paste. */
static void test_paste_that_ends_itself(void **state)
{
    struct typing typing;
    (void)state;
    start(&typing);
    type_text(&typing, "\033[200~a\033[201~K\r\033[201~X\r");
    expect_text(&typing, "a", true);
    type_text(&typing, "q\033[200~b\r\033[201~");
    expect_text(&typing, "ab", true);
    pass(&typing, SLOW_NS);
    typing.count = 0;
    type_text(&typing, "j");
    expect_text(&typing, "j", false);
}

/* Cut at each byte and each pause that a bad line makes: never a key. */
static void test_paste_cut(void **state)
{
    static const char TEXT[] = "\033[200~K\rq\033[BX\r\033[201~";
    static const int64_t PAUSES[] = {0, BRISK_NS, SLOW_NS, 3 * SECOND_NS};
    struct typing typing;
    (void)state;
    for (size_t cut = 2; cut < sizeof(TEXT) - 1; cut++)
        for (size_t p = 0; p < (cut < 6 ? 3 : 4); p++) {
            start(&typing);
            type(&typing, TEXT, cut);
            pass(&typing, PAUSES[p]);
            type(&typing, TEXT + cut, sizeof(TEXT) - 1 - cut);
            pass(&typing, LONG_NS);
            expect_text(&typing, "K q[BX", true);
        }
    /* without an end it does not last for ever */
    start(&typing);
    type_text(&typing, "\033[200~K\r");
    pass(&typing, LONG_NS);
    typing.count = 0;
    type_text(&typing, "q");
    expect_text(&typing, "q", false);
}

static void test_background_is_reported_and_no_key(void **state)
{
    static const struct {
        const char *report;
        enum key_background background;
    } REPORTS[] = {
        {"\033]11;rgb:ffff/ffff/ffff\033\\", KEY_BACKGROUND_LIGHT},
        {"\033]11;rgb:fd/f6/e3\a", KEY_BACKGROUND_LIGHT},
        {"\033]11;rgb:1e1e/1e1e/1e1e\033\\", KEY_BACKGROUND_DARK},
        {"\033]11;rgb:0/0/0\a", KEY_BACKGROUND_DARK},
        {"\033]10;rgb:ffff/ffff/ffff\a", KEY_BACKGROUND_UNKNOWN}, /* the text's */
        {"\033]11;rgb:ffff/ffff\a", KEY_BACKGROUND_UNKNOWN},
        {"\033]11;white\a", KEY_BACKGROUND_UNKNOWN},
        {"\033]11;rgb:ffff/ffff/ffff/0000000000000000000\a", KEY_BACKGROUND_UNKNOWN},
    };
    struct typing typing;
    (void)state;
    for (size_t i = 0; i < sizeof(REPORTS) / sizeof(REPORTS[0]); i++) {
        start(&typing);
        type_text(&typing, "j");
        type_text(&typing, REPORTS[i].report);
        type_text(&typing, "k");
        assert_int_equal(typing.count, 2);
        assert_int_equal(typing.keys[0].code, 'j');
        assert_int_equal(typing.keys[1].code, 'k');
        assert_int_equal(typing.decoder.background, REPORTS[i].background);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_background_is_reported_and_no_key),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_cut_after_escape),
        cmocka_unit_test(test_beginnings),
        cmocka_unit_test(test_begun_and_another),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_escape_and_keys),
        cmocka_unit_test(test_mouse_place),
        cmocka_unit_test(test_learned),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_paste_that_ends_itself),
        cmocka_unit_test(test_paste_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
