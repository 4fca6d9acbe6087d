/* test_walk: the walk over all descriptors by bpf finds every TCP socket of this process and of a
 * child that shares them, and nothing else of theirs. Prints what a descriptor costs. */
#include "net_tools.h"
#include "source/bpf.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKETS 2000
#define OTHERS  2000 /* descriptors that are no TCP sockets */

struct walk {
    uint64_t inodes[SOCKETS];
    unsigned found[SOCKETS][2]; /* by us, by the child */
    pid_t pids[2];
    unsigned strange;
};

static void visit(void *context, uint64_t inode, int32_t pid, uint32_t descriptor)
{
    struct walk *walk = context;
    (void)descriptor;
    if (pid != walk->pids[0] && pid != walk->pids[1])
        return;
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (walk->inodes[i] == inode) {
            walk->found[i][pid == walk->pids[1]]++;
            return;
        }
    }
    walk->strange++;
}

static void count(void *context, uint64_t inode, int32_t pid, uint32_t descriptor)
{
    (void)inode;
    (void)pid;
    (void)descriptor;
    ++*(unsigned *)context;
}

int main(void)
{
    static struct walk walk;
    char text[BPF_TEXT_SIZE];
    struct bpf *bpf;
    unsigned missed = 0;

    net_enter_namespace(0);
    net_raise_file_limit(SOCKETS + OTHERS + 100);
    if (bpf_open(&bpf, text) < 0) {
        printf("skipped: %s\n", text);
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
    int error = bpf_walk_owners(bpf, visit, &walk);
    unsigned all = 0;
    const int64_t began_ns = net_now_ns();
    if (!error)
        error = bpf_walk_owners(bpf, count, &all);
    const int64_t took_ns = net_now_ns() - began_ns;
    kill(walk.pids[1], SIGKILL);
    waitpid(walk.pids[1], NULL, 0);
    bpf_close(bpf);
    if (error)
        net_die("the walk failed: errno %d", -error);
    for (unsigned i = 0; i < SOCKETS; i++)
        missed += walk.found[i][0] != 1 || walk.found[i][1] != 1;
    printf(
        "%d sockets of two processes: %u missed or found twice, %u strange, %.2f us a descriptor\n",
        SOCKETS, missed, walk.strange, (double)took_ns / 1e3 / (2.0 * (SOCKETS + OTHERS)));
    return missed || walk.strange ? 1 : 0;
}
