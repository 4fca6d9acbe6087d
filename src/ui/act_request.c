/* act_request: the targets of an act, frozen while the picture is still the one that the user
 * saw. */
#include "ui/act_request.h"

#include "core/grouping/grouping.h"
#include "ui/page.h"
#include "ui/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INODES_TRIED 8 /* sockets of a process checked before it counts as a different one */
#define NETNS_ASKED  64

void act_ends_text(const struct column_context *context, const struct conn *conn, char *out,
                   size_t size)
{
    static const char *const ENDS[] = {"local", "remote"};
    struct column_context numbers = *context;
    char text[2][ADDR_TEXT_MAX + 32];
    numbers.lookup = NULL;
    for (size_t i = 0; i < 2; i++)
        column_format(column_find(ENDS[i], strlen(ENDS[i])), &numbers, conn, text[i],
                      sizeof(text[i]));
    if (conn->state == STATE_LISTEN)
        snprintf(out, size, "%s", text[0]);
    else
        snprintf(out, size, "%s ▸ %s", text[0], text[1]);
}

static bool is_hidden(const struct picture *picture, const struct conn *conn)
{
    return picture->accept && !picture->accept(picture->accept_data, &picture->context, conn);
}

static bool holds(const struct frame *frame, const struct conn *conn, const struct proc *proc)
{
    if (conn->owner_word != OWNER_PROCESS)
        return false;
    for (uint32_t i = 0; i < conn->owner_count; i++)
        if (frame_holder(frame, conn, i) == proc)
            return true;
    return conn->owner_count == 0 && frame_owner(frame, conn) == proc;
}

static void fill_facts(const struct frame *frame, const struct proc *proc,
                       struct act_process_facts *facts)
{
    const struct group *group =
        proc->group < frame->group_count ? &frame->groups[proc->group] : NULL;
    const char *user =
        proc->uid == UINT32_MAX ? NULL : frame_host_user_name(frame, proc->host, proc->uid);
    const char *unit = group ? group->unit : "";
    char clock[PAGE_MOMENT_MAX], uid[24] = "";
    *facts = (struct act_process_facts){0};
    if (!user && proc->uid != UINT32_MAX) {
        snprintf(uid, sizeof(uid), "uid %u", proc->uid);
        user = uid;
    }
    snprintf(facts->place, sizeof(facts->place), "%s%s%s", user ? user : "",
             user && unit[0] ? "  " : "", unit);
    if (proc->start_ns) {
        page_moment(clock, proc->start_ns, frame->wall_ns, false);
        snprintf(facts->started, sizeof(facts->started), "started %s", clock);
    }
    for (uint32_t i = 0; i < frame->live_count; i++) {
        if (!holds(frame, &frame->conns[i], proc))
            continue;
        facts->sockets++;
        facts->established += frame->conns[i].state == STATE_ESTABLISHED;
    }
}

static bool is_in(const struct signal_request *request, const struct proc *proc)
{
    for (size_t i = 0; i < request->count; i++)
        if (request->processes[i].pid == proc->pid)
            return true;
    return false;
}

static void leave_out(struct signal_request *request, const char *why)
{
    if (request->left_out++ == 0)
        snprintf(request->why_left_out, sizeof(request->why_left_out), "%s", why);
}

/* In a set guarded targets are left out, as their names would have to be typed. */
static bool take_frozen(struct signal_request *request, const struct frame *frame,
                        const struct proc *proc, struct acts_process *process)
{
    char why[ACTS_TEXT_MAX];
    if (request->of_rows && process->guard[0]) {
        snprintf(why, sizeof(why), "%s %d: %s", process->name, process->pid, process->guard);
        leave_out(request, why);
        request->acts->release(process);
        return false;
    }
    fill_facts(frame, proc, &request->facts[request->count]);
    request->processes[request->count++] = *process;
    return true;
}

static void add_holder(struct signal_request *request, const struct frame *frame,
                       const struct proc *proc, uint32_t inode)
{
    struct acts_process process;
    char why[ACTS_TEXT_MAX];
    if (is_in(request, proc))
        return;
    if (request->count == ACT_PROCESSES) {
        request->more++;
        return;
    }
    if (request->acts->freeze(frame, proc, inode, &process, why) != 0)
        leave_out(request, why);
    else
        take_frozen(request, frame, proc, &process);
}

static void add_holders(struct signal_request *request, const struct frame *frame,
                        const struct conn *conn)
{
    if (conn->owner_word != OWNER_PROCESS)
        return;
    uint32_t inode = conn->known & KNOWN_INODE ? conn->inode : 0;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder)
            add_holder(request, frame, holder, inode);
    }
    const struct proc *owner = conn->owner_count == 0 ? frame_owner(frame, conn) : NULL;
    if (owner)
        add_holder(request, frame, owner, inode);
}

/* Each of several SO_REUSEPORT sockets has its own holders; the user saw them as one row. */
static void add_listeners(struct signal_request *request, const struct frame *frame,
                          const struct conn *conn)
{
    uint64_t key = grouping_listener_key(conn);
    add_holders(request, frame, conn);
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].state == STATE_LISTEN && grouping_listener_key(&frame->conns[i]) == key)
            add_holders(request, frame, &frame->conns[i]);
}

/* A process is the one that was listed if it holds one of the sockets it was listed with: pid and
 * start time alone do not distinguish processes of one clock tick. */
static void add_process(struct signal_request *request, const struct frame *frame,
                        const struct proc *proc)
{
    struct acts_process process;
    char why[ACTS_TEXT_MAX] = "it holds no socket any more";
    int error = -ENOENT;
    unsigned tried = 0;
    for (uint32_t i = 0; i < frame->live_count && error == -ENOENT && tried < INODES_TRIED; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!(conn->known & KNOWN_INODE) || !holds(frame, conn, proc))
            continue;
        tried++;
        error = request->acts->freeze(frame, proc, conn->inode, &process, why);
    }
    if (error) {
        leave_out(request, why);
        return;
    }
    process.inode = 0; /* from now on the pidfd identifies it; its sockets may change */
    take_frozen(request, frame, proc, &process);
}

static void add_set(struct signal_request *request, const struct picture *picture,
                    const struct act_rows *rows)
{
    const struct frame *frame = picture->frame;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!tags_has(&rows->set, conn->serial))
            continue;
        request->rows++;
        request->hidden += is_hidden(picture, conn);
        add_holders(request, frame, conn);
    }
    request->called = request->rows == 1 ? rows->one : rows->several;
}

struct signal_request *signal_request_new(const struct screen_acts *acts,
                                          const struct picture *picture,
                                          const struct act_rows *rows, const struct proc *proc,
                                          const struct conn *conn, bool of_group,
                                          char text[ACTS_TEXT_MAX])
{
    struct signal_request *request = calloc(1, sizeof(*request));
    if (!request) {
        snprintf(text, ACTS_TEXT_MAX, "%s", strerror(ENOMEM));
        return NULL;
    }
    request->acts = acts;
    request->of_rows = rows->set.count > 0;
    request->of_socket = !request->of_rows && !proc;
    request->of_group = request->of_socket && of_group && conn->state == STATE_LISTEN;
    if (request->of_rows)
        add_set(request, picture, rows);
    else if (proc)
        add_process(request, picture->frame, proc);
    else if (request->of_group)
        add_listeners(request, picture->frame, conn);
    else
        add_holders(request, picture->frame, conn);
    if (request->count > 0)
        return request;
    if (request->left_out > 0)
        snprintf(text, ACTS_TEXT_MAX, "%s", request->why_left_out);
    else if (request->of_rows)
        snprintf(text, ACTS_TEXT_MAX, "no process holds a %s now", rows->one);
    else
        pages_no_owner_text(&picture->context, conn, text, ACTS_TEXT_MAX);
    signal_request_free(request);
    return NULL;
}

void signal_request_free(struct signal_request *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < request->count; i++)
        request->acts->release(&request->processes[i]);
    free(request);
}

static void add_row(struct close_request *request, const struct picture *picture,
                    const struct conn *conn, bool hidden)
{
    const char *refusal = request->acts->refuses(conn);
    if (refusal) {
        if (request->left_out++ == 0)
            request->why_left_out = refusal;
        return;
    }
    const char *guard = request->acts->guard(picture->frame, conn);
    request->conns[request->count++] = *conn;
    request->hidden += hidden;
    if (!guard[0])
        return;
    if (request->guarded++ == 0)
        request->guard = guard;
}

static void add_rows(struct close_request *request, const struct picture *picture,
                     const struct tags *set, size_t room)
{
    const struct frame *frame = picture->frame;
    for (int hidden = 1; hidden >= 0; hidden--) {
        for (uint32_t i = 0; i < frame->live_count && request->count < room; i++) {
            const struct conn *conn = &frame->conns[i];
            if (tags_has(set, conn->serial) && is_hidden(picture, conn) == (hidden == 1))
                add_row(request, picture, conn, hidden == 1);
        }
    }
}

static bool is_among(uint32_t netns, const uint32_t *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (asked[i] == netns)
            return true;
    return false;
}

/* False: none of the rows can be closed; text says why. The answer is that of the network namespace:
 * each is asked once, up to NETNS_ASKED. */
static bool may_close_any(const struct close_request *request, char text[ACTS_TEXT_MAX])
{
    uint32_t asked[NETNS_ASKED];
    size_t count = 0;

    for (size_t i = 0; i < request->count; i++) {
        const struct conn *conn = &request->conns[i];
        if (is_among(conn->netns, asked, count))
            continue;
        if (request->acts->may_close(conn, text) == 0)
            return true;
        if (count < NETNS_ASKED)
            asked[count++] = conn->netns;
    }
    return false;
}

struct close_request *close_request_new(const struct screen_acts *acts,
                                        const struct picture *picture, const struct act_rows *rows,
                                        const struct conn *conn, char text[ACTS_TEXT_MAX])
{
    size_t room = rows->set.count > 0 ? rows->set.count : 1;
    struct close_request *request = calloc(1, sizeof(*request));
    struct conn *conns = calloc(room, sizeof(*conns));
    if (!request || !conns) {
        snprintf(text, ACTS_TEXT_MAX, "%s", strerror(ENOMEM));
        free(request);
        free(conns);
        return NULL;
    }
    *request = (struct close_request){
        .acts = acts, .frame = frame_reference(picture->frame), .conns = conns, .guard = ""};
    if (rows->set.count > 0)
        add_rows(request, picture, &rows->set, room);
    else if (!conn_is_ghost(conn))
        add_row(request, picture, conn, false);
    if (request->count > 0 && may_close_any(request, text))
        return request;
    if (request->count == 0)
        snprintf(text, ACTS_TEXT_MAX, "%s",
                 request->left_out ? request->why_left_out : "it is already closed");
    close_request_free(request);
    return NULL;
}

void close_request_free(struct close_request *request)
{
    if (!request)
        return;
    frame_release(request->frame);
    free(request->conns);
    free(request);
}
