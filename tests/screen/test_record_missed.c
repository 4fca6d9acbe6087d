/* test_record_missed TCPLENS: where frames of a recording begun on the screen are lost, the header
 * counts them, and the exit code is 3. */
#include "pty_screen.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 20000

static char folder[] = "/tmp/record_missed.XXXXXX";

/* What is in the folder of logs is removed; the number of files. */
static size_t remove_logs(void)
{
    char pattern[sizeof folder + 16];
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "%s/tcplens/*", folder);
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    const size_t count = found.gl_pathc;
    globfree(&found);
    return count;
}

static void clean_up(void)
{
    char state[sizeof folder + 16];
    remove_logs();
    snprintf(state, sizeof state, "%s/tcplens", folder);
    rmdir(state);
    rmdir(folder);
}

static void fail(struct pty_screen *screen, const char *what)
{
    printf("FAILED: %s\n%s\n", what, pty_screen_text(screen));
    pty_screen_free(screen);
    exit(1);
}

static void expect(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS))
        fail(screen, text);
}

/* Something was written: the header counts its bytes. */
static bool has_written(struct pty_screen *screen, void *user)
{
    char line[512];
    pty_screen_row(screen, 0, line, sizeof line);
    const char *recorded = strstr(line, "REC ");
    (void)user;
    return recorded && strstr(recorded, "kB");
}

int main(int argc, char *argv[])
{
    char state_home[sizeof folder + 32];
    struct pty_screen *screen;
    size_t size;
    int status;

    if (argc < 2 || !mkdtemp(folder) || atexit(clean_up))
        return 1;
    snprintf(state_home, sizeof state_home, "XDG_STATE_HOME=%s", folder);
    const char *const env[] = {state_home, NULL};
    const char *const words[] = {argv[1], "--demo", "7", "-i", "0.1", NULL};
    if (pty_screen_start(&screen, &(struct pty_screen_options){
                                      .rows = 24, .cols = 140, .argv = words, .env = env}) < 0)
        return 1;
    expect(screen, "LOCAL");
    pty_screen_send_keys(screen, "R");
    if (!pty_screen_wait_for(screen, has_written, NULL, DEADLINE_MS))
        fail(screen, "nothing is recorded");
    if (remove_logs() == 0)
        fail(screen, "no log in the state folder");
    expect(screen, "frames missed");
    pty_screen_send_keys(screen, "R");
    expect(screen, ", missed ");
    pty_screen_send_keys(screen, "q");
    if (!pty_screen_wait_exit(screen, &status, DEADLINE_MS))
        fail(screen, "q does not end it");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
        fail(screen, "the exit code is not 3");
    const unsigned char *raw = pty_screen_raw(screen, &size);
    if (!memmem(raw, size, "recording: the log lacks ", strlen("recording: the log lacks ")))
        fail(screen, "standard error does not say what the log lacks");
    printf("ok: lost frames are counted in the header, and make the exit code 3\n");
    pty_screen_free(screen);
    return 0;
}
