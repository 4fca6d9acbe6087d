/* net_tools: sockets and namespaces for the test scenes. Must not know any one scene. */
#include "net_tools.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void net_die(const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void check(int rc, const char *what)
{
    if (rc < 0)
        net_die("%s: %s", what, strerror(errno));
}

static void unshare_net(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return;
    fprintf(stderr, "%s: no new network namespace: %s (run as root)\n",
            program_invocation_short_name, strerror(errno));
    exit(77);
}

/* Before Linux 6.1 all namespaces share one table: its size is what it is. */
static void enter_own_table(unsigned hash_buckets)
{
    FILE *sysctl = fopen("/proc/sys/net/ipv4/tcp_child_ehash_entries", "we");

    if (!sysctl && errno == ENOENT)
        return;
    if (!sysctl || fprintf(sysctl, "%u\n", hash_buckets) < 0 || fclose(sysctl) != 0)
        net_die("net.ipv4.tcp_child_ehash_entries: %s (as root)", strerror(errno));
    unshare_net();
}

void net_enter_namespace(unsigned hash_buckets)
{
    unshare_net();
    if (hash_buckets > 0)
        enter_own_table(hash_buckets);
    net_bring_loopback_up();
}

void net_bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(fd, "socket");
    check(ioctl(fd, SIOCGIFFLAGS, &request), "SIOCGIFFLAGS lo");
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    check(ioctl(fd, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS lo");
    close(fd);
}

bool net_has_ipv6(void)
{
    return access("/proc/net/tcp6", R_OK) == 0;
}

/* A new address is tentative, and cannot be bound, until the kernel's worker has seen to it, even
 * on lo. */
static bool wait_bindable(int fd, struct net_address address)
{
    int64_t end = net_now_ns() + 5000000000;
    while (bind(fd, &address.u.any, sizeof(address.u.v6)) != 0) {
        if (errno != EADDRNOTAVAIL || net_now_ns() > end)
            return false;
        poll(NULL, 0, 1); /* then look again */
    }
    return true;
}

bool net_add_link_local(void)
{
    struct { /* struct in6_ifreq of linux/ipv6.h, which cannot be included next to netinet/in.h */
        struct in6_addr address;
        uint32_t prefix;
        int interface;
    } request = {.prefix = 64, .interface = (int)if_nametoindex("lo")};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    inet_pton(AF_INET6, "fe80::1", &request.address);
    int rc = ioctl(fd, SIOCSIFADDR, &request);
    bool there = (rc == 0 || errno == EEXIST) && wait_bindable(fd, net_v6("fe80::1", 0));
    close(fd);
    return there;
}

unsigned long net_raise_file_limit(unsigned long files)
{
    struct rlimit limit, higher;
    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    if (limit.rlim_cur >= files)
        return (unsigned long)limit.rlim_cur;
    higher = (struct rlimit){files, files > limit.rlim_max ? files : limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
        return files;
    limit.rlim_cur = limit.rlim_max; /* no CAP_SYS_RESOURCE, or above fs.nr_open */
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    return (unsigned long)limit.rlim_cur;
}

struct net_address net_v4(uint32_t host, unsigned port)
{
    struct net_address address = {0};
    address.u.v4.sin_family = AF_INET;
    address.u.v4.sin_port = htons((uint16_t)port);
    address.u.v4.sin_addr.s_addr = htonl(host);
    return address;
}

struct net_address net_v6(const char *text, unsigned port)
{
    struct net_address address = {0};
    address.u.v6.sin6_family = AF_INET6;
    address.u.v6.sin6_port = htons((uint16_t)port);
    if (inet_pton(AF_INET6, text, &address.u.v6.sin6_addr) != 1)
        net_die("not an IPv6 address: %s", text);
    if (IN6_IS_ADDR_LINKLOCAL(&address.u.v6.sin6_addr))
        address.u.v6.sin6_scope_id = if_nametoindex("lo");
    return address;
}

static socklen_t address_size(const struct net_address *address)
{
    return address->u.any.sa_family == AF_INET ? sizeof(address->u.v4) : sizeof(address->u.v6);
}

static void set_option(int fd, int level, int name, int value)
{
    if (setsockopt(fd, level, name, &value, sizeof(value)) != 0)
        net_die("setsockopt %d/%d: %s", level, name, strerror(errno));
}

int net_socket(int family, const struct net_address *local, unsigned flags)
{
    int fd =
        socket(family, SOCK_STREAM | SOCK_CLOEXEC | (flags & NET_NONBLOCK ? SOCK_NONBLOCK : 0), 0);
    check(fd, "socket");
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (flags & NET_REUSEPORT)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (family == AF_INET6 && (flags & (NET_V6ONLY | NET_DUAL)))
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, (flags & NET_V6ONLY) != 0);
    if (!local)
        return fd;
    if (local->u.v4.sin_port == 0) /* the port is at the same place in both families */
        set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (bind(fd, &local->u.any, address_size(local)) != 0)
        net_die("bind to port %u: %s", ntohs(local->u.v4.sin_port), strerror(errno));
    return fd;
}

int net_listen(struct net_address local, int backlog, unsigned flags)
{
    int fd = net_socket(local.u.any.sa_family, &local, flags);
    check(listen(fd, backlog), "listen");
    return fd;
}

void net_connect(int fd, struct net_address remote)
{
    if (connect(fd, &remote.u.any, address_size(&remote)) != 0 && errno != EINPROGRESS)
        net_die("connect to port %u: %s", ntohs(remote.u.v4.sin_port), strerror(errno));
}

int net_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    check(fd, "accept");
    return fd;
}

void net_close(int fd)
{
    check(close(fd), "close");
}

void net_drop_incoming(int fd, bool drop)
{
    struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &none};
    int ignored = 0;
    if (drop)
        check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
              "SO_ATTACH_FILTER");
    else
        check(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored)),
              "SO_DETACH_FILTER");
}

int net_state(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    check(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO");
    return info.tcpi_state;
}

const char *net_state_name(int state)
{
    static const char *const names[] = {"-",           "ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED",
                                        "FIN-WAIT-1",  "FIN-WAIT-2",  "TIME-WAIT", "CLOSED",
                                        "CLOSE-WAIT",  "LAST-ACK",    "LISTEN",    "CLOSING",
                                        "SYN-RECEIVED"};
    return state > 0 && state < (int)(sizeof(names) / sizeof(names[0])) ? names[state] : names[0];
}

void net_wait_state(int fd, int state)
{
    int64_t end = net_now_ns() + 5000000000;
    while (net_state(fd) != state) {
        if (net_now_ns() > end)
            net_die("a socket stays in %s, wanted %s", net_state_name(net_state(fd)),
                    net_state_name(state));
        poll(NULL, 0, 1); /* then look again */
    }
}

uint64_t net_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof(cookie);
    check(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), "SO_COOKIE");
    return cookie;
}

uint64_t net_inode(int fd)
{
    struct stat status;
    check(fstat(fd, &status), "fstat");
    return status.st_ino;
}

int64_t net_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

struct net_facts net_facts_of(int fd)
{
    struct net_facts facts = {.pid = getpid()};
    socklen_t size = sizeof(facts.local);
    check(getsockname(fd, &facts.local.u.any, &size), "getsockname");
    facts.state = net_state(fd);
    facts.inode = net_inode(fd);
    facts.cookie = net_cookie(fd);
    size = sizeof(facts.remote);
    facts.has_remote = getpeername(fd, &facts.remote.u.any, &size) == 0;
    return facts;
}

struct net_facts net_facts_mirror(const struct net_facts *facts, int state)
{
    return (struct net_facts){
        .local = facts->remote, .remote = facts->local, .has_remote = true, .state = state};
}

static void write_address(FILE *out, const char *side, const struct net_address *address)
{
    char text[INET6_ADDRSTRLEN];
    const void *raw = address->u.any.sa_family == AF_INET ? (const void *)&address->u.v4.sin_addr
                                                          : (const void *)&address->u.v6.sin6_addr;
    inet_ntop(address->u.any.sa_family, raw, text, sizeof(text));
    fprintf(out, ",\"%caddr\":\"%s\",\"%cport\":%u", side[0], text, side[0],
            ntohs(address->u.v4.sin_port));
}

void net_write_tuple(FILE *out, const struct net_facts *facts)
{
    bool v4 = facts->local.u.any.sa_family == AF_INET;
    fprintf(out, "\"family\":\"%s\"", v4 ? "inet" : "inet6");
    write_address(out, "l", &facts->local);
    if (facts->has_remote)
        write_address(out, "r", &facts->remote);
    if (!v4 && facts->local.u.v6.sin6_scope_id != 0) {
        char name[IF_NAMESIZE] = "";
        fprintf(out, ",\"ifname\":\"%s\"", if_indextoname(facts->local.u.v6.sin6_scope_id, name));
    }
}

void net_facts_write(FILE *out, const char *kind, const struct net_facts *facts)
{
    fprintf(out, "{\"kind\":\"%s\",\"state\":\"%s\",", kind, net_state_name(facts->state));
    net_write_tuple(out, facts);
    if (facts->inode != 0)
        fprintf(out, ",\"inode\":%llu", (unsigned long long)facts->inode);
    if (facts->pid != 0)
        fprintf(out, ",\"pid\":%d", facts->pid);
    if (facts->cookie != 0)
        fprintf(out, ",\"cookie\":\"%llx\"", (unsigned long long)facts->cookie);
    fputs("}\n", out);
}

int net_run_command(char **command)
{
    int status = 0;
    pid_t pid = fork();
    check(pid, "fork");
    if (pid == 0) {
        execvp(command[0], command);
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, command[0], strerror(errno));
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
