/* record_hosts: `record` of other machines: a folder with a session log of each, as its own recorder
 * writes it. */
#ifndef TCPLENS_COMMAND_RECORD_HOSTS_H
#define TCPLENS_COMMAND_RECORD_HOSTS_H

#include "options/options.h"

/* The exit code. */
int record_hosts(const struct options *options);

#endif
