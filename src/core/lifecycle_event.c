/* life_event: events made of what is known of a socket. Independent of what a transition means. */
#include "core/lifecycle_private.h"

#include "core/event_facts.h"
#include "core/text/text.h"

#include <string.h>

#define DOUBT_NS 100000000LL /* creation bounds this close count as exact */

void life_set_name(struct event *event, const char name[LIFE_NAME_MAX])
{
    char clean[TEXT_CLEAN_MAX(LIFE_NAME_MAX)] = "";
    text_clean(clean, sizeof(clean), name, strnlen(name, LIFE_NAME_MAX - 1));
    memcpy(event->name, clean, sizeof(event->name));
    event->name[sizeof(event->name) - 1] = '\0';
}

struct event life_event(const struct transition *transition, const struct life *life,
                        const struct shown *shown, enum event_kind kind)
{
    struct event event = transition->event;
    event.kind = (uint8_t)kind;
    event.pid = 0;
    event.owner_start_ticks = 0;
    event.has_duration = 0;
    event.duration_ns = event.created_min_ns = event.created_max_ns = 0;
    memset(event.name, 0, sizeof(event.name));
    if (shown->conn) {
        event.serial = shown->conn->serial;
        if (shown->conn->known & KNOWN_UID)
            event.uid = shown->conn->uid;
        if (shown->conn->known & KNOWN_CGROUP)
            event.cgroup_id = shown->conn->cgroup_id;
    }
    if (life && event.uid == UINT32_MAX)
        event.uid = life->uid;
    if (transition->pid) {
        event.pid = transition->pid;
        event.owner_start_ticks = transition->start_ticks;
        life_set_name(&event, transition->name);
    } else if (life && life->pid) {
        event.pid = life->pid;
        event.owner_start_ticks = life->start_ticks;
        life_set_name(&event, life->name);
    } else if (shown->conn) {
        event_set_owner(&event, shown->frame, shown->conn);
    }
    return event;
}

void life_drop_totals(struct event *event)
{
    event->has_totals = 0;
    event->in_bytes = event->out_bytes = 0;
    event->rtt_us = event->retrans = 0;
}

/* The time of the event by the clock of the row's frame. */
static int64_t time_in_frame(const struct shown *shown, const struct event *event)
{
    return shown->frame ? frame_time_of(shown->frame, event->wall_ns, event->mono_ns)
                        : event->wall_ns;
}

void life_set_state_time(struct event *event, const struct life *life, const struct shown *shown)
{
    const struct conn *conn = shown->conn;
    if (life && life->since_ns)
        event_set_duration(event, event->mono_ns - life->since_ns);
    else if (conn && conn->state == event->from && (conn->known & KNOWN_STATE_SINCE))
        event_set_duration(event, time_in_frame(shown, event) - conn->state_since_ns);
}

/* Without an error a program closed it. In these states that means a reset: data was unread, or
 * SO_LINGER was set (__tcp_close in net/ipv4/tcp.c, Linux 6.18). */
static uint8_t end_without_error(const struct transition *transition)
{
    switch (transition->event.from) {
    case STATE_SYN_SENT:
        return END_GIVEN_UP;
    case STATE_ESTABLISHED:
    case STATE_CLOSE_WAIT:
        return END_RESET_BY_US;
    case STATE_FIN_WAIT_1:
    case STATE_FIN_WAIT_2:
    case STATE_CLOSING:
    case STATE_LAST_ACK:
        return END_CLOSED;
    default:
        return END_UNKNOWN;
    }
}

static uint8_t end_of_error(const struct transition *transition)
{
    const bool no_reset = (transition->signs & (LIFE_RESETS_SEEN | LIFE_RESET)) == LIFE_RESETS_SEEN;

    switch (transition->error) {
    case ERROR_ECONNREFUSED:
        return no_reset ? END_REJECTED : END_REFUSED;
    case ERROR_ECONNRESET:
    case ERROR_EPIPE:
        return no_reset ? END_FAILED : END_RESET_BY_PEER;
    case ERROR_ECONNABORTED:
        return END_RESET_BY_US;
    case ERROR_ETIMEDOUT:
        return END_TIMED_OUT;
    case ERROR_ENETUNREACH:
    case ERROR_EHOSTUNREACH:
        return END_UNREACHABLE;
    default:
        return END_FAILED;
    }
}

/* The kernel has one reason for three calls, and older kernels have none. */
static uint8_t why_reset(const struct transition *transition)
{
    const uint8_t sent = transition->sent_reset;

    if (sent != RESET_WHY_NONE && sent != RESET_WHY_DISCONNECT && sent != RESET_WHY_OTHER)
        return sent;
    if (transition->error == ERROR_ECONNABORTED)
        return RESET_WHY_ENDED;
    return transition->error == 0 && (transition->signs & LIFE_LINGER) ? RESET_WHY_LINGER : sent;
}

void life_set_end(struct event *event, const struct transition *transition)
{
    if (transition->event.from == STATE_LISTEN || transition->event.from == STATE_CLOSED)
        return;
    event->error = transition->error;
    event->end = transition->error ? end_of_error(transition) : end_without_error(transition);
    if (transition->sent_reset != RESET_WHY_NONE && event->end != END_TIMED_OUT)
        event->end = END_RESET_BY_US;
    if (event->end == END_RESET_BY_US)
        event->reset_why = why_reset(transition);
}

void life_set_age(struct event *event, const struct life *life, const struct shown *shown)
{
    if (life && life->opened_ns)
        event_set_born(event, event->wall_ns - (event->mono_ns - life->opened_ns));
    else if (shown->conn)
        event_set_birth(event, shown->conn, time_in_frame(shown, event), DOUBT_NS);
}

struct event life_opening(const struct transition *transition, const struct life *life,
                          const struct shown *shown)
{
    struct event event = life_event(transition, life, shown, EVENT_OPEN);
    event.from = STATE_NONE;
    event.to = life->state;
    event.mono_ns = life->opened_ns;
    event.wall_ns = life->opened_wall_ns;
    life_drop_totals(&event);
    return event;
}
