/* Any bytes and pauses through the decoder of keys. A byte 0xff is followed by one that says how
 * long nothing comes; all else is typed. */
#include "base/clock.h"
#include "fuzz_target.h"
#include "ui/key/decode.h"

#include <string.h>

#define PAUSE_BYTE 0xff
#define LONG_NS    (30 * SECOND_NS)

static void check_keys(struct key_decoder *decoder)
{
    struct key key;
    char text[5];
    while (key_decoder_next(decoder, &key)) {
        CHECK(key.code != KEY_CODE_NONE && key.code <= KEY_CODE_WHEEL_DOWN);
        CHECK(key.code < 0xd800 || key.code > 0xdfff);
        CHECK(key.code < 0x80 || key.code > 0x9f);
        CHECK(!key.pasted || (key.code >= ' ' && key.code < KEY_CODE_NAMED));
        CHECK(key.row >= 0 && key.col >= 0);
        CHECK(key_utf8(text, key.code) == strlen(text));
    }
}

/* Nothing stays incomplete for ever, and then a plain key is itself. */
static void check_end(struct key_decoder *decoder, int64_t now_ns)
{
    struct key key;
    key_decoder_expire(decoder, now_ns + LONG_NS);
    check_keys(decoder);
    CHECK(key_decoder_deadline_ns(decoder) == INT64_MAX);
    key_decoder_feed(decoder, 'j', now_ns + 2 * LONG_NS);
    CHECK(key_decoder_next(decoder, &key) && key.code == 'j' && !key.pasted);
    CHECK(!key_decoder_next(decoder, &key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct key_decoder decoder;
    int64_t now_ns = SECOND_NS;
    key_decoder_init(&decoder);
    key_decoder_learn(&decoder, "\033?x", KEY_CODE_F(1));
    key_decoder_learn(&decoder, "\001@\r", KEY_CODE_F(2));
    for (size_t i = 0; i < size; i++) {
        if (data[i] == PAUSE_BYTE && i + 1 < size) {
            now_ns += data[++i] * MILLISECOND_NS * 16;
            if (now_ns >= key_decoder_deadline_ns(&decoder))
                key_decoder_expire(&decoder, now_ns);
        } else {
            key_decoder_feed(&decoder, data[i], now_ns);
        }
        check_keys(&decoder);
    }
    check_end(&decoder, now_ns);
    return 0;
}
