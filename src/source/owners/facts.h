/* process_facts: facts of selected processes: user, executable, command line, threads, memory, CPU
 * time; from small files below /proc/PID and by procps. */
#ifndef TCPLENS_SOURCE_OWNERS_FACTS_H
#define TCPLENS_SOURCE_OWNERS_FACTS_H

#include "source/owners/roster.h"

struct procps;

struct process_facts {
    struct roster *roster;
    struct procps *procps; /* NULL until it is first used */
    int64_t page_size, ticks_per_s;
};

/* Of these slots. */
struct slot_list {
    uint32_t *items;
    uint32_t count, capacity;
};

void process_facts_init(struct process_facts *facts, struct roster *roster);
void process_facts_done(struct process_facts *facts);

/* Privileges must have been raised. Each reads its facts unless they have been read already. */
void process_facts_read_user(struct process_facts *facts, uint32_t slot);
void process_facts_read_executable(struct process_facts *facts, uint32_t slot);
/* The container whose published port it forwards. */
void process_facts_read_served(struct process_facts *facts, uint32_t slot);
void process_facts_count_files(struct process_facts *facts, uint32_t slot);
/* By procps, for those that have not ended; now_ns: monotonic. Command lines; repeated after some
 * seconds, as programs may change them. */
void process_facts_read_lines(struct process_facts *facts, const struct slot_list *slots,
                              int64_t now_ns);
/* New samples of threads, memory and CPU time. */
void process_facts_sample(struct process_facts *facts, const struct slot_list *slots,
                          int64_t now_ns);

#endif
