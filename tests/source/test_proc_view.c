/* test_proc_view [bpf]: whose processes /proc shows: our own, none, another pid namespace's, and
 * from one frame to the next something else. In namespaces of its own. */
#include "../unit/unit.h"
#include "net_tools.h"
#include "owner_scene.h"
#include "source/proc_view.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001

enum {
    OWN_PORT = 4100,
    THEIR_PORT = 4101,
    FLYING_PORT = 4200,
    FLYING_COUNT = 150,
    MOTHERS = 4,
    DESCRIPTORS = 500
};

static int begin(void **state)
{
    (void)state;
    stage_open(&owner_stage, NEED_OWNER | NEED_PROCESS);
    return 0;
}

static void assert_proc(const struct frame *frame, const char *words)
{
    assert_int_equal(!!(frame->missing.reasons & MISSING_PROC), words != NULL);
    if (words)
        assert_non_null(strstr(frame->missing.text, words));
    else
        assert_string_equal(frame->missing.text, "");
    assert_false(frame->missing.reasons & MISSING_OWNERS_HIDDEN);
}

static enum proc_view_kind kind_now(void)
{
    struct proc_view view;
    proc_view_prove(&view);
    assert_true(proc_view_is_current(&view));
    return view.kind;
}

/* --- no /proc --- */

static void without_proc_nothing_is_said_of_owners(void **state)
{
    (void)state;
    const int own = net_listen(net_v4(LOOPBACK, OWN_PORT), 5, 0);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_int_equal(kind_now(), PROC_VIEW_OWN);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_PROCESS, getpid());
    struct proc_view before;
    proc_view_prove(&before);

    assert_int_equal(mount("none", "/proc", "tmpfs", 0, NULL), 0);
    assert_int_equal(kind_now(), PROC_VIEW_ABSENT);
    assert_false(proc_view_is_current(&before));
    const int later = net_listen(net_v4(LOOPBACK, THEIR_PORT), 5, 0);
    frame = stage_step(&owner_stage);
    assert_owner(frame, row_of_ports(frame, THEIR_PORT, 0), OWNER_UNKNOWN, 0);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_LAST, getpid());
    assert_proc(frame, "/proc is not mounted");
    struct stage late;
    stage_open(&late, NEED_OWNER);
    frame = stage_step(&late);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_UNKNOWN, 0);
    assert_proc(frame, "/proc is not mounted");
    stage_close(&late);

    assert_int_equal(umount2("/proc", MNT_DETACH), 0);
    frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_PROCESS, getpid());
    assert_owner(frame, row_of_ports(frame, THEIR_PORT, 0), OWNER_PROCESS, getpid());
    assert_proc(frame, NULL);
    close(own);
    close(later);
}

/* --- /proc of a child namespace --- */

/* In a pid namespace of its own: mounts its /proc over ours and listens. It is 1 there. */
static _Noreturn void play_inside(int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0)
        _exit(1);
    net_listen(net_v4(LOOPBACK, THEIR_PORT), 5, 0);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void play_outside(struct actor *actor, void *data)
{
    int ready[2];
    char byte;
    close(*(const int *)data); /* ours, and only ours */
    if (pipe(ready) != 0 || unshare(CLONE_NEWPID) != 0)
        net_die("no pid namespace: %s", strerror(errno));
    if (fork() == 0)
        play_inside(ready[1]);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        net_die("/proc cannot be mounted in a pid namespace");
    actor_ready(actor);
}

static void another_namespace_has_its_own_numbers(void **state)
{
    (void)state;
    int own = net_listen(net_v4(LOOPBACK, OWN_PORT), 5, 0);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_PROCESS, getpid());
    const pid_t outside = actor_start(play_outside, &own);
    assert_int_equal(kind_now(), PROC_VIEW_FOREIGN);
    frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, THEIR_PORT, 0), OWNER_PROCESS, 1);
    assert_proc(frame, "another pid namespace");
    struct stage late; /* as who starts there: ours is not among its processes */
    stage_open(&late, NEED_OWNER);
    frame = stage_settle(&late);
    assert_owner(frame, row_of_ports(frame, THEIR_PORT, 0), OWNER_PROCESS, 1);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_UNSEEN, 0);
    assert_proc(frame, "another pid namespace");
    stage_close(&late);

    assert_int_equal(umount2("/proc", MNT_DETACH), 0);
    frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, OWN_PORT, 0), OWNER_PROCESS, getpid());
    assert_true(frame_owner(frame, row_of_ports(frame, THEIR_PORT, 0))->pid > 1);
    assert_proc(frame, NULL);
    actor_end(outside);
    close(own);
}

/* --- processes that end while they are read --- */

static void play_mother(struct actor *actor, void *data)
{
    (void)data;
    /* Its children have them too, and so take long to read. */
    for (unsigned i = 0; i < DESCRIPTORS; i++)
        assert_true(dup(STDIN_FILENO) >= 0);
    actor_ready(actor);
    for (;;) {
        const pid_t child = fork();
        if (child == 0)
            _exit(sched_yield());
        waitpid(child, NULL, 0);
    }
}

/* Sockets in flight have no holder, so every process is read; what ends under that reading is
 * refused like what is another's, and is no reason to say that something is hidden. */
static void ending_processes_hide_nothing(void **state)
{
    int channel[2];
    unsigned hidden = 0;
    (void)state;
    for (unsigned i = 0; i < MOTHERS; i++)
        actor_start(play_mother, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    for (unsigned i = 0; i < FLYING_COUNT; i++) {
        struct stage first;
        const int flying = net_listen(net_v4(LOOPBACK, FLYING_PORT + i), 5, 0);
        send_fd(channel[0], flying);
        close(flying);
        stage_open(&first, NEED_OWNER);
        const struct frame *frame = stage_settle(&first);
        hidden += row_of_ports(frame, FLYING_PORT + i, 0)->owner_word == OWNER_HIDDEN;
        stage_close(&first);
    }
    close(channel[0]);
    close(channel[1]);
    print_message("%d looks at processes that end, %u times hidden\n", FLYING_COUNT, hidden);
    assert_int_equal(hidden, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_proc_nothing_is_said_of_owners, begin, stage_end),
        cmocka_unit_test_setup_teardown(another_namespace_has_its_own_numbers, begin, stage_end),
        cmocka_unit_test_setup_teardown(ending_processes_hide_nothing, begin, stage_end),
    };
    scene_enter();
    if (getpid() != 1) {
        printf("skipped: no pid namespace can be made\n");
        return 77;
    }
    if (argc > 1 && !scene_walk_by(argv[1])) {
        fprintf(stderr, "usage: test_proc_view [bpf]\n");
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
