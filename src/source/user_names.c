/* user_names: see user_names.h. */
#include "source/user_names.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/map.h"
#include "core/text/text.h"
#include "source/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_SIZE      256u  /* a longer name is none */
#define USERS_MOST     4096u /* then all are forgotten */
#define ENTRY_BYTES    ((size_t)1 << 20)
#define ANSWER_MS      1000
#define FILES_FOR_ROWS 8
#define READY_MS       2000
#define LATE_MS        200
#define HUNG_MOST      3 /* in a row: NSS is not asked any more */
#define AGAIN_NS       (300 * SECOND_NS)
#define NONE_NS        (60 * SECOND_NS) /* for one without a name */

struct answer {
    uint32_t uid;
    char name[NAME_SIZE]; /* "" = none */
};

struct user_name {
    uint32_t uid;
    bool asked; /* and not answered */
    int64_t asked_ns;
    char name[TEXT_CLEAN_MAX(NAME_SIZE)];
};

struct user_names {
    int socket; /* -1: there is nobody to ask */
    pid_t helper;
    struct user_name *list;
    uint32_t count, capacity, open; /* open: questions without an answer */
    struct map index;               /* uid + 1 -> index in list */
};

/* False: it has not ended in time; it ends with its parent. */
static bool reap(pid_t child, int most_ms, int *status)
{
    for (int waited_ms = 0; waitpid(child, status, WNOHANG) == 0; waited_ms++) {
        if (waited_ms == most_ms)
            return false;
        poll(NULL, 0, 1);
    }
    return true;
}

/* --- the helper: one thread, no rights --- */

_Noreturn static void look_up(uint32_t uid, int to, pid_t parent)
{
    const struct itimerval limit = {.it_value = {ANSWER_MS / 1000, ANSWER_MS % 1000 * 1000}};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    close(STDIN_FILENO);                  /* the socket to tcplens */
    setitimer(ITIMER_REAL, &limit, NULL); /* SIGALRM ends it */
    char *room = malloc(ENTRY_BYTES);
    struct passwd entry, *found = NULL;

    if (room && getpwuid_r(uid, &entry, room, ENTRY_BYTES, &found) == 0 && found &&
        strnlen(found->pw_name, NAME_SIZE) < NAME_SIZE)
        (void)!write(to, found->pw_name, strlen(found->pw_name));
    _exit(0);
}

/* What the child writes until it ends; false: it did not in time. */
static bool read_name(int from, char name[NAME_SIZE])
{
    const int64_t until_ns = clock_mono_ns() + (ANSWER_MS + LATE_MS) * MILLISECOND_NS;
    size_t used = 0;

    for (;;) {
        const int64_t left_ms = (until_ns - clock_mono_ns()) / MILLISECOND_NS;
        struct pollfd polled[] = {{from, POLLIN, 0}, {STDIN_FILENO, POLLRDHUP, 0}};
        if (left_ms <= 0 || poll(polled, 2, (int)left_ms) == 0)
            return false;
        if (polled[1].revents)
            _exit(0); /* tcplens has ended; the child does with this process */
        const ssize_t got = read(from, name + used, NAME_SIZE - used);
        if (got < 0 && errno == EINTR)
            continue;
        used += got > 0 ? (size_t)got : 0;
        if (got <= 0 || used == NAME_SIZE) {
            name[used < NAME_SIZE ? used : 0] = '\0';
            return true;
        }
    }
}

/* False: NSS hung, or was killed by a fault of its own. */
static bool ask(uint32_t uid, char name[NAME_SIZE])
{
    int ends[2];

    name[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return true;
    const pid_t parent = getpid(), child = fork();
    if (child == 0)
        look_up(uid, ends[1], parent);
    close(ends[1]);
    bool answered = child < 0 || read_name(ends[0], name);
    close(ends[0]);
    int status = 0;
    if (child > 0)
        answered = reap(child, LATE_MS, &status) && answered && !WIFSIGNALED(status);
    if (!answered)
        name[0] = '\0';
    return answered;
}

/* Nothing is left of what tcplens has open, and no capability. */
static void give_up_rights(int socket)
{
    const struct rlimit none = {0, 0};

    setsid(); /* signals of the terminal are not for it */
    privilege_become_nobody();
    privilege_keep(0);
    /* Forgotten with a change of the user. Where tcplens may not signal nobody, the end of the socket is what ends it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    dup2(socket, STDIN_FILENO);
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0)
        for (int i = 3; i < 1024; i++)
            close(i);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
}

_Noreturn static void serve(int socket)
{
    int hung = 0;
    uint32_t uid;

    give_up_rights(socket);
    if (send(STDIN_FILENO, "", 1, MSG_NOSIGNAL) != 1)
        _exit(1);
    while (hung < HUNG_MOST && recv(STDIN_FILENO, &uid, sizeof(uid), 0) == (ssize_t)sizeof(uid)) {
        struct answer answer = {.uid = uid};
        hung = ask(uid, answer.name) ? 0 : hung + 1;
        if (send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

/* --- tcplens's side --- */

/* Else it would look like a process that holds what we have open. A helper that does not come so
 * far is met like one that gives up later: by its end of the socket. */
static void wait_until_closed(const struct user_names *names)
{
    const int64_t until_ns = clock_mono_ns() + READY_MS * MILLISECOND_NS;
    struct pollfd polled = {names->socket, POLLIN, 0};
    int64_t left_ms = READY_MS;
    char ready;

    while (names->helper > 0 && left_ms > 0 && poll(&polled, 1, (int)left_ms) < 0 && errno == EINTR)
        left_ms = (until_ns - clock_mono_ns()) / MILLISECOND_NS;
    (void)!recv(names->socket, &ready, 1, MSG_DONTWAIT);
}

/* Where hardly any file may be opened, rows come before names. */
static bool is_last_file(int fd)
{
    struct rlimit files;

    return getrlimit(RLIMIT_NOFILE, &files) == 0 && (rlim_t)fd + FILES_FOR_ROWS > files.rlim_cur;
}

int user_names_new(struct user_names **names)
{
    struct user_names *made = calloc(1, sizeof(*made));
    int ends[2];

    if (!made)
        return -ENOMEM;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        free(made);
        return -errno;
    }
    if (is_last_file(ends[1])) {
        close(ends[0]);
        close(ends[1]);
        free(made);
        return -EMFILE;
    }
    made->helper = fork();
    if (made->helper == 0)
        serve(ends[1]);
    close(ends[1]);
    made->socket = ends[0];
    wait_until_closed(made);
    if (made->helper < 0) {
        const int error = -errno;
        close(made->socket);
        free(made);
        return error;
    }
    *names = made;
    return 0;
}

static void end_helper(struct user_names *names)
{
    if (names->socket < 0)
        return;
    int status;
    close(names->socket); /* by which it ends */
    (void)reap(names->helper, LATE_MS, &status);
    names->socket = -1;
    names->open = 0;
}

void user_names_free(struct user_names *names)
{
    if (!names)
        return;
    end_helper(names);
    map_done(&names->index);
    free(names->list);
    free(names);
}

static struct user_name *find(struct user_names *names, uint32_t uid)
{
    const uint32_t index = map_find(&names->index, (uint64_t)uid + 1);
    return index == MAP_NONE ? NULL : &names->list[index];
}

static struct user_name *add(struct user_names *names, uint32_t uid)
{
    if (names->count == USERS_MOST) {
        map_clear(&names->index);
        names->count = names->open = 0;
    }
    if (GROW(names->list, names->capacity, names->count + 1) ||
        map_put(&names->index, (uint64_t)uid + 1, names->count))
        return NULL;
    struct user_name *user = &names->list[names->count++];
    *user = (struct user_name){.uid = uid, .asked_ns = INT64_MIN / 2};
    return user;
}

static void take_answers(struct user_names *names)
{
    struct answer answer;
    ssize_t got;

    while (names->socket >= 0) {
        got = recv(names->socket, &answer, sizeof(answer), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got != (ssize_t)sizeof(answer)) {
            end_helper(names); /* it gave up */
            return;
        }
        struct user_name *user = find(names, answer.uid);
        if (!user || !user->asked)
            continue;
        user->asked = false;
        names->open -= names->open > 0;
        text_clean(user->name, sizeof(user->name), answer.name, strnlen(answer.name, NAME_SIZE));
    }
}

static void put_question(struct user_names *names, struct user_name *user, int64_t now_ns)
{
    const int64_t again_ns = user->name[0] ? AGAIN_NS : NONE_NS;

    if (names->socket < 0 || user->asked || now_ns - user->asked_ns < again_ns ||
        send(names->socket, &user->uid, sizeof(user->uid), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
    user->asked = true;
    user->asked_ns = now_ns;
    names->open++;
}

const char *user_names_find(struct user_names *names, uint32_t uid, int64_t now_ns)
{
    if (!names)
        return NULL;
    take_answers(names);
    struct user_name *user = find(names, uid);
    if (!user)
        user = add(names, uid);
    if (!user)
        return NULL;
    put_question(names, user, now_ns);
    return user->name[0] ? user->name : NULL;
}

void user_names_wait(struct user_names *names, int most_ms)
{
    const int64_t until_ns = clock_mono_ns() + most_ms * MILLISECOND_NS;

    while (names && names->open && names->socket >= 0) {
        const int64_t left_ms = (until_ns - clock_mono_ns()) / MILLISECOND_NS;
        struct pollfd polled = {names->socket, POLLIN, 0};
        if (left_ms <= 0 || poll(&polled, 1, (int)left_ms) == 0)
            return;
        take_answers(names);
    }
}
