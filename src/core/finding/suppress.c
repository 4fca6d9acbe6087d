/* One row per pair of detectors: cause, consequence, and what their subjects must have in
 * common. */
#include "core/finding/suppress.h"

#include <string.h>

enum common {
    COMMON_NETNS,   /* the same network namespace, or the whole host */
    COMMON_PROCESS, /* the same process */
    COMMON_PLACE,   /* the same address and port, or the same process */
    COMMON_ADDRESS  /* the same remote address */
};

static const struct suppression {
    const char *cause, *consequence;
    uint8_t common;
} SUPPRESSIONS[] = {
    {"process-stopped", "accept-queue-full", COMMON_PROCESS},
    {"process-stopped", "accept-wait", COMMON_PROCESS},
    {"process-stopped", "we-not-reading", COMMON_PROCESS},
    {"process-stopped", "close-wait-leak", COMMON_PROCESS},
    {"fd-limit", "accept-queue-full", COMMON_PROCESS},
    {"fd-limit", "accept-wait", COMMON_PROCESS},
    {"host-files", "accept-queue-full", COMMON_NETNS},
    {"host-files", "accept-wait", COMMON_NETNS},
    {"accept-queue-full", "listen-drops-other", COMMON_NETNS},
    {"accept-queue-full", "accept-wait", COMMON_PLACE},
    {"accept-queue-full", "backlog-capped", COMMON_PLACE},
    {"accept-queue-full", "syn-queue-full", COMMON_PLACE},
    {"accept-queue-full", "handshake-unanswered", COMMON_PLACE},
    {"syn-queue-full", "handshake-unanswered", COMMON_PLACE},
    {"syn-queue-full", "listen-drops-other", COMMON_NETNS},
    {"tcp-memory", "receive-drops", COMMON_NETNS},
    {"tcp-memory", "receive-collapse", COMMON_NETNS},
    {"tcp-memory", "orphans", COMMON_NETNS},
    {"host-drops", "retransmissions", COMMON_NETNS},
    {"host-drops", "dead-peer", COMMON_NETNS},
    {"dead-peer", "retransmissions", COMMON_ADDRESS},
    {"dead-peer", "keepalive-unanswered", COMMON_ADDRESS},
    {"dead-peer", "connect-timeout", COMMON_ADDRESS},
    {"churn", "ports-exhausted", COMMON_PLACE},
    {"churn", "tw-overflow", COMMON_NETNS},
    {"ports-exhausted", "connect-failing", COMMON_PLACE},
    {"spurious-retrans", "retransmissions", COMMON_ADDRESS},
    {"conntrack-full", "connect-timeout", COMMON_NETNS},
    {"conntrack-full", "dead-peer", COMMON_NETNS},
    {"connect-timeout", "syn-loss", COMMON_NETNS},
    {"noisy-neighbor", "retransmissions", COMMON_NETNS},
    {"noisy-neighbor", "bufferbloat", COMMON_NETNS},
    {"noisy-neighbor", "retrans-not-sent", COMMON_NETNS},
    {"peer-not-reading", "limited-by-receiver", COMMON_PROCESS},
    {"close-wait-leak", "fd-limit", COMMON_PROCESS},
    {"retransmissions", "limited-by-network", COMMON_ADDRESS},
    {"bufferbloat", "limited-by-network", COMMON_ADDRESS},
    {"pmtu-blackhole", "dead-peer", COMMON_ADDRESS},
    {"lost-on-the-way", "retransmissions", COMMON_ADDRESS},
    {"lost-on-the-way", "spurious-retrans", COMMON_ADDRESS},
    {"half-open", "dead-peer", COMMON_ADDRESS},
    {"pmtu-blackhole", "retransmissions", COMMON_ADDRESS},
    {"accept-monopoly", "accept-queue-full", COMMON_PLACE},
    {"reuseport-imbalance", "accept-queue-full", COMMON_PLACE},
};

static bool same_process(const struct finding_subject *a, const struct finding_subject *b)
{
    return a->pid > 0 && a->pid == b->pid;
}

static bool same_address(const struct finding_subject *a, const struct finding_subject *b)
{
    return a->family && a->family == b->family && addr_compare(&a->address, &b->address) == 0;
}

static bool have_in_common(enum common common, const struct finding_subject *a,
                           const struct finding_subject *b)
{
    switch (common) {
    case COMMON_NETNS:
        return true;
    case COMMON_PROCESS:
        return same_process(a, b);
    case COMMON_PLACE:
        return same_process(a, b) || (same_address(a, b) && a->port == b->port);
    case COMMON_ADDRESS:
        return same_address(a, b) || a->kind == SUBJECT_NETNS || b->kind == SUBJECT_NETNS;
    }
    return false;
}

/* While the host can still open files, no accept() fails for lack of them. */
static bool has_consequences(const struct finding *finding)
{
    return strcmp(finding->detector->id, "host-files") != 0 ||
           finding->severity == SEVERITY_CRITICAL;
}

static bool is_cause(const struct finding *cause, const struct finding *consequence)
{
    const struct finding_subject *a = &cause->subject, *b = &consequence->subject;

    if (!has_consequences(cause))
        return false;
    if (a->netns != b->netns && a->kind != SUBJECT_HOST && b->kind != SUBJECT_HOST)
        return false;
    for (size_t i = 0; i < sizeof(SUPPRESSIONS) / sizeof(SUPPRESSIONS[0]); i++) {
        const struct suppression *row = &SUPPRESSIONS[i];
        if (strcmp(row->cause, cause->detector->id) == 0 &&
            strcmp(row->consequence, consequence->detector->id) == 0 &&
            have_in_common((enum common)row->common, a, b))
            return true;
    }
    return false;
}

static bool is_among(struct finding *const *findings, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (findings[i]->id == id)
            return true;
    return false;
}

/* What caused it and has ended since is its cause still. */
static void keep_ended(struct finding *finding, uint32_t causes, const uint32_t *before,
                       struct finding *const *findings, uint32_t count)
{
    for (uint32_t i = 0; i < BECAUSE_MAX && causes < BECAUSE_MAX; i++)
        if (before[i] && !is_among(findings, count, before[i]))
            finding->because[causes++] = before[i];
}

void suppress(struct finding *const *findings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t causes = 0, before[BECAUSE_MAX];
        memcpy(before, findings[i]->because, sizeof(before));
        memset(findings[i]->because, 0, sizeof(findings[i]->because));
        for (uint32_t j = 0; j < count && causes < BECAUSE_MAX; j++)
            if (i != j && is_cause(findings[j], findings[i]))
                findings[i]->because[causes++] = findings[j]->id;
        keep_ended(findings[i], causes, before, findings, count);
    }
}

static void move_below(const struct finding **findings, uint32_t from, uint32_t to)
{
    const struct finding *moved = findings[from];
    if (from < to)
        memmove(&findings[from], &findings[from + 1], (to - from) * sizeof(*findings));
    else
        memmove(&findings[to + 1], &findings[to], (from - to) * sizeof(*findings));
    findings[to] = moved;
}

static uint32_t place_of(const struct finding *const *findings, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (findings[i]->id == id)
            return i;
    return count;
}

/* Moves it after its cause and the other consequences of that. */
void suppress_order(const struct finding **findings, uint32_t count)
{
    const struct finding *given[FINDINGS_MAX];

    if (count > FINDINGS_MAX)
        return;
    memcpy(given, findings, count * sizeof(*findings));
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t cause = place_of(findings, count, given[i]->because[0]);
        if (given[i]->because[0] == 0 || cause == count)
            continue;
        const uint32_t from = place_of(findings, count, given[i]->id);
        uint32_t to = cause + 1;
        while (to < count && findings[to]->because[0] == given[i]->because[0] && to != from)
            to++;
        move_below(findings, from, from < to ? to - 1 : to);
    }
}
