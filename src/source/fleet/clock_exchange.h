/* clock_exchange: the offset of another host's clock, by questions and answers with four times, as
 * in NTP: ours when we ask, its when the question arrives and when it answers, ours when the answer
 * arrives. The error is at most half of the time on the way. Pure. */
#ifndef TCPLENS_SOURCE_FLEET_CLOCK_EXCHANGE_H
#define TCPLENS_SOURCE_FLEET_CLOCK_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct clock_exchange {
    uint64_t id;      /* of the question asked last */
    bool waits;       /* for the answer */
    int64_t asked_ns; /* mono */
    int64_t due_ns;   /* mono: the next question */
    uint32_t answers;
    int64_t skew_ns;  /* its clock less ours, by the best answer */
    int64_t error_ns; /* maximum error when it came */
    int64_t found_ns; /* mono: when it came */
};

/* Zeroed at first. True: a question is due now, with its number in *id. */
bool clock_exchange_ask(struct clock_exchange *exchange, int64_t mono_ns, uint64_t *id);
/* The host's times by its clock; wall_offset_ns: our wall clock less mono. True: the estimate
 * improved. Impossible answers are ignored. */
bool clock_exchange_answer(struct clock_exchange *exchange, uint64_t id, int64_t received_ns,
                           int64_t answered_ns, int64_t mono_ns, int64_t wall_offset_ns);
/* The maximum error by now, as clocks drift. */
int64_t clock_exchange_error(const struct clock_exchange *exchange, int64_t mono_ns);
/* 0 where the clocks agree within the error. */
int64_t clock_exchange_skew(const struct clock_exchange *exchange);

#endif
