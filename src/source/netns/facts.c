/* netns_facts: see facts.h. */
#include "source/netns/facts.h"

#include "base/clock.h"
#include "base/grow.h"
#include "source/host_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROC_MOST 64

struct known {
    uint64_t id;
    struct host_reader *reader;
    struct host_facts last;
    bool has_last, wanted; /* wanted: requested in this frame */
};

struct netns_facts {
    char *proc_root;
    struct known *rows;
    uint32_t count, capacity, next; /* next: requests mostly come in the same order as before */
    int64_t mono_ns, until_ns;
    int64_t oldest_ns; /* of those requested in the last frame: decides which is next */
    int64_t oldest_now_ns;
};

/* Context of host_reader_read_at. */
struct visit {
    struct netns_list *list;
    const struct netns_entry *entry;
};

struct netns_facts *netns_facts_new(const char *proc_root)
{
    struct netns_facts *facts = calloc(1, sizeof(*facts));

    if (!facts)
        return NULL;
    facts->proc_root = strdup(proc_root);
    if (facts->proc_root)
        return facts;
    free(facts);
    return NULL;
}

void netns_facts_free(struct netns_facts *facts)
{
    if (!facts)
        return;
    for (uint32_t i = 0; i < facts->count; i++)
        host_reader_free(facts->rows[i].reader);
    free(facts->rows);
    free(facts->proc_root);
    free(facts);
}

void netns_facts_begin(struct netns_facts *facts, int64_t mono_ns)
{
    facts->mono_ns = mono_ns;
    facts->until_ns = clock_mono_ns() + NETNS_FACTS_BUDGET_NS;
    facts->oldest_ns = facts->oldest_now_ns;
    facts->oldest_now_ns = INT64_MAX;
    facts->next = 0;
    for (uint32_t i = 0; i < facts->count; i++)
        facts->rows[i].wanted = false;
}

static struct known *known_of(struct netns_facts *facts, uint64_t id)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const uint32_t at = (facts->next + i) % facts->count;
        if (facts->rows[at].id != id)
            continue;
        facts->next = at + 1;
        return &facts->rows[at];
    }
    if (GROW(facts->rows, facts->capacity, facts->count + 1))
        return NULL;
    struct host_reader *reader = host_reader_new(facts->proc_root);
    if (!reader)
        return NULL;
    struct known *known = &facts->rows[facts->count++];
    *known = (struct known){.id = id, .reader = reader};
    return known;
}

static int enter(void *context)
{
    const struct visit *visit = context;
    return netns_list_enter(visit->list, visit->entry);
}

static void leave(void *context)
{
    const struct visit *visit = context;
    (void)netns_list_leave(visit->list);
}

/* Oldest reading first: each frame continues where the last one stopped. */
static bool is_due(const struct netns_facts *facts, const struct known *known)
{
    if (clock_mono_ns() >= facts->until_ns)
        return false;
    return !known->has_last || facts->oldest_ns == INT64_MAX ||
           known->last.mono_ns <= facts->oldest_ns + SECOND_NS / 2;
}

static void read_now(struct netns_facts *facts, struct netns_list *list,
                     const struct netns_entry *entry, struct known *known)
{
    char path[PROC_MOST];
    struct visit visit = {.list = list, .entry = entry};

    if (netns_list_proc(list, entry, path, sizeof(path)))
        return;
    const char *process = strrchr(path, '/') + 1;
    const struct host_place place = {
        .process = process, .enter = enter, .leave = leave, .context = &visit};
    known->last.netns = entry->key;
    host_reader_read_at(known->reader, &place, &known->last, facts->mono_ns);
    known->has_last = true;
}

int netns_facts_read(struct netns_facts *facts, struct netns_list *list,
                     const struct netns_entry *entry, struct host_facts *out)
{
    struct known *known = known_of(facts, entry->id);

    if (!known)
        return -ENOMEM;
    known->wanted = true;
    if (is_due(facts, known))
        read_now(facts, list, entry, known);
    if (!known->has_last)
        return -ENODATA;
    if (known->last.mono_ns < facts->oldest_now_ns)
        facts->oldest_now_ns = known->last.mono_ns;
    *out = known->last;
    out->netns = entry->key;
    return 0;
}

void netns_facts_end(struct netns_facts *facts)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->rows[i].wanted)
            facts->rows[kept++] = facts->rows[i];
        else
            host_reader_free(facts->rows[i].reader);
    }
    facts->count = kept;
}
