/* port_trends: local ports that connections to single targets take, over the last minute. Only for
 * targets that take a share of them. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_PORT_TRENDS_H
#define TCPLENS_CORE_FINDING_PORT_TRENDS_H

#include "core/finding/census.h"

#define PORT_SAMPLES     13u /* 5 s apart */
#define PORT_TRENDS_MAX  64u
#define PORT_SHARE       20u  /* one in so many ports: a target with fewer is not remembered */
#define TIME_WAIT_S      60.0 /* a port in TIME-WAIT is free after that */
#define PORT_FORECAST_NS (15 * SECOND_NS) /* the least window of a forecast */

struct port_sample {
    int64_t mono_ns;
    uint32_t used, time_wait; /* used: these too */
};

struct port_trend {
    struct addr remote, local;
    uint16_t port;
    uint8_t family;
    uint32_t netns;
    bool seen;
    uint32_t count;
    struct port_sample samples[PORT_SAMPLES]; /* oldest first */
};

struct port_trends {
    struct port_trend rows[PORT_TRENDS_MAX];
    uint32_t count;
    int64_t mono_ns; /* of the last update */
};

/* A target that takes its share of so many local ports: of others nothing is remembered. */
static inline bool port_trends_has(const struct target_tally *target, uint32_t ports)
{
    return !target->inbound && target->in_range > 0 && target->in_range * PORT_SHARE >= ports;
}

/* After census_take; of so many local ports in all. */
void port_trends_update(struct port_trends *trends, const struct census *census, uint32_t ports);
/* Seconds until the target has taken all ports, if it goes on like this; `opens`: connections to it a
 * second. < 0: it will not, or that is not known. TIME-WAIT grows for a minute only: what it comes to
 * then counts, not its growth. */
double port_trends_forecast(const struct port_trends *trends, const struct target_tally *target,
                            uint32_t ports, double opens);

#endif
