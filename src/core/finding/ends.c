/* ends: see ends.h. */
#include "core/finding/ends.h"

#include "core/other_end.h"

#include <string.h>

#define ROWS_LOOKED_AT 8u /* rows of a finding whose other ends are checked */

enum join { JOIN_LISTENER, JOIN_PROCESS };

static const struct pair {
    const char *consequence, *cause;
    uint8_t join;
} PAIRS[] = {
    {"connect-timeout", "accept-queue-full", JOIN_LISTENER},
    {"connect-timeout", "syn-queue-full", JOIN_LISTENER},
    {"peer-not-reading", "we-not-reading", JOIN_PROCESS},
};

static bool is_of(const struct finding *finding, const char *id)
{
    return strcmp(finding->detector->id, id) == 0;
}

/* A socket of the listener has the target's address, so the target is this listener. */
static bool listens_at(const struct finding_subject *listener, const struct finding_subject *target,
                       const struct frame *frame)
{
    if (listener->kind != SUBJECT_LISTENER || target->kind != SUBJECT_TARGET ||
        listener->port != target->port || listener->family != target->family)
        return false;
    if (listener->netns != target->netns && addr_is_loopback(&target->address, target->family))
        return false;
    if (!addr_is_zero(&listener->address))
        return addr_compare(&listener->address, &target->address) == 0;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->netns == listener->netns && conn->tuple.local_port == target->port &&
            conn->tuple.family == target->family &&
            addr_compare(&conn->tuple.local, &target->address) == 0)
            return true;
    }
    return false;
}

static bool is_row_of(const struct conn *conn, const struct finding_subject *subject)
{
    return conn->netns == subject->netns && conn->tuple.family == subject->family &&
           (!subject->port || conn->tuple.remote_port == subject->port) &&
           addr_compare(&conn->tuple.remote, &subject->address) == 0;
}

/* The process holds the other end of one of the finding's rows. */
static bool ends_at(const struct finding_subject *process, const struct finding_subject *target,
                    const struct frame *frame)
{
    uint32_t looked_at = 0;

    if (process->kind != SUBJECT_PROCESS || !target->family)
        return false;
    for (uint32_t i = 0; i < frame->live_count && looked_at < ROWS_LOOKED_AT; i++) {
        if (!is_row_of(&frame->conns[i], target))
            continue;
        looked_at++;
        const struct conn *other = other_end_of(frame, &frame->conns[i], NULL);
        const struct proc *owner = other ? frame_owner(frame, other) : NULL;
        if (owner && owner->pid == process->pid && owner->start_ticks == process->start_ticks)
            return true;
    }
    return false;
}

static void add_cause(struct finding *finding, uint32_t id)
{
    for (int i = 0; i < BECAUSE_MAX; i++) {
        if (finding->because[i] == id)
            return;
        if (finding->because[i])
            continue;
        finding->because[i] = id;
        finding->confidence = CONFIDENCE_PROVEN;
        finding->open[0] = NULL; /* no other explanations remain */
        return;
    }
}

static void join(struct finding *finding, const struct finding *cause, const struct frame *frame)
{
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        if (!is_of(finding, PAIRS[i].consequence) || !is_of(cause, PAIRS[i].cause))
            continue;
        if (PAIRS[i].join == JOIN_LISTENER ? listens_at(&cause->subject, &finding->subject, frame)
                                           : ends_at(&cause->subject, &finding->subject, frame))
            add_cause(finding, cause->id);
    }
}

void ends_join(struct finding *const *findings, uint32_t count, const struct frame *frame)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            if (i != j && !findings[i]->ended_ns && !findings[j]->ended_ns)
                join(findings[i], findings[j], frame);
}
