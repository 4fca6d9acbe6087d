/* net_tools: what scene, churn and lifecycle share: namespaces, sockets, the facts of a socket as
 * JSON. Does not link the program's code. On failure these functions print one line and end the
 * program with 1, unless they say otherwise: these are tools, and a scene that is not complete is
 * of no use. */
#ifndef TCPLENS_TOOLS_NET_TOOLS_H
#define TCPLENS_TOOLS_NET_TOOLS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct net_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
};

enum { NET_REUSEPORT = 1, NET_V6ONLY = 2, NET_DUAL = 4, NET_NONBLOCK = 8 };

/* Prints "scene: ..." (the tool's name) and ends the program. */
_Noreturn void net_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A new network namespace with lo up. hash_buckets > 0: its established table has that many buckets
 * (net.ipv4.tcp_child_ehash_entries, set in a namespace between, so that the caller's stays as it
 * is; before Linux 6.1 all share one). Without the right to do so: one line, and exit code 77. */
void net_enter_namespace(unsigned hash_buckets);
void net_bring_loopback_up(void);
/* Gives lo the link-local address fe80::1/64; false where the kernel will not (no IPv6). */
bool net_add_link_local(void);
bool net_has_ipv6(void);
/* Raises the limit of open files as far as this process may, up to files; what it is then. */
unsigned long net_raise_file_limit(unsigned long files);

struct net_address net_v4(uint32_t host, unsigned port); /* host byte order: 0x7f000001 */
struct net_address net_v6(const char *text,
                          unsigned port); /* a link-local one is given the scope of lo */
int net_listen(struct net_address local, int backlog, unsigned flags);
/* Not connected yet. local may be NULL; its port may be 0 (chosen at connect). */
int net_socket(int family, const struct net_address *local, unsigned flags);
void net_connect(int fd, struct net_address remote); /* EINPROGRESS is fine */
int net_accept(int listener);
void net_close(int fd);

/* With drop on, every segment that arrives for this socket is thrown away before TCP sees it: a
 * listener then leaves its peers in SYN-SENT, an established socket leaves its peer's FIN
 * unanswered. */
void net_drop_incoming(int fd, bool drop);

int net_state(int fd);                  /* the kernel's number */
const char *net_state_name(int state);  /* RFC 9293; 12 (NEW_SYN_RECV) is SYN-RECEIVED */
void net_wait_state(int fd, int state); /* within 5 s */
uint64_t net_cookie(int fd);
uint64_t net_inode(int fd);
int64_t net_now_ns(void); /* CLOCK_MONOTONIC */

struct net_facts {
    struct net_address local, remote;
    bool has_remote;
    int state;
    uint64_t inode, cookie; /* 0: unknown */
    pid_t pid;              /* 0: none */
};

struct net_facts net_facts_of(int fd);
/* What the other end of a connection must be, for a socket of which no descriptor exists. */
struct net_facts net_facts_mirror(const struct net_facts *facts, int state);
/* One JSON object on a line, keys as in tcplens list --json, and "kind". */
void net_facts_write(FILE *out, const char *kind, const struct net_facts *facts);
void net_write_tuple(FILE *out, const struct net_facts *facts);

/* Runs a command to its end; its exit code, or 128 + signal. */
int net_run_command(char **command);

#endif
