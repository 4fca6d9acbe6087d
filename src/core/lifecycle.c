/* Socket transitions to events: an open hash table of the sockets that were seen to begin, by
 * cookie, and the rules of doc/architecture.md. Independent of where transitions come
 * from, and of tracks. */
#include "core/lifecycle.h"
#include "core/event_facts.h"
#include "core/lifecycle_private.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_LEAST 256u

struct lifecycles {
    struct life *slots;
    uint32_t slot_count; /* a power of two */
    uint32_t count, waiting;
};

struct lifecycles *lifecycles_new(void)
{
    struct lifecycles *lifecycles = calloc(1, sizeof(*lifecycles));
    if (!lifecycles)
        return NULL;
    lifecycles->slot_count = SLOTS_LEAST;
    lifecycles->slots = calloc(SLOTS_LEAST, sizeof(*lifecycles->slots));
    if (!lifecycles->slots) {
        free(lifecycles);
        return NULL;
    }
    return lifecycles;
}

void lifecycles_free(struct lifecycles *lifecycles)
{
    if (!lifecycles)
        return;
    free(lifecycles->slots);
    free(lifecycles);
}

uint32_t lifecycles_waiting(const struct lifecycles *lifecycles)
{
    return lifecycles->waiting;
}

int64_t lifecycles_waiting_since(const struct lifecycles *lifecycles, int64_t after_ns)
{
    int64_t oldest_ns = 0;

    for (uint32_t i = 0; lifecycles->waiting && i < lifecycles->slot_count; i++) {
        const struct life *life = &lifecycles->slots[i];
        if (life->cookie && life->waits && life->opened_ns > after_ns &&
            (!oldest_ns || life->opened_ns < oldest_ns))
            oldest_ns = life->opened_ns;
    }
    return oldest_ns;
}

uint32_t lifecycles_count(const struct lifecycles *lifecycles)
{
    return lifecycles->count;
}

/* --- the table --- */

static uint32_t home_of(const struct lifecycles *lifecycles, uint64_t cookie)
{
    return (uint32_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (lifecycles->slot_count - 1);
}

/* Its slot, or the free one where it belongs. */
static struct life *slot_of(const struct lifecycles *lifecycles, uint32_t netns, uint64_t cookie)
{
    uint32_t at = home_of(lifecycles, cookie);
    while (lifecycles->slots[at].cookie &&
           (lifecycles->slots[at].cookie != cookie || lifecycles->slots[at].netns != netns))
        at = (at + 1) & (lifecycles->slot_count - 1);
    return &lifecycles->slots[at];
}

static struct life *life_find(const struct lifecycles *lifecycles, uint32_t netns, uint64_t cookie)
{
    struct life *life = slot_of(lifecycles, netns, cookie);
    return cookie && life->cookie ? life : NULL;
}

static bool lifecycles_grow(struct lifecycles *lifecycles)
{
    struct lifecycles grown = {.slot_count = lifecycles->slot_count * 2};
    grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
    if (!grown.slots)
        return false;
    for (uint32_t i = 0; i < lifecycles->slot_count; i++) {
        if (lifecycles->slots[i].cookie)
            *slot_of(&grown, lifecycles->slots[i].netns, lifecycles->slots[i].cookie) =
                lifecycles->slots[i];
    }
    free(lifecycles->slots);
    lifecycles->slots = grown.slots;
    lifecycles->slot_count = grown.slot_count;
    return true;
}

/* A zeroed one; NULL when out of memory: then the socket is not remembered. */
static struct life *life_add(struct lifecycles *lifecycles, uint32_t netns, uint64_t cookie)
{
    if (!cookie)
        return NULL;
    if (lifecycles->count >= lifecycles->slot_count / 4 * 3 && !lifecycles_grow(lifecycles))
        return NULL;
    struct life *life = slot_of(lifecycles, netns, cookie);
    lifecycles->count += life->cookie == 0;
    lifecycles->waiting -= life->waits;
    *life = (struct life){.cookie = cookie, .netns = netns, .uid = UINT32_MAX};
    return life;
}

/* Frees a slot; displaced entries after it move up. */
static void life_remove(struct lifecycles *lifecycles, struct life *life)
{
    uint32_t mask = lifecycles->slot_count - 1;
    uint32_t hole = (uint32_t)(life - lifecycles->slots);

    lifecycles->count--;
    lifecycles->waiting -= life->waits;
    for (uint32_t at = (hole + 1) & mask; lifecycles->slots[at].cookie; at = (at + 1) & mask) {
        uint32_t home = home_of(lifecycles, lifecycles->slots[at].cookie);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        lifecycles->slots[hole] = lifecycles->slots[at];
        hole = at;
    }
    lifecycles->slots[hole] = (struct life){0};
}

void lifecycles_forget(struct lifecycles *lifecycles, int64_t before_mono_ns)
{
    for (uint32_t i = 0; i < lifecycles->slot_count; i++) {
        /* An entry that moves up into the slot is checked as well. */
        while (lifecycles->slots[i].cookie && lifecycles->slots[i].since_ns < before_mono_ns)
            life_remove(lifecycles, &lifecycles->slots[i]);
    }
}

/* --- transitions --- */

/* What remains in the kernel's table when a full socket ends: tcp_time_wait() sets no error, and
 * the peer's FIN decides between the two (tcp_fin in net/ipv4/tcp_input.c, Linux 6.18). */
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

static struct life *life_begin(struct lifecycles *lifecycles, const struct transition *transition,
                               uint8_t state, int64_t mono_ns)
{
    const struct event *event = &transition->event;
    struct life *life = life_add(lifecycles, event->netns, event->cookie);
    if (!life)
        return NULL;
    life->began = true;
    life->opened_ns = life->since_ns = mono_ns;
    life->opened_wall_ns = event->wall_ns - (event->mono_ns - mono_ns);
    life->state = state;
    life->netns = event->netns;
    life->pid = transition->pid;
    life->start_ticks = transition->start_ticks;
    life->uid = event->uid;
    memcpy(life->name, transition->name, sizeof(life->name));
    return life;
}

/* connect(), listen(). */
static uint32_t report_begin(struct lifecycles *lifecycles, const struct transition *transition,
                             const struct shown *shown, struct event *events)
{
    const struct event *event = &transition->event;
    struct life *life = life_begin(lifecycles, transition, event->to, event->mono_ns);

    if (shown->conn && shown->conn->state == STATE_CLOSED) {
        /* it was bound and had a row */
        events[0] = life_event(transition, life, shown, EVENT_STATE);
        life_set_state_time(&events[0], NULL, shown);
    } else if (life && event->tuple.local_port == 0) {
        life->waits = true;
        lifecycles->waiting++;
        return 0;
    } else {
        events[0] = life_event(transition, life, shown, EVENT_OPEN);
        events[0].from = STATE_NONE;
    }
    life_drop_totals(&events[0]);
    return 1;
}

/* Reports its opening, if that is still due, before anything else. */
static uint32_t report_opening(struct lifecycles *lifecycles, const struct transition *transition,
                               const struct shown *shown, struct life **life, struct event *event)
{
    if (*life && (*life)->waits) {
        (*life)->waits = false;
        lifecycles->waiting--;
    } else if (!*life && transition->event.from == STATE_SYN_RECEIVED) {
        int64_t began_ns = transition->began_ns ? transition->began_ns : transition->event.mono_ns;
        *life = life_begin(lifecycles, transition, STATE_SYN_RECEIVED, began_ns);
        if (*life && shown->conn) {
            (*life)->opened_ns = 0; /* a frame has shown it: that knows more */
            (*life)->since_ns = 0;
        }
    } else {
        return 0;
    }
    if (!*life || shown->conn)
        return 0;
    *event = life_opening(transition, *life, shown);
    return 1;
}

static uint32_t report_end(struct lifecycles *lifecycles, const struct transition *transition,
                           const struct shown *shown, struct life *life, struct event *event)
{
    uint8_t from = transition->event.from;
    uint8_t left = state_left(from, transition->signs);
    uint32_t reported = 0;

    if (left != from) {
        *event = life_event(transition, life, shown,
                            left == STATE_DELETE_TCB ? EVENT_CLOSE : EVENT_STATE);
        event->to = left;
        if (left == STATE_DELETE_TCB) {
            life_set_age(event, life, shown);
            life_set_end(event, transition);
        } else {
            life_set_state_time(event, life, shown);
        }
        if (from == STATE_LISTEN)
            life_drop_totals(event);
        reported = 1;
    }
    if (life)
        life_remove(lifecycles, life);
    return reported;
}

static uint32_t report_step(struct lifecycles *lifecycles, const struct transition *transition,
                            const struct shown *shown, struct life *life, struct event *event)
{
    *event = life_event(transition, life, shown, EVENT_STATE);
    life_set_state_time(event, life, shown);
    if (!life) /* for the time to its next step */
        life = life_add(lifecycles, event->netns, event->cookie);
    /* Nothing is sent or read any more, which the minisock that follows cannot report. */
    if (event->to != STATE_FIN_WAIT_2 || !(transition->signs & LIFE_ORPHAN))
        life_drop_totals(event);
    if (life) {
        life->state = event->to;
        life->since_ns = event->mono_ns;
    }
    return 1;
}

/* --- destroy messages --- */

static bool fin_was_received(const struct transition *transition, const struct shown *shown)
{
    const uint32_t after =
        STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);
    return (transition->signs & LIFE_FIN) || transition->event.to == STATE_TIME_WAIT ||
           (shown->conn && (after & STATE_BIT(shown->conn->state)));
}

static void event_leave_out_fin(struct event *event, bool received)
{
    if (received && event->has_totals && event->in_bytes > 0)
        event->in_bytes--;
}

/* A disconnected socket has lost its peer's port and its counters. */
static void event_take_shown(struct event *event, const struct conn *conn)
{
    event->tuple = conn->tuple;
    if (event->has_totals || !(conn->known & (KNOWN_BYTES_IN | KNOWN_BYTES_OUT)))
        return;
    event_set_totals(event, conn);
}

static uint32_t report_destroyed(const struct transition *transition, const struct shown *shown,
                                 struct event *event)
{
    uint8_t from = shown->conn ? shown->conn->state : STATE_NONE;
    uint8_t to = transition->event.to;

    /* A frame has shown it first: the message came late, by a work queue. */
    if (from == to || from == STATE_TIME_WAIT || from == STATE_DELETE_TCB)
        return 0;
    enum event_kind kind = to == STATE_DELETE_TCB ? EVENT_CLOSE
                           : shown->conn          ? EVENT_STATE
                                                  : EVENT_OPEN;
    *event = life_event(transition, NULL, shown, kind);
    event->from = from;
    event->to = to;
    event->polled_jump = from != STATE_NONE && kind == EVENT_STATE &&
                         !state_may_follow((enum tcp_state)from, (enum tcp_state)to);
    event_leave_out_fin(event, fin_was_received(transition, shown));
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

bool lifecycles_end(const struct lifecycles *lifecycles, const struct transition *transition,
                    const struct shown *shown, struct socket_end *end)
{
    const struct event *event = &transition->event;
    const bool message = (transition->signs & LIFE_ENDED) != 0;
    if (!event->has_totals || event->from == STATE_LISTEN ||
        (!message && event->to != STATE_CLOSED))
        return false;
    const struct life *life = life_find(lifecycles, event->netns, event->cookie);
    struct transition plain = *transition;
    event_leave_out_fin(&plain.event, message ? fin_was_received(transition, shown)
                                              : (transition->signs & LIFE_FIN) != 0);
    const struct event whose = life_event(&plain, life, shown, EVENT_CLOSE);
    *end = (struct socket_end){.cookie = event->cookie,
                               .tuple = event->tuple,
                               .netns = event->netns,
                               .began = life && life->began,
                               .mono_ns = event->mono_ns,
                               .idle_ns = message ? transition->idle_ns : -1,
                               .counters = {plain.event.in_bytes,
                                            plain.event.out_bytes + transition->bytes_retrans,
                                            transition->bytes_retrans},
                               .uid = whose.uid,
                               .pid = whose.pid,
                               .owner_start_ticks = whose.owner_start_ticks};
    memcpy(end->name, whose.name, sizeof(end->name));
    return true;
}

uint32_t lifecycles_apply(struct lifecycles *lifecycles, const struct transition *transition,
                          const struct shown *shown, struct event *events)
{
    const struct event *event = &transition->event;
    uint32_t reported;

    if (transition->signs & LIFE_ENDED)
        return report_destroyed(transition, shown, events);
    if (event->from == event->to)
        return 0;
    if (event->from == STATE_CLOSED)
        return report_begin(lifecycles, transition, shown, events);

    struct life *life = life_find(lifecycles, event->netns, event->cookie);
    if (life && life->waits && event->tuple.local_port == 0) {
        life_remove(lifecycles, life); /* connect() found no port: there was no connection */
        return 0;
    }
    reported = report_opening(lifecycles, transition, shown, &life, events);
    struct transition plain = *transition;
    event_leave_out_fin(&plain.event, plain.signs & LIFE_FIN);
    if (event->to == STATE_CLOSED)
        return reported + report_end(lifecycles, &plain, shown, life, &events[reported]);
    return reported + report_step(lifecycles, &plain, shown, life, &events[reported]);
}

void lifecycles_set_holder(struct lifecycles *lifecycles, uint32_t netns, uint64_t cookie,
                           int32_t pid, uint64_t start_ticks, const char name[LIFE_NAME_MAX])
{
    struct life *life = life_find(lifecycles, netns, cookie);
    if (!life)
        return;
    life->pid = pid;
    life->start_ticks = start_ticks;
    memcpy(life->name, name, sizeof(life->name));
}

void lifecycles_set_owner(const struct lifecycles *lifecycles, const struct shown *shown,
                          struct event *event)
{
    const struct life *life = life_find(lifecycles, event->netns, event->cookie);
    if (life && life->pid) {
        event->pid = life->pid;
        event->owner_start_ticks = life->start_ticks;
        life_set_name(event, life->name);
    } else if (shown->conn) {
        event_set_owner(event, shown->frame, shown->conn);
    }
}

bool lifecycles_take_shown(struct lifecycles *lifecycles, const struct conn *row,
                           struct event *event)
{
    const struct shown nothing = {0};
    struct life *life = life_find(lifecycles, row->netns, row->cookie);
    if (!life || !life->waits || row->tuple.local_port == 0)
        return false;
    struct transition transition = {.event = {.tuple = row->tuple,
                                              .cookie = row->cookie,
                                              .netns = row->netns,
                                              .origin = EVENT_FROM_BPF,
                                              .exact = 1,
                                              .uid = life->uid}};
    *event = life_opening(&transition, life, &nothing);
    life->waits = false;
    lifecycles->waiting--;
    return true;
}
