/* test_reasons TCPLENS: without the capabilities to load programs into the kernel, the help page
 * says what is lacking for it, and why; where nothing may be closed, that is said before it is to be
 * confirmed. As `test_reasons as-nobody PROGRAM ARGUMENT...` it runs a
 * program without any. */
#include "net_tools.h"
#include "pty_screen.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOBODY      65534
#define DEADLINE_MS 20000
#define REFUSED     126

static int run_as_nobody(char *const argv[])
{
    if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
        perror("setuid");
    execv(argv[0], argv);
    return REFUSED;
}

static void expect(struct pty_screen *screen, const char *text)
{
    int status;

    if (pty_screen_wait_text(screen, text, DEADLINE_MS))
        return;
    char *shown = pty_screen_text(screen);
    if (pty_screen_wait_exit(screen, &status, 0)) {
        printf("skipped: the program does not run as another user: %s\n", shown);
        exit(77);
    }
    printf("FAILED: not on the screen: %s\n%s\n", text, shown);
    exit(1);
}

int main(int argc, char *argv[])
{
    struct pty_screen *screen;
    char line[256];
    int row = 0;

    if (argc > 2 && strcmp(argv[1], "as-nobody") == 0)
        return run_as_nobody(argv + 2);
    char filter[32];
    const int listener = net_listen(net_v4(0x7f000001, 0), 1, 0);
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    if (getsockname(listener, (struct sockaddr *)&own, &length) != 0)
        return 1;
    snprintf(filter, sizeof filter, "sport %u", ntohs(own.sin_port));
    const char *const as_nobody[] = {argv[0], "as-nobody", argv[1], "top", filter, NULL};
    if (pty_screen_start(
            &screen, &(struct pty_screen_options){.rows = 110, .cols = 100, .argv = as_nobody}) < 0)
        return 1;
    expect(screen, "LISTEN ");
    pty_screen_send_keys(screen, "<F8>");
    expect(screen, "closing a connection needs CAP_NET_ADMIN");
    if (pty_screen_find(screen, "Close a listener", NULL, NULL)) {
        printf("FAILED: what cannot be done is to be confirmed\n");
        return 1;
    }
    pty_screen_send_keys(screen, "?<End>");
    expect(screen, "Not available here");
    expect(screen, "Some changes between frames are not seen:");
    expect(screen, "Owners are found by reading /proc, which takes longer:");
    pty_screen_find(screen, "Owners are found", &row, NULL);
    pty_screen_row(screen, row + 1, line, sizeof line);
    if (!strstr(line, "no bpf: ")) {
        printf("FAILED: no reason: %s\n", line);
        return 1;
    }
    printf("ok: the help page gives both reasons: %s\n", line);
    pty_screen_free(screen);
    return 0;
}
