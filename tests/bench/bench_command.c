/* bench_command: what a command costs: a line for each run: wall and CPU milliseconds, and peak
 * memory in KiB. Peak memory counts from the process that starts the command (the kernel keeps it
 * over exec), so this program is small, where a script would hide what small programs take. A
 * command whose first run takes longer than so much is run once.
 *
 *     bench_command RUNS MOST_MS COMMAND [ARG...]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static _Noreturn void become(char **command)
{
    const int nothing = open("/dev/null", O_RDWR);

    for (int i = 0; i < 3; i++)
        dup2(nothing, i);
    execvp(command[0], command);
    _exit(127);
}

/* Its wall milliseconds; negative: it could not be run. */
static double run(char **command)
{
    const double began = now_ms();
    const pid_t child = fork();
    struct rusage usage;
    int status;

    if (child == 0)
        become(command);
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status == 127 << 8)
        return -1;
    const double wall = now_ms() - began;
    printf("%.3f %.3f %ld\n", wall, milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
           usage.ru_maxrss);
    return wall;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench_command RUNS MOST_MS COMMAND [ARG...]\n");
        return 2;
    }
    const double most = strtod(argv[2], NULL);
    for (long left = strtol(argv[1], NULL, 10); left > 0; left--) {
        const double wall = run(argv + 3);
        if (wall < 0)
            return 1;
        if (wall > most)
            break;
    }
    return 0;
}
