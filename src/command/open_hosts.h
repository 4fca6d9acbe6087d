/* open_hosts: the hosts that the options name, as one source of frames. */
#ifndef TCPLENS_COMMAND_OPEN_HOSTS_H
#define TCPLENS_COMMAND_OPEN_HOSTS_H

#include "options/options.h"
#include "source/source.h"

/* 0 or -errno with one line in why (OPEN_SOURCE_WHY_MAX bytes); -EINVAL: the options are wrong. */
int open_hosts(struct source **source, const struct options *options, char *why);

/* The end while a thread is abandoned: the hosts' programs, which it would have ended, are ended. */
_Noreturn void exit_without_threads(int code);

#endif
