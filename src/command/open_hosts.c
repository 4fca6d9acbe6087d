/* Which hosts the options name, and how they are reached. */
#include "command/open_hosts.h"

#include "base/clock.h"
#include "base/error.h"
#include "command/hosts_file.h"
#include "command/open_source.h"
#include "source/fleet/fleet.h"
#include "source/remote/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_NS (15 * SECOND_NS) /* for hosts that do not answer; longer than ssh itself waits */

int open_hosts(struct source **source, const struct options *options, char *why)
{
    const bool waits_not =
        (options->command == RUN_TOP && !options->screenshot) || options->command == RUN_RECORD;
    struct host_list *list = calloc(1, sizeof(*list));
    int error = list ? 0 : -ENOMEM;

    if (!error && options->hosts_file)
        error = hosts_file_read(list, options->hosts_file, why);
    for (unsigned i = 0; !error && i < options->hosts.count; i++) {
        if (list->count == HOSTS_MAX)
            error = -EINVAL;
        else
            list->targets[list->count++] = options->hosts.texts[i];
    }
    if (!error) {
        const struct fleet_settings settings = {.targets = list->targets,
                                                .count = list->count,
                                                .wish = {.interval_ns = options->interval_ns,
                                                         .netns = options->netns,
                                                         .template = options->host_command,
                                                         .detail = options->detail,
                                                         .with_args = options->with_args},
                                                .push = options->push,
                                                .wait_ns = waits_not ? 0 : WAIT_NS};
        error = fleet_open(source, &settings, why, OPEN_SOURCE_WHY_MAX);
    } else if (!why[0]) {
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--host: %s",
                 error == -EINVAL ? "too many hosts: 256 at most" : error_text(error));
    }
    free(list);
    return error;
}

_Noreturn void exit_without_threads(int code)
{
    remote_end_all();
    _exit(code);
}
