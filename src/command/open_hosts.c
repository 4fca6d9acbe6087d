/* Which hosts the options name, and how they are reached. */
#include "command/open_hosts.h"

#include "base/clock.h"
#include "base/error.h"
#include "command/open_source.h"
#include "source/fleet/fleet.h"
#include "source/remote/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOSTS_FILE_MAX 65536
#define WAIT_NS        (15 * SECOND_NS) /* for hosts that do not answer; longer than ssh itself waits */

struct host_list {
    const char *targets[HOSTS_MAX];
    unsigned lines[HOSTS_MAX]; /* of the file */
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

static int fault_of_line(const char *path, unsigned line, const char *what, char *why)
{
    snprintf(why, OPEN_SOURCE_WHY_MAX, "--hosts: %.80s:%u: %.180s", path, line, what);
    return -EINVAL;
}

/* The line without blanks around it and its comment; "" = nothing left. */
static char *strip(char *line)
{
    static const char BLANKS[] = " \t\r";
    char *word = line + strspn(line, BLANKS);
    size_t length = strcspn(word, "#");

    while (length > 0 && strchr(BLANKS, word[length - 1]))
        length--;
    word[length] = '\0';
    return word;
}

static int take_line(struct host_list *list, const char *path, unsigned line, const char *host,
                     char *why)
{
    char what[200];

    if (host[strcspn(host, " \t\r")])
        return fault_of_line(path, line, "more than one word: a line is for one host", why);
    if (remote_target_check(host, what, sizeof(what)))
        return fault_of_line(path, line, what, why);
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->targets[i], host) != 0)
            continue;
        snprintf(what, sizeof(what), "host \"%.80s\" stands in line %u, too", host, list->lines[i]);
        return fault_of_line(path, line, what, why);
    }
    if (list->count == HOSTS_MAX)
        return fault_of_line(path, line, "more than 256 hosts", why);
    list->lines[list->count] = line;
    list->targets[list->count++] = host;
    return 0;
}

/* One host a line; "#" begins a comment. */
static int read_hosts(struct host_list *list, const char *path, char *why)
{
    /* byte order mark of UTF-8, from editors of other systems */
    static const char MARK[] = "\xef\xbb\xbf";
    int error = read_text(list, path, why);
    char *line = list->text + (strncmp(list->text, MARK, strlen(MARK)) == 0 ? strlen(MARK) : 0);
    unsigned number = 0;

    for (char *next; !error && line && *line; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        const char *host = strip(line);
        if (host[0])
            error = take_line(list, path, number, host, why);
    }
    if (!error && list->count == 0)
        error = fault_of_file(path, -EINVAL, "no host in it", why);
    return error;
}

int open_hosts(struct source **source, const struct options *options, char *why)
{
    const bool waits_not =
        (options->command == RUN_TOP && !options->screenshot) || options->command == RUN_RECORD;
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
