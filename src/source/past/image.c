/* past_image: see image.h. */
#include "source/past/image.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const size_t PAST_SIZES[PAST_ARRAYS] = {
    [PAST_CONNS] = sizeof(struct conn),
    [PAST_PROCS] = sizeof(struct proc),
    [PAST_GROUPS] = sizeof(struct group),
    [PAST_DETAILS] = sizeof(struct conn_detail),
    [PAST_OWNERS] = sizeof(uint32_t),
    [PAST_USERS] = sizeof(struct user),
    [PAST_INTERFACES] = sizeof(struct interface),
    [PAST_FLOWS] = sizeof(struct flow),
    [PAST_NAMESPACES] = sizeof(struct frame_netns),
    [PAST_HOSTS] = sizeof(struct frame_host),
    [PAST_FACTS] = sizeof(uint64_t),
};

#define FACT_WORDS (sizeof(struct host_facts) / sizeof(uint64_t))
_Static_assert(sizeof(struct host_facts) % sizeof(uint64_t) == 0, "");

int past_image_reserve(struct past_image *image, enum past_array array, uint32_t count)
{
    if (count <= image->capacity[array])
        return 0;
    const uint32_t capacity = count + count / 4;
    void *data = realloc(image->data[array], capacity * PAST_SIZES[array]);
    if (!data)
        return -ENOMEM;
    image->data[array] = data;
    image->capacity[array] = capacity;
    return 0;
}

void past_image_done(struct past_image *image)
{
    for (int array = 0; array < PAST_ARRAYS; array++)
        free(image->data[array]);
    *image = (struct past_image){.head = {.number = 0}};
}

static uint32_t find_text(const struct past_texts *texts, uint32_t hash, const char *text)
{
    struct hash_cursor cursor;

    for (uint32_t place = hash_index_first(&texts->places, hash, &cursor); place != HASH_INDEX_NONE;
         place = hash_index_next(&texts->places, &cursor)) {
        if (strcmp(texts->bytes.data + place, text) == 0)
            return place;
    }
    return HASH_INDEX_NONE;
}

static int add_text(struct past_texts *texts, uint32_t hash, const char *text, uint32_t *place)
{
    const size_t at = texts->bytes.length;

    buffer_append(&texts->bytes, text, strlen(text) + 1);
    if (texts->bytes.failed || at >= HASH_INDEX_NONE)
        return -ENOMEM;
    *place = (uint32_t)at;
    return hash_index_add(&texts->places, hash, *place);
}

int past_texts_add(struct past_texts *texts, const char *text, uint32_t *place)
{
    if (!text) {
        *place = UINT32_MAX;
        return 0;
    }
    const uint32_t hash = hash_number(hash_text(text, HASH_SEED));
    *place = find_text(texts, hash, text);
    return *place == HASH_INDEX_NONE ? add_text(texts, hash, text, place) : 0;
}

void past_texts_reset(struct past_texts *texts)
{
    buffer_clear(&texts->bytes);
    (void)hash_index_begin(&texts->places, 0);
}

void past_texts_done(struct past_texts *texts)
{
    buffer_done(&texts->bytes);
    hash_index_done(&texts->places);
}

/* Replaces the pointer to a text by its number. */
static int number_text(struct past_texts *texts, const char **text)
{
    uint32_t place;
    const int error = past_texts_add(texts, *text ? *text : "", &place);
    const uintptr_t number = place;

    if (!error)
        memcpy(text, &number, sizeof(number));
    return error;
}

static int take_arrays(struct past_image *image, const struct frame *frame)
{
    const void *const from[PAST_ARRAYS] = {
        NULL,         frame->procs,      frame->groups, frame->details,    frame->owner_refs,
        frame->users, frame->interfaces, frame->flows,  frame->namespaces, frame->hosts,
        frame->facts};
    const uint32_t counts[PAST_ARRAYS] = {frame->conn_count,
                                          frame->proc_count,
                                          frame->group_count,
                                          frame->detail_count,
                                          frame->owner_ref_count,
                                          frame->user_count,
                                          frame->interface_count,
                                          frame->flow_count,
                                          frame->namespace_count,
                                          frame->host_count,
                                          frame->facts ? FACT_WORDS : 0};

    memcpy(image->head.counts, counts, sizeof(counts));
    for (int array = PAST_PROCS; array < PAST_ARRAYS; array++) {
        if (past_image_reserve(image, (enum past_array)array, counts[array]))
            return -ENOMEM;
        if (counts[array])
            memcpy(image->data[array], from[array], counts[array] * PAST_SIZES[array]);
    }
    return 0;
}

static int number_namespaces(struct past_image *image, struct past_texts *texts)
{
    struct frame_netns *namespaces = image->data[PAST_NAMESPACES];
    int error = 0;

    for (uint32_t i = 0; i < image->head.counts[PAST_NAMESPACES]; i++) {
        error |= number_text(texts, &namespaces[i].name);
        error |= number_text(texts, &namespaces[i].container);
        error |= number_text(texts, &namespaces[i].pod);
        error |= number_text(texts, &namespaces[i].pod_namespace);
        error |= number_text(texts, &namespaces[i].why);
        namespaces[i].facts = NULL;
    }
    return error;
}

static int number_hosts(struct past_image *image, struct past_texts *texts)
{
    struct frame_host *hosts = image->data[PAST_HOSTS];
    int error = 0;

    for (uint32_t i = 0; i < image->head.counts[PAST_HOSTS]; i++) {
        error |= number_text(texts, &hosts[i].name);
        error |= number_text(texts, &hosts[i].place);
        error |= number_text(texts, &hosts[i].why);
        error |= number_text(texts, &hosts[i].version);
        error |= number_text(texts, &hosts[i].events);
    }
    return error;
}

static int number_texts(struct past_image *image, struct past_texts *texts)
{
    struct proc *procs = image->data[PAST_PROCS];
    struct group *groups = image->data[PAST_GROUPS];
    struct user *users = image->data[PAST_USERS];
    struct interface *interfaces = image->data[PAST_INTERFACES];
    const uint32_t *counts = image->head.counts;
    int error = 0;

    for (uint32_t i = 0; i < counts[PAST_PROCS]; i++) {
        error |= number_text(texts, &procs[i].comm);
        error |= number_text(texts, &procs[i].exe);
        error |= number_text(texts, &procs[i].command_line);
        error |= number_text(texts, &procs[i].title);
        error |= number_text(texts, &procs[i].serves);
    }
    for (uint32_t i = 0; i < counts[PAST_GROUPS]; i++) {
        error |= number_text(texts, &groups[i].path);
        error |= number_text(texts, &groups[i].unit);
        error |= number_text(texts, &groups[i].container);
    }
    for (uint32_t i = 0; i < counts[PAST_USERS]; i++)
        error |= number_text(texts, &users[i].name);
    for (uint32_t i = 0; i < counts[PAST_INTERFACES]; i++)
        error |= number_text(texts, &interfaces[i].name);
    error |= number_namespaces(image, texts);
    error |= number_hosts(image, texts);
    return error ? -ENOMEM : 0;
}

int past_image_take(struct past_image *image, struct past_texts *texts, const struct frame *frame)
{
    struct past_head *head = &image->head;
    const size_t text_before = texts->bytes.length;

    *head = (struct past_head){.number = frame->number,
                               .first_event = frame->first_event,
                               .next_event = frame->next_event,
                               .wall_ns = frame->wall_ns,
                               .mono_ns = frame->mono_ns,
                               .dump_ns = frame->dump_ns,
                               .all_ns = frame->all_ns,
                               .totals = frame->totals,
                               .missing = frame->missing,
                               .cost = frame->cost,
                               .live_count = frame->live_count,
                               .netns = frame->netns,
                               .netns_is_host = frame->netns_is_host};
    int error = take_arrays(image, frame);
    if (!error)
        error = number_texts(image, texts);
    if (!error && (past_texts_add(texts, frame->host, &head->host) ||
                   past_texts_add(texts, frame->source, &head->source) ||
                   past_texts_add(texts, frame->events, &head->events) ||
                   past_texts_add(texts, frame->events_why, &head->events_why) ||
                   past_texts_add(texts, frame->owners_why, &head->owners_why)))
        error = -ENOMEM;
    head->text_bytes = (uint32_t)(texts->bytes.length - text_before);
    return error;
}

/* A copy of the text with that number. */
static const char *text_of(struct frame *frame, const char *texts, const char *const *number)
{
    uintptr_t place;
    memcpy(&place, number, sizeof(place));
    return place == UINT32_MAX ? "" : frame_copy_text(frame, texts + place);
}

static int give_rows(const struct past_image *image, struct frame *frame)
{
    const struct conn *conns = image->data[PAST_CONNS];

    for (uint32_t i = 0; i < image->head.counts[PAST_CONNS]; i++) {
        struct conn *conn =
            i < image->head.live_count ? frame_add_conn(frame) : frame_add_ghost(frame);
        if (!conn)
            return -ENOMEM;
        *conn = conns[i];
    }
    return 0;
}

static int give_procs(const struct past_image *image, const char *texts, struct frame *frame)
{
    const struct proc *procs = image->data[PAST_PROCS];
    const struct group *groups = image->data[PAST_GROUPS];

    for (uint32_t i = 0; i < image->head.counts[PAST_PROCS]; i++) {
        struct proc *proc = frame_add_proc(frame);
        if (!proc)
            return -ENOMEM;
        *proc = procs[i];
        proc->comm = text_of(frame, texts, &procs[i].comm);
        proc->exe = text_of(frame, texts, &procs[i].exe);
        proc->command_line = text_of(frame, texts, &procs[i].command_line);
        proc->title = text_of(frame, texts, &procs[i].title);
        proc->serves = text_of(frame, texts, &procs[i].serves);
    }
    for (uint32_t i = 0; i < image->head.counts[PAST_GROUPS]; i++) {
        struct group *group = frame_add_group(frame);
        if (!group)
            return -ENOMEM;
        *group = groups[i];
        group->path = text_of(frame, texts, &groups[i].path);
        group->unit = text_of(frame, texts, &groups[i].unit);
        group->container = text_of(frame, texts, &groups[i].container);
    }
    return 0;
}

static int give_names(const struct past_image *image, const char *texts, struct frame *frame)
{
    const struct user *users = image->data[PAST_USERS];
    const struct interface *interfaces = image->data[PAST_INTERFACES];
    int error = 0;

    for (uint32_t i = 0; !error && i < image->head.counts[PAST_USERS]; i++)
        error = frame_add_host_user(frame, users[i].host, users[i].uid,
                                    text_of(frame, texts, &users[i].name));
    for (uint32_t i = 0; !error && i < image->head.counts[PAST_INTERFACES]; i++)
        error = frame_add_interface(frame, interfaces[i].netns, interfaces[i].index,
                                    text_of(frame, texts, &interfaces[i].name));
    return error;
}

static int give_namespaces(const struct past_image *image, const char *texts, struct frame *frame)
{
    const struct frame_netns *namespaces = image->data[PAST_NAMESPACES];

    for (uint32_t i = 0; i < image->head.counts[PAST_NAMESPACES]; i++) {
        struct frame_netns *netns = frame_add_netns(frame, namespaces[i].key);
        if (!netns)
            return -ENOMEM;
        *netns = namespaces[i];
        netns->name = text_of(frame, texts, &namespaces[i].name);
        netns->container = text_of(frame, texts, &namespaces[i].container);
        netns->pod = text_of(frame, texts, &namespaces[i].pod);
        netns->pod_namespace = text_of(frame, texts, &namespaces[i].pod_namespace);
        netns->why = text_of(frame, texts, &namespaces[i].why);
    }
    return 0;
}

static int give_hosts(const struct past_image *image, const char *texts, struct frame *frame)
{
    const struct frame_host *hosts = image->data[PAST_HOSTS];
    const int error = frame_add_hosts(frame, image->head.counts[PAST_HOSTS]);

    for (uint32_t i = 0; !error && i < frame->host_count; i++) {
        struct frame_host *host = &frame->hosts[i];
        *host = hosts[i];
        host->name = text_of(frame, texts, &hosts[i].name);
        host->place = text_of(frame, texts, &hosts[i].place);
        host->why = text_of(frame, texts, &hosts[i].why);
        host->version = text_of(frame, texts, &hosts[i].version);
        host->events = text_of(frame, texts, &hosts[i].events);
    }
    return error;
}

static int give_flows(const struct past_image *image, struct frame *frame)
{
    const struct flow *flows = image->data[PAST_FLOWS];

    for (uint32_t i = 0; i < image->head.counts[PAST_FLOWS]; i++) {
        struct flow *flow = frame_add_flow(frame);
        if (!flow)
            return -ENOMEM;
        *flow = flows[i];
    }
    return 0;
}

static int give_details(const struct past_image *image, struct frame *frame)
{
    const struct conn_detail *details = image->data[PAST_DETAILS];
    const uint32_t *owners = image->data[PAST_OWNERS];
    int error = 0;

    for (uint32_t i = 0; i < image->head.counts[PAST_DETAILS]; i++) {
        struct conn_detail *detail = frame_add_detail(frame);
        if (!detail)
            return -ENOMEM;
        *detail = details[i];
    }
    for (uint32_t i = 0; !error && i < image->head.counts[PAST_OWNERS]; i++)
        error = frame_add_owner_ref(frame, owners[i]);
    return error;
}

static int give_facts(const struct past_image *image, struct frame *frame)
{
    if (image->head.counts[PAST_FACTS] != FACT_WORDS)
        return 0;
    struct host_facts *facts = frame_add_facts(frame);
    if (!facts)
        return -ENOMEM;
    memcpy(facts, image->data[PAST_FACTS], sizeof(*facts));
    return 0;
}

static const char *head_text(struct frame *frame, const char *texts, uint32_t place)
{
    return place == UINT32_MAX ? NULL : frame_copy_text(frame, texts + place);
}

int past_image_give(const struct past_image *image, const char *texts, struct frame *frame)
{
    const struct past_head *head = &image->head;
    int error = give_rows(image, frame);

    if (!error)
        error = give_procs(image, texts, frame);
    if (!error)
        error = give_names(image, texts, frame);
    if (!error)
        error = give_namespaces(image, texts, frame);
    if (!error)
        error = give_hosts(image, texts, frame);
    if (!error)
        error = give_details(image, frame);
    if (!error)
        error = give_flows(image, frame);
    if (!error)
        error = give_facts(image, frame);
    frame->number = head->number;
    frame->first_event = head->first_event;
    frame->next_event = head->next_event;
    frame->wall_ns = head->wall_ns;
    frame->mono_ns = head->mono_ns;
    frame->dump_ns = head->dump_ns;
    frame->all_ns = head->all_ns;
    frame->totals = head->totals;
    frame->missing = head->missing;
    frame->cost = head->cost;
    frame->netns = head->netns;
    frame->netns_is_host = head->netns_is_host;
    frame->host = head_text(frame, texts, head->host);
    frame->source = head_text(frame, texts, head->source);
    frame->events = head_text(frame, texts, head->events);
    frame->events_why = head_text(frame, texts, head->events_why);
    frame->owners_why = head_text(frame, texts, head->owners_why);
    return error;
}
