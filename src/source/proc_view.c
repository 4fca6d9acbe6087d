/* proc_view: see proc_view.h. Reads /proc/self, statfs, fdinfo and loadavg. */
#include "source/proc_view.h"

#include "base/error.h"
#include "base/read_file.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define FIRST_PID_NAMESPACE 0xEFFFFFFCu /* PROC_PID_INIT_INO of include/uapi/linux/nsfs.h */

/* The value of the line "NAME:\tVALUE". 0; -ENODATA: there is no such line; other -errno. */
static int read_line_of(const char *path, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");

    if (!file)
        return -errno;
    while (!found && fgets(line, sizeof(line), file))
        found = strncmp(line, name, length) == 0 && line[length] == ':';
    fclose(file);
    if (found)
        snprintf(value, size, "%s", line + length + 1);
    return found ? 0 : -ENODATA;
}

/* NSpid has a number for each pid namespace from the mount's down to the process's own: the two are
 * one exactly where there is one number. A kernel without pid namespaces has no such line. */
static int read_own_numbers(char *text, size_t size)
{
    const int error = read_line_of("/proc/self/status", "NSpid", text, size);
    if (error != -ENODATA)
        return error;
    const ssize_t length = readlink("/proc/self", text, size - 1);
    if (length < 0)
        return -errno;
    text[length] = '\0';
    return 0;
}

static enum proc_view_kind find_kind(int *error)
{
    struct statfs about;
    char text[256], *end;

    if (statfs("/proc", &about) != 0 || about.f_type != PROC_SUPER_MAGIC)
        return PROC_VIEW_ABSENT;
    *error = read_own_numbers(text, sizeof(text));
    if (*error == -ENOENT) /* we are not among its processes */
        return PROC_VIEW_FOREIGN;
    if (*error)
        return PROC_VIEW_UNREAD;
    const long number = strtol(text, &end, 10);
    return number == getpid() && end[strspn(end, " \t\n")] == '\0' ? PROC_VIEW_OWN
                                                                   : PROC_VIEW_FOREIGN;
}

static void look_at_mount(struct proc_view *view)
{
    struct stat about = {0};

    if (stat("/proc", &about) != 0)
        about = (struct stat){0};
    view->device = about.st_dev;
    view->root = about.st_ino;
}

uint32_t proc_view_pid_namespace(void)
{
    struct stat found;
    return stat("/proc/self/ns/pid", &found) == 0 ? (uint32_t)found.st_ino : 0;
}

void proc_view_prove(struct proc_view *view)
{
    look_at_mount(view);
    view->error = 0;
    view->kind = find_kind(&view->error);
    view->is_complete =
        view->kind == PROC_VIEW_OWN && proc_view_pid_namespace() == FIRST_PID_NAMESPACE;
}

bool proc_view_is_current(const struct proc_view *view)
{
    struct proc_view now = {0};

    look_at_mount(&now);
    return view->kind != PROC_VIEW_UNREAD && now.device == view->device && now.root == view->root;
}

void proc_view_error_text(int error, char *out, size_t size)
{
    snprintf(out, size, "/proc cannot be read: %s: owners are unknown", error_text(error));
}

void proc_view_text(const struct proc_view *view, char *out, size_t size)
{
    static const char *const TEXTS[] = {
        [PROC_VIEW_OWN] = "",
        [PROC_VIEW_ABSENT] = "/proc is not mounted: owners are unknown (mount -t proc proc /proc)",
        [PROC_VIEW_FOREIGN] =
            ("/proc is another pid namespace's: its pids are not ours, nothing is "
             "signalled (nsenter --pid enters it)"),
    };
    if (view->kind == PROC_VIEW_UNREAD)
        proc_view_error_text(view->error, out, size);
    else
        snprintf(out, size, "%s", TEXTS[view->kind]);
}

int proc_view_check_pidfd(int pidfd, int32_t pid)
{
    char path[48], text[64];

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
    const int error = read_line_of(path, "Pid", text, sizeof(text));
    if (error)
        return error == -ENOENT ? -EXDEV : error;
    const long number = strtol(text, NULL, 10);
    if (number == -1)
        return -ESRCH;
    return number == pid ? 0 : -EXDEV;
}

uint32_t proc_view_last_pid(int root)
{
    char text[128];
    size_t length;

    if (read_file(root, "loadavg", text, sizeof text, &length))
        return 0;
    const char *space = strrchr(text, ' ');
    return space ? (uint32_t)strtoul(space, NULL, 10) : 0;
}
