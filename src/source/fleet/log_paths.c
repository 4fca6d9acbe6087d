/* log_paths: see log_paths.h. */
#include "source/fleet/log_paths.h"

#include "base/grow.h"
#include "base/sort.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOGS_MOST 4096u /* parts, in all */

bool log_path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where ".jsonl" or ".jsonl.zst" begins; 0 = no such suffix. */
static size_t stem_of(const char *name)
{
    static const char *const ENDINGS[] = {".jsonl", ".jsonl.zst"};
    const size_t length = strlen(name);

    for (size_t i = 0; i < sizeof(ENDINGS) / sizeof(ENDINGS[0]); i++) {
        const size_t ending = strlen(ENDINGS[i]);
        if (length > ending && strcmp(name + length - ending, ENDINGS[i]) == 0)
            return length - ending;
    }
    return 0;
}

/* The same without the time of a rotation: "-20261122T121631", "-20261122T121631n001". */
static size_t whole_stem(const char *name)
{
    static const char FORM[] = "-dddddddd"
                               "Tdddddd";
    size_t stem = stem_of(name);
    size_t at = stem;

    if (at > 4 && name[at - 4] == 'n' && strspn(name + at - 3, "0123456789") >= 3)
        at -= 4;
    if (at <= sizeof(FORM) - 1)
        return stem;
    at -= sizeof(FORM) - 1;
    for (size_t i = 0; FORM[i]; i++) {
        const char c = name[at + i];
        if (FORM[i] == 'd' ? c < '0' || c > '9' : c != FORM[i])
            return stem;
    }
    return at;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_same_log(const char *a, const char *b)
{
    const size_t length = whole_stem(a);
    return length == whole_stem(b) && strncmp(a, b, length) == 0;
}

/* Parts in order; the current one, without a time in its name, last. */
static int compare_paths(const void *left, const void *right)
{
    const char *a = base_of(((const struct log_path *)left)->path);
    const char *b = base_of(((const struct log_path *)right)->path);
    const size_t a_stem = whole_stem(a), b_stem = whole_stem(b);
    const int order = strncmp(a, b, a_stem < b_stem ? a_stem : b_stem);

    if (order != 0)
        return order;
    if (a_stem != b_stem)
        return a_stem < b_stem ? -1 : 1;
    const bool a_rotated = stem_of(a) > a_stem, b_rotated = stem_of(b) > b_stem;
    return a_rotated != b_rotated ? b_rotated - a_rotated : strcmp(a, b);
}

static int add(struct log_paths *paths, const char *path)
{
    if (paths->count == LOGS_MOST)
        return -E2BIG;
    if (GROW(paths->list, paths->capacity, paths->count + 1))
        return -ENOMEM;
    char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    paths->list[paths->count++] = (struct log_path){.path = copy};
    return 0;
}

static int add_folder(struct log_paths *paths, const char *folder)
{
    char path[PATH_MAX];
    DIR *open = opendir(folder);
    const uint32_t first = paths->count;
    int error = open ? 0 : -errno;

    for (struct dirent *entry = open ? readdir(open) : NULL; entry && !error;
         entry = readdir(open)) {
        if (stem_of(entry->d_name) == 0)
            continue;
        const int length = snprintf(path, sizeof(path), "%s%s%s", folder,
                                    folder[strlen(folder) - 1] == '/' ? "" : "/", entry->d_name);
        error = length < (int)sizeof(path) ? add(paths, path) : -ENAMETOOLONG;
    }
    if (open)
        closedir(open);
    if (!error && paths->count == first)
        return -ENOENT;
    sort_items(paths->list + first, paths->count - first, sizeof(*paths->list), compare_paths);
    for (uint32_t i = first; i < paths->count; i++) {
        const bool is_part = i > first && is_same_log(base_of(paths->list[i - 1].path),
                                                      base_of(paths->list[i].path));
        paths->list[i].part_of = is_part ? paths->logs : ++paths->logs;
    }
    return error;
}

/* Whether a file goes on with the log of the one that was named before it. */
static bool is_next_part(const struct log_path *before, const struct log_path *path)
{
    const size_t folder = (size_t)(base_of(path->path) - path->path);

    return folder == (size_t)(base_of(before->path) - before->path) &&
           is_same_log(before->path, path->path) && compare_paths(before, path) < 0;
}

static void number_file(struct log_paths *paths)
{
    const uint32_t last = paths->count - 1;
    const bool is_part = last > 0 && is_next_part(&paths->list[last - 1], &paths->list[last]);

    paths->list[last].part_of = is_part ? paths->logs : ++paths->logs;
}

int log_paths_find(struct log_paths *paths, const char *const *names, uint32_t count, char *why,
                   size_t size)
{
    int error = 0;

    *paths = (struct log_paths){.list = NULL};
    for (uint32_t i = 0; i < count && !error; i++) {
        const bool is_folder = log_path_is_folder(names[i]);
        error = is_folder ? add_folder(paths, names[i]) : add(paths, names[i]);
        if (!error && !is_folder)
            number_file(paths);
        if (error)
            snprintf(why, size, "%.200s: %s", names[i],
                     error == -ENOENT && is_folder ? "no session log (.jsonl, .jsonl.zst) is in it"
                     : error == -E2BIG             ? "too many logs"
                                                   : strerror(-error));
    }
    return error;
}

void log_paths_done(struct log_paths *paths)
{
    for (uint32_t i = 0; i < paths->count; i++)
        free(paths->list[i].path);
    free(paths->list);
    *paths = (struct log_paths){.list = NULL};
}
