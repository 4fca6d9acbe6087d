#include "command/hosts_file.h"

#include "base/error.h"
#include "command/open_source.h"
#include "source/remote/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
        snprintf(what, sizeof(what), "host \"%.80s\" is already in line %u", host, list->lines[i]);
        return fault_of_line(path, line, what, why);
    }
    if (list->count == HOSTS_MAX)
        return fault_of_line(path, line, "more than 256 hosts", why);
    list->lines[list->count] = line;
    list->targets[list->count++] = host;
    return 0;
}

int hosts_file_read(struct host_list *list, const char *path, char *why)
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
