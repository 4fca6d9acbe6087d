/* complete: what a shell offers for the last word of a command line. The completions of the shells (doc/completions)
 * run "tcplens __complete WORD..." and pass on what it prints, so that one place knows what may stand where. */
#ifndef TCPLENS_COMMAND_COMPLETE_H
#define TCPLENS_COMMAND_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLETE_WORD "__complete"

/* The words behind the program's name up to the one at the cursor, which may be "". Prints a candidate a line, in
 * place of that word, with its description behind a tab; a line "/": names of files as well. */
int complete_print(int count, char **words);

struct completion {
    const char *word; /* being completed */
    size_t head;      /* bytes of it that stay in front of each candidate */
};

/* Prints it if the word begins so. help may be NULL. */
void complete_offer(const struct completion *completion, const char *text, const char *help);
/* Values of a column or field word that this machine has: ports, interfaces, users, units, processes, namespaces.
 * False: it has none of these. */
bool complete_machine_values(const struct completion *completion, const char *field);
void complete_netns(const struct completion *completion);
/* Hosts that the configuration of ssh and its known hosts name, behind "USER@" too. */
void complete_hosts(const struct completion *completion);
void complete_logs(const struct completion *completion);

#endif
