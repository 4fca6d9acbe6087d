/* main: starts tcplens: options, then the command they name. */
#include "base/memory.h"
#include "command/commands.h"
#include "command/complete.h"
#include "core/frame.h"
#include "options/options.h"
#include "options/output.h"
#include "source/privilege.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Nothing here is written to be trusted by a caller with fewer rights. */
static bool is_setuid(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}

/* A caller may close 0, 1 or 2: the next file opened, a netlink socket or the log, would then get
 * that number, and what is meant for the caller would be written into it. They are taken first, the
 * wrong way round, so that reading and writing fail and are reported as before. */
static bool take_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0)
            continue;
        if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            return false;
    }
    return true;
}

/* What the main thread uses at most is less than half of it. Threads have stacks of their own
 * size. */
#define STACK_BYTES (256UL << 10)

/* The stack of the main thread grows as far as the soft limit is when it does so. Without the room
 * that printf() takes it is said with write(). */
static bool make_stack_large_enough(void)
{
    static const char words[] =
        "tcplens: the limit of the stack is below 256 kB: raise it with ulimit -Hs\n";
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return true;
    limit.rlim_cur = STACK_BYTES;
    if (limit.rlim_max >= STACK_BYTES && setrlimit(RLIMIT_STACK, &limit) == 0)
        return true;
    const ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
    (void)written;
    return false;
}

#define READS_PROC (PRIVILEGE_ENTER | PRIVILEGE_OTHER_USER) /* of every network namespace; names */
#define LOADS      (PRIVILEGE_BPF | PRIVILEGE_PERFMON)
#define EVENTS     (PRIVILEGE_NET_ADMIN | LOADS)

/* A command's function, and what it needs where it has it; every other capability is given up
 * before the first thread starts. */
static const struct {
    int (*run)(const struct options *options);
    uint64_t privileges;
} COMMANDS[RUN_COUNT] = {
    [RUN_TOP] = {cmd_top, READS_PROC | EVENTS | PRIVILEGE_KILL | PRIVILEGE_DAC_OVERRIDE},
    [RUN_LIST] = {cmd_list, READS_PROC | EVENTS}, /* no events, but it may walk by bpf */
    [RUN_EVENTS] = {cmd_events, READS_PROC | EVENTS},
    [RUN_RECORD] = {cmd_record, READS_PROC | EVENTS | PRIVILEGE_DAC_OVERRIDE},
    [RUN_REPLAY] = {cmd_replay, PRIVILEGE_DAC_READ_SEARCH}, /* until the file is open */
    [RUN_CLOSE] = {cmd_close, READS_PROC | PRIVILEGE_NET_ADMIN},
    [RUN_DOCTOR] = {cmd_doctor, READS_PROC | EVENTS},
    [RUN_SUMMARY] = {cmd_summary, PRIVILEGE_DAC_READ_SEARCH}, /* until the file is open */
    [RUN_MAP] = {cmd_map, READS_PROC | EVENTS},
    [RUN_METRICS] = {cmd_metrics, READS_PROC | EVENTS},
};

static uint64_t privileges_of(const struct options *options)
{
    const uint64_t unused = options_may_use_bpf(options) ? 0 : LOADS;

    return options->from ? PRIVILEGE_DAC_READ_SEARCH /* until the file is open */
                         : COMMANDS[options->command].privileges & ~unused;
}

/* Where memory was refused, something may be missing from what was printed: that is said once, at
 * the end. */
static int check_memory(const struct options *options, int code)
{
    const bool doctor = options->command == RUN_DOCTOR; /* whose codes say what it found */

    if (!memory_refused() || (code != EXIT_DONE && !doctor))
        return code;
    message("%s", FRAME_LACKS_MEMORY);
    return code == EXIT_DONE ? EXIT_PARTLY : code;
}

int main(int argc, char **argv)
{
    struct options options;
    int code;

    if (!take_standard_descriptors())
        return EXIT_FAILED;
    if (is_setuid()) {
        message("refuses to run setuid or setgid: remove that bit; tcplens(1) names the "
                "capabilities to give it instead");
        return EXIT_FAILED;
    }
    if (!make_stack_large_enough())
        return EXIT_FAILED;
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of write */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not be larger */
    if (argc > 1 && strcmp(argv[1], COMPLETE_WORD) == 0) {
        privilege_start(0, false);
        return complete_print(argc - 2, argv + 2);
    }
    code = options_parse(&options, argc, argv);
    if (code < 0) {
        output_begin(&options);
        privilege_start(privileges_of(&options), options_have_hosts(&options));
        code = check_memory(&options, COMMANDS[options.command].run(&options));
    }
    options_done(&options);
    return code;
}
