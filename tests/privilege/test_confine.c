/* What a reader of logs may still do once it is confined: each act is tried by a child of its own, unconfined first,
 * so that a refusal is the confinement's. */
#include "source/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED(x) (void)(x)

#define LANDLOCK_CREATE  444
#define LANDLOCK_VERSION 1u

static char folder[] = "/tmp/tcplens-confine.XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* --- acts: 0, or errno --- */

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int write_file(void)
{
    const int file = open(in_folder("kept/file"), O_WRONLY);

    if (file >= 0)
        close(file);
    return error_of(file);
}

static int make_file(void)
{
    const int file = open(in_folder("made"), O_WRONLY | O_CREAT, 0600);

    if (file < 0)
        return errno;
    close(file);
    return error_of(unlink(in_folder("made")));
}

static int make_folder(void)
{
    if (mkdir(in_folder("folder"), 0700) != 0)
        return errno;
    return error_of(rmdir(in_folder("folder")));
}

static int read_file(void)
{
    const int file = open(in_folder("kept/file"), O_RDONLY);

    if (file >= 0)
        close(file);
    return error_of(file);
}

static int replace_kept(void)
{
    char beside[128];
    const int file = open(in_folder("kept/beside"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0)
        return errno;
    close(file);
    snprintf(beside, sizeof(beside), "%s", in_folder("kept/beside"));
    return error_of(rename(beside, in_folder("kept/file")));
}

static int socket_of(int family, int type)
{
    const int made = socket(family, type, 0);

    if (made >= 0)
        close(made);
    return error_of(made);
}

static int internet_socket(void)
{
    return socket_of(AF_INET, SOCK_DGRAM);
}

static int netlink_socket(void)
{
    return socket_of(AF_NETLINK, SOCK_RAW);
}

static int local_socket(void)
{
    return socket_of(AF_UNIX, SOCK_STREAM);
}

static int signal_parent(void)
{
    return error_of(kill(getppid(), 0));
}

static int find_process(void)
{
    const int descriptor = (int)syscall(434, getppid(), 0); /* pidfd_open */

    if (descriptor >= 0)
        close(descriptor);
    return error_of(descriptor);
}

static int raise_signal(void)
{
    return signal(SIGUSR1, SIG_IGN) == SIG_ERR || raise(SIGUSR1) != 0 ? errno : 0;
}

static void *wait_for(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

static int start_thread(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;

    pthread_mutex_lock(&lock);
    int error = pthread_create(&thread, NULL, wait_for, &lock);
    if (!error)
        error = pthread_setname_np(thread, "named");
    pthread_mutex_unlock(&lock);
    return error ? error : pthread_join(thread, NULL);
}

static int name_thread(void)
{
    return error_of(prctl(PR_SET_NAME, "named"));
}

static int run_program(void)
{
    static char *const words[] = {(char *)(uintptr_t) "true", NULL};
    const pid_t child = fork();
    int status = 0;

    if (child == 0) {
        execv("/bin/true", words);
        _exit(errno);
    }
    if (waitpid(child, &status, 0) != child)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* --- a child each --- */

static int try_act(int (*act)(void), const struct confinement *confinement)
{
    int status = 0;
    const pid_t child = fork();

    if (child == 0) {
        if (confinement)
            confine_log_reader(confinement);
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool has_landlock(void)
{
    return syscall(LANDLOCK_CREATE, NULL, (size_t)0, LANDLOCK_VERSION) > 0;
}

static bool is_sanitized(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    return false;
}

struct expectation {
    const char *name;
    int (*act)(void);
    int alone, with_names, with_file; /* what becomes of it: errno */
    bool by_landlock, not_sanitized;
};

static const struct expectation EXPECTED[] = {
    {"read a file", read_file, 0, 0, 0, false, false},
    {"raise a signal of its own", raise_signal, 0, 0, 0, false, false},
    {"start a thread", start_thread, 0, 0, 0, false, false},
    {"name a thread", name_thread, 0, 0, 0, false, false},
    {"write a file", write_file, EACCES, EACCES, 0, true, false},
    {"make a file elsewhere", make_file, EACCES, EACCES, EACCES, true, false},
    {"make a folder", make_folder, EACCES, EACCES, EACCES, true, false},
    {"replace the file that is kept", replace_kept, EACCES, EACCES, 0, true, false},
    {"run a program", run_program, EPERM, EPERM, EPERM, false, true},
    {"signal another process", signal_parent, EPERM, EPERM, EPERM, false, false},
    {"hold another process", find_process, EPERM, EPERM, EPERM, false, false},
    {"make an internet socket", internet_socket, EPERM, 0, EPERM, false, false},
    {"make a netlink socket", netlink_socket, EPERM, EPERM, EPERM, false, false},
    {"make a local socket", local_socket, EPERM, EPERM, EPERM, false, false},
};

static int check(const struct expectation *expected, const struct confinement *confinement,
                 int wanted, const char *how)
{
    const int got = try_act(expected->act, confinement);

    if (got == wanted)
        return 0;
    print_error("%s, %s: %s, %s was expected\n", expected->name, how, strerror(got),
                strerror(wanted));
    return 1;
}

static void what_is_refused(void **state)
{
    char kept[128];
    const struct confinement alone = {0}, names = {.asks_names = true}, file = {.writes = kept};
    int wrong = 0;

    UNUSED(state);
    snprintf(kept, sizeof(kept), "%s", in_folder("kept/file"));
    for (size_t i = 0; i < sizeof(EXPECTED) / sizeof(*EXPECTED); i++) {
        const struct expectation *expected = &EXPECTED[i];
        if ((expected->by_landlock && !has_landlock()) ||
            (expected->not_sanitized && is_sanitized())) {
            print_message("not checked here: %s\n", expected->name);
            continue;
        }
        wrong += check(expected, NULL, 0, "not confined");
        wrong += check(expected, &alone, expected->alone, "confined");
        wrong += check(expected, &names, expected->with_names, "confined, names are asked for");
        wrong += check(expected, &file, expected->with_file, "confined, a file is kept");
    }
    assert_int_equal(wrong, 0);
}

/* Where the folder of the settings is not there yet, it can be made. */
static int make_kept(void)
{
    if (mkdir(in_folder("new"), 0700) != 0)
        return errno;
    return error_of(open(in_folder("new/config"), O_WRONLY | O_CREAT, 0600));
}

static void a_folder_that_lacks(void **state)
{
    char kept[128];
    const struct confinement file = {.writes = kept};

    UNUSED(state);
    snprintf(kept, sizeof(kept), "%s", in_folder("new/config"));
    assert_int_equal(try_act(make_kept, &file), 0);
    assert_int_equal(unlink(in_folder("new/config")), 0);
    assert_int_equal(rmdir(in_folder("new")), 0);
}

static int make_scene(void **state)
{
    UNUSED(state);
    if (!mkdtemp(folder) || mkdir(in_folder("kept"), 0700) != 0)
        return -1;
    const int file = open(in_folder("kept/file"), O_WRONLY | O_CREAT, 0600);
    return file < 0 ? -1 : close(file);
}

static int remove_scene(void **state)
{
    UNUSED(state);
    return unlink(in_folder("kept/file")) != 0 || rmdir(in_folder("kept")) != 0 ||
                   rmdir(folder) != 0
               ? -1
               : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(a_folder_that_lacks),
    };
    return cmocka_run_group_tests(tests, make_scene, remove_scene);
}
