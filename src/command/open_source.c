/* Which source the options name. */
#include "command/open_source.h"

#include "base/error.h"
#include "command/at_time.h"
#include "command/log_source.h"
#include "command/open_hosts.h"
#include "core/text/text.h"
#include "options/settings.h"
#include "source/confine.h"
#include "source/demo/demo.h"
#include "source/live.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int open_demo(struct source **source, const struct options *options, char *why)
{
    struct demo_settings settings = {0};
    int error = demo_parse(options->demo, &settings);

    if (error) {
        snprintf(why, OPEN_SOURCE_WHY_MAX,
                 "--demo: \"%.60s\": " DEMO_EXPECTED " was expected, e.g. 7,200,50", options->demo);
        return error;
    }
    settings.interval_ns = options->interval_ns;
    settings.namespaces = options_shows_all_netns(options);
    error = demo_open(source, &settings);
    if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--demo: %s", strerror(-error));
    return error;
}

static void describe_outside(char *why, const char *at, const char *where, int64_t frame_ns)
{
    char time[40];

    text_rfc3339(time, sizeof(time), frame_ns);
    snprintf(why, OPEN_SOURCE_WHY_MAX, "--at: \"%.40s\" is %s frame of the log, %s", at, where,
             time);
}

int open_source_seek(struct source *log, const char *at, int64_t *at_ns, char *why)
{
    int64_t first_ns, last_ns;
    int error = log->ops->travel->span(log, &first_ns, &last_ns);

    why[0] = '\0';
    if (!error && at_time_parse(at, last_ns, at_ns)) {
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--at: \"%.30s\": " AT_TIME_EXPECTED, at);
        return -EINVAL;
    }
    if (!error)
        error = log->ops->travel->seek(log, *at_ns);
    if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--at: %s",
                 error == -ESPIPE    ? "a pipe cannot be searched: give a file"
                 : error == -ENODATA ? "the log has no whole frame"
                                     : error_text(error));
    else if (*at_ns < first_ns)
        describe_outside(why, at, "before the first", first_ns);
    else if (*at_ns > last_ns)
        describe_outside(why, at, "after the last", last_ns);
    return error == -EINVAL ? -EIO : error;
}

/* A log at the time of --at, else at its end; a pipe, and a log to be searched by --when, from its
 * beginning. */
static int open_log(struct source **source, const struct options *options, char *why)
{
    struct source *log = NULL;
    int64_t at_ns;
    int error = log_source_open(&log, options, why, OPEN_SOURCE_WHY_MAX);

    if (error)
        return error == -EINVAL ? -EBADMSG : error; /* the file is wrong, not the option */
    if (options->at) {
        error = open_source_seek(log, options->at, &at_ns, why);
    } else if (!log_source_is_pipe(options, log) && !options->when) {
        error = log->ops->travel->seek(log, INT64_MAX);
        if (error)
            snprintf(why, OPEN_SOURCE_WHY_MAX, "%.80s: %s", options->from,
                     error == -ENODATA ? "it has no whole frame" : error_text(error));
    }
    if (error)
        source_close(log);
    else
        *source = log;
    return error;
}

bool open_source_redact(struct source *source, const struct options *options)
{
    static struct redaction *redaction; /* of the whole run */

    if (!options->redact)
        return true;
    if (!redaction)
        redaction = redaction_new();
    source->redaction = redaction;
    return redaction != NULL;
}

static int open_unredacted(struct source **source, const struct options *options,
                           struct live_settings *live, char *why)
{
    char words[128] = "";
    int error;

    why[0] = '\0';
    if (options->from)
        confine_log_reader(&(struct confinement){0});
    if (options->from)
        return open_log(source, options, why);
    if (options->demo)
        return open_demo(source, options, why);
    if (options_have_hosts(options))
        return open_hosts(source, options, why);
    live->proc_root = "/proc";
    live->netns = options_netns(options);
    error = live_open(source, live, words);
    if (error == -EPERM && filter_needs_admin(live->filter))
        snprintf(why, OPEN_SOURCE_WHY_MAX, "filter: %s", words);
    else if (error == -EINVAL && live->netns)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--netns: %s", words);
    else if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX, "the kernel's connections cannot be read: %s",
                 words[0] ? words : strerror(-error));
    return error;
}

/* A log needs nothing any more. For a live source only the process that resolves user names needed
 * to change its user, unless the screen keeps settings as the user who called sudo. */
static void drop_what_opening_took(const struct options *options)
{
    if (options->from)
        privilege_keep(0);
    else if (options->command != RUN_TOP || !settings_are_of_sudo_user())
        privilege_drop(PRIVILEGE_OTHER_USER);
}

/* The filter applies to redacted values, which the kernel does not have. */
static int open_with(struct source **source, const struct options *options,
                     struct live_settings *live, char *why)
{
    if (options->redact)
        live->filter = NULL;
    const int error = open_unredacted(source, options, live, why);

    drop_what_opening_took(options);
    if (error || open_source_redact(*source, options))
        return error;
    source_close(*source);
    snprintf(why, OPEN_SOURCE_WHY_MAX, "%s", strerror(ENOMEM));
    return -ENOMEM;
}

int open_source(struct source **source, const struct options *options, char *why)
{
    struct live_settings live = {.reads_all =
                                     options->command == RUN_DOCTOR || options->command == RUN_MAP};

    return open_with(source, options, &live, why);
}

int open_source_filtered(struct source **source, const struct options *options,
                         const struct filter *filter, char *why)
{
    struct live_settings live = {.filter = filter, .reads_all = true};

    return open_with(source, options, &live, why);
}
