/* Which source the options name. Must not know what is done with its frames. */
#include "command/open_source.h"

#include "command/at_time.h"
#include "source/demo/demo.h"
#include "source/live.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int open_demo(struct source **source, const struct options *options, char *why)
{
    struct demo_settings settings = {0};
    int error = demo_parse(options->demo, &settings);

    if (error) {
        snprintf(why, OPEN_SOURCE_WHY_MAX,
                 "--demo: \"%.60s\": SEED[,CONNECTIONS[,PERMILLE]] was expected, e.g. 7,200,50",
                 options->demo);
        return error;
    }
    settings.interval_ns = options->interval_ns;
    error = demo_open(source, &settings);
    if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--demo: %s", strerror(-error));
    return error;
}

/* The log as it stands at --at, else at its end; a pipe from its beginning. */
static int open_log(struct source **source, const struct options *options, char *why)
{
    struct source *log = NULL;
    int64_t first_ns, last_ns, at_ns = INT64_MAX;
    int error = replay_open(&log, options->from, why, OPEN_SOURCE_WHY_MAX);

    if (error)
        return error == -EINVAL ? -EBADMSG : error; /* the file is wrong, not the option */
    if (options->at) {
        error = replay_span(log, &first_ns, &last_ns);
        if (!error && at_time_parse(options->at, last_ns, &at_ns)) {
            snprintf(why, OPEN_SOURCE_WHY_MAX, "--at: \"%.40s\": " AT_TIME_EXPECTED, options->at);
            source_close(log);
            return -EINVAL;
        }
    }
    if (!error && !replay_is_pipe(log))
        error = replay_seek(log, at_ns);
    if (!error) {
        *source = log;
        return 0;
    }
    snprintf(why, OPEN_SOURCE_WHY_MAX, "%.80s: %s", options->from,
             error == -ESPIPE    ? "a pipe cannot be searched: give a file"
             : error == -ENODATA ? "it has no whole frame"
                                 : strerror(-error));
    source_close(log);
    return error;
}

int open_source(struct source **source, const struct options *options, char *why)
{
    return open_source_filtered(source, options, NULL, why);
}

int open_source_filtered(struct source **source, const struct options *options,
                         const struct filter *filter, char *why)
{
    struct live_settings live = {.proc_root = "/proc", .filter = filter};
    char words[128] = "";
    int error;

    if (options->from)
        return open_log(source, options, why);
    if (options->demo)
        return open_demo(source, options, why);
    error = live_open(source, &live, words);
    if (error == -EPERM && filter_needs_admin(filter))
        snprintf(why, OPEN_SOURCE_WHY_MAX, "filter: %s", words);
    else if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "the kernel's connections cannot be read: %s",
                 words[0] ? words : strerror(-error));
    return error;
}
