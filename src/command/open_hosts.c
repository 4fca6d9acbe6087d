/* Which hosts the options name, and how they are reached. */
#include "command/open_hosts.h"

#include "base/clock.h"
#include "base/error.h"
#include "command/open_source.h"
#include "source/fleet/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS_FILE_MAX 65536
#define WAIT_NS        (15 * SECOND_NS) /* for hosts that do not answer: longer than ssh waits */

struct host_list {
    const char *targets[HOSTS_MAX];
    uint32_t count;
    char text[HOSTS_FILE_MAX]; /* of the file */
};

/* One host a line; "#" begins a comment. */
static int read_hosts(struct host_list *list, const char *path, char *why)
{
    FILE *file = fopen(path, "re");
    int error = 0;

    if (!file) {
        error = -errno;
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--hosts: %.200s: %s", path, error_text(error));
        return error;
    }
    const size_t length = fread(list->text, 1, sizeof(list->text) - 1, file);
    if (!feof(file) || ferror(file))
        error = -EFBIG;
    fclose(file);
    list->text[length] = '\0';
    for (char *line = list->text, *next; line && *line && !error; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "#")] = '\0';
        char *word = line + strspn(line, " \t\r");
        word[strcspn(word, " \t\r")] = '\0';
        if (word[0] && list->count == HOSTS_MAX)
            error = -EFBIG;
        else if (word[0])
            list->targets[list->count++] = word;
    }
    if (!error && list->count == 0)
        error = -EINVAL;
    if (error)
        snprintf(why, OPEN_SOURCE_WHY_MAX,
                 error == -EINVAL ? "--hosts: %.200s: no host in it"
                                  : "--hosts: %.200s: more than it may have (256 hosts, 64 KiB)",
                 path);
    return error;
}

int open_hosts(struct source **source, const struct options *options, char *why)
{
    const bool is_on_screen = options->command == RUN_TOP && !options->screenshot;
    struct host_list *list = calloc(1, sizeof(*list));
    int error = list ? 0 : -ENOMEM;

    if (!error && options->hosts_file)
        error = read_hosts(list, options->hosts_file, why);
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
                                                .wait_ns = is_on_screen ? 0 : WAIT_NS};
        error = fleet_open(source, &settings, why, OPEN_SOURCE_WHY_MAX);
    } else if (!why[0]) {
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--host: %s",
                 error == -EINVAL ? "too many hosts: 256 at most" : error_text(error));
    }
    free(list);
    return error;
}
