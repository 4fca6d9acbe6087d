/* demo: makes frames of invented rows, processes, groups and users. Independent of kernel and
 * clock: time follows the frame numbers. */
#include "source/demo/demo.h"

#include "base/clock.h"
#include "core/column/column.h"
#include "core/finding/finding.h"
#include "source/demo/host.h"
#include "source/demo/incident.h"
#include "source/demo/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONNECTIONS 60u
#define DEFAULT_PERMILLE    50u
#define MOST_CONNECTIONS    500000u
#define INCIDENT_WORD       "incident"
#define INCIDENT_SEED       7u
#define INCIDENT_MOST_S     86400u
#define DESCRIPTOR_LIMIT    1024u
#define UPTIME_NS           ((INT64_C(12) * 86400 + 9) * SECOND_NS) /* when frame 1 is made */
#define TICKS_PER_S         100

enum { ASK_CPU = 200, ASK_DETAIL };

struct demo {
    struct source source; /* first */
    struct demo_rows rows;
};

/* A decimal number at *text, up to the end or a comma; moves *text past that. */
static int take_number(const char **text, uint64_t most, uint64_t *number)
{
    const char *at = *text;
    uint64_t value = 0;
    if (*at < '0' || *at > '9')
        return -EINVAL;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (most - digit) / 10)
            return -EINVAL;
        value = value * 10 + digit;
    }
    if (*at == ',' && at[1] != '\0')
        at++;
    else if (*at != '\0')
        return -EINVAL;
    *text = at;
    *number = value;
    return 0;
}

/* "incident[,SECONDS]" */
static int parse_incident(const char *rest, struct demo_settings *settings)
{
    uint64_t seconds = 0;

    if (*rest == ',' && *++rest == '\0')
        return -EINVAL;
    if (*rest != '\0' && (take_number(&rest, INCIDENT_MOST_S, &seconds) || *rest != '\0'))
        return -EINVAL;
    *settings = (struct demo_settings){.seed = INCIDENT_SEED,
                                       .connections = DEFAULT_CONNECTIONS,
                                       .change_permille = DEFAULT_PERMILLE,
                                       .interval_ns = SECOND_NS,
                                       .incident = true,
                                       .start_ns = (int64_t)seconds * SECOND_NS};
    return 0;
}

int demo_parse(const char *text, struct demo_settings *settings)
{
    if (strncmp(text, INCIDENT_WORD, strlen(INCIDENT_WORD)) == 0)
        return parse_incident(text + strlen(INCIDENT_WORD), settings);
    uint64_t numbers[3] = {0, DEFAULT_CONNECTIONS, DEFAULT_PERMILLE};
    const uint64_t most[3] = {UINT64_MAX, MOST_CONNECTIONS, 1000};
    for (unsigned i = 0; i < 3 && (i == 0 || *text != '\0'); i++) {
        int result = take_number(&text, most[i], &numbers[i]);
        if (result)
            return result;
    }
    if (*text != '\0' || numbers[1] == 0)
        return -EINVAL;
    *settings = (struct demo_settings){.seed = numbers[0],
                                       .connections = (uint32_t)numbers[1],
                                       .change_permille = (uint32_t)numbers[2],
                                       .interval_ns = SECOND_NS};
    return 0;
}

static uint64_t turned_by(const struct demo_rows *rows)
{
    return rows->settings.steady || rows->settings.change_permille == 0 ? 0 : rows->frame - 1;
}

/* The index of one of `count` in this frame. Indexes are valid in their own frame only: they are
 * rotated by one in each frame. */
static uint32_t place_of(const struct demo_rows *rows, uint32_t index, uint32_t count)
{
    return index < count ? (uint32_t)((index + turned_by(rows)) % count) : index;
}

static uint32_t at_place(const struct demo_rows *rows, uint32_t place, uint32_t count)
{
    return (uint32_t)((place + count - turned_by(rows) % count) % count);
}

static int add_groups(const struct demo_rows *rows, struct frame *frame)
{
    for (uint32_t i = 0; i < CAST_GROUP_COUNT; i++) {
        const uint32_t which = at_place(rows, i, CAST_GROUP_COUNT);
        const struct cast_group_facts *cast = &CAST_GROUPS[which];
        struct group *group = frame_add_group(frame);
        if (!group)
            return -ENOMEM;
        *group = (struct group){.id = DEMO_CGROUP_FIRST + which,
                                .path = cast->path,
                                .unit = cast->unit,
                                .container = cast->container};
    }
    return 0;
}

static uint32_t cpu_of(const struct demo_rows *rows, uint32_t who)
{
    uint64_t random = demo_random(rows->settings.seed, rows->frame, who, ASK_CPU);
    return CAST_PROCS[who].cpu_permille * (uint32_t)(70 + random % 60) / 100;
}

/* A program that replaced its command line ("nginx: worker process") has no arguments. */
static const char *title_of(struct frame *frame, const char *line)
{
    const size_t first = strcspn(line, " ");
    char title[128];
    if (first > 0 && line[first - 1] == ':')
        return line;
    snprintf(title, sizeof(title), "%.*s", (int)first, line);
    return frame_copy_text(frame, title);
}

static int add_procs(const struct demo_rows *rows, struct frame *frame)
{
    for (uint32_t i = 0; i < CAST_PROC_COUNT; i++) {
        const uint32_t who = at_place(rows, i, CAST_PROC_COUNT);
        const struct cast_proc *cast = &CAST_PROCS[who];
        struct proc *proc = frame_add_proc(frame);
        if (!proc)
            return -ENOMEM;
        int64_t age_ns = (int64_t)cast->age_s * SECOND_NS;
        *proc = (struct proc){.pid = cast->pid,
                              .parent = cast->parent,
                              .start_ticks =
                                  (uint64_t)((UPTIME_NS - age_ns) / (SECOND_NS / TICKS_PER_S)),
                              .start_ns = DEMO_START_NS - age_ns,
                              .uid = cast->uid,
                              .group = place_of(rows, cast->group, CAST_GROUP_COUNT),
                              .cpu_permille = cast->gone ? UINT32_MAX : cpu_of(rows, who),
                              .threads = cast->threads,
                              .files = cast->files,
                              .memory_bytes = (uint64_t)cast->memory_kib * 1024u,
                              .gone = cast->gone,
                              .comm = cast->comm,
                              .exe = cast->exe,
                              .command_line = cast->command_line,
                              .title = title_of(frame, cast->command_line)};
    }
    return 0;
}

/* First each process alone, then the lists, as facts.c expects. */
static int add_owner_refs(const struct demo_rows *rows, struct frame *frame)
{
    for (uint32_t i = 0; i < CAST_PROC_COUNT; i++) {
        int result = frame_add_owner_ref(frame, place_of(rows, i, CAST_PROC_COUNT));
        if (result)
            return result;
    }
    for (uint32_t list = 0; list < CAST_HOLDERS_COUNT; list++) {
        for (uint32_t i = 0; i < CAST_HOLDERS[list].count; i++) {
            const uint32_t who = CAST_HOLDERS[list].who[i];
            int result = frame_add_owner_ref(frame, place_of(rows, who, CAST_PROC_COUNT));
            if (result)
                return result;
        }
    }
    return 0;
}

static int add_names(struct frame *frame)
{
    static const char *const interfaces[] = {"lo", "eth0", "docker0"};
    int result = 0;
    for (size_t i = 0; i < CAST_USER_COUNT && !result; i++)
        result = frame_add_user(frame, CAST_USERS[i].uid, CAST_USERS[i].name);
    for (uint32_t i = 0; i < 3 && !result; i++)
        result = frame_add_interface(frame, DEMO_NETNS, i + 1, interfaces[i]);
    return result;
}

static int add_detail(const struct demo_rows *rows, struct frame *frame, struct conn *conn)
{
    struct conn_detail *detail = frame_add_detail(frame);
    if (!detail)
        return -ENOMEM;
    /* Constant over all frames, so that counters only grow. */
    const uint64_t random = demo_random(rows->settings.seed, 0, conn->cookie, ASK_DETAIL);
    demo_detail_fill(conn, random, detail);
    conn->detail = frame->detail_count - 1;
    return 0;
}

static bool is_wished(const struct wish *wish, const struct conn *conn)
{
    uint8_t family = conn->tuple.family == FAMILY_INET6 ? WISH_INET6 : WISH_INET;
    return (wish->families & family) && (wish->state_bits & STATE_BIT(conn->state));
}

/* part: owner and group are indexes into the cast. */
static int add_row(const struct demo_rows *rows, struct frame *frame, const struct wish *wish,
                   const struct conn *part)
{
    struct conn *conn = frame_add_conn(frame);
    if (!conn)
        return -ENOMEM;
    *conn = *part;
    conn->owner = place_of(rows, conn->owner, CAST_PROC_COUNT);
    conn->group = place_of(rows, conn->group, CAST_GROUP_COUNT);
    for (uint32_t i = 0; i < conn->owner_count; i++)
        frame->procs[frame->owner_refs[conn->owners + i]].sockets++;
    if (conn->owner_word == OWNER_HIDDEN)
        frame->missing.hidden_rows++;
    const bool page = wish->page.cookie && wish->page.cookie == conn->cookie;
    const bool few = (wish->needs & NEED_FEW) && rows->count <= WISH_FEW_ROWS;
    if (page || (wish->needs & NEED_DETAIL) ||
        ((wish->needs & NEED_SUSPECTS) && (few || conn_is_suspect(conn))))
        return add_detail(rows, frame, conn);
    return 0;
}

/* The containers of the cast; key 0 ends the table. */
static const struct demo_netns {
    uint8_t group;
    uint8_t processes;
    uint32_t key;
    const char *name;
} NAMESPACES[] = {{GROUP_REDIS, 1, 4026532276u, "cache"}, {GROUP_API, 1, 4026532341u, "api"}, {0}};

static uint32_t netns_of(const struct cast_row *part)
{
    const struct demo_netns *netns = NAMESPACES;

    if (part->who >= CAST_PROC_COUNT)
        return DEMO_NETNS;
    while (netns->key && netns->group != CAST_PROCS[part->who].group)
        netns++;
    return netns->key ? netns->key : DEMO_NETNS;
}

static int add_namespaces(struct frame *frame)
{
    struct frame_netns *host = frame_add_netns(frame, DEMO_NETNS);

    if (!host)
        return -ENOMEM;
    host->id = host->inode = DEMO_NETNS;
    host->kind = NETNS_KIND_HOST;
    host->is_own = host->is_host = true;
    host->name = "host";
    host->processes = CAST_PROC_COUNT;
    host->read_ns = frame->mono_ns;
    for (const struct demo_netns *netns = NAMESPACES; netns->key; netns++) {
        struct frame_netns *added = frame_add_netns(frame, netns->key);
        if (!added)
            return -ENOMEM;
        added->id = added->inode = netns->key;
        added->kind = NETNS_KIND_DOCKER;
        added->reach = NETNS_REACH_ENTER;
        added->name = netns->name;
        added->container = CAST_GROUPS[netns->group].container;
        added->processes = netns->processes;
        /* Each is read in every third frame. */
        const uint64_t since = frame->number + (uint64_t)(netns - NAMESPACES) + 1;
        added->read_ns = frame->mono_ns - (int64_t)(since % 3) * SECOND_NS;
    }
    return 0;
}

static int add_rows(const struct demo_rows *rows, struct frame *frame, const struct wish *wish)
{
    struct conn conn;
    int error = 0;

    for (uint32_t slot = 0; slot < rows->count && !error; slot++) {
        const struct cast_row part = demo_rows_part(slot);
        if (!rows->fates[slot].alive || !is_wished(wish, &rows->conns[slot]) ||
            (rows->settings.incident && demo_incident_leaves_out(&part)))
            continue;
        demo_rows_copy(rows, slot, &conn);
        if (rows->settings.namespaces)
            conn.netns = netns_of(&part);
        error = add_row(rows, frame, wish, &conn);
    }
    return error;
}

static int64_t story_ns(const struct demo_rows *rows)
{
    return rows->settings.start_ns + (int64_t)(rows->frame - 1) * rows->settings.interval_ns;
}

static int add_incident(const struct demo_rows *rows, struct frame *frame, const struct wish *wish)
{
    const int64_t now_ms = story_ns(rows) / MILLISECOND_NS;
    struct conn conn;
    int error = 0;

    for (uint32_t slot = 0; slot < demo_incident_slots && !error; slot++)
        if (demo_incident_row(slot, now_ms, DEMO_START_NS, &conn) && is_wished(wish, &conn))
            error = add_row(rows, frame, wish, &conn);
    return error;
}

static int demo_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct demo_rows *rows = &((struct demo *)source)->rows;
    demo_rows_advance(rows);
    const int64_t since = story_ns(rows);
    frame->number = rows->frame;
    frame->wall_ns = DEMO_START_NS + since;
    frame->mono_ns = UPTIME_NS + since;
    frame->netns = DEMO_NETNS;
    frame->netns_is_host = true;
    frame->host = "web1";
    frame->source = "demo";
    if ((rows->settings.namespaces && add_namespaces(frame)) || add_groups(rows, frame) ||
        add_procs(rows, frame) || add_owner_refs(rows, frame) || add_names(frame) ||
        add_rows(rows, frame, wish) || (rows->settings.incident && add_incident(rows, frame, wish)))
        return -ENOMEM;
    if ((wish->needs & NEED_HOST_FACTS) && frame_add_facts(frame)) {
        demo_host_fill(frame->facts, rows->frame);
        if (rows->settings.incident)
            demo_incident_host(frame->facts, since / MILLISECOND_NS);
        frame->facts->mono_ns = frame->mono_ns;
    }
    if (frame->missing.hidden_rows > 0) {
        frame->missing.reasons |= MISSING_OWNERS_HIDDEN;
        frame->missing.hidden_users = 1;
    }
    return 0;
}

/* Leaked connections count as descriptors, too. */
static int demo_process(struct source *source, int32_t pid, uint64_t start_ticks,
                        struct process_facts *facts)
{
    const struct demo_rows *rows = &((struct demo *)source)->rows;

    (void)start_ticks;
    for (unsigned i = 0; i < CAST_PROC_COUNT; i++) {
        const struct cast_proc *cast = &CAST_PROCS[i];
        if (cast->pid != pid || cast->gone)
            continue;
        *facts = (struct process_facts){
            .state = 'S', .descriptors = cast->files, .descriptor_limit = DESCRIPTOR_LIMIT};
        if (rows->settings.incident)
            facts->descriptors += demo_incident_descriptors(i, story_ns(rows) / MILLISECOND_NS);
        return 0;
    }
    return -ESRCH;
}

static void demo_close(struct source *source)
{
    struct demo *demo = (struct demo *)source;
    demo_rows_done(&demo->rows);
    free(demo);
}

int demo_open(struct source **source, const struct demo_settings *settings)
{
    static const struct source_ops ops = {
        .name = "demo", .next = demo_next, .process = demo_process, .close = demo_close};
    struct demo_settings used = *settings;
    if (used.connections == 0)
        used.connections = DEFAULT_CONNECTIONS;
    if (used.interval_ns < MILLISECOND_NS)
        used.interval_ns = SECOND_NS;
    if (used.connections > MOST_CONNECTIONS || used.change_permille > 1000)
        return -EINVAL;
    struct demo *demo = calloc(1, sizeof(*demo));
    if (!demo)
        return -ENOMEM;
    int result = demo_rows_init(&demo->rows, &used);
    if (result) {
        free(demo);
        return result;
    }
    demo->source.ops = &ops;
    *source = &demo->source;
    return 0;
}
