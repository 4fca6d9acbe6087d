/* test_netns_list: which network namespaces are found, the anchor of each, and that we keep none
 * alive. The test makes its own namespaces; the list may contain others. */
#include "../unit/unit.h"
#include "base/clock.h"
#include "net_tools.h"
#include "source/netns/facts.h"
#include "source/netns/list.h"
#include "source/netns/others.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_NS (10 * SECOND_NS)
#define NOBODY      65534

static struct netns_list *list;

/* --- processes in namespaces of their own --- */

struct guest {
    pid_t pid;
    struct netns netns;
    int order; /* each byte written has it do the next thing */
    int answer;
};

static void guest_answer(int answer)
{
    struct netns own;

    netns_own(&own);
    if (write(answer, &own, sizeof(own)) != (ssize_t)sizeof(own))
        _exit(1);
}

/* Answers with its namespace, and, at each order, enters a new one and answers again. */
static void guest_main(int order, int answer, int unshared)
{
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshared && unshare(unshared) != 0)
        _exit(1);
    guest_answer(answer);
    while (read(order, &byte, 1) == 1) {
        if (unshare(CLONE_NEWNET) != 0)
            _exit(1);
        guest_answer(answer);
    }
    _exit(0);
}

static void guest_read(struct guest *guest)
{
    assert_int_equal(read(guest->answer, &guest->netns, sizeof(guest->netns)),
                     sizeof(guest->netns));
}

/* In new namespaces of these kinds. */
static struct guest guest_start_in(int unshared)
{
    int order[2], answer[2];
    struct guest guest = {0};

    assert_int_equal(pipe2(order, O_CLOEXEC), 0);
    assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
    guest.pid = fork();
    assert_true(guest.pid >= 0);
    if (guest.pid == 0) {
        close(order[1]);
        close(answer[0]);
        guest_main(order[0], answer[1], unshared);
    }
    close(order[0]);
    close(answer[1]);
    guest.order = order[1];
    guest.answer = answer[0];
    guest_read(&guest);
    return guest;
}

static struct guest guest_start(bool unshared)
{
    return guest_start_in(unshared ? CLONE_NEWNET : 0);
}

static void guest_move(struct guest *guest)
{
    assert_int_equal(write(guest->order, "x", 1), 1);
    guest_read(guest);
}

static void guest_end(struct guest *guest)
{
    kill(guest->pid, SIGKILL);
    assert_int_equal(waitpid(guest->pid, NULL, 0), guest->pid);
    close(guest->order);
    close(guest->answer);
}

static int begin(void **state)
{
    (void)state;
    return netns_list_open(&list, "/proc");
}

static int end(void **state)
{
    (void)state;
    netns_list_close(list);
    list = NULL;
    return 0;
}

static void refresh(void)
{
    assert_int_equal(netns_list_refresh(list, clock_mono_ns()), 0);
}

static const struct netns_entry *entry_of(const struct guest *guest)
{
    return netns_list_find(list, guest->netns.cookie);
}

static void assert_home(void)
{
    struct netns now;

    netns_own(&now);
    assert_int_equal(now.cookie, netns_list_at(list, 0)->netns.cookie);
}

/* The highest that no process has. */
static pid_t free_number(void)
{
    FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
    int most = 0;

    if (!file || fscanf(file, "%d", &most) != 1)
        most = 32768;
    if (file)
        fclose(file);
    for (pid_t pid = most - 1; pid > most / 2; pid--)
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return pid;
    return most;
}

/* fork() of a process with that number, in new namespaces of these kinds; -1: it may not be. */
static pid_t fork_as(pid_t pid, uint64_t flags)
{
    struct { /* struct clone_args of Linux 5.5 */
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
            set_tid_size;
    } how = {.flags = flags, .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1};

#ifdef SYS_clone3
    return (pid_t)syscall(SYS_clone3, &how, sizeof(how));
#else
    (void)how;
    errno = ENOSYS;
    return -1;
#endif
}

/* --- what is found --- */

static void our_own_is_the_first(void **state)
{
    (void)state;
    struct netns own;
    netns_own(&own);
    for (int i = 0; i < 2; i++) {
        const struct netns_entry *entry = netns_list_at(list, 0);
        assert_true(entry->is_own);
        assert_int_equal(entry->id, own.cookie);
        assert_int_equal(entry->netns.inode, own.inode);
        assert_int_equal(entry->key, own.inode);
        assert_int_equal(entry->reach, NETNS_REACH_ENTER);
        refresh();
    }
    assert_true(netns_list_at(list, 0)->processes > 0);
    assert_ptr_equal(netns_list_find_inode(list, own.inode), netns_list_at(list, 0));
}

static void the_host_is_that_of_process_1(void **state)
{
    (void)state;
    refresh();
    const struct netns_entry *host = netns_list_match(list, "host");
    if (!host)
        return; /* /proc does not show the machine's processes */
    assert_true(host->netns.is_host);
    assert_int_equal(host->kind, NETNS_KIND_HOST);
    assert_string_equal(host->name, "host");
    assert_false(host->is_own);
    assert_ptr_equal(netns_list_match(list, "1"), host);
    assert_ptr_equal(netns_list_at(list, 1), host);
}

static void a_namespace_is_found_with_its_process_and_forgotten_with_it(void **state)
{
    (void)state;
    refresh();
    struct guest guest = guest_start(true);
    assert_null(entry_of(&guest));
    refresh();
    const struct netns_entry *entry = entry_of(&guest);
    assert_non_null(entry);
    assert_int_equal(entry->netns.inode, guest.netns.inode);
    assert_int_equal(entry->pid, guest.pid);
    assert_int_equal(entry->processes, 1);
    assert_int_equal(entry->reach, NETNS_REACH_ENTER);
    assert_int_equal(entry->kind, NETNS_KIND_PROCESS);
    assert_false(entry->is_own || entry->netns.is_host);

    char word[16];
    snprintf(word, sizeof(word), "%d", guest.pid);
    assert_ptr_equal(netns_list_match(list, word), entry);
    assert_ptr_equal(netns_list_match(list, entry->name), entry);
    guest_end(&guest);
    refresh();
    assert_null(entry_of(&guest));
}

/* Its number was given out by the listing before, as far as /proc/loadavg says: so it is where a process is
 * being made just then. A number of choice does not move what that file says. */
static void a_process_that_appears_behind_its_number_is_found(void **state)
{
    (void)state;
    int order[2], answer[2];
    struct guest other = guest_start(false), guest = {0};
    assert_int_equal(pipe2(order, O_CLOEXEC), 0);
    assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
    refresh();
    guest.pid = fork_as(free_number(), CLONE_NEWNET);
    if (guest.pid == 0) {
        close(order[1]);
        close(answer[0]);
        guest_main(order[0], answer[1], 0);
    }
    close(order[0]);
    close(answer[1]);
    guest.order = order[1];
    guest.answer = answer[0];
    if (guest.pid < 0) {
        print_message("no process may be made with a number of choice: %s\n", strerror(errno));
        guest_end(&other);
        skip();
    }
    guest_read(&guest);
    refresh();
    assert_non_null(entry_of(&guest));
    guest_end(&guest);
    guest_end(&other);
}

/* As of a container without root. */
static void a_namespace_of_another_user_namespace_says_so(void **state)
{
    (void)state;
    struct guest rootless = guest_start_in(CLONE_NEWUSER | CLONE_NEWNET);
    struct guest guest = guest_start(true);
    refresh();
    assert_true(entry_of(&rootless)->other_user);
    assert_false(entry_of(&guest)->other_user);
    assert_false(netns_list_at(list, 0)->other_user);
    guest_end(&rootless);
    guest_end(&guest);
}

static void a_process_that_enters_another_later_is_found_there(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    const uint64_t before = guest.netns.cookie;
    refresh();
    assert_non_null(entry_of(&guest));
    guest_move(&guest);
    refresh();
    assert_non_null(entry_of(&guest));
    assert_null(netns_list_find(list, before));
    guest_end(&guest);
}

static void an_old_process_that_enters_another_is_found_in_turn(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    refresh();
    guest_move(&guest);
    bool found = false;
    for (unsigned i = 0; i < NETNS_ROUND + 1 && !found; i++) {
        assert_int_equal(netns_list_refresh(list, clock_mono_ns() + NETNS_YOUNG_NS), 0);
        found = entry_of(&guest) != NULL;
    }
    assert_true(found);
    guest_move(&guest);
    netns_list_hasten(list);
    assert_int_equal(netns_list_refresh(list, clock_mono_ns() + NETNS_YOUNG_NS), 0);
    assert_non_null(entry_of(&guest));
    guest_end(&guest);
}

static void another_process_takes_the_place_of_an_anchor_that_exits(void **state)
{
    (void)state;
    struct guest first = guest_start(true);
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/ns/net", first.pid);
    const int there = open(path, O_RDONLY | O_CLOEXEC);
    const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_int_equal(setns(there, CLONE_NEWNET), 0);
    struct guest second = guest_start(false);
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    close(there);
    close(home);
    refresh();
    const struct netns_entry *entry = entry_of(&first);
    assert_non_null(entry);
    assert_int_equal(entry->processes, 2);
    const bool first_is_anchor = entry->pid == first.pid;
    guest_end(first_is_anchor ? &first : &second);
    refresh();
    entry = entry_of(&first);
    assert_non_null(entry);
    assert_int_equal(entry->pid, first_is_anchor ? second.pid : first.pid);
    assert_int_equal(entry->processes, 1);
    guest_end(first_is_anchor ? &second : &first);
    refresh();
    assert_null(entry_of(&first));
}

/* Inode numbers of namespaces are given out again, the lowest first, once the kernel has removed the
 * old one: of so many new ones, one has it. */
#define MANY 100

static void the_same_inode_later_is_another_namespace(void **state)
{
    (void)state;
    static struct guest guests[MANY];
    struct guest old = guest_start(true);
    int count = 0;
    bool same = false;
    refresh();
    assert_non_null(entry_of(&old));
    guest_end(&old);
    while (count < MANY && !same) {
        guests[count] = guest_start(true);
        same = guests[count++].netns.inode == old.netns.inode;
    }
    refresh();
    assert_null(entry_of(&old));
    for (int i = 0; i < count; i++) {
        const struct netns_entry *entry = entry_of(&guests[i]);
        assert_non_null(entry);
        assert_ptr_equal(netns_list_find_inode(list, guests[i].netns.inode), entry);
        guest_end(&guests[i]);
    }
    if (!same)
        print_message("no namespace got that inode\n"); /* other files of /proc take numbers, too */
}

/* As another monitor does, all the time: what is read of it is of several namespaces. */
static pid_t start_visitor(const struct guest *one)
{
    char path[64];
    int there, home;

    snprintf(path, sizeof(path), "/proc/%d/ns/net", one->pid);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0)
        _exit(1);
    there = open(path, O_RDONLY | O_CLOEXEC);
    home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    while (setns(there, CLONE_NEWNET) == 0 && setns(home, CLONE_NEWNET) == 0)
        ;
    _exit(1);
}

#define VISITS 200

static void a_visitor_makes_no_two_namespaces_one(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    const pid_t visitor = start_visitor(&guest);
    for (int i = 0; i < VISITS; i++) {
        netns_list_close(list);
        assert_int_equal(netns_list_open(&list, "/proc"), 0);
        refresh();
        const struct netns_entry *entry = entry_of(&guest);
        assert_non_null(entry);
        assert_int_equal(entry->netns.inode, guest.netns.inode);
    }
    kill(visitor, SIGKILL);
    assert_int_equal(waitpid(visitor, NULL, 0), visitor);
    guest_end(&guest);
}

/* --- the way in --- */

static void a_socket_is_opened_there_and_the_thread_is_back(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    refresh();
    const struct netns_entry *entry = entry_of(&guest);
    const int diag = netns_list_socket(list, entry, NETLINK_SOCK_DIAG, SOCK_NONBLOCK);
    assert_true(diag >= 0);
    assert_int_equal(netns_cookie_of_socket(diag), guest.netns.cookie);
    assert_true(fcntl(diag, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(diag, F_GETFL) & O_NONBLOCK);
    close(diag);
    assert_home();
    char path[64], proc[32];
    assert_int_equal(netns_list_proc(list, entry, path, sizeof(path)), 0);
    snprintf(proc, sizeof(proc), "/proc/%d", guest.pid);
    assert_string_equal(path, proc);

    guest_end(&guest);
    assert_int_equal(netns_list_socket(list, entry, NETLINK_SOCK_DIAG, 0), -ESRCH);
    assert_int_equal(netns_list_proc(list, entry, path, sizeof(path)), -ESRCH);
    assert_home();
}

#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"

static void read_range(char *text, size_t size)
{
    const int file = open(PORT_RANGE, O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? 0 : read(file, text, size - 1);

    text[got > 0 ? got : 0] = '\0';
    if (file >= 0)
        close(file);
}

static void settings_of_another_namespace_are_read_from_within(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    char before[64], there[64], after[64];
    refresh();
    read_range(before, sizeof(before));
    assert_int_equal(netns_list_enter(list, entry_of(&guest)), 0);
    const int file = open(PORT_RANGE, O_WRONLY | O_CLOEXEC);
    const bool written = file >= 0 && write(file, "20000 20999", 11) == 11;
    if (file >= 0)
        close(file);
    read_range(there, sizeof(there));
    assert_int_equal(netns_list_leave(list), 0);
    read_range(after, sizeof(after));
    assert_true(written);
    assert_string_equal(there, "20000\t20999\n");
    assert_string_equal(before, after);
    assert_home();
    guest_end(&guest);
}

/* --- counters and settings --- */

static void write_range(const char *range)
{
    const int file = open(PORT_RANGE, O_WRONLY | O_CLOEXEC);

    assert_true(file >= 0);
    assert_int_equal(write(file, range, strlen(range)), strlen(range));
    close(file);
}

static void facts_are_those_of_each_namespace(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    struct netns_facts *facts = netns_facts_new("/proc");
    static struct host_facts own, there;
    assert_non_null(facts);
    refresh();
    const struct netns_entry *entry = entry_of(&guest);
    assert_int_equal(netns_list_enter(list, entry), 0);
    write_range("20000 20999");
    const int listener = net_listen(net_v4(0x7f000001, 4711), 1, 0);
    assert_int_equal(netns_list_leave(list), 0);

    netns_facts_begin(facts, clock_mono_ns());
    assert_int_equal(netns_facts_read(facts, list, entry, &there), 0);
    assert_int_equal(netns_facts_read(facts, list, netns_list_at(list, 0), &own), 0);
    netns_facts_end(facts);
    assert_int_equal(there.netns, entry->key);
    assert_int_equal(host_fact(&there, FACT_PORT_FIRST), 20000);
    assert_int_equal(host_fact(&there, FACT_TCP_INUSE), 1);
    assert_true(host_fact_known(&there, FACT_LISTEN_OVERFLOWS));
    assert_false(host_fact_known(&there, FACT_MEM_PRESSURE)); /* of the first namespace only */
    assert_int_not_equal(host_fact(&own, FACT_PORT_FIRST), 20000);
    assert_int_equal(own.netns, netns_list_at(list, 0)->key);
    assert_home();

    close(listener);
    guest_end(&guest);
    netns_facts_begin(facts, clock_mono_ns() + SECOND_NS); /* as it was read last */
    assert_int_equal(netns_facts_read(facts, list, entry, &there), 0);
    assert_int_equal(host_fact(&there, FACT_PORT_FIRST), 20000);
    netns_facts_end(facts);
    netns_facts_free(facts);
}

static bool wait_until_interface_is_gone(const char *name)
{
    const int64_t until_ns = clock_mono_ns() + DEADLINE_NS;

    while (if_nametoindex(name) && clock_mono_ns() < until_ns)
        (void)poll(NULL, 0, 5);
    return if_nametoindex(name) == 0;
}

/* --- what is not shown --- */

static void sockets_of_namespaces_that_are_not_shown_are_counted(void **state)
{
    (void)state;
    struct netns_others *others = netns_others_new("/proc");
    struct frame before = {0}, frame = {0};
    char text[96];
    assert_non_null(others);
    netns_others_count(others, &before);
    struct guest guest = guest_start(true);
    refresh();
    assert_int_equal(netns_list_enter(list, entry_of(&guest)), 0);
    const int four = net_listen(net_v4(0x7f000001, 4711), 1, 0);
    const int six = net_has_ipv6() ? net_listen(net_v6("::", 4712), 1, 0) : -1;
    assert_int_equal(netns_list_leave(list), 0);
    netns_others_count(others, &frame);
    assert_true(frame.other_netns.count > 0); /* others' tests may have some, too */
    assert_true(frame.other_netns.sockets >= 1u + (six >= 0));
    assert_true(other_netns_text(&frame.other_netns, text, sizeof(text)) > 0);
    close(four);
    if (six >= 0)
        close(six);
    guest_end(&guest);
    netns_others_free(others);
}

/* The kernel removes a veth with the namespace of its other end. */
static void nothing_keeps_a_dead_namespace_alive(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    char command[96];
    snprintf(command, sizeof(command), "ip link add kept0 type veth peer name kept1 netns %d",
             guest.pid);
    if (system(command) != 0) {
        guest_end(&guest);
        skip();
    }
    refresh();
    const struct netns_entry *entry = entry_of(&guest);
    assert_non_null(entry);
    const int diag = netns_list_socket(list, entry, NETLINK_SOCK_DIAG, 0);
    assert_true(diag >= 0);
    close(diag);
    assert_true(if_nametoindex("kept0") > 0);
    guest_end(&guest); /* the list has not been refreshed since */
    assert_true(wait_until_interface_is_gone("kept0"));
}

/* --- mounts --- */

static void mount_namespace(const struct guest *guest, const char *path)
{
    char from[32];

    snprintf(from, sizeof(from), "/proc/%d/ns/net", guest->pid);
    const int file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(mount(from, path, NULL, MS_BIND, NULL), 0);
}

static void a_mount_names_a_namespace_and_keeps_it_in_the_list(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    refresh();
    mount_namespace(&guest, "/run/netns/blue sky\x1b");
    refresh();
    const struct netns_entry *entry = entry_of(&guest);
    assert_int_equal(entry->kind, NETNS_KIND_NAMED);
    assert_string_equal(entry->name, "blue sky\\x1b");
    assert_true(entry->is_mounted);
    assert_int_equal(entry->pid, guest.pid);

    guest_end(&guest);
    refresh();
    entry = entry_of(&guest);
    assert_non_null(entry);
    assert_int_equal(entry->pid, 0);
    assert_int_equal(entry->processes, 0);
    assert_int_equal(entry->reach, NETNS_REACH_ENTER);
    const int diag = netns_list_socket(list, entry, NETLINK_SOCK_DIAG, 0);
    assert_true(diag >= 0);
    assert_int_equal(netns_cookie_of_socket(diag), guest.netns.cookie);
    close(diag);

    assert_int_equal(umount2("/run/netns/blue sky\x1b", MNT_DETACH), 0);
    refresh();
    assert_null(entry_of(&guest));
    assert_int_equal(unlink("/run/netns/blue sky\x1b"), 0);
}

/* --- without any right --- */

static int look_as_nobody(const struct guest *guest)
{
    struct netns_list *own = NULL;
    char path[64];

    if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
        netns_list_open(&own, "/proc") != 0 || netns_list_refresh(own, clock_mono_ns()) != 0)
        return 2;
    const struct netns_entry *found = NULL;
    for (uint32_t i = 0; i < netns_list_count(own); i++)
        if (netns_list_at(own, i)->pid == guest->pid)
            found = netns_list_at(own, i);
    if (!found || found->is_own || found->netns.cookie || found->netns.inode)
        return 3;
    if (found->reach != NETNS_REACH_PROC || !(found->id >> 63) || found->name[0] == '\0' ||
        found->key == 0)
        return 4;
    if (netns_list_socket(own, found, NETLINK_SOCK_DIAG, 0) >= 0)
        return 5;
    if (netns_list_proc(own, found, path, sizeof(path)) != 0)
        return 6;
    if (!netns_list_at(own, 0)->is_own || netns_list_at(own, 0)->processes == 0)
        return 7;
    static struct host_facts there;
    struct netns_facts *facts = netns_facts_new("/proc");
    netns_facts_begin(facts, clock_mono_ns());
    if (netns_facts_read(facts, own, found, &there) != 0 ||
        !host_fact_known(&there, FACT_LISTEN_OVERFLOWS) || host_fact_known(&there, FACT_PORT_FIRST))
        return 8;
    netns_facts_free(facts);
    netns_list_close(own);
    return 0;
}

static void without_rights_namespaces_are_distinguished_and_not_entered(void **state)
{
    (void)state;
    struct guest guest = guest_start(true);
    int status = 0;
    const pid_t nobody = fork();
    if (nobody == 0)
        _exit(look_as_nobody(&guest));
    assert_int_equal(waitpid(nobody, &status, 0), nobody);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    guest_end(&guest);
}

/* Mounts of the tests stay in a mount namespace of this process. */
static int make_room(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return -1;
    (void)mkdir("/run/netns", 0755);
    return mount("none", "/run/netns", "tmpfs", 0, "size=64k");
}

int main(void)
{
    net_enter_namespace(0);
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(our_own_is_the_first),
        TEST(the_host_is_that_of_process_1),
        TEST(a_namespace_is_found_with_its_process_and_forgotten_with_it),
        TEST(a_process_that_appears_behind_its_number_is_found),
        TEST(a_namespace_of_another_user_namespace_says_so),
        TEST(a_process_that_enters_another_later_is_found_there),
        TEST(an_old_process_that_enters_another_is_found_in_turn),
        TEST(another_process_takes_the_place_of_an_anchor_that_exits),
        TEST(the_same_inode_later_is_another_namespace),
        TEST(a_visitor_makes_no_two_namespaces_one),
        TEST(a_socket_is_opened_there_and_the_thread_is_back),
        TEST(settings_of_another_namespace_are_read_from_within),
        TEST(sockets_of_namespaces_that_are_not_shown_are_counted),
        TEST(facts_are_those_of_each_namespace),
        TEST(nothing_keeps_a_dead_namespace_alive),
        TEST(a_mount_names_a_namespace_and_keeps_it_in_the_list),
        TEST(without_rights_namespaces_are_distinguished_and_not_entered),
    };
    return cmocka_run_group_tests(tests, make_room, NULL);
}
