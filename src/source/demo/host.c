/* Counters grow with the frames, starting from those of a machine after some days. */
#include "source/demo/host.h"

static const struct {
    uint8_t fact;    /* enum host_fact */
    uint64_t start;  /* its value in the first frame */
    uint32_t growth; /* in a frame */
} FACTS[] = {
    {FACT_ACTIVE_OPENS, 182044, 3},  {FACT_PASSIVE_OPENS, 941233, 5},
    {FACT_ATTEMPT_FAILS, 512, 0},    {FACT_ESTAB_RESETS, 2210, 0},
    {FACT_IN_SEGS, 88120401, 1400},  {FACT_OUT_SEGS, 91277340, 1500},
    {FACT_RETRANS_SEGS, 40177, 2},   {FACT_OUT_RSTS, 6120, 0},
    {FACT_IN_CSUM_ERRORS, 0, 0},     {FACT_ORIG_DATA_SENT, 70233811, 1200},
    {FACT_SYN_RETRANS, 310, 0},      {FACT_LISTEN_OVERFLOWS, 0, 0},
    {FACT_LISTEN_DROPS, 0, 0},       {FACT_REQ_FULL_COOKIES, 0, 0},
    {FACT_REQ_FULL_DROP, 0, 0},      {FACT_TW_OVERFLOW, 0, 0},
    {FACT_ABORT_ON_MEMORY, 0, 0},    {FACT_TIMEOUTS, 9120, 0},
    {FACT_TCP_ORPHAN, 0, 0},         {FACT_TCP_TW, 12, 0},
    {FACT_TCP_INUSE, 41, 0},         {FACT_TCP_ALLOC, 58, 0},
    {FACT_TCP6_INUSE, 12, 0},        {FACT_TCP_MEM_PAGES, 812, 0},
    {FACT_SOMAXCONN, 4096, 0},       {FACT_PORT_FIRST, 32768, 0},
    {FACT_PORT_LAST, 60999, 0},      {FACT_SYNCOOKIES, 1, 0},
    {FACT_MAX_SYN_BACKLOG, 1024, 0}, {FACT_MAX_TW_BUCKETS, 65536, 0},
    {FACT_MAX_ORPHANS, 65536, 0},    {FACT_MEM_PRESSURE, 125568, 0},
    {FACT_MEM_HIGH, 188352, 0},      {FACT_TW_REUSE, 2, 0},
    {FACT_TIMESTAMPS, 1, 0},         {FACT_ABORT_ON_OVERFLOW, 0, 0},
    {FACT_KEEPALIVE_TIME, 7200, 0},  {FACT_CONNTRACK_COUNT, 431, 0},
    {FACT_CONNTRACK_MAX, 262144, 0}, {FACT_FILE_NR, 9376, 0},
    {FACT_FILE_MAX, 1620528, 0},     {FACT_PAGE_SIZE, 4096, 0},
};

void demo_host_fill(struct host_facts *facts, uint64_t frame)
{
    for (int fact = FACT_NONE + 1; fact < FACT_COUNT; fact++) /* zero by default */
        host_fact_set(facts, (enum host_fact)fact, 0);
    for (size_t i = 0; i < sizeof(FACTS) / sizeof(FACTS[0]); i++)
        host_fact_set(facts, (enum host_fact)FACTS[i].fact,
                      FACTS[i].start + FACTS[i].growth * frame);
    facts->bind_failures.known = facts->connect_failures.known = true;
}
