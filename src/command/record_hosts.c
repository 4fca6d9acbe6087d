/* record_hosts: see record_hosts.h. */
#include "command/record_hosts.h"

#include "base/clock.h"
#include "base/error.h"
#include "command/headless.h"
#include "command/log_path.h"
#include "command/open_hosts.h"
#include "command/open_source.h"
#include "core/text/text.h"
#include "options/output.h"
#include "session/log/copy.h"
#include "source/fleet/file_name.h"
#include "source/fleet/fleet.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_MODE 0700
#define END_NS      (5 * SECOND_NS) /* for the hosts' last frames */
#define ENDING      ".jsonl.zst"

struct host_log {
    struct log_copy copy;
    char name[NAME_MAX + 1]; /* of its file, without a suffix */
    char path[PATH_MAX];
    struct log_stats said; /* errors and incidents reported on stderr */
    bool is_open;
};

struct hosts_run {
    struct headless headless;
    struct source *fleet;
    struct host_log *logs; /* one a host */
    uint32_t count;
    char place[PATH_MAX]; /* the folder, or the one log */
};

static int say(int code, const char *why)
{
    message("%s", why);
    return code;
}

/* The log that a host's recorder sends cannot satisfy these options. */
static int refuse_options(const struct options *options)
{
    static const char WHOLE[] = "of other hosts all is recorded: choose when you read the logs";
    const struct {
        bool is_given;
        const char *name, *why;
    } refused[] = {
        {options->filter != NULL, "record: a filter", WHOLE},
        {options->class != CLASS_ALL, "record: --class", WHOLE},
        {options->families != (WISH_INET | WISH_INET6), "record: -4, -6", WHOLE},
        {options->events != EVENTS_AUTO, "record: --events", "each host sees what it can"},
        {options->metrics_file != NULL, "record: --metrics", "run it on each host"},
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (!refused[i].is_given)
            continue;
        message("%s: %s", refused[i].name, refused[i].why);
        return EXIT_USAGE;
    }
    return -1;
}

/* --- where the logs go --- */

static bool ends_in(const char *text, const char *ending)
{
    const size_t length = strlen(text), ending_length = strlen(ending);
    return length > ending_length && strcmp(text + length - ending_length, ending) == 0;
}

static bool names_log(const char *path)
{
    return ends_in(path, ".jsonl") || ends_in(path, ENDING) || strcmp(path, "-") == 0;
}

/* An existing folder may contain logs of the same hosts: those are appended to. */
static int make_folder(const char *path)
{
    struct stat status;

    if (mkdir(path, FOLDER_MODE) == 0)
        return -1;
    if (errno != EEXIST || stat(path, &status) != 0) {
        message("%s: %s", path, error_text(-errno));
        return EXIT_FAILED;
    }
    if (S_ISDIR(status.st_mode))
        return -1;
    message("%s: not a folder: several hosts need one, for a log of each", path);
    return EXIT_USAGE;
}

/* -1, or the exit code. A single host may have a file of its own instead of the folder. */
static int choose_place(struct hosts_run *run)
{
    const char *output = run->headless.options->output_file;
    char why[LOG_PATH_WHY_MAX];

    if (!output && log_path_default_hosts(run->place, sizeof(run->place), why))
        return say(EXIT_FAILED, why);
    if (output)
        snprintf(run->place, sizeof(run->place), "%s", output);
    if (output && names_log(output) && run->count > 1) {
        message("-o: \"%.200s\" is one file: several hosts need a folder, for a log of each",
                output);
        return EXIT_USAGE;
    }
    return output && names_log(output) ? -1 : make_folder(run->place);
}

static bool is_name_taken(const struct hosts_run *run, uint32_t i)
{
    for (uint32_t other = 0; other < i; other++)
        if (strcmp(run->logs[other].name, run->logs[i].name) == 0)
            return true;
    return false;
}

/* Hosts whose names differ only in characters that file names cannot have get numbers. */
static void choose_name(struct hosts_run *run, uint32_t i)
{
    struct host_log *log = &run->logs[i];
    char name[NAME_MAX + 1];

    fleet_file_name(name, sizeof(name), fleet_name(run->fleet, i));
    snprintf(log->name, sizeof(log->name), "%.200s", name);
    for (unsigned number = 2; is_name_taken(run, i); number++)
        snprintf(log->name, sizeof(log->name), "%.200s_%u", name, number);
}

static int choose_path(struct hosts_run *run, uint32_t i)
{
    struct host_log *log = &run->logs[i];
    const bool is_folder = !names_log(run->place);
    const char *slash = ends_in(run->place, "/") ? "" : "/";

    choose_name(run, i);
    const int length =
        snprintf(log->path, sizeof(log->path), "%s%s%s%s", run->place, is_folder ? slash : "",
                 is_folder ? log->name : "", is_folder ? ENDING : "");
    return length < 0 || (size_t)length >= sizeof(log->path) ? -ENAMETOOLONG : 0;
}

static int open_log(struct hosts_run *run, uint32_t i)
{
    const struct options *options = run->headless.options;
    struct host_log *log = &run->logs[i];
    const struct log_copy_settings settings = {.path = log->path,
                                               .rotate_bytes = options->rotate_bytes,
                                               .rotate_ns = options->rotate_ns,
                                               .keep = options->keep};
    char why[LOG_PATH_WHY_MAX + NAME_MAX];

    if (choose_path(run, i))
        return say(EXIT_FAILED, error_text(-ENAMETOOLONG));
    if (log_copy_open(&log->copy, &settings, why, sizeof(why)))
        return say(EXIT_FAILED, why);
    log->is_open = true;
    fleet_copy(run->fleet, i, &log->copy);
    return -1;
}

static int open_logs(struct hosts_run *run)
{
    int code = -1;

    run->count = fleet_count(run->fleet);
    run->logs = calloc(run->count, sizeof(*run->logs));
    if (!run->logs)
        return say(EXIT_FAILED, error_text(-ENOMEM));
    code = choose_place(run);
    for (uint32_t i = 0; i < run->count && code < 0; i++)
        code = open_log(run, i);
    return code;
}

/* --- while it runs --- */

/* Each error once: a full disk is not reported every second. */
static void say_trouble(struct host_log *log, const char *name, const struct log_stats *stats)
{
    if (stats->incidents != log->said.incidents)
        message("%s: %s", name, stats->incident);
    if (strcmp(stats->trouble, log->said.trouble) != 0)
        message("%s: %s%s", name, stats->trouble[0] ? stats->trouble : "writing again",
                stats->trouble[0] ? ": continues when it can" : "");
    log->said = *stats;
}

/* True: the output is no longer read. */
static bool look(struct hosts_run *run)
{
    bool reader_left = false;

    for (uint32_t i = 0; i < run->count; i++) {
        struct fleet_look found;
        fleet_look_at(run->fleet, i, &found);
        const struct frame_host host = {.state = found.state,
                                        .name = fleet_name(run->fleet, i),
                                        .why = found.why,
                                        .frames = found.stats.frames};
        headless_report_host(&run->headless, i, &host);
        if (host.frames)
            headless_begin(&run->headless);
        say_trouble(&run->logs[i], host.name, &found.stats);
        reader_left |= found.reader_left;
    }
    return reader_left;
}

static int watch(struct hosts_run *run)
{
    struct headless *headless = &run->headless;

    while (!headless_is_over(headless)) {
        headless_wait(headless, NULL, 0, HEADLESS_CHECK_MS);
        const int signal = headless_signal(headless);
        if (signal)
            return signal;
        if (look(run))
            return 0;
    }
    return 0;
}

/* --- the end --- */

/* True: everything that came from the host is in its log, and nothing is missing. */
static bool is_whole(const struct log_copy *copy, const char *name)
{
    const struct log_stats *stats = &copy->stats;

    if (stats->frames == 0)
        message("%s: nothing was recorded%s%s", name, copy->gap.reason[0] ? ": " : "",
                copy->gap.reason);
    else if (stats->missed_frames || stats->missed_events || stats->trouble[0])
        message("%s: missed %" PRIu64 " frames, %" PRIu64 " events%s%s", name, stats->missed_frames,
                stats->missed_events, stats->trouble[0] ? ": " : "", stats->trouble);
    else if (copy->gap.reason[0])
        message("%s: at the end: %s", name, copy->gap.reason);
    else
        return true;
    return false;
}

static int sum_up(const struct hosts_run *run)
{
    uint64_t frames = 0, events = 0, bytes = 0;
    bool whole = true;
    char text[16];

    if (run->logs[0].copy.reader_left)
        return EXIT_DONE;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct log_copy *copy = &run->logs[i].copy;
        whole &= is_whole(copy, fleet_name(run->fleet, i));
        frames += copy->stats.frames;
        events += copy->stats.events;
        bytes += copy->stats.bytes;
    }
    text_bytes(text, sizeof(text), bytes, 9.95, "");
    message("record: %u host%s, %" PRIu64 " frames, %" PRIu64 " events, %s in %s", run->count,
            run->count == 1 ? "" : "s", frames, events, text,
            strcmp(run->place, "-") != 0 ? run->place : "standard output");
    return frames == 0 ? EXIT_FAILED : whole ? EXIT_DONE : EXIT_PARTLY;
}

static int run_record(struct hosts_run *run)
{
    const int error = fleet_begin(run->fleet);

    if (error)
        return say(EXIT_FAILED, error_text(error));
    const int signal = watch(run);
    (void)fleet_end(run->fleet, END_NS);
    const int64_t wall_ns = clock_mono_ns() + clock_wall_offset_ns();
    for (uint32_t i = 0; i < run->count; i++) {
        log_copy_close(&run->logs[i].copy, wall_ns);
        run->logs[i].is_open = false;
    }
    return headless_exit_code(signal, sum_up(run));
}

int record_hosts(const struct options *options)
{
    struct hosts_run run = {.headless = {.options = options, .signals = -1}};
    char why[OPEN_SOURCE_WHY_MAX] = "";
    int code = refuse_options(options);

    if (code < 0 && headless_take_signals(&run.headless))
        code = say(EXIT_FAILED, error_text(errno));
    if (code < 0) {
        const int error = open_hosts(&run.fleet, options, why);
        if (error)
            code = say(error == -EINVAL ? EXIT_USAGE : EXIT_FAILED, why);
    }
    if (code < 0)
        code = open_logs(&run);
    if (code < 0)
        code = run_record(&run);
    for (uint32_t i = 0; run.logs && i < run.count; i++)
        if (run.logs[i].is_open)
            log_copy_close(&run.logs[i].copy, 0);
    source_close(run.fleet);
    free(run.logs);
    headless_done(&run.headless);
    return code;
}
