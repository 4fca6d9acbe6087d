/* proc_files: the files of processes: /proc, or a tree that looks like it (tests). All files of a
 * process are opened below one descriptor of its directory, so that a reused pid causes no
 * confusion. */
#ifndef TCPLENS_SOURCE_OWNERS_PROC_FILES_H
#define TCPLENS_SOURCE_OWNERS_PROC_FILES_H

#include "source/proc_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROC_STAT_SIZE 1024u /* more than a stat file */

struct proc_files {
    int root;              /* descriptor; -1: it cannot be opened */
    struct proc_view view; /* whose processes it shows; in a test's tree: all */
    bool is_real;          /* the real /proc: pids are ours, and libproc2 can read it too */
    bool counts_files;     /* st_size of a fd directory is its count (Linux 6.2) */
    char *listing;         /* scratch of getdents64 */
};

/* Opens root and determines what it shows. A tree that looks like /proc is accepted as it is; /proc
 * itself may be mounted later. 0 or -errno. */
int proc_files_open(struct proc_files *files, const char *root);
void proc_files_done(struct proc_files *files);
/* Reopens it if something else has been mounted there; true: it did. */
bool proc_files_follow(struct proc_files *files);
bool proc_files_is_readable(const struct proc_files *files);

/* A descriptor of the directory of a process, O_PATH; or -errno. */
int proc_files_open_process(const struct proc_files *files, int32_t pid);
int proc_open_directory(int directory, const char *name); /* to list it; or -errno */
/* Reading the descriptors of an exiting process fails with EACCES, like those of other users. Reads
 * its stat file `name` below `directory`: 1: it is exiting, so permission was not the reason; 0: it
 * is not; -ESRCH: it is gone. */
int proc_is_ended(int directory, const char *name);

/* Visits the entries of an open directory that are numbers. visit returns 0 to continue; anything
 * else ends the listing and is returned. 0 at the end; -errno. */
typedef int (*proc_number_visit)(void *context, uint32_t number);
int proc_files_each_number(struct proc_files *files, int directory, proc_number_visit visit,
                           void *context);
/* All of them, appended. 0 or -errno. */
struct proc_numbers {
    uint32_t *items;
    uint32_t count, capacity;
};
int proc_files_list_numbers(struct proc_files *files, int directory, struct proc_numbers *numbers);

#endif
