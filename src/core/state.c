/* The 12 TCP states in one table. Pure; independent of frames, sockets and screens. */
#include "core/state.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define BIT STATE_BIT

/* Arrows of RFC 9293, figure 5, with FIN-WAIT-1 to TIME-WAIT of its note 2. Kernel numbers from
 * include/net/tcp_states.h (Linux 6.18); names that ss takes from scan_state() of iproute2's ss.c.
 */
const struct state_facts TCP_STATES[STATE_COUNT] = {
    [STATE_NONE] = {.name = "", .short_name = ""},
    [STATE_CLOSED] = {.name = "CLOSED",
                      .short_name = "CLOSED",
                      .ss_names = {"unconnected", "close", "bound-inactive"},
                      .kernel = 7,
                      .role = STATE_ROLE_QUIET,
                      .follows = BIT(STATE_LISTEN) | BIT(STATE_SYN_SENT)},
    [STATE_LISTEN] = {.name = "LISTEN",
                      .short_name = "LISTEN",
                      .ss_names = {"listening"},
                      .kernel = 10,
                      .role = STATE_ROLE_LISTEN,
                      .follows = BIT(STATE_CLOSED) | BIT(STATE_SYN_SENT) | BIT(STATE_SYN_RECEIVED)},
    [STATE_SYN_SENT] = {.name = "SYN-SENT",
                        .short_name = "SYN-SENT",
                        .ss_names = {"syn-sent"},
                        .kernel = 2,
                        .role = STATE_ROLE_OPENING,
                        .follows =
                            BIT(STATE_CLOSED) | BIT(STATE_SYN_RECEIVED) | BIT(STATE_ESTABLISHED)},
    [STATE_SYN_RECEIVED] = {.name = "SYN-RECEIVED",
                            .short_name = "SYN-RECV",
                            .ss_names = {"syn-recv", "syn-rcv", "new-syn-recv"},
                            .kernel = 3,
                            .role = STATE_ROLE_OPENING,
                            .follows =
                                BIT(STATE_LISTEN) | BIT(STATE_ESTABLISHED) | BIT(STATE_FIN_WAIT_1)},
    [STATE_ESTABLISHED] = {.name = "ESTABLISHED",
                           .short_name = "ESTAB",
                           .ss_names = {"established"},
                           .kernel = 1,
                           .role = STATE_ROLE_OPEN,
                           .follows = BIT(STATE_FIN_WAIT_1) | BIT(STATE_CLOSE_WAIT)},
    [STATE_FIN_WAIT_1] = {.name = "FIN-WAIT-1",
                          .short_name = "FIN-WAIT-1",
                          .ss_names = {"fin-wait-1"},
                          .kernel = 4,
                          .role = STATE_ROLE_CLOSING,
                          .follows =
                              BIT(STATE_FIN_WAIT_2) | BIT(STATE_CLOSING) | BIT(STATE_TIME_WAIT)},
    [STATE_FIN_WAIT_2] = {.name = "FIN-WAIT-2",
                          .short_name = "FIN-WAIT-2",
                          .ss_names = {"fin-wait-2"},
                          .kernel = 5,
                          .role = STATE_ROLE_CLOSING,
                          .follows = BIT(STATE_TIME_WAIT)},
    [STATE_CLOSE_WAIT] = {.name = "CLOSE-WAIT",
                          .short_name = "CLOSE-WAIT",
                          .ss_names = {"close-wait"},
                          .kernel = 8,
                          .role = STATE_ROLE_STUCK,
                          .follows = BIT(STATE_LAST_ACK)},
    [STATE_CLOSING] = {.name = "CLOSING",
                       .short_name = "CLOSING",
                       .ss_names = {"closing"},
                       .kernel = 11,
                       .role = STATE_ROLE_CLOSING,
                       .follows = BIT(STATE_TIME_WAIT)},
    [STATE_LAST_ACK] = {.name = "LAST-ACK",
                        .short_name = "LAST-ACK",
                        .ss_names = {"last-ack"},
                        .kernel = 9,
                        .role = STATE_ROLE_CLOSING,
                        .follows = BIT(STATE_CLOSED)},
    [STATE_TIME_WAIT] = {.name = "TIME-WAIT",
                         .short_name = "TIME-WAIT",
                         .ss_names = {"time-wait"},
                         .kernel = 6,
                         .role = STATE_ROLE_QUIET,
                         .follows = BIT(STATE_CLOSED)},
    [STATE_DELETE_TCB] = {.name = "DELETE-TCB",
                          .short_name = "DELETE-TCB",
                          .role = STATE_ROLE_GONE},
};

_Static_assert(sizeof(struct state_facts) % sizeof(char *) == 0, "STATE_WORDS steps by pointers");
const struct words STATE_WORDS = {.list = &TCP_STATES[0].name,
                                  .count = STATE_COUNT,
                                  .step = sizeof(struct state_facts) / sizeof(char *)};

enum { KERNEL_NEW_SYN_RECV = 12, KERNEL_BOUND_INACTIVE = 13, KERNEL_COUNT = 14 };

static const uint8_t FROM_KERNEL[KERNEL_COUNT] = {
    [1] = STATE_ESTABLISHED,
    [2] = STATE_SYN_SENT,
    [3] = STATE_SYN_RECEIVED,
    [4] = STATE_FIN_WAIT_1,
    [5] = STATE_FIN_WAIT_2,
    [6] = STATE_TIME_WAIT,
    [7] = STATE_CLOSED,
    [8] = STATE_CLOSE_WAIT,
    [9] = STATE_LAST_ACK,
    [10] = STATE_LISTEN,
    [11] = STATE_CLOSING,
    [KERNEL_NEW_SYN_RECV] = STATE_SYN_RECEIVED,
    [KERNEL_BOUND_INACTIVE] = STATE_CLOSED,
};

static const char *const CLASS_NAMES[] = {
    [CLASS_ALL] = "all",
    [CLASS_CONNECTIONS] = "connections",
    [CLASS_LISTENERS] = "listeners",
};

enum tcp_state state_from_kernel(unsigned kernel)
{
    return kernel < KERNEL_COUNT ? (enum tcp_state)FROM_KERNEL[kernel] : STATE_NONE;
}

static bool same_word(const char *word, const char *name, size_t length)
{
    return strlen(word) == length && strncasecmp(word, name, length) == 0;
}

static bool state_is_called(const struct state_facts *facts, const char *name, size_t length)
{
    if (same_word(facts->name, name, length) || same_word(facts->short_name, name, length))
        return true;
    for (size_t i = 0; i < sizeof(facts->ss_names) / sizeof(facts->ss_names[0]); i++)
        if (facts->ss_names[i] != NULL && same_word(facts->ss_names[i], name, length))
            return true;
    return false;
}

enum tcp_state state_from_name(const char *name, size_t length)
{
    for (unsigned i = STATE_CLOSED; i < STATE_COUNT; i++)
        if (state_is_called(&TCP_STATES[i], name, length))
            return (enum tcp_state)i;
    return STATE_NONE;
}

bool state_may_follow(enum tcp_state from, enum tcp_state to)
{
    if (to <= STATE_NONE || to >= STATE_COUNT || from >= STATE_COUNT)
        return false;
    if (from == STATE_NONE)
        return true;
    if (to == STATE_DELETE_TCB)
        return from != STATE_DELETE_TCB;
    return (TCP_STATES[from].follows & BIT(to)) != 0;
}

bool state_may_reach(enum tcp_state from, enum tcp_state to)
{
    const uint32_t ends = BIT(STATE_CLOSED) | BIT(STATE_LISTEN);
    if (state_may_follow(from, to))
        return true;
    if (to <= STATE_NONE || to >= STATE_COUNT || from >= STATE_COUNT)
        return false;

    uint32_t reached = TCP_STATES[from].follows;
    for (unsigned arrows = 1; arrows < STATE_COUNT; arrows++)
        for (unsigned i = STATE_CLOSED; i < STATE_COUNT; i++)
            if ((reached & ~ends & BIT(i)) != 0)
                reached |= TCP_STATES[i].follows;
    return (reached & BIT(to)) != 0;
}

/* A ghost counts as a connection: its former class is not in the state. */
uint32_t state_class_bits(enum tcp_class class)
{
    static const uint32_t bits[] = {
        [CLASS_ALL] = STATE_ALL_BITS,
        [CLASS_CONNECTIONS] = STATE_ALL_BITS & ~(BIT(STATE_CLOSED) | BIT(STATE_LISTEN)),
        [CLASS_LISTENERS] = BIT(STATE_LISTEN),
    };
    return bits[class];
}

int state_class_from_name(const char *name, enum tcp_class *class)
{
    for (unsigned i = 0; i < sizeof(CLASS_NAMES) / sizeof(CLASS_NAMES[0]); i++) {
        if (strcasecmp(name, CLASS_NAMES[i]) == 0) {
            *class = (enum tcp_class)i;
            return 0;
        }
    }
    return -EINVAL;
}

uint32_t state_kernel_mask(uint32_t state_bits)
{
    uint32_t mask = 0;
    for (unsigned kernel = 1; kernel < KERNEL_COUNT; kernel++)
        if ((state_bits & BIT(FROM_KERNEL[kernel])) != 0)
            mask |= 1u << kernel;
    return mask;
}
