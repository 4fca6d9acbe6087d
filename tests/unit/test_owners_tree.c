/* owners over a /proc that the test makes itself: what no running kernel gives at will. */
#include "core/column/column.h"
#include "source/owners/owners.h"
#include "source/privilege.h"
#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static struct owners *owners;
static struct frame_pool *pool;
static struct diff diff;
static struct frame *previous;

static void write_file(const char *name, const char *bytes, size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void make_directory(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void write_stat(int pid, const char *comm, unsigned start)
{
    char name[64];
    char text[512];
    const int length =
        snprintf(text, sizeof text,
                 "%d (%s) S 1 1 1 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 1 0 %u 1000 10 184467", pid,
                 comm, start);
    snprintf(name, sizeof name, "%d/stat", pid);
    write_file(name, text, (size_t)length);
}

static void make_process(int pid, const char *comm, unsigned start)
{
    char name[64];
    snprintf(name, sizeof name, "%d", pid);
    make_directory(name);
    snprintf(name, sizeof name, "%d/fd", pid);
    make_directory(name);
    write_stat(pid, comm, start);
}

static void link_fd(int pid, int fd, const char *target)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%d/fd/%d", root, pid, fd);
    unlink(path);
    if (target)
        assert_int_equal(symlink(target, path), 0);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *position)
{
    (void)about;
    (void)kind;
    (void)position;
    return remove(path);
}

static void remove_tree(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int begin(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/tcplens-tree-XXXXXX");
    assert_non_null(mkdtemp(root));
    make_process(1, "init", 1);
    assert_int_equal(owners_open(&owners, root), 0);
    pool = frame_pool_new();
    diff_init(&diff);
    previous = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    frame_release(previous);
    diff_done(&diff);
    frame_pool_release(pool);
    owners_close(owners);
    remove_tree(".");
    rmdir(root);
    return 0;
}

/* A frame with rows of these inodes, cookies from 1 on; 0 = a row without an inode. */
static const struct frame *step(const uint32_t *inodes, uint32_t count)
{
    static const struct wish wish = {.needs = NEED_OWNER | NEED_PROCESS | NEED_GROUP};
    struct frame *next = frame_new(pool);
    next->number = previous ? previous->number + 1 : 1;
    for (uint32_t i = 0; i < count; i++) {
        struct conn *conn = frame_add_conn(next);
        conn->cookie = i + 1;
        conn->state = inodes[i] ? STATE_ESTABLISHED : STATE_TIME_WAIT;
        conn->tuple.family = FAMILY_INET;
        conn->tuple.local_port = (uint16_t)(i + 1);
        conn->inode = inodes[i];
        conn->known = inodes[i] ? KNOWN_INODE | KNOWN_UID : 0;
    }
    assert_int_equal(diff_frames(&diff, previous, next), 0);
    assert_int_equal(owners_apply(owners, previous, next, NULL, &diff, &wish), 0);
    frame_release(previous);
    previous = next;
    return next;
}

static void assert_holders(const struct frame *frame, uint32_t row, uint8_t word, int first,
                           int second)
{
    const struct conn *conn = &frame->conns[row];
    assert_int_equal(conn->owner_word, word);
    assert_int_equal(conn->owner_count, (first != 0) + (second != 0));
    bool found[2] = {first == 0, second == 0};
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const int pid = frame_holder(frame, conn, i)->pid;
        found[0] = found[0] || pid == first;
        found[1] = found[1] || pid == second;
    }
    assert_true(found[0] && found[1]);
}

static void test_names(void **state)
{
    (void)state;
    make_process(20, "a) R 1 (b\n\x1b[31m", 50);
    link_fd(20, 3, "socket:[100]");
    link_fd(20, 4, "socket:[101");
    link_fd(20, 5, "pipe:[102]");
    write_file("20/cgroup", "0::/system.slice/x\x1b.service\n", 29);
    const uint32_t inodes[] = {100, 102};
    const struct frame *frame = step(inodes, 2);
    assert_holders(frame, 0, OWNER_PROCESS, 20, 0);
    assert_holders(frame, 1, OWNER_NONE, 0, 0);
    const struct proc *proc = frame_owner(frame, &frame->conns[0]);
    assert_string_equal(proc->comm, "a) R 1 (b\\x0a\\x1b[31m");
    assert_int_equal(proc->start_ticks, 50);
    assert_int_equal(proc->parent, 1);
    assert_string_equal(proc->exe, ""); /* not to be read: unknown */
    assert_int_equal(proc->uid, UINT32_MAX);
    assert_string_equal(frame_group(frame, &frame->conns[0])->path, "/system.slice/x\\x1b.service");
    assert_string_equal(frame_group(frame, &frame->conns[0])->unit, ""); /* no name of systemd's */
    assert_int_equal(frame->conns[0].unit_from, UNIT_FROM_PROCESS);
}

static void what_passes_on_a_port_names_its_container(void **state)
{
    (void)state;
    static const char COMMAND[] = "conmon\0-c\0000a1b\0-n\0blog\x1b";
    make_process(21, "conmon", 60);
    make_process(22, "nginx", 60);
    link_fd(21, 3, "socket:[100]");
    link_fd(22, 3, "socket:[101]");
    write_file("21/cmdline", COMMAND, sizeof COMMAND);
    write_file("22/cmdline", COMMAND, sizeof COMMAND);
    const uint32_t inodes[] = {100, 101};
    const struct frame *frame = step(inodes, 2);
    assert_string_equal(frame_owner(frame, &frame->conns[0])->serves, "blog\\x1b");
    assert_string_equal(frame_owner(frame, &frame->conns[1])->serves, "");
}

/* The holder that started first stands for all; then the lowest pid. */
static void test_first_holder(void **state)
{
    (void)state;
    make_process(30, "young", 900);
    make_process(31, "old", 500);
    make_process(32, "old", 500);
    for (int pid = 30; pid <= 32; pid++)
        link_fd(pid, 7, "socket:[100]");
    const uint32_t inodes[] = {100};
    const struct frame *frame = step(inodes, 1);
    assert_int_equal(frame->conns[0].owner_count, 3);
    assert_int_equal(frame_owner(frame, &frame->conns[0])->pid, 31);
    for (uint32_t i = 0; i < frame->proc_count; i++)
        assert_int_equal(frame->procs[i].sockets, 1);
}

static void test_pid_used_again(void **state)
{
    (void)state;
    make_process(40, "first", 100);
    link_fd(40, 3, "socket:[100]");
    make_process(41, "other", 100);
    link_fd(41, 3, "socket:[100]");
    const uint32_t inodes[] = {100};
    assert_holders(step(inodes, 1), 0, OWNER_PROCESS, 40, 41);
    remove_tree("40");
    make_process(40, "second", 200); /* another directory, another start */
    assert_holders(step(inodes, 1), 0, OWNER_PROCESS, 41, 0);
    assert_holders(step(inodes, 1), 0, OWNER_PROCESS, 41, 0);
    link_fd(40, 9, "socket:[100]");
    const struct frame *frame = NULL;
    for (int i = 0; i < 50; i++)
        frame = step(inodes, 1);
    assert_holders(frame, 0, OWNER_PROCESS, 40, 41);
    assert_string_equal(frame_find_proc(frame, 40)->comm, "second");
}

/* TIME-WAIT keeps who held it, though inode and process are gone and the inode is used again. */
static void test_last(void **state)
{
    (void)state;
    make_process(50, "held", 100);
    link_fd(50, 3, "socket:[100]");
    uint32_t inodes[] = {100, 0};
    assert_holders(step(inodes, 1), 0, OWNER_PROCESS, 50, 0);
    remove_tree("50");
    make_process(51, "next", 100);
    link_fd(51, 3, "socket:[100]");
    inodes[0] = 0;
    inodes[1] = 100;
    const struct frame *frame = step(inodes, 2);
    assert_holders(frame, 0, OWNER_LAST, 50, 0);
    assert_holders(frame, 1, OWNER_PROCESS, 51, 0);
    for (int i = 0; i < 3; i++)
        frame = step(inodes, 2);
    assert_holders(frame, 0, OWNER_LAST, 50, 0);
    assert_true(frame_owner(frame, &frame->conns[0])->gone);
    assert_int_equal(frame_owner(frame, &frame->conns[0])->sockets, 0);
    frame = step(inodes, 0); /* no row names it: it is forgotten */
    assert_int_equal(frame->proc_count, 0);
}

/* A descriptor number given to another socket, while its first one lives on elsewhere. What a
 * shallow scan does not find may be closed by now: all descriptors are read again when the next
 * frame still has it. */
static void test_number_used_again(void **state)
{
    (void)state;
    make_process(60, "a", 100);
    make_process(61, "b", 100);
    link_fd(60, 3, "socket:[100]");
    link_fd(61, 3, "socket:[100]");
    const uint32_t inodes[] = {100, 101};
    assert_holders(step(inodes, 1), 0, OWNER_PROCESS, 60, 61);
    link_fd(60, 3, "socket:[101]");
    const struct frame *frame = step(inodes, 2);
    assert_holders(frame, 1, OWNER_UNKNOWN, 0, 0);
    assert_true(frame->missing.reasons & MISSING_OWNERS_LATE);
    frame = step(inodes, 2);
    assert_holders(frame, 0, OWNER_PROCESS, 61, 0);
    assert_holders(frame, 1, OWNER_PROCESS, 60, 0);
}

static void test_no_init(void **state)
{
    (void)state;
    remove_tree("1"); /* hidepid: processes of others are not there */
    make_process(70, "mine", 100);
    link_fd(70, 3, "socket:[100]");
    const uint32_t inodes[] = {100, 101};
    const struct frame *frame = step(inodes, 2);
    assert_holders(frame, 0, OWNER_PROCESS, 70, 0);
    assert_holders(frame, 1, OWNER_HIDDEN, 0, 0);
    assert_false(frame->missing.reasons & MISSING_PROC); /* it can be read */
    assert_true(frame->missing.reasons & MISSING_OWNERS_HIDDEN);
    assert_int_equal(frame->missing.hidden_rows, 1);
}

/* What the processes 100, 101 ... of the random test hold. */
enum { PROCESSES = 6, FDS = 5, SOCKETS = 12, STEPS = 400, FIRST_PID = 100 };

static void change_at_random(uint32_t held[PROCESSES][FDS], const uint32_t *inodes, uint64_t *seed)
{
    const size_t p = unit_random_below(seed, PROCESSES);
    const size_t fd = unit_random_below(seed, FDS);
    char target[32];

    held[p][fd] = unit_random(seed) % 3 ? inodes[unit_random(seed) % SOCKETS] : 0;
    snprintf(target, sizeof target, "socket:[%u]", held[p][fd]);
    link_fd(FIRST_PID + (int)p, (int)fd, held[p][fd] ? target : NULL);
}

static bool is_reported(const struct frame *frame, const struct conn *conn, int pid)
{
    for (uint32_t i = 0; conn->owner_word == OWNER_PROCESS && i < conn->owner_count; i++) {
        if (frame_holder(frame, conn, i)->pid == pid)
            return true;
    }
    return false;
}

static void assert_row(const struct frame *frame, const struct conn *conn,
                       uint32_t held[PROCESSES][FDS])
{
    uint32_t holders = 0;
    for (int p = 0; p < PROCESSES; p++) {
        bool holds = false;
        for (int fd = 0; fd < FDS; fd++)
            holds = holds || held[p][fd] == conn->inode;
        assert_int_equal(is_reported(frame, conn, FIRST_PID + p), holds);
        holders += holds;
    }
    if (holders)
        assert_int_equal(conn->owner_count, holders);
    else
        assert_true(conn->owner_word == OWNER_NONE || conn->owner_word == OWNER_LAST);
}

/* Against a model: descriptors opened, closed and moved at random, sockets that come and go; after
 * a background round the owners of the frame and of the model are the same. */
static void test_random(void **state)
{
    (void)state;
    static uint32_t held[PROCESSES][FDS];
    uint64_t seed = 42;
    uint32_t next_inode = 1000;
    uint32_t inodes[SOCKETS];

    for (int p = 0; p < PROCESSES; p++)
        make_process(FIRST_PID + p, "p", 100);
    for (uint32_t i = 0; i < SOCKETS; i++)
        inodes[i] = next_inode++;
    for (int n = 0; n < STEPS; n++) {
        for (int change = 0; change < 3; change++)
            change_at_random(held, inodes, &seed);
        inodes[unit_random(&seed) % SOCKETS] = next_inode++;
        const struct frame *frame = NULL;
        for (int round = 0; round < 20; round++)
            frame = step(inodes, SOCKETS);
        for (uint32_t row = 0; row < SOCKETS; row++)
            assert_row(frame, &frame->conns[row], held);
    }
}

/* --- privileges --- */

static unsigned looks, looks_raised; /* for files of runtimes */

bool __real_runtime_state_container(const char *, const char *, char *, size_t);
bool __wrap_runtime_state_container(const char *, const char *, char *, size_t);
bool __wrap_runtime_state_container(const char *below, const char *path, char *container,
                                    size_t size)
{
    looks++;
    looks_raised += privilege_is_effective(PRIVILEGE_DAC_READ_SEARCH);
    return __real_runtime_state_container(below, path, container, size);
}

/* Capabilities of the walk are for opens under /proc: files of container runtimes are looked for
 * without them, and what is read of other processes after that has them again. */
static void test_looks_for_runtimes_without_privileges(void **state)
{
    static const char group[] = "0::/some/0123456789abcdef\n";
    (void)state;
    if (!privilege_may(PRIVILEGE_ALL)) {
        print_message("no CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE: nothing to lower\n");
        skip();
    }
    privilege_set_aside();
    for (int pid = 10; pid < 12; pid++) {
        char name[64];
        make_process(pid, "app", 100);
        snprintf(name, sizeof name, "%d/cgroup", pid);
        write_file(name, group, sizeof group - 1);
        link_fd(pid, 3, pid == 10 ? "socket:[70]" : "socket:[71]");
    }
    looks = looks_raised = 0;
    step((const uint32_t[]){70, 71}, 2);
    assert_true(looks > 0);
    assert_int_equal(looks_raised, 0);
    assert_false(privilege_is_effective(PRIVILEGE_DAC_READ_SEARCH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, begin, end),
        cmocka_unit_test_setup_teardown(what_passes_on_a_port_names_its_container, begin, end),
        cmocka_unit_test_setup_teardown(test_first_holder, begin, end),
        cmocka_unit_test_setup_teardown(test_pid_used_again, begin, end),
        cmocka_unit_test_setup_teardown(test_last, begin, end),
        cmocka_unit_test_setup_teardown(test_number_used_again, begin, end),
        cmocka_unit_test_setup_teardown(test_no_init, begin, end),
        cmocka_unit_test_setup_teardown(test_random, begin, end),
        cmocka_unit_test_setup_teardown(test_looks_for_runtimes_without_privileges, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
