/* host_facts: reads the counters and settings of a network namespace from /proc: counters with each
 * call, sysctls every 10 s, conntrack and softnet every 5 s. What cannot be read is left unknown. One
 * thread at a time. */
#ifndef TCPLENS_SOURCE_HOST_FACTS_H
#define TCPLENS_SOURCE_HOST_FACTS_H

#include "core/host_facts.h"

struct host_reader;

/* proc_root "/proc"; a copy is kept. NULL when out of memory. */
struct host_reader *host_reader_new(const char *proc_root);
void host_reader_free(struct host_reader *reader);
/* Fills facts as of mono_ns; netns is not touched. Of the namespace that the thread is in. */
void host_reader_read(struct host_reader *reader, struct host_facts *facts, int64_t mono_ns);
/* Only the counters of net/snmp, of the same namespace. */
void host_reader_count_segments(struct host_reader *reader, struct host_facts *facts);

/* Another namespace: its counters are below proc_root/PROCESS/net; its settings are visible only
 * inside it, so they are read between enter and leave. enter returns 0 or -errno (settings are then
 * unknown). */
struct host_place {
    const char *process;
    int (*enter)(void *context);
    void (*leave)(void *context);
    void *context;
};
void host_reader_read_at(struct host_reader *reader, const struct host_place *place,
                         struct host_facts *facts, int64_t mono_ns);

/* Facts of a process that a finding names. */
struct process_facts;
/* 0; -ESRCH: the process no longer exists (start_ticks 0 = the one that has the pid now); or
 * -errno. */
int process_facts_read(const char *proc_root, int32_t pid, uint64_t start_ticks,
                       struct process_facts *facts);

#endif
