/* process_facts: what the processes that matter are: user, executable, command line, threads,
 * memory, CPU time; from small files below /proc/PID and by procps. Independent of which processes matter. */
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

/* Privileges must have been raised. Each reads what it has not read yet of this process. */
void process_facts_read_user(struct process_facts *facts, uint32_t slot);
void process_facts_read_executable(struct process_facts *facts, uint32_t slot);
/* The container whose published port it passes on. */
void process_facts_read_served(struct process_facts *facts, uint32_t slot);
void process_facts_count_files(struct process_facts *facts, uint32_t slot);
/* By procps, of those that are not gone; now_ns: monotonic. Command lines, again after some
 * seconds: some say there what they do. */
void process_facts_read_lines(struct process_facts *facts, const struct slot_list *slots,
                              int64_t now_ns);
/* New samples of threads, memory and CPU time. */
void process_facts_sample(struct process_facts *facts, const struct slot_list *slots,
                          int64_t now_ns);

#endif
