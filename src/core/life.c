/* Socket transitions to events: an open hash table of the sockets that were seen to begin, by
 * cookie, and the rules of doc/architecture.md. Must not know where happenings come from, nor
 * tracks. */
#include "core/life.h"
#include "core/life_private.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_LEAST 256u

struct lives {
    struct life *slots;
    uint32_t slot_count; /* a power of two */
    uint32_t count, waiting;
};

struct lives *lives_new(void)
{
    struct lives *lives = calloc(1, sizeof(*lives));
    if (!lives)
        return NULL;
    lives->slot_count = SLOTS_LEAST;
    lives->slots = calloc(SLOTS_LEAST, sizeof(*lives->slots));
    if (!lives->slots) {
        free(lives);
        return NULL;
    }
    return lives;
}

void lives_free(struct lives *lives)
{
    if (!lives)
        return;
    free(lives->slots);
    free(lives);
}

uint32_t lives_waiting(const struct lives *lives)
{
    return lives->waiting;
}

uint32_t lives_count(const struct lives *lives)
{
    return lives->count;
}

/* --- the table --- */

static uint32_t home_of(const struct lives *lives, uint64_t cookie)
{
    return (uint32_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (lives->slot_count - 1);
}

/* Its slot, or the free one where it would be. */
static struct life *slot_of(const struct lives *lives, uint32_t netns, uint64_t cookie)
{
    uint32_t at = home_of(lives, cookie);
    while (lives->slots[at].cookie &&
           (lives->slots[at].cookie != cookie || lives->slots[at].netns != netns))
        at = (at + 1) & (lives->slot_count - 1);
    return &lives->slots[at];
}

static struct life *life_find(const struct lives *lives, uint32_t netns, uint64_t cookie)
{
    struct life *life = slot_of(lives, netns, cookie);
    return cookie && life->cookie ? life : NULL;
}

static bool lives_grow(struct lives *lives)
{
    struct lives grown = {.slot_count = lives->slot_count * 2};
    grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
    if (!grown.slots)
        return false;
    for (uint32_t i = 0; i < lives->slot_count; i++) {
        if (lives->slots[i].cookie)
            *slot_of(&grown, lives->slots[i].netns, lives->slots[i].cookie) = lives->slots[i];
    }
    free(lives->slots);
    lives->slots = grown.slots;
    lives->slot_count = grown.slot_count;
    return true;
}

/* A blank one; NULL when out of memory: then the socket is not remembered. */
static struct life *life_add(struct lives *lives, uint32_t netns, uint64_t cookie)
{
    if (!cookie)
        return NULL;
    if (lives->count >= lives->slot_count / 4 * 3 && !lives_grow(lives))
        return NULL;
    struct life *life = slot_of(lives, netns, cookie);
    lives->count += life->cookie == 0;
    lives->waiting -= life->waits;
    *life = (struct life){.cookie = cookie, .netns = netns, .uid = UINT32_MAX};
    return life;
}

/* Frees a slot; those after it that could not have their own move up. */
static void life_remove(struct lives *lives, struct life *life)
{
    uint32_t mask = lives->slot_count - 1;
    uint32_t hole = (uint32_t)(life - lives->slots);

    lives->count--;
    lives->waiting -= life->waits;
    for (uint32_t at = (hole + 1) & mask; lives->slots[at].cookie; at = (at + 1) & mask) {
        uint32_t home = home_of(lives, lives->slots[at].cookie);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        lives->slots[hole] = lives->slots[at];
        hole = at;
    }
    lives->slots[hole] = (struct life){0};
}

void lives_forget(struct lives *lives, int64_t before_mono_ns)
{
    for (uint32_t i = 0; i < lives->slot_count; i++) {
        /* What moves up into the slot is looked at in its turn. */
        while (lives->slots[i].cookie && lives->slots[i].since_ns < before_mono_ns)
            life_remove(lives, &lives->slots[i]);
    }
}

/* --- transitions --- */

/* What the end of a full socket leaves in the table: tcp_time_wait() sets no error, and the peer's
 * FIN decides between the two (tcp_fin in net/ipv4/tcp_input.c, Linux 6.18). */
static uint8_t state_left(uint8_t from, uint32_t signs)
{
    const uint32_t may =
        STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) | STATE_BIT(STATE_CLOSING);
    if ((signs & LIFE_ERROR) || !(may & STATE_BIT(from)))
        return STATE_DELETE_TCB;
    if (signs & LIFE_FIN)
        return STATE_TIME_WAIT;
    return from == STATE_FIN_WAIT_2 ? STATE_FIN_WAIT_2 : STATE_DELETE_TCB;
}

static struct life *life_begin(struct lives *lives, const struct happening *happening,
                               uint8_t state, int64_t mono_ns)
{
    const struct event *event = &happening->event;
    struct life *life = life_add(lives, event->netns, event->cookie);
    if (!life)
        return NULL;
    life->opened_ns = life->since_ns = mono_ns;
    life->opened_wall_ns = event->wall_ns - (event->mono_ns - mono_ns);
    life->state = state;
    life->netns = event->netns;
    life->pid = happening->pid;
    life->start_ticks = happening->start_ticks;
    life->uid = event->uid;
    memcpy(life->name, happening->name, sizeof(life->name));
    return life;
}

/* connect(), listen(). */
static uint32_t tell_begin(struct lives *lives, const struct happening *happening,
                           const struct shown *shown, struct event *events)
{
    const struct event *event = &happening->event;
    struct life *life = life_begin(lives, happening, event->to, event->mono_ns);

    if (shown->conn && shown->conn->state == STATE_CLOSED) {
        events[0] = life_event(happening, life, shown, EVENT_STATE); /* it was bound, and a row */
        life_set_state_time(&events[0], NULL, shown);
    } else if (life && event->tuple.local_port == 0) {
        life->waits = true;
        lives->waiting++;
        return 0;
    } else {
        events[0] = life_event(happening, life, shown, EVENT_OPEN);
        events[0].from = STATE_NONE;
    }
    life_drop_totals(&events[0]);
    return 1;
}

/* What is to be told of its opening before anything else is. */
static uint32_t tell_opening(struct lives *lives, const struct happening *happening,
                             const struct shown *shown, struct life **life, struct event *event)
{
    if (*life && (*life)->waits) {
        (*life)->waits = false;
        lives->waiting--;
    } else if (!*life && happening->event.from == STATE_SYN_RECEIVED) {
        int64_t began_ns = happening->began_ns ? happening->began_ns : happening->event.mono_ns;
        *life = life_begin(lives, happening, STATE_SYN_RECEIVED, began_ns);
        if (*life && shown->conn) {
            (*life)->opened_ns = 0; /* a frame showed it before: it knows more */
            (*life)->since_ns = 0;
        }
    } else {
        return 0;
    }
    if (!*life || shown->conn)
        return 0;
    *event = life_opening(happening, *life, shown);
    return 1;
}

static uint32_t tell_end(struct lives *lives, const struct happening *happening,
                         const struct shown *shown, struct life *life, struct event *event)
{
    uint8_t from = happening->event.from;
    uint8_t left = state_left(from, happening->signs);
    uint32_t told = 0;

    if (left != from) {
        *event = life_event(happening, life, shown,
                            left == STATE_DELETE_TCB ? EVENT_CLOSE : EVENT_STATE);
        event->to = left;
        if (left == STATE_DELETE_TCB)
            life_set_age(event, life, shown);
        else
            life_set_state_time(event, life, shown);
        if (from == STATE_LISTEN)
            life_drop_totals(event);
        told = 1;
    }
    if (life)
        life_remove(lives, life);
    return told;
}

static uint32_t tell_step(const struct happening *happening, const struct shown *shown,
                          struct life *life, struct event *event)
{
    *event = life_event(happening, life, shown, EVENT_STATE);
    life_set_state_time(event, life, shown);
    /* Nobody sends or reads any more: what the minisock that follows cannot say. */
    if (event->to != STATE_FIN_WAIT_2 || !(happening->signs & LIFE_ORPHAN))
        life_drop_totals(event);
    if (life) {
        life->state = event->to;
        life->since_ns = event->mono_ns;
    }
    return 1;
}

/* --- destroy messages --- */

static bool fin_was_received(const struct happening *happening, const struct shown *shown)
{
    const uint32_t after =
        STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);
    return (happening->signs & LIFE_FIN) || happening->event.to == STATE_TIME_WAIT ||
           (shown->conn && (after & STATE_BIT(shown->conn->state)));
}

static void event_leave_out_fin(struct event *event, bool received)
{
    if (received && event->has_totals && event->in_bytes > 0)
        event->in_bytes--;
}

/* A socket that was disconnected has forgotten its peer's port and its counters. */
static void event_take_shown(struct event *event, const struct conn *conn)
{
    event->tuple = conn->tuple;
    if (event->has_totals || !(conn->known & (KNOWN_BYTES_IN | KNOWN_BYTES_OUT)))
        return;
    event->has_totals = 1;
    event->in_bytes = conn->in_bytes;
    event->out_bytes = conn_out_bytes(conn);
    event->rtt_us = conn->rtt_us;
    event->retrans = conn->retrans;
}

static uint32_t tell_destroyed(const struct happening *happening, const struct shown *shown,
                               struct event *event)
{
    uint8_t from = shown->conn ? shown->conn->state : STATE_NONE;
    uint8_t to = happening->event.to;

    /* A frame was first to show it: the message comes by way of a work queue. */
    if (from == to || from == STATE_TIME_WAIT || from == STATE_DELETE_TCB)
        return 0;
    enum event_kind kind = to == STATE_DELETE_TCB ? EVENT_CLOSE
                           : shown->conn          ? EVENT_STATE
                                                  : EVENT_OPEN;
    *event = life_event(happening, NULL, shown, kind);
    event->from = from;
    event->to = to;
    event->polled_jump = from != STATE_NONE && kind == EVENT_STATE &&
                         !state_may_follow((enum tcp_state)from, (enum tcp_state)to);
    event_leave_out_fin(event, fin_was_received(happening, shown));
    if (shown->conn)
        event_take_shown(event, shown->conn);
    if (kind == EVENT_CLOSE)
        life_set_age(event, NULL, shown);
    else if (kind == EVENT_STATE)
        life_set_state_time(event, NULL, shown);
    if (from == STATE_LISTEN)
        life_drop_totals(event);
    return 1;
}

bool lives_end(const struct lives *lives, const struct happening *happening,
               const struct shown *shown, struct socket_end *end)
{
    const struct event *event = &happening->event;
    const bool message = (happening->signs & LIFE_ENDED) != 0;
    if (!event->has_totals || event->from == STATE_LISTEN ||
        (!message && event->to != STATE_CLOSED))
        return false;
    const struct life *life = life_find(lives, event->netns, event->cookie);
    struct happening plain = *happening;
    event_leave_out_fin(&plain.event, message ? fin_was_received(happening, shown)
                                              : (happening->signs & LIFE_FIN) != 0);
    const struct event whose = life_event(&plain, life, shown, EVENT_CLOSE);
    *end = (struct socket_end){.cookie = event->cookie,
                               .tuple = event->tuple,
                               .netns = event->netns,
                               .began = life != NULL,
                               .mono_ns = event->mono_ns,
                               .idle_ns = message ? happening->idle_ns : -1,
                               .counters = {plain.event.in_bytes,
                                            plain.event.out_bytes + happening->bytes_retrans,
                                            happening->bytes_retrans},
                               .uid = whose.uid,
                               .pid = whose.pid,
                               .owner_start_ticks = whose.owner_start_ticks};
    memcpy(end->name, whose.name, sizeof(end->name));
    return true;
}

uint32_t lives_tell(struct lives *lives, const struct happening *happening,
                    const struct shown *shown, struct event *events)
{
    const struct event *event = &happening->event;
    uint32_t told;

    if (happening->signs & LIFE_ENDED)
        return tell_destroyed(happening, shown, events);
    if (event->from == event->to)
        return 0;
    if (event->from == STATE_CLOSED)
        return tell_begin(lives, happening, shown, events);

    struct life *life = life_find(lives, event->netns, event->cookie);
    if (life && life->waits && event->tuple.local_port == 0) {
        life_remove(lives, life); /* connect() found no port: there never was a connection */
        return 0;
    }
    told = tell_opening(lives, happening, shown, &life, events);
    struct happening plain = *happening;
    event_leave_out_fin(&plain.event, plain.signs & LIFE_FIN);
    if (event->to == STATE_CLOSED)
        return told + tell_end(lives, &plain, shown, life, &events[told]);
    return told + tell_step(&plain, shown, life, &events[told]);
}

void lives_own(struct lives *lives, uint32_t netns, uint64_t cookie, int32_t pid,
               uint64_t start_ticks, const char name[LIFE_NAME_MAX])
{
    struct life *life = life_find(lives, netns, cookie);
    if (!life)
        return;
    life->pid = pid;
    life->start_ticks = start_ticks;
    memcpy(life->name, name, sizeof(life->name));
}

void lives_set_owner(const struct lives *lives, const struct shown *shown, struct event *event)
{
    const struct life *life = life_find(lives, event->netns, event->cookie);
    if (life && life->pid) {
        event->pid = life->pid;
        event->owner_start_ticks = life->start_ticks;
        life_set_name(event, life->name);
    } else if (shown->conn) {
        life_set_shown_owner(event, shown);
    }
}

bool lives_tell_shown(struct lives *lives, const struct conn *row, struct event *event)
{
    const struct shown nothing = {0};
    struct life *life = life_find(lives, row->netns, row->cookie);
    if (!life || !life->waits || row->tuple.local_port == 0)
        return false;
    struct happening happening = {.event = {.tuple = row->tuple,
                                            .cookie = row->cookie,
                                            .netns = row->netns,
                                            .origin = EVENT_FROM_BPF,
                                            .exact = 1,
                                            .uid = life->uid}};
    *event = life_opening(&happening, life, &nothing);
    life->waits = false;
    lives->waiting--;
    return true;
}
