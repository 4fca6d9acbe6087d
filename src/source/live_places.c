/* live_places: see live_places.h. */
#include "source/live_places.h"

#include "base/grow.h"
#include "base/sort.h"
#include "source/netns/facts.h"
#include "source/netns/list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 128

struct places {
    struct netns_list *list;
    struct netns_facts *facts;
    struct netlink *netlink;
    char *proc_root;
    char *word;                      /* NULL: all */
    uint64_t id;                     /* of the namespace that it last meant */
    const struct netns_entry *entry; /* the one that netlink is in, until the list is refreshed */
    uint32_t *touched;               /* keys, sorted */
    uint32_t touched_count, touched_capacity;
    uint32_t *order;
    uint32_t order_capacity;
};

static bool is_all(const char *word)
{
    return strcmp(word, "all") == 0;
}

/* Lists all, so that a typo is easily seen. */
static void say_unknown(const struct netns_list *list, const char *word, char *text)
{
    int used = snprintf(text, TEXT_SIZE, "no network namespace \"%.30s\"; there are:", word);

    for (uint32_t i = 0; i < netns_list_count(list) && used > 0 && used < TEXT_SIZE; i++)
        used +=
            snprintf(text + used, TEXT_SIZE - (size_t)used, " %s", netns_list_at(list, i)->name);
}

int places_open(struct places **places, const char *proc_root, const char *word, char *text)
{
    struct places *made = calloc(1, sizeof(*made));
    int error = -ENOMEM;

    snprintf(text, TEXT_SIZE, "out of memory");
    if (!made)
        return -ENOMEM;
    made->word = is_all(word) ? NULL : strdup(word);
    made->proc_root = strdup(proc_root);
    if ((!made->word && !is_all(word)) || !made->proc_root || netlink_new(&made->netlink))
        goto fail;
    made->facts = netns_facts_new(proc_root);
    error = made->facts ? netns_list_open(&made->list, proc_root) : -ENOMEM;
    if (!error)
        error = netns_list_refresh(made->list, 0);
    if (error) {
        snprintf(text, TEXT_SIZE, "the network namespaces cannot be listed: %s", strerror(-error));
        goto fail;
    }
    if (made->word && !netns_list_match(made->list, made->word)) {
        say_unknown(made->list, word, text);
        error = -EINVAL;
        goto fail;
    }
    *places = made;
    return 0;
fail:
    places_close(made);
    return error;
}

void places_close(struct places *places)
{
    if (!places)
        return;
    netlink_close(places->netlink);
    netns_facts_free(places->facts);
    netns_list_close(places->list);
    free(places->proc_root);
    free(places->word);
    free(places->order);
    free(places->touched);
    free(places);
}

static int add(const struct netns_entry *entry, struct frame *frame, const struct frame *last)
{
    struct frame_netns *netns = frame_add_netns(frame, entry->key);

    if (!netns)
        return -ENOMEM;
    netns->id = entry->id;
    netns->cookie = entry->netns.cookie;
    netns->inode = entry->netns.inode;
    netns->kind = entry->kind;
    netns->reach = entry->reach;
    netns->is_own = entry->is_own;
    netns->is_host = entry->netns.is_host;
    netns->other_user = entry->other_user;
    netns->pid = entry->pid;
    netns->processes = entry->processes;
    netns->name = frame_copy_text(frame, entry->name);
    netns->container = frame_copy_text(frame, entry->container);
    netns->pod = frame_copy_text(frame, entry->pod);
    netns->pod_namespace = frame_copy_text(frame, entry->pod_namespace);
    const struct frame_netns *before = last ? frame_find_netns(last, entry->key) : NULL;
    if (before && before->id == netns->id) {
        netns->read_ns = before->read_ns;
        netns->rest_ns = before->rest_ns;
    }
    return 0;
}

/* Stays with the same namespace, even if the process ended that named it; after it is gone, the
 * name may mean another. */
static const struct netns_entry *find_chosen(struct places *places)
{
    const struct netns_entry *entry = netns_list_find(places->list, places->id);

    if (!entry)
        entry = netns_list_match(places->list, places->word);
    if (entry)
        places->id = entry->id;
    return entry;
}

int places_list(struct places *places, struct frame *frame, const struct frame *last)
{
    places_leave(places);
    int error = netns_list_refresh(places->list, frame->mono_ns);

    if (!error && places->word) {
        const struct netns_entry *entry = find_chosen(places);
        return entry ? add(entry, frame, last) : 0;
    }
    for (uint32_t i = 0; i < netns_list_count(places->list) && !error; i++)
        error = add(netns_list_at(places->list, i), frame, last);
    return error;
}

int places_facts(struct places *places, struct frame *frame)
{
    int error = 0;

    netns_facts_begin(places->facts, frame->mono_ns);
    for (uint32_t i = 0; i < netns_list_count(places->list) && !error; i++) {
        const struct netns_entry *entry = netns_list_at(places->list, i);
        if (entry->is_own || !frame_find_netns(frame, entry->key))
            continue;
        struct frame_netns *netns = frame_add_netns(frame, entry->key); /* it exists */
        struct host_facts *facts = arena_alloc(&frame->arena, sizeof(*facts));
        error = facts ? netns_facts_read(places->facts, places->list, entry, facts) : -ENOMEM;
        if (error == 0)
            netns->facts = facts;
        error = error == -ENOMEM ? error : 0;
    }
    netns_facts_end(places->facts);
    return error;
}

static int compare_keys(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void places_touch(struct places *places, const uint32_t *keys, uint32_t count)
{
    places->touched_count = 0;
    if (!count || GROW(places->touched, places->touched_capacity, count))
        return;
    memcpy(places->touched, keys, count * sizeof(*keys));
    places->touched_count = count;
    sort_items(places->touched, count, sizeof(*places->touched), compare_keys);
    for (uint32_t i = 0; i < count; i++)
        if (!netns_list_find_inode(places->list, keys[i]))
            netns_list_hasten(places->list);
}

bool places_is_touched(const struct places *places, uint32_t key)
{
    return places->touched_count && bsearch(&key, places->touched, places->touched_count,
                                            sizeof(*places->touched), compare_keys);
}

struct ordering {
    const struct places *places;
    const struct frame *frame;
};

static int urgency(const struct places *places, const struct frame_netns *netns)
{
    return netns->is_own ? 0 : places_is_touched(places, netns->key) ? 1 : 2;
}

static int compare_turns(const void *a, const void *b, void *context)
{
    const struct ordering *ordering = context;
    const struct frame_netns *left = &ordering->frame->namespaces[*(const uint32_t *)a];
    const struct frame_netns *right = &ordering->frame->namespaces[*(const uint32_t *)b];
    const int first = urgency(ordering->places, left) - urgency(ordering->places, right);

    if (first)
        return first;
    return (left->read_ns > right->read_ns) - (left->read_ns < right->read_ns);
}

const uint32_t *places_order(struct places *places, const struct frame *frame)
{
    struct ordering ordering = {places, frame};

    if (GROW(places->order, places->order_capacity, frame->namespace_count + 1))
        return NULL;
    for (uint32_t i = 0; i < frame->namespace_count; i++)
        places->order[i] = i;
    sort_items_by(places->order, frame->namespace_count, sizeof(*places->order), compare_turns,
                  &ordering);
    return places->order;
}

int places_proc(struct places *places, const struct frame_netns *netns, char *path, size_t size)
{
    const struct netns_entry *entry = netns_list_find(places->list, netns->id);

    return entry ? netns_list_proc(places->list, entry, path, size) : -ESRCH;
}

/* The number after `name` in the line of `group`, as in "TCP: inuse 3 orphan 0 tw 2 ...". */
static unsigned long count_in(const char *text, const char *group, const char *name)
{
    const char *line = strstr(text, group);
    const char *end = line ? strchr(line, '\n') : NULL;
    const char *at = line ? strstr(line, name) : NULL;

    return at && (!end || at < end) ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static bool read_file(const char *folder, const char *name, char *text, size_t size)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/net/%s", folder, name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const ssize_t got = read(file, text, size - 1);
    close(file);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

int places_count_sockets(struct places *places, const struct frame_netns *netns, uint32_t *sockets)
{
    char folder[PATH_MAX / 2], text[1024];
    const int error = places_proc(places, netns, folder, sizeof(folder));

    if (error)
        return error;
    if (!read_file(folder, "sockstat", text, sizeof(text)))
        return -ENOENT;
    *sockets = (uint32_t)(count_in(text, "TCP:", " inuse ") + count_in(text, "TCP:", " tw "));
    if (read_file(folder, "sockstat6", text, sizeof(text)))
        *sockets += (uint32_t)count_in(text, "TCP6:", " inuse ");
    return 0;
}

/* The count includes bound sockets. */
bool places_has_sockets(struct places *places, const struct frame_netns *netns, uint32_t state_bits)
{
    char folder[PATH_MAX / 2], text[1024];
    uint32_t sockets;

    if (places_count_sockets(places, netns, &sockets) != 0 || sockets)
        return true; /* or unknown */
    return (state_bits & STATE_BIT(STATE_CLOSED)) &&
           places_proc(places, netns, folder, sizeof(folder)) == 0 &&
           read_file(folder, "sockstat", text, sizeof(text)) &&
           count_in(text, "sockets:", " used ");
}

void places_hasten(struct places *places)
{
    netns_list_hasten(places->list);
}

static int open_diag(void *context)
{
    struct places *places = context;

    return netns_list_socket(places->list, places->entry, NETLINK_SOCK_DIAG, 0);
}

int places_enter(struct places *places, const struct frame_netns *netns, struct netlink **netlink)
{
    if (!places->entry || places->entry->id != netns->id) {
        places_leave(places);
        places->entry = netns_list_find(places->list, netns->id);
        if (!places->entry)
            return -ESRCH;
        const struct netlink_place place = {netns->key, open_diag, places};
        const int error = netlink_enter(places->netlink, &place);
        if (error) {
            places_leave(places);
            return error;
        }
    }
    *netlink = places->netlink;
    return 0;
}

void places_leave(struct places *places)
{
    netlink_leave(places->netlink);
    places->entry = NULL;
}
