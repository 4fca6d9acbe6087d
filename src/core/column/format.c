/* Formatters of columns[] for the screen, for facts whose type is not enough. Text in a frame is
 * safe and must stay so. */
#include "base/clock.h"
#include "core/column/values.h"
#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

/* A listener's two queues count connections and are facts of their own, but are shown in the same
 * columns, as in ss. */
static size_t format_queue(const struct conn *conn, uint32_t queue, char *out, size_t size)
{
    return conn->known & KNOWN_QUEUES ? text_count(out, size, queue) : text_copy(out, size, "");
}

COLUMN_FORMAT(recvq)
{
    (void)context;
    return format_queue(conn, conn->receive_queue, out, size);
}

COLUMN_FORMAT(sendq)
{
    (void)context;
    if (conn->state == STATE_LISTEN && conn->known & KNOWN_NO_BACKLOG)
        return text_copy(out, size, "");
    return format_queue(conn, conn->send_queue, out, size);
}

static const char *service_name(const struct column_context *context, uint16_t port)
{
    const struct lookup *lookup = context->lookup;

    return lookup && lookup->service && port ? lookup->service(lookup->data, port) : NULL;
}

/* The interface of a bound or link-local socket; shown at the local end only. */
static const char *scope_name(const struct column_context *context, const struct conn *conn,
                              const struct addr *addr)
{
    if (!conn->tuple.scope || addr_is_zero(addr))
        return NULL;
    if (!addr_is_link_local(addr, conn->tuple.family))
        return NULL;
    return frame_interface_name(context->frame, conn->netns, conn->tuple.scope);
}

/* With the age of its rows, if the host is no longer read. */
COLUMN_FORMAT(host)
{
    const struct frame_host *host = frame_host_of(context->frame, conn->netns);
    char age[16] = "";
    int length = 0;

    out[0] = '\0';
    if (host && host_state_is_old(host->state) && host->wall_ns)
        text_age(age, sizeof(age), clock_less(context->now_ns, host->wall_ns));
    if (host)
        length = snprintf(out, size, "%s%s%s", host->name, age[0] ? " " : "", age);
    return (size_t)length < size ? (size_t)length : size - 1;
}

COLUMN_FORMAT(netns)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);
    const int length = netns && netns->name[0] ? snprintf(out, size, "%s", netns->name)
                       : conn->netns ? snprintf(out, size, "%u", netns ? netns->inode : conn->netns)
                                     : 0;

    if (length == 0)
        out[0] = '\0';
    return (size_t)length < size ? (size_t)length : size - 1;
}

COLUMN_FORMAT(local)
{
    return tuple_format_end(out, size, &conn->tuple, false,
                            scope_name(context, conn, &conn->tuple.local),
                            service_name(context, conn->tuple.local_port));
}

COLUMN_FORMAT(remote)
{
    const struct tuple *tuple = &conn->tuple;
    const struct lookup *lookup = context->lookup;
    const char *service = service_name(context, tuple->remote_port);
    const char *host = NULL;

    if (!tuple->remote_port && addr_is_zero(&tuple->remote))
        return text_copy(out, size, "*");
    if (lookup && lookup->host)
        host = lookup->host(lookup->data, &tuple->remote, tuple->family);
    if (!host)
        return tuple_format_end(out, size, tuple, true, scope_name(context, conn, &tuple->remote),
                                service);
    if (tuple_lacks_remote_port(tuple))
        snprintf(out, size, "%s:?", host);
    else if (service)
        snprintf(out, size, "%s:%s", host, service);
    else
        snprintf(out, size, "%s:%u", host, (unsigned)tuple->remote_port);
    return strlen(out);
}

static size_t format_port(const struct column_context *context, uint16_t port, char *out,
                          size_t size)
{
    const char *service = service_name(context, port);

    if (service)
        return text_copy(out, size, service);
    return (size_t)snprintf(out, size, "%u", (unsigned)port);
}

COLUMN_FORMAT(lport)
{
    return format_port(context, conn->tuple.local_port, out, size);
}

COLUMN_FORMAT(rport)
{
    struct column_value value;

    if (!value_rport(context, conn, &value))
        return text_copy(out, size, "");
    return format_port(context, conn->tuple.remote_port, out, size);
}

/* Length of a unit's name without its suffix; 0 for units that exist for every login. */
static size_t unit_stem(const char *unit)
{
    const char *dot = strrchr(unit, '.');

    if (!strncmp(unit, "user@", 5) || !strncmp(unit, "session-", 8) || !strncmp(unit, "user-", 5) ||
        !strcmp(unit, "init.scope"))
        return 0;
    return dot ? (size_t)(dot - unit) : strlen(unit);
}

/* "[web]" is shown if it adds to the name of the process: not in "sshd [ssh]". */
static bool stem_says_more(const char *comm, const char *stem, size_t length)
{
    char name[256];

    if (!length || length >= sizeof(name))
        return length > 0;
    memcpy(name, stem, length);
    name[length] = '\0';
    return !strstr(comm, name) && !strstr(name, comm);
}

static size_t append_place(const struct column_context *context, const struct conn *conn,
                           const char *comm, char *out, size_t size, size_t length)
{
    const struct group *group = frame_group(context->frame, conn);
    size_t stem;
    int added = 0;

    if (!group)
        return length;
    if (group->container[0]) {
        added = snprintf(out + length, size - length, " [%s]", group->container);
    } else {
        stem = unit_stem(group->unit);
        if (stem_says_more(comm, group->unit, stem))
            added = snprintf(out + length, size - length, " [%.*s]", (int)stem, group->unit);
    }
    return added > 0 ? strlen(out) : length;
}

COLUMN_FORMAT(process)
{
    const struct proc *owner = frame_owner(context->frame, conn);
    const char *comm = owner && owner->comm[0] ? owner->comm : NULL;
    const char *word = owner_word_name(conn->owner_word);

    if (conn->owner_word == OWNER_PROCESS) {
        size_t length = text_copy(out, size, comm ? comm : "");

        return comm ? append_place(context, conn, comm, out, size, length) : length;
    }
    if (conn->owner_word == OWNER_UNKNOWN)
        return text_copy(out, size, context->ascii ? "..." : "…");
    if (comm && (conn->owner_word == OWNER_LAST || conn->owner_word == OWNER_LISTENER)) {
        snprintf(out, size, "%s %s", conn->owner_word == OWNER_LAST ? "was" : "for", comm);
        return strlen(out);
    }
    return text_copy(out, size, word ? word : "");
}

COLUMN_FORMAT(pid)
{
    struct column_value value;

    if (value_pid(context, conn, &value))
        return (size_t)snprintf(out, size, "%lld", (long long)value.number);
    if (conn->owner_word == OWNER_LAST || conn->owner_word == OWNER_LISTENER)
        return text_copy(out, size, context->ascii ? "-" : "–");
    return text_copy(out, size, "");
}

COLUMN_FORMAT(user)
{
    struct column_value value;

    if (value_user(context, conn, &value))
        return text_copy(out, size, value.text);
    if (!(conn->known & KNOWN_UID))
        return text_copy(out, size, "");
    return (size_t)snprintf(out, size, "%u", conn->uid); /* no such user: show the number */
}

COLUMN_FORMAT(owners)
{
    size_t length = 0;

    out[0] = '\0';
    if (conn->owner_word != OWNER_PROCESS)
        return 0;
    for (uint32_t i = 0; i < conn->owner_count && length + 1 < size; i++) {
        const struct proc *proc = frame_holder(context->frame, conn, i);

        if (!proc)
            continue;
        snprintf(out + length, size - length, "%s%s %d", length ? ", " : "", proc->comm,
                 (int)proc->pid);
        length = strlen(out);
    }
    return length;
}

#define AGE_CELLS 6

COLUMN_FORMAT(age)
{
    struct age age;
    const char *sign = "";
    int64_t shown;

    if (!column_age(context, conn, &age))
        return text_copy(out, size, "");
    shown = age.least_ns;
    if (!age.exact && age.close) {
        sign = "~";
    } else if (!age.exact && age.least_ns >= SECOND_NS) { /* ">0:00" would be useless */
        sign = ">";
    } else if (!age.exact) {
        sign = "<";
        shown = age.most_ns;
    }
    if (shown == INT64_MAX)
        return text_copy(out, size, "");
    size_t length = text_copy(out, size, sign);
    length += text_age(out + length, size - length, shown);
    if (length <= AGE_CELLS) /* too long: ">5d 18h" becomes ">5d", "<5d 18h" becomes "<6d" */
        return length;
    length = text_copy(out, size, sign);
    text_age(out + length, size - length, *sign == '<' ? shown + 24 * 3600 * SECOND_NS : shown);
    length = strcspn(out, " ");
    out[length] = '\0';
    return length;
}

/* The fact behind the state; blank for a socket without any. */
COLUMN_FORMAT(offload)
{
    (void)context;
    if (!(conn->known & KNOWN_ULP) || conn->offload == OFFLOAD_UNKNOWN)
        return text_copy(out, size, "");
    if (conn->offload == OFFLOAD_UPLOADING)
        return text_copy(out, size, "uploading");
    return text_copy(out, size, offload_fact(conn->ulp, conn->tls_tx, conn->tls_rx));
}
