/* decode: the state machine; sequence.c has the meaning of complete sequences. */
#include "ui/key/decode.h"

#include "base/clock.h"
#include "ui/key/sequence.h"
#include "ui/key/utf8.h"

#include <stdio.h>
#include <string.h>

#define ESC              27
#define BEL              7
#define CAN              24
#define SUB              26
#define ESCAPE_WAIT_NS   (50 * MILLISECOND_NS) /* a sequence mostly arrives at once */
#define SEQUENCE_WAIT_NS SECOND_NS             /* for its rest, once it cannot be a key */
#define LATE_WAIT_NS     SECOND_NS
#define PASTE_WAIT_NS    (5 * SECOND_NS) /* the line may stall; a dead terminal never ends a paste */
#define PASTED_GAP_NS    (10 * MILLISECOND_NS) /* no key is typed so soon after a paste */
#define C1_SS3           0x8f
#define C1_ST            0x9c
#define C1_CSI           0x9b
#define CSI_INTRODUCER   2 /* bytes of ESC [ and of ESC O */
#define RXVT_SHIFT       '$'

static const char PASTE_MARKER[] = "\033[20"; /* then 0 (begin) or 1 (end), and ~ */
#define MARKER_LENGTH (sizeof(PASTE_MARKER) + 1)

void key_decoder_init(struct key_decoder *decoder)
{
    *decoder = (struct key_decoder){.state = KEY_STATE_GROUND};
}

void key_decoder_learn(struct key_decoder *decoder, const char *sequence, uint32_t code)
{
    key_learned_add(&decoder->learned, sequence, code);
}

static void give_key(struct key_decoder *decoder, const struct key *key)
{
    if (key->code != KEY_CODE_NONE && decoder->ready_count < KEY_READY_MAX)
        decoder->ready[decoder->ready_count++] = *key;
}

static void give(struct key_decoder *decoder, uint32_t code)
{
    const struct key key = {.code = code};
    give_key(decoder, &key);
}

bool key_decoder_next(struct key_decoder *decoder, struct key *key)
{
    if (decoder->ready_at == decoder->ready_count) {
        decoder->ready_at = decoder->ready_count = 0;
        return false;
    }
    *key = decoder->ready[decoder->ready_at++];
    return true;
}

static void enter(struct key_decoder *decoder, enum key_state state)
{
    decoder->state = state;
}

static void keep(struct key_decoder *decoder, unsigned char byte)
{
    if (decoder->length < KEY_SEQUENCE_MAX)
        decoder->sequence[decoder->length] = byte;
    decoder->length++;
}

static bool is_whole(const struct key_decoder *decoder)
{
    return decoder->length <= KEY_SEQUENCE_MAX;
}

static void begin(struct key_decoder *decoder, unsigned char byte, enum key_state state,
                  int64_t now_ns)
{
    decoder->length = 0;
    decoder->alt = false;
    decoder->since_ns = now_ns;
    keep(decoder, byte);
    enter(decoder, state);
}

static const struct key_learned_row *find_learned(const struct key_decoder *decoder, bool exact)
{
    if (!is_whole(decoder) || decoder->alt)
        return NULL;
    return key_learned_find(&decoder->learned, decoder->sequence, decoder->length, exact);
}

/* True: the sequence so far was learned; its key is delivered. */
static bool give_learned(struct key_decoder *decoder)
{
    const struct key_learned_row *learned = find_learned(decoder, true);
    if (!learned)
        return false;
    give(decoder, learned->code);
    enter(decoder, KEY_STATE_GROUND);
    return true;
}

/* The sequence is complete; with Alt it is not a key of ours. */
static void finish(struct key_decoder *decoder, const struct key *key)
{
    enter(decoder, KEY_STATE_GROUND);
    if (!decoder->alt)
        give_key(decoder, key);
}

static void finish_code(struct key_decoder *decoder, uint32_t code)
{
    const struct key key = {.code = code};
    finish(decoder, &key);
}

static void begin_paste(struct key_decoder *decoder, int64_t now_ns)
{
    decoder->since_ns = now_ns;
    decoder->marker = decoder->utf8.more = 0;
    decoder->any = decoder->blank = false;
    enter(decoder, KEY_STATE_PASTE);
}

/* A C1 control as one byte or in UTF-8; false: it begins nothing. */
static bool begin_c1(struct key_decoder *decoder, uint32_t code, int64_t now_ns)
{
    static const struct {
        unsigned char code, letter;
        enum key_state state;
    } C1[] = {{C1_SS3, 'O', KEY_STATE_SS3},  {C1_CSI, '[', KEY_STATE_CSI},
              {0x90, 'P', KEY_STATE_STRING}, {0x98, 'X', KEY_STATE_STRING},
              {0x9d, ']', KEY_STATE_STRING}, {0x9e, '^', KEY_STATE_STRING},
              {0x9f, '_', KEY_STATE_STRING}};
    for (size_t i = 0; i < sizeof(C1) / sizeof(C1[0]); i++) {
        if (C1[i].code != code)
            continue;
        begin(decoder, ESC, C1[i].state, now_ns);
        keep(decoder, C1[i].letter);
        return true;
    }
    return false;
}

static void take_control(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    begin(decoder, byte, KEY_STATE_GROUND, now_ns);
    if (byte == ESC)
        enter(decoder, KEY_STATE_ESCAPE);
    else if (find_learned(decoder, false))
        enter(decoder, KEY_STATE_LEARNED);
    else if (!give_learned(decoder))
        give(decoder, key_of_control(byte));
}

static void in_ground(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    const bool late = now_ns < decoder->late_until_ns;
    decoder->late_until_ns = 0;
    if (late && (byte == '[' || byte == 'O'))
        begin(decoder, byte, KEY_STATE_LATE, now_ns);
    else if (byte < ' ' || byte == 127)
        take_control(decoder, byte, now_ns);
    else if (byte < 127)
        give(decoder, byte);
    else if (key_utf8_begin(&decoder->utf8, byte) == KEY_UTF8_MORE)
        begin(decoder, byte, KEY_STATE_UTF8, now_ns);
    else
        begin_c1(decoder, byte, now_ns);
}

static void in_utf8(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    switch (key_utf8_take(&decoder->utf8, byte)) {
    case KEY_UTF8_MORE:
        return;
    case KEY_UTF8_DONE:
        if (decoder->utf8.code >= 0xa0 || decoder->alt)
            finish_code(decoder, decoder->utf8.code);
        else if (!begin_c1(decoder, decoder->utf8.code, now_ns))
            enter(decoder, KEY_STATE_GROUND);
        return;
    case KEY_UTF8_BAD:
        enter(decoder, KEY_STATE_GROUND);
        in_ground(decoder, byte, now_ns);
        return;
    }
}

/* A complete character with Alt is not a key of ours; after ESC ESC the first ESC was a key. */
static void take_alt(struct key_decoder *decoder, unsigned char byte)
{
    enter(decoder, key_utf8_begin(&decoder->utf8, byte) == KEY_UTF8_MORE ? KEY_STATE_UTF8
                                                                         : KEY_STATE_GROUND);
    if (decoder->alt)
        give(decoder, KEY_CODE_ESCAPE);
    decoder->alt = true;
}

static void give_escape(struct key_decoder *decoder)
{
    for (int i = 0; i <= decoder->alt; i++)
        give(decoder, KEY_CODE_ESCAPE);
}

/* ESC ESC begins a sequence with Alt, or is a key pressed twice. */
static void take_escape_again(struct key_decoder *decoder)
{
    if (decoder->alt)
        give(decoder, KEY_CODE_ESCAPE);
    decoder->alt = true;
}

/* After ESC: the kind of sequence, or a key with Alt, which is not a key of ours. */
static void in_escape(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    const int64_t since_ns = decoder->since_ns;
    decoder->since_ns = now_ns;
    if (byte == ESC) {
        take_escape_again(decoder);
        return;
    }
    keep(decoder, byte);
    if (byte == '[')
        enter(decoder, KEY_STATE_CSI);
    else if (byte == 'O')
        enter(decoder, KEY_STATE_SS3);
    else if (strchr("P]X^_", byte) && byte)
        enter(decoder, KEY_STATE_STRING);
    else if (give_learned(decoder))
        return;
    else if (find_learned(decoder, false))
        enter(decoder, KEY_STATE_LEARNED);
    else if (now_ns == since_ns)
        take_alt(decoder, byte);
    else {
        give_escape(decoder);
        enter(decoder, KEY_STATE_GROUND);
        in_ground(decoder, byte, now_ns);
    }
}

static void in_learned(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    decoder->since_ns = now_ns;
    keep(decoder, byte);
    if (!give_learned(decoder) && !find_learned(decoder, false))
        enter(decoder, KEY_STATE_GROUND);
}

/* A control character ends a sequence that was begun. */
static bool cut_short(struct key_decoder *decoder, unsigned char byte)
{
    if (byte >= ' ' && byte < 127)
        return false;
    enter(decoder, KEY_STATE_GROUND);
    return true;
}

static void finish_csi(struct key_decoder *decoder, unsigned char final, int64_t now_ns)
{
    struct key_csi csi;
    struct key key = {.code = KEY_CODE_NONE};
    if (give_learned(decoder))
        return;
    const bool known =
        is_whole(decoder) && key_csi_parse(&csi, decoder->sequence + CSI_INTRODUCER,
                                           decoder->length - CSI_INTRODUCER - 1, (char) final);
    if (known && key_csi_begins_paste(&csi)) {
        begin_paste(decoder, now_ns);
        return;
    }
    if (known)
        key_of_csi(&csi, &key);
    finish(decoder, &key);
}

static void in_csi(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    if (cut_short(decoder, byte))
        return;
    keep(decoder, byte);
    const bool first = decoder->length == CSI_INTRODUCER + 1;
    if (byte == RXVT_SHIFT)
        decoder->since_ns = now_ns;
    if (byte < '@')
        return;
    if (first && byte == '[' && !give_learned(decoder))
        enter(decoder, KEY_STATE_CONSOLE);
    else if (first && byte == 'M' && !find_learned(decoder, true))
        enter(decoder, KEY_STATE_REPORT);
    else if (decoder->state == KEY_STATE_CSI)
        finish_csi(decoder, byte, now_ns);
}

static void in_console(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    (void)now_ns;
    if (cut_short(decoder, byte))
        return;
    keep(decoder, byte);
    if (!give_learned(decoder))
        finish_code(decoder, key_of_console(byte));
}

static void in_report(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    const size_t head = CSI_INTRODUCER + 1;
    struct key key;
    (void)now_ns;
    keep(decoder, byte);
    if (decoder->length < head + 3)
        return;
    key_of_report(decoder->sequence + head, &key);
    finish(decoder, &key);
}

static void in_ss3(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    (void)now_ns;
    if (cut_short(decoder, byte))
        return;
    keep(decoder, byte);
    if (byte >= '0' && byte <= '?') /* a modifier, in an old form of xterm */
        return;
    if (!give_learned(decoder))
        finish_code(decoder, decoder->length == CSI_INTRODUCER + 1 ? key_of_ss3(byte)
                                                                   : (uint32_t)KEY_CODE_NONE);
}

/* "rgb:ffff/ffff/ffff", with one to four digits each: the first two count. */
static bool read_color(const char *text, unsigned color[3])
{
    for (int i = 0; i < 3; i++) {
        unsigned digits = 0, value = 0, digit;
        for (; sscanf(text, "%1x", &digit) == 1; text++, digits++)
            value = digits < 2 ? value * 16 + digit : value;
        if (digits == 0 || digits > 4 || (i < 2 && *text++ != '/'))
            return false;
        color[i] = digits == 1 ? value * 17 : value;
    }
    return *text == '\0';
}

/* A whole string was read: the terminal's background, or irrelevant. */
static void finish_string(struct key_decoder *decoder)
{
    static const char REPORT[] = "\033]11;rgb:";
    char text[KEY_SEQUENCE_MAX + 1] = "";
    unsigned color[3];
    enter(decoder, KEY_STATE_GROUND);
    if (!is_whole(decoder))
        return;
    memcpy(text, decoder->sequence, decoder->length);
    if (strncmp(text, REPORT, sizeof(REPORT) - 1) != 0 ||
        !read_color(text + sizeof(REPORT) - 1, color))
        return;
    decoder->background = color[0] * 299 + color[1] * 587 + color[2] * 114 > 128000
                              ? KEY_BACKGROUND_LIGHT
                              : KEY_BACKGROUND_DARK;
}

static void in_string(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    (void)now_ns;
    if (byte == BEL || byte == C1_ST)
        finish_string(decoder);
    else if (byte == CAN || byte == SUB)
        enter(decoder, KEY_STATE_GROUND);
    else if (byte == ESC)
        enter(decoder, KEY_STATE_TERMINATOR);
    else
        keep(decoder, byte);
}

static void in_terminator(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    if (byte == '\\') {
        finish_string(decoder);
        return;
    }
    enter(decoder, KEY_STATE_GROUND);
    begin(decoder, ESC, KEY_STATE_ESCAPE, now_ns);
    if (byte != ESC)
        key_decoder_feed(decoder, byte, now_ns);
}

static void in_late(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    const unsigned char introducer = decoder->sequence[0];
    begin(decoder, ESC, introducer == '[' ? KEY_STATE_CSI : KEY_STATE_SS3, now_ns);
    keep(decoder, introducer);
    key_decoder_feed(decoder, byte, now_ns);
}

static void give_pasted(struct key_decoder *decoder, uint32_t code)
{
    struct key key = {.code = ' ', .pasted = true};
    if (code < ' ' || (code >= 127 && code < 0xa0)) {
        decoder->blank |= code == '\n' || code == '\r' || code == '\t';
        return;
    }
    if (decoder->blank && decoder->any)
        give_key(decoder, &key);
    decoder->blank = false;
    decoder->any = true;
    key.code = code;
    give_key(decoder, &key);
}

static void paste_byte(struct key_decoder *decoder, unsigned char byte)
{
    if (decoder->utf8.more > 0) {
        const enum key_utf8_result result = key_utf8_take(&decoder->utf8, byte);
        if (result == KEY_UTF8_DONE)
            give_pasted(decoder, decoder->utf8.code);
        if (result != KEY_UTF8_BAD)
            return;
    }
    if (byte < 0x80)
        give_pasted(decoder, byte);
    else
        key_utf8_begin(&decoder->utf8, byte);
}

/* True: the byte belongs to a marker, or may do so; otherwise the bytes were text. */
static bool is_marker(struct key_decoder *decoder, unsigned char byte, unsigned char digit)
{
    const size_t digit_at = sizeof(PASTE_MARKER) - 1, at = decoder->marker;
    const unsigned char wanted = at < digit_at    ? (unsigned char)PASTE_MARKER[at]
                                 : at == digit_at ? digit
                                                  : '~';
    if (byte == wanted) {
        decoder->marker++;
        return true;
    }
    decoder->marker = 0;
    for (size_t i = 1; i < at && decoder->state == KEY_STATE_PASTE; i++)
        paste_byte(decoder, i < digit_at ? (unsigned char)PASTE_MARKER[i] : digit);
    if (byte == ESC)
        decoder->marker = 1;
    return byte == ESC;
}

static void in_paste(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    decoder->since_ns = now_ns;
    if (!is_marker(decoder, byte, '1')) {
        paste_byte(decoder, byte);
    } else if (decoder->marker == MARKER_LENGTH) {
        decoder->marker = 0;
        enter(decoder, KEY_STATE_PASTED);
    }
}

static void in_pasted(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    if (now_ns - decoder->since_ns > PASTED_GAP_NS && decoder->marker == 0) {
        enter(decoder, KEY_STATE_GROUND);
        key_decoder_feed(decoder, byte, now_ns);
        return;
    }
    decoder->since_ns = now_ns;
    if (is_marker(decoder, byte, '0') && decoder->marker == MARKER_LENGTH)
        begin_paste(decoder, now_ns);
}

/* wait_ns: how long it lasts without its rest. restarts: ESC begins another sequence. */
static const struct {
    void (*take)(struct key_decoder *decoder, unsigned char byte, int64_t now_ns);
    int64_t wait_ns;
    bool restarts;
} STATES[KEY_STATE_COUNT] = {
    [KEY_STATE_GROUND] = {in_ground, 0, false},
    [KEY_STATE_ESCAPE] = {in_escape, ESCAPE_WAIT_NS, false},
    [KEY_STATE_LATE] = {in_late, ESCAPE_WAIT_NS, true},
    [KEY_STATE_LEARNED] = {in_learned, ESCAPE_WAIT_NS, true},
    [KEY_STATE_CSI] = {in_csi, SEQUENCE_WAIT_NS, true},
    [KEY_STATE_CONSOLE] = {in_console, SEQUENCE_WAIT_NS, true},
    [KEY_STATE_REPORT] = {in_report, SEQUENCE_WAIT_NS, true},
    [KEY_STATE_SS3] = {in_ss3, SEQUENCE_WAIT_NS, true},
    [KEY_STATE_STRING] = {in_string, SEQUENCE_WAIT_NS, false},
    [KEY_STATE_TERMINATOR] = {in_terminator, SEQUENCE_WAIT_NS, false},
    [KEY_STATE_UTF8] = {in_utf8, SEQUENCE_WAIT_NS, true},
    [KEY_STATE_PASTE] = {in_paste, PASTE_WAIT_NS, false},
    [KEY_STATE_PASTED] = {in_pasted, PASTED_GAP_NS, false},
};

void key_decoder_feed(struct key_decoder *decoder, unsigned char byte, int64_t now_ns)
{
    if (byte == ESC && STATES[decoder->state].restarts)
        begin(decoder, ESC, KEY_STATE_ESCAPE, now_ns);
    else
        STATES[decoder->state].take(decoder, byte, now_ns);
}

/* CSI number $: a shifted key of rxvt, unless more comes at once. */
static bool is_shifted(const struct key_decoder *decoder)
{
    size_t at = CSI_INTRODUCER;
    if (decoder->state != KEY_STATE_CSI || !is_whole(decoder))
        return false;
    while (at < decoder->length && decoder->sequence[at] >= '0' && decoder->sequence[at] <= '9')
        at++;
    return at + 1 == decoder->length && decoder->sequence[at] == RXVT_SHIFT;
}

int64_t key_decoder_deadline_ns(const struct key_decoder *decoder)
{
    if (decoder->state == KEY_STATE_GROUND)
        return INT64_MAX;
    return decoder->since_ns +
           (is_shifted(decoder) ? ESCAPE_WAIT_NS : STATES[decoder->state].wait_ns);
}

void key_decoder_expire(struct key_decoder *decoder, int64_t now_ns)
{
    const enum key_state state = decoder->state;
    if (now_ns < key_decoder_deadline_ns(decoder))
        return;
    enter(decoder, KEY_STATE_GROUND);
    if (state == KEY_STATE_ESCAPE) {
        give_escape(decoder);
        decoder->late_until_ns = now_ns + LATE_WAIT_NS;
    } else if (state == KEY_STATE_LATE) {
        give(decoder, decoder->sequence[0]);
    } else if (state == KEY_STATE_LEARNED && decoder->length == 1) {
        give(decoder, key_of_control(decoder->sequence[0]));
    }
}
