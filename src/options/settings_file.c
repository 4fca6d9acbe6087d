/* settings_file: the file on disk. Under sudo everything is done with the rights of the invoking
 * user, so that their links cannot redirect root. Independent of its contents. */
#include "options/settings_file.h"

#include "base/replace_file.h"
#include "options/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_id(const char *name, unsigned *id)
{
    const char *text = getenv(name);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (*end || errno || value == 0 || value >= UINT_MAX)
        return false;
    *id = (unsigned)value;
    return true;
}

struct settings_owner settings_file_owner(void)
{
    struct settings_owner owner = {.uid = geteuid(), .gid = getegid()};
    unsigned uid, gid;

    if (owner.uid == 0 && read_id("SUDO_UID", &uid) && read_id("SUDO_GID", &gid))
        owner = (struct settings_owner){uid, gid, true};
    return owner;
}

bool settings_are_of_sudo_user(void)
{
    return settings_file_owner().is_sudo;
}

/* From the file, never by NSS: a directory service may block. */
void settings_home_of(uid_t uid, char *home, size_t size)
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *user;

    home[0] = '\0';
    if (!file)
        return;
    do
        user = fgetpwent(file);
    while (user && user->pw_uid != uid);
    if (user)
        snprintf(home, size, "%s", user->pw_dir);
    fclose(file);
}

void settings_path(char *path, size_t size, const char *home, const char *config)
{
    int length = 0;

    path[0] = '\0';
    if (config && config[0] == '/')
        length = snprintf(path, size, "%s/tcplens/config", config);
    else if (home && home[0] == '/')
        length = snprintf(path, size, "%s/.config/tcplens/config", home);
    if (length < 0 || (size_t)length >= size)
        path[0] = '\0';
}

void settings_file_find(const struct settings_owner *owner, char *path, size_t size)
{
    char home[SETTINGS_PATH_MAX];
    const char *config = getauxval(AT_SECURE) ? NULL : getenv("XDG_CONFIG_HOME");

    if (owner->is_sudo) {
        settings_home_of(owner->uid, home, sizeof home);
        settings_path(path, size, home, config);
    } else {
        settings_path(path, size, getenv("HOME"), config);
    }
}

/* In the calling thread only. False if the kernel did not do it. */
static bool become(const struct settings_owner *owner)
{
    if (!owner->is_sudo)
        return true;
    setfsgid(owner->gid);
    setfsuid(owner->uid);
    return (uid_t)setfsuid((uid_t)-1) == owner->uid;
}

static void become_ourselves_again(const struct settings_owner *owner)
{
    if (!owner->is_sudo)
        return;
    setfsuid(geteuid());
    setfsgid(getegid());
}

static bool is_trusted(const struct settings_owner *owner, const struct stat *status)
{
    const bool theirs = status->st_uid == owner->uid || (!owner->is_sudo && status->st_uid == 0);

    return S_ISREG(status->st_mode) && theirs && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

FILE *settings_file_open(const struct settings_owner *owner, const char *path, char *text,
                         size_t size)
{
    struct stat status;

    text[0] = '\0';
    become(owner);
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    const int error = errno;
    become_ourselves_again(owner);
    if (descriptor < 0) {
        if (error != ENOENT && error != ENOTDIR)
            snprintf(text, size, "%s: %s", path, strerror(error));
        return NULL;
    }
    if (fstat(descriptor, &status) != 0 || !is_trusted(owner, &status)) {
        snprintf(text, size,
                 "%s is not used: it must be a file of yours that nobody else may write", path);
        close(descriptor);
        return NULL;
    }
    FILE *file = fdopen(descriptor, "r");
    if (!file)
        close(descriptor);
    return file;
}

DIR *settings_file_open_folder(const struct settings_owner *owner, const char *path)
{
    become(owner);
    DIR *folder = opendir(path);
    become_ourselves_again(owner);
    return folder;
}

/* Makes the missing folders above the file. */
static int make_folders(const char *path)
{
    char folder[PATH_MAX];

    if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
        return -ENAMETOOLONG;
    for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return -errno;
        *at = '/';
    }
    return 0;
}

int settings_file_replace(const struct settings_owner *owner, const char *path, const char *data,
                          size_t length)
{
    char target[PATH_MAX];
    int error = -EPERM;

    if (become(owner))
        error = make_folders(path);
    if (!error && replace_file_fault(path))
        error = -EPERM;
    if (!error) {
        /* A link's target is replaced, not the link: dot files are often kept elsewhere. */
        const char *name = realpath(path, target) ? target : path;
        error = replace_file(name, S_IRUSR | S_IWUSR, true, data, length);
    }
    become_ourselves_again(owner);
    return error;
}
