/* pty_idle: when a program has worked off what was sent to it. */
#include "pty_idle.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* "12 (name) S ...": the name may hold anything, also blanks and parentheses. */
static char state_of(pid_t pid, const char *task)
{
    char path[64], line[512];
    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", (int)pid, task);
    FILE *file = fopen(path, "r");
    if (!file)
        return '\0';
    const char *name_end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return name_end && name_end[1] == ' ' ? name_end[2] : '\0';
}

/* How often the task has given up a processor, of itself or not. */
static unsigned long switches_of(pid_t pid, const char *task)
{
    char path[64], line[256];
    unsigned long sum = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/status", (int)pid, task);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        const char *value = strstr(line, "_ctxt_switches:");
        if (value)
            sum += strtoul(value + strlen("_ctxt_switches:"), NULL, 10);
    }
    if (file)
        fclose(file);
    return sum;
}

void pty_idle_look(struct pty_idle *idle, pid_t pid)
{
    char path[64];
    *idle = (struct pty_idle){.asleep = true};
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (const struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.')
            continue;
        idle->asleep &= state_of(pid, task->d_name) == 'S';
        idle->switches += switches_of(pid, task->d_name);
        idle->tasks++;
    }
    if (tasks)
        closedir(tasks);
}

bool pty_idle_same(const struct pty_idle *a, const struct pty_idle *b)
{
    return a->asleep && b->asleep && a->tasks == b->tasks && a->switches == b->switches;
}

bool pty_idle_unread(int master)
{
    const char *name = ptsname(master);
    int slave = name ? open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    struct pollfd input = {.fd = slave, .events = POLLIN};
    int unread = 0;
    if (slave < 0)
        return false;
    /* what is written to a pty is passed on by a worker: n_tty_poll (drivers/tty/n_tty.c) waits for
     * it, FIONREAD does not */
    const bool known = poll(&input, 1, 0) >= 0 && ioctl(slave, FIONREAD, &unread) == 0;
    close(slave);
    return known && unread > 0;
}
