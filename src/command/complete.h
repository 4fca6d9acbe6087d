/* complete: candidates for the last word of a command line. The shells' completions
 * (doc/completions) run "tcplens __complete WORD..." and pass on what it prints, so that the tables
 * here are the only source. */
#ifndef TCPLENS_COMMAND_COMPLETE_H
#define TCPLENS_COMMAND_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLETE_WORD "__complete"

/* The words behind the program's name up to the one at the cursor, which may be "". Prints one
 * candidate per line, which replaces that word, with its description after a tab; a line "/": file
 * names as well. */
int complete_print(int count, char **words);

struct completion {
    const char *word; /* being completed */
    size_t head;      /* bytes of it that stay in front of each candidate */
};

/* Prints `text` if it begins with the word. help may be NULL. */
void complete_offer(const struct completion *completion, const char *text, const char *help);
/* Values of a column or field word that this machine has: ports, interfaces, users, units, processes, namespaces.
 * False: it has none of these. */
bool complete_machine_values(const struct completion *completion, const char *field);
void complete_netns(const struct completion *completion);
/* Hosts named in the configuration of ssh and in its known_hosts, also after "USER@". */
void complete_hosts(const struct completion *completion);
void complete_logs(const struct completion *completion);

#endif
