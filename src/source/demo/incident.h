/* demo incident: a staged outage in addition to the rows of the demo, driven by the clock: a
 * program stops accepting, another does not close connections that its peers have closed, then
 * local ports run out; each ends before the incident is over. A row is a function of its slot and
 * the moment. */
#ifndef TCPLENS_SOURCE_DEMO_INCIDENT_H
#define TCPLENS_SOURCE_DEMO_INCIDENT_H

#include "core/host_facts.h"
#include "source/demo/cast.h"

#include <stdbool.h>
#include <stdint.h>

/* Times of the steps, in ms from its beginning. */
#define INCIDENT_ACCEPT_STOPS_MS INT64_C(20000)  /* java no longer accepts on :8080 */
#define INCIDENT_QUEUE_FULL_MS   INT64_C(25100)  /* ... and from here on clients are refused */
#define INCIDENT_ACCEPTS_MS      INT64_C(45000)  /* it accepts again */
#define INCIDENT_LEAK_MS         INT64_C(55000)  /* node keeps a connection every 100 ms */
#define INCIDENT_LEAK_100_MS     INT64_C(65000)  /* ... and has 100 of them */
#define INCIDENT_RESTART_MS      INT64_C(100000) /* node is restarted: all are closed */
#define INCIDENT_CHURN_MS        INT64_C(90000)  /* java opens 200 connections a second */
#define INCIDENT_PORTS_60_MS     INT64_C(120000) /* ... which take 60 % of the local ports */
#define INCIDENT_PORTS_90_MS     INT64_C(135000)
#define INCIDENT_POOL_MS         INT64_C(140000) /* all are taken; it opens no more */
#define INCIDENT_PORTS_50_MS     INT64_C(175000) /* half of them are free again */
#define INCIDENT_OVER_MS         INT64_C(200000)

extern const uint32_t demo_incident_slots;
/* False: there is no such row at that time. start_ns: wall clock at which the incident began. owner
 * and group are indexes into CAST_PROCS and CAST_GROUPS. */
bool demo_incident_row(uint32_t slot, int64_t now_ms, int64_t start_ns, struct conn *conn);
/* Added to the counters of the healthy machine. */
void demo_incident_host(struct host_facts *facts, int64_t now_ms);
/* Additional descriptors of a process of the cast. */
uint32_t demo_incident_descriptors(unsigned who, int64_t now_ms);
/* True for rows of the cast that would cause findings of their own. */
bool demo_incident_leaves_out(const struct cast_row *part);

#endif
