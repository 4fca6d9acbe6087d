/* The other end of a row as a member of its object. */
#include "core/json/json.h"

#include "core/digits.h"
#include "core/state.h"

#include <string.h>

#define PLAIN_MAX 256 /* keys, numbers and the name of a state */

static char *put(char *at, const char *text)
{
    const size_t length = strlen(text);

    memcpy(at, text, length);
    return at + length;
}

static char *put_hex(char *at, uint64_t value)
{
    for (int shift = 60 - __builtin_clzll(value | 1) / 4 * 4; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    return at;
}

static void put_text(struct buffer *buffer, const char *key, const char *text)
{
    buffer_text(buffer, key);
    json_put_text(buffer, text);
}

/* Keeps what was written up to `at`, in room for PLAIN_MAX bytes. */
static void keep(struct buffer *buffer, char *at)
{
    *at = '\0';
    buffer->length = (size_t)(at - buffer->data);
}

static void put_state(struct buffer *buffer, uint8_t state, const struct frame_host *host)
{
    char *at = buffer_reserve(buffer, PLAIN_MAX);

    if (at)
        keep(buffer, put(put(put(at, "\"state\":\""), TCP_STATES[state].name), "\""));
    if (host)
        put_text(buffer, ",\"host\":", host->name);
}

static void put_netns(struct buffer *buffer, const struct frame_netns *netns)
{
    char *at = netns->inode ? buffer_reserve(buffer, PLAIN_MAX) : NULL;

    if (at)
        keep(buffer, digits_write(put(at, ",\"netns\":"), netns->inode));
    if (netns_is_named(netns->name, netns->inode))
        put_text(buffer, ",\"netns_name\":", netns->name);
}

/* In one piece, for speed: on the loopback every row has another end. */
static void put_identity(struct buffer *buffer, const struct conn *other, const struct proc *owner)
{
    char *at = buffer_reserve(buffer, PLAIN_MAX);

    if (!at)
        return;
    if (other->cookie)
        at = put(put_hex(put(at, ",\"cookie\":\""), other->cookie), "\"");
    if (owner)
        at = digits_write(put(at, ",\"pid\":"), (uint64_t)owner->pid);
    keep(buffer, at);
    if (owner)
        put_text(buffer, ",\"comm\":", owner->comm);
}

void json_other_end(struct buffer *buffer, const struct frame *frame, const struct conn *other,
                    uint32_t several)
{
    if (!other && !several)
        return;
    buffer_text(buffer, ",\"other_end\":{");
    if (!other) {
        buffer_printf(buffer, "\"several\":%u}", several);
        return;
    }
    const struct frame_netns *netns = frame_find_netns(frame, other->netns);
    const struct frame_host *host = frame_host_of(frame, other->netns);
    const struct proc *owner =
        other->owner_word == OWNER_PROCESS ? frame_owner(frame, other) : NULL;
    put_state(buffer, other->state, host);
    if (netns)
        put_netns(buffer, netns);
    put_identity(buffer, other, owner);
    buffer_char(buffer, '}');
}
