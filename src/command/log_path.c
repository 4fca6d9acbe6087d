/* Where recordings go by default. */
#include "command/log_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/text/text.h"
#include "options/settings.h"

#define FOLDER_MODE 0700

/* Makes the folder and those above it; existing ones are left as they are. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        int error = mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST ? -errno : 0;
        if (slash)
            *slash = '/';
        if (error || !slash)
            return error;
    }
}

/* sudo may keep HOME: root must not create files in a user's folder, who would not own them and
 * could redirect root by a link. A folder that does not exist counts as owned by the owner of the
 * one above. */
static bool root_may_use(const char *path)
{
    char above[PATH_MAX];
    struct stat status;

    if (geteuid() != 0)
        return true;
    snprintf(above, sizeof(above), "%s", path);
    while (stat(above, &status) != 0 && errno == ENOENT && strchr(above + 1, '/'))
        *strrchr(above, '/') = '\0';
    return stat(above, &status) == 0 && status.st_uid == 0;
}

static int join(char *folder, size_t size, const char *base, const char *rest)
{
    const int length = snprintf(folder, size, "%s%s", base, rest);

    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* A program with more rights than its caller must not take paths from the environment. */
int log_folder_default(char *folder, size_t size)
{
    const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    char own[PATH_MAX] = "";

    if (state && state[0] == '/' && root_may_use(state))
        return join(folder, size, state, "/tcplens");
    if (home && home[0] == '/' && root_may_use(home))
        return join(folder, size, home, "/.local/state/tcplens");
    if (geteuid() == 0 && !getauxval(AT_SECURE))
        settings_home_of(0, own, sizeof(own));
    return own[0] == '/' && root_may_use(own) ? join(folder, size, own, "/.local/state/tcplens")
                                              : -ENOENT;
}

static void read_host(char *host, size_t size)
{
    struct utsname names;

    if (uname(&names) != 0)
        names.nodename[0] = '\0';
    text_clean(host, size, names.nodename, strlen(names.nodename));
}

/* "FOLDER/NAME-TIME"; its folder is made. */
static int default_path(char *path, size_t size, const char *name, const char *ending, char *why)
{
    char folder[PATH_MAX], stamp[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    int error = log_folder_default(folder, sizeof(folder));

    if (error) {
        snprintf(
            why, LOG_PATH_WHY_MAX,
            "neither XDG_STATE_HOME nor HOME names a folder of yours: \"record -o FILE\" takes "
            "another place");
        return error;
    }
    error = make_folders(folder);
    if (error) {
        snprintf(why, LOG_PATH_WHY_MAX, "%.120s: %s: \"record -o FILE\" takes another place",
                 folder, strerror(-error));
        return error;
    }
    if (gmtime_r(&now, &utc))
        strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
    int length = snprintf(path, size, "%s/%s-%s%s", folder, name, stamp, ending);
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int log_path_default(char *path, size_t size, char *why)
{
    char host[SESSION_TEXT];

    read_host(host, sizeof(host));
    for (char *at = host; *at; at++)
        *at = *at == '/' ? '_' : *at;
    return default_path(path, size, host, ".jsonl.zst", why);
}

int log_path_default_hosts(char *path, size_t size, char *why)
{
    return default_path(path, size, "hosts", "", why);
}

static void read_boot_id(char *out, size_t size)
{
    char raw[64];
    int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? 0 : read(descriptor, raw, sizeof(raw));

    if (descriptor >= 0)
        close(descriptor);
    while (got > 0 && raw[got - 1] == '\n')
        got--;
    text_clean(out, size, raw, got > 0 ? (size_t)got : 0);
}

void log_settings_fill(struct log_settings *settings, const struct options *options,
                       const char *path)
{
    struct session_head *head = &settings->head;
    struct utsname names;

    settings->path = path;
    settings->keep = options->keep;
    settings->rotate_bytes = options->rotate_bytes;
    settings->rotate_ns = options->rotate_ns;
    settings->view.with_args = options->with_args;
    head->interval_ns = options->interval_ns;
    snprintf(head->tcplens, sizeof(head->tcplens), "%s", TCPLENS_VERSION);
    snprintf(head->source, sizeof(head->source), "%s", options->demo ? "demo" : "live");
    if (options->demo) /* the machine is invented too: its frames name it */
        return;
    read_host(head->host, sizeof(head->host));
    if (uname(&names) == 0)
        text_clean(head->kernel, sizeof(head->kernel), names.release, strlen(names.release));
    read_boot_id(head->boot_id, sizeof(head->boot_id));
}
