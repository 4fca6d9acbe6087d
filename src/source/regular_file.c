/* regular_file: see regular_file.h. */
#include "source/regular_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST (8 << 20)
#define PROC_MOST 8192u

char *regular_file_read(const char *path, size_t *length)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    char *text = NULL;
    size_t room = 0;
    ssize_t got = 1;

    if (file < 0)
        return NULL;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size < FILE_MOST) {
        room = about.st_size > 0 ? (size_t)about.st_size : PROC_MOST;
        text = malloc(room + 1);
    }
    *length = 0;
    while (text && got > 0 && *length < room) {
        got = read(file, text + *length, room - *length);
        *length += got > 0 ? (size_t)got : 0;
    }
    close(file);
    if (text)
        text[*length] = '\0';
    return text;
}
