/* test_guard_screen TCPLENS: what the keys of the real program do not do, or by a typed word only.
 */
#include "act_scene.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* gcc says so by the macro, clang by the feature. */
#ifdef __SANITIZE_ADDRESS__
#define NEEDS_OWN_PROC true
#elif defined(__has_feature)
#define NEEDS_OWN_PROC __has_feature(address_sanitizer)
#else
#define NEEDS_OWN_PROC false
#endif

static int own_pid_namespace;

static void listener_takes_a_typed_word(void)
{
    const pid_t pid = start_holder(4400, 0);
    start("sport 4400", NULL);
    wait_pid_shown(pid);
    keys("X");
    wait_text("Type \"close\" to confirm");
    keys("<Enter>");
    pty_screen_wait_idle(screen, DEADLINE_MS);
    check(pty_screen_find(screen, "Type \"close\"", NULL, NULL), "closed without the word");
    keys("<Esc>");
    check(pty_screen_wait_text_gone(screen, "Type \"close\"", DEADLINE_MS), "Esc does not leave");
    keys("X");
    wait_text("Type \"close\" to confirm");
    keys("close");
    confirm("Type \"close\"");
    wait_text("127.0.0.1:4400: closed");
    end_scene();
    end(pid);
    printf("ok: a listener is closed by a typed word only\n");
}

/* In tmux the sshd that carries us is no ancestor of ours. */
static void session_server_takes_its_name(void)
{
    prctl(PR_SET_NAME, "sshd"); /* its child's, too */
    const pid_t pid = start_holder(4600, 0);
    prctl(PR_SET_NAME, "test_guards");
    start("sport 4600", NULL);
    wait_pid_shown(pid);
    keys("K");
    wait_text("it may be the session you are sitting in");
    wait_text("Type \"sshd\" to confirm");
    keys("<Enter>");
    pty_screen_wait_idle(screen, DEADLINE_MS);
    must_live(pid);
    check(pty_screen_find(screen, "Type \"sshd\"", NULL, NULL), "signalled without its name");
    keys("sshd");
    confirm("Type \"sshd\"");
    must_have_died_of(pid, SIGTERM);
    wait_text("s after TERM");
    end_scene();
    printf("ok: an sshd is signalled by its typed name only\n");
}

/* Both ends of a connection from port 4660 to 4650 of loopback. */
static pid_t start_carrier(void)
{
    int ready[2];
    char byte;
    check(pipe(ready) == 0, "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const struct net_address from = net_v4(0x7f000001, 4660);
        const int listener = net_listen(net_v4(0x7f000001, 4650), 4, 0);
        const int client = net_socket(AF_INET, &from, 0);
        net_connect(client, net_v4(0x7f000001, 4650));
        net_accept(listener);
        check(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    close(ready[1]);
    check(read(ready[0], &byte, 1) == 1, "the carrier does not start");
    close(ready[0]);
    return pid;
}

/* Whatever the server of our session is called: neither it nor the connection ends by one Enter. */
static void own_session_is_guarded(void)
{
    const pid_t pid = start_carrier();
    session = "127.0.0.1 4660 127.0.0.1 4650";
    start("state established and sport 4650", NULL);
    session = NULL;
    wait_pid_shown(pid);
    keys("K");
    wait_text("it is the session you are sitting in (SSH_CONNECTION)");
    wait_text("to confirm");
    keys("<Esc>");
    check(pty_screen_wait_text_gone(screen, "SSH_CONNECTION", DEADLINE_MS), "Esc does not leave");
    keys("X");
    wait_text("it is the session you are sitting in (SSH_CONNECTION)");
    wait_text("Type \"close\" to confirm");
    keys("<Esc>");
    end_scene();
    must_live(pid);
    end(pid);
    printf("ok: what carries our session is signalled and closed by a typed word only\n");
}

static void bound_socket_is_not_closed(void)
{
    const struct net_address from = net_v4(0x7f000001, 4700);
    const int bound = net_socket(AF_INET, &from, 0);
    start("sport 4700", NULL);
    wait_text("127.0.0.1:4700");
    keys("X");
    wait_text("a socket that is only bound cannot be closed");
    check(listen(bound, 4) == 0, "listen");
    wait_text("LISTEN");
    keys("<Enter><Esc>");
    end_scene();
    check(net_state(bound) == TCP_LISTEN, "the listener that it has become was closed");
    net_close(bound);
    printf("ok: a socket that is only bound is not closed, nor what it becomes\n");
}

/* /proc is another pid namespace's: the number that it shows is here another process's, or none's.
 * The last of all: what is mounted stays. */
static void other_namespace_is_refused(void)
{
    int ready[2];
    char byte;
    check(pipe(ready) == 0, "pipe");
    if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        printf("skipped: no pid namespace can be made\n");
        return;
    }
    const pid_t pid = fork(); /* 1 of the new one */
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        check(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount");
        net_listen(net_v4(0x7f000001, 4800), 4, 0);
        check(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    close(ready[1]);
    check(read(ready[0], &byte, 1) == 1, "the holder does not start");
    close(ready[0]);
    /* Further children would be of that namespace: the program is run by one of ours. */
    check(setns(own_pid_namespace, CLONE_NEWPID) == 0, "setns");
    start("sport 4800", NULL);
    wait_text("/proc is another pid namespace's");
    wait_pid_shown(1);
    keys("K");
    wait_text("nothing is signalled");
    check(!pty_screen_find(screen, "holds 1 socket;", NULL, NULL), "a dialog of a stranger");
    keys("<Enter>");
    pty_screen_wait_idle(screen, DEADLINE_MS);
    must_live(pid);
    end_scene();
    end(pid);
    printf("ok: nothing is signalled by the pids of another namespace\n");
}

static void refusals_say_why(void)
{
    const pid_t pid = start_holder(4500, 0);
    start("sport 4500", "--read-only");
    wait_pid_shown(pid);
    keys("K");
    wait_text("--read-only: nothing is signalled or closed");
    end_scene();
    start("sport 4500", NULL);
    wait_pid_shown(pid);
    keys("p");
    wait_text("paused");
    keys("K");
    wait_text("paused: rows may have closed since");
    end_scene();
    must_live(pid);
    end(pid);
    printf("ok: --read-only and pause say why nothing is done\n");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_guard_screen TCPLENS\n");
        return 2;
    }
    program = argv[1];
    net_enter_namespace(0);
    own_pid_namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    listener_takes_a_typed_word();
    session_server_takes_its_name();
    own_session_is_guarded();
    bound_socket_is_not_closed();
    refusals_say_why();
    if (NEEDS_OWN_PROC)
        printf("skipped: AddressSanitizer needs a /proc of its own process\n");
    else
        other_namespace_is_refused();
    return 0;
}
