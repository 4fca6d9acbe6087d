/* test_walk: the walk over all descriptors by bpf finds every TCP socket of this process and of a
 * child that shares them, and nothing else of theirs. Prints what a descriptor costs. */
#include "base/clock.h"
#include "net_tools.h"
#include "source/bpf/walk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKETS 2000
#define ROUNDS  10
#define OTHERS  2000 /* descriptors that are no TCP sockets */

struct walk {
    uint64_t inodes[SOCKETS];
    unsigned found[SOCKETS][2]; /* by us, by the child */
    pid_t pids[2];
    unsigned strange;
};

static void visit(void *context, const struct owner_found *found)
{
    struct walk *walk = context;
    if (found->pid != walk->pids[0] && found->pid != walk->pids[1])
        return;
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (walk->inodes[i] == found->inode) {
            walk->found[i][found->pid == walk->pids[1]]++;
            return;
        }
    }
    walk->strange++;
}

static void count(void *context, const struct owner_found *found)
{
    (void)found;
    ++*(unsigned *)context;
}

int main(void)
{
    static struct walk walk;
    struct bpf_walk *bpf;
    unsigned missed = 0;

    net_enter_namespace(0);
    net_raise_file_limit(SOCKETS + OTHERS + 100);
    const int64_t opening_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    char why[BPF_TEXT_SIZE];
    struct netns netns;

    netns_own(&netns);
    int error = bpf_walk_open(&bpf, &netns, why);
    const int64_t opened_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (error) {
        printf("skipped: the walk cannot be loaded: %s\n", why);
        return 77;
    }
    for (unsigned i = 0; i < SOCKETS; i++)
        walk.inodes[i] = net_inode(net_socket(i % 2 ? AF_INET : AF_INET6, NULL, 0));
    for (unsigned i = 0; i < OTHERS; i++)
        if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
            net_die("no more sockets");
    walk.pids[0] = getpid();
    walk.pids[1] = fork();
    if (walk.pids[1] == 0) {
        pause();
        _exit(0);
    }
    error = bpf_walk_run(bpf, visit, &walk);
    unsigned all = 0;
    int64_t took_ns = INT64_MAX;
    for (int i = 0; i < ROUNDS && !error; i++) {
        const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        error = bpf_walk_run(bpf, count, &all);
        const int64_t ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
        took_ns = ns < took_ns ? ns : took_ns;
    }
    kill(walk.pids[1], SIGKILL);
    waitpid(walk.pids[1], NULL, 0);
    bpf_walk_close(bpf);
    if (error)
        net_die("the walk failed: errno %d", -error);
    for (unsigned i = 0; i < SOCKETS; i++)
        missed += walk.found[i][0] != 1 || walk.found[i][1] != 1;
    printf("%d sockets of two processes: %u missed or found twice, %u strange, %.2f us a "
           "descriptor; loaded in %.1f ms\n",
           SOCKETS, missed, walk.strange, (double)took_ns / 1e3 / (2.0 * (SOCKETS + OTHERS)),
           (double)(opened_ns - opening_ns) / 1e6);
    return missed || walk.strange ? 1 : 0;
}
