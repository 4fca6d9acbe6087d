/* test_threads TCPLENS: what every thread of the running program may do, read from
 * /proc/PID/task/TID/status. As root; else there is nothing to give up. */
#include "pty_screen.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS     10000
#define DAC_OVERRIDE    (1ull << 1)
#define DAC_READ_SEARCH (1ull << 2)
#define KILL            (1ull << 5)
#define NET_ADMIN       (1ull << 12)
#define SYS_PTRACE      (1ull << 19)
#define SYS_ADMIN       (1ull << 21)

struct may {
    const char *thread;
    uint64_t at_most;
    bool seen;
    uint64_t set_aside; /* permitted besides, not effective but for a moment */
};

static struct may MAY[] = {
    {"tcplens", 0, false, 0},
    {"collector", DAC_READ_SEARCH | SYS_PTRACE | NET_ADMIN, false, SYS_ADMIN},
    {"screen", KILL | NET_ADMIN | DAC_OVERRIDE, false, DAC_READ_SEARCH | SYS_PTRACE},
    {"events", 0, false, 0},
    {"player", 0, false, 0},
};

struct status {
    char name[32];
    uint64_t permitted, effective, inheritable;
    unsigned no_new_privileges;
};

static bool read_status(pid_t pid, const char *task, struct status *status)
{
    char path[320], line[256];

    memset(status, 0, sizeof *status);
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)pid, task);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "Name:\t%31s", status->name);
        sscanf(line, "CapPrm:\t%" SCNx64, &status->permitted);
        sscanf(line, "CapEff:\t%" SCNx64, &status->effective);
        sscanf(line, "CapInh:\t%" SCNx64, &status->inheritable);
        sscanf(line, "NoNewPrivs:\t%u", &status->no_new_privileges);
    }
    fclose(file);
    return true;
}

static bool is_within(const struct status *status)
{
    for (size_t i = 0; i < sizeof MAY / sizeof *MAY; i++) {
        if (strcmp(MAY[i].thread, status->name) != 0)
            continue;
        MAY[i].seen = true;
        return (status->effective & ~MAY[i].at_most) == 0 &&
               (status->permitted & ~(MAY[i].at_most | MAY[i].set_aside)) == 0 &&
               status->inheritable == 0 && status->no_new_privileges == 1;
    }
    return false;
}

/* True once every thread is there and none may do more than it should. */
static bool all_within(struct pty_screen *screen, void *user)
{
    char path[64];
    bool good = true;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pty_screen_pid(screen));
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks)) != NULL) {
        struct status status;
        if (entry->d_name[0] == '.' || !read_status(pty_screen_pid(screen), entry->d_name, &status))
            continue;
        if (user)
            printf("%-10s permitted %010" PRIx64 " effective %010" PRIx64 " no_new_privs %u\n",
                   status.name, status.permitted, status.effective, status.no_new_privileges);
        good = is_within(&status) && good;
    }
    if (tasks)
        closedir(tasks);
    for (size_t i = 0; i < sizeof MAY / sizeof *MAY; i++)
        good = good && MAY[i].seen;
    return good;
}

int main(int argc, char **argv)
{
    struct pty_screen *screen;

    if (argc != 2)
        return 2;
    if (geteuid() != 0) {
        puts("skipped: needs root, which has something to give up");
        return 77;
    }
    const char *const command[] = {argv[1], "-i", "0.2", NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 80, .argv = command};
    if (pty_screen_start(&screen, &options) ||
        !pty_screen_wait_text(screen, "Connections", DEADLINE_MS)) {
        fprintf(stderr, "test_threads: tcplens does not start\n");
        return 1;
    }
    const bool good = pty_screen_wait_for(screen, all_within, NULL, DEADLINE_MS);
    all_within(screen, &screen);
    pty_screen_free(screen);
    if (!good)
        fprintf(stderr, "test_threads: a thread is missing or may do more than it should\n");
    return good ? 0 : 1;
}
