/* Which source the options name. Must not know what is done with its frames. */
#include "open_source.h"

#include "source/demo.h"
#include "source/live.h"

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

    if (options->from) {
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--from: this build cannot read session logs");
        return -EINVAL;
    }
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
