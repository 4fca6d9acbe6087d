/* Opening, locking, appending, rotating. Each error names the file and the reason. Links are not
 * followed; nothing is shared or overwritten. Independent of how lines are made. */
#include "session/log/file.h"

#include "base/own_file.h"
#include "base/sort.h"

#include "session/log/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MODE       0600
#define STAMP_SIZE 16 /* 20261122T121631 and a NUL */
#define OPEN_FLAGS (O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

void log_file_init(struct log_file *file)
{
    *file = (struct log_file){.descriptor = -1, .folder = -1};
}

void log_file_close(struct log_file *file)
{
    if (file->descriptor >= 0 && file->folder >= 0)
        close(file->descriptor);
    if (file->folder >= 0)
        close(file->folder);
    zst_keys_done(&file->keys);
    log_file_init(file);
}

/* Of a long name a part: the reason is what helps. */
static int refuse(int error, char *why, size_t size, const char *name, const char *reason)
{
    snprintf(why, size, "%.120s: %s", name, reason);
    return error;
}

/* The folder of path, and the name in it. */
static int open_folder(struct log_file *file, const char *path, char *why, size_t size)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct stat status;

    if (!name[0] || strlen(name) > NAME_MAX || strlen(path) >= sizeof(folder))
        return refuse(-EINVAL, why, size, path, "not the name of a file");
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    file->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (file->folder < 0 || fstat(file->folder, &status) != 0)
        return refuse(-errno, why, size, folder, strerror(errno));
    if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
        return refuse(-EPERM, why, size, folder,
                      "anybody may write to this folder and it has no sticky bit: choose another");
    snprintf(file->name, sizeof(file->name), "%s", name);
    return 0;
}

/* Why a file must not be appended to: it has to be exclusively ours. */
static const char *find_fault(const struct stat *status)
{
    const char *fault = own_file_fault(status);

    if (!fault && (status->st_mode & 077))
        return "others may read or write it (mode is not 0600): choose another name";
    return fault;
}

static int open_existing(struct log_file *file, char *why, size_t size)
{
    struct stat status;

    file->descriptor = openat(file->folder, file->name, OPEN_FLAGS);
    if (file->descriptor < 0) {
        const int error = errno;
        return refuse(-error, why, size, file->name, own_file_error_text(error));
    }
    if (fstat(file->descriptor, &status) != 0)
        return refuse(-errno, why, size, file->name, strerror(errno));
    const char *fault = find_fault(&status);
    return fault ? refuse(-EPERM, why, size, file->name, fault) : 0;
}

static int lock_file(struct log_file *file, char *why, size_t size)
{
    struct stat status;

    if (flock(file->descriptor, LOCK_EX | LOCK_NB) != 0)
        return refuse(-errno, why, size, file->name,
                      errno == EWOULDBLOCK
                          ? "another recorder is writing to it: choose another name"
                          : strerror(errno));
    if (fstat(file->descriptor, &status) != 0 || status.st_nlink != 1)
        return refuse(-ESTALE, why, size, file->name,
                      "was replaced while it was opened: try again");
    file->size = (uint64_t)status.st_size;
    return 0;
}

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name), ending_length = strlen(ending);
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0;
}

static int open_in_folder(struct log_file *file, char *why, size_t size)
{
    bool made = true;

    file->zstd = has_ending(file->name, ".zst");
    file->regular = true;
    file->descriptor = openat(file->folder, file->name, OPEN_FLAGS | O_CREAT | O_EXCL, MODE);
    int error = file->descriptor < 0 ? -errno : 0;
    if (error == -EEXIST) {
        made = false;
        error = open_existing(file, why, size);
    } else if (error) {
        refuse(error, why, size, file->name, strerror(-error));
    }
    if (!error && made && fchmod(file->descriptor, MODE) != 0) /* in spite of the umask */
        error = refuse(-errno, why, size, file->name, strerror(errno));
    if (!error)
        error = lock_file(file, why, size);
    if (!error && file->size > 0)
        error = log_check_append(file, why, size);
    file->first_size = file->size;
    return error;
}

int log_file_open(struct log_file *file, const char *path, char *why, size_t size)
{
    log_file_init(file);
    if (strcmp(path, "-") == 0) {
        file->descriptor = STDOUT_FILENO;
        snprintf(file->name, sizeof(file->name), "-");
        return 0;
    }
    int error = open_folder(file, path, why, size);
    if (!error)
        error = open_in_folder(file, why, size);
    if (error)
        log_file_close(file);
    return error;
}

int log_file_cut(struct log_file *file, uint64_t size)
{
    if (!file->regular)
        return -ESPIPE;
    if (ftruncate(file->descriptor, (off_t)size) != 0)
        return -errno;
    file->size = size;
    return 0;
}

bool log_file_start_was_torn(const struct log_file *file, char *text, size_t size)
{
    if (file->torn_start)
        snprintf(text, size,
                 "%.80s: held only a torn first line of %" PRIu64 " bytes, which was cut off",
                 file->name, file->torn_start);
    return file->torn_start > 0;
}

static void wait_writable(int descriptor)
{
    struct pollfd polled = {descriptor, POLLOUT, 0};
    (void)poll(&polled, 1, -1);
}

/* Writes all of it, or what fits; *done: how much. */
static int write_all(const struct log_file *file, const char *bytes, size_t length, size_t *done)
{
    while (*done < length) {
        ssize_t put = write(file->descriptor, bytes + *done, length - *done);
        if (put >= 0)
            *done += (size_t)put;
        /* another process that shares it made it non-blocking */
        else if (errno == EAGAIN && !file->regular)
            wait_writable(file->descriptor);
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* What other programs did to the file while `length` bytes were appended. */
static int find_fate(const struct log_file *file, size_t length, uint64_t *rest)
{
    struct stat status;

    if (fstat(file->descriptor, &status) != 0)
        return -errno;
    *rest = (uint64_t)status.st_size > length ? (uint64_t)status.st_size - length : 0;
    if (status.st_nlink == 0)
        return LOG_FILE_REMOVED;
    return *rest < file->size ? LOG_FILE_TRUNCATED : 0;
}

int log_file_look(const struct log_file *file)
{
    uint64_t rest;
    return file->regular ? find_fate(file, 0, &rest) : 0;
}

/* Before anything else is written. A fate is found by the write that follows. */
static int cut_torn(struct log_file *file)
{
    uint64_t present = 0;
    const int fate = find_fate(file, 0, &present);

    if (fate == 0 && present > file->size && ftruncate(file->descriptor, (off_t)file->size) != 0)
        return -errno;
    file->torn = fate < 0;
    return fate < 0 ? fate : 0;
}

static int append_regular(struct log_file *file, const char *bytes, size_t length)
{
    size_t done = 0;
    uint64_t rest = 0;
    int error = file->torn ? cut_torn(file) : 0;
    if (error)
        return error;
    error = write_all(file, bytes, length, &done);
    const int fate = find_fate(file, done, &rest);

    if (!fate && !error) {
        file->size = rest + length;
        return 0;
    }
    file->torn = done && (fate < 0 || ftruncate(file->descriptor, (off_t)rest) != 0);
    if (file->torn && !error)
        error = -errno;
    return fate ? fate : error;
}

/* Bytes in a pipe or a file of the caller's cannot be taken back: after a partial line a new one is
 * begun. */
static int append_stream(struct log_file *file, const char *bytes, size_t length)
{
    size_t done = 0;
    int error = 0;

    if (file->torn)
        error = write_all(file, "\n", 1, &done);
    if (error)
        return error;
    done = 0;
    error = write_all(file, bytes, length, &done);
    file->torn = done && bytes[done - 1] != '\n';
    if (!error)
        file->size += length;
    return error;
}

int log_file_append(struct log_file *file, const void *bytes, size_t length)
{
    return file->regular ? append_regular(file, bytes, length) : append_stream(file, bytes, length);
}

int log_file_resume(struct log_file *file, char *why, size_t size)
{
    struct stat status;
    const uint64_t before = file->size;

    if (fstat(file->descriptor, &status) != 0)
        return refuse(-errno, why, size, file->name, strerror(errno));
    zst_keys_done(&file->keys);
    file->size = (uint64_t)status.st_size;
    int error = file->size ? log_check_append(file, why, size) : 0;
    if (error)
        file->size = before; /* so that the next time it still counts as truncated */
    return error;
}

/* Length of NAME without its suffixes: where the time stamp of a rotated file goes. */
static size_t stem_length(const char *name)
{
    size_t length = strlen(name);
    if (has_ending(name, ".zst"))
        length -= 4;
    static const char ending[] = ".jsonl";
    size_t ending_length = sizeof(ending) - 1;
    if (length > ending_length && !strncmp(name + length - ending_length, ending, ending_length))
        length -= ending_length;
    return length;
}

/* NAME-20261122T121631 or NAME-20261122T121631n001 (.001 by older versions), and the endings. */
static bool is_rotated(const char *entry, const char *name)
{
    static const char digits[] = "0123456789";
    size_t stem = stem_length(name);

    if (strncmp(entry, name, stem) != 0 || entry[stem] != '-')
        return false;
    const char *at = entry + stem + 1;
    if (strspn(at, digits) != 8 || at[8] != 'T' || strspn(at + 9, digits) != 6)
        return false;
    at += STAMP_SIZE - 1;
    if ((*at == 'n' || *at == '.') && strspn(at + 1, digits) == 3)
        at += 4;
    return strcmp(at, name + stem) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Oldest first. Names behind the newest one have their time from a clock that was ahead: they were written before it. */
static void remove_all_but(struct log_file *file, char **names, size_t count, unsigned keep,
                           const char *newest)
{
    struct stat status;
    size_t ahead = count;

    sort_items(names, count, sizeof(*names), by_name);
    while (ahead > 0 && strcmp(names[ahead - 1], newest) > 0)
        ahead--;
    for (size_t i = 0; i + keep < count; i++) {
        const char *name = names[(ahead + i) % count];
        if (fstatat(file->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_uid == geteuid())
            unlinkat(file->folder, name, 0);
    }
}

static void prune(struct log_file *file, unsigned keep, const char *newest)
{
    char **names = NULL;
    size_t count = 0;
    int descriptor = openat(file->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);

    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        if (!is_rotated(entry->d_name, file->name))
            continue;
        char **more = realloc(names, (count + 1) * sizeof(*names));
        char *copy = more ? strdup(entry->d_name) : NULL;
        names = more ? more : names;
        if (!copy)
            break;
        names[count++] = copy;
    }
    remove_all_but(file, names, count, keep, newest);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    if (folder)
        closedir(folder);
    else if (descriptor >= 0)
        close(descriptor);
}

/* Some file systems (NFS, 9p) cannot rename without replacing: a link does it there. musl has no function for this
 * system call. 0 or -errno. */
static int rename_to_new(int folder, const char *from, const char *to)
{
    if (syscall(SYS_renameat2, folder, from, folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (linkat(folder, from, folder, to, 0) != 0)
        return -errno;
    if (unlinkat(folder, from, 0) == 0)
        return 0;
    const int error = -errno;
    unlinkat(folder, to, 0);
    return error;
}

/* To a free name: a second rotation in the same second gets a number, which sorts after the name
 * without one. */
static int rename_away(struct log_file *file, int64_t wall_ns, char name[NAME_MAX + 1])
{
    char stamp[STAMP_SIZE + 1];
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm utc;
    size_t stem = stem_length(file->name);

    if (!gmtime_r(&seconds, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &utc))
        return -EINVAL;
    for (unsigned i = 0; i < 1000; i++) {
        int length = i == 0 ? snprintf(name, NAME_MAX + 1, "%.*s-%s%s", (int)stem, file->name,
                                       stamp, file->name + stem)
                            : snprintf(name, NAME_MAX + 1, "%.*s-%sn%03u%s", (int)stem, file->name,
                                       stamp, i, file->name + stem);
        if (length < 0 || length > NAME_MAX)
            return -ENAMETOOLONG;
        const int error = rename_to_new(file->folder, file->name, name);
        if (error != -EEXIST)
            return error;
    }
    return -EEXIST;
}

/* Opens a new file of the same name; on failure the old one stays open. */
static int open_again(struct log_file *file, char *why, size_t size)
{
    struct log_file fresh;

    log_file_init(&fresh);
    fresh.folder = fcntl(file->folder, F_DUPFD_CLOEXEC, 0);
    if (fresh.folder < 0)
        return refuse(-errno, why, size, file->name, strerror(errno));
    memcpy(fresh.name, file->name, sizeof(fresh.name));
    int error = open_in_folder(&fresh, why, size);
    if (error) {
        log_file_close(&fresh);
        return error;
    }
    log_file_close(file);
    *file = fresh;
    return 0;
}

int log_file_rotate(struct log_file *file, const struct log_rotation *rotation, char *why,
                    size_t size)
{
    char name[NAME_MAX + 1] = "";

    if (!file->regular)
        return refuse(-ESPIPE, why, size, file->name, "a pipe cannot be rotated");
    const int result = rename_away(file, rotation->wall_ns, name);
    if (result && result != -ENOENT) /* already renamed */
        return refuse(result, why, size, file->name, strerror(-result));
    if (!result)
        memcpy(file->renamed, name, sizeof(name));
    if (!result && rotation->last_length)
        (void)log_file_append(file, rotation->last, rotation->last_length);
    memcpy(name, file->renamed, sizeof(name));
    const int error = open_again(file, why, size);
    if (!error && name[0] && rotation->keep)
        prune(file, rotation->keep, name);
    return error;
}

int log_file_reopen(struct log_file *file, char *why, size_t size)
{
    struct stat ours, named;

    if (!file->regular)
        return 0;
    if (fstat(file->descriptor, &ours) == 0 &&
        fstatat(file->folder, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_ino == named.st_ino && ours.st_dev == named.st_dev)
        return 0; /* not renamed yet */
    int error = open_again(file, why, size);
    return error ? error : 1;
}
