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

static int fault_of_file(const char *path, int error, const char *what, char *why)
{
    snprintf(why, OPEN_SOURCE_WHY_MAX, "--hosts: %.200s: %s", path, what);
    return error;
}

static int read_text(struct host_list *list, const char *path, char *why)
{
    FILE *file = fopen(path, "re");
    int error = 0;

    if (!file)
        return fault_of_file(path, -errno, error_text(-errno), why);
    const size_t length = fread(list->text, 1, sizeof(list->text) - 1, file);
    if (ferror(file)) /* a folder */
        error = fault_of_file(path, -errno, error_text(-errno), why);
    else if (!feof(file))
        error = fault_of_file(path, -EFBIG, "it has more than 64 KiB", why);
    else if (strlen(list->text) != length)
        error = fault_of_file(path, -EINVAL, "it is not text", why);
    fclose(file);
    return error;
}

/* One host a line; "#" begins a comment. */
static int read_hosts(struct host_list *list, const char *path, char *why)
{
    static const char BLANKS[] = " \t\r";
    int error = read_text(list, path, why);
    unsigned number = 0;
    char what[64];

    for (char *line = list->text, *next; !error && line && *line; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "#")] = '\0';
        char *word = line + strspn(line, BLANKS);
        char *end = word + strcspn(word, BLANKS);
        if (!word[0])
            continue;
        snprintf(what, sizeof(what), "line %u: more than one host in it", number);
        if (end[strspn(end, BLANKS)])
            error = fault_of_file(path, -EINVAL, what, why);
        else if (list->count == HOSTS_MAX)
            error = fault_of_file(path, -EINVAL, "more than 256 hosts", why);
        *end = '\0';
        if (!error)
            list->targets[list->count++] = word;
    }
    if (!error && list->count == 0)
        error = fault_of_file(path, -EINVAL, "no host in it", why);
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
                                                .push = options->push,
                                                .wait_ns = is_on_screen ? 0 : WAIT_NS};
        error = fleet_open(source, &settings, why, OPEN_SOURCE_WHY_MAX);
    } else if (!why[0]) {
        snprintf(why, OPEN_SOURCE_WHY_MAX, "--host: %s",
                 error == -EINVAL ? "too many hosts: 256 at most" : error_text(error));
    }
    free(list);
    return error;
}
