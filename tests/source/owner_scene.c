/* owner_scene: see owner_scene.h. */
#include "owner_scene.h"

#include "../unit/unit.h"
#include "core/column/column.h"
#include "net_tools.h"
#include "source/bpf/walk.h"
#include "source/owners/walker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACTORS_MOST 64u

struct truths {
    atomic_uint count;
    struct truth items[TRUTH_MOST];
};

struct actor {
    pid_t pid;
    int ready, end; /* in the play: to write to, to read from */
};

static struct truths *truths;
static struct actor actors[ACTORS_MOST];
static uint32_t actor_count;

void truth_reset(void)
{
    if (!truths) {
        truths =
            mmap(NULL, sizeof *truths, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(truths != MAP_FAILED);
    }
    atomic_store(&truths->count, 0);
}

void truth_add(uint64_t inode, pid_t pid)
{
    const uint32_t at = atomic_fetch_add(&truths->count, 1);
    if (at >= TRUTH_MOST)
        net_die("more than %u truths", TRUTH_MOST);
    truths->items[at] = (struct truth){(uint32_t)inode, pid};
}

void truth_drop(pid_t pid)
{
    for (uint32_t i = 0; i < atomic_load(&truths->count); i++) {
        if (truths->items[i].pid == pid)
            truths->items[i] = (struct truth){0, 0};
    }
}

void actor_ready(struct actor *actor)
{
    if (actor->ready >= 0 && write(actor->ready, "r", 1) != 1)
        net_die("cannot say ready");
    close(actor->ready);
    actor->ready = -1;
}

void actor_wait(struct actor *actor)
{
    char byte;
    while (read(actor->end, &byte, 1) > 0) {
    }
}

int actor_end_descriptor(const struct actor *actor)
{
    return actor->end;
}

pid_t actor_start(play_function *play, void *data)
{
    int ready[2];
    int end[2];
    char byte;

    assert_true(actor_count < ACTORS_MOST);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        static struct actor self; /* outlives the main thread, if the play ends that */
        self = (struct actor){getpid(), ready[1], end[0]};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        for (uint32_t i = 0; i < actor_count; i++)
            close(actors[i].end);
        close(ready[0]);
        close(end[1]);
        play(&self, data);
        actor_wait(&self);
        _exit(0);
    }
    close(ready[1]);
    close(end[0]);
    actors[actor_count++] = (struct actor){pid, -1, end[1]};
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

void actor_end(pid_t pid)
{
    for (uint32_t i = 0; i < actor_count; i++) {
        if (actors[i].pid != pid)
            continue;
        close(actors[i].end);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        actors[i] = actors[--actor_count];
        return;
    }
}

void actors_end(void)
{
    while (actor_count)
        actor_end(actors[0].pid);
}

/* A /proc of our own pid namespace shows only our own processes; without one all is compared
 * among those of the machine. */
void scene_enter(void)
{
    net_enter_namespace(0);
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
        return;
    const pid_t child = fork();
    if (child < 0)
        net_die("fork: %s", strerror(errno));
    if (child == 0) {
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("proc", "/proc", "proc", 0, NULL) != 0)
            net_die("/proc cannot be mounted: %s", strerror(errno));
        return;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static struct owner_walk walk;
static unsigned walks;

static int walk_counted(void *walker, owner_visit visit, void *context)
{
    walks++;
    return bpf_walk_run(walker, visit, context);
}

/* What a walk finds that is made before the rows are read: the first one of a stage lacks every
 * second descriptor, as if those had been opened since. */
static bool is_ahead;
static unsigned stage_walks;

struct lacking {
    owner_visit visit;
    void *context;
    unsigned seen;
};

static void visit_second(void *data, const struct owner_found *found)
{
    struct lacking *lacking = data;

    if (lacking->seen++ % 2)
        lacking->visit(lacking->context, found);
}

static int walk_lacking(void *walker, owner_visit visit, void *context)
{
    struct lacking lacking = {visit, context, 0};

    return stage_walks++ ? walk_counted(walker, visit, context)
                         : walk_counted(walker, visit_second, &lacking);
}

static int walk_failing(void *walker, owner_visit visit, void *context)
{
    (void)walker;
    (void)visit;
    (void)context;
    return walks++ % 4 ? -EAGAIN : -EPERM;
}

bool scene_walk_by(const char *way)
{
    struct bpf_walk *bpf = NULL;

    if (strcmp(way, "failing") == 0)
        walk.walk = walk_failing;
    is_ahead = strcmp(way, "ahead") == 0;
    if (strcmp(way, "bpf") != 0 && !is_ahead)
        return walk.walk != NULL;
    char why[BPF_TEXT_SIZE];
    struct netns netns;

    netns_own(&netns);
    const int error = bpf_walk_open(&bpf, &netns, why);
    if (error) {
        printf("skipped: the walk cannot be loaded: %s\n", why);
        exit(77);
    }
    walk = (struct owner_walk){is_ahead ? walk_lacking : walk_counted, bpf, 0};
    return true;
}

unsigned scene_walks(void)
{
    return walks;
}

struct stage owner_stage;

int stage_begin(void **state)
{
    (void)state;
    truth_reset();
    stage_open(&owner_stage, NEED_OWNER | NEED_PROCESS | NEED_GROUP);
    return 0;
}

int stage_end(void **state)
{
    (void)state;
    actors_end();
    stage_close(&owner_stage);
    return 0;
}

void stage_open(struct stage *stage, uint32_t needs)
{
    stage_open_with(stage, needs, &(struct live_settings){.proc_root = "/proc"});
}

void stage_open_with(struct stage *stage, uint32_t needs, const struct live_settings *settings)
{
    struct live_settings with = *settings;
    char text[128];

    memset(stage, 0, sizeof *stage);
    if (is_ahead)
        with.ahead_rows = 1;
    stage_walks = 0;
    if (live_open(&stage->source, &with, text) != 0)
        net_die("%s", text);
    if (walk.walk)
        stage->source->ops->use_walk(stage->source, &walk);
    stage->pool = frame_pool_new();
    diff_init(&stage->diff);
    stage->wish = (struct wish){.needs = needs,
                                .state_bits = STATE_ALL_BITS,
                                .families = WISH_INET | WISH_INET6,
                                .budget_percent = 25};
}

void stage_close(struct stage *stage)
{
    frame_release(stage->previous);
    diff_done(&stage->diff);
    frame_pool_release(stage->pool);
    source_close(stage->source);
}

const struct frame *stage_step(struct stage *stage)
{
    struct frame *next = frame_new(stage->pool);

    if (!next || source_next(stage->source, next, &stage->wish) != 0 ||
        diff_frames(&stage->diff, stage->previous, next) != 0 ||
        stage->source->ops->find_owners(stage->source, stage->previous, next, &stage->diff,
                                        &stage->wish) != 0)
        net_die("no frame: %s", next ? next->missing.text : "");
    frame_release(stage->previous);
    stage->previous = next;
    return next;
}

const struct frame *stage_settle(struct stage *stage)
{
    const struct frame *frame = stage_step(stage);
    for (int i = 0; i < 500 && (frame->missing.reasons & MISSING_OWNERS_LATE); i++)
        frame = stage_step(stage);
    return frame;
}

const struct conn *row_of_inode(const struct frame *frame, uint64_t inode)
{
    for (uint32_t i = 0; i < frame->live_count; i++) {
        if ((frame->conns[i].known & KNOWN_INODE) && frame->conns[i].inode == inode)
            return &frame->conns[i];
    }
    return NULL;
}

const struct conn *row_of_ports(const struct frame *frame, unsigned local, unsigned remote)
{
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct tuple *tuple = &frame->conns[i].tuple;
        if (tuple->local_port == local && (tuple->remote_port == remote || !remote))
            return &frame->conns[i];
    }
    return NULL;
}

unsigned port_of(int fd)
{
    const struct net_facts facts = net_facts_of(fd);
    return ntohs(facts.local.u.v4.sin_port);
}

void assert_owner(const struct frame *frame, const struct conn *row, uint8_t word, pid_t pid)
{
    assert_non_null(row);
    assert_int_equal(row->owner_word, word);
    const struct proc *owner = frame_owner(frame, row);
    assert_int_equal(owner ? owner->pid : 0, pid);
}

bool row_is_held_by(const struct frame *frame, const struct conn *row, pid_t pid)
{
    for (uint32_t i = 0; row->owner_word == OWNER_PROCESS && i < row->owner_count; i++) {
        if (frame_holder(frame, row, i)->pid == pid)
            return true;
    }
    return false;
}

static int compare_truths(const void *a, const void *b)
{
    const struct truth *first = a;
    const struct truth *second = b;
    return (first->inode > second->inode) - (first->inode < second->inode);
}

/* The holders that the truth names for one row, and those that the row names. */
static void score_row(const struct frame *frame, const struct conn *row, const struct truth *sorted,
                      uint32_t count, struct score *score)
{
    const struct truth key = {row->inode, 0};
    const struct truth *found = bsearch(&key, sorted, count, sizeof *sorted, compare_truths);

    score->rows++;
    if (row->owner_word == OWNER_PROCESS)
        score->found += row->owner_count;
    if (!found)
        return;
    while (found > sorted && found[-1].inode == row->inode)
        found--;
    for (; found < sorted + count && found->inode == row->inode; found++) {
        score->expected++;
        score->right += row_is_held_by(frame, row, found->pid);
    }
}

struct score stage_score(const struct frame *frame)
{
    struct score score = {0};
    const uint32_t count = atomic_load(&truths->count);
    struct truth *sorted = malloc((count + 1) * sizeof *sorted);

    assert_non_null(sorted);
    memcpy(sorted, truths->items, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_truths);
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *row = &frame->conns[i];
        if ((row->known & KNOWN_INODE) && row->inode)
            score_row(frame, row, sorted, count, &score);
    }
    free(sorted);
    return score;
}

static double percent(uint32_t part, uint32_t whole)
{
    return whole ? 100.0 * part / whole : 100.0;
}

void score_print(const char *name, const struct score *score)
{
    print_message("%-22s rows %5u  holders %5u  precision %6.2f %%  recall %6.2f %%\n", name,
                  score->rows, score->expected, percent(score->right, score->found),
                  percent(score->right, score->expected));
}

bool score_is_perfect(const struct score *score)
{
    return score->right == score->found && score->right == score->expected;
}

void send_fd(int channel, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    char byte = 'x';
    struct iovec part = {&byte, 1};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = control.bytes,
                                   .msg_controllen = sizeof control.bytes};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    assert_int_equal(sendmsg(channel, &message, 0), 1);
}
