/* redact: replacements of addresses, names and paths. Numbered in order of first appearance; a text
 * is identified by a 64-bit hash. */
#include "core/redact.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/sort.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 96
#define UID_FIRST 1000u /* of users who log in */
#define NOBODY    65534u
#define SYSTEM    100u

enum kind {
    KIND_HOST,
    KIND_USER,
    KIND_SYSTEM_USER,
    KIND_UNIT,
    KIND_CONTAINER,
    KIND_CGROUP,
    KIND_NETNS,
    KIND_POD,
    KIND_POD_NAMESPACE,
    KIND_INTERFACE,
    KIND_ADDRESS, /* followed by one for each class of addresses */
    KIND_COUNT = KIND_ADDRESS + 16
};

struct redaction {
    pthread_mutex_t mutex;
    struct map numbers[KIND_COUNT];
};

struct redaction *redaction_new(void)
{
    struct redaction *redaction = calloc(1, sizeof *redaction);

    if (redaction && pthread_mutex_init(&redaction->mutex, NULL) != 0) {
        free(redaction);
        return NULL;
    }
    return redaction;
}

void redaction_free(struct redaction *redaction)
{
    if (!redaction)
        return;
    for (size_t i = 0; i < KIND_COUNT; i++)
        map_done(&redaction->numbers[i]);
    pthread_mutex_destroy(&redaction->mutex);
    free(redaction);
}

/* 1, 2, 3 ... by kind. If out of memory: 0, for all others. */
static uint32_t number_of(struct redaction *redaction, unsigned kind, uint64_t key)
{
    struct map *map = &redaction->numbers[kind];
    const uint32_t found = map_find(map, key ? key : 1);

    if (found != MAP_NONE)
        return found;
    const uint32_t number = map->count + 1;
    return map_put(map, key ? key : 1, number) == 0 ? number : 0;
}

/* --- addresses --- */

struct range {
    uint8_t prefix[16];
    uint8_t bits;
};

/* Classes of addresses, and the range that replaces each. */
static const struct address_class {
    struct range from, to; /* to.bits 0: they stay as they are */
} INET_CLASSES[] = {
    {{{0}, 8}, {{0}, 0}},
    {{{127}, 8}, {{0}, 0}},
    {{{224}, 4}, {{0}, 0}},
    {{{255, 255, 255, 255}, 32}, {{0}, 0}},
    {{{10}, 8}, {{10, 99}, 8}},
    {{{172, 16}, 12}, {{172, 16}, 12}},
    {{{192, 168}, 16}, {{192, 168}, 16}},
    {{{169, 254}, 16}, {{169, 254}, 16}},
    {{{100, 64}, 10}, {{100, 64}, 10}},
};
static const struct address_class INET6_CLASSES[] = {
    {{{0}, 127}, {{0}, 0}}, /* :: and ::1 */
    {{{0xff}, 8}, {{0}, 0}},     {{{0xfe, 0x80}, 10}, {{0xfe, 0x80}, 64}},
    {{{0xfc}, 7}, {{0xfd}, 64}}, {{{0}, 0}, {{0x20, 0x01, 0x0d, 0xb8}, 64}},
};
/* Public ones in turn: documentation (RFC 5737), benchmarks (RFC 2544), reserved. */
static const struct range PUBLIC[] = {
    {{203, 0, 113}, 24}, {{198, 51, 100}, 24}, {{192, 0, 2}, 24}, {{198, 18}, 15}, {{240}, 4}};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INET6_FIRST  10u /* index of its first class, after those of IPv4 */

static bool in_range(const uint8_t *bytes, const struct range *range)
{
    struct addr address = {{0}}, prefix;

    memcpy(address.bytes, bytes, sizeof address.bytes);
    memcpy(prefix.bytes, range->prefix, sizeof prefix.bytes);
    return addr_in_prefix(&address, &prefix, range->bits);
}

static void put_inet(uint8_t *out, const uint8_t *first, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        number += (uint32_t)first[i] << (24 - 8 * i);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(number >> (24 - 8 * i));
}

static void put_public(uint8_t *out, uint32_t number)
{
    size_t at = 0;
    uint64_t room;

    while (room = (UINT64_C(1) << (32 - PUBLIC[at].bits)) - 2,
           number > room && at + 1 < COUNT(PUBLIC)) {
        number -= (uint32_t)room;
        at++;
    }
    put_inet(out, PUBLIC[at].prefix, number);
}

/* bytes: an IPv4 address, the rest zero. */
static void redact_inet(struct redaction *redaction, uint8_t bytes[16])
{
    const uint64_t key = hash_bytes(bytes, 4, HASH_SEED);

    for (size_t i = 0; i < COUNT(INET_CLASSES); i++) {
        const struct address_class *class = &INET_CLASSES[i];
        if (!in_range(bytes, &class->from))
            continue;
        if (class->to.bits > 0)
            put_inet(bytes, class->to.prefix,
                     number_of(redaction, KIND_ADDRESS + (unsigned)i, key));
        return;
    }
    put_public(bytes, number_of(redaction, KIND_ADDRESS + COUNT(INET_CLASSES), key));
}

static void redact_inet6(struct redaction *redaction, uint8_t bytes[16])
{
    const uint64_t key = hash_bytes(bytes, 16, HASH_SEED);

    for (size_t i = 0; i < COUNT(INET6_CLASSES); i++) {
        const struct address_class *class = &INET6_CLASSES[i];
        if (!in_range(bytes, &class->from))
            continue;
        if (class->to.bits == 0)
            return;
        const uint32_t number = number_of(redaction, KIND_ADDRESS + INET6_FIRST + (unsigned)i, key);
        memset(bytes, 0, 16);
        memcpy(bytes, class->to.prefix, 8);
        put_inet(bytes + 12, (const uint8_t[4]){0}, number);
        return;
    }
}

static void redact_addr(struct redaction *redaction, struct addr *addr, uint8_t family)
{
    uint8_t mapped[16] = {0};

    if (family == FAMILY_INET) {
        redact_inet(redaction, addr->bytes);
    } else if (addr_is_mapped(addr, family)) {
        memcpy(mapped, addr->bytes + 12, 4);
        redact_inet(redaction, mapped);
        memcpy(addr->bytes + 12, mapped, 4);
    } else {
        redact_inet6(redaction, addr->bytes);
    }
}

static void redact_tuple(struct redaction *redaction, struct tuple *tuple)
{
    redact_addr(redaction, &tuple->local, tuple->family);
    redact_addr(redaction, &tuple->remote, tuple->family);
}

/* --- users --- */

static bool is_kept_uid(uint32_t uid)
{
    return uid == 0 || uid == NOBODY || uid == UINT32_MAX;
}

static uint32_t redact_uid(struct redaction *redaction, uint32_t uid)
{
    if (is_kept_uid(uid))
        return uid;
    return uid < UID_FIRST ? SYSTEM + number_of(redaction, KIND_SYSTEM_USER, uid)
                           : UID_FIRST + number_of(redaction, KIND_USER, uid);
}

static int compare_users(const void *a, const void *b)
{
    const struct user *one = a, *other = b;

    return (one->uid > other->uid) - (one->uid < other->uid);
}

static void redact_users(struct redaction *redaction, struct frame *frame)
{
    char name[NAME_SIZE];

    for (uint32_t i = 0; i < frame->user_count; i++) {
        struct user *user = &frame->users[i];
        const bool system = user->uid < UID_FIRST;
        if (is_kept_uid(user->uid))
            continue;
        user->uid = redact_uid(redaction, user->uid);
        snprintf(name, sizeof name, system ? "system%u" : "user%u",
                 user->uid - (system ? SYSTEM : UID_FIRST));
        user->name = frame_copy_text(frame, name);
    }
    sort_items(frame->users, frame->user_count, sizeof *frame->users, compare_users);
}

/* --- names --- */

/* "unit3.service", "docker:container2": the type is kept. */
static const char *redact_name(struct redaction *redaction, struct frame *frame, unsigned kind,
                               const char *text, const char *word)
{
    char name[NAME_SIZE];

    if (!text || !*text)
        return "";
    const char *colon = kind == KIND_CONTAINER ? strchr(text, ':') : NULL;
    const char *dot = kind == KIND_UNIT ? strrchr(text, '.') : NULL;
    snprintf(name, sizeof name, "%.*s%s%u%.16s", colon ? (int)(colon + 1 - text) : 0, text, word,
             number_of(redaction, kind, hash_text(text, HASH_SEED)), dot ? dot : "");
    return frame_copy_text(frame, name);
}

static const char *redact_path(struct frame *frame, const char *path)
{
    char shown[NAME_SIZE];
    const char *base = path ? strrchr(path, '/') : NULL;

    if (!base)
        return path ? path : "";
    snprintf(shown, sizeof shown, "/…/%.64s", base + 1);
    return frame_copy_text(frame, shown);
}

/* Titles may also contain addresses and users: "postgres: ann shop 192.0.2.7(4711) idle". */
static const char *redact_command(struct frame *frame, const struct proc *proc, const char *command)
{
    char shown[NAME_SIZE];

    if (!command || !*command)
        return "";
    snprintf(shown, sizeof shown, "%.64s%s", proc->comm, strchr(command, ' ') ? " …" : "");
    return frame_copy_text(frame, shown);
}

static void redact_groups(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->group_count; i++) {
        struct group *group = &frame->groups[i];
        group->path = redact_name(redaction, frame, KIND_CGROUP, group->path, "/cgroup");
        group->unit = redact_name(redaction, frame, KIND_UNIT, group->unit, "unit");
        group->container =
            redact_name(redaction, frame, KIND_CONTAINER, group->container, "container");
    }
}

static void redact_failures(struct redaction *redaction, struct call_failures *failures)
{
    for (uint8_t i = 0; i < failures->count; i++)
        redact_addr(redaction, &failures->rows[i].address, failures->rows[i].family);
}

static void redact_facts(struct redaction *redaction, struct host_facts *facts)
{
    if (!facts)
        return;
    redact_failures(redaction, &facts->bind_failures);
    redact_failures(redaction, &facts->connect_failures);
}

static void redact_namespaces(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->namespace_count; i++) {
        struct frame_netns *netns = &frame->namespaces[i];
        if (!netns->is_host)
            netns->name = redact_name(redaction, frame, KIND_NETNS, netns->name, "netns");
        netns->container =
            redact_name(redaction, frame, KIND_CONTAINER, netns->container, "container");
        netns->pod = redact_name(redaction, frame, KIND_POD, netns->pod, "pod");
        netns->pod_namespace =
            redact_name(redaction, frame, KIND_POD_NAMESPACE, netns->pod_namespace, "namespace");
        redact_facts(redaction, netns->facts);
    }
}

static void redact_hosts(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->host_count; i++) {
        struct frame_host *host = &frame->hosts[i];
        host->name = redact_name(redaction, frame, KIND_HOST, host->name, "host");
        host->place = host->why = "";
    }
}

static void redact_interfaces(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->interface_count; i++) {
        struct interface *interface = &frame->interfaces[i];
        if (strcmp(interface->name, "lo") != 0)
            interface->name = redact_name(redaction, frame, KIND_INTERFACE, interface->name, "if");
    }
}

static void redact_rows(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        redact_tuple(redaction, &frame->conns[i].tuple);
        frame->conns[i].uid = redact_uid(redaction, frame->conns[i].uid);
    }
    for (uint32_t i = 0; i < frame->flow_count; i++) {
        redact_tuple(redaction, &frame->flows[i].conn.tuple);
        frame->flows[i].conn.uid = redact_uid(redaction, frame->flows[i].conn.uid);
    }
}

static void redact_processes(struct redaction *redaction, struct frame *frame)
{
    for (uint32_t i = 0; i < frame->proc_count; i++) {
        struct proc *proc = &frame->procs[i];
        proc->command_line = redact_command(frame, proc, proc->command_line);
        proc->title = redact_command(frame, proc, proc->title);
        proc->exe = redact_path(frame, proc->exe);
        proc->serves = redact_name(redaction, frame, KIND_CONTAINER, proc->serves, "container");
        proc->uid = redact_uid(redaction, proc->uid);
    }
}

void redact_frame(struct redaction *redaction, struct frame *frame)
{
    pthread_mutex_lock(&redaction->mutex);
    redact_rows(redaction, frame);
    redact_processes(redaction, frame);
    redact_groups(redaction, frame);
    redact_users(redaction, frame);
    redact_namespaces(redaction, frame);
    redact_interfaces(redaction, frame);
    redact_hosts(redaction, frame);
    redact_facts(redaction, frame->facts);
    frame->host = redact_name(redaction, frame, KIND_HOST, frame->host, "host");
    pthread_mutex_unlock(&redaction->mutex);
}

/* As in frames: "host", of the machine's own namespace, is no secret. */
static void redact_netns_name(struct redaction *redaction, struct event *event)
{
    if (event->text[0] && strcmp(event->text, "host") != 0)
        snprintf(event->text, sizeof(event->text), "netns%u",
                 number_of(redaction, KIND_NETNS, hash_text(event->text, HASH_SEED)));
}

void redact_event(struct redaction *redaction, struct event *event)
{
    if (event->kind == EVENT_LOST)
        return;
    pthread_mutex_lock(&redaction->mutex);
    if (event->kind == EVENT_NETNS)
        redact_netns_name(redaction, event);
    redact_tuple(redaction, &event->tuple);
    event->logged = NULL;
    event->uid = redact_uid(redaction, event->uid);
    pthread_mutex_unlock(&redaction->mutex);
}

static void change_event(void *data, struct event *event)
{
    redact_event(data, event);
}

void redact_ring(struct redaction *redaction, struct event_ring *ring)
{
    if (redaction)
        event_ring_set_change(ring, change_event, redaction);
}
