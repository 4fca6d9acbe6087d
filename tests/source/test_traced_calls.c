/* Whom accept() gives a socket to, and which calls of bind() and connect() fail: of native and of 32-bit programs. A 64-bit
 * program of x86 can call by the numbers of 32-bit ones. */
#include "../unit/unit.h"
#include "net_tools.h"
#include "source/bpf/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001, UNREACHABLE = 0x0a090909, PORT = 4000 };
enum call { ACCEPT, BIND, CONNECT, CALL_COUNT };

/* Returns what accept4(), bind() or connect() does, or -errno. */
typedef int make_call(enum call call, int fd, const struct net_address *address);

static int native(enum call call, int fd, const struct net_address *address)
{
    const socklen_t size = sizeof(address->u.v4);
    const int result = call == ACCEPT ? accept(fd, NULL, NULL)
                       : call == BIND ? bind(fd, &address->u.any, size)
                                      : connect(fd, &address->u.any, size);

    return result < 0 ? -errno : result;
}

#ifdef __x86_64__

struct low_memory { /* below 2 GB */
    struct net_address address;
    uint32_t arguments[4];
};
static struct low_memory *low;

static long call_32(long number, long first, long second, long third)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(first), "c"(second), "d"(third), "S"(0L)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long low_address(const struct net_address *address)
{
    if (!address)
        return 0;
    low->address = *address;
    return (long)&low->address;
}

static int by_number(enum call call, int fd, const struct net_address *address)
{
    static const int NUMBERS[CALL_COUNT] = {[ACCEPT] = 364, [BIND] = 361, [CONNECT] = 362};

    return (int)call_32(NUMBERS[call], fd, low_address(address), address ? 16 : 0);
}

/* What the C library of i386 does. */
static int by_socketcall(enum call call, int fd, const struct net_address *address)
{
    static const int NUMBERS[CALL_COUNT] = {[ACCEPT] = 5, [BIND] = 2, [CONNECT] = 3};

    low->arguments[0] = (uint32_t)fd;
    low->arguments[1] = (uint32_t)low_address(address);
    low->arguments[2] = address ? 16 : 0;
    return (int)call_32(102, NUMBERS[call], (long)low->arguments, 0);
}

/* Where the kernel has no 32-bit calls, they kill. */
static bool has_32_bit_calls(void)
{
    int status;
    const pid_t child = fork();

    if (child == 0)
        _exit(call_32(20, 0, 0, 0) == getpid() ? 0 : 1);
    return waitpid(child, &status, 0) == child && status == 0;
}

#endif

static struct way {
    const char *name;
    make_call *make;
} ways[3] = {{"native", native}};
static unsigned way_count = 1;

static void find_ways(void)
{
#ifdef __x86_64__
    low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
               -1, 0);
    if (low == MAP_FAILED || !has_32_bit_calls()) {
        puts("not tried: this kernel has no calls of 32-bit programs");
        return;
    }
    ways[way_count++] = (struct way){"32-bit, by number", by_number};
    ways[way_count++] = (struct way){"32-bit, by socketcall()", by_socketcall};
#endif
}

/* --- what is traced --- */

static struct bpf *bpf;

struct traced {
    uint64_t cookie; /* of the socket that is waited for */
    int32_t pid;     /* process to which it was attributed */
};

static void take_traced(void *context, const struct transition *transition)
{
    (void)context;
    (void)transition;
}

static void own(void *context, uint32_t netns, uint64_t cookie, int32_t pid, uint64_t start_ticks,
                const char name[LIFE_NAME_MAX])
{
    struct traced *traced = context;
    (void)netns;
    (void)start_ticks;
    (void)name;
    if (cookie == traced->cookie)
        traced->pid = pid;
}

static int32_t accepted_by(int fd)
{
    struct traced traced = {.cookie = net_cookie(fd)};
    const struct bpf_sink sink = {take_traced, own, &traced};
    uint64_t lost;

    assert_true(bpf_drain(bpf, &sink, 0, INT64_MAX, &lost) >= 0);
    assert_int_equal(lost, 0);
    return traced.pid;
}

static void check_accept(const struct way *way)
{
    const int listener = net_listen(net_v4(LOOPBACK, PORT), 5, 0);
    const int client = net_socket(AF_INET, NULL, 0);

    net_connect(client, net_v4(LOOPBACK, PORT));
    const int server = way->make(ACCEPT, listener, NULL);
    assert_true(server >= 0);
    const int32_t pid = accepted_by(server);
    if (pid != getpid())
        fail_msg("%s: accept() by %d, not by %d", way->name, pid, getpid());
    net_close(server);
    net_close(client);
    net_close(listener);
}

/* The count of calls that failed so, by us. */
static uint32_t count_failures(const struct call_failures *failures, int error, unsigned port)
{
    uint32_t count = 0;

    assert_true(failures->known);
    for (uint32_t i = 0; i < failures->count; i++)
        if (failures->rows[i].error == error && failures->rows[i].port == port &&
            failures->rows[i].pid == getpid())
            count += failures->rows[i].count;
    return count;
}

static void check_failures(const struct way *way)
{
    const struct net_address taken = net_v4(LOOPBACK, PORT), away = net_v4(UNREACHABLE, PORT + 1);
    const int listener = net_listen(taken, 5, 0), binds = net_socket(AF_INET, NULL, 0),
              connects = net_socket(AF_INET, NULL, 0);
    struct host_facts before = {0}, after = {0};

    bpf_failures(bpf, &before);
    assert_int_equal(way->make(BIND, binds, &taken), -EADDRINUSE);
    assert_int_equal(way->make(CONNECT, connects, &away), -ENETUNREACH);
    accepted_by(listener); /* to read what was reported */
    bpf_failures(bpf, &after);
    if (count_failures(&after.bind_failures, EADDRINUSE, PORT) !=
        count_failures(&before.bind_failures, EADDRINUSE, PORT) + 1)
        fail_msg("%s: bind() failed unseen", way->name);
    if (count_failures(&after.connect_failures, ENETUNREACH, PORT + 1) !=
        count_failures(&before.connect_failures, ENETUNREACH, PORT + 1) + 1)
        fail_msg("%s: connect() failed unseen", way->name);
    net_close(listener);
    net_close(binds);
    net_close(connects);
}

static void accept_names_its_process(void **state)
{
    (void)state;
    for (unsigned i = 0; i < way_count; i++)
        check_accept(&ways[i]);
}

static void failures_are_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < way_count; i++)
        check_failures(&ways[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_names_its_process),
        cmocka_unit_test(failures_are_counted),
    };
    char text[BPF_TEXT_SIZE];
    struct netns netns;

    net_enter_namespace(0);
    netns_own(&netns);
    if (bpf_open(&bpf, &netns, false, text) != 0 || text[0]) {
        printf("skipped: no bpf: %s\n", text);
        return 77;
    }
    find_ways();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bpf_close(bpf);
    return failed;
}
