/* The other end of a row as a member of its object. */
#include "core/json/json.h"

#include "core/state.h"

/* Without buffer_printf(): of 200,000 rows on the loopback each has one, and it took a third of what
 * `list --json` does itself. */
static void put_owner(struct buffer *buffer, const struct proc *owner)
{
    buffer_text(buffer, ",\"pid\":");
    buffer_signed(buffer, owner->pid);
    buffer_text(buffer, ",\"comm\":");
    json_put_text(buffer, owner->comm);
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
    buffer_text(buffer, "\"state\":\"");
    buffer_text(buffer, TCP_STATES[other->state].name);
    buffer_char(buffer, '"');
    if (host) {
        buffer_text(buffer, ",\"host\":");
        json_put_text(buffer, host->name);
    }
    if (netns && netns->inode) {
        buffer_text(buffer, ",\"netns\":");
        buffer_unsigned(buffer, netns->inode);
    }
    if (netns && netns->name[0]) {
        buffer_text(buffer, ",\"netns_name\":");
        json_put_text(buffer, netns->name);
    }
    if (other->cookie) {
        buffer_text(buffer, ",\"cookie\":\"");
        buffer_hex(buffer, other->cookie);
        buffer_char(buffer, '"');
    }
    if (owner)
        put_owner(buffer, owner);
    buffer_char(buffer, '}');
}
