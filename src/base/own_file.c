#include "base/own_file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define OPEN_FLAGS (O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define MODE       0666 /* less the umask */

static const char FOLDER[] = "a folder: name a file";
static const char NOT_REGULAR[] = "not a regular file: choose another name";

const char *own_file_kind_fault(const struct stat *status)
{
    return S_ISREG(status->st_mode) ? NULL : S_ISDIR(status->st_mode) ? FOLDER : NOT_REGULAR;
}

const char *own_file_fault(const struct stat *status)
{
    const char *fault = own_file_kind_fault(status);

    if (fault)
        return fault;
    if (status->st_uid != geteuid())
        return "belongs to another user: choose another name";
    if (status->st_nlink != 1)
        return "has more than one link: choose another name";
    return NULL;
}

const char *own_file_error_text(int error)
{
    switch (error) {
    case ELOOP:
        return "a symbolic link: choose another name";
    case EISDIR:
        return FOLDER;
    case ENXIO: /* a pipe that no process reads */
        return NOT_REGULAR;
    default:
        return error_text(error);
    }
}

/* By how it is written, not by where it leads: anybody can plant a link that leads there. */
static bool is_standard_output(const char *path)
{
    static const char *const NAMES[] = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(path, NAMES[i]) == 0)
            return true;
    return false;
}

/* Empties it if it may be written to. NULL, or why not. */
static const char *take_over(int file)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return error_text(errno);
    const char *fault = own_file_fault(&status);
    return fault || ftruncate(file, 0) == 0 ? fault : error_text(errno);
}

int own_file_create(const char *path, const char **why)
{
    const bool is_output = is_standard_output(path);
    const int file =
        is_output ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, OPEN_FLAGS, MODE);

    *why = file < 0 ? own_file_error_text(errno) : is_output ? NULL : take_over(file);
    if (!*why || file < 0)
        return file;
    close(file);
    return -1;
}
