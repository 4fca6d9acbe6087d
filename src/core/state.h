/* The 12 TCP states: number, names, colour role and legal successors, in one table.
 * Numbers 1..12 are those of MIB_TCP_STATE (RFC 4022 order as Windows counts it); kernel numbers
 * are those of include/net/tcp_states.h (Linux 6.18). Pure; independent of frames and screens. */
#ifndef TCPLENS_CORE_STATE_H
#define TCPLENS_CORE_STATE_H

#include "core/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tcp_state {
    STATE_NONE = 0, /* no state: where a new row comes from */
    STATE_CLOSED = 1,
    STATE_LISTEN,
    STATE_SYN_SENT,
    STATE_SYN_RECEIVED,
    STATE_ESTABLISHED,
    STATE_FIN_WAIT_1,
    STATE_FIN_WAIT_2,
    STATE_CLOSE_WAIT,
    STATE_CLOSING,
    STATE_LAST_ACK,
    STATE_TIME_WAIT,
    STATE_DELETE_TCB, /* no longer in the kernel's table: a ghost, until its highlight ends */
    STATE_COUNT
};

#define STATE_BIT(state) (1u << (state)) /* a set of states is a uint32_t of these bits */
#define STATE_ALL_BITS   ((1u << STATE_COUNT) - 2u)

enum state_role {                   /* colours of a theme */
                  STATE_ROLE_QUIET, /* CLOSED, TIME-WAIT */
                  STATE_ROLE_LISTEN,
                  STATE_ROLE_OPENING, /* SYN-SENT, SYN-RECEIVED */
                  STATE_ROLE_OPEN,    /* ESTABLISHED */
                  STATE_ROLE_CLOSING, /* FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK */
                  STATE_ROLE_STUCK,   /* CLOSE-WAIT: waits for the local program */
                  STATE_ROLE_GONE     /* DELETE-TCB */
};

struct state_facts {
    const char *name;        /* RFC 9293: "SYN-RECEIVED"; for JSON, CSV, log */
    const char *short_name;  /* for the screen: "SYN-RECV" */
    const char *ss_names[3]; /* what ss takes, lower case, NULL-terminated unless full */
    uint8_t kernel;          /* TCP_* of net/tcp_states.h; 0 for DELETE-TCB */
    uint8_t role;            /* enum state_role */
    uint32_t follows; /* STATE_BITs of the states that may come next (one arrow of RFC 9293) */
};

extern const struct state_facts TCP_STATES[STATE_COUNT]; /* indexed by enum tcp_state; [0] is "" */
extern const struct words STATE_WORDS;                   /* their names */

/* Kernel number (1..13) to state: NEW_SYN_RECV (12) is SYN-RECEIVED, BOUND_INACTIVE (13) and CLOSE
 * (7) are CLOSED. STATE_NONE for anything else. */
enum tcp_state state_from_kernel(unsigned kernel);

/* A state by any of its names (RFC, short, ss), case-insensitive; STATE_NONE if there is none. */
enum tcp_state state_from_name(const char *name, size_t length);

/* True if one arrow of the RFC 9293 diagram leads from `from` to `to`; from STATE_NONE every state
 * may open, and every state may be left for DELETE-TCB. */
bool state_may_follow(enum tcp_state from, enum tcp_state to);

/* True if one arrow or several lead from `from` to `to` within the life of one connection: not
 * through CLOSED or LISTEN, where the next one begins. */
bool state_may_reach(enum tcp_state from, enum tcp_state to);

/* --class: which states belong to it. */
enum tcp_class { CLASS_ALL, CLASS_CONNECTIONS, CLASS_LISTENERS };
uint32_t state_class_bits(enum tcp_class class); /* set of STATE_BITs; CLOSED is in `all` only */
int state_class_from_name(const char *name, enum tcp_class *class); /* 0 or -EINVAL */

/* idiag_states mask for a set of states (kernel bits 1..13). */
uint32_t state_kernel_mask(uint32_t state_bits);

#endif
