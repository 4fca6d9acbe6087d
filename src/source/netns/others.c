/* netns_others: see others.h. */
#include "source/netns/others.h"

#include "base/clock.h"
#include "base/grow.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LEAST_DESCRIPTORS 32u

struct counted {
    uint64_t id;
    uint64_t sockets;
    int64_t read_ns; /* 0 = never */
    bool known;
};

struct netns_others {
    struct netns_list *list;
    struct counted *rows, *before; /* in the order of the list; `before`: those of the last frame */
    uint32_t count, capacity, before_count, before_capacity;
};

/* If few descriptors are allowed, those of the list are needed for the rows. */
static bool are_descriptors_to_spare(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= LEAST_DESCRIPTORS;
}

struct netns_others *netns_others_new(const char *proc_root)
{
    struct netns_others *others = are_descriptors_to_spare() ? calloc(1, sizeof(*others)) : NULL;

    if (others && netns_list_open(&others->list, proc_root) == 0)
        return others;
    free(others);
    return NULL;
}

void netns_others_free(struct netns_others *others)
{
    if (!others)
        return;
    netns_list_close(others->list);
    free(others->rows);
    free(others->before);
    free(others);
}

static bool read_into(struct host_facts *facts, const char *folder, const char *name,
                      enum fact_file kind)
{
    char path[PATH_MAX], text[1024];

    snprintf(path, sizeof(path), "%s/net/%s", folder, name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const ssize_t length = read(file, text, sizeof(text));
    close(file);
    if (length > 0)
        host_facts_parse(facts, kind, text, (size_t)length);
    return length > 0;
}

static void count_sockets(struct netns_list *list, const struct netns_entry *entry,
                          struct counted *counted, int64_t now_ns)
{
    char folder[64];
    struct host_facts facts = {0};

    counted->read_ns = now_ns;
    counted->known = netns_list_proc(list, entry, folder, sizeof(folder)) == 0 &&
                     read_into(&facts, folder, "sockstat", FACT_FILE_SOCKSTAT);
    if (!counted->known)
        return;
    (void)read_into(&facts, folder, "sockstat6", FACT_FILE_SOCKSTAT6); /* absent without IPv6 */
    counted->sockets = host_fact(&facts, FACT_TCP_INUSE) + host_fact(&facts, FACT_TCP_TW) +
                       host_fact(&facts, FACT_TCP6_INUSE);
}

/* Both tables are in the order of the list: mostly the next one matches. */
static struct counted *carry(struct netns_others *others, const struct netns_entry *entry,
                             uint32_t *at)
{
    for (uint32_t n = 0; n < others->before_count && others->before[*at].id != entry->id; n++)
        *at = (*at + 1) % others->before_count;
    if (GROW(others->rows, others->capacity, others->count + 1))
        return NULL;
    struct counted *counted = &others->rows[others->count++];
    *counted = (struct counted){.id = entry->id};
    if (others->before_count && others->before[*at].id == entry->id)
        *counted = others->before[*at];
    return counted;
}

static void swap(struct netns_others *others)
{
    struct counted *const rows = others->before;
    const uint32_t capacity = others->before_capacity;

    others->before = others->rows;
    others->before_count = others->count;
    others->before_capacity = others->capacity;
    others->rows = rows;
    others->capacity = capacity;
    others->count = 0;
}

static void count_one(struct netns_others *others, const struct netns_entry *entry, uint32_t *at,
                      int64_t began_ns, struct other_netns *out)
{
    struct counted *counted = carry(others, entry, at);

    if (!counted)
        return;
    if ((counted->read_ns == 0 || began_ns - counted->read_ns >= NETNS_OTHERS_AGE_NS) &&
        clock_mono_ns() - began_ns < NETNS_OTHERS_BUDGET_NS)
        count_sockets(others->list, entry, counted, began_ns);
    out->unread += !counted->known && counted->read_ns;
    out->count += counted->known && counted->sockets > 0;
    out->sockets += counted->known ? counted->sockets : 0;
}

void netns_others_count(struct netns_others *others, struct frame *frame)
{
    uint32_t at = 0;

    frame->other_netns = (struct other_netns){0};
    if (netns_list_refresh(others->list, clock_mono_ns()))
        return;
    const int64_t began_ns = clock_mono_ns();
    swap(others);
    for (uint32_t i = 0; i < netns_list_count(others->list); i++) {
        const struct netns_entry *entry = netns_list_at(others->list, i);
        if (entry->processes > 0 && !entry->is_own && !frame_find_netns(frame, entry->key))
            count_one(others, entry, &at, began_ns, &frame->other_netns);
    }
}
