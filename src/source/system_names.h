/* system_names: names of users, services and interfaces from the files of this machine; of other
 * users by way of user_names, where that was allowed. */
#ifndef TCPLENS_SOURCE_SYSTEM_NAMES_H
#define TCPLENS_SOURCE_SYSTEM_NAMES_H

#include "core/column/column.h"
#include "core/filter/filter.h"
#include "core/frame.h"

struct system_names;

/* NULL paths mean /etc/services and /etc/passwd. A file that cannot be read has no names: no error.
 * 0 or -ENOMEM. */
int system_names_new(struct system_names **names, const char *services, const char *passwd);
void system_names_free(struct system_names *names);
/* Users that are not in the file are looked up by NSS. Before the first thread. Without it they are
 * numbers. */
void system_names_use_nss(struct system_names *names);

/* Names of the users and interfaces that occur in the frame's rows. Reads the file of
 * users again when it has changed. A frame that has users already, with empty names, says which
 * they are, and its interfaces have their names: then no row is looked at. Only the thread that
 * makes frames may call it. 0 or -ENOMEM. */
int system_names_fill(struct system_names *names, struct frame *frame);
/* The users of its processes, as far as they are known; after system_names_fill. */
int system_names_fill_processes(struct system_names *names, struct frame *frame);
/* Those of its ghosts, which may have been in no frame before. */
int system_names_fill_ghosts(struct system_names *names, struct frame *frame);

/* Reads the services; they never change after that: any thread may look them up. Valid as long as
 * `names`. */
struct lookup system_names_lookup(struct system_names *names);

/* By name, for filters; users and services from the files, interfaces from the kernel. Services are
 * read when the first one is looked up: one thread only. */
struct filter_names system_names_filter(struct system_names *names);

#endif
