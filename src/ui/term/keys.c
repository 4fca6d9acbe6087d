/* keys: reads the terminal. */
#include "ui/term/keys.h"

#include "base/clock.h"

#include <poll.h>
#include <unistd.h>

const struct term_key_name TERM_KEYS[] = {
    {"kcuu1", KEY_CODE_UP},      {"kcud1", KEY_CODE_DOWN},    {"kcub1", KEY_CODE_LEFT},
    {"kcuf1", KEY_CODE_RIGHT},   {"khome", KEY_CODE_HOME},    {"kend", KEY_CODE_END},
    {"kpp", KEY_CODE_PAGE_UP},   {"knp", KEY_CODE_PAGE_DOWN}, {"kich1", KEY_CODE_INSERT},
    {"kdch1", KEY_CODE_DELETE},  {"kent", KEY_CODE_ENTER},    {"kbs", KEY_CODE_BACKSPACE},
    {"kcbt", KEY_CODE_BACK_TAB}, {"kf1", KEY_CODE_F(1)},      {"kf2", KEY_CODE_F(2)},
    {"kf3", KEY_CODE_F(3)},      {"kf4", KEY_CODE_F(4)},      {"kf5", KEY_CODE_F(5)},
    {"kf6", KEY_CODE_F(6)},      {"kf7", KEY_CODE_F(7)},      {"kf8", KEY_CODE_F(8)},
    {"kf9", KEY_CODE_F(9)},      {"kf10", KEY_CODE_F(10)},    {"kf11", KEY_CODE_F(11)},
    {"kf12", KEY_CODE_F(12)},
};
const size_t term_key_count = sizeof(TERM_KEYS) / sizeof(TERM_KEYS[0]);

static bool has_byte(struct term_keys *keys, int descriptor)
{
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    if (keys->at < keys->count)
        return true;
    keys->at = keys->count = 0;
    if (poll(&wait, 1, 0) <= 0 || !(wait.revents & POLLIN))
        return false;
    const ssize_t got = read(descriptor, keys->bytes, sizeof(keys->bytes));
    keys->count = got > 0 ? (size_t)got : 0;
    keys->read_ns = clock_mono_ns();
    return got > 0;
}

/* Timeouts count only if nothing is pending: bytes that were read late had arrived in time. */
bool term_keys_next(struct term_keys *keys, int descriptor, struct key *key)
{
    while (!key_decoder_next(&keys->decoder, key)) {
        if (has_byte(keys, descriptor)) {
            key_decoder_feed(&keys->decoder, keys->bytes[keys->at++], keys->read_ns);
            continue;
        }
        const int64_t now = clock_mono_ns();
        if (now < key_decoder_deadline_ns(&keys->decoder))
            return false;
        key_decoder_expire(&keys->decoder, now);
    }
    return true;
}
