/* Getters of columns[]: whose a row is (user, process, unit, container) and since when. What has
 * not been looked up is unknown; who holds a socket no more has no pid here. */
#include "core/column/values.h"
#include "core/json/json.h"
#include "core/text/text.h"

#include <string.h>

#define TICK_NS 4000000 /* of a kernel with HZ=250 */

static bool known_text(const char *text, struct column_value *value)
{
    if (!text || !text[0])
        return false;
    value->text = text;
    return true;
}

COLUMN_VALUE(user)
{
    return (conn->known & KNOWN_UID) &&
           known_text(frame_host_user_name(context->frame,
                                           frame_host_number(context->frame, conn->netns),
                                           conn->uid),
                      value);
}

COLUMN_VALUE(pid)
{
    const struct proc *owner;

    if (conn->owner_word != OWNER_PROCESS)
        return false;
    owner = frame_owner(context->frame, conn);
    if (!owner)
        return false;
    value->number = owner->pid;
    return true;
}

COLUMN_VALUE(proc)
{
    const struct proc *owner = frame_owner(context->frame, conn);

    return owner && known_text(owner->comm, value);
}

COLUMN_VALUE(exe)
{
    const struct proc *owner = frame_owner(context->frame, conn);

    return owner && known_text(owner->exe, value);
}

/* Without the folder: "/usr/sbin/sshd". */
static bool known_program(const char *path, struct column_value *value)
{
    const char *last = path && path[0] == '/' ? strrchr(path, '/') : NULL;

    return known_text(last && last[1] ? last + 1 : path, value);
}

/* A log may have the executable only. */
COLUMN_VALUE(command)
{
    const struct proc *owner = frame_owner(context->frame, conn);

    return owner && ((context->with_args && known_text(owner->command_line, value)) ||
                     known_program(owner->title, value) || known_program(owner->exe, value));
}

COLUMN_VALUE(unit)
{
    const struct group *group = frame_group(context->frame, conn);

    return group && known_text(group->unit, value);
}

COLUMN_VALUE(container)
{
    const struct group *group = frame_group(context->frame, conn);
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    return (group && known_text(group->container, value)) ||
           (netns && known_text(netns->container, value));
}

COLUMN_VALUE(serves)
{
    const struct proc *owner = frame_owner(context->frame, conn);

    return conn->owner_word == OWNER_PROCESS && owner && known_text(owner->serves, value);
}

COLUMN_VALUE(cgroup)
{
    const struct group *group = frame_group(context->frame, conn);

    return group && known_text(group->path, value);
}

COLUMN_VALUE(unit_from)
{
    return frame_group(context->frame, conn) &&
           known_text(words_name(&UNIT_FROM_WORDS, conn->unit_from), value);
}

COLUMN_VALUE(owners)
{
    (void)context;
    if (conn->owner_word != OWNER_PROCESS || !conn->owner_count)
        return false;
    value->number = conn->owner_count;
    return true;
}

static void put_json_holder(struct buffer *buffer, const struct proc *proc)
{
    char time[48];

    buffer_text(buffer, "{\"pid\":");
    buffer_signed(buffer, proc->pid);
    if (proc->start_ns) {
        text_rfc3339(time, sizeof(time), proc->start_ns);
        buffer_text(buffer, ",\"start\":\"");
        buffer_text(buffer, time);
        buffer_char(buffer, '"');
    }
    if (proc->comm && proc->comm[0]) {
        buffer_text(buffer, ",\"comm\":");
        json_put_text(buffer, proc->comm);
    }
    buffer_char(buffer, '}');
}

void put_json_owners(struct buffer *buffer, const struct column_context *context,
                     const struct conn *conn)
{
    bool first = true;

    buffer_char(buffer, '[');
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *proc = frame_holder(context->frame, conn, i);

        if (!proc)
            continue;
        if (!first)
            buffer_char(buffer, ',');
        put_json_holder(buffer, proc);
        first = false;
    }
    buffer_char(buffer, ']');
}

static int64_t since(int64_t now_ns, int64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

bool column_age(const struct column_context *context, const struct conn *conn, struct age *age)
{
    bool has_least = conn->known & KNOWN_CREATED_MAX;
    bool has_most = conn->known & KNOWN_CREATED_MIN;
    int64_t doubt;

    if (!has_least && !has_most)
        return false;
    age->least_ns = has_least ? since(context->now_ns, conn->created_max_ns) : 0;
    age->most_ns = has_most ? since(context->now_ns, conn->created_min_ns) : INT64_MAX;
    age->exact = age->close = false;
    if (has_least && has_most) {
        doubt = age->most_ns - age->least_ns;
        age->exact = doubt < TICK_NS + context->frame->cost.interval_ns;
        age->close = doubt <= age->most_ns / 10;
    }
    return true;
}

/* Only if it is a value rather than a bound, as filters compare with it. */
COLUMN_VALUE(age)
{
    struct age age;

    if (!column_age(context, conn, &age) || !age.exact)
        return false;
    value->number = age.least_ns;
    return true;
}

COLUMN_VALUE(state_age)
{
    if (!(conn->known & KNOWN_STATE_SINCE))
        return false;
    value->number = since(context->now_ns, conn->state_since_ns);
    return true;
}
