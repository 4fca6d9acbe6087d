/* netns_mounts: see mounts.h. */
#include "source/netns/mounts.h"

#include "base/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MOST  (16u << 20) /* of one mountinfo */
#define READ_SIZE  65536u
#define ROOT_FIELD 3
#define PATH_FIELD 4

void netns_mounts_open(struct netns_mounts *mounts, const char *proc_root)
{
    char path[PATH_MAX];

    *mounts = (struct netns_mounts){0};
    buffer_init(&mounts->text);
    arena_init(&mounts->paths);
    snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
    mounts->file = open(path, O_RDONLY | O_CLOEXEC);
}

void netns_mounts_close(struct netns_mounts *mounts)
{
    if (mounts->file >= 0)
        close(mounts->file);
    buffer_done(&mounts->text);
    arena_done(&mounts->paths);
    free(mounts->rows);
}

/* Where the next field of a line begins; `end` where there is none. */
static const char *next_field(const char *at, const char *end)
{
    const char *blank = memchr(at, ' ', (size_t)(end - at));
    return blank ? blank + 1 : end;
}

/* "net:[4026532401]" */
static bool parse_root(const char *text, size_t length, uint32_t *inode)
{
    static const char PREFIX[] = "net:[";
    const size_t prefix = sizeof(PREFIX) - 1;
    uint64_t number = 0;

    if (length < prefix + 2 || memcmp(text, PREFIX, prefix) != 0 || text[length - 1] != ']')
        return false;
    for (size_t i = prefix; i < length - 1; i++) {
        if (text[i] < '0' || text[i] > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *inode = (uint32_t)number;
    return number > 0 && number <= UINT32_MAX;
}

/* mountinfo writes space, tab, newline and backslash as three octal digits (proc(5)). */
static char *copy_path(struct arena *arena, const char *text, size_t length)
{
    char *path = arena_copy(arena, text, length);
    size_t used = 0;

    for (size_t i = 0; path && i < length; i++) {
        const char *c = text + i;
        if (c[0] == '\\' && length - i >= 4 && c[1] >= '0' && c[1] <= '3') {
            path[used++] = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
            i += 3;
        } else {
            path[used++] = *c;
        }
    }
    if (path)
        path[used] = '\0';
    return path;
}

static int parse_line(struct netns_mounts *mounts, const char *line, const char *end)
{
    const char *fields[PATH_FIELD + 2] = {line};
    uint32_t inode;

    for (int i = 1; i < PATH_FIELD + 2; i++)
        fields[i] = next_field(fields[i - 1], end);
    const size_t root_length = (size_t)(fields[ROOT_FIELD + 1] - fields[ROOT_FIELD]);
    if (fields[PATH_FIELD + 1] == end || root_length == 0 ||
        !parse_root(fields[ROOT_FIELD], root_length - 1, &inode))
        return 0;
    if (GROW(mounts->rows, mounts->capacity, mounts->count + 1))
        return -ENOMEM;
    const size_t length = (size_t)(fields[PATH_FIELD + 1] - fields[PATH_FIELD]) - 1;
    const char *path = copy_path(&mounts->paths, fields[PATH_FIELD], length);
    if (!path)
        return -ENOMEM;
    mounts->rows[mounts->count++] = (struct netns_mount){.inode = inode, .path = path};
    return 0;
}

int netns_mounts_parse(struct netns_mounts *mounts, const char *text, size_t length)
{
    const char *const end = text + length;
    int error = 0;

    for (const char *line = text; line < end && !error;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        error = parse_line(mounts, line, stop);
        line = stop + 1;
    }
    return error;
}

static int read_all(int file, struct buffer *text)
{
    ssize_t got = 1;

    buffer_clear(text);
    if (lseek(file, 0, SEEK_SET) != 0)
        return -errno;
    while (got > 0 && text->length < TEXT_MOST) {
        char *room = buffer_reserve(text, READ_SIZE);
        if (!room)
            return -ENOMEM;
        got = read(file, room, READ_SIZE);
        if (got < 0)
            return -errno;
        text->length += (size_t)got;
    }
    return 0;
}

int netns_mounts_read(struct netns_mounts *mounts)
{
    if (mounts->file < 0)
        return -ENOENT;
    mounts->count = 0;
    arena_reset(&mounts->paths);
    const int error = read_all(mounts->file, &mounts->text);
    return error ? error : netns_mounts_parse(mounts, mounts->text.data, mounts->text.length);
}
